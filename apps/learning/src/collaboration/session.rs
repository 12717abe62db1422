//! One connection to the documents: what it may do in them, and what it is told.
//!
//! **Invariants.** A connection sees each document in the order of its versions: a text (of a join, or
//! after an edit that stood on an unknown version), then every edit behind that text, its own as
//! `edit_ack`. To that end a text is asked for when none of the connection's operations is open, one
//! at a time, while the connection is told nothing of the document; and nothing that came behind a
//! join or a leave is read before its end.
//!
//! **Bounds**: [`PLACES_MAX`] documents a connection is in; operations are the transport's; edits and
//! cursors are counted apart from messages.

mod edit;
mod join;
mod refusal;
mod rules;
mod text;

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use access::{MessageRate, Verdict};
use hub::{Context, Membership};
use model::{CloseReason, Identity, Name};

use super::cursors::{Pointer, Shown};
use super::people::Presence;
use super::{Change, Seat};
use crate::entrance::{Entrance, Guest, Lesson, reply};
use crate::protocol::collaboration::{self, Action, Cursor, Edit, Participants};
use crate::protocol::{CONTEXT_DEFAULT, Code, Invalid, Refusal, Request};

/// Documents a connection is in.
const PLACES_MAX: usize = 100;
/// How long a connection that far over its limit is told to wait.
const MINUTE: Duration = Duration::from_secs(60);

/// A connection to the documents.
pub(crate) struct Editing {
    /// The context its activity counts in.
    context_id: Option<Arc<str>>,
    /// The documents it is in.
    places: Vec<Place>,
    /// How often it edits.
    rate: MessageRate,
    /// Operations begun, but for those that wait for its end.
    open: usize,
    /// Edits to be answered with the text anew.
    stale: VecDeque<text::Stale>,
    /// What nothing behind it is read before.
    next: Option<join::Next>,
    /// Whether a text is being asked for.
    is_asking: bool,
}

/// A document that a connection is in. Its parts end in this order: the others are told of a leave
/// while it is known who left, of a document that is in memory.
struct Place {
    pointer: Pointer,
    membership: Membership,
    presence: Presence,
    seat: Seat,
    /// The version of the text that was sent last.
    shown: u64,
}

impl Place {
    fn id(&self) -> &Arc<str> {
        self.seat.document().id()
    }
}

impl Editing {
    /// A connection that is in no document, and makes at most so many edits a minute.
    pub(crate) fn new(edits_per_minute: Option<NonZeroU32>) -> Self {
        Self {
            context_id: None,
            places: Vec::new(),
            rate: MessageRate::new(edits_per_minute),
            open: 0,
            stale: VecDeque::new(),
            next: None,
            is_asking: false,
        }
    }

    /// The place in the document `asked`; where none is asked for, in the only one.
    ///
    /// # Errors
    /// There is no such place, or no only one.
    fn place(&mut self, asked: Option<&Name>) -> Result<&mut Place, Refusal> {
        // Nobody is in a document that has ended.
        self.places.retain(|place| !place.seat.document().is_closed());
        let count = self.places.len();
        let place = match asked {
            Some(asked) => self.places.iter_mut().find(|place| **place.id() == *asked.as_str()),
            None if count > 1 => {
                let problem = "is missing; the connection is in several documents";
                return Err(Refusal::invalid("data.sessionId", problem));
            }
            None => self.places.first_mut(),
        };
        place.ok_or_else(|| refusal::not_joined(asked.is_some()))
    }

    /// Shows the others where the connection is.
    fn show_cursor(
        &mut self,
        cursor: &Cursor,
        guest: &Guest<'_>,
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        let place = self.place(cursor.session_id.as_ref())?;
        let Cursor { position, selection_end, version: base, .. } = *cursor;
        let shown = Shown { position, selection_end, base };
        place.pointer.show(guest.identity, shown, context.now);
        Ok(())
    }

    /// Counts an edit; whoever sends too many hears of it.
    fn is_in_time(
        &mut self,
        id: Option<&str>,
        guest: &Guest<'_>,
        context: &mut Context<'_>,
    ) -> bool {
        let (wait, is_abusive) = match self.rate.count(context.now) {
            Verdict::Pass => return true,
            Verdict::Refused { retry_after } => (retry_after, false),
            Verdict::Abusive => (MINUTE, true),
        };
        let refusal = Refusal::new(Code::RateLimitExceeded, "Too many edits");
        reply(&refusal.retry_after(wait), id, context);
        guest.note_refusal("edits_per_minute", context);
        if is_abusive {
            context.close(CloseReason::RATE_LIMIT);
        }
        false
    }
}

impl Lesson for Editing {
    type Action = Action;

    const ENDS_WHEN_TOO_FAST: bool = false;

    fn decode(text: &str) -> Result<Request<Action>, Invalid> {
        collaboration::decode(text)
    }

    fn counts(action: &Action) -> bool {
        !matches!(action, Action::Edit(_) | Action::Cursor(_))
    }

    /// Its documents are what a connection is in; a context is where its activity counts. So whoever
    /// names none, and whose token does not open the one meant by that, is in none, and may go on.
    fn enter(
        &mut self,
        name: &str,
        guest: &Guest<'_>,
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        if name == CONTEXT_DEFAULT && !guest.identity.may_enter(name) {
            return Ok(());
        }
        guest.check_context(name, "contextId", context)?;
        self.context_id = Some(name.into());
        Ok(())
    }

    fn context_id(&self) -> Option<Arc<str>> {
        self.context_id.clone()
    }

    fn is_open_to(&self, identity: &Identity) -> bool {
        let mut names = self.context_id.iter().chain(self.places.iter().map(Place::id));
        names.all(|name| identity.may_enter(name))
    }

    fn missed_some(&mut self, guest: &Guest<'_>, context: &mut Context<'_>) {
        for place in &self.places {
            let people = place.membership.room().people();
            let participants = place.participants(&people, &guest.learning.people);
            reply(&Participants { session_id: place.id(), participants }, None, context);
        }
    }

    fn act(
        &mut self,
        action: Action,
        id: Option<&str>,
        guest: &Guest<'_>,
        context: &mut Context<'_>,
    ) {
        let done = match action {
            Action::Edit(edit) => {
                if !self.is_in_time(id, guest, context) {
                    return;
                }
                self.edit(edit, id, guest, context)
            }
            Action::Cursor(cursor) => self.show_cursor(&cursor, guest, context),
            Action::Join { session_id, role } => {
                self.ask_to_join(session_id, role.into(), id, guest, context)
            }
            Action::Leave { session_id } => self.ask_to_leave(&session_id, id, guest, context),
            Action::Role { session_id, user_id, role } => {
                let change = Change::Role { user: user_id.as_str().into(), role: role.into() };
                self.change(&session_id, change, id, guest, context);
                Ok(())
            }
            Action::Lock { session_id, locked } => {
                self.change(&session_id, Change::Lock(locked), id, guest, context);
                Ok(())
            }
            Action::Close { session_id } => {
                self.change(&session_id, Change::Close, id, guest, context);
                Ok(())
            }
        };
        if let Err(refusal) = done {
            reply(&refusal, id, context);
        }
    }
}
