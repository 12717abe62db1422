//! The management API over real sockets; the client libraries are tried in `e2e`.

use serde_json::json;
use testkit::{Http, PATIENCE, Response, Signer, TestClient, TestServer, Token, now_in_seconds};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{chatting, joined, new_session, start};

const ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const KEYS: [(&str, &str); 2] =
    [("QUINTET_MANAGEMENT__ACCESS_KEY_ID", ID), ("QUINTET_MANAGEMENT__SECRET_ACCESS_KEY", SECRET)];

/// A server with the access key, and `env` besides.
fn managed(env: &[(&'static str, &'static str)]) -> TestServer {
    start(&KEYS.iter().chain(env).copied().collect::<Vec<_>>())
}

/// Requests of an administrator.
fn ops(server: &TestServer) -> Http {
    server.http().token(&Token::of("ops").roles(&["admin"]).sign())
}

/// The only connection of `user`, which is `client`.
async fn connection_of(server: &TestServer, user: &str, client: &mut TestClient) -> String {
    client.barrier().await;
    let listed = ops(server).get(&format!("/api/connections?userId={user}")).await.json();
    listed["items"][0]["connectionId"].as_str().unwrap().to_owned()
}

/// One request signed with `secret` now.
async fn signed_with(
    secret: &str,
    server: &TestServer,
    (method, path): (&str, &str),
    body: &str,
) -> Response {
    let host = server.address().to_string();
    let at = model::Timestamp::from_secs(now_in_seconds());
    let headers = Signer::new(ID, secret).sign((method, &host, path), body.as_bytes(), at);
    let http = headers.iter().fold(server.http(), |http, (name, value)| http.header(name, value));
    http.send(method, path, body).await
}

async fn signed(server: &TestServer, method: &str, path: &str, body: &str) -> Response {
    signed_with(SECRET, server, (method, path), body).await
}

#[tokio::test]
async fn connections_of_every_application_are_reached_described_and_ended() {
    let server = managed(&[]);
    let session = new_session(&server, "ben", "chat").await;
    let analysing = server.dial("/v1/ws").token(&testkit::token("cid")).open().await;
    let dealing = server.dial("/prod").token(&testkit::token("dee")).open().await;
    let clients: [(&str, TestClient); 4] = [
        ("ann", chatting(&server, "math", "ann").await),
        ("ben", joined(&server, &session, "ben").await),
        ("cid", analysing),
        ("dee", dealing),
    ];
    for (user, mut client) in clients {
        let id = connection_of(&server, user, &mut client).await;
        let path = format!("/%40connections/{id}");
        let posted = signed(&server, "POST", &path, r#"{"type":"pushed"}"#).await;
        assert_eq!((posted.status, &*posted.body), (200, ""), "{posted:?}");
        client.expect("pushed").await;
        let seen = ops(&server).get(&format!("/v1/@connections/{id}")).await.json();
        assert_eq!(seen["identity"]["sourceIp"], "127.0.0.1");
        let ended = signed(&server, "DELETE", &format!("/prod/@connections/{id}"), "").await;
        assert_eq!(ended.status, 204);
        assert_eq!(client.closed().await.0, 1000);
        let gone = signed(&server, "POST", &path, "{}").await;
        assert_eq!((gone.status, &*gone.headers["x-amzn-errortype"]), (410, "GoneException"));
    }
}

#[tokio::test]
async fn stages_are_configured() {
    let server = managed(&[("QUINTET_DEALS__STAGES", "live")]);
    chatting(&server, "math", "ann").await.barrier().await;
    for (stage, status) in [("live", 410), ("v1", 410), ("prod", 403), ("api", 403)] {
        let answer = signed(&server, "GET", &format!("/{stage}/@connections/x"), "").await;
        assert_eq!(answer.status, status, "{stage}");
    }
    let forbidden = ops(&server).get("/prod/@connections/x").await;
    assert_eq!(forbidden.json(), json!({"message": "Forbidden"}));
    assert_eq!(forbidden.headers["x-amzn-errortype"], "ForbiddenException");
}

#[tokio::test]
async fn without_a_key_only_administrators_call() {
    let server = start(&[]);
    let mut client = chatting(&server, "math", "ann").await;
    let path = format!("/@connections/{}", connection_of(&server, "ann", &mut client).await);
    assert_eq!(signed(&server, "GET", &path, "").await.status, 403);
    assert_eq!(server.http().get(&path).await.status, 403);
    let of_ann = server.http().token(&testkit::token("ann"));
    assert_eq!(of_ann.get(&path).await.status, 403);
    assert_eq!(server.http().token("forged").get(&path).await.status, 403);
    assert_eq!(ops(&server).get(&path).await.status, 200);
    drop(client);
}

#[tokio::test]
async fn refused_calls_and_their_bodies_are_answered_whole_and_logged() {
    let server = managed(&[]);
    let mut client = chatting(&server, "math", "ann").await;
    let id = connection_of(&server, "ann", &mut client).await;
    let path = format!("/@connections/{id}");
    let long = "x".repeat(120_000);
    for _ in 0..20 {
        assert_eq!(server.http().send("POST", &path, &long).await.status, 403);
        let refused = signed_with("wrong", &server, ("POST", &path), &long).await;
        assert_eq!(refused.status, 403);
    }
    client.expect_none("pushed").await;
    server.wait_for_stderr("the signature does not match");
    assert!(server.stderr().contains(&id) && !server.stderr().contains(SECRET));
}

#[tokio::test]
async fn a_message_is_judged_while_it_comes() {
    let server = managed(&[("QUINTET_LIMITS__HTTP__BATCH_BYTES", "2000000")]);
    let mut client = chatting(&server, "math", "ann").await;
    let path = format!("/@connections/{}", connection_of(&server, "ann", &mut client).await);
    let token = Token::of("ops").roles(&["admin"]).sign();
    let mut socket = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {token}\r\n\
         Transfer-Encoding: chunked\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let chunk = |bytes: usize| format!("{bytes:x}\r\n{}", "x".repeat(bytes));
    // The body never ends: the answer comes once a byte more came than is read.
    for _ in 0..30 {
        socket.write_all((chunk(65_536) + "\r\n").as_bytes()).await.unwrap();
    }
    socket.write_all(chunk(2_000_001 - 30 * 65_536).as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    let read = tokio::time::timeout(PATIENCE, socket.read_exact(&mut answer)).await;
    assert!(matches!(read, Ok(Ok(_))), "{read:?}");
    assert_eq!(answer, b"HTTP/1.1 413");
    client.expect_none("x").await;
}
