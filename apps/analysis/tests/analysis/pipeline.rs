//! Analyses from the question to the last stage: their order, their ends, their bounds.

use std::net::TcpListener;
use std::time::Duration;

use axum::http::StatusCode;
use intelligence::TextProvider;
use serde_json::{Value, json};

use crate::support::model_stub::Model;
use crate::support::{Play, Repository, SMALL, Setting};

#[test]
fn a_repository_is_analysed_in_three_stages() {
    let play = Play::new();
    let (repository, path) = play.repository("shop", SMALL);
    let commit = repository.commit(&[("NOTES.md", "More.\n")]);
    let body = json!({"repositoryUrl": path});
    let (status, begun) = play.http("ann", "POST", "/api/analyze", body);
    assert_eq!((status, &begun["status"]), (StatusCode::ACCEPTED, &json!("initiated")));
    assert!(begun["estimatedCompletionTime"].as_u64().unwrap() >= 1);
    let id = begun["analysisId"].as_str().unwrap();
    let all = json!(["project_review", "intelligence_report", "interview_simulation"]);
    let expected = json!({
        "analysisId": id, "status": "completed", "completedStages": all, "currentStage": null,
        "progress": 100,
    });
    assert_eq!(play.over("ann", id), expected);
    let shown = play.show("ann", id);
    assert_eq!(shown["repositoryUrl"], path);
    assert_eq!(shown["createdAt"], "2027-01-15T08:00:00.000Z");
    assert_eq!((&shown["status"], &shown["completedStages"]), (&json!("completed"), &all));
    let metadata = json!({
        "commit": commit, "provider": "builtin", "providers": ["builtin", "builtin", "builtin"],
    });
    assert_eq!(shown["metadata"], metadata);
    assert!(shown["projectReview"]["codeQuality"]["score"].as_u64().unwrap() <= 100);
    assert!(shown["intelligenceReport"]["systemArchitecture"]["overview"].is_string());
    let questions = shown["interviewSimulation"]["questions"].as_array().unwrap();
    assert!((5..=10).contains(&questions.len()), "{}", questions.len());
    for question in questions {
        assert!(question["question"].is_string() && question["fileReferences"].is_array());
        assert_eq!(question.get("keyPoints"), None, "before an interview");
    }
    play.wait(|| (play.analyses.stats().completed == 1).then_some(()));
}

#[test]
fn those_that_wait_begin_in_order_and_say_where_they_stand() {
    let model = Model::start(0);
    let play = Play::with(Setting::asking(&model));
    let (_, path) = play.repository("shop", SMALL);
    let first = play.ask("ann", &path);
    model.asked(1);
    let waiting: Vec<String> =
        ["ann", "bob", "ann"].iter().map(|user| play.ask(user, &path)).collect();
    let position = |user: &str, id: &str| play.until(user, id, |_| true)["queuePosition"].clone();
    assert_eq!(position("ann", &first), Value::Null, "it runs");
    let positions =
        [("ann", 0), ("bob", 1), ("ann", 2)].map(|(user, index)| position(user, &waiting[index]));
    assert_eq!(positions, [json!(1), json!(2), json!(3)]);
    let status = play.until("bob", &waiting[1], |_| true);
    assert_eq!((&status["status"], &status["progress"]), (&json!("initiated"), &json!(0)));
    assert_eq!(status["currentStage"], "project_review");
    assert_eq!((play.analyses.stats().waiting, play.analyses.stats().running), (3, 1));

    let deleted = play.http("ann", "DELETE", &format!("/api/analysis/{}", waiting[0]), Value::Null);
    assert_eq!(deleted.0, StatusCode::NO_CONTENT);
    assert_eq!(position("bob", &waiting[1]), json!(1), "one place nearer");
    model.release();
    for (user, id) in [("ann", &first), ("bob", &waiting[1]), ("ann", &waiting[2])] {
        assert_eq!(play.over(user, id)["status"], "completed");
    }
    assert_eq!(play.analyses.stats().waiting, 0);
    play.wait(|| (play.analyses.stats().running == 0).then_some(()));
}

#[test]
fn as_many_run_at_once_as_there_are_workers() {
    let model = Model::start(0);
    let play = Play::with(Setting { workers: 2, ..Setting::asking(&model) });
    let (_, path) = play.repository("shop", SMALL);
    let ids: Vec<String> = (0..4).map(|_| play.ask("ann", &path)).collect();
    model.asked(2);
    assert_eq!((play.analyses.stats().running, play.analyses.stats().waiting), (2, 2));
    model.release();
    for id in &ids {
        assert_eq!(play.over("ann", id)["status"], "completed");
    }
}

#[test]
fn what_is_deleted_while_it_runs_stops_and_leaves_nothing() {
    let model = Model::start(0);
    let play = Play::with(Setting::asking(&model));
    let (_, path) = play.repository("shop", SMALL);
    let id = play.ask("ann", &path);
    model.asked(1);
    assert!(play.clones().join(&id).exists());
    let path_of_id = format!("/api/analysis/{id}");
    for user in ["bob", "root"] {
        let (status, error) = play.http(user, "DELETE", &path_of_id, Value::Null);
        assert_eq!(
            (status, &error["error"]),
            (StatusCode::NOT_FOUND, &json!("ANALYSIS_NOT_FOUND"))
        );
    }
    assert_eq!(play.http("ann", "DELETE", &path_of_id, Value::Null).0, StatusCode::NO_CONTENT);
    assert_eq!(play.http("ann", "GET", &path_of_id, Value::Null).0, StatusCode::NOT_FOUND);
    assert_eq!(play.http("ann", "DELETE", &path_of_id, Value::Null).0, StatusCode::NOT_FOUND);
    play.wait(|| (!play.clones().join(&id).exists()).then_some(()));
    play.wait(|| (play.analyses.stats().running == 0).then_some(()));
    model.release();
    let next = play.ask("ann", &path);
    assert_eq!(play.over("ann", &next)["status"], "completed", "its worker is free again");
    assert!(play.rows_of(&id).iter().all(|(_, rows)| *rows == 0), "{:?}", play.rows_of(&id));
}

#[test]
fn what_is_deleted_while_it_is_fetched_leaves_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = silent.local_addr().unwrap().to_string();
    let mut setting = Setting::default();
    setting.sources.private_hosts = vec![host.clone()];
    let play = Play::with(setting);
    let id = play.ask("ann", &format!("https://{host}/ann/shop.git"));
    let (_reached, _) = silent.accept().unwrap();
    let (status, _) = play.http("ann", "DELETE", &format!("/api/analysis/{id}"), Value::Null);
    assert_eq!(status, StatusCode::NO_CONTENT);
    play.wait(|| (play.analyses.stats().running == 0).then_some(()));
    play.wait(|| std::fs::read_dir(play.clones()).unwrap().next().is_none().then_some(()));
}

#[test]
fn what_is_deleted_when_it_is_over_or_waits_leaves_nothing() {
    let play = Play::new();
    let over = play.analyzed("ann");
    assert!(play.clones().join(&over).exists());
    let path = play.root().join("small-of-ann");
    let ids: Vec<String> = (0..20).map(|_| play.ask("ann", path.to_str().unwrap())).collect();
    // Some of them run, some are over, most wait.
    for id in ids.iter().chain([&over]) {
        let (status, _) = play.http("ann", "DELETE", &format!("/api/analysis/{id}"), Value::Null);
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
    play.wait(|| (play.analyses.stats().running == 0).then_some(()));
    play.wait(|| std::fs::read_dir(play.clones()).unwrap().next().is_none().then_some(()));
    for id in ids.iter().chain([&over]) {
        assert!(play.rows_of(id).iter().all(|(_, rows)| *rows == 0));
    }
}

#[test]
fn one_person_may_ask_for_so_many_in_any_day() {
    let play = Play::with(Setting { per_day: 2, ..Setting::default() });
    let (_, path) = play.repository("shop", SMALL);
    let ask = |user: &str| {
        let body = json!({"repositoryUrl": path});
        let answer = play.respond(user, "POST", "/api/analyze", body);
        let wait =
            answer.headers().get("retry-after").map(|wait| wait.to_str().unwrap().to_owned());
        (answer.status().as_u16(), wait)
    };
    assert_eq!(ask("ann").0, 202);
    play.clock.advance(Duration::from_secs(3600));
    let deleted = play.ask("ann", &path);
    play.over("ann", &deleted);
    play.http("ann", "DELETE", &format!("/api/analysis/{deleted}"), Value::Null);
    assert_eq!(ask("ann"), (429, Some((23 * 3600).to_string())), "also what was deleted counts");
    let (_, error) = play.http("ann", "POST", "/api/analyze", json!({"repositoryUrl": path}));
    assert_eq!(error["error"], "RATE_LIMIT_EXCEEDED");
    assert_eq!(ask("bob").0, 202, "others are not held back");
    let play = play.crash();
    let ask = || play.http("ann", "POST", "/api/analyze", json!({"repositoryUrl": path})).0;
    assert_eq!(ask(), StatusCode::TOO_MANY_REQUESTS, "a restart forgets nothing");
    play.clock.advance(Duration::from_secs(23 * 3600));
    assert_eq!(ask(), StatusCode::ACCEPTED, "the first one is a day ago");
    assert_eq!(ask(), StatusCode::TOO_MANY_REQUESTS);
}

/// The analysis of `url` fails: its status then.
fn failed(play: &Play, url: &str) -> Value {
    let id = play.ask("ann", url);
    let status = play.over("ann", &id);
    assert_eq!((&status["status"], &status["progress"]), (&json!("failed"), &json!(0)));
    assert_eq!(status["currentStage"], "project_review");
    // Nothing of it is kept.
    play.wait(|| (!play.clones().join(&id).exists()).then_some(()));
    let shown = play.show("ann", &id);
    assert_eq!(shown["errorCode"], status["errorCode"]);
    play.wait(|| (play.analyses.stats().failed == 1).then_some(()));
    status
}

#[test]
fn a_repository_that_is_not_there_is_not_found() {
    let play = Play::new();
    let missing = play.root().join("missing");
    let status = failed(&play, missing.to_str().unwrap());
    assert_eq!(status["errorCode"], "REPO_NOT_FOUND");
    assert_eq!(status["errorMessage"], "Repository not found or access denied");
    assert_eq!(status["retryable"], false);
}

#[test]
fn a_repository_without_commits_or_files_is_empty() {
    let play = Play::new();
    let empty = Repository::empty(&play.root().join("empty"));
    assert_eq!(failed(&play, empty.0.to_str().unwrap())["errorCode"], "REPO_EMPTY");
    let play = Play::new();
    let (_, path) = play.repository("pictures", &[("a.bin", "\0\0\0"), (".env", "KEY=1\n")]);
    let status = failed(&play, &path);
    assert_eq!((&status["errorCode"], &status["retryable"]), (&json!("REPO_EMPTY"), &json!(false)));
}

#[test]
fn a_repository_over_the_size_is_too_large() {
    let mut setting = Setting::default();
    setting.sources.bytes_max = 1_000_000;
    let play = Play::with(setting);
    let mut state = 7_u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let noise: String = (0..600_000).map(|_| format!("{:08x}\n", next())).collect();
    let (_, path) = play.repository("large", &[("noise.txt", &noise)]);
    assert_eq!(failed(&play, &path)["errorCode"], "REPO_TOO_LARGE");
}

#[test]
fn a_link_out_of_the_local_root_is_not_followed() {
    let play = Play::new();
    let outside = Repository::empty(&play.directory.path().join("outside"));
    outside.commit(SMALL);
    let link = play.root().join("link");
    std::os::unix::fs::symlink(&outside.0, &link).unwrap();
    assert_eq!(failed(&play, link.to_str().unwrap())["errorCode"], "URL_NOT_ALLOWED");
}

#[test]
fn a_host_that_never_answers_ends_in_a_timeout() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = silent.local_addr().unwrap().to_string();
    let mut setting = Setting::default();
    setting.sources.private_hosts = vec![host.clone()];
    setting.sources.within = Duration::from_millis(300);
    let play = Play::with(setting);
    let status = failed(&play, &format!("https://{host}/ann/shop"));
    assert_eq!(
        (&status["errorCode"], &status["retryable"]),
        (&json!("CLONE_TIMEOUT"), &json!(true))
    );
}

#[test]
fn a_host_that_is_private_is_refused_though_it_is_on_the_list() {
    let mut setting = Setting::default();
    setting.sources.hosts = vec!["localhost".into()];
    let play = Play::with(setting);
    assert_eq!(failed(&play, "https://localhost/ann/shop")["errorCode"], "URL_NOT_ALLOWED");
}

#[test]
fn without_a_provider_the_first_stage_is_unavailable() {
    let play = Play::with(Setting { provider: TextProvider::Off, ..Setting::default() });
    let (_, path) = play.repository("shop", SMALL);
    let id = play.ask("ann", &path);
    let status = play.over("ann", &id);
    assert_eq!(
        (&status["errorCode"], &status["retryable"]),
        (&json!("AI_UNAVAILABLE"), &json!(true))
    );
}
