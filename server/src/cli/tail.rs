//! `quintet tail`: connects to a WebSocket and prints what arrives, a line a message.
//!
//! Ends when the server closes, or on Ctrl-C, which closes with 1000 and waits for the server's
//! answer. It does not come back by itself: what it shows is one connection.

use std::io::Write;
use std::time::Duration;

use clap::Args;
use futures_util::SinkExt;
use model::{Clock, SystemClock};
use serde_json::Value;
use tokio::time::timeout;
use yawc::close::CloseCode;
use yawc::frame::{Frame, OpCode};
use yawc::{HttpRequest, TcpWebSocket, WebSocket, WebSocketError};

use super::Outcome;

/// How long a close of ours waits for the server's.
const CLOSE_WAIT: Duration = Duration::from_secs(2);
/// How long connecting may take.
const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// Columns for a message's type.
const TYPE_WIDTH: usize = 20;

const EXAMPLES: &str = "\
Examples:
  quintet tail 'ws://127.0.0.1:8000/api/chat/ws?contextId=math' --token \"$TOKEN\"
  quintet tail ws://127.0.0.1:8000/ws/sessions/42 --token \"$TOKEN\" --send '{\"action\":\"join\"}'

Ctrl-C closes the connection.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    /// A ws:// or wss:// URL
    url: String,
    /// A token, sent as `Authorization: Bearer`
    #[arg(long)]
    token: Option<String>,
    /// A message to send once connected; may be given several times
    #[arg(long, value_name = "TEXT")]
    send: Vec<String>,
}

pub(super) fn run(options: Options, out: &mut impl Write) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(tail(options, out))
}

async fn tail(options: Options, out: &mut impl Write) -> Outcome {
    let Options { url, token, send } = options;
    let mut socket = timeout(CONNECT_WAIT, connect(&url, token))
        .await
        .map_err(|_| format!("no answer within {} s", CONNECT_WAIT.as_secs()))??;
    for text in send {
        socket.send(Frame::text(text)).await?;
    }
    let clock = SystemClock::new();
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        let frame = tokio::select! {
            frame = socket.next_frame() => frame.map_err(|error| match error {
                WebSocketError::ConnectionClosed => "the connection broke off".into(),
                error => Box::<dyn std::error::Error + Send + Sync>::from(error),
            })?,
            _ = &mut interrupted => return close(socket, out).await,
        };
        let Some(line) = describe(&frame) else { continue };
        writeln!(out, "{}  {line}", clock.wall())?;
        out.flush()?;
        if frame.opcode() == OpCode::Close {
            return Ok(());
        }
    }
}

async fn connect(url: &str, token: Option<String>) -> Result<TcpWebSocket, String> {
    let url = url.parse().map_err(|error| format!("not a URL: {error}"))?;
    let mut request = HttpRequest::builder();
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    WebSocket::connect(url).with_request(request).await.map_err(|error| match error {
        WebSocketError::InvalidStatusCode(status) => {
            format!("the server refused the connection with HTTP {status}")
        }
        error => format!("cannot connect: {error}"),
    })
}

/// Says goodbye and waits for the server to do so.
async fn close(mut socket: TcpWebSocket, out: &mut impl Write) -> Outcome {
    socket.send(Frame::close(CloseCode::Normal, "")).await?;
    let answered = timeout(CLOSE_WAIT, async {
        while let Ok(frame) = socket.next_frame().await {
            if frame.opcode() == OpCode::Close {
                return;
            }
        }
    });
    let how = if answered.await.is_ok() { "closed" } else { "closed without the server's answer" };
    writeln!(out, "{how}")?;
    Ok(())
}

/// A frame as a line; none for what is not worth one.
fn describe(frame: &Frame) -> Option<String> {
    match frame.opcode() {
        OpCode::Text => Some(describe_text(&String::from_utf8_lossy(frame.payload()))),
        OpCode::Binary => Some(column("(binary)", &format!("{} bytes", frame.payload().len()))),
        OpCode::Close => {
            let code = frame.close_code().map_or(1005, u16::from);
            let reason = frame.close_reason().ok().flatten().unwrap_or_default();
            Some(column("(closed)", &format!("{code} {}", printable(reason))))
        }
        _ => None,
    }
}

/// The type of a message and the message, without what a terminal would act on.
fn describe_text(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => {
            let kind = ["type", "action"].iter().find_map(|name| value.get(name)?.as_str());
            column(&printable(kind.unwrap_or("(json)")), &printable(&value.to_string()))
        }
        Err(_) => column("(text)", &printable(text)),
    }
}

fn column(kind: &str, content: &str) -> String {
    format!("{kind:TYPE_WIDTH$}  {content}").trim_end().to_owned()
}

/// The text with control characters written out.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() { shown.extend(char.escape_default()) } else { shown.push(char) }
    }
    shown
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;
    use yawc::{Options as Settings, Role};

    use super::*;

    #[test]
    fn a_message_shows_its_type_and_its_json_on_one_line() {
        let line = describe_text("{\n \"type\": \"message\", \"data\": {\"content\": \"a\\nb\"}}");
        assert!(line.starts_with("message  "), "{line}");
        assert!(line.ends_with(r#"{"data":{"content":"a\nb"},"type":"message"}"#), "{line}");
    }

    #[test]
    fn nothing_a_terminal_would_act_on_is_printed() {
        for text in ["\u{1b}[2J", "\"\u{9b}2J\"", "{\"type\":\"\u{9b}2J\"}"] {
            assert!(!describe_text(text).chars().any(char::is_control));
        }
    }

    /// Takes one connection on a free port, answers its handshake by hand, and gives the socket.
    async fn accept(listener: TcpListener) -> (String, WebSocket<tokio::net::TcpStream>) {
        use base64::Engine;
        use sha1::Digest;
        use tokio::io::{AsyncReadExt, AsyncWriteExt};

        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = String::new();
        while !request.ends_with("\r\n\r\n") {
            request.push(char::from(stream.read_u8().await.unwrap()));
        }
        let header = |line: &&str| line.to_ascii_lowercase().starts_with("sec-websocket-key:");
        let key = request.lines().find(header).unwrap().split_once(':').unwrap().1.trim();
        let digest = sha1::Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
        let accept = base64::engine::general_purpose::STANDARD.encode(digest);
        let response = format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        stream.write_all(response.as_bytes()).await.unwrap();
        let socket = WebSocket::from_stream(stream, Role::Server, Settings::default()).unwrap();
        (request, socket)
    }

    #[tokio::test]
    async fn it_sends_prints_and_ends_with_the_code_and_reason_of_the_server() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/ws", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (request, mut socket) = accept(listener).await;
            let sent = socket.next_frame().await.unwrap();
            socket.send(sent).await.unwrap();
            socket.send(Frame::close(CloseCode::Policy, "Token expired")).await.unwrap();
            let _ = socket.next_frame().await;
            request
        });
        let mut out = Vec::new();
        let send = vec![r#"{"type":"ping"}"#.to_owned()];
        tail(Options { url, token: Some("abc".to_owned()), send }, &mut out).await.unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].ends_with(r#"{"type":"ping"}"#), "{text}");
        assert!(lines[1].ends_with("1008 Token expired"), "{text}");
        assert!(server.await.unwrap().contains("Bearer abc"));
    }

    #[tokio::test]
    async fn a_server_that_refuses_is_an_error_without_the_token() {
        use tokio::io::AsyncWriteExt;

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/ws?token=abc", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.readable().await.unwrap();
            let answer = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(answer).await.unwrap();
            stream
        });
        let options = Options { url, token: None, send: Vec::new() };
        let error = tail(options, &mut Vec::new()).await.unwrap_err().to_string();
        assert!(error.contains("401") && !error.contains("abc"), "{error}");
        drop(server.await.unwrap());
    }
}
