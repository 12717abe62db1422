//! What a socket sees of its connection during one call, and what it leaves behind.

use std::sync::Arc;

use bytes::Bytes;
use hub::{Context, Ticket};
use model::{CloseReason, ConnectionId, Identity, Monotonic, Timestamp};
use serde::Serialize;

use crate::encode::{binary_event, event, json_of, packet};
use crate::packet::Kind;

/// Which socket of its connection one is. A client that leaves a namespace and comes back is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketKey(pub(crate) u64);

/// How a call ended more than itself.
pub(crate) enum End {
    /// The socket leaves its namespace.
    Socket(CloseReason),
    /// The connection ends.
    Connection(CloseReason),
}

/// One call of a [`crate::Socket`]. What it sends keeps its order, and waits for the operations begun
/// before it, as [`hub::Context`] has it.
pub struct SocketContext<'c, 'h> {
    pub(crate) context: &'c mut Context<'h>,
    pub(crate) key: SocketKey,
    pub(crate) namespace: &'c str,
    pub(crate) sid: &'c str,
    pub(crate) end: &'c mut Option<End>,
}

impl SocketContext<'_, '_> {
    /// The connection.
    #[must_use]
    pub fn connection(&self) -> ConnectionId {
        self.context.connection
    }

    /// The monotonic time of this call.
    #[must_use]
    pub fn now(&self) -> Monotonic {
        self.context.now
    }

    /// The wall time of this call.
    #[must_use]
    pub fn wall(&self) -> Timestamp {
        self.context.wall
    }

    /// The socket, for [`crate::Client::with_socket`].
    #[must_use]
    pub fn key(&self) -> SocketKey {
        self.key
    }

    /// The id that the client was given for this socket; it says nothing of the connection.
    #[must_use]
    pub fn sid(&self) -> &str {
        self.sid
    }

    /// The namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.namespace
    }

    /// Sends an event with one argument.
    pub fn emit(&mut self, name: &str, payload: &(impl Serialize + ?Sized)) {
        self.emit_raw(name, &json_of(payload));
    }

    /// Sends an event whose argument is JSON already; several are separated by commas.
    pub fn emit_raw(&mut self, name: &str, json: &str) {
        self.context.reply(event(self.namespace, name, json));
    }

    /// The same with attachments, for which `json` has placeholders ([`crate::placeholder`]).
    pub fn emit_with(&mut self, name: &str, json: &str, attachments: Vec<Bytes>) {
        let text = binary_event(self.namespace, name, json, attachments.len());
        self.reply(text, attachments);
    }

    /// Answers the event that asked to be acknowledged by `id`, with one value.
    pub fn acknowledge(&mut self, id: u64, payload: &(impl Serialize + ?Sized)) {
        self.acknowledge_with(id, &json_of(payload), Vec::new());
    }

    /// The same with JSON (several values are separated by commas) and its attachments.
    pub fn acknowledge_with(&mut self, id: u64, json: &str, attachments: Vec<Bytes>) {
        let (namespace, count) = (self.namespace, attachments.len());
        let data = format!("[{json}]");
        self.reply(packet(Kind::Acknowledgement, count, namespace, Some(id), &data), attachments);
    }

    fn reply(&mut self, text: Bytes, attachments: Vec<Bytes>) {
        if attachments.is_empty() {
            self.context.reply(text);
        } else {
            self.context.reply_with(text, attachments);
        }
    }

    /// Begins an operation that ends elsewhere, soon; what is sent after it waits for its end.
    #[must_use = "dropping the ticket ends the operation"]
    pub fn begin(&mut self) -> Ticket {
        self.context.begin()
    }

    /// Begins an operation behind which the connection's further messages wait, of all its sockets.
    #[must_use = "dropping the ticket ends the operation"]
    pub fn hold(&mut self) -> Ticket {
        self.context.hold()
    }

    /// The connection belongs to `identity` now. Without this the connection ends when the time for a
    /// token is over: that is also what ends a client that enters no namespace.
    pub fn authenticated(&mut self, identity: Arc<Identity>) {
        self.context.authenticated(identity);
    }

    /// The socket leaves its namespace when this call is over: the client is told, and stays away. Where
    /// no other socket is left, the connection is closed with `reason`.
    pub fn disconnect(&mut self, reason: CloseReason) {
        self.end.get_or_insert(End::Socket(reason));
    }

    /// The connection is closed when this call is over. Where the code says that the client is to stay
    /// away (1000, 1001, 1008) all its sockets leave their namespaces first; otherwise clients come back
    /// by themselves.
    pub fn close(&mut self, reason: CloseReason) {
        *self.end = Some(End::Connection(reason));
    }
}
