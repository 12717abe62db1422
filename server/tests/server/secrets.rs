//! What must never be seen is never seen.

use serde_json::json;
use testkit::{TestServer, Token, token};

use crate::{binary, chat, chatting, says};

/// A part of a token that stands for it: its signature.
fn canary(token: &str) -> String {
    token.rsplit('.').next().unwrap().to_owned()
}

#[tokio::test]
async fn no_token_and_no_secret_is_in_any_output() {
    let server = TestServer::start(
        binary(),
        &[
            ("QUINTET_LOG__FILTER", "trace"),
            ("QUINTET_AI__TEXT__API_KEY", "sk-canary-key-0123456789"),
            ("QUINTET_LIMITS__LEARNING__REFUSED_TOKENS_PER_MINUTE", "1"),
        ],
    );
    let good = [token("ann"), token("ben"), token("cid"), token("dee")];
    let forged = Token::of("eve").sign_with("another-secret-another-secret-another");
    let expired = Token::of("eve").expires_in(-3600).sign();
    let mut open = [
        chat(&server, "math").token(&good[0]).open().await,
        chat(&server, "math").token_in_query(&good[1]).open().await,
        chat(&server, "math").token_in_subprotocol(&good[2]).open().await,
        server.dial("/api/chat/ws").open().await,
    ];
    open[3].send(&json!({"type": "auth", "token": good[3], "contextId": "math"})).await;
    open[3].expect("authenticated").await;
    open[0].send(&says(&format!("{} is secret", good[0]))).await;
    open[1].send(&json!({"type": "dance", "token": good[1]})).await;
    open[0].barrier().await;
    let mut seen = String::new();
    for bad in [&forged, &expired] {
        for dial in [chat(&server, "math").token(bad), chat(&server, "math").token_in_query(bad)] {
            match dial.try_open().await {
                Ok(mut client) => seen.push_str(&format!("{:?}", client.closed().await)),
                Err(answer) => seen.push_str(&format!("{answer:?}")),
            }
        }
        let http = server.http().token(bad);
        seen.push_str(&http.get(&format!("/api/sessions?token={bad}")).await.body);
        seen.push_str(&http.get(&format!("/nowhere?token={bad}")).await.body);
    }
    for client in &mut open[1..] {
        seen.push_str(&format!("{:?}", client.drain().await).replace(&good[0], ""));
    }
    let admin = Token::of("ops").roles(&["admin"]).sign();
    let ops = server.http().token(&admin);
    for path in ["/metrics", "/api/stats", "/api/limits", "/api/connections", "/openapi.json"] {
        seen.push_str(&ops.get(path).await.body);
    }
    seen.push_str(&server.stderr());
    seen.push_str(&server.stdout());
    for token in good.iter().chain([&forged, &expired, &admin]) {
        let found = seen.find(&canary(token));
        assert!(found.is_none(), "a token is seen in: {}", &seen[found.unwrap_or(0)..][..200]);
    }
    for secret in ["sk-canary-key", testkit::SECRET] {
        assert!(!seen.contains(secret), "{secret} is seen");
    }
}

#[tokio::test]
async fn what_people_say_is_not_logged() {
    let server = TestServer::start(binary(), &[("QUINTET_LOG__FILTER", "trace")]);
    let mut ann = chatting(&server, "math", "ann").await;
    ann.send(&says("between you and me")).await;
    ann.expect("message").await;
    assert!(!server.stderr().contains("between you and me"));
}
