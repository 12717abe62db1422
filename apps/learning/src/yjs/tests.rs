//! Yjs documents from connection to connection: clients of yrs on a stage.

mod guarding;
mod meeting;
mod rules;
mod storing;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use access::{Leases, Revocations, TokenConfig, Tokens};
use bytes::Bytes;
use conversations::Conversations;
use model::{ConnectionId, Identity, ManualClock, Name, Timestamp};
use storage::{Options, Store};
use tempfile::TempDir;
use testkit::Stage;
use tokio::runtime::Runtime;
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{Doc, GetString, OffsetKind, ReadTxn, StateVector, Text, TextRef, Transact, Update};

use super::encoding::{Reader, put_bytes, put_number};
use super::live::TIME_MAX;
use super::{Pace, Yjs};
use crate::analytics::{self, Analytics};
use crate::{Learning, Limits, Parts};

const NOON: Timestamp = Timestamp::from_secs(1_795_953_600);
const DOCUMENT: &str = "plan";

/// A class in which people write.
struct Class {
    stage: Stage,
    clock: Arc<ManualClock>,
    store: Store,
    learning: Arc<Learning>,
    runtime: Runtime,
    dir: Arc<TempDir>,
}

impl Class {
    fn new() -> Self {
        Self::in_dir(Arc::new(tempfile::tempdir().unwrap()), Pace::default(), TIME_MAX)
    }

    fn in_dir(dir: Arc<TempDir>, pace: Pace, time_max: Duration) -> Self {
        let clock = Arc::new(ManualClock::at(NOON));
        let migrations =
            [access::MIGRATIONS, conversations::MIGRATIONS, crate::MIGRATIONS].concat();
        let options = Options::default();
        let store = Store::open(dir.path(), &migrations, &options, clock.clone()).unwrap();
        let stage = Stage::new(clock.clone());
        let conversations = Conversations::open(store.clone(), Arc::clone(&stage.hub)).unwrap();
        let config =
            TokenConfig { secret: b"a secret for tests of thirty-two b".to_vec(), jwks: None };
        let tokens = Tokens::new(config, Revocations::open(&store).unwrap(), clock.clone());
        let runtime = Runtime::new().unwrap();
        let analytics = Analytics::start(analytics::Parts {
            hub: Arc::clone(&stage.hub),
            store: store.clone(),
            runtime: runtime.handle().clone(),
            metrics: Vec::new(),
        });
        let mut learning = Learning::start(Parts {
            store: store.clone(),
            hub: Arc::clone(&stage.hub),
            conversations,
            analytics: analytics.unwrap(),
            tokens,
            leases: Leases::new(),
            limits: Limits::default(),
            runtime: runtime.handle().clone(),
        });
        let (hub, handle) = (Arc::clone(&stage.hub), runtime.handle().clone());
        Arc::get_mut(&mut learning).unwrap().yjs =
            Yjs::with(store.clone(), hub, handle, pace, time_max);
        Self { stage, clock, store, learning, runtime, dir }
    }

    /// The same class after the process ended: nothing is closed in good order but the files.
    fn after_a_crash(self) -> Self {
        let Self { stage, store, learning, runtime, dir, .. } = self;
        drop((stage, learning));
        runtime.shutdown_background();
        store.close();
        drop(store);
        Self::in_dir(dir, Pace::default(), TIME_MAX)
    }

    /// A connection of `user` to `document`.
    fn connect(&mut self, user: &str, document: &str) -> ConnectionId {
        self.connect_in(user, document, None)
    }

    /// The same, of somebody whose writing counts in a context.
    fn connect_in(&mut self, user: &str, document: &str, context: Option<&str>) -> ConnectionId {
        let identity = Arc::new(identity(user));
        let session = self.learning.yjs(Some(Arc::clone(&identity)), document, context);
        self.stage.open(Some(identity), session)
    }

    /// A client of `user` in the document, which knows everything that is there.
    fn join(&mut self, user: &str) -> Peer {
        let connection = self.connect(user, DOCUMENT);
        let mut peer = Peer::new(connection);
        peer.synchronise(self);
        peer
    }

    fn send(&mut self, connection: ConnectionId, message: &[u8]) {
        self.stage.send_binary(connection, message.to_vec());
    }

    /// Everything that `peers` sent has arrived, and they have taken what came of it.
    fn settle(&mut self, peers: &mut [&mut Peer]) {
        for _ in 0..2 {
            for peer in peers.iter_mut() {
                peer.barrier(self);
            }
        }
    }

    /// The text of the document as somebody sees it who comes now.
    fn text(&mut self) -> String {
        let peer = self.join("somebody who looks");
        let text = peer.text();
        self.stage.close(peer.connection, &model::CloseReason::NORMAL);
        text
    }

    fn name() -> Name {
        Name::new(DOCUMENT).unwrap()
    }

    /// What is stored of the document.
    fn stored(&self) -> crate::store::yjs::Stored {
        let read = |db: &storage::rusqlite::Connection| {
            let sql = "SELECT place FROM documents WHERE id = ?1";
            let place = db.query_row(sql, [DOCUMENT], |row| row.get(0))?;
            crate::store::yjs::load(db, place)
        };
        self.runtime.block_on(self.store.read(read)).unwrap()
    }
}

fn identity(user: &str) -> Identity {
    Identity {
        user_id: user.into(),
        username: user.to_uppercase().into(),
        roles: Vec::new(),
        contexts: None,
        issued_at: None,
        is_ours: true,
        expires_at: NOON.plus_millis(3_600_000),
    }
}

/// A client: its own document, and what it heard.
struct Peer {
    connection: ConnectionId,
    doc: Doc,
    text: TextRef,
    /// Where people are, as it heard last: clock and state by client.
    states: BTreeMap<u64, (u64, String)>,
    /// Why something was refused.
    denied: Vec<String>,
    /// Updates that came, each of somebody's writing.
    updates: usize,
}

impl Peer {
    fn new(connection: ConnectionId) -> Self {
        let options = yrs::Options { offset_kind: OffsetKind::Utf16, ..yrs::Options::default() };
        let doc = Doc::with_options(options);
        let text = doc.get_or_insert_text("text");
        Self { connection, doc, text, states: BTreeMap::new(), denied: Vec::new(), updates: 0 }
    }

    /// The same client with a new connection.
    fn reconnect(&mut self, class: &mut Class, user: &str) {
        self.connection = class.connect(user, DOCUMENT);
        self.synchronise(class);
    }

    fn text(&self) -> String {
        self.text.get_string(&self.doc.transact())
    }

    /// Writes without telling anybody; the update that tells of it.
    fn write(&self, at: u32, text: &str) -> Vec<u8> {
        let mut transaction = self.doc.transact_mut();
        self.text.insert(&mut transaction, at, text);
        transaction.commit();
        transaction.encode_update_v1()
    }

    fn append(&self, text: &str) -> Vec<u8> {
        let end = self.text.len(&self.doc.transact());
        self.write(end, text)
    }

    /// Writes, and tells of it.
    fn say(&self, class: &mut Class, at: u32, text: &str) {
        let update = self.write(at, text);
        class.send(self.connection, &super::message::update(&update));
    }

    /// Asks for what it lacks, and gives what is asked of it, until both have come.
    fn synchronise(&mut self, class: &mut Class) {
        let known = self.doc.transact().state_vector().encode_v1();
        class.send(self.connection, &super::message::ask(&known));
        let mut steps = (false, false);
        while steps != (true, true) {
            match self.next(class) {
                Heard::Answer => steps.0 = true,
                Heard::Ask => steps.1 = true,
                Heard::Other => {}
            }
        }
    }

    /// Waits until everything it sent was worked on.
    fn barrier(&mut self, class: &mut Class) {
        let known = self.doc.transact().state_vector().encode_v1();
        class.send(self.connection, &super::message::ask(&known));
        while self.next(class) != Heard::Answer {}
        for message in class.stage.received_binary(self.connection) {
            self.hear(class, &message);
        }
    }

    fn next(&mut self, class: &mut Class) -> Heard {
        let message = class.stage.next_binary(self.connection);
        self.hear(class, &message)
    }

    fn hear(&mut self, class: &mut Class, message: &Bytes) -> Heard {
        let mut reader = Reader::new(message);
        match (reader.number().unwrap(), reader.number().unwrap()) {
            (0, 0) => {
                let known = StateVector::decode_v1(reader.bytes().unwrap()).unwrap();
                let update = self.doc.transact().encode_diff_v1(&known);
                class.send(self.connection, &super::message::answer(&update));
                return Heard::Ask;
            }
            (0, step) => {
                let update = Update::decode_v1(reader.bytes().unwrap()).unwrap();
                self.doc.transact_mut().apply_update(update).unwrap();
                if step == 1 {
                    return Heard::Answer;
                }
                self.updates += 1;
            }
            (1, _) => self.hear_states(message),
            (2, 0) => self.denied.push(reader.text().unwrap().to_owned()),
            other => panic!("{other:?}"),
        }
        Heard::Other
    }

    fn hear_states(&mut self, message: &[u8]) {
        let mut reader = Reader::new(&message[1..]);
        let mut reader = Reader::new(reader.bytes().unwrap());
        for _ in 0..reader.number().unwrap() {
            let (client, clock) = (reader.number().unwrap(), reader.number().unwrap());
            self.states.insert(client, (clock, reader.text().unwrap().to_owned()));
        }
    }

    /// Says where it is.
    fn point(&self, class: &mut Class, client: u64, clock: u64, state: &str) {
        let mut states = vec![1];
        put_number(&mut states, client);
        put_number(&mut states, clock);
        put_bytes(&mut states, state.as_bytes());
        class.send(self.connection, &super::message::awareness(&states));
    }

    /// Waits until it has heard of `client` what `wanted` says.
    fn sees(&mut self, class: &mut Class, client: u64, wanted: (u64, &str)) {
        while self.states.get(&client).is_none_or(|(at, state)| (*at, &**state) != wanted) {
            self.next(class);
        }
    }
}

/// What a client heard, as far as it goes on from that.
#[derive(Debug, PartialEq, Eq)]
enum Heard {
    Answer,
    Ask,
    Other,
}
