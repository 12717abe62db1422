//! One connection to the chat: what it may do, and what it is told.
//!
//! **Invariants.** A connection enters one context and stays there. Its own copies of what it says stand
//! in the order of its messages.
//!
//! **Bounds.** A list of people has at most [`MEMBERS_MAX`].

mod form;
mod history;
mod say;
mod typing;

use std::sync::Arc;

use hub::{Context, Member, Membership, Room};

pub(crate) use form::Wire;
pub(crate) use typing::Typists;

use crate::entrance::{Guest, Lesson, reply};
use crate::protocol::chat::{self, Action};
use crate::protocol::{Code, Invalid, Members, Refusal, Request, User};

/// People of one list.
const MEMBERS_MAX: usize = 1000;

/// A connection to the chat.
#[derive(Default)]
pub(crate) struct Chat {
    place: Option<Membership>,
}

impl Lesson for Chat {
    type Action = Action;

    const ENDS_WHEN_TOO_FAST: bool = true;

    fn decode(text: &str) -> Result<Request<Action>, Invalid> {
        chat::decode(text)
    }

    fn counts(action: &Action) -> bool {
        !matches!(action, Action::Typing(_))
    }

    fn enter(
        &mut self,
        name: &str,
        guest: &Guest<'_>,
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        guest.check_context(name, "contextId", context)?;
        let Guest { learning, identity } = guest;
        let member = Member {
            connection: context.connection,
            user_id: Arc::clone(&identity.user_id),
            username: Arc::clone(&identity.username),
        };
        let room = hub::RoomId::new(conversations::Side::Chat.kind(), name);
        let joined = learning.hub.join(&room, &learning.announce, member, false);
        let (connection, user) = (context.connection, &identity.user_id);
        tracing::debug!(%connection, %user, %room, "connection joined context");
        self.place = Some(joined.membership);
        Ok(())
    }

    fn context_id(&self) -> Option<Arc<str>> {
        self.place.as_ref().map(|place| Arc::clone(&place.room().id.name))
    }

    fn missed_some(&mut self, _guest: &Guest<'_>, context: &mut Context<'_>) {
        if let Some(place) = &self.place {
            show_members(place.room(), None, context);
        }
    }

    fn act(
        &mut self,
        action: Action,
        id: Option<&str>,
        guest: &Guest<'_>,
        context: &mut Context<'_>,
    ) {
        let Some(room) = self.place.as_ref().map(|place| Arc::clone(place.room())) else {
            let refusal = Refusal::new(Code::NotJoined, "The connection is in no context");
            return reply(&refusal, id, context);
        };
        match action {
            Action::Message(said) => say::say(said, &room, id, guest, context),
            Action::Typing(is_typing) => {
                let Guest { learning, identity } = guest;
                let is_told = learning.typists.say(&room, identity, is_typing, context.now);
                if is_typing && is_told {
                    learning.analytics.note(&room.id.name, &identity.user_id);
                }
            }
            Action::History(asked) => history::show(asked, &room, id, guest.learning, context),
            Action::Members => show_members(&room, id, context),
        }
    }
}

fn show_members(room: &Room, id: Option<&str>, context: &mut Context<'_>) {
    let people = room.people();
    let listed = people.iter().take(MEMBERS_MAX);
    let users = listed.map(|(user_id, username)| User { user_id, username }).collect();
    reply(&Members { users, online_count: people.len() }, id, context);
}
