//! Mail on a stage: a real store, a real hub, and connections that only read their mail.

mod connecting;
mod http;
mod keeping;
mod putting;
mod taking;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc;

use hub::{Context, Except, Fault, Session, Ticket};
use model::{Clock, ConnectionId, Identity, ManualClock, Role, Timestamp};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use storage::{Lane, Options, Store};
use tempfile::TempDir;
use testkit::Stage;
use tokio::runtime::Runtime;

use super::notify::Acknowledged;
use super::{Entry, Kind, Mail, pass, put};
use crate::session::mailbox::Mailbox;

/// Mail on a stage.
struct Play {
    stage: Stage,
    mail: Arc<Mail>,
    store: Store,
    clock: Arc<ManualClock>,
    runtime: Arc<Runtime>,
    directory: Arc<TempDir>,
    /// Which connections confirm nothing for now.
    deaf: HashMap<ConnectionId, Arc<AtomicBool>>,
}

impl Play {
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
        let path = directory.path().join("data");
        let store = Store::open(&path, crate::MIGRATIONS, options, Arc::clone(&clock_of_all));
        let store = store.unwrap();
        let stage = Stage::new(clock_of_all);
        let mail = Mail::start(store.clone(), Arc::clone(&stage.hub), runtime.handle());
        Self { stage, mail, store, clock, runtime, directory, deaf: HashMap::new() }
    }

    /// Ends without a word to anybody, as a crash after the last commit would, and opens again.
    fn crash(self) -> Self {
        let Self { store, runtime, directory, .. } = self;
        store.close();
        Self::open(directory, runtime, &Options::default())
    }

    /// A connection of `user`'s, whose mail is being read.
    fn connect(&mut self, user: &str) -> ConnectionId {
        self.connect_deaf(user, false)
    }

    /// The same, that confirms nothing of what it is sent while `is_deaf`.
    fn connect_deaf(&mut self, user: &str, is_deaf: bool) -> ConnectionId {
        let deaf = Arc::new(AtomicBool::new(is_deaf));
        let mailbox = Mailbox::new(Arc::clone(&self.mail), identity(user));
        let sitting = Sitting { mailbox, deaf: Arc::clone(&deaf), kept: Vec::new(), slow: None };
        let connection = self.stage.open(Some(identity(user)), Box::new(sitting));
        self.deaf.insert(connection, deaf);
        connection
    }

    /// The connection confirms what it was sent, and from now on everything.
    fn confirm(&mut self, connection: ConnectionId) {
        self.deaf[&connection].store(false, Relaxed);
        self.stage.send(connection, "confirm");
    }

    /// Stores an entry and tells of it; its position.
    fn put(&self, user: &str, kind: Kind, key: &str, data: &Value) -> u64 {
        self.put_but(user, kind, key, data, Except::Nobody)
    }

    fn put_but(&self, user: &str, kind: Kind, key: &str, data: &Value, except: Except) -> u64 {
        let mail = Arc::clone(&self.mail);
        put_then(&self.store, user, kind, key, data, move |user, position, kind, data| {
            mail.tell(user, position, kind, data, except);
        })
    }

    /// Stores an entry as somebody would who dies before telling of it.
    fn put_untold(&self, user: &str, kind: Kind, key: &str, data: &Value) -> u64 {
        put_then(&self.store, user, kind, key, data, |_, _, _, _| {})
    }

    /// A message numbered `n`; its position.
    fn say(&self, user: &str, n: u64) -> u64 {
        self.put(user, Kind::Message, &format!("m{n}"), &json!({"n": n}))
    }

    /// Has a producer notify `user`; the notification's id.
    fn notify(&self, user: &str, title: &str) -> String {
        let body = json!({"title": title, "body": ""});
        let path = format!("/api/users/{user}/notifications");
        let (status, notification) = http::call(self, "shop", "POST", &path, &body);
        assert_eq!(status, 201, "{notification}");
        notification["notificationId"].as_str().unwrap().to_owned()
    }

    /// Has `user` acknowledge the notification.
    fn acknowledge(&self, user: &str, id: &str) -> Acknowledged {
        let (told, hears) = mpsc::channel();
        self.mail.acknowledge(user.into(), id.into(), move |outcome| told.send(outcome).unwrap());
        hears.recv_timeout(testkit::PATIENCE).unwrap().unwrap()
    }

    /// Waits until what was taken is written.
    fn settle_taken(&self) {
        for _ in 0..3 {
            // Behind what a connection notes now, and behind what that leaves to be written.
            self.runtime.block_on(self.store.commit(Lane::Bulk, |_| Ok(()))).unwrap();
        }
    }

    /// What waits for the user, as it was put, once what was taken is written.
    fn waiting(&self, user: &str) -> Vec<Value> {
        self.settle_taken();
        let user = user.to_owned();
        let read = self.store.read(move |db| {
            let mut statement =
                db.prepare("SELECT data FROM deals_mail WHERE user_id = ?1 ORDER BY position")?;
            let rows = statement.query_map([user], |row| row.get::<_, String>(0))?;
            rows.collect::<Result<Vec<_>, _>>()
        });
        let rows = self.runtime.block_on(read).unwrap();
        rows.iter().map(|data| serde_json::from_str(data).unwrap()).collect()
    }

    /// The numbers of the next `count` messages that the connection gets.
    fn next_numbers(&mut self, connection: ConnectionId, count: usize) -> Vec<u64> {
        (0..count).map(|_| self.stage.next(connection)["data"]["n"].as_u64().unwrap()).collect()
    }

    /// Waits until the connection was sent everything there is: a message told now is its next.
    fn assert_has_all(&mut self, connection: ConnectionId, user: &str) {
        self.say(user, u64::MAX);
        assert_eq!(self.next_numbers(connection, 1), [u64::MAX], "and nothing before it");
    }
}

/// Stores an entry; `tell` is called as its commit is told.
fn put_then(
    store: &Store,
    user: &str,
    kind: Kind,
    key: &str,
    data: &Value,
    tell: impl FnOnce(&str, u64, Kind, &RawValue) + Send + 'static,
) -> u64 {
    let (user, key) = (user.to_owned(), key.to_owned());
    let data = to_raw_value(data).unwrap();
    let (told, hears) = mpsc::channel();
    let entry = (user.clone(), key, data.clone());
    let stored_at = Timestamp::from_secs(1_800_000_000);
    store.reserve(Lane::Interactive).unwrap().write(
        move |tx| {
            let (user, key, data) = &entry;
            put(tx, &Entry { user, kind, key, data, stored_at })
        },
        move |position| {
            let position = position.unwrap();
            tell(&user, position, kind, &data);
            told.send(position).unwrap();
        },
    );
    hears.recv_timeout(testkit::PATIENCE).unwrap()
}

/// A connection that only reads its mail, and may confirm late.
struct Sitting {
    mailbox: Mailbox,
    deaf: Arc<AtomicBool>,
    /// Marks it has not confirmed yet.
    kept: Vec<u64>,
    slow: Option<Ticket>,
}

impl AsMut<Mailbox> for Sitting {
    fn as_mut(&mut self) -> &mut Mailbox {
        &mut self.mailbox
    }
}

impl Session for Sitting {
    fn on_open(&mut self, context: &mut Context<'_>) {
        self.mailbox.open::<Self>(context);
    }

    fn on_text(&mut self, text: &str, context: &mut Context<'_>) {
        match text {
            "confirm" => {
                for mark in std::mem::take(&mut self.kept) {
                    self.mailbox.on_mark::<Self>(mark, context);
                }
            }
            "slow" => self.slow = Some(context.begin()),
            "end" => self.slow.take().unwrap().reply(r#"{"data": {"n": 0}}"#),
            mark => self.mailbox.on_mark::<Self>(mark.parse().unwrap(), context),
        }
    }

    fn on_binary(&mut self, _bytes: &[u8], _context: &mut Context<'_>) {}

    fn on_mark(&mut self, mark: u64, context: &mut Context<'_>) {
        if self.deaf.load(Relaxed) {
            self.kept.push(mark);
        } else {
            self.mailbox.on_mark::<Self>(mark, context);
        }
    }

    fn on_fault(&mut self, _fault: Fault, _context: &mut Context<'_>) {}
}

/// Somebody; `shop` is a publisher.
fn identity(user: &str) -> Arc<Identity> {
    Arc::new(Identity {
        user_id: user.into(),
        username: user.to_uppercase().into(),
        roles: if user == "shop" { vec![Role::Publisher] } else { Vec::new() },
        contexts: None,
        issued_at: None,
        expires_at: Timestamp::from_secs(9_000_000_000),
        is_ours: true,
    })
}
