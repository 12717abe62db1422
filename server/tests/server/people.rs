//! Who somebody is, and what they see of others.

use serde_json::json;
use testkit::{Token, token};

use crate::{chat, chatting, history, joined, new_session, says, start};

#[tokio::test]
async fn a_session_is_its_owners_members_and_admins() {
    let server = start(&[]);
    let session = new_session(&server, "ann", "chat").await;
    let path = format!("/ws/sessions/{session}");

    let mut eve = server.dial(&path).token(&token("eve")).open().await;
    eve.send(&json!({"action": "join"})).await;
    assert_eq!(eve.expect("error").await["data"]["code"], "SESSION_NOT_FOUND");
    let of_eve = server.http().token(&token("eve"));
    assert_eq!(of_eve.get(&format!("/api/sessions/{session}")).await.status, 404);
    assert_eq!(of_eve.get(&format!("/api/sessions/{session}/messages")).await.status, 404);
    let members = format!("/api/sessions/{session}/members");
    assert_eq!(of_eve.post(&members, &json!({"userId": "eve"})).await.status, 404);
    assert_eq!(of_eve.get("/api/sessions").await.json()["items"], json!([]));

    let of_ann = server.http().token(&token("ann"));
    let added = of_ann.post(&members, &json!({"userId": "eve"})).await;
    assert!(added.status < 300, "{added:?}");
    eve.send(&json!({"action": "join"})).await;
    eve.expect("session_state").await;

    let admin = Token::of("ops").roles(&["admin"]).sign();
    let mut ops = server.dial(&path).token(&admin).open().await;
    ops.send(&json!({"action": "join"})).await;
    ops.expect("session_state").await;
}

#[tokio::test]
async fn typing_in_a_session_is_the_tokens_whoever_the_message_names() {
    let server = start(&[]);
    let session = new_session(&server, "ann", "chat").await;
    let of_ann = server.http().token(&token("ann"));
    let members = format!("/api/sessions/{session}/members");
    of_ann.post(&members, &json!({"userId": "mallory"})).await;
    let mut ann = joined(&server, &session, "ann").await;
    let mut mallory = joined(&server, &session, "mallory").await;
    let forged = json!({"action": "typing", "userId": "ann", "username": "Ann",
        "data": {"userId": "ann", "username": "Ann"}});
    mallory.send(&forged).await;
    let typing = ann.expect("user_typing").await;
    assert_eq!(typing["data"]["userId"], "mallory");
    assert_eq!(typing["data"]["username"], "mallory");
    mallory.expect_none("user_typing").await;
}

#[tokio::test]
async fn a_token_for_some_contexts_opens_and_lists_no_other() {
    let server = start(&[]);
    let mut ann = chatting(&server, "secret", "ann").await;
    ann.send(&says("for us alone")).await;
    ann.expect("message").await;
    let bound = Token::of("ben").claim("contexts", json!(["math"])).sign();
    let mut ben = chat(&server, "secret").token(&bound).open().await;
    assert_eq!(ben.expect("error").await["data"]["code"], "FORBIDDEN");
    let listed = server.http().token(&bound).get("/api/contexts").await;
    assert!(!listed.body.contains("secret"), "{listed:?}");
}

#[tokio::test]
async fn two_contexts_and_a_session_of_one_name_are_three_rooms() {
    let server = start(&[]);
    let session = new_session(&server, "ann", "chat").await;
    let mut chat = chatting(&server, &session, "ann").await;
    let mut talk = joined(&server, &session, "ann").await;
    chat.send(&says("in the chat")).await;
    chat.expect("message").await;
    talk.expect_none("user_message").await;
    talk.send(&crate::tells("in the session")).await;
    talk.expect("user_message").await;
    chat.expect_none("message").await;
    assert_eq!(history(&mut chat).await.len(), 1);
}
