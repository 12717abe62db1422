//! Who is in which document as what, and how the others are told of comings and goings.
//!
//! Somebody may be in a document with several connections, each as something else: the others are told
//! the highest, and told anew when that changes. It is remembered as long as they count as present, so that the others can be told of
//! somebody who dropped what they had been.
//!
//! **Bound**: what the hub's rooms hold of connections, and of people who dropped a moment ago.
//! **Lock order**: a room of the hub → the people here, or the documents'.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hub::{Announce, Delivery, Except, Person, RoomId};
use model::{Clock, ConnectionId, Identity};

use super::{Asked, Document, Documents, Role};
use crate::protocol::collaboration::{ParticipantJoined, ParticipantLeft};
use crate::protocol::encode;

/// Everybody who is in a document.
pub(crate) struct People {
    documents: Arc<Documents>,
    clock: Arc<dyn Clock>,
    present: Mutex<ByDocument>,
}

/// By document, by user id.
type ByDocument = HashMap<Arc<str>, HashMap<Arc<str>, Present>>;

/// Somebody's connections in one document.
struct Present {
    /// What each came as.
    connections: Vec<(ConnectionId, Asked)>,
    /// What the last one that left had come as.
    last: Asked,
    /// Whether the others believe them to be there.
    is_told: bool,
}

impl Present {
    fn is_gone(&self) -> bool {
        self.connections.is_empty() && !self.is_told
    }
}

impl People {
    /// Nobody yet.
    pub(crate) fn new(documents: Arc<Documents>, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { documents, clock, present: Mutex::default() })
    }

    /// A connection is about to join the room of `document`; as what it came is known until its
    /// presence is dropped, behind its membership.
    pub(crate) fn come(
        self: &Arc<Self>,
        document: &Document,
        who: &Identity,
        connection: ConnectionId,
        asked: Asked,
    ) -> Presence {
        let (people, document) = (Arc::clone(self), Arc::clone(document.id()));
        let (user, username) = (Arc::clone(&who.user_id), Arc::clone(&who.username));
        let presence = Presence { people, document, user, username, connection };
        presence.retell(|| {
            let mut present = self.lock();
            let here = present.entry(Arc::clone(&presence.document)).or_default();
            let person = here.entry(Arc::clone(&presence.user)).or_insert_with(|| Present {
                connections: Vec::with_capacity(1),
                last: asked,
                is_told: false,
            });
            person.connections.push((connection, asked));
        });
        presence
    }

    /// Whether the others believe `user` to be there.
    fn is_told(&self, document: &Document, user: &str) -> bool {
        let present = self.lock();
        let person = present.get(document.id()).and_then(|here| here.get(user));
        person.is_some_and(|person| person.is_told)
    }

    /// What `user` is in a document, as the others see it.
    pub(crate) fn role(&self, document: &Document, user: &str) -> Role {
        let asked = self.asked(document.id(), user);
        let roles = asked.into_iter().map(|asked| document.role_in(user, asked));
        roles.max().unwrap_or_else(|| document.role_of(user))
    }

    /// What the connections of `user` came as; the last one, where they are gone.
    fn asked(&self, document: &str, user: &str) -> Vec<Asked> {
        let present = self.lock();
        let Some(person) = present.get(document).and_then(|here| here.get(user)) else {
            return Vec::new();
        };
        if person.connections.is_empty() {
            return vec![person.last];
        }
        person.connections.iter().map(|(_, asked)| *asked).collect()
    }

    /// The same, for a document that may have left memory since.
    fn role_told(&self, document: &str, user: &str) -> Role {
        match self.documents.loaded(document) {
            Some(document) => self.role(&document, user),
            None => Role::Participant,
        }
    }

    /// Changes what is known of somebody, and forgets those who are gone.
    fn change(&self, document: &Arc<str>, user: &Arc<str>, change: impl FnOnce(&mut Present)) {
        let mut present = self.lock();
        let Entry::Occupied(mut here) = present.entry(Arc::clone(document)) else { return };
        let Entry::Occupied(mut person) = here.get_mut().entry(Arc::clone(user)) else { return };
        change(person.get_mut());
        if person.get().is_gone() {
            person.remove();
        }
        if here.get().is_empty() {
            here.remove();
        }
    }

    fn lock(&self) -> MutexGuard<'_, ByDocument> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Announce for People {
    fn joined(&self, room: &RoomId, person: &Person<'_>) -> Option<Bytes> {
        let Person { user_id, username, .. } = *person;
        self.change(&room.name, &user_id.into(), |present| present.is_told = true);
        let role = self.role_told(&room.name, user_id).into();
        let event = ParticipantJoined { session_id: &room.name, user_id, username, role };
        Some(encode(&event, self.clock.wall(), None))
    }

    /// Nobody is told of somebody who left a document that was closed, for they are all out.
    fn left(&self, room: &RoomId, person: &Person<'_>) -> Option<Bytes> {
        let Person { user_id, username, .. } = *person;
        let role = self.role_told(&room.name, user_id).into();
        self.change(&room.name, &user_id.into(), |present| present.is_told = false);
        if self.documents.loaded(&room.name).is_some_and(|document| document.is_closed()) {
            return None;
        }
        let event = ParticipantLeft { session_id: &room.name, user_id, username, role };
        Some(encode(&event, self.clock.wall(), None))
    }
}

/// A connection's place among the people of a document.
pub(crate) struct Presence {
    people: Arc<People>,
    document: Arc<str>,
    user: Arc<str>,
    username: Arc<str>,
    connection: ConnectionId,
}

impl Presence {
    /// The connection joined once more, maybe as something else.
    pub(crate) fn come_again(&self, asked: Asked) {
        self.retell(|| {
            self.people.change(&self.document, &self.user, |present| {
                let here = present.connections.iter_mut();
                here.filter(|(other, _)| *other == self.connection).for_each(|it| it.1 = asked);
            });
        });
    }

    /// Does what may make somebody another in the eyes of the others, and tells these if it did.
    fn retell(&self, act: impl FnOnce()) {
        let Self { people, user, username, .. } = self;
        let Some(document) = people.documents.loaded(&self.document) else { return act() };
        let before = people.is_told(&document, user).then(|| people.role(&document, user));
        act();
        let role = people.role(&document, user);
        if before.is_none_or(|before| before == role) || document.is_closed() {
            return;
        }
        let (session_id, role) = (&**document.id(), role.into());
        let event = ParticipantJoined { session_id, user_id: user, username, role };
        let delivery = Delivery::passing(encode(&event, people.clock.wall(), None));
        let delivery = delivery.except(Except::User(Arc::clone(user)));
        people.documents.hub().publish(document.room(), &Arc::new(delivery));
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let connection = self.connection;
        self.retell(|| {
            self.people.change(&self.document, &self.user, |present| {
                let place = present.connections.iter().position(|(other, _)| *other == connection);
                if let Some(place) = place {
                    (_, present.last) = present.connections.swap_remove(place);
                }
            });
        });
    }
}
