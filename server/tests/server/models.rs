//! Endpoints of models that work, hang, fail, break off, or talk rubbish.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{TestClient, TestServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::{joined, new_session, start, tells};

/// How the endpoint behaves.
#[derive(Clone, Copy)]
pub enum Model {
    /// Streams an answer in three pieces.
    Works,
    /// Takes the request and says nothing.
    Hangs,
    /// Answers 500.
    Fails,
    /// Streams one piece and hangs up.
    BreaksOff,
    /// Streams one piece, and then nothing for ever.
    Stalls,
    /// Answers 200 with what is no stream of JSON.
    TalksRubbish,
}

/// What a streamed answer begins with.
const STREAM: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

fn piece(text: &str) -> String {
    let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]});
    format!("data: {chunk}\n\n")
}

fn end() -> String {
    let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    format!("data: {chunk}\n\ndata: [DONE]\n\n")
}

/// Starts an endpoint; its base URL.
pub async fn endpoint(model: Model) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, model));
        }
    });
    url
}

async fn answer(mut stream: TcpStream, model: Model) {
    let mut request = vec![0; 65_536];
    let read = stream.read(&mut request).await.unwrap_or_default();
    let request = String::from_utf8_lossy(&request[..read]).into_owned();
    assert!(request.starts_with("POST /v1/chat/completions"), "{request}");
    let text = match model {
        Model::Works => {
            format!("{STREAM}{}{}{}{}", piece("One "), piece("two "), piece("three."), end())
        }
        Model::BreaksOff | Model::Stalls => format!("{STREAM}{}", piece("Half an ans")),
        Model::Fails => {
            "HTTP/1.1 500 Oops\r\nContent-Length: 4\r\nConnection: close\r\n\r\noops".to_owned()
        }
        Model::TalksRubbish => format!("{STREAM}data: <html>\n\ndata: {{\"a\": [\n\n\0\u{1}\u{2}"),
        Model::Hangs => String::new(),
    };
    let _ = stream.write_all(text.as_bytes()).await;
    if matches!(model, Model::Hangs | Model::Stalls) {
        tokio::time::sleep(Duration::from_secs(3600)).await;
    }
}

/// A session of ann's with an agent behind `model`.
async fn session(model: Model, fallback: bool) -> (TestServer, TestClient) {
    let url = endpoint(model).await;
    let server = start(&[
        ("QUINTET_AI__TEXT__PROVIDER", "openai"),
        ("QUINTET_AI__TEXT__BASE_URL", &url),
        ("QUINTET_AI__TEXT__API_KEY", "sk-canary-0123456789"),
        ("QUINTET_AI__TEXT__MODEL", "a-model"),
        ("QUINTET_AI__TEXT__DEADLINE", "1s"),
        ("QUINTET_AI__TEXT__FALLBACK", if fallback { "true" } else { "false" }),
    ]);
    let session = new_session(&server, "ann", "socratic").await;
    let ann = joined(&server, &session, "ann").await;
    (server, ann)
}

/// Stored messages of the session that the client is in.
async fn stored(ann: &mut TestClient) -> Vec<Value> {
    ann.send(&json!({"action": "join"})).await;
    ann.expect("session_state").await["data"]["messages"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_answer_streams_as_drafts_and_is_stored_whole() {
    let (_server, mut ann) = session(Model::Works, false).await;
    ann.send(&tells("Why is the sky blue?")).await;
    ann.expect("user_message").await;
    let mut draft = String::new();
    let mut index = 0;
    while draft != "One two three." {
        let delta = ann.expect("agent_delta").await["data"].take();
        assert_eq!(delta["index"], index);
        draft.push_str(delta["delta"].as_str().unwrap());
        index += 1;
    }
    let answer = ann.expect("agent_response").await["data"].take();
    assert_eq!(answer["content"], "One two three.");
    assert_eq!((answer["role"].as_str(), answer["seq"].as_u64()), (Some("agent"), Some(2)));
    assert_eq!(stored(&mut ann).await.len(), 2);
}

/// The agent behind `model` fails, everybody hears it, and nothing is stored of it.
async fn fails(model: Model) {
    let (_server, mut ann) = session(model, false).await;
    ann.send(&tells("Why is the sky blue?")).await;
    let error = ann.expect("error").await;
    assert_eq!(error["data"]["code"], "AGENT_FAILED");
    assert_eq!(error["message"], "Agent failed to respond");
    assert_eq!(stored(&mut ann).await.len(), 1, "the question alone is stored");
}

/// The builtin agent answers in the place of `model`.
async fn falls_back(model: Model) {
    let (_server, mut ann) = session(model, true).await;
    ann.send(&tells("Why is the sky blue?")).await;
    let answer = ann.expect("agent_response").await["data"].take();
    assert_eq!(answer["agent_id"], "socratic");
    assert!(answer["content"].as_str().unwrap().contains('?'), "{answer}");
    ann.expect_none("error").await;
    assert_eq!(stored(&mut ann).await.len(), 2);
}

#[tokio::test]
async fn a_model_that_hangs_fails_at_its_deadline() {
    fails(Model::Hangs).await;
}

#[tokio::test]
async fn a_model_that_answers_500_fails() {
    fails(Model::Fails).await;
}

#[tokio::test]
async fn a_model_that_breaks_off_fails() {
    fails(Model::BreaksOff).await;
}

#[tokio::test]
async fn a_model_that_stalls_in_the_middle_fails_at_its_deadline() {
    fails(Model::Stalls).await;
}

#[tokio::test]
async fn a_model_that_talks_rubbish_fails() {
    fails(Model::TalksRubbish).await;
}

#[tokio::test]
async fn the_builtin_answers_for_a_model_that_hangs() {
    falls_back(Model::Hangs).await;
}

#[tokio::test]
async fn the_builtin_answers_for_a_model_that_answers_500() {
    falls_back(Model::Fails).await;
}

#[tokio::test]
async fn the_builtin_answers_for_a_model_that_breaks_off() {
    falls_back(Model::BreaksOff).await;
}

#[tokio::test]
async fn the_builtin_answers_for_a_model_that_talks_rubbish() {
    falls_back(Model::TalksRubbish).await;
}

#[tokio::test]
async fn nothing_waits_behind_a_model_that_hangs_and_cancel_stops_it() {
    let url = endpoint(Model::Stalls).await;
    let server = start(&[
        ("QUINTET_AI__TEXT__PROVIDER", "openai"),
        ("QUINTET_AI__TEXT__BASE_URL", &url),
        ("QUINTET_AI__TEXT__DEADLINE", "10m"),
        ("QUINTET_AI__TEXT__FALLBACK", "false"),
    ]);
    let session = new_session(&server, "ann", "chat").await;
    let mut ann = joined(&server, &session, "ann").await;
    ann.send(&tells("Tell me a long story")).await;
    ann.expect("agent_delta").await;
    ann.send(&json!({"action": "cancel"})).await;
    assert_eq!(ann.expect("system").await["data"]["code"], "agent_cancelled");
    let kept = ann.expect("agent_response").await["data"].take();
    assert_eq!(kept["content"], "Half an ans", "what was said so far is kept");
}

#[tokio::test]
async fn an_answer_that_a_stop_cut_off_is_asked_for_again_after_it() {
    let url = endpoint(Model::Stalls).await;
    let mut server = start(&[
        ("QUINTET_AI__TEXT__PROVIDER", "openai"),
        ("QUINTET_AI__TEXT__BASE_URL", &url),
        ("QUINTET_AI__TEXT__DEADLINE", "10m"),
        ("QUINTET_SERVER__DRAIN", "1s"),
    ]);
    let session = new_session(&server, "ann", "chat").await;
    let mut ann = joined(&server, &session, "ann").await;
    ann.send(&tells("Tell me a long story")).await;
    ann.expect("agent_delta").await;
    server.terminate();
    assert_eq!(ann.closed().await.0, 1012);
    assert!(server.wait().success());
    server.restart_with(&[("QUINTET_AI__TEXT__PROVIDER", "builtin")]);
    let mut ann = joined(&server, &session, "ann").await;
    let answer = ann.expect("agent_response").await["data"].take();
    assert_eq!(answer["seq"], 2, "what was half said before is not stored");
    assert_eq!(stored(&mut ann).await.len(), 2);
}
