//! A shard: one thread that owns some of the connections, reads them and writes them.
//!
//! It works in turns. A turn takes everything that waits in the inbox, gathers the frames for each
//! connection, and then makes one write for each. Frames of a turn stand in one table; connections
//! keep indices into it, so that a frame for a thousand members is counted once.
//!
//! **Invariants.** Only a turn writes to a socket, or the task that empties an outbox, never both:
//! while an outbox has frames, a turn appends to it. No borrow of the state is held while a session
//! is called.

mod deliver;
mod end;
mod read;
mod slots;
mod timers;
mod turn;
mod upgrade;
mod write;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use hub::{Context, Effect, Fault, Hub, Item, Outlet, Room, RoomKey, Session};
use model::{Clock, CloseReason, ConnectionId, Monotonic};
use tokio::sync::Notify;

use crate::connection::{Connection, Ending, Phase, Slot};
use crate::deflate::{Deflater, Inflater};
use crate::gate::{Command, Gate};
use crate::outbox::TurnFrame;
use crate::server::Settings;
use crate::wheel::Wheel;
use slots::Slots;

/// Bytes read at once from a socket, into a buffer that all connections of a shard share.
const READ_BYTES: usize = 64 * 1024;
/// Sockets written to before others have their turn.
const WRITES_PER_YIELD: usize = 256;

/// One shard.
pub(crate) struct Shard {
    pub(crate) index: u8,
    pub(crate) gate: Arc<Gate>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) settings: Arc<Settings>,
    outlet: Arc<dyn Outlet>,
    clock: Arc<dyn Clock>,
    state: RefCell<State>,
    scratch: RefCell<Vec<u8>>,
    inflater: RefCell<Inflater>,
    is_accepting: Cell<bool>,
    accepting_changed: Notify,
}

/// The place of a connection that is about to open; dropped, it is free again.
pub(crate) struct Reservation {
    shard: Rc<Shard>,
    pub(crate) id: ConnectionId,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shard.state.borrow_mut().connections.release(self.id);
    }
}

/// What only the shard's own thread touches.
struct State {
    connections: Slots,
    rooms: HashMap<RoomKey, Members, BuildHasherDefault<KeyHasher>>,
    wheel: Wheel,
    turn: Turn,
    /// Operations of all connections that have not ended.
    in_flight: usize,
    /// How every connection was told to end, also one whose handshake completes after that.
    closing: Option<Rc<Ending>>,
}

/// The frames of a turn and the connections they are for.
struct Turn {
    frames: Vec<TurnFrame>,
    listed: Vec<ConnectionId>,
    deflater: Deflater,
    /// When the turn began.
    now: Monotonic,
}

/// The members of a room that this shard has.
struct Members {
    room: Arc<Room>,
    list: Vec<Member>,
}

struct Member {
    slot: u32,
    sees: Sees,
}

/// What a member is sent of its room.
enum Sees {
    /// Everything.
    All,
    /// Passing events, and stored ones after this offset; it has those before.
    After(u64),
    /// Passing events, and nothing else until it has caught up.
    Passing,
    /// Nothing until it has caught up.
    Nothing,
}

impl Shard {
    pub(crate) fn new(
        index: u8,
        gate: Arc<Gate>,
        hub: Arc<Hub>,
        settings: Arc<Settings>,
    ) -> Rc<Self> {
        let outlet: Arc<dyn Outlet> = Arc::clone(&gate) as Arc<dyn Outlet>;
        let clock = Arc::clone(hub.clock());
        let state = State {
            connections: Slots::new(index),
            rooms: HashMap::default(),
            wheel: Wheel::new(clock.monotonic()),
            turn: Turn {
                frames: Vec::new(),
                listed: Vec::new(),
                deflater: Deflater::new(settings.deflate_level),
                now: clock.monotonic(),
            },
            in_flight: 0,
            closing: None,
        };
        Rc::new(Self {
            index,
            gate,
            hub,
            settings,
            outlet,
            clock,
            state: RefCell::new(state),
            scratch: RefCell::new(vec![0; READ_BYTES]),
            inflater: RefCell::new(Inflater::new()),
            is_accepting: Cell::new(true),
            accepting_changed: Notify::new(),
        })
    }

    pub(crate) fn now(&self) -> Monotonic {
        self.clock.monotonic()
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Ready once no new connection is to be taken.
    pub(crate) async fn accepting_stopped(&self) {
        let changed = self.accepting_changed.notified();
        if self.is_accepting.get() {
            changed.await;
        }
    }

    /// Decodes with what all connections inflate with.
    pub(crate) fn with_inflater<T>(&self, run: impl FnOnce(&mut Inflater) -> T) -> T {
        run(&mut self.inflater.borrow_mut())
    }

    /// An id for a WebSocket that may open.
    pub(crate) fn reserve(self: &Rc<Self>) -> Option<Reservation> {
        let id = self.state.borrow_mut().connections.reserve()?;
        Some(Reservation { shard: Rc::clone(self), id })
    }

    fn route(self: &Rc<Self>, item: Item) {
        match item {
            Item::Deliver { room, delivery } => self.deliver(room, &delivery),
            Item::Tell { connection, delivery } => self.tell(connection, delivery),
            Item::Send { connection, text } => self.queue_text(connection, &text),
            Item::SendBinary { connection, bytes } => self.queue_binary(connection, &bytes),
            Item::SendWith { connection, text, attachments } => {
                self.queue_with(connection, &text, &attachments);
            }
            Item::Finish { connection, operation, run } => self.finish(connection, operation, run),
            Item::Join { connection, room, behind } => self.join(connection, room, behind),
            Item::Leave { connection, room } => self.leave(connection, room),
            Item::FallBehind { connection, room } => {
                self.state.borrow_mut().set_behind(connection, room, Sees::Passing);
            }
            Item::CatchUp { connection, room, after } => self.catch_up(connection, room, after),
            Item::Close { connection, fault, reason } => {
                self.begin_close(connection, fault, &reason);
            }
            Item::Probe { connection } => self.probe(connection),
        }
    }

    /// An operation ended: its session goes on, and what waited behind it may go out, here in the
    /// inbox's order: events pushed after the operation's end must not overtake its reply.
    fn finish(self: &Rc<Self>, id: ConnectionId, operation: u32, run: Option<hub::Run>) {
        let effects = match run {
            Some(run) => self.call(id, |session, context| run(session, context)),
            None => None,
        };
        let mut state = self.state.borrow_mut();
        let Some(connection) = state.connection(id) else { return };
        let before = connection.operations.open();
        let (slots, is_renewed) = connection.take_effects(effects.unwrap_or_default(), self.now());
        let mut ready = Vec::new();
        connection.operations.end(operation, slots, &mut ready);
        let after = connection.operations.open();
        connection.wake_reader();
        state.in_flight = state.in_flight + after - before;
        drop(state);
        if is_renewed {
            self.reschedule(id);
        }
        self.queue_ready(id, ready);
    }

    /// Calls the session of an open connection; what it wants done, or `None` if there is none.
    fn call(
        &self,
        id: ConnectionId,
        run: impl FnOnce(&mut dyn Session, &mut Context<'_>),
    ) -> Option<Vec<Effect>> {
        let mut state = self.state.borrow_mut();
        let connection = state.connection(id)?;
        let mut session = connection.session.take()?;
        let mut next = connection.operations.next;
        drop(state);
        let mut effects = Vec::new();
        let times = (self.now(), self.clock.wall());
        let called = catch_unwind(AssertUnwindSafe(|| {
            run(&mut *session, &mut Context::new(id, times, &self.outlet, &mut next, &mut effects));
        }));
        if called.is_err() {
            tracing::error!(connection = %id, "a session panicked; its connection ends");
            effects.push(Effect::Close(CloseReason::SERVER_ERROR));
        }
        if let Some(connection) = self.state.borrow_mut().connection(id) {
            connection.operations.next = next;
            connection.session = Some(session);
        }
        Some(effects)
    }

    /// Does what a session wants done. Replies go through the inbox, so that none overtakes an
    /// event.
    fn apply(self: &Rc<Self>, id: ConnectionId, effects: Vec<Effect>) {
        if effects.is_empty() {
            return;
        }
        let mut state = self.state.borrow_mut();
        let Some(connection) = state.connection(id) else { return };
        let before = connection.operations.open();
        let (slots, is_renewed) = connection.take_effects(effects, self.now());
        let ready: Vec<Slot> =
            slots.into_iter().filter_map(|slot| connection.operations.put(slot)).collect();
        let begun = connection.operations.open() - before;
        state.in_flight += begun;
        drop(state);
        if is_renewed {
            self.reschedule(id);
        }
        self.send_ready(id, ready);
    }

    fn send_ready(&self, id: ConnectionId, ready: impl IntoIterator<Item = Slot>) {
        for slot in ready {
            match slot {
                Slot::Reply(text) => {
                    self.outlet.push(self.index, Item::Send { connection: id, text });
                }
                Slot::Binary(bytes) => {
                    self.outlet.push(self.index, Item::SendBinary { connection: id, bytes });
                }
                Slot::With(text, attachments) => {
                    let item = Item::SendWith { connection: id, text, attachments };
                    self.outlet.push(self.index, item);
                }
                Slot::Mark(mark) => self.gate.command(self.index, Command::Mark(id, mark)),
                Slot::Close(reason) => self.end(id, None, reason),
                Slot::Open(_) => {}
            }
        }
    }

    /// Lists replies whose turn in the inbox is now.
    fn queue_ready(&self, id: ConnectionId, ready: Vec<Slot>) {
        for slot in ready {
            match slot {
                Slot::Reply(text) => self.queue_text(id, &text),
                Slot::Binary(bytes) => self.queue_binary(id, &bytes),
                Slot::With(text, attachments) => self.queue_with(id, &text, &attachments),
                Slot::Mark(mark) => self.queue_mark(id, mark),
                Slot::Close(reason) => self.end(id, None, reason),
                Slot::Open(_) => {}
            }
        }
    }

    /// Decides that the connection ends: nothing more is read; the close waits its turn.
    fn end(&self, id: ConnectionId, fault: Option<Fault>, reason: CloseReason) {
        if let Some(connection) = self.state.borrow_mut().connection(id)
            && connection.phase == Phase::Open
        {
            connection.phase = Phase::Ending;
        }
        self.outlet.push(self.index, Item::Close { connection: id, fault, reason });
    }
}

impl State {
    fn connection(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connections.get_mut(id)
    }
}

impl Connection {
    /// Takes in what a session wants done: what is to go out in its turn comes back, with whether
    /// something is due earlier than before. An operation that begins here takes its place at once.
    fn take_effects(&mut self, effects: Vec<Effect>, now: Monotonic) -> (Vec<Slot>, bool) {
        let mut slots = Vec::with_capacity(effects.len());
        let mut is_renewed = false;
        for effect in effects {
            match effect {
                Effect::Reply(text) => slots.push(Slot::Reply(text)),
                Effect::ReplyBinary(bytes) => slots.push(Slot::Binary(bytes)),
                Effect::ReplyWith(text, attachments) => slots.push(Slot::With(text, attachments)),
                Effect::Amid(is_amid) => {
                    is_renewed |= is_amid;
                    self.times.amid_parts_since = is_amid.then_some(now);
                }
                Effect::Mark(mark) => slots.push(Slot::Mark(mark)),
                Effect::Close(reason) => {
                    self.phase = Phase::Ending;
                    slots.push(Slot::Close(reason));
                }
                Effect::Begin(operation) => {
                    self.operations.note_begun(operation, false);
                    slots.push(Slot::Open(operation));
                }
                Effect::Hold(operation) => {
                    self.operations.note_begun(operation, true);
                    slots.push(Slot::Open(operation));
                }
                Effect::Authenticated(identity) => {
                    is_renewed = true;
                    self.times.authenticate_by = None;
                    self.times.expires_at = Some(identity.expires_at);
                    self.times.began = now;
                    self.known.identify(identity);
                }
            }
        }
        (slots, is_renewed)
    }
}

/// Room keys are numbers we count up ourselves: they need no defence against collisions.
#[derive(Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Turn {
    /// Adds a frame to the turn; its index.
    fn add(&mut self, bytes: Bytes, event: Option<(RoomKey, Arc<hub::Delivery>)>) -> u32 {
        let mark = event.as_ref().and_then(|(_, delivery)| delivery.mark);
        self.add_frame(TurnFrame { bytes, event, mark })
    }

    /// The same with a mark of its own.
    fn add_frame(&mut self, frame: TurnFrame) -> u32 {
        self.frames.push(frame);
        u32::try_from(self.frames.len() - 1).unwrap_or(u32::MAX)
    }
}
