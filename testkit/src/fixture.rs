//! The cases of `protocol/*.jsonl`, run against a server; `protocol/README.md` has the format.
//!
//! **Invariants:** each case has users and rooms of its own, so that cases share a server without
//! meeting; a case that cannot be read fails like one that does not hold.

mod matching;
mod run;
mod socketio;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

pub use run::run_case;

/// One case: a line of a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What holds, as a sentence; unique within its file.
    pub name: String,
    /// Environment of a server that only this case uses; empty: the shared one does.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// One thing that happens in a case.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Step {
    /// A client opens a WebSocket.
    Connect(Connect),
    /// A client sends a JSON message.
    Send(Send),
    /// A client sends a text as it is.
    SendText(SendText),
    /// A client sends a binary message.
    SendBinary(SendBinary),
    /// The next message of its type that the client gets matches.
    Expect(Expect),
    /// The very next message that the client gets matches.
    Next(Expect),
    /// The client got no message of this type so far.
    None(None),
    /// The server closes the connection.
    Closed(Closed),
    /// The client closes the connection.
    Close(Who),
    /// A request to an HTTP route.
    Http(Box<Request>),
    /// A Socket.IO client sends an event.
    Emit(Emit),
    /// The next event of its name that a Socket.IO client gets matches.
    Event(Event),
    /// A Socket.IO client got no event of this name so far.
    NoEvent(NoEvent),
    /// The server ends a Socket.IO client's namespace.
    Disconnected(Who),
}

/// A client opens a WebSocket.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Connect {
    /// The client's name in this case.
    #[serde(rename = "as")]
    pub client: String,
    /// Whose token it has; the client's name where it is left out.
    pub user: Option<String>,
    /// Path and query.
    pub to: String,
    /// Where the token stands, or what is wrong with it.
    #[serde(default)]
    pub token: Place,
    /// Claims beside `sub`, `iat` and `exp`; `name` is the user's unless given.
    #[serde(default)]
    pub claims: Map<String, Value>,
    /// Further headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The HTTP status with which the server refuses; without it the handshake completes.
    pub status: Option<u16>,
    /// Whether permessage-deflate is offered.
    #[serde(default)]
    pub deflate: bool,
    /// The namespace to enter, where it is a Socket.IO client.
    pub socketio: Option<String>,
    /// What it brings when it enters, with variables.
    pub auth: Option<Value>,
}

/// Where a token stands, or what is wrong with it.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    /// `Authorization: Bearer`.
    #[default]
    Header,
    /// `?token=`.
    Query,
    /// `Sec-WebSocket-Protocol: bearer, …`.
    Subprotocol,
    /// There is none.
    None,
    /// In the header, signed with another secret.
    Forged,
    /// In the header, run out an hour ago.
    Expired,
}

/// A client sends a JSON message.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// The client.
    #[serde(rename = "as")]
    pub client: String,
    /// The message, with variables.
    pub message: Value,
}

/// A client sends a text as it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendText {
    /// The client.
    #[serde(rename = "as")]
    pub client: String,
    /// The parts, put together: strings, and objects `{"$repeat": "x", "times": 3}`.
    pub text: Vec<Value>,
}

/// A client sends a binary message.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendBinary {
    /// The client.
    #[serde(rename = "as")]
    pub client: String,
    /// The bytes.
    pub base64: String,
}

/// A message comes that matches.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The client.
    #[serde(rename = "as")]
    pub client: String,
    /// The pattern.
    pub message: Value,
    /// Paths such as `data.seq` that the message must not have.
    #[serde(default)]
    pub absent: Vec<String>,
}

/// No message of this type came so far.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct None {
    /// The client.
    #[serde(rename = "as")]
    pub client: String,
    /// The type.
    #[serde(rename = "type")]
    pub kind: String,
}

/// The server closes the connection.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// The client.
    #[serde(rename = "as")]
    pub client: String,
    /// The close code.
    pub code: u16,
    /// The reason; any where it is left out.
    pub reason: Option<String>,
}

/// A Socket.IO client sends an event.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Emit {
    /// The client.
    #[serde(rename = "as")]
    pub client: String,
    /// The event's name.
    pub event: String,
    /// Its argument, with variables; `{"$base64": "…"}` is binary. Without it there is none.
    pub payload: Option<Value>,
    /// What the acknowledgement's first value matches; without it none is asked for.
    pub ack: Option<Value>,
}

/// An event comes that matches.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The client.
    #[serde(rename = "as")]
    pub client: String,
    /// The event's name.
    pub event: String,
    /// The pattern of its first argument; anything where it is left out.
    #[serde(default = "anything")]
    pub payload: Value,
    /// Paths such as `stats.users` that the argument must not have.
    #[serde(default)]
    pub absent: Vec<String>,
}

/// The pattern that everything matches.
fn anything() -> Value {
    "$any".into()
}

/// No event of this name came so far.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoEvent {
    /// The client.
    #[serde(rename = "as")]
    pub client: String,
    /// The event's name.
    pub event: String,
}

/// A client alone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// The client.
    #[serde(rename = "as")]
    pub client: String,
}

/// A request to an HTTP route.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Whose token it carries; none where it is left out.
    #[serde(rename = "as")]
    pub user: Option<String>,
    /// Claims beside `sub`, `iat`, `exp` and `name`.
    #[serde(default)]
    pub claims: Map<String, Value>,
    /// The method.
    pub method: String,
    /// Path and query, with variables.
    pub path: String,
    /// The body, with variables.
    pub body: Option<Value>,
    /// The status of the answer.
    pub status: u16,
    /// What the answer's body matches.
    pub answer: Option<Value>,
}

/// Reads a file of cases.
///
/// # Errors
/// What cannot be read, with its line.
pub fn read_cases(path: &Path) -> Result<Vec<Case>, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            serde_json::from_str(line).map_err(|error| format!("line {number}: {error}"))
        })
        .collect()
}
