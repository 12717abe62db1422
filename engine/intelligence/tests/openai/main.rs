//! The client against a real HTTP server that misbehaves in every way we could think of.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod stub;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use intelligence::{ModelError, OpenaiConfig, Prompt, RETRIES_MAX, TextModel};
use model::SystemClock;
use schemars::JsonSchema;
use serde::Deserialize;
use stub::{Reply, Stub, delta};

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(700);

fn client(base_url: &str, deadline: Duration) -> TextModel {
    let config = OpenaiConfig {
        base_url: base_url.to_owned(),
        api_key: Some("sk-canary".to_owned()),
        model: "tiny".to_owned(),
        deadline,
    };
    TextModel::new(&config, Arc::new(SystemClock::new())).unwrap()
}

fn prompt() -> Prompt {
    Prompt::new("Answer.").with("question", "why?")
}

async fn told(model: &TextModel) -> (String, Result<(), ModelError>) {
    let mut text = String::new();
    let result = model
        .stream(&prompt(), |delta| {
            assert!(!delta.is_empty());
            text.push_str(delta);
            ControlFlow::Continue(())
        })
        .await;
    if let Err(error) = &result {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("sk-canary") && !shown.contains("why?"), "{shown}");
    }
    (text, result)
}

/// What a fresh client makes of these replies, given one after another.
async fn ask(replies: Vec<Reply>) -> (String, Result<(), ModelError>, u64) {
    let stub = Stub::start(replies).await;
    let model = client(&stub.base_url, LONG);
    let (text, result) = told(&model).await;
    assert_eq!(stub.requests().len() as u64, 1 + model.stats().retries);
    (text, result, model.stats().retries)
}

#[tokio::test]
async fn a_stream_is_told_piece_by_piece_and_the_request_is_the_apis() {
    let stub = Stub::start(vec![Reply::stream(["Hel", "lo ", "😀"])]).await;
    let model = client(&stub.base_url, LONG);
    let (text, result) = told(&model).await;
    assert_eq!((text.as_str(), result.is_ok()), ("Hello 😀", true));
    let request = stub.requests().remove(0);
    assert_eq!(request.path, "/v1/chat/completions");
    assert_eq!(request.authorization.as_deref(), Some("Bearer sk-canary"));
    assert_eq!((&request.body["model"], &request.body["stream"]), (&"tiny".into(), &true.into()));
    assert_eq!(request.body["messages"][1]["content"], "question = \"why?\"\n");
    let stats = model.stats();
    assert_eq!((stats.calls, stats.failures, stats.cancelled, stats.open), (1, 0, 0, 0));
}

#[tokio::test]
async fn a_server_that_knows_no_streams_or_sends_no_end_mark_is_understood() {
    let whole = r#"{"choices":[{"message":{"content":"All at once."},"finish_reason":"stop"}]}"#;
    let (text, result, _) = ask(vec![Reply::json(200, whole)]).await;
    assert_eq!((text.as_str(), result.is_ok()), ("All at once.", true));
    let last = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    let (text, result, _) = ask(vec![Reply::events(vec![delta("Hi"), last.to_owned()])]).await;
    assert_eq!((text.as_str(), result.is_ok()), ("Hi", true));
}

#[tokio::test]
async fn what_passes_is_asked_again_at_most_twice() {
    let good = || Reply::stream(["ok"]);
    for status in [429, 500, 502, 503] {
        let (text, result, retries) = ask(vec![Reply::json(status, "{}"), good()]).await;
        assert_eq!((text.as_str(), result.is_ok(), retries), ("ok", true, 1), "{status}");
    }
    let (_, result, retries) = ask(vec![Reply::json(500, "{}"); 4]).await;
    assert!(matches!(result, Err(ModelError::Refused { status: 500, .. })));
    assert_eq!(retries, u64::from(RETRIES_MAX));
    let (text, result, retries) = ask(vec![Reply::drop(), Reply::drop(), good()]).await;
    assert_eq!((text.as_str(), result.is_ok(), retries), ("ok", true, 2));
}

#[tokio::test]
async fn what_does_not_pass_is_told_at_once() {
    for status in [301, 400, 401, 404] {
        let body = r#"{"error":{"message":"bad key sk-canary","code":"model_not_found"}}"#;
        let (_, result, retries) = ask(vec![Reply::json(status, body)]).await;
        let Err(ModelError::Refused { status: told, code, .. }) = result else {
            panic!("{status}")
        };
        assert_eq!((told, code.as_deref(), retries), (status, Some("model_not_found"), 0));
    }
}

#[tokio::test]
async fn a_server_that_asks_to_wait_is_given_that_time() {
    let busy = Reply::json(429, "{}").with_header("retry-after", "1");
    let (text, result, retries) = ask(vec![busy, Reply::stream(["ok"])]).await;
    assert_eq!((text.as_str(), result.is_ok(), retries), ("ok", true, 1));
    // Longer than the call may take: no use in waiting.
    let late = Reply::json(429, "{}").with_header("retry-after", "3600");
    let (_, result, retries) = ask(vec![late]).await;
    let Err(ModelError::Refused { status: 429, retry_after, .. }) = result else { panic!() };
    assert_eq!((retry_after, retries), (Some(Duration::from_secs(3600)), 0));
}

#[tokio::test]
async fn half_an_answer_is_not_asked_for_again() {
    let (text, result, retries) = ask(vec![Reply::stream(["Half an "]).then_drop()]).await;
    assert_eq!((text.as_str(), retries), ("Half an ", 0));
    assert!(matches!(result, Err(ModelError::BrokeOff(_))));
    let (text, result, retries) = ask(vec![Reply::events(vec![delta("Half an ")])]).await;
    assert_eq!((text.as_str(), retries), ("Half an ", 0));
    assert!(matches!(result, Err(ModelError::BrokeOff(None))));
    let error = "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n";
    let (text, result, _) = ask(vec![Reply::events(vec![delta("Half"), error.to_owned()])]).await;
    assert_eq!(text, "Half");
    assert!(matches!(result, Err(ModelError::Refused { code: Some(_), .. })));
}

#[tokio::test]
async fn rubbish_is_called_rubbish() {
    for rubbish in [
        Reply::json(200, "<html>"),
        Reply::json(200, "{}"),
        Reply::events(vec!["data: <html>\n\n".to_owned()]),
        Reply::events(vec!["data: {\"choices\":[{\"delta\":{\"content\":{}}}]}\n\n".to_owned()]),
    ] {
        let (text, result, retries) = ask(vec![rubbish]).await;
        assert!(matches!(result, Err(ModelError::Rubbish(_))), "{result:?}");
        assert_eq!((text.as_str(), retries), ("", 0));
    }
    let (_, result, _) = ask(vec![Reply::stream([""])]).await;
    assert!(matches!(result, Err(ModelError::Empty)), "{result:?}");
    let (_, result, _) = ask(vec![Reply::events(vec!["<html>\n\n".to_owned()]); 3]).await;
    assert!(matches!(result, Err(ModelError::BrokeOff(None))), "{result:?}");
}

#[tokio::test]
async fn a_server_that_hangs_or_dribbles_is_left_at_the_deadline() {
    for hanging in [Reply::hang(), Reply::events(Vec::new()).then_hang(), Reply::dribble()] {
        let stub = Stub::start(vec![hanging]).await;
        let model = client(&stub.base_url, SHORT);
        let (_, result) = told(&model).await;
        assert!(matches!(result, Err(ModelError::Deadline)), "{result:?}");
        assert_eq!((model.stats().failures, model.stats().open), (1, 0));
        stub.all_left().await;
    }
    let stub = Stub::start(vec![Reply::stream(["Half"]).then_hang()]).await;
    let (text, result) = told(&client(&stub.base_url, SHORT)).await;
    assert_eq!(text, "Half");
    assert!(matches!(result, Err(ModelError::Deadline)));
}

#[tokio::test]
async fn a_hundred_megabytes_are_cut_off() {
    let line = Reply::endless("data: ", "x");
    let deltas = Reply::endless("", &delta(&"word ".repeat(2_000)));
    let comments = Reply::endless("", &format!(": {}\n", "x".repeat(1_000)));
    let body = Reply::endless("{\"choices\":[{\"delta\":{\"content\":\"", "x").into_json();
    for endless in [line, deltas, comments, body] {
        let stub = Stub::start(vec![endless]).await;
        let (text, result) = told(&client(&stub.base_url, LONG)).await;
        assert!(matches!(result, Err(ModelError::TooLong(_))), "{result:?}");
        assert!(text.len() <= intelligence::ANSWER_BYTES_MAX);
        stub.all_left().await;
    }
}

#[tokio::test]
async fn nobody_there_is_told_and_tried_again() {
    let stub = Stub::start(Vec::new()).await;
    let base_url = stub.base_url.clone();
    stub.stop().await;
    let model = client(&base_url, LONG);
    let (_, result) = told(&model).await;
    assert!(matches!(result, Err(ModelError::Unreachable(_))), "{result:?}");
    assert_eq!(model.stats().retries, u64::from(RETRIES_MAX));
}

#[tokio::test]
async fn dropping_a_call_ends_it_and_breaking_ends_it_well() {
    let stub = Stub::start(vec![Reply::stream(["a", "b"]).then_hang(); 2]).await;
    let model = client(&stub.base_url, LONG);
    let begun = tokio::sync::Notify::new();
    {
        let prompt = prompt();
        let call = model.stream(&prompt, |_| {
            begun.notify_one();
            ControlFlow::Continue(())
        });
        tokio::select! {
            result = call => panic!("it hangs: {result:?}"),
            () = begun.notified() => {}
        }
    }
    stub.all_left().await;
    assert_eq!((model.stats().cancelled, model.stats().failures), (1, 0));
    let mut text = String::new();
    let result = model
        .stream(&prompt(), |delta| {
            text.push_str(delta);
            ControlFlow::Break(())
        })
        .await;
    assert_eq!((text.as_str(), result.is_ok()), ("a", true));
    stub.all_left().await;
}

#[tokio::test]
async fn calls_can_move_between_threads() {
    let stub = Stub::start(vec![Reply::stream(["ok"])]).await;
    let model = Arc::new(client(&stub.base_url, LONG));
    let call = async move { model.stream(&prompt(), |_| ControlFlow::Continue(())).await };
    assert!(tokio::spawn(call).await.unwrap().is_ok());
}

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
struct Score {
    #[schemars(range(min = 0, max = 10))]
    value: u8,
}

fn whole(content: &str) -> Reply {
    let message = serde_json::json!({ "choices": [{ "message": { "content": content } }] });
    Reply::json(200, &message.to_string())
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_asked_for_again_and_told_why() {
    let stub =
        Stub::start(vec![whole("11?"), whole(r#"{"value": 11}"#), whole(r#"{"value": 9}"#)]).await;
    let model = client(&stub.base_url, LONG);
    assert_eq!(model.complete::<Score>(&prompt()).await.unwrap(), Score { value: 9 });
    let requests = stub.requests();
    assert_eq!(requests[0].body["response_format"]["type"], "json_schema");
    let last_task = requests[2].body["messages"][0]["content"].as_str().unwrap();
    assert!(last_task.contains("value must be at most 10"), "{last_task}");
    assert_eq!(model.stats().retries, 2);

    let stub = Stub::start(vec![whole(r#"{"value": 11}"#); 4]).await;
    let result = client(&stub.base_url, LONG).complete::<Score>(&prompt()).await;
    assert!(matches!(result, Err(ModelError::Invalid(_))), "{result:?}");
    assert_eq!(stub.requests().len(), 3);
}

#[tokio::test]
async fn a_server_that_takes_no_schema_is_asked_in_words() {
    let stub =
        Stub::start(vec![Reply::json(400, "{}"), whole("```json\n{\"value\": 1}\n```")]).await;
    let model = client(&stub.base_url, LONG);
    let result = model.complete::<Score>(&prompt()).await;
    assert_eq!(result.unwrap(), Score { value: 1 });
    let requests = stub.requests();
    assert!(requests[1].body.get("response_format").is_none());
    assert!(
        requests[1].body["messages"][0]["content"].as_str().unwrap().contains("\"maximum\":10")
    );
}

#[tokio::test]
async fn a_prompt_over_its_bound_is_not_sent() {
    let stub = Stub::start(Vec::new()).await;
    let prompt = Prompt::new("").with("all", &"x".repeat(intelligence::PROMPT_BYTES_MAX));
    let result = client(&stub.base_url, LONG).complete::<Score>(&prompt).await;
    assert!(matches!(result, Err(ModelError::PromptTooLong)));
    assert!(stub.requests().is_empty());
}
