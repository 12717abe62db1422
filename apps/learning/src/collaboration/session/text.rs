//! The text of a document, and what follows it: the answer to a join, and to edits that stand on a
//! version that is not known.
//!
//! A connection that asks for a text is *behind* in the document's room from before the text is taken
//! until it is sent, so that what follows the text follows it on the wire as well. Who else is there, and
//! the rules, stand with the text as they are when it is sent: whatever changes later is told.

use std::sync::Arc;

use bytes::Bytes;
use hub::{Context, Ticket};
use model::Timestamp;
use serde_json::value::{RawValue, to_raw_value};

use super::{Editing, Entrance, Guest, Place, refusal, reply};
use crate::collaboration::people::People;
use crate::collaboration::{Denied, Document, Snapshot};
use crate::protocol::collaboration::{Participant, Resync, SessionJoined};
use crate::protocol::encode;

/// People of one list.
const PARTICIPANTS_MAX: usize = 1000;

/// An edit that is answered with the text anew.
pub(super) struct Stale {
    pub(super) document: Arc<str>,
    pub(super) id: Option<Arc<str>>,
    pub(super) ticket: Ticket,
    /// Edits sent behind it, which are answered with the same text.
    pub(super) others: Others,
}

/// Edits to be answered, by the ids their client gave them.
type Others = Vec<(Option<Arc<str>>, Ticket)>;

/// What a text answers.
pub(super) enum Asked {
    /// A join.
    Join { id: Option<Box<str>> },
    /// An edit that stood on an unknown version.
    Edit { id: Option<Arc<str>> },
}

/// A text that is to be sent.
struct Sending {
    asked: Asked,
    document: Arc<Document>,
    people: Arc<People>,
}

/// A text that was written down.
struct Written {
    version: u64,
    text: Text,
    /// The answers to other edits.
    others: Vec<(Ticket, Bytes)>,
}

enum Text {
    /// The answer to a join needs this.
    Content(Box<RawValue>),
    /// The answer to an edit.
    Resync(Bytes),
}

impl Editing {
    /// Answers edits with the text anew.
    pub(super) fn refresh(&mut self, stale: Stale, guest: &Guest<'_>, context: &Context<'_>) {
        let Stale { document, id, ticket, others } = stale;
        let Some(number) = self.find(&document) else {
            let refusal = refusal::not_joined(true);
            return ticket.reply(encode(&refusal, context.wall, id.as_deref()));
        };
        self.is_asking = true;
        let place = &self.places[number];
        place.membership.fall_behind();
        place.ask_for_text(Asked::Edit { id }, ticket, others, guest);
    }

    /// Sends a text in its turn, and lets follow what came behind it.
    fn show(
        &mut self,
        written: Written,
        sending: &Sending,
        guest: &Guest<'_>,
        context: &mut Context<'_>,
    ) {
        let Written { version, text, others } = written;
        for (ticket, text) in others {
            ticket.reply(text);
        }
        let Some(number) = self.find(sending.document.id()) else { return };
        let place = &mut self.places[number];
        place.shown = version;
        // From here on the connection is told of what changes, and of nothing before.
        let people = place.membership.catch_up_among(version);
        context.reply(match text {
            Text::Content(_) if sending.document.is_closed() => {
                return self.give_up(&Denied::NotFound, Vec::new(), sending, guest, context);
            }
            Text::Content(content) => place.joined(&content, &people, sending, context.wall),
            Text::Resync(text) => text,
        });
    }

    /// There is no text to be had: the connection is not in the document any more.
    fn give_up(
        &mut self,
        denied: &Denied,
        others: Others,
        sending: &Sending,
        guest: &Guest<'_>,
        context: &mut Context<'_>,
    ) {
        self.leave_place(sending.document.id());
        let refusal = refusal::of(denied, guest, context);
        reply(&refusal, sending.asked.id(), context);
        for (id, ticket) in others {
            ticket.reply(encode(&refusal, context.wall, id.as_deref()));
        }
    }

    /// Answers an edit with a text alone.
    pub(super) fn send_text(
        &mut self,
        snapshot: Snapshot,
        document: Arc<str>,
        id: Option<Arc<str>>,
        guest: &Guest<'_>,
        context: &mut Context<'_>,
    ) {
        let ticket = context.begin();
        self.open += 1;
        let at = context.wall;
        drop(guest.learning.runtime.spawn_blocking(move || {
            let text = resync(&document, &snapshot, id.as_deref(), at);
            ticket.resume(move |entrance: &mut Entrance<Self>, context| {
                context.reply(text);
                let Some((editing, guest)) = entrance.at_work() else { return };
                editing.ended(&guest, context);
            });
        }));
    }
}

impl Place {
    /// Has the text of the document sent, for a member that is behind.
    pub(super) fn ask_for_text(
        &self,
        asked: Asked,
        ticket: Ticket,
        others: Others,
        guest: &Guest<'_>,
    ) {
        let learning = guest.learning;
        let (document, people) = (Arc::clone(self.seat.document()), Arc::clone(&learning.people));
        let sending = Sending { asked, document, people };
        let (clock, runtime) = (Arc::clone(learning.hub.clock()), learning.runtime.clone());
        self.seat.snapshot(move |snapshot| {
            // A long text takes a while to be written down.
            drop(runtime.spawn_blocking(move || {
                let outcome = match snapshot {
                    Ok(snapshot) => Ok(sending.write(&snapshot, others, clock.wall())),
                    Err(denied) => Err((denied, others)),
                };
                ticket.resume(move |entrance: &mut Entrance<Editing>, context| {
                    let Some((editing, guest)) = entrance.at_work() else { return };
                    match outcome {
                        Ok(written) => editing.show(written, &sending, &guest, context),
                        Err((denied, others)) => {
                            editing.give_up(&denied, others, &sending, &guest, context);
                        }
                    }
                    editing.asked(&guest, context);
                });
            }));
        });
    }

    /// Some people of the document, by what they are in it.
    pub(super) fn participants<'a>(
        &self,
        people: &'a [(Arc<str>, Arc<str>)],
        all: &People,
    ) -> Vec<Participant<'a>> {
        let document = self.seat.document();
        let listed = people.iter().take(PARTICIPANTS_MAX).map(|(user_id, username)| {
            let role = all.role(document, user_id).into();
            Participant { user_id, username, role }
        });
        listed.collect()
    }

    /// The answer to a join: the text, who is there, and the rules, as they are now.
    fn joined(
        &self,
        content: &RawValue,
        people: &[(Arc<str>, Arc<str>)],
        sending: &Sending,
        at: Timestamp,
    ) -> Bytes {
        let document = &*sending.document;
        let event = SessionJoined {
            session_id: document.id(),
            role: self.seat.role().into(),
            content,
            version: self.shown,
            participants: self.participants(people, &sending.people),
            creator_id: document.creator(),
            locked: document.is_locked(),
        };
        encode(&event, at, sending.asked.id())
    }
}

impl Asked {
    fn id(&self) -> Option<&str> {
        match self {
            Self::Join { id } => id.as_deref(),
            Self::Edit { id } => id.as_deref(),
        }
    }
}

impl Sending {
    /// Writes the text down.
    fn write(&self, snapshot: &Snapshot, others: Others, at: Timestamp) -> Written {
        let resync = |id: Option<&str>| resync(self.document.id(), snapshot, id, at);
        let text = match &self.asked {
            Asked::Edit { id } => Text::Resync(resync(id.as_deref())),
            Asked::Join { .. } => Text::Content(written(&snapshot.content())),
        };
        let others = others.into_iter().map(|(id, ticket)| (ticket, resync(id.as_deref())));
        Written { version: snapshot.version(), text, others: others.collect() }
    }
}

fn written(content: &str) -> Box<RawValue> {
    to_raw_value(content).expect("a text is JSON")
}

fn resync(session_id: &str, snapshot: &Snapshot, id: Option<&str>, at: Timestamp) -> Bytes {
    let event = Resync { session_id, content: &snapshot.content(), version: snapshot.version() };
    encode(&event, at, id)
}
