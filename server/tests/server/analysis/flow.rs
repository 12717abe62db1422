//! From a repository's URL to three stages that cite it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::TestServer;

use super::repository::{self, Sample};
use super::{analysed, connected, finished, message, read, start, submit};

/// Every reference that stands anywhere in `value`.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "fileReferences" {
                    found.extend(
                        value
                            .as_array()
                            .unwrap()
                            .iter()
                            .map(|reference| reference.as_str().unwrap().to_owned()),
                    );
                }
                references(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// Opens a reference as a reader would.
async fn opened(server: &TestServer, user: &str, analysis: &str, reference: &str) -> Value {
    let (path, lines) = reference.rsplit_once(':').unwrap_or((reference, "1"));
    let (from, to) = lines.split_once('-').unwrap_or((lines, lines));
    let http = server.http().token(&testkit::token(user));
    let query = format!("/api/analysis/{analysis}/files?path={path}&from={from}&to={to}");
    let answer = http.get(&query).await;
    assert_eq!(answer.status, 200, "{reference}: {answer:?}");
    answer.json()
}

#[tokio::test]
async fn three_stages_arrive_in_order_and_every_citation_opens() {
    let sample = Sample::new();
    let server = start(&sample, &[]);
    let id = submit(&server, "ann", &sample.shop()).await;
    let mut ann = connected(&server, "ann").await;
    let told = finished(&mut ann, &id).await;
    for stage in &told {
        let completed = stage["completedStages"].as_array().unwrap();
        assert_eq!(completed.last(), Some(&stage["stage"]));
        assert_eq!(stage["progress"], [33, 67, 100][completed.len() - 1]);
        assert_eq!(stage["dataAvailable"], true);
        assert_eq!(stage["analysisId"], *id);
    }
    let analysis = read(&server, "ann", &id).await;
    assert_eq!(analysis["status"], "completed");
    let mut cited = BTreeSet::new();
    references(&analysis, &mut cited);
    assert!(cited.len() >= 5, "{cited:?}");
    for reference in &cited {
        opened(&server, "ann", &id, reference).await;
    }
    let questions = analysis["interviewSimulation"]["questions"].as_array().unwrap();
    assert!((5..=10).contains(&questions.len()));
    assert!(questions.iter().all(|question| question.get("keyPoints").is_none()));
    let status = format!("/api/analysis/{id}/status");
    let status = server.http().token(&testkit::token("ann")).get(&status).await.json();
    assert_eq!(status["progress"], 100);
    assert!(status.get("queuePosition").is_none());
}

#[tokio::test]
async fn a_subscriber_who_comes_late_gets_the_snapshot() {
    let sample = Sample::new();
    let server = start(&sample, &[]);
    let id = analysed(&server, "ann", &sample.shop()).await;
    let mut late = connected(&server, "ann").await;
    let subscribe = message("subscribe_analysis", &json!({"analysisId": id}));
    late.send(&subscribe).await;
    let payload = late.expect("subscription_confirmed").await["payload"].take();
    assert_eq!(payload["currentStatus"], "completed");
    assert_eq!(payload["completedStages"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn to_others_an_analysis_does_not_exist() {
    let sample = Sample::new();
    let server = start(&sample, &[]);
    let id = analysed(&server, "ann", &sample.shop()).await;
    let mut ben = connected(&server, "ben").await;
    let interview = json!({"analysisId": id, "sessionType": "live"});
    for (kind, payload) in
        [("subscribe_analysis", json!({"analysisId": id})), ("start_interview", interview)]
    {
        ben.send(&message(kind, &payload)).await;
        let error = ben.expect("error").await["payload"].take();
        assert_eq!(error["errorCode"], "ANALYSIS_NOT_FOUND");
        assert_eq!(error["retryable"], false);
    }
    let http = server.http().token(&testkit::token("ben"));
    for path in ["", "/status", "/files?path=Cargo.toml&from=1&to=2"] {
        let answer = http.get(&format!("/api/analysis/{id}{path}")).await;
        assert_eq!((answer.status, &answer.json()["error"]), (404, &json!("ANALYSIS_NOT_FOUND")));
    }
    assert_eq!(http.delete(&format!("/api/analysis/{id}")).await.status, 404);
    assert_eq!(http.get("/api/analyses").await.json()["items"], json!([]));
}

#[tokio::test]
async fn what_the_url_alone_shows_is_refused_at_once() {
    let sample = Sample::new();
    let server = start(&sample, &[]);
    let http = server.http().token(&testkit::token("ann"));
    for url in [
        "http://github.com/a/b",
        "ssh://git@github.com/a/b",
        "git@github.com:a/b",
        "https://ann:secret@github.com/a/b",
        "https://evil.example/a/b",
        "https://127.0.0.1/a/b",
        "https://github.com.evil.example/a/b",
        "file:///etc",
        "/etc",
        "ext::sh -c true",
        "",
    ] {
        let answer = http.post("/api/analyze", &json!({"repositoryUrl": url})).await;
        assert_eq!(answer.status, 400, "{url}: {answer:?}");
        assert!(!answer.body.contains("secret"));
    }
    assert_eq!(http.post("/api/analyze", &json!({})).await.status, 400);
    assert_eq!(server.http().post("/api/analyze", &json!({})).await.status, 401);
}

#[tokio::test]
async fn what_cannot_be_analysed_fails_with_its_code() {
    let sample = Sample::new();
    let gone = sample.root().join("gone");
    std::fs::create_dir(&gone).unwrap();
    let server = start(&sample, &[]);
    for (url, code) in
        [(sample.empty(), "REPO_EMPTY"), (gone.to_str().unwrap().to_owned(), "REPO_NOT_FOUND")]
    {
        let id = submit(&server, "ann", &url).await;
        let mut ann = connected(&server, "ann").await;
        ann.send(&message("subscribe_analysis", &json!({"analysisId": id}))).await;
        let snapshot = ann.expect("subscription_confirmed").await["payload"].take();
        if snapshot["currentStatus"] != "failed" {
            let failed = ann.expect("analysis_failed").await["payload"].take();
            assert_eq!(failed["errorCode"], code);
            assert_eq!(failed["stage"], "project_review");
            assert_eq!(failed["retryable"], false);
        }
        let analysis = read(&server, "ann", &id).await;
        assert_eq!(analysis["status"], "failed");
        let status = format!("/api/analysis/{id}/status");
        let status = server.http().token(&testkit::token("ann")).get(&status).await.json();
        assert!(status["errorMessage"].is_string());
        let interview = json!({"analysisId": id, "sessionType": "live"});
        ann.send(&message("start_interview", &interview)).await;
        let error = ann.expect("error").await["payload"].take();
        assert_eq!(error["errorCode"], "ANALYSIS_NOT_READY");
        assert_eq!(error["retryable"], false, "there will be no questions");
    }
}

#[tokio::test]
async fn secrets_and_symbolic_links_are_never_read() {
    let sample = Sample::new();
    let path = sample.repository(
        "leaky",
        &[
            (".env", "TOKEN=hunter2-hunter2\n"),
            ("id_rsa", "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2-hunter2\n"),
            ("main.py", "def main():\n    print('hello')\n"),
        ],
    );
    std::os::unix::fs::symlink("/etc/passwd", path.join("passwd.py")).unwrap();
    repository::commit(&path, "Link");
    let server = start(&sample, &[]);
    let id = analysed(&server, "ann", path.to_str().unwrap()).await;
    let analysis = read(&server, "ann", &id).await.to_string();
    assert!(!analysis.contains("hunter2") && !analysis.contains("root:"), "{analysis}");
    let http = server.http().token(&testkit::token("ann"));
    for path in [".env", "id_rsa", "passwd.py", "../../etc/passwd", "/etc/passwd"] {
        let query = format!("/api/analysis/{id}/files?path={path}&from=1&to=1");
        let answer = http.get(&query).await;
        assert!(matches!(answer.status, 400 | 404), "{path}: {answer:?}");
        assert!(!answer.body.contains("hunter2") && !answer.body.contains("root:"));
    }
}

#[tokio::test]
async fn a_deleted_analysis_is_gone_with_its_files() {
    let sample = Sample::new();
    let server = start(&sample, &[]);
    let id = analysed(&server, "ann", &sample.shop()).await;
    let http = server.http().token(&testkit::token("ann"));
    assert_eq!(http.delete(&format!("/api/analysis/{id}")).await.status, 204);
    assert_eq!(http.get(&format!("/api/analysis/{id}")).await.status, 404);
    let mut ann = connected(&server, "ann").await;
    ann.send(&message("subscribe_analysis", &json!({"analysisId": id}))).await;
    assert_eq!(ann.expect("error").await["payload"]["errorCode"], "ANALYSIS_NOT_FOUND");
}
