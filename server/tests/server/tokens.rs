//! Tokens that run out, are revoked, or are signed by somebody else.

use serde_json::json;
use testkit::{Token, token};

use crate::{chat, chatting, start};

#[tokio::test]
async fn a_token_that_runs_out_ends_its_connection() {
    let server = start(&[]);
    // The server's leeway is 5 s: this one has 2 s left.
    let short = Token::of("ann").expires_in(-3).sign();
    let mut ann = chat(&server, "math").token(&short).open().await;
    let mut talk = server.dial("/ws/sessions/a").token(&short).open().await;
    for client in [&mut ann, &mut talk] {
        assert_eq!(client.closed().await, (1008, "Token expired".to_owned()));
        assert_eq!(client.expect("error").await["data"]["code"], "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn a_token_renewed_in_time_keeps_its_connection() {
    let server = start(&[]);
    let short = Token::of("ann").expires_in(-3).sign();
    let mut ann = chat(&server, "math").token(&short).open().await;
    let mut other = chat(&server, "math").token(&short).open().await;
    ann.send(&json!({"type": "auth", "token": token("ann")})).await;
    ann.expect("authenticated").await;
    // The one that was not renewed shows that the time has come.
    assert_eq!(other.closed().await.1, "Token expired");
    ann.send(&json!({"type": "ping"})).await;
    ann.expect("pong").await;
}

#[tokio::test]
async fn a_revocation_ends_connections_and_outlives_a_restart() {
    let mut server = start(&[]);
    let old = token("ann");
    let mut ann = chat(&server, "math").token(&old).open().await;
    let mut talk = server.dial("/ws/sessions/a").token(&old).open().await;
    ann.barrier().await;
    talk.barrier().await;
    let admin = Token::of("ops").roles(&["admin"]).sign();
    let body = json!({"userId": "ann", "issuedBefore": "2100-01-01T00:00:00Z"});
    let answer = server.http().token(&admin).post("/api/tokens/revoke", &body).await;
    assert!(answer.status < 300, "{answer:?}");
    for client in [&mut ann, &mut talk] {
        assert_eq!(client.closed().await, (1008, "Revoked".to_owned()));
    }
    server.kill();
    server.restart();
    let mut again = chat(&server, "math").token(&old).open().await;
    assert_eq!(again.closed().await, (1008, "Unauthorized".to_owned()));
    chatting(&server, "math", "ben").await.barrier().await;
}

#[tokio::test]
async fn tokens_that_are_not_what_they_seem_are_refused() {
    let server = start(&[]);
    let ann = Token::of("ann");
    let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.".to_owned();
    let refused = [
        ann.sign_with("another-secret-another-secret-another"),
        ann.clone().expires_in(-3600).sign(),
        ann.clone().without("exp").sign(),
        ann.clone().without("sub").sign(),
        ann.clone().claim("sub", json!("")).sign(),
        ann.clone().claim("sub", json!("x".repeat(257))).sign(),
        ann.clone().claim("sub", json!(7)).sign(),
        ann.clone().claim("nbf", json!(testkit::now_in_seconds() + 3600)).sign(),
        unsigned,
        "a.b.c".to_owned(),
    ];
    for token in refused {
        let mut client = chat(&server, "math").token(&token).open().await;
        assert_eq!(client.closed().await, (1008, "Unauthorized".to_owned()), "{token}");
        let answer = server.http().token(&token).get("/api/sessions").await;
        assert_eq!(answer.status, 401, "{token}: {answer:?}");
        assert_eq!(answer.json()["error"], "UNAUTHORIZED");
    }
}
