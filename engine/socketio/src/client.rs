//! One connection with its sockets: packets in, calls and answers out.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use hub::{Context, Fault, Session};
use model::CloseReason;
use serde_json::value::RawValue;

use crate::context::{End, SocketContext, SocketKey};
use crate::encode::{json_of, packet};
use crate::event::{Event, Problem, is_list, read_auth, read_event};
use crate::packet::{Kind, Malformed, Packet, read};

/// Namespaces a connection may be in; one more is refused.
pub const NAMESPACES_MAX: usize = 16;
/// Namespaces a connection may be refused; one more closes it.
pub const REFUSED_MAX: usize = 16;
/// Random bytes of a socket's id.
const SID_BYTES: usize = 15;

/// Bounds of a packet.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Attachments; more close the connection.
    pub attachments_max: usize,
    /// Bytes of its text and attachments; more are the protocol's fault, and close with 1009.
    pub packet_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { attachments_max: 10, packet_bytes_max: 1024 * 1024 }
    }
}

/// The namespaces a client may enter.
pub trait Namespaces: 'static {
    /// What the client has in a namespace.
    type Socket: Socket;

    /// The client's socket in `namespace`, which begins with `/` and is not looked at otherwise; `None`
    /// where there is no such namespace. Whether the client may be there is the socket's to say.
    fn open(&mut self, namespace: &str) -> Option<Self::Socket>;
}

/// A client in a namespace. No call may block or wait.
pub trait Socket: 'static {
    /// The client entered; it has its socket's id already. `auth` is the object that it brought.
    fn on_connect(&mut self, auth: Option<&RawValue>, context: &mut SocketContext<'_, '_>);

    /// An event came, with all that is attached to it.
    fn on_event(&mut self, event: Event<'_>, context: &mut SocketContext<'_, '_>);

    /// An event came whose arguments are not handed on.
    fn on_problem(
        &mut self,
        _name: &str,
        _problem: Problem,
        _acknowledge: Option<u64>,
        context: &mut SocketContext<'_, '_>,
    ) {
        context.close(CloseReason::PROTOCOL_ERROR);
    }

    /// The client has caught up after `count` passing events were dropped.
    fn on_skipped(&mut self, _count: u64, _context: &mut SocketContext<'_, '_>) {}

    /// A fault the protocol may have a last word on; the connection ends behind it.
    fn on_fault(&mut self, fault: Fault, context: &mut SocketContext<'_, '_>);

    /// The client left the namespace, or was disconnected, or the connection ended. The socket is dropped
    /// afterwards.
    fn on_disconnect(&mut self, _reason: &CloseReason) {}
}

/// One connection.
pub struct Client<N: Namespaces> {
    namespaces: N,
    limits: Limits,
    /// At most [`NAMESPACES_MAX`].
    sockets: Vec<Connected<N::Socket>>,
    next_key: u64,
    refused: usize,
    partial: Option<Partial>,
}

struct Connected<S> {
    key: SocketKey,
    namespace: Box<str>,
    sid: String,
    socket: S,
}

/// A packet whose attachments have not all come; within the limits of one.
struct Partial {
    text: Box<str>,
    missing: usize,
    attachments: Vec<Bytes>,
    bytes: usize,
}

/// Why a packet was not taken.
#[derive(Clone, Copy)]
enum Refusal {
    Malformed(Malformed),
    TooLarge,
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl<N: Namespaces> Client<N> {
    /// A connection that is in no namespace yet.
    #[must_use]
    pub fn new(namespaces: N, limits: Limits) -> Self {
        let (sockets, next_key, refused, partial) = Default::default();
        Self { namespaces, limits, sockets, next_key, refused, partial }
    }

    /// Goes on with one of its sockets, as an operation's end does ([`hub::Ticket::resume`]); `None`
    /// where the socket has left meanwhile.
    pub fn with_socket<R>(
        &mut self,
        key: SocketKey,
        context: &mut Context<'_>,
        run: impl FnOnce(&mut N::Socket, &mut SocketContext<'_, '_>) -> R,
    ) -> Option<R> {
        let at = self.sockets.iter().position(|connected| connected.key == key)?;
        let Connected { key, namespace, sid, socket } = &mut self.sockets[at];
        let mut end = None;
        let mut socket_context =
            SocketContext { context, key: *key, namespace, sid, end: &mut end };
        let result = run(socket, &mut socket_context);
        match end {
            None => {}
            Some(End::Socket(reason)) => self.disconnect(at, reason, context),
            Some(End::Connection(reason)) => self.close(reason, context),
        }
        Some(result)
    }

    /// The same for each of its sockets.
    fn with_all(
        &mut self,
        context: &mut Context<'_>,
        mut run: impl FnMut(&mut N::Socket, &mut SocketContext<'_, '_>),
    ) {
        let keys: Vec<SocketKey> = self.sockets.iter().map(|connected| connected.key).collect();
        for key in keys {
            self.with_socket(key, context, &mut run);
        }
    }

    /// The socket in a namespace; whoever is not in it may send nothing to it.
    fn socket_in(&self, namespace: &str) -> Result<SocketKey, Malformed> {
        let connected = self.sockets.iter().find(|connected| *connected.namespace == *namespace);
        let connected = connected.ok_or(Malformed("Not in this namespace"))?;
        Ok(connected.key)
    }

    /// The socket at `at` leaves; the last one takes the connection with it.
    fn disconnect(&mut self, at: usize, reason: CloseReason, context: &mut Context<'_>) {
        let Connected { namespace, mut socket, .. } = self.sockets.remove(at);
        context.reply(packet(Kind::Disconnect, 0, &namespace, None, ""));
        socket.on_disconnect(&reason);
        if self.sockets.is_empty() {
            context.close(reason);
        }
    }

    fn close(&mut self, reason: CloseReason, context: &mut Context<'_>) {
        if matches!(reason.code, 1000 | 1001 | 1008) {
            self.send_away(context);
        }
        context.close(reason);
    }

    /// Tells the client that it is in none of its namespaces any more: it does not come back by itself.
    fn send_away(&self, context: &mut Context<'_>) {
        for connected in &self.sockets {
            context.reply(packet(Kind::Disconnect, 0, &connected.namespace, None, ""));
        }
    }

    fn break_off(&mut self, refusal: Refusal, context: &mut Context<'_>) {
        match refusal {
            Refusal::Malformed(Malformed(why)) => {
                context.close(CloseReason { text: why.into(), ..CloseReason::PROTOCOL_ERROR });
            }
            Refusal::TooLarge => {
                self.on_fault(Fault::TooLarge, context);
                context.close(CloseReason::TOO_LARGE);
            }
        }
    }

    fn take_text(&mut self, text: &str, context: &mut Context<'_>) -> Result<(), Refusal> {
        if self.partial.is_some() {
            return Err(Malformed("Attachments are missing").into());
        }
        if text.len() > self.limits.packet_bytes_max {
            return Err(Refusal::TooLarge);
        }
        let packet = read(text, self.limits.attachments_max)?;
        if let Some(missing) = packet.attachments {
            self.socket_in(packet.namespace)?;
            let (attachments, bytes) = (Vec::with_capacity(missing), text.len());
            self.partial = Some(Partial { text: text.into(), missing, attachments, bytes });
            context.amid(true);
            return Ok(());
        }
        self.take_packet(&packet, Vec::new(), context)
    }

    fn take_attachment(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Result<(), Refusal> {
        let Some(partial) = &mut self.partial else {
            return Err(Malformed("Nothing is to be attached to").into());
        };
        partial.bytes += bytes.len();
        if partial.bytes > self.limits.packet_bytes_max {
            return Err(Refusal::TooLarge);
        }
        partial.attachments.push(Bytes::copy_from_slice(bytes));
        if partial.attachments.len() < partial.missing {
            return Ok(());
        }
        let Some(Partial { text, attachments, .. }) = self.partial.take() else { return Ok(()) };
        context.amid(false);
        let packet = read(&text, self.limits.attachments_max)?;
        self.take_packet(&packet, attachments, context)
    }

    fn take_packet(
        &mut self,
        packet: &Packet<'_>,
        attachments: Vec<Bytes>,
        context: &mut Context<'_>,
    ) -> Result<(), Refusal> {
        match packet.kind {
            Kind::Connect => self.connect(packet, context)?,
            Kind::Disconnect => self.leave(packet)?,
            Kind::Event => self.take_event(packet, attachments, context)?,
            Kind::Acknowledgement => {
                // Nothing is asked for, so whatever is answered says nothing.
                self.socket_in(packet.namespace)?;
                if packet.id.is_none() || !is_list(packet.data) {
                    return Err(Malformed("Invalid payload").into());
                }
            }
            Kind::ConnectError => return Err(Malformed("Only a server refuses").into()),
        }
        Ok(())
    }

    fn connect(
        &mut self,
        &Packet { namespace, data, .. }: &Packet<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Malformed> {
        let auth = read_auth(data)?;
        if self.socket_in(namespace).is_ok() {
            return Err(Malformed("Already in this namespace"));
        }
        if self.sockets.len() >= NAMESPACES_MAX {
            return self.refuse(namespace, "Too many namespaces", context);
        }
        let Some(socket) = self.namespaces.open(namespace) else {
            return self.refuse(namespace, "Invalid namespace", context);
        };
        let sid = URL_SAFE_NO_PAD.encode(model::random_bytes::<SID_BYTES>());
        let answer = format!(r#"{{"sid":"{sid}"}}"#);
        context.reply(packet(Kind::Connect, 0, namespace, None, &answer));
        let key = SocketKey(self.next_key);
        self.next_key += 1;
        self.sockets.push(Connected { key, namespace: namespace.into(), sid, socket });
        self.with_socket(key, context, |socket, context| socket.on_connect(auth, context));
        Ok(())
    }

    fn refuse(
        &mut self,
        namespace: &str,
        why: &str,
        context: &mut Context<'_>,
    ) -> Result<(), Malformed> {
        self.refused += 1;
        if self.refused > REFUSED_MAX {
            return Err(Malformed("Too many namespaces"));
        }
        let answer = format!(r#"{{"message":{}}}"#, json_of(why));
        context.reply(packet(Kind::ConnectError, 0, namespace, None, &answer));
        Ok(())
    }

    /// The client leaves; the connection stays, for it may enter again.
    fn leave(&mut self, packet: &Packet<'_>) -> Result<(), Malformed> {
        if !packet.data.is_empty() {
            return Err(Malformed("Invalid payload"));
        }
        let key = self.socket_in(packet.namespace)?;
        if let Some(at) = self.sockets.iter().position(|connected| connected.key == key) {
            self.sockets.remove(at).socket.on_disconnect(&CloseReason::NORMAL);
        }
        Ok(())
    }

    fn take_event(
        &mut self,
        packet: &Packet<'_>,
        attachments: Vec<Bytes>,
        context: &mut Context<'_>,
    ) -> Result<(), Malformed> {
        let key = self.socket_in(packet.namespace)?;
        let acknowledge = packet.id;
        let (name, arguments) = read_event(packet.data, packet.attachments)?;
        self.with_socket(key, context, |socket, context| match arguments {
            Ok(arguments) => {
                socket.on_event(Event { name, arguments, attachments, acknowledge }, context);
            }
            Err(problem) => socket.on_problem(&name, problem, acknowledge, context),
        });
        Ok(())
    }
}

impl<N: Namespaces> Session for Client<N> {
    fn on_text(&mut self, text: &str, context: &mut Context<'_>) {
        if let Err(refusal) = self.take_text(text, context) {
            self.break_off(refusal, context);
        }
    }

    fn on_binary(&mut self, bytes: &[u8], context: &mut Context<'_>) {
        if let Err(refusal) = self.take_attachment(bytes, context) {
            self.break_off(refusal, context);
        }
    }

    fn on_skipped(&mut self, count: u64, context: &mut Context<'_>) {
        self.with_all(context, |socket, context| socket.on_skipped(count, context));
    }

    fn on_fault(&mut self, fault: Fault, context: &mut Context<'_>) {
        self.with_all(context, |socket, context| socket.on_fault(fault, context));
        let stays_away = match fault {
            Fault::TokenExpired | Fault::NotAuthenticated | Fault::Revoked | Fault::GoingDown => {
                true
            }
            Fault::TooLarge | Fault::Idle | Fault::TooOld | Fault::TooSlow | Fault::Restarting => {
                false
            }
        };
        if stays_away {
            self.send_away(context);
        }
    }

    fn on_close(&mut self, reason: &CloseReason) {
        for mut connected in self.sockets.drain(..) {
            connected.socket.on_disconnect(reason);
        }
    }
}

#[cfg(test)]
mod tests;
