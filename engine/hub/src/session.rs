//! What one connection may do and does: the port that the transport calls and applications
//! implement.

use std::any::Any;
use std::sync::Arc;

use bytes::Bytes;
use model::{CloseReason, ConnectionId, Identity, Monotonic, Timestamp};

use crate::{Item, Outlet};

/// Something the transport found that the protocol has an error for. The session replies with it;
/// the transport then closes, where the fault asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A message over the limit, or in too many fragments; close 1009 follows.
    TooLarge,
    /// The token ran out; close 1008 `Token expired` follows.
    TokenExpired,
    /// No token came in time; close 1008 `Unauthorized` follows.
    NotAuthenticated,
    /// The user's tokens were revoked; close 1008 `Revoked` follows.
    Revoked,
    /// No application message for too long; close 4408 follows.
    Idle,
    /// The connection is too old; close 1012 follows.
    TooOld,
    /// It took so little of what it was sent that it cannot catch up; close 1013 follows.
    TooSlow,
    /// The server restarts; close 1012 follows.
    Restarting,
    /// The server goes down for good; close 1001 follows.
    GoingDown,
}

/// One connection's conversation with an application. Called on the connection's shard only, one
/// call at a time; no call may block or wait.
pub trait Session: Any {
    /// The connection is open.
    fn on_open(&mut self, _context: &mut Context<'_>) {}

    /// A whole text message, valid UTF-8 within the size limit.
    fn on_text(&mut self, text: &str, context: &mut Context<'_>);

    /// A whole binary message within the size limit.
    fn on_binary(&mut self, bytes: &[u8], context: &mut Context<'_>);

    /// The peer has taken everything that was sent to it up to this mark, told by a pong. A mark is only
    /// as honest as the peer: it may name one that was never sent.
    fn on_mark(&mut self, _mark: u64, _context: &mut Context<'_>) {}

    /// The peer has caught up after `count` passing events were dropped, for they found no room in its
    /// outbox.
    fn on_skipped(&mut self, _count: u64, _context: &mut Context<'_>) {}

    /// A fault the protocol may have a last word on.
    fn on_fault(&mut self, fault: Fault, context: &mut Context<'_>);

    /// The connection ended; the session is dropped afterwards. `reason` is
    /// [`CloseReason::LOST`] where the peer went away.
    fn on_close(&mut self, _reason: &CloseReason) {}
}

/// What a session wants done, in order.
#[derive(Debug)]
pub enum Effect {
    /// Send this text; it waits for the operations begun before it.
    Reply(Bytes),
    /// Send these bytes as a binary message, likewise.
    ReplyBinary(Bytes),
    /// Send this text and these binary messages right behind it, likewise.
    ReplyWith(Bytes, Vec<Bytes>),
    /// Ask the peer to confirm what was sent so far; the session hears the mark then.
    Mark(u64),
    /// An operation began; replies after it wait for its end.
    Begin(u32),
    /// An operation began, and no further message is handed on until its end.
    Hold(u32),
    /// The connection belongs to somebody now, or to the same one for longer.
    Authenticated(Arc<Identity>),
    /// The session has read a part of something that takes several messages, or has all of it now.
    Amid(bool),
    /// Close after everything before.
    Close(CloseReason),
}

/// What a session sees of its connection during one call, and what it leaves behind.
pub struct Context<'a> {
    /// The connection.
    pub connection: ConnectionId,
    /// The monotonic time of this call.
    pub now: Monotonic,
    /// The wall time of this call.
    pub wall: Timestamp,
    outlet: &'a Arc<dyn Outlet>,
    next_operation: &'a mut u32,
    effects: &'a mut Vec<Effect>,
}

impl<'a> Context<'a> {
    /// A context for one call; what the session wants done is appended to `effects`.
    pub fn new(
        connection: ConnectionId,
        (now, wall): (Monotonic, Timestamp),
        outlet: &'a Arc<dyn Outlet>,
        next_operation: &'a mut u32,
        effects: &'a mut Vec<Effect>,
    ) -> Self {
        Self { connection, now, wall, outlet, next_operation, effects }
    }

    /// Sends a text once every operation begun before has ended.
    pub fn reply(&mut self, text: impl Into<Bytes>) {
        self.effects.push(Effect::Reply(text.into()));
    }

    /// Sends a binary message, likewise.
    pub fn reply_binary(&mut self, bytes: impl Into<Bytes>) {
        self.effects.push(Effect::ReplyBinary(bytes.into()));
    }

    /// Sends a text and binary messages that belong to it, likewise: nothing comes between them.
    pub fn reply_with(&mut self, text: impl Into<Bytes>, attachments: Vec<Bytes>) {
        self.effects.push(Effect::ReplyWith(text.into(), attachments));
    }

    /// What the peer says takes several messages and is not complete (`true`), or is now (`false`). A
    /// peer that does not complete it within the time for a message's fragments is closed with 1002.
    pub fn amid(&mut self, is_amid: bool) {
        self.effects.push(Effect::Amid(is_amid));
    }

    /// Asks the peer to confirm everything replied so far: [`Session::on_mark`] hears `mark` then.
    pub fn mark(&mut self, mark: u64) {
        self.effects.push(Effect::Mark(mark));
    }

    /// Closes after everything replied so far.
    pub fn close(&mut self, reason: CloseReason) {
        self.effects.push(Effect::Close(reason));
    }

    /// The connection belongs to `identity` now: its expiry counts, its age counts anew.
    pub fn authenticated(&mut self, identity: Arc<Identity>) {
        self.effects.push(Effect::Authenticated(identity));
    }

    /// Begins an operation that ends elsewhere, soon. At 32 of them the connection is not read.
    #[must_use = "dropping the ticket ends the operation"]
    pub fn begin(&mut self) -> Ticket {
        let ticket = self.ticket();
        self.effects.push(Effect::Begin(ticket.operation));
        ticket
    }

    /// Begins an operation behind which further messages wait, in order.
    #[must_use = "dropping the ticket ends the operation"]
    pub fn hold(&mut self) -> Ticket {
        let ticket = self.ticket();
        self.effects.push(Effect::Hold(ticket.operation));
        ticket
    }

    fn ticket(&mut self) -> Ticket {
        let operation = *self.next_operation;
        *self.next_operation = operation.wrapping_add(1);
        let outlet = Some(Arc::clone(self.outlet));
        Ticket { outlet, connection: self.connection, operation }
    }
}

/// The right to end an operation, from any thread. Dropped, it ends the operation with nothing, so
/// that no reply waits for ever.
#[must_use = "dropping the ticket ends the operation"]
pub struct Ticket {
    outlet: Option<Arc<dyn Outlet>>,
    connection: ConnectionId,
    operation: u32,
}

impl Ticket {
    /// The connection whose operation this is.
    #[must_use]
    pub fn connection(&self) -> ConnectionId {
        self.connection
    }

    /// Ends the operation with a text in its place.
    pub fn reply(self, text: impl Into<Bytes>) {
        let text = text.into();
        self.finish(Some(Box::new(move |_, context| context.reply(text))));
    }

    /// Ends the operation with what `run` does with the session; it replies in the operation's
    /// place. Nothing happens where the connection is gone or its session is not an `S`.
    pub fn resume<S: Session>(self, run: impl FnOnce(&mut S, &mut Context<'_>) + Send + 'static) {
        self.finish(Some(Box::new(move |session, context| {
            let session: &mut dyn Any = session;
            if let Some(session) = session.downcast_mut::<S>() {
                run(session, context);
            }
        })));
    }

    /// Ends the operation with nothing.
    pub fn done(self) {
        self.finish(None);
    }

    fn finish(mut self, run: Option<crate::outlet::Run>) {
        self.push(run);
    }

    fn push(&mut self, run: Option<crate::outlet::Run>) {
        if let Some(outlet) = self.outlet.take() {
            let (connection, operation) = (self.connection, self.operation);
            outlet.push(connection.shard(), Item::Finish { connection, operation, run });
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.push(None);
    }
}
