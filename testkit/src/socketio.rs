//! A Socket.IO client over WebSocket that keeps what a client would see.
//!
//! **Pitfall:** it reads only while it is asked for something; that is when the server's pings are
//! answered.

mod packet;

use std::collections::VecDeque;

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio::time::timeout;
use yawc::close::CloseCode;
use yawc::{Frame, OpCode, WebSocket};

pub use packet::{binary, bytes_of};

use crate::stream::Stream;
use crate::{Dial, PATIENCE, Response};
use packet::{Packet, named};

/// What a Socket.IO client asks for when it begins with a WebSocket.
pub(crate) const QUERY: [(&str, &str); 2] = [("EIO", "4"), ("transport", "websocket")];
/// Packets a client keeps for a failure's report; the oldest go first.
const SEEN_MAX: usize = 40;
/// Characters of a packet in such a report.
const SEEN_CHARS_MAX: usize = 300;

/// An event that came.
#[derive(Clone, Debug, PartialEq)]
pub struct Happened {
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// What followed it; binary values are `{"$base64": "…"}`.
    pub arguments: Vec<Value>,
}

impl Happened {
    /// The first argument; `null` without one.
    #[must_use]
    pub fn payload(&self) -> &Value {
        self.arguments.first().unwrap_or(&Value::Null)
    }
}

/// An open connection, and the namespace it entered last.
pub struct SocketIo {
    socket: WebSocket<Box<dyn Stream>>,
    /// The answer to the handshake.
    pub handshake: Response,
    /// Engine.IO's open packet: `sid`, `upgrades`, `pingInterval`, `pingTimeout`, `maxPayload`.
    pub opened: Value,
    namespace: String,
    next_id: u64,
    waiting: VecDeque<Happened>,
    /// Answers to CONNECT, acknowledgements, and namespaces that the server ended.
    answers: VecDeque<Packet>,
    partial: Option<(Packet, Vec<Vec<u8>>)>,
    seen: VecDeque<String>,
    pongs: VecDeque<Vec<u8>>,
    closed: Option<(u16, String)>,
    barriers: u64,
    /// Whether it answers Engine.IO's pings.
    answers_pings: bool,
}

impl SocketIo {
    /// Opens a connection that is in no namespace yet. `dial` leads to the server's Socket.IO path,
    /// such as `/socket.io/`; what a client asks for there is added.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn open(dial: Dial) -> Self {
        let opened = Self::try_open(dial).await;
        opened.unwrap_or_else(|answer| panic!("Socket.IO was refused: {answer:?}"))
    }

    /// The same, or the answer that refused.
    ///
    /// # Errors
    /// The HTTP answer, where it is not 101.
    ///
    /// # Panics
    /// When no open packet comes.
    pub async fn try_open(dial: Dial) -> Result<Self, Response> {
        let dial = QUERY.iter().fold(dial, |dial, (name, value)| dial.query(name, value));
        let (socket, handshake) = dial.try_open_socket().await?;
        let mut client = Self::new(socket, handshake);
        while client.opened.is_null() {
            assert!(client.read().await, "no open packet came: {}", client.report());
        }
        Ok(client)
    }

    fn new(socket: WebSocket<Box<dyn Stream>>, handshake: Response) -> Self {
        Self {
            socket,
            handshake,
            opened: Value::Null,
            namespace: "/".to_owned(),
            next_id: 0,
            waiting: VecDeque::new(),
            answers: VecDeque::new(),
            partial: None,
            seen: VecDeque::new(),
            pongs: VecDeque::new(),
            closed: None,
            barriers: 0,
            answers_pings: true,
        }
    }

    /// Enters a namespace; what is sent from now on is sent there. The socket's id.
    ///
    /// # Panics
    /// When the server refuses, or does not answer within [`PATIENCE`].
    pub async fn connect(&mut self, namespace: &str, auth: Option<&Value>) -> String {
        let answer = self.try_connect(namespace, auth).await;
        answer.unwrap_or_else(|error| panic!("{namespace} was refused: {error}"))
    }

    /// The same, or what the server refuses with.
    ///
    /// # Errors
    /// The data of its CONNECT_ERROR.
    ///
    /// # Panics
    /// When it does not answer within [`PATIENCE`].
    pub async fn try_connect(
        &mut self,
        namespace: &str,
        auth: Option<&Value>,
    ) -> Result<String, Value> {
        let auth = auth.map(Value::to_string).unwrap_or_default();
        self.send_text(&format!("40{}{auth}", named(namespace))).await;
        let is_answer =
            |packet: &Packet| packet.namespace == namespace && matches!(packet.kind, '0' | '4');
        let packet = self.answer("answer to CONNECT", is_answer).await;
        if packet.kind == '4' {
            return Err(packet.data);
        }
        namespace.clone_into(&mut self.namespace);
        let sid = packet.data["sid"].as_str();
        Ok(sid.unwrap_or_else(|| panic!("CONNECT is answered with {}", packet.data)).to_owned())
    }

    /// Sends an event; binary values are `{"$base64": "…"}` ([`binary`]).
    ///
    /// # Panics
    /// When the connection is gone.
    pub async fn emit(&mut self, name: &str, payload: &Value) {
        self.emit_all(name, std::slice::from_ref(payload), None).await;
    }

    /// Sends an event and waits until it is acknowledged, with the first value of that.
    ///
    /// # Panics
    /// When it is not within [`PATIENCE`].
    pub async fn emit_with_ack(&mut self, name: &str, payload: &Value) -> Value {
        self.emit_all_with_ack(name, std::slice::from_ref(payload)).await
    }

    /// The same with any number of arguments.
    ///
    /// # Panics
    /// When it is not acknowledged within [`PATIENCE`].
    pub async fn emit_all_with_ack(&mut self, name: &str, arguments: &[Value]) -> Value {
        let id = self.next_id;
        self.next_id += 1;
        self.emit_all(name, arguments, Some(id)).await;
        let is_answer = |packet: &Packet| packet.kind == '3' && packet.id == Some(id);
        let mut packet = self.answer("acknowledgement", is_answer).await;
        packet.data.get_mut(0).map_or(Value::Null, Value::take)
    }

    /// Sends an event with any number of arguments, to be acknowledged by `id` where there is one.
    ///
    /// # Panics
    /// When the connection is gone.
    pub async fn emit_all(&mut self, name: &str, arguments: &[Value], id: Option<u64>) {
        let values: Vec<Value> =
            std::iter::once(json!(name)).chain(arguments.iter().cloned()).collect();
        let (text, attachments) = Packet::write(true, &self.namespace, id, &values);
        self.send_text(&text).await;
        for attachment in attachments {
            self.send_frame(Frame::binary(attachment)).await;
        }
    }

    /// The payload of the first event of this name nobody asked for yet; others stay for who asks for
    /// them.
    ///
    /// # Panics
    /// When none comes within [`PATIENCE`]; the message has everything that came.
    pub async fn expect(&mut self, name: &str) -> Value {
        self.expect_where(name, |_| true).await
    }

    /// The same with a payload for which `wanted` holds.
    ///
    /// # Panics
    /// When none comes within [`PATIENCE`].
    pub async fn expect_where(&mut self, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut looked_at = 0;
        loop {
            let is_it = |event: &Happened| event.name == name && wanted(event.payload());
            let found = (looked_at..self.waiting.len()).find(|at| is_it(&self.waiting[*at]));
            if let Some(at) = found {
                let event = self.waiting.remove(at).expect("it is there");
                return event.payload().clone();
            }
            looked_at = self.waiting.len();
            assert!(self.read().await, "no {name} came: {}", self.report());
        }
    }

    /// The next event nobody asked for yet.
    ///
    /// # Panics
    /// When none comes within [`PATIENCE`].
    pub async fn next(&mut self) -> Happened {
        while self.waiting.is_empty() {
            assert!(self.read().await, "no event came: {}", self.report());
        }
        self.waiting.pop_front().expect("one is waiting")
    }

    /// Every event that came and nobody asked for yet, after [`Self::barrier`].
    ///
    /// # Panics
    /// When the connection ends.
    pub async fn drain(&mut self) -> Vec<Happened> {
        self.barrier().await;
        self.waiting.drain(..).collect()
    }

    /// Fails if an event of this name came and nobody asked for it, after [`Self::barrier`]; where the
    /// server has closed, nothing comes any more.
    ///
    /// # Panics
    /// When there is one.
    pub async fn expect_none(&mut self, name: &str) {
        if self.closed.is_none() {
            self.barrier().await;
        }
        let is_there = self.waiting.iter().any(|event| event.name == name);
        assert!(!is_there, "{name} was not to come: {}", self.report());
    }

    /// Waits until everything that the server had written for this connection has arrived: a
    /// WebSocket's ping is answered in the order of all else.
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

    /// Waits until the server ends the namespace.
    ///
    /// # Panics
    /// When it does not within [`PATIENCE`].
    pub async fn disconnected(&mut self) {
        let namespace = self.namespace.clone();
        let is_end = |packet: &Packet| packet.kind == '1' && packet.namespace == namespace;
        self.answer("end of the namespace", is_end).await;
    }

    /// Whether the server ended a namespace and nobody asked for it.
    #[must_use]
    pub fn was_disconnected(&self) -> bool {
        self.answers.iter().any(|packet| packet.kind == '1')
    }

    /// Code and reason with which the server closed the connection; 1006 where it only hung up. What
    /// came before stays to be asked for.
    ///
    /// # Panics
    /// When it stays open for [`PATIENCE`].
    pub async fn closed(&mut self) -> (u16, String) {
        while self.read().await {}
        self.closed.clone().unwrap_or_else(|| panic!("it stays open: {}", self.report()))
    }

    /// Leaves the namespace and keeps the connection.
    ///
    /// # Panics
    /// When the connection is gone.
    pub async fn leave(&mut self) {
        let text = format!("41{}", named(&self.namespace));
        self.send_text(&text).await;
    }

    /// Leaves the namespace and says goodbye, as clients do.
    pub async fn close(&mut self) {
        // The server may have been faster.
        for frame in [
            Frame::text(format!("41{}", named(&self.namespace))),
            Frame::close(CloseCode::Normal, ""),
        ] {
            let _ = timeout(PATIENCE, self.socket.send(frame)).await;
        }
    }

    /// From now on the server's pings are not answered.
    pub fn plays_dead(&mut self) {
        self.answers_pings = false;
    }

    /// Sends a text as it is, Engine.IO's packet type included.
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

    /// Goes on reading, and so answering pings, until it is dropped; what comes stays to be asked
    /// for.
    pub async fn keep_reading(&mut self) {
        while self.read().await {}
        std::future::pending().await
    }

    /// The first packet that is no event for which `wanted` holds.
    async fn answer(&mut self, what: &str, wanted: impl Fn(&Packet) -> bool) -> Packet {
        loop {
            if let Some(at) = self.answers.iter().position(&wanted) {
                return self.answers.remove(at).expect("it is there");
            }
            assert!(self.read().await, "no {what} came: {}", self.report());
        }
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
            OpCode::Text => {
                let text = String::from_utf8_lossy(frame.payload()).into_owned();
                self.take_text(&text).await;
            }
            OpCode::Binary => self.take_attachment(frame.payload().to_vec()),
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

    async fn take_text(&mut self, text: &str) {
        self.note(text);
        match text.split_at_checked(1) {
            Some(("0", json)) => self.opened = serde_json::from_str(json).unwrap_or(Value::Null),
            Some(("2", "")) if self.answers_pings => {
                // The server may be closing.
                let _ = timeout(PATIENCE, self.socket.send(Frame::text("3"))).await;
            }
            Some(("2", "")) => {}
            Some(("4", packet)) => {
                assert!(self.partial.is_none(), "an attachment is missing before {text}");
                let packet = Packet::read(packet);
                let packet = packet.unwrap_or_else(|| panic!("no packet: {text}"));
                if packet.attachments > 0 {
                    self.partial = Some((packet, Vec::new()));
                } else {
                    self.take_packet(packet);
                }
            }
            _ => panic!("no Engine.IO packet: {text}"),
        }
    }

    fn take_attachment(&mut self, bytes: Vec<u8>) {
        self.note(&format!("{} bytes", bytes.len()));
        let Some((packet, mut attachments)) = self.partial.take() else {
            panic!("bytes that belong to nothing: {}", self.report());
        };
        attachments.push(bytes);
        if attachments.len() < packet.attachments {
            self.partial = Some((packet, attachments));
        } else {
            self.take_packet(packet.with(&attachments));
        }
    }

    fn take_packet(&mut self, mut packet: Packet) {
        match packet.kind {
            '2' | '5' => {
                let Packet { namespace, data: Value::Array(mut values), .. } = packet else {
                    panic!("an event is a list: {}", self.report());
                };
                let name = values.remove(0).as_str().expect("a name is a text").to_owned();
                self.waiting.push_back(Happened { namespace, name, arguments: values });
            }
            kind => {
                packet.kind = if kind == '6' { '3' } else { kind };
                self.answers.push_back(packet);
            }
        }
    }

    fn note(&mut self, what: &str) {
        if self.seen.len() == SEEN_MAX {
            self.seen.pop_front();
        }
        self.seen.push_back(what.chars().take(SEEN_CHARS_MAX).collect());
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
