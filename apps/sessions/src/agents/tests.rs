//! Agents with and without a model; the model is a server that says what a test wants.

use std::sync::Mutex;

use intelligence::OpenaiConfig;
use model::SystemClock;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// A model's server that answers every request with these bytes and hangs up.
async fn server(reply: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !is_whole(&request) {
                if socket.read_buf(&mut request).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            let _ = socket.write_all(reply.as_bytes()).await;
        }
    });
    base_url
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.split_once("content-length: ").and_then(|(_, rest)| rest.lines().next());
    length.and_then(|length| length.parse().ok()).is_none_or(|length: usize| body.len() >= length)
}

fn stream(pieces: &[&str], end: &str) -> String {
    let pieces = pieces.iter().map(|text| {
        let piece = serde_json::json!({ "choices": [{ "delta": { "content": text } }] });
        format!("data: {piece}\n\n")
    });
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    format!("{head}{}{end}", pieces.collect::<String>())
}

const END: &str = "data: [DONE]\n\n";

fn agents(base_url: String, fallback: bool) -> Agents {
    let config = OpenaiConfig {
        base_url,
        api_key: None,
        model: "tiny".to_owned(),
        deadline: Duration::from_secs(30),
    };
    Agents::new(&TextProvider::Openai(config), fallback, Arc::new(SystemClock::new())).unwrap()
}

fn builtin() -> Agents {
    Agents::new(&TextProvider::Builtin, false, Arc::new(SystemClock::new())).unwrap()
}

fn turn(author: &str, content: &str) -> Turn {
    Turn { author: author.to_owned(), is_agent: false, content: content.to_owned() }
}

fn brief(agent: AgentId, question: &str) -> Brief {
    Brief {
        agent,
        question: turn("Ann", question),
        history: vec![turn("Ben", "We deploy on Fridays.")],
        instructions: None,
        asked_before: Vec::new(),
    }
}

/// What is told of an answer, and how it ends.
async fn told(agents: &Agents, brief: Brief) -> (Vec<String>, Result<(), AgentError>) {
    let pieces = Mutex::new(Vec::new());
    let sink = |piece: &str| pieces.lock().unwrap().push(piece.to_owned());
    let result = agents.answer(brief, sink).await;
    (pieces.into_inner().unwrap(), result)
}

#[test]
fn session_types_have_their_agents() {
    let told = |kind| AgentId::of_session_type(kind).as_str();
    assert_eq!(
        ["socratic", "code_review", "chat", ""].map(told),
        ["socratic", "code", "context", "context"]
    );
}

#[tokio::test]
async fn the_rules_answer_in_one_piece() {
    let agents = builtin();
    assert!(!agents.is_streaming());
    for agent in [AgentId::Code, AgentId::Context, AgentId::Socratic] {
        let (pieces, result) = told(&agents, brief(agent, "When do we deploy?")).await;
        assert_eq!((pieces.len(), result.is_ok()), (1, true));
    }
    let stats = agents.stats();
    assert_eq!((stats.builtin_calls, stats.builtin_failures, stats.fallbacks), (3, 0, 0));
    assert_eq!(stats.openai, None);
}

#[tokio::test]
async fn agents_that_are_off_say_nothing() {
    let agents = Agents::new(&TextProvider::Off, true, Arc::new(SystemClock::new())).unwrap();
    let (pieces, result) = told(&agents, brief(AgentId::Context, "Hi")).await;
    assert!(pieces.is_empty() && matches!(result, Err(AgentError::Off)));
}

#[tokio::test]
async fn a_model_streams() {
    let agents = agents(server(stream(&["On ", "Fridays."], END)).await, true);
    assert!(agents.is_streaming());
    let (pieces, result) = told(&agents, brief(AgentId::Context, "When do we deploy?")).await;
    assert_eq!((pieces.concat().as_str(), result.is_ok()), ("On Fridays.", true));
    assert_eq!(agents.stats().openai.map(|model| (model.calls, model.failures)), Some((1, 0)));
    assert_eq!(agents.stats().builtin_calls, 0);
}

#[tokio::test]
async fn the_rules_stand_in_for_a_model_that_said_nothing_and_say_so() {
    for reply in
        ["HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n".to_owned(), stream(&[], "data: <html>\n\n")]
    {
        let base_url = server(reply).await;
        let agents = self::agents(base_url.clone(), true);
        let (pieces, result) = told(&agents, brief(AgentId::Context, "When do we deploy?")).await;
        let text = pieces.concat();
        assert!(result.is_ok() && text.starts_with(STAND_IN), "{text}");
        assert!(text.contains("> We deploy on Fridays."), "{text}");
        assert_eq!((agents.stats().fallbacks, agents.stats().builtin_calls), (1, 1));
        let agents = self::agents(base_url, false);
        let (pieces, result) = told(&agents, brief(AgentId::Context, "When do we deploy?")).await;
        assert!(pieces.is_empty() && matches!(result, Err(AgentError::Model(_))));
    }
}

#[tokio::test]
async fn half_an_answer_is_not_replaced() {
    let agents = agents(server(stream(&["Half an "], "")).await, true);
    let (pieces, result) = told(&agents, brief(AgentId::Context, "When do we deploy?")).await;
    assert_eq!(pieces, ["Half an "]);
    assert!(matches!(result, Err(AgentError::Model(ModelError::BrokeOff(_)))), "{result:?}");
    assert_eq!(agents.stats().fallbacks, 0);
}

#[tokio::test]
async fn an_answer_is_cut_at_its_bound() {
    let word = "é".repeat(9_000);
    let agents = agents(server(stream(&[word.as_str(); 8], END)).await, true);
    let (pieces, result) = told(&agents, brief(AgentId::Context, "Go on")).await;
    assert!(result.is_ok());
    assert_eq!(pieces.concat().chars().count(), ANSWER_CHARS_MAX);
}

#[tokio::test]
async fn a_model_cannot_ask_a_question_again() {
    let pieces = ["Good. What is ", "a cache? And what ", "is a queue?\nWhat is a CACHE?"];
    let agents = agents(server(stream(&pieces, END)).await, true);
    let asked_before = vec!["Hm. What is a cache?".to_owned()];
    let asked = Brief { asked_before, ..brief(AgentId::Socratic, "Tell me") };
    let (pieces, result) = told(&agents, asked).await;
    assert!(result.is_ok());
    assert_eq!(pieces.concat(), "Good. And what is a queue?\n");
    // With nothing new to ask, the rules ask.
    let asked_before = vec!["Good. What is a cache? And what is a queue?".to_owned()];
    let reply = server(stream(&["What is a cache? And what is a queue?"], END)).await;
    let asked = Brief { asked_before, ..brief(AgentId::Socratic, "Tell me") };
    let (pieces, _) = told(&self::agents(reply, true), asked).await;
    assert_eq!(pieces[0], STAND_IN);
}

#[tokio::test]
async fn an_answer_can_move_between_threads_and_be_dropped() {
    let agents = Arc::new(builtin());
    let running = Arc::clone(&agents);
    let task =
        tokio::spawn(async move { running.answer(brief(AgentId::Code, "hi"), |_| {}).await });
    assert!(task.await.unwrap().is_ok());
    drop(agents.answer(brief(AgentId::Code, "hi"), |_| {}));
    assert_eq!(agents.stats().builtin_calls, 1);
}

fn message() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,300}",
        "[a-z ,.?!'`*\\n:=(){}#>-]{0,200}",
        Just(
            "```python\ndef f(a, b=[]):\n    return eval(a)\n```\nIs it ok? what about line 2?"
                .to_owned()
        ),
        Just("what did Ann say about the cache, and summarize the decisions?".to_owned()),
        Just("```\n".repeat(9)),
        Just("never mention İstanbul. call me İ. because İİİ İ since i will İ.".to_owned()),
    ]
}

proptest! {
    #[test]
    fn any_conversation_is_answered_and_the_same_way_each_time(
        messages in prop::collection::vec(message(), 1..6),
        instructions in prop::option::of(message()),
        author in "\\PC{0,20}",
    ) {
        let mut history: Vec<Turn> = messages.iter().map(|message| turn(&author, message)).collect();
        let question = history.pop().unwrap();
        for agent in [AgentId::Code, AgentId::Context, AgentId::Socratic] {
            let brief = Brief {
                agent,
                question: question.clone(),
                history: history.clone(),
                instructions: instructions.clone(),
                asked_before: messages.clone(),
            };
            let answer = rules(&brief);
            prop_assert!(!answer.trim().is_empty());
            prop_assert_eq!(answer, rules(&brief));
            let _ = prompts::prompt(&brief);
        }
    }
}
