//! Analyses behind a model that hangs, fails, or talks rubbish.

use serde_json::json;
use testkit::TestServer;

use super::interview::answer;
use super::repository::Sample;
use super::{analysed, connected, interviewed, message, read, submit};
use crate::models::{Model, endpoint};

async fn server(sample: &Sample, model: Model, fallback: &str) -> TestServer {
    let url = endpoint(model).await;
    super::start(
        sample,
        &[
            ("QUINTET_AI__TEXT__PROVIDER", "openai"),
            ("QUINTET_AI__TEXT__BASE_URL", &url),
            ("QUINTET_AI__TEXT__API_KEY", "sk-canary-0123456789"),
            ("QUINTET_AI__TEXT__DEADLINE", "1s"),
            ("QUINTET_AI__TEXT__FALLBACK", fallback),
        ],
    )
}

#[tokio::test]
async fn where_a_model_fails_the_rules_write_the_stages_and_judge_the_answers() {
    for model in [Model::Fails, Model::Hangs, Model::TalksRubbish] {
        let sample = Sample::new();
        let server = server(&sample, model, "true").await;
        let id = analysed(&server, "ann", &sample.shop()).await;
        assert_eq!(read(&server, "ann", &id).await["metadata"]["provider"], "builtin");
        let mut ann = connected(&server, "ann").await;
        let started = interviewed(&mut ann, &id, "live").await;
        let question = &started["firstQuestion"]["questionId"];
        let said = "It opens the store first, because everything after it needs one.";
        answer(&mut ann, &started["sessionId"], question, said).await;
    }
}

#[tokio::test]
async fn without_a_stand_in_an_analysis_fails_and_may_be_tried_again() {
    let sample = Sample::new();
    let server = server(&sample, Model::Fails, "false").await;
    let id = submit(&server, "ann", &sample.shop()).await;
    let mut ann = connected(&server, "ann").await;
    ann.send(&message("subscribe_analysis", &json!({"analysisId": id}))).await;
    let snapshot = ann.expect("subscription_confirmed").await["payload"].take();
    if snapshot["currentStatus"] != "failed" {
        ann.expect("analysis_failed").await;
    }
    let failed = read(&server, "ann", &id).await;
    assert_eq!(
        (&failed["errorCode"], &failed["retryable"]),
        (&json!("AI_UNAVAILABLE"), &json!(true))
    );
}

#[tokio::test]
async fn an_answer_whose_sender_left_is_evaluated_and_stored_before_the_server_stops() {
    let sample = Sample::new();
    let mut server = server(&sample, Model::Hangs, "true").await;
    let id = analysed(&server, "ann", &sample.shop()).await;
    let mut ann = connected(&server, "ann").await;
    let started = interviewed(&mut ann, &id, "live").await;
    let said = "It opens the store first, because everything after it needs one.";
    let payload = json!({
        "sessionId": started["sessionId"], "questionId": started["firstQuestion"]["questionId"],
        "answer": said,
    });
    ann.send(&message("submit_answer", &payload)).await;
    ann.barrier().await;
    drop(ann);
    server.interrupt();
    server.wait();
    server.restart();
    let path = format!("/api/interviews/{}", started["sessionId"].as_str().unwrap());
    let transcript = server.http().token(&testkit::token("ann")).get(&path).await.json();
    assert_eq!(transcript["transcript"][0]["answer"], said);
}

#[tokio::test]
async fn a_ping_is_answered_while_a_model_thinks_about_an_answer() {
    let sample = Sample::new();
    let server = server(&sample, Model::Hangs, "true").await;
    let id = analysed(&server, "ann", &sample.shop()).await;
    let mut ann = connected(&server, "ann").await;
    let started = interviewed(&mut ann, &id, "live").await;
    let payload = json!({
        "sessionId": started["sessionId"], "questionId": started["firstQuestion"]["questionId"],
        "answer": "It opens the store first, because everything after it needs one.",
    });
    ann.send(&message("submit_answer", &payload)).await;
    ann.send(&message("ping", &json!({}))).await;
    ann.send(&message("pause_interview", &json!({"sessionId": started["sessionId"]}))).await;
    ann.send(&message("ping", &json!({}))).await;
    let mut kinds = Vec::new();
    for _ in 0..5 {
        let told = ann.next().await;
        kinds.push(told["type"].as_str().unwrap().to_owned());
    }
    let next = kinds.remove(2);
    assert!(["follow_up_question", "next_question"].contains(&&*next), "{next}");
    assert_eq!(kinds, ["pong", "answer_evaluated", "interview_paused", "pong"]);
}
