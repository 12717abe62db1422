//! A server of the chat-completions API that gives scripted replies.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A running stub.
pub(super) struct Stub {
    pub(super) base_url: String,
    script: Arc<Script>,
}

struct Script {
    replies: Mutex<VecDeque<Reply>>,
    requests: Mutex<Vec<Value>>,
}

/// What one request gets.
#[derive(Clone)]
pub(super) struct Reply {
    /// Pieces of its text.
    pieces: Vec<String>,
    is_stream: bool,
    ends: bool,
}

impl Reply {
    pub(super) fn whole(text: &str) -> Self {
        Self { pieces: vec![text.to_owned()], is_stream: false, ends: true }
    }

    pub(super) fn stream(pieces: &[&str]) -> Self {
        let pieces = pieces.iter().map(|piece| (*piece).to_owned()).collect();
        Self { pieces, is_stream: true, ends: true }
    }

    /// A stream that goes silent.
    pub(super) fn hanging(pieces: &[&str]) -> Self {
        Self { ends: false, ..Self::stream(pieces) }
    }
}

impl Stub {
    pub(super) async fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let replies = Mutex::new(replies.into());
        let script = Arc::new(Script { replies, requests: Mutex::default() });
        let served = Arc::clone(&script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&served)));
            }
        });
        Self { base_url, script }
    }

    pub(super) fn requests(&self) -> Vec<Value> {
        self.script.requests.lock().unwrap().clone()
    }
}

/// One request and its reply; the connection ends with it.
async fn serve(mut stream: TcpStream, script: Arc<Script>) {
    let (mut seen, mut buffer) = (Vec::new(), [0; 16 * 1024]);
    let body = loop {
        let count = stream.read(&mut buffer).await.unwrap();
        seen.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&seen).into_owned();
        let Some((_, body)) = text.split_once("\r\n\r\n") else { continue };
        if let Ok(body) = serde_json::from_str::<Value>(body) {
            break body;
        }
        assert!(count > 0, "the request ended early");
    };
    script.requests.lock().unwrap().push(body);
    let reply = script.replies.lock().unwrap().pop_front();
    let Some(reply) = reply else { return };
    let kind = if reply.is_stream { "text/event-stream" } else { "application/json" };
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    for piece in &reply.pieces {
        let choice = if reply.is_stream { "delta" } else { "message" };
        let text = json!({"choices": [{choice: {"content": piece}, "finish_reason": null}]});
        let text = if reply.is_stream { format!("data: {text}\n\n") } else { text.to_string() };
        // The client may have heard enough.
        let _gone = stream.write_all(text.as_bytes()).await;
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    if !reply.ends {
        std::future::pending::<()>().await;
    }
    if reply.is_stream {
        let _gone = stream.write_all(b"data: [DONE]\n\n").await;
    }
}
