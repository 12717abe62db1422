//! Documents on a stage: a real store, a real hub, and connections that keep what they are told.

mod editing;
mod failing;
mod http;
mod keeping;
mod repeats;
mod retention;
mod rules;
mod writers;

use std::sync::{Arc, mpsc};
use std::time::Duration;

use bytes::Bytes;
use hub::{Announce, Context, Fault, Member, Membership, Person, RoomId, Session};
use model::{Clock, ConnectionId, Identity, ManualClock, Name, Timestamp};
use serde_json::Value;
use storage::rusqlite::{Connection, Result as Sql, Transaction};
use storage::{Lane, Options, Store};
use tempfile::TempDir;
use testkit::Stage;
use tokio::runtime::Runtime;

use super::*;
use crate::collaboration::{Answer, Made, NewEdit, Role, Seat, Snapshot, Splice};

/// How long anything is waited for before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Documents on a stage.
struct Desk {
    stage: Stage,
    documents: Arc<Documents>,
    store: Store,
    clock: Arc<ManualClock>,
    runtime: Arc<Runtime>,
    directory: Arc<TempDir>,
}

impl Desk {
    fn new() -> Self {
        Self::with(&Options { readers: 2, ..Options::default() })
    }

    fn with(options: &Options) -> Self {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
        Self::open(Arc::new(TempDir::new().unwrap()), Arc::new(runtime), options)
    }

    fn open(directory: Arc<TempDir>, runtime: Arc<Runtime>, options: &Options) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_800_000_000)));
        let clock_of_all: Arc<dyn Clock> = clock.clone();
        let store = Store::open(
            &directory.path().join("data"),
            crate::MIGRATIONS,
            options,
            Arc::clone(&clock_of_all),
        );
        let store = store.unwrap();
        let stage = Stage::new(clock_of_all);
        let hub = Arc::clone(&stage.hub);
        let documents = Documents::start(store.clone(), hub, runtime.handle().clone());
        Self { stage, documents, store, clock, runtime, directory }
    }

    /// Ends without a word to anybody, as a crash after the last commit would, and opens again.
    fn crash(self) -> Self {
        let Self { store, runtime, directory, .. } = self;
        store.close();
        Self::open(directory, runtime, &Options::default())
    }

    /// A minute passes, and what nobody holds is taken out of memory.
    fn let_a_minute_pass(&self) {
        self.clock.advance(Duration::from_secs(60));
        self.documents.sweep();
    }

    /// Nobody holds anything: all is taken out of memory.
    fn forget(&self) {
        for _ in 0..3_000 {
            self.let_a_minute_pass();
            if self.documents.stats() == DocumentsStats::default() {
                return;
            }
            // Another thread is about to let go.
            self.pause();
        }
        panic!("something stayed in memory: {:?}", self.documents.stats());
    }

    /// Waits until so many documents stay in memory, though no time passes.
    fn wait_until_loaded(&self, wanted: usize) {
        for _ in 0..3_000 {
            self.documents.sweep();
            if self.documents.stats().loaded == wanted {
                return;
            }
            self.pause();
        }
        panic!("{:?} are in memory", self.documents.stats());
    }

    fn pause(&self) {
        self.runtime.block_on(async { tokio::time::sleep(Duration::from_millis(10)).await });
    }

    fn try_enter(&mut self, user: &str, id: &str, role: Role) -> Result<Seat, Denied> {
        self.try_enter_as(&identity(user), id, Kind::Text, role)
    }

    fn try_enter_as(
        &mut self,
        who: &Arc<Identity>,
        id: &str,
        kind: Kind,
        role: Role,
    ) -> Result<Seat, Denied> {
        let connection = self.stage.open(Some(Arc::clone(who)), Box::new(Passive));
        let visitor = Visitor { connection, identity: Arc::clone(who), role };
        heard(|told| self.documents.enter(&name(id), kind, visitor, told))
    }

    /// A connection of `user` that has joined the document.
    fn join(&mut self, user: &str, id: &str) -> Reader {
        self.join_as(user, id, Role::Participant)
    }

    fn join_as(&mut self, user: &str, id: &str, role: Role) -> Reader {
        let seat = self.try_enter(user, id, role).unwrap();
        let (connection, room) = (seat.connection, seat.document().room().clone());
        let member = Member { connection, user_id: user.into(), username: user.into() };
        let announce: Arc<dyn Announce> = Arc::new(Silent);
        let membership = self.stage.hub.join(&room, &announce, member, true).membership;
        let snapshot = heard(|told| seat.snapshot(told)).unwrap();
        membership.catch_up(snapshot.version());
        self.stage.settle();
        Reader { connection, seat, snapshot, _membership: membership }
    }

    /// Makes a rule's change as `user`, by none of the connections.
    fn change(&self, user: &str, id: &str, change: Change) -> Result<(), Denied> {
        heard(|told| self.documents.change(&name(id), &identity(user), None, change, told))
    }

    fn write<T: Send + 'static>(
        &self,
        write: impl FnMut(&Transaction<'_>) -> Sql<T> + Send + 'static,
    ) -> T {
        self.runtime.block_on(self.store.commit(Lane::Interactive, write)).unwrap()
    }

    fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Sql<T> + Send + 'static,
    ) -> T {
        self.runtime.block_on(self.store.read(read)).unwrap()
    }

    /// One number out of the store.
    fn count(&self, sql: &'static str) -> u64 {
        self.read(move |db| db.query_row(sql, [], |row| row.get(0)))
    }

    /// Waits until a number of the store is this one.
    fn wait_until(&self, sql: &'static str, wanted: u64) {
        for _ in 0..3_000 {
            if self.count(sql) == wanted {
                return;
            }
            self.pause();
        }
        panic!("{sql} is {}, not {wanted}", self.count(sql));
    }

    /// Lets the committer do nothing until what is returned is dropped.
    fn stall(&self) -> mpsc::Sender<()> {
        let (release, released) = mpsc::channel::<()>();
        let (begun, begins) = mpsc::channel();
        let released = std::sync::Mutex::new(released);
        let apply = move |_: &Transaction<'_>| {
            let _first = begun.send(());
            let _released = released.lock().unwrap().recv();
            Ok(())
        };
        self.store.reserve(Lane::Interactive).unwrap().write(apply, drop);
        begins.recv_timeout(PATIENCE).unwrap();
        release
    }

    /// The events that a connection was sent since it was last asked, but for what answers its edits.
    fn events(&mut self, reader: &Reader) -> Vec<Value> {
        let mut events = self.stage.received(reader.connection);
        events.retain(|event| event["type"] != "edit_ack");
        events
    }
}

/// A connection in a document.
struct Reader {
    connection: ConnectionId,
    seat: Seat,
    /// What it was given when it joined.
    snapshot: Snapshot,
    _membership: Membership,
}

impl Reader {
    fn content(&self) -> String {
        heard(|told| self.seat.snapshot(told)).unwrap().content()
    }

    /// Sends an edit; what hears its outcome.
    fn send(&self, base: u64, splice: Splice, id: Option<&str>) -> mpsc::Receiver<Outcome> {
        let (told, hears) = mpsc::channel();
        let edit = NewEdit { splice, base, client_id: id.map(Into::into) };
        let document = Arc::clone(self.seat.document());
        self.seat.edit(edit, move |outcome| {
            // Whoever is told may ask again: no lock is held.
            let _may_edit = document.role_of("anybody");
            told.send(outcome).unwrap();
        });
        hears
    }

    /// Makes an edit, and waits for what became of it.
    fn edit(&self, base: u64, splice: Splice) -> Result<Made, Denied> {
        made(&self.send(base, splice, None))
    }

    fn edit_as(&self, id: &str, base: u64, splice: Splice) -> Result<Made, Denied> {
        made(&self.send(base, splice, Some(id)))
    }
}

type Outcome = Result<Answer, Denied>;

/// What an edit became that was not to be answered with a text.
fn made(hears: &mpsc::Receiver<Outcome>) -> Result<Made, Denied> {
    match hears.recv_timeout(PATIENCE).expect("an edit is answered")? {
        Answer::Made(made) | Answer::Repeated(made) => Ok(made),
        Answer::Resync(snapshot) => panic!("the text of version {} came", snapshot.version()),
    }
}

/// What is told, once it is.
fn heard<T: Send + 'static>(ask: impl FnOnce(Telling<T>)) -> T {
    let (told, hears) = mpsc::channel();
    ask(Box::new(move |outcome| told.send(outcome).unwrap()));
    hears.recv_timeout(PATIENCE).expect("an outcome is told")
}

type Telling<T> = Box<dyn FnOnce(T) + Send>;

fn name(id: &str) -> Name {
    Name::new(id).unwrap()
}

fn identity(user: &str) -> Arc<Identity> {
    Arc::new(Identity {
        user_id: user.into(),
        username: user.to_uppercase().into(),
        roles: Vec::new(),
        contexts: None,
        issued_at: None,
        is_ours: true,
        expires_at: Timestamp::from_secs(1_900_000_000),
    })
}

fn limited_to(user: &str, contexts: &[&str]) -> Arc<Identity> {
    let contexts = contexts.iter().map(ToString::to_string).collect();
    Arc::new(Identity { contexts: Some(contexts), ..(*identity(user)).clone() })
}

/// A session that only listens.
struct Passive;

impl Session for Passive {
    fn on_text(&mut self, _: &str, _: &mut Context<'_>) {}
    fn on_binary(&mut self, _: &[u8], _: &mut Context<'_>) {}
    fn on_fault(&mut self, _: Fault, _: &mut Context<'_>) {}
}

/// A room that says nothing of who comes and goes.
struct Silent;

impl Announce for Silent {
    fn joined(&self, _: &RoomId, _: &Person<'_>) -> Option<Bytes> {
        None
    }

    fn left(&self, _: &RoomId, _: &Person<'_>) -> Option<Bytes> {
        None
    }
}
