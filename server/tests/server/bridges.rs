//! A context of chat and a session that are one conversation.

use serde_json::{Value, json};
use testkit::{Http, TestServer, Token};

use crate::{chatting, history, joined, new_session, says, says_as, start, tells};

fn admin(server: &TestServer) -> Http {
    server.http().token(&Token::of("ops").roles(&["admin"]).sign())
}

#[tokio::test]
async fn what_is_said_on_one_side_is_heard_on_the_other_in_one_order() {
    let server = start(&[]);
    let session = new_session(&server, "ann", "socratic").await;
    let body = json!({"chat": "math", "session": session});
    let bridge = admin(&server).post("/api/bridges", &body).await;
    assert!(bridge.status < 300, "{bridge:?}");

    let mut chat = chatting(&server, "math", "ben").await;
    let mut talk = joined(&server, &session, "ann").await;
    chat.send(&says_as("c1", "Why is the sky blue?")).await;
    let said = chat.expect("message").await;
    let heard = talk.expect("user_message").await["data"].take();
    assert_eq!((&said["id"], &said["data"]["seq"]), (&json!("c1"), &json!(1)));
    assert_eq!(heard["content"], "Why is the sky blue?");
    assert_eq!((&heard["seq"], &heard["user_id"]), (&json!(1), &json!("ben")));
    assert_eq!(heard["session_id"], json!(session));

    let answer = talk.expect("agent_response").await["data"].take();
    let in_chat = chat.expect("message").await["data"].take();
    assert_eq!(in_chat["author"], answer["agent_id"]);
    assert_eq!((&in_chat["content"], &in_chat["seq"]), (&answer["content"], &answer["seq"]));

    talk.send(&tells("And at night?")).await;
    let told = talk.expect("user_message").await["data"].take();
    let heard = chat.expect("message").await["data"].take();
    assert_eq!((&heard["content"], &heard["seq"]), (&told["content"], &told["seq"]));
    talk.expect("agent_response").await;

    let seqs: Vec<Value> =
        history(&mut chat).await.iter().map(|message| message["seq"].clone()).collect();
    assert_eq!(seqs, [1, 2, 3, 4]);
}

#[tokio::test]
async fn two_sides_that_both_have_messages_are_not_bridged() {
    let server = start(&[]);
    let session = new_session(&server, "ann", "chat").await;
    let mut chat = chatting(&server, "math", "ben").await;
    let mut talk = joined(&server, &session, "ann").await;
    chat.send(&says("in the chat")).await;
    chat.expect("message").await;
    talk.send(&tells("in the session")).await;
    talk.expect("user_message").await;
    let body = json!({"chat": "math", "session": session});
    assert_eq!(admin(&server).post("/api/bridges", &body).await.status, 409);
}

#[tokio::test]
async fn a_bridge_outlives_a_restart_and_ends_when_it_is_deleted() {
    let mut server = start(&[]);
    let session = new_session(&server, "ann", "chat").await;
    let body = json!({"chat": "math", "session": session});
    let made = admin(&server).post("/api/bridges", &body).await;
    let id = made.json()["id"].as_str().unwrap().to_owned();
    server.kill();
    server.restart();
    let mut chat = chatting(&server, "math", "ben").await;
    let mut talk = joined(&server, &session, "ann").await;
    chat.send(&says("over the bridge")).await;
    talk.expect("user_message").await;
    let deleted = admin(&server).delete(&format!("/api/bridges/{id}")).await;
    assert!(deleted.status < 300, "{deleted:?}");
    let nobody = server.http().token(&testkit::token("ben"));
    assert_eq!(nobody.post("/api/bridges", &body).await.status, 403);
    assert_eq!(nobody.get("/api/bridges").await.status, 403);
}

#[tokio::test]
async fn calls_for_bridges_are_logged_allowed_or_not() {
    let server = start(&[]);
    let nobody = server.http().token(&testkit::token("ben"));
    assert_eq!(nobody.get("/api/bridges").await.status, 403);
    server.wait_for_stderr(r#"security: forbidden user=ben address=127.0.0.1 method=GET"#);
    assert_eq!(admin(&server).post("/api/bridges", &json!({})).await.status, 400);
    server.wait_for_stderr(r#"security: admin call user="#);
    server.wait_for_stderr(r#"method=POST path="/api/bridges""#);
}
