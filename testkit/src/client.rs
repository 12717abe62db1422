//! A WebSocket client that keeps what a client would see.
//!
//! **Pitfall:** it reads only while it is asked for something; that is when pings are answered.

use std::collections::VecDeque;

use futures_util::SinkExt;
use serde_json::Value;
use tokio::time::timeout;
use yawc::close::CloseCode;
use yawc::{Frame, OpCode, WebSocket};

use crate::stream::Stream;
use crate::{PATIENCE, Response};

/// Messages a client keeps for a failure's report; the oldest go first.
const SEEN_MAX: usize = 40;
/// Characters of a message in such a report.
const SEEN_CHARS_MAX: usize = 300;

/// An open connection.
pub struct TestClient {
    socket: WebSocket<Box<dyn Stream>>,
    /// The answer to the handshake.
    pub handshake: Response,
    waiting: VecDeque<Value>,
    seen: VecDeque<String>,
    pongs: VecDeque<Vec<u8>>,
    closed: Option<(u16, String)>,
    barriers: u64,
}

impl TestClient {
    pub(crate) fn new(socket: WebSocket<Box<dyn Stream>>, handshake: Response) -> Self {
        Self {
            socket,
            handshake,
            waiting: VecDeque::new(),
            seen: VecDeque::new(),
            pongs: VecDeque::new(),
            closed: None,
            barriers: 0,
        }
    }

    /// Sends a message.
    ///
    /// # Panics
    /// When the connection is gone.
    pub async fn send(&mut self, message: &Value) {
        self.send_frame(Frame::text(message.to_string())).await;
    }

    /// Sends a text that need not be JSON.
    ///
    /// # Panics
    /// When the connection is gone.
    pub async fn send_text(&mut self, text: &str) {
        self.send_frame(Frame::text(text.to_owned())).await;
    }

    /// Sends any frame.
    ///
    /// # Panics
    /// When the connection is gone.
    pub async fn send_frame(&mut self, frame: Frame) {
        let sent = timeout(PATIENCE, self.socket.send(frame)).await;
        match sent {
            Ok(Ok(())) => {}
            other => panic!("not sent ({other:?}): {}", self.report()),
        }
    }

    /// Sends any frame, and tells whether the connection took it.
    pub async fn try_send_frame(&mut self, frame: Frame) -> bool {
        matches!(timeout(PATIENCE, self.socket.send(frame)).await, Ok(Ok(())))
    }

    /// Says goodbye: sends a close frame.
    pub async fn close(&mut self) {
        // The server may have been faster.
        let _ = self.try_send_frame(Frame::close(CloseCode::Normal, "")).await;
    }

    /// The next message nobody asked for yet.
    ///
    /// # Panics
    /// When none comes within [`PATIENCE`], or the connection ends.
    pub async fn next(&mut self) -> Value {
        while self.waiting.is_empty() {
            assert!(self.read().await, "no message came: {}", self.report());
        }
        self.waiting.pop_front().expect("one is waiting")
    }

    /// The next message, or none once the connection has ended.
    pub async fn next_or_end(&mut self) -> Option<Value> {
        while self.waiting.is_empty() && self.read().await {}
        self.waiting.pop_front()
    }

    /// The first message of this `type` nobody asked for yet; others stay for who asks for them.
    ///
    /// # Panics
    /// When none comes within [`PATIENCE`]; the message has everything that came.
    pub async fn expect(&mut self, kind: &str) -> Value {
        self.expect_where(kind, |message| message["type"] == kind).await
    }

    /// The first message for which `wanted` holds; `what` names it in a failure.
    ///
    /// # Panics
    /// When none comes within [`PATIENCE`].
    pub async fn expect_where(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut looked_at = 0;
        loop {
            if let Some(at) = (looked_at..self.waiting.len()).find(|at| wanted(&self.waiting[*at]))
            {
                return self.waiting.remove(at).expect("it is there");
            }
            looked_at = self.waiting.len();
            assert!(self.read().await, "no {what} came: {}", self.report());
        }
    }

    /// Everything that came and nobody asked for yet, after [`Self::barrier`].
    ///
    /// # Panics
    /// When the connection ends.
    pub async fn drain(&mut self) -> Vec<Value> {
        self.barrier().await;
        self.waiting.drain(..).collect()
    }

    /// Waits until everything that the server had written for this connection has arrived: a ping
    /// is answered in the order of all else.
    ///
    /// # Panics
    /// When the connection ends.
    pub async fn barrier(&mut self) {
        self.barriers += 1;
        let payload = self.barriers.to_be_bytes().to_vec();
        self.send_frame(Frame::ping(payload.clone())).await;
        while !self.pongs.contains(&payload) {
            assert!(self.read().await, "no pong came: {}", self.report());
        }
        self.pongs.clear();
    }

    /// Fails if a message of this `type` came and nobody asked for it, after [`Self::barrier`].
    ///
    /// # Panics
    /// When there is one.
    pub async fn expect_none(&mut self, kind: &str) {
        self.barrier().await;
        let is_there = self.waiting.iter().any(|message| message["type"] == kind);
        assert!(!is_there, "{kind} was not to come: {}", self.report());
    }

    /// Code and reason with which the server closed; 1006 where it only hung up. What came before
    /// stays to be asked for.
    ///
    /// # Panics
    /// When it stays open for [`PATIENCE`].
    pub async fn closed(&mut self) -> (u16, String) {
        while self.read().await {}
        self.closed.clone().unwrap_or_else(|| panic!("it stays open: {}", self.report()))
    }

    /// Goes on reading, and so answering pings, until it is dropped; what comes stays to be asked
    /// for.
    pub async fn keep_reading(&mut self) {
        while self.read().await {}
        std::future::pending().await
    }

    /// What came and nobody asked for yet, without reading on.
    #[must_use]
    pub fn waiting(&self) -> Vec<Value> {
        self.waiting.iter().cloned().collect()
    }

    /// Reads one frame; whether anything came that is no end.
    async fn read(&mut self) -> bool {
        if self.closed.is_some() {
            return false;
        }
        let Ok(frame) = timeout(PATIENCE, self.socket.next_frame()).await else { return false };
        let Ok(frame) = frame else {
            self.closed = Some((1006, String::new()));
            return false;
        };
        match frame.opcode() {
            OpCode::Text => self.keep(&String::from_utf8_lossy(frame.payload())),
            OpCode::Pong => self.pongs.push_back(frame.payload().to_vec()),
            OpCode::Close => {
                let code = frame.close_code().map_or(1005, u16::from);
                let reason = frame.close_reason().ok().flatten().unwrap_or_default();
                self.closed = Some((code, reason.to_owned()));
            }
            _ => {}
        }
        true
    }

    fn keep(&mut self, text: &str) {
        let message = serde_json::from_str(text);
        let message = message.unwrap_or_else(|error| panic!("not JSON ({error}): {text}"));
        self.waiting.push_back(message);
        if self.seen.len() == SEEN_MAX {
            self.seen.pop_front();
        }
        self.seen.push_back(text.chars().take(SEEN_CHARS_MAX).collect());
    }

    /// What this client saw, for a failure's message.
    fn report(&self) -> String {
        let seen: Vec<&str> = self.seen.iter().map(String::as_str).collect();
        let end = self.closed.as_ref().map_or_else(
            || "the connection is open".to_owned(),
            |(code, reason)| format!("closed with {code} {reason:?}"),
        );
        format!("{end}; all that came:\n{}", seen.join("\n"))
    }
}
