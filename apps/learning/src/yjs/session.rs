//! One connection to a Yjs document.
//!
//! **Invariants.** What a client asks is answered in the order in which it came. The connection is sent what
//! others write from the version on that its first answer reached, and nothing before it asked.

use std::sync::Arc;

use access::{MessageRate, Verdict};
use bytes::Bytes;
use hub::{Announce, Context, Fault, Member, Membership, Person, RoomId};
use model::{CloseReason, ConnectionId, Identity, Name};

use super::encoding::Malformed;
use super::live::{Author, Live, Missing, Taken, Trouble};
use super::message::{self, Message};
use super::replica;
use crate::collaboration::{Denied, Kind, Role, Seat, Visitor};
use crate::service::Learning;

/// An update that says nothing, which is what a client answers that has nothing new.
const NOTHING: &[u8] = &[0, 0];

/// Of who comes and goes clients hear by awareness.
struct Silent;

impl Announce for Silent {
    fn joined(&self, _: &RoomId, _: &Person<'_>) -> Option<Bytes> {
        None
    }

    fn left(&self, _: &RoomId, _: &Person<'_>) -> Option<Bytes> {
        None
    }
}

/// A connection to a document.
pub(crate) struct Writing {
    learning: Arc<Learning>,
    identity: Option<Arc<Identity>>,
    session_id: Box<str>,
    /// The context in whose figures what is written here counts, if the connection named one.
    context_id: Option<Box<str>>,
    edits: MessageRate,
    messages: MessageRate,
    stay: Option<Stay>,
    /// It was asked for what it has and the server lacks, and has written nothing since that was complete.
    is_asked: bool,
}

/// A connection's stay in a document. Dropped, it is over.
struct Stay {
    live: Arc<Live>,
    author: Author,
    seat: Seat,
    membership: Membership,
    /// It is sent what others write.
    has_caught_up: bool,
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.live.leave(self.author.connection);
    }
}

impl Writing {
    pub(crate) fn new(
        learning: Arc<Learning>,
        identity: Option<Arc<Identity>>,
        session_id: &str,
        context_id: Option<&str>,
    ) -> Self {
        let pace = learning.yjs.pace;
        Self {
            learning,
            identity,
            session_id: session_id.into(),
            context_id: context_id.map(Into::into),
            edits: MessageRate::new(pace.edits),
            messages: MessageRate::new(pace.messages),
            stay: None,
            is_asked: false,
        }
    }

    /// There is a seat for the connection, or none.
    fn enter(&mut self, seat: Result<Seat, Denied>, context: &mut Context<'_>) {
        let Some(identity) = self.identity.clone() else { return };
        let seat = match seat {
            Ok(seat) => seat,
            Err(denied) => return self.turn_away(&denied, context),
        };
        let Some(live) = self.learning.yjs.live(seat.document()) else {
            return self.turn_away(&Denied::Busy, context);
        };
        let user = Arc::clone(&identity.user_id);
        let author = Author { connection: context.connection, user: Arc::clone(&user) };
        let username = Arc::clone(&identity.username);
        let member = Member { connection: context.connection, user_id: user, username };
        let announce: Arc<dyn Announce> = Arc::new(Silent);
        let membership = self.learning.hub.join(live.room(), &announce, member, true).membership;
        if seat.document().is_closed() {
            // While the connection came: it was in no room yet, and was not closed with the others.
            return self.turn_away(&Denied::NotFound, context);
        }
        self.stay = Some(Stay { live, author, seat, membership, has_caught_up: false });
    }

    /// The connection may not be in the document.
    fn turn_away(&mut self, denied: &Denied, context: &mut Context<'_>) {
        if matches!(denied, Denied::NotOpened | Denied::Forbidden(_)) {
            self.note_refusal("document not opened by the token", context.connection);
        }
        let reason = match denied {
            Denied::NotFound => CloseReason::new(1008, "Not found"),
            Denied::OtherKind => CloseReason::new(1008, "Not a Yjs document"),
            Denied::NotOpened | Denied::Forbidden(_) => CloseReason::new(1008, "Forbidden"),
            Denied::Busy | Denied::StorageFull => CloseReason::OVERLOADED,
            Denied::Invalid { .. } | Denied::Conflict | Denied::Failed => CloseReason::SERVER_ERROR,
        };
        self.end(&denied.to_string(), reason, context);
    }

    /// A last word, and the end.
    fn end(&mut self, word: &str, reason: CloseReason, context: &mut Context<'_>) {
        self.stay = None;
        context.reply_binary(message::denied(word));
        context.close(reason);
    }

    fn answer(&mut self, message: Message<'_>, context: &mut Context<'_>) {
        let Some(stay) = &self.stay else { return };
        match message {
            Message::Ask(known) => {
                let ticket = context.begin();
                stay.live.ask(Bytes::copy_from_slice(known), move |missing| {
                    ticket.resume(|writing: &mut Self, context| writing.show(missing, context));
                });
            }
            Message::Update(NOTHING) => {}
            Message::Update(update) => self.write(update, context),
            Message::Awareness(states) => match stay.live.say(&stay.author, states) {
                Ok(told) => told.into_iter().for_each(|told| context.reply_binary(told)),
                Err(malformed) => refuse(malformed, context),
            },
            Message::AskAwareness => {
                stay.live.everybody().into_iter().for_each(|states| context.reply_binary(states));
            }
        }
    }

    /// Shows the client what it lacks, and asks what the server lacks.
    fn show(&mut self, missing: Result<Missing, Trouble>, context: &mut Context<'_>) {
        let Some(stay) = &mut self.stay else { return };
        let Missing { update, known, version } = match missing {
            Ok(missing) => missing,
            Err(trouble) => return self.give_up(trouble, context),
        };
        context.reply_binary(message::answer(&update));
        context.reply_binary(message::ask(&known));
        stay.live.everybody().into_iter().for_each(|states| context.reply_binary(states));
        if !std::mem::replace(&mut stay.has_caught_up, true) {
            stay.membership.catch_up(version);
        }
    }

    fn write(&mut self, update: &[u8], context: &mut Context<'_>) {
        let Some(stay) = &self.stay else { return };
        match stay.seat.check_edit() {
            Ok(()) => {}
            Err(Denied::Forbidden(why)) => {
                self.note_refusal(why, context.connection);
                return context.reply_binary(message::denied(why));
            }
            Err(denied) => return self.turn_away(&denied, context),
        }
        let ticket = context.begin();
        let update = Bytes::copy_from_slice(update);
        let doer = self.context_id.clone().zip(self.identity.clone());
        let learning = Arc::clone(&self.learning);
        stay.live.take(update, stay.author.clone(), move |taken| {
            // Here, for the connection may be gone by now: what was edited counts all the same.
            if let (Ok(Taken { is_change: true, .. }), Some((name, identity))) = (&taken, &doer) {
                learning.analytics.note(name, &identity.user_id);
            }
            ticket.resume(|writing: &mut Self, context| writing.taken(taken, context));
        });
    }

    /// An update is stored, or is not.
    fn taken(&mut self, taken: Result<Taken, Trouble>, context: &mut Context<'_>) {
        let Taken { lacking, .. } = match taken {
            Ok(taken) => taken,
            Err(trouble) => return self.give_up(trouble, context),
        };
        let is_whole = lacking.is_none();
        let was_asked = std::mem::replace(&mut self.is_asked, !is_whole);
        // Asked once: its answer may lack the same, as it does where the client lacks it too.
        if let Some(known) = lacking.filter(|_| !was_asked) {
            context.reply_binary(message::ask(&known));
        }
    }

    /// Whether the context that the connection names is one, and open to it; else the connection ends.
    fn may_count(&mut self, identity: &Identity, context: &mut Context<'_>) -> bool {
        let Some(name) = self.context_id.as_deref() else { return true };
        if let Err(error) = Name::new(name) {
            let reason = CloseReason::new(1008, "Invalid contextId");
            self.end(&format!("contextId {error}"), reason, context);
            return false;
        }
        if identity.may_enter(name) {
            return true;
        }
        self.note_refusal("context not opened by the token", context.connection);
        let word = "The token does not open this context";
        self.end(word, CloseReason::new(1008, "Forbidden"), context);
        false
    }

    fn give_up(&mut self, trouble: Trouble, context: &mut Context<'_>) {
        if self.stay.is_none() {
            return;
        }
        let (word, reason) = match trouble {
            Trouble::Refused(fault) => {
                self.note_refusal("update of Yjs that cannot be taken", context.connection);
                refused(fault)
            }
            Trouble::Busy => ("The server is busy; try again".into(), CloseReason::OVERLOADED),
            Trouble::Failed => ("The document cannot be opened".into(), CloseReason::SERVER_ERROR),
        };
        self.end(&word, reason, context);
    }

    /// Whether a message is within its limit; else the connection ends.
    fn is_in_time(&mut self, is_edit: bool, context: &mut Context<'_>) -> bool {
        let rate = if is_edit { &mut self.edits } else { &mut self.messages };
        if rate.count(context.now) == Verdict::Pass {
            return true;
        }
        if self.stay.is_some() {
            let limit = if is_edit { "edits_per_minute" } else { "messages_per_minute" };
            self.note_refusal(limit, context.connection);
            self.end("Rate limit exceeded", CloseReason::RATE_LIMIT, context);
        }
        false
    }

    fn note_refusal(&self, reason: &str, connection: ConnectionId) {
        let user = self.identity.as_ref().map(|identity| &*identity.user_id);
        self.learning.note_refusal(reason, user, connection);
    }
}

impl hub::Session for Writing {
    fn on_open(&mut self, context: &mut Context<'_>) {
        let Some(identity) = self.identity.clone() else {
            return self.end("Unauthorized", CloseReason::UNAUTHORIZED, context);
        };
        if !self.may_count(&identity, context) {
            return;
        }
        let Ok(id) = Name::new(&self.session_id) else {
            return self.turn_away(&Denied::NotFound, context);
        };
        let visitor = Visitor { connection: context.connection, identity, role: Role::Participant };
        let ticket = context.hold();
        self.learning.documents.enter(&id, Kind::Yjs, visitor, move |seat| {
            ticket.resume(|writing: &mut Self, context| writing.enter(seat, context));
        });
    }

    fn on_text(&mut self, _text: &str, context: &mut Context<'_>) {
        if self.is_in_time(false, context) {
            refuse(Malformed("messages are binary here"), context);
        }
    }

    fn on_binary(&mut self, bytes: &[u8], context: &mut Context<'_>) {
        let message = Message::decode(bytes);
        let is_in_time = match &message {
            Ok(Message::Awareness(_)) => true,
            Ok(Message::Update(update)) => self.is_in_time(*update != NOTHING, context),
            Ok(Message::Ask(_) | Message::AskAwareness) | Err(_) => self.is_in_time(false, context),
        };
        match message {
            _ if !is_in_time => {}
            Ok(message) => self.answer(message, context),
            Err(malformed) => refuse(malformed, context),
        }
    }

    fn on_fault(&mut self, fault: Fault, context: &mut Context<'_>) {
        let word = match fault {
            Fault::TooLarge => "Message too large",
            Fault::TokenExpired => "Token expired",
            Fault::NotAuthenticated => "Unauthorized",
            Fault::Revoked => "Revoked",
            Fault::Idle => "Idle timeout",
            Fault::TooOld => "Connection too old",
            Fault::TooSlow => "Slow consumer",
            Fault::Restarting | Fault::GoingDown => "The server stops",
        };
        context.reply_binary(message::denied(word));
    }

    fn on_close(&mut self, _reason: &CloseReason) {
        self.stay = None;
    }
}

/// What a client hears of an update that cannot be taken.
fn refused(fault: replica::Fault) -> (String, CloseReason) {
    const INVALID: CloseReason = CloseReason::new(1003, "Invalid update");
    match fault {
        replica::Fault::Malformed(malformed) => (format!("Invalid update: {malformed}"), INVALID),
        replica::Fault::Broken => ("Invalid update: it cannot be applied".into(), INVALID),
        replica::Fault::TooLarge => {
            let reason = CloseReason::new(1009, "Document too large");
            ("The document would be larger than 1 MiB".into(), reason)
        }
    }
}

/// The message cannot be taken; the connection stays.
fn refuse(malformed: Malformed, context: &mut Context<'_>) {
    context.reply_binary(message::denied(&format!("Invalid message: {malformed}")));
}
