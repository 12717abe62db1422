//! Repositories analysed by the running binary, and interviews about them.

mod clone;
mod crash;
mod flow;
mod interview;
mod load;
mod model;
mod repository;

#[path = "../../../engine/repository/tests/fetching/host.rs"]
#[expect(dead_code, reason = "the tests of fetching use more of it")]
mod host;

use serde_json::{Value, json};
use testkit::{TestClient, TestServer, Token};

use repository::Sample;

/// A server that may analyse what lies in `sample`.
fn start(sample: &Sample, env: &[(&str, &str)]) -> TestServer {
    let root = sample.root().to_str().unwrap();
    let own = [
        ("QUINTET_ANALYSIS__LOCAL_ROOTS", root),
        ("QUINTET_LIMITS__ANALYSIS__MESSAGES_PER_MINUTE", "0"),
        ("QUINTET_LIMITS__ANALYSIS__CONNECTS_PER_MINUTE", "0"),
        ("QUINTET_ANALYSIS__PER_USER_PER_DAY", "0"),
    ];
    let all: Vec<_> = own.iter().chain(env).copied().collect();
    crate::start(&all)
}

/// A connection of `user`'s.
async fn connected(server: &TestServer, user: &str) -> TestClient {
    server.dial("/v1/ws").token(&Token::of(user).name(user).sign()).open().await
}

/// Starts an analysis of `url`; its id.
async fn submit(server: &TestServer, user: &str, url: &str) -> String {
    let http = server.http().token(&testkit::token(user));
    let answer = http.post("/api/analyze", &json!({"repositoryUrl": url})).await;
    assert!(matches!(answer.status, 200..=202), "{answer:?}");
    let answer = answer.json();
    assert_eq!(answer["status"], "initiated");
    assert!(answer["estimatedCompletionTime"].as_u64().unwrap() > 0);
    answer["analysisId"].as_str().unwrap().to_owned()
}

/// A message of this protocol.
fn message(kind: &str, payload: &Value) -> Value {
    json!({"type": kind, "timestamp": "2026-11-26T10:00:00Z", "payload": payload})
}

/// Subscribes to an analysis and waits until it has ended; the stages that were told, in order.
async fn finished(client: &mut TestClient, analysis: &str) -> Vec<Value> {
    client.send(&message("subscribe_analysis", &json!({"analysisId": analysis}))).await;
    let mut snapshot = client.expect("subscription_confirmed").await["payload"].take();
    let mut told = Vec::new();
    let mut stages = snapshot["completedStages"].take();
    while stages.as_array().unwrap().len() < 3 {
        let next = client
            .expect_where("stage or failure", |message| {
                message["type"] == "stage_completed" || message["type"] == "analysis_failed"
            })
            .await;
        assert_eq!(next["type"], "stage_completed", "{next}");
        stages = next["payload"]["completedStages"].clone();
        told.push(next["payload"].clone());
    }
    assert_eq!(stages, json!(["project_review", "intelligence_report", "interview_simulation"]));
    told
}

/// The whole analysis as HTTP tells it.
async fn read(server: &TestServer, user: &str, analysis: &str) -> Value {
    let http = server.http().token(&testkit::token(user));
    let answer = http.get(&format!("/api/analysis/{analysis}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// An analysis that has ended; its id.
async fn analysed(server: &TestServer, user: &str, url: &str) -> String {
    let id = submit(server, user, url).await;
    finished(&mut connected(server, user).await, &id).await;
    id
}

/// Starts an interview; the payload of `interview_started`.
async fn interviewed(client: &mut TestClient, analysis: &str, kind: &str) -> Value {
    let start = json!({"analysisId": analysis, "sessionType": kind});
    client.send(&message("start_interview", &start)).await;
    client.expect("interview_started").await["payload"].take()
}
