//! Sessions on a stage: what the transport's shard does with them, without sockets.
//!
//! **Invariants**, those of a real shard: items are taken in the order in which they were pushed;
//! a reply waits for the operations begun before it; behind a held operation no message is handed
//! on; a member that is behind gets no stored event of its room until it catches up, a
//! new one nothing at all.
//!
//! **Pitfall:** nothing moves by itself. [`Stage::send`] hands a message on and takes what waits;
//! [`Stage::next`] goes on taking until something came, or the test fails.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use hub::{
    Connection, Context, Delivery, Effect, Except, Fault, Hub, Item, Outlet, Room, RoomKey, Session,
};
use model::{Clock, CloseReason, ConnectionId, Identity};
use serde_json::Value;

use crate::recorder::Recorder;

/// A hub, its recorder, and the connections that play on it.
pub struct Stage {
    /// The hub; applications under test are given it.
    pub hub: Arc<Hub>,
    recorder: Arc<Recorder>,
    outlet: Arc<dyn Outlet>,
    clock: Arc<dyn Clock>,
    players: BTreeMap<ConnectionId, Player>,
    next_slot: u32,
}

/// One connection.
struct Player {
    session: Box<dyn Session>,
    user_id: Option<Arc<str>>,
    next_operation: u32,
    /// Replies in order, with the operations that hold them back.
    line: VecDeque<Waiting>,
    held: Option<u32>,
    unread: VecDeque<Message>,
    rooms: HashMap<RoomKey, Place>,
    received: VecDeque<Bytes>,
    closed: Option<CloseReason>,
    /// Whether it is in the middle of something that takes several messages.
    is_amid: bool,
    /// What was sent with a mark and not yet confirmed.
    marks: VecDeque<u64>,
    /// Whether it confirms at once what it is sent.
    confirms: bool,
}

enum Waiting {
    Text(Bytes),
    With(Bytes, Vec<Bytes>),
    Mark(u64),
    Operation(u32),
    Close(CloseReason),
}

enum Message {
    Text(String),
    Binary(Vec<u8>),
}

struct Place {
    room: Arc<Room>,
    /// It is not sent stored events.
    behind: bool,
    /// Nor passing ones, for it never had a snapshot.
    is_new: bool,
    /// The offset of the last stored event that was sent.
    sent: u64,
}

/// What an ended operation does with its session.
type Run = Box<dyn FnOnce(&mut dyn Session, &mut Context<'_>) + Send>;

impl Stage {
    /// A stage with nobody on it.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let recorder = Recorder::new();
        let outlet: Arc<dyn Outlet> = recorder.clone();
        let hub = Hub::new(Arc::clone(&outlet), Arc::clone(&clock));
        Self { hub, recorder, outlet, clock, players: BTreeMap::new(), next_slot: 0 }
    }

    /// Opens a connection whose session is `session`.
    pub fn open(
        &mut self,
        identity: Option<Arc<Identity>>,
        session: Box<dyn Session>,
    ) -> ConnectionId {
        let id = ConnectionId::new(0, self.next_slot, 1);
        self.next_slot += 1;
        let address = std::net::IpAddr::from([127, 0, 0, 1]);
        let connection = Connection::new(id, "test", self.clock.wall(), address, None);
        let user_id = identity.as_ref().map(|identity| Arc::clone(&identity.user_id));
        if let Some(identity) = identity {
            connection.identify(identity);
        }
        self.hub.connections().insert(Arc::new(connection));
        self.players.insert(id, Player::new(session, user_id));
        self.call(id, |session, context| session.on_open(context));
        self.settle();
        id
    }

    /// The client sends a text message.
    pub fn send(&mut self, id: ConnectionId, text: impl Into<String>) {
        self.hand(id, Message::Text(text.into()));
    }

    /// The client sends a binary message.
    pub fn send_binary(&mut self, id: ConnectionId, bytes: impl Into<Vec<u8>>) {
        self.hand(id, Message::Binary(bytes.into()));
    }

    /// The transport found a fault.
    pub fn fault(&mut self, id: ConnectionId, fault: Fault) {
        self.call(id, |session, context| session.on_fault(fault, context));
        self.settle();
    }

    /// The client has caught up after so many passing events were dropped.
    pub fn skipped(&mut self, id: ConnectionId, count: u64) {
        self.call(id, |session, context| session.on_skipped(count, context));
        self.settle();
    }

    /// The client goes: with a close of its own, or lost.
    pub fn close(&mut self, id: ConnectionId, reason: &CloseReason) {
        if let Some(mut player) = self.players.remove(&id) {
            player.session.on_close(reason);
        }
        self.hub.connections().remove(id);
        self.settle();
    }

    /// The next message the client got, as JSON; waits for it.
    ///
    /// # Panics
    /// When none comes, or it is not JSON.
    pub fn next(&mut self, id: ConnectionId) -> Value {
        loop {
            self.settle();
            if let Some(text) = self.player(id).received.pop_front() {
                let shown = String::from_utf8_lossy(&text);
                return serde_json::from_str(&shown)
                    .unwrap_or_else(|error| panic!("not JSON ({error}): {shown}"));
            }
            let items = self.recorder.wait();
            self.take(items);
        }
    }

    /// The next message the client got, as it came; waits for it.
    ///
    /// # Panics
    /// When none comes, or the server has closed the connection.
    pub fn next_binary(&mut self, id: ConnectionId) -> Bytes {
        loop {
            self.settle();
            let player = self.player(id);
            if let Some(bytes) = player.received.pop_front() {
                return bytes;
            }
            assert!(player.closed.is_none(), "closed: {:?}", player.closed);
            let items = self.recorder.wait();
            self.take(items);
        }
    }

    /// The next message of this `type`; those before it are passed over.
    ///
    /// # Panics
    /// When none comes.
    pub fn expect(&mut self, id: ConnectionId, kind: &str) -> Value {
        loop {
            let message = self.next(id);
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// What the client got and nobody asked for yet, without waiting.
    pub fn received(&mut self, id: ConnectionId) -> Vec<Value> {
        self.settle();
        let texts = self.player(id).received.drain(..);
        let texts = texts.map(|text| String::from_utf8_lossy(&text).into_owned());
        texts.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text))).collect()
    }

    /// The same, as it came.
    pub fn received_binary(&mut self, id: ConnectionId) -> Vec<Bytes> {
        self.settle();
        self.player(id).received.drain(..).collect()
    }

    /// Why the server closed the connection; waits for it.
    ///
    /// # Panics
    /// When it stays open.
    pub fn closed(&mut self, id: ConnectionId) -> CloseReason {
        loop {
            self.settle();
            if let Some(reason) = self.player(id).closed.clone() {
                return reason;
            }
            let items = self.recorder.wait();
            self.take(items);
        }
    }

    /// Whether the server has closed the connection, without waiting.
    pub fn is_closed(&mut self, id: ConnectionId) -> bool {
        self.settle();
        self.player(id).closed.is_some()
    }

    /// Whether the client is in the middle of something that takes several messages: where it does not
    /// complete it in time, the transport closes.
    pub fn is_amid(&mut self, id: ConnectionId) -> bool {
        self.player(id).is_amid
    }

    /// Takes everything that waits now, and confirms what the clients took.
    pub fn settle(&mut self) {
        loop {
            let items = self.recorder.take();
            if items.is_empty() && !self.confirm() {
                return;
            }
            self.take(items);
        }
    }

    /// From now on the client confirms nothing of what it is sent, or again everything.
    pub fn takes_nothing(&mut self, id: ConnectionId, takes_nothing: bool) {
        self.player(id).confirms = !takes_nothing;
        self.settle();
    }

    /// The clients answer the pings that carry marks; whether there was one.
    fn confirm(&mut self) -> bool {
        let mut marks = Vec::new();
        for (id, player) in &mut self.players {
            if player.confirms && player.closed.is_none() {
                marks.extend(player.marks.drain(..).map(|mark| (*id, mark)));
            }
        }
        for (id, mark) in &marks {
            self.call(*id, |session, context| session.on_mark(*mark, context));
        }
        !marks.is_empty()
    }

    fn player(&mut self, id: ConnectionId) -> &mut Player {
        self.players.get_mut(&id).expect("the connection is on the stage")
    }

    fn hand(&mut self, id: ConnectionId, message: Message) {
        let player = self.player(id);
        assert!(player.closed.is_none(), "the server has closed this connection");
        player.unread.push_back(message);
        self.read(id);
        self.settle();
    }

    /// Hands on what the client sent, as long as nothing holds it back.
    fn read(&mut self, id: ConnectionId) {
        while let Some(player) = self.players.get_mut(&id) {
            if player.held.is_some() || player.closed.is_some() {
                return;
            }
            let Some(message) = player.unread.pop_front() else { return };
            self.call(id, |session, context| match &message {
                Message::Text(text) => session.on_text(text, context),
                Message::Binary(bytes) => session.on_binary(bytes, context),
            });
        }
    }

    /// One call into a session, and the effects it leaves at the end of the line.
    fn call(&mut self, id: ConnectionId, run: impl FnOnce(&mut dyn Session, &mut Context<'_>)) {
        let effects = self.effects_of(id, run);
        let Some(player) = self.players.get_mut(&id) else { return };
        for effect in effects {
            let waiting = player.waiting(effect, &self.hub, id);
            player.line.extend(waiting);
        }
        player.advance();
    }

    fn effects_of(
        &mut self,
        id: ConnectionId,
        run: impl FnOnce(&mut dyn Session, &mut Context<'_>),
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        let times = (self.clock.monotonic(), self.clock.wall());
        if let Some(player) = self.players.get_mut(&id) {
            let next_operation = &mut player.next_operation;
            let mut context = Context::new(id, times, &self.outlet, next_operation, &mut effects);
            run(player.session.as_mut(), &mut context);
        }
        effects
    }

    fn take(&mut self, items: Vec<Item>) {
        for item in items {
            self.take_one(item);
        }
    }

    fn take_one(&mut self, item: Item) {
        match item {
            Item::Join { connection, room, behind } => {
                if let Some(player) = self.players.get_mut(&connection) {
                    let place = Place { room, behind, is_new: behind, sent: 0 };
                    player.rooms.insert(place.room.key, place);
                }
            }
            Item::FallBehind { connection, room } => {
                if let Some(player) = self.players.get_mut(&connection)
                    && let Some(place) = player.rooms.get_mut(&room)
                {
                    place.behind = true;
                }
            }
            Item::CatchUp { connection, room, after } => {
                if let Some(player) = self.players.get_mut(&connection) {
                    player.catch_up(connection, room, after);
                }
            }
            Item::Leave { connection, room } => {
                if let Some(player) = self.players.get_mut(&connection) {
                    player.rooms.remove(&room);
                }
            }
            Item::Deliver { room, delivery } => {
                for (id, player) in &mut self.players {
                    player.deliver(*id, room, &delivery);
                }
            }
            Item::Tell { connection, delivery } => {
                if let Some(player) = self.players.get_mut(&connection) {
                    player.receive_all(&delivery.text, &delivery.attachments);
                    player.marks.extend(delivery.mark);
                }
            }
            Item::Send { connection, text } | Item::SendBinary { connection, bytes: text } => {
                if let Some(player) = self.players.get_mut(&connection) {
                    player.receive(&text);
                }
            }
            Item::SendWith { connection, text, attachments } => {
                if let Some(player) = self.players.get_mut(&connection) {
                    player.receive_all(&text, &attachments);
                }
            }
            Item::Finish { connection, operation, run } => self.finish(connection, operation, run),
            Item::Close { connection, fault, reason } => self.end(connection, fault, reason),
            Item::Probe { .. } => {}
        }
    }

    /// An operation ended: what its run leaves takes its place in the line.
    fn finish(&mut self, id: ConnectionId, operation: u32, run: Option<Run>) {
        let effects = run.map(|run| self.effects_of(id, run)).unwrap_or_default();
        let Some(player) = self.players.get_mut(&id) else { return };
        let mut inserted = Vec::new();
        for effect in effects {
            inserted.extend(player.waiting(effect, &self.hub, id));
        }
        let place = player.line.iter().position(
            |waiting| matches!(waiting, Waiting::Operation(waiting) if *waiting == operation),
        );
        if let Some(place) = place {
            let rest = player.line.split_off(place);
            player.line.extend(inserted);
            player.line.extend(rest.into_iter().skip(1));
        }
        if player.held == Some(operation) {
            player.held = None;
        }
        player.advance();
        self.read(id);
    }

    fn end(&mut self, id: ConnectionId, fault: Option<Fault>, reason: CloseReason) {
        if let Some(fault) = fault {
            self.call(id, |session, context| session.on_fault(fault, context));
        }
        if let Some(player) = self.players.get_mut(&id) {
            player.closed.get_or_insert(reason);
        }
    }
}

impl Player {
    fn new(session: Box<dyn Session>, user_id: Option<Arc<str>>) -> Self {
        Self {
            session,
            user_id,
            next_operation: 0,
            line: VecDeque::new(),
            held: None,
            unread: VecDeque::new(),
            rooms: HashMap::new(),
            received: VecDeque::new(),
            closed: None,
            is_amid: false,
            marks: VecDeque::new(),
            confirms: true,
        }
    }

    /// What an effect leaves in the line; what is not of the line happens at once.
    fn waiting(&mut self, effect: Effect, hub: &Hub, id: ConnectionId) -> Option<Waiting> {
        match effect {
            Effect::Reply(text) | Effect::ReplyBinary(text) => Some(Waiting::Text(text)),
            Effect::ReplyWith(text, attachments) => Some(Waiting::With(text, attachments)),
            Effect::Mark(mark) => Some(Waiting::Mark(mark)),
            Effect::Amid(is_amid) => {
                self.is_amid = is_amid;
                None
            }
            Effect::Begin(operation) => Some(Waiting::Operation(operation)),
            Effect::Hold(operation) => {
                self.held = Some(operation);
                Some(Waiting::Operation(operation))
            }
            Effect::Close(reason) => Some(Waiting::Close(reason)),
            Effect::Authenticated(identity) => {
                self.user_id = Some(Arc::clone(&identity.user_id));
                if let Some(connection) = hub.connections().get(id) {
                    connection.identify(identity);
                }
                None
            }
        }
    }

    /// Sends from the front of the line what no operation holds back.
    fn advance(&mut self) {
        while !matches!(self.line.front(), None | Some(Waiting::Operation(_))) {
            match self.line.pop_front() {
                Some(Waiting::Text(text)) => self.receive(&text),
                Some(Waiting::With(text, attachments)) => self.receive_all(&text, &attachments),
                Some(Waiting::Mark(mark)) => self.marks.push_back(mark),
                Some(Waiting::Close(reason)) => {
                    self.closed.get_or_insert(reason);
                }
                _ => {}
            }
        }
    }

    fn receive(&mut self, text: &Bytes) {
        if self.closed.is_none() {
            self.received.push_back(text.clone());
        }
    }

    fn receive_all(&mut self, text: &Bytes, attachments: &[Bytes]) {
        self.receive(text);
        attachments.iter().for_each(|bytes| self.receive(bytes));
    }

    fn deliver(&mut self, id: ConnectionId, room: RoomKey, delivery: &Delivery) {
        let Some(place) = self.rooms.get_mut(&room) else { return };
        if place.behind && (place.is_new || delivery.offset.is_some()) {
            return;
        }
        if let Some(offset) = delivery.offset {
            if offset <= place.sent {
                return;
            }
            place.sent = offset;
        }
        if !self.is_passed_over(id, delivery) {
            self.receive_all(own_text(id, delivery), &delivery.attachments);
            self.marks.extend(delivery.mark);
        }
    }

    fn is_passed_over(&self, id: ConnectionId, delivery: &Delivery) -> bool {
        match &delivery.except {
            Except::Nobody => false,
            Except::User(user) => self.user_id.as_ref() == Some(user),
            Except::Connection(connection) => *connection == id,
        }
    }

    fn catch_up(&mut self, id: ConnectionId, key: RoomKey, after: u64) {
        let Some(place) = self.rooms.get_mut(&key) else { return };
        (place.behind, place.is_new) = (false, false);
        let missed = place.room.missed(after).unwrap_or_else(|_| panic!("the log is too short"));
        place.sent = missed.iter().filter_map(|delivery| delivery.offset).max().unwrap_or(after);
        for delivery in missed {
            if !self.is_passed_over(id, &delivery) {
                self.receive_all(own_text(id, &delivery), &delivery.attachments);
                self.marks.extend(delivery.mark);
            }
        }
    }
}

fn own_text(id: ConnectionId, delivery: &Delivery) -> &Bytes {
    match &delivery.own {
        Some((connection, text)) if *connection == id => text,
        _ => &delivery.text,
    }
}

#[cfg(test)]
mod tests {
    use hub::{Announce, Member, Membership, Person, RoomId, Ticket};
    use model::{ManualClock, Timestamp};
    use serde_json::json;

    use super::*;

    struct Silent;

    impl Announce for Silent {
        fn joined(&self, _: &RoomId, _: &Person<'_>) -> Option<Bytes> {
            None
        }
        fn left(&self, _: &RoomId, _: &Person<'_>) -> Option<Bytes> {
            None
        }
    }

    /// Answers `slow` when its ticket is done, anything else at once.
    #[derive(Default)]
    struct Parrot {
        slow: Vec<Ticket>,
    }

    impl Session for Parrot {
        fn on_text(&mut self, text: &str, context: &mut Context<'_>) {
            match text {
                "slow" => self.slow.push(context.begin()),
                "end" => drop(self.slow.pop().map(|ticket| ticket.reply("\"slow\""))),
                _ => context.reply(format!("{text:?}")),
            }
        }
        fn on_binary(&mut self, _: &[u8], context: &mut Context<'_>) {
            context.close(CloseReason::NORMAL);
        }
        fn on_fault(&mut self, _: Fault, _: &mut Context<'_>) {}
    }

    fn stage() -> Stage {
        Stage::new(Arc::new(ManualClock::at(Timestamp::from_millis(0))))
    }

    #[test]
    fn a_reply_waits_for_the_operation_begun_before_it() {
        let mut stage = stage();
        let parrot = stage.open(None, Box::new(Parrot::default()));
        stage.send(parrot, "slow");
        stage.send(parrot, "quick");
        assert!(stage.received(parrot).is_empty());
        stage.send(parrot, "end");
        assert_eq!(stage.received(parrot), [json!("slow"), json!("quick")]);
        stage.send_binary(parrot, [0]);
        assert_eq!(stage.closed(parrot), CloseReason::NORMAL);
    }

    #[test]
    fn a_member_that_was_behind_gets_what_its_snapshot_lacks_once() {
        let mut stage = stage();
        let parrot = stage.open(None, Box::new(Parrot::default()));
        let announce: Arc<dyn Announce> = Arc::new(Silent);
        let id = RoomId::new("chat", "a");
        let member = Member { connection: parrot, user_id: "u".into(), username: "U".into() };
        let membership: Membership = stage.hub.join(&id, &announce, member, true).membership;
        for offset in 1..=3 {
            stage.hub.publish(&id, &Arc::new(Delivery::stored(offset, offset.to_string())));
        }
        assert!(stage.received(parrot).is_empty());
        membership.catch_up(1);
        stage.hub.publish(&id, &Arc::new(Delivery::stored(4, "4")));
        assert_eq!(stage.received(parrot), [json!(2), json!(3), json!(4)]);
        membership.fall_behind();
        stage.hub.publish(&id, &Arc::new(Delivery::stored(5, "5")));
        stage.hub.publish(&id, &Arc::new(Delivery::passing("0")));
        assert_eq!(stage.received(parrot), [json!(0)]);
        assert_eq!(membership.catch_up_among(4), [("u".into(), "U".into())]);
        assert_eq!(stage.received(parrot), [json!(5)]);
    }
}
