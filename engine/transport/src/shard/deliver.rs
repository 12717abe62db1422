//! From a room to the connections of this shard that are its members.

use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use hub::{Delivery, Except, Fault, Room, RoomKey};
use model::{CloseReason, ConnectionId};

use super::{Member, Members, Sees, Shard, State, Turn};
use crate::connection::{Connection, Phase};
use crate::frame::{Opcode, frame, mark_frame, with_attachments, with_mark};
use crate::outbox::TurnFrame;

/// What stands for the room of an event for one connection; rooms are counted from 1.
const NO_ROOM: RoomKey = RoomKey(0);

impl Shard {
    /// Lists a room's event for every member that is to see it.
    pub(super) fn deliver(&self, key: RoomKey, delivery: &Arc<Delivery>) {
        let mut state = self.state.borrow_mut();
        let State { rooms, connections, turn, .. } = &mut *state;
        let Some(members) = rooms.get_mut(&key) else { return };
        let threshold = self.settings.deflate_from;
        let own = delivery.own.as_ref().filter(|(id, _)| id.shard() == self.index);
        let mut shared = SharedFrames { delivery, key, threshold, plain: None, deflated: None };
        for member in &mut members.list {
            if !member.sees(delivery) {
                continue;
            }
            let Some(connection) = connections.at_mut(member.slot) else { continue };
            connection.last_message = turn.now;
            if is_excepted(&delivery.except, connection) {
                continue;
            }
            let index = match own {
                Some((id, text)) if *id == connection.id => {
                    let bytes = encode(delivery, text, (connection.deflate, threshold), turn);
                    turn.add(bytes, Some((key, Arc::clone(delivery))))
                }
                _ if connection.deflate => shared.deflated(turn),
                _ => shared.plain(turn),
            };
            turn.list(connection, index);
        }
    }

    /// Lists a passing event for one connection.
    pub(super) fn tell(&self, id: ConnectionId, delivery: Arc<Delivery>) {
        let mut state = self.state.borrow_mut();
        let State { connections, turn, .. } = &mut *state;
        let Some(connection) = connections.get_mut(id) else { return };
        if matches!(connection.phase, Phase::Closing { .. }) {
            return;
        }
        connection.last_message = turn.now;
        let deflate = (connection.deflate, self.settings.deflate_from);
        let bytes = encode(&delivery, &delivery.text, deflate, turn);
        let index = turn.add(bytes, Some((NO_ROOM, delivery)));
        turn.list(connection, index);
    }

    /// Lists a text for one connection.
    pub(super) fn queue_text(&self, id: ConnectionId, text: &Bytes) {
        let threshold = self.settings.deflate_from;
        self.queue(id, |connection, turn| {
            connection.last_message = turn.now;
            encode_text(text, (connection.deflate, threshold), turn)
        });
    }

    /// Lists a binary message for one connection.
    pub(super) fn queue_binary(&self, id: ConnectionId, bytes: &Bytes) {
        self.queue(id, |connection, turn| {
            connection.last_message = turn.now;
            frame(Opcode::Binary, bytes)
        });
    }

    /// Lists a text and the binary messages that belong to it for one connection.
    pub(super) fn queue_with(&self, id: ConnectionId, text: &Bytes, attachments: &[Bytes]) {
        self.queue(id, |connection, turn| {
            connection.last_message = turn.now;
            with_attachments(frame(Opcode::Text, text), attachments)
        });
    }

    /// Lists a control frame for one connection.
    pub(super) fn queue_frame(&self, id: ConnectionId, bytes: Bytes) {
        self.queue(id, |_, _| bytes);
    }

    /// Lists a ping that has what was sent before it confirmed.
    pub(super) fn queue_mark(&self, id: ConnectionId, mark: u64) {
        let mut state = self.state.borrow_mut();
        let State { connections, turn, .. } = &mut *state;
        let Some(connection) = connections.get_mut(id) else { return };
        if matches!(connection.phase, Phase::Closing { .. }) {
            return;
        }
        let frame = TurnFrame { bytes: mark_frame(mark), event: None, mark: Some(mark) };
        let index = turn.add_frame(frame);
        turn.list(connection, index);
    }

    fn queue(&self, id: ConnectionId, encode: impl FnOnce(&mut Connection, &mut Turn) -> Bytes) {
        let mut state = self.state.borrow_mut();
        let State { connections, turn, .. } = &mut *state;
        let Some(connection) = connections.get_mut(id) else { return };
        if matches!(connection.phase, Phase::Closing { .. }) {
            return;
        }
        let bytes = encode(connection, turn);
        let index = turn.add(bytes, None);
        turn.list(connection, index);
    }

    /// Makes a connection a member of a room.
    pub(super) fn join(&self, id: ConnectionId, room: Arc<Room>, behind: bool) {
        let mut state = self.state.borrow_mut();
        let State { rooms, connections, .. } = &mut *state;
        let Some(connection) = connections.get_mut(id) else { return };
        if connection.session.is_none() {
            return;
        }
        let key = room.key;
        let members = rooms.entry(key).or_insert_with(|| Members { room, list: Vec::new() });
        let place = u32::try_from(members.list.len()).unwrap_or(u32::MAX);
        let sees = if behind { Sees::Nothing } else { Sees::All };
        members.list.push(Member { slot: id.slot(), sees });
        connection.rooms.push((key, place));
    }

    /// Ends a membership.
    pub(super) fn leave(&self, id: ConnectionId, key: RoomKey) {
        let mut state = self.state.borrow_mut();
        if let Some(connection) = state.connection(id)
            && let Some(at) = connection.rooms.iter().position(|(room, _)| *room == key)
        {
            let (_, place) = connection.rooms.swap_remove(at);
            state.remove_member(key, place);
        }
    }

    /// Sends a member what its room has past `after`, and from then on everything.
    pub(super) fn catch_up(self: &Rc<Self>, id: ConnectionId, key: RoomKey, after: u64) {
        let mut state = self.state.borrow_mut();
        let State { rooms, connections, turn, .. } = &mut *state;
        let Some(connection) = connections.get_mut(id) else { return };
        let place = connection.rooms.iter().find(|(room, _)| *room == key);
        let Some((members, place)) = rooms.get_mut(&key).zip(place) else { return };
        let Ok(missed) = members.room.missed(after) else {
            drop(state);
            // More happened meanwhile than the room keeps: the client comes back and recovers.
            self.end(id, Some(Fault::TooSlow), CloseReason::SLOW_CONSUMER);
            return;
        };
        let reached = missed.last().and_then(|delivery| delivery.offset).unwrap_or(after);
        if let Some(member) = members.list.get_mut(place.1 as usize) {
            member.sees = Sees::After(reached);
        }
        for delivery in &missed {
            if is_excepted(&delivery.except, connection) {
                continue;
            }
            let text = match &delivery.own {
                Some((own, text)) if *own == id => text,
                _ => &delivery.text,
            };
            let deflate = (connection.deflate, self.settings.deflate_from);
            let bytes = encode(delivery, text, deflate, turn);
            let index = turn.add(bytes, Some((key, Arc::clone(delivery))));
            turn.list(connection, index);
        }
    }
}

/// The frames of a delivery that connections share, each made when the first asks.
struct SharedFrames<'a> {
    delivery: &'a Arc<Delivery>,
    key: RoomKey,
    threshold: usize,
    plain: Option<u32>,
    deflated: Option<u32>,
}

impl SharedFrames<'_> {
    fn plain(&mut self, turn: &mut Turn) -> u32 {
        *self.plain.get_or_insert_with(|| {
            let mark = self.delivery.mark;
            let opcode = opcode(self.delivery);
            let attachments = &self.delivery.attachments;
            let make =
                |text: &Bytes| with_mark(with_attachments(frame(opcode, text), attachments), mark);
            let bytes = self.delivery.plain_frame(make).clone();
            turn.add(bytes, Some((self.key, Arc::clone(self.delivery))))
        })
    }

    fn deflated(&mut self, turn: &mut Turn) -> u32 {
        if let Some(index) = self.deflated {
            return index;
        }
        let is_alone = !self.delivery.is_binary && self.delivery.attachments.is_empty();
        let bytes = if is_alone && self.delivery.text.len() >= self.threshold {
            let mark = self.delivery.mark;
            let deflater = &mut turn.deflater;
            let make = |text: &Bytes| Some(with_mark(deflater.text_frame(text)?, mark));
            self.delivery.deflated_frame(make).cloned()
        } else {
            None
        };
        let index = match bytes {
            Some(bytes) => turn.add(bytes, Some((self.key, Arc::clone(self.delivery)))),
            None => self.plain(turn),
        };
        self.deflated = Some(index);
        index
    }
}

impl Member {
    /// Whether the member is sent `delivery`; keeps count of where it stands.
    fn sees(&mut self, delivery: &Delivery) -> bool {
        match (&self.sees, delivery.offset) {
            (Sees::All, _) | (Sees::After(_) | Sees::Passing, None) => true,
            (Sees::Nothing, _) | (Sees::Passing, Some(_)) => false,
            (Sees::After(after), Some(offset)) => {
                let is_new = offset > *after;
                if is_new {
                    self.sees = Sees::All;
                }
                is_new
            }
        }
    }
}

impl State {
    /// Takes the member at `place` out of the room's list; the last one takes its place.
    pub(super) fn remove_member(&mut self, key: RoomKey, place: u32) {
        let Some(members) = self.rooms.get_mut(&key) else { return };
        members.list.swap_remove(place as usize);
        if let Some(moved) = members.list.get(place as usize)
            && let Some(connection) = self.connections.at_mut(moved.slot)
            && let Some(entry) = connection.rooms.iter_mut().find(|(room, _)| *room == key)
        {
            entry.1 = place;
        }
        if members.list.is_empty() {
            self.rooms.remove(&key);
        }
    }

    /// The member is sent no more of the room than `sees` until it has caught up.
    pub(super) fn set_behind(&mut self, id: ConnectionId, key: RoomKey, sees: Sees) {
        let Some(connection) = self.connection(id) else { return };
        let Some((_, place)) = connection.rooms.iter().find(|(room, _)| *room == key).copied()
        else {
            return;
        };
        let member =
            self.rooms.get_mut(&key).and_then(|members| members.list.get_mut(place as usize));
        if let Some(member) = member {
            member.sees = sees;
        }
    }
}

impl Turn {
    /// Puts the frame at `index` down for a connection.
    pub(super) fn list(&mut self, connection: &mut Connection, index: u32) {
        connection.queue.push(index);
        if !connection.is_listed {
            connection.is_listed = true;
            self.listed.push(connection.id);
        }
    }
}

/// The frame of an event's `text` for one connection.
fn encode(delivery: &Delivery, text: &Bytes, deflate: (bool, usize), turn: &mut Turn) -> Bytes {
    let bytes = match opcode(delivery) {
        Opcode::Text if delivery.attachments.is_empty() => encode_text(text, deflate, turn),
        opcode => with_attachments(frame(opcode, text), &delivery.attachments),
    };
    with_mark(bytes, delivery.mark)
}

/// A text's frame, compressed where that was agreed on and it has so many bytes.
fn encode_text(text: &Bytes, (deflate, threshold): (bool, usize), turn: &mut Turn) -> Bytes {
    let deflated =
        if deflate && text.len() >= threshold { turn.deflater.text_frame(text) } else { None };
    deflated.unwrap_or_else(|| frame(Opcode::Text, text))
}

const fn opcode(delivery: &Delivery) -> Opcode {
    if delivery.is_binary { Opcode::Binary } else { Opcode::Text }
}

fn is_excepted(except: &Except, connection: &Connection) -> bool {
    match except {
        Except::Nobody => false,
        Except::Connection(id) => *id == connection.id,
        Except::User(user) => {
            connection.known.identity().is_some_and(|identity| identity.user_id == *user)
        }
    }
}
