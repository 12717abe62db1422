//! The catalogue on a stage: real store, real matcher, real mail, real routes, no sockets.
#![expect(clippy::needless_pass_by_value, reason = "bodies are written where they are sent")]

mod alerts;
mod deals;
mod restart;
mod times;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use hub::{Context, Fault, Session};
use model::{Clock, CloseReason, ConnectionId, Identity, ManualClock, Role, Timestamp};
use serde_json::{Value, json};
use storage::rusqlite::Connection;
use storage::{Options, StorageError, Store};
use tempfile::TempDir;
use testkit::Stage;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use web::Caller;

use super::Catalogue;
use crate::filters::Filters;
use crate::mail::Mail;
use crate::matching::{Matcher, Subscription};
use crate::session::mailbox::Mailbox;
use crate::{Topic, http};

/// A catalogue, and who puts deals into it and asks it.
pub(crate) struct Shop {
    pub(crate) stage: Stage,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) matcher: Arc<Matcher>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Store,
    mail: Arc<Mail>,
    runtime: Runtime,
    directory: Arc<TempDir>,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_800_000_000)));
        Self::open(Arc::new(TempDir::new().unwrap()), clock)
    }

    fn open(directory: Arc<TempDir>, clock: Arc<ManualClock>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let clock_of_all: Arc<dyn Clock> = clock.clone();
        let options = Options { readers: 2, ..Options::default() };
        let store = open_store(&runtime, || {
            Store::open(directory.path(), crate::MIGRATIONS, &options, Arc::clone(&clock_of_all))
        });
        let stage = Stage::new(clock_of_all.clone());
        let mail = Mail::start(store.clone(), Arc::clone(&stage.hub), runtime.handle());
        let matcher = Matcher::start(Arc::clone(&stage.hub));
        let catalogue = Catalogue::start(
            store.clone(),
            &stage.hub,
            Arc::clone(&matcher),
            Arc::clone(&mail),
            runtime.handle(),
        );
        Self { stage, catalogue, matcher, clock, store, mail, runtime, directory }
    }

    /// Ends without a word to anybody, as a crash after the last commit would, and opens again.
    pub(crate) fn crash(self) -> Self {
        let Self { store, runtime, directory, clock, .. } = self;
        runtime.shutdown_background();
        store.close();
        drop(store);
        Self::open(directory, clock)
    }

    /// A request of `user`'s; its status and body.
    pub(crate) fn ask(
        &self,
        user: &str,
        method: &str,
        path: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(Some(user), method, path, body)
    }

    /// The same of anybody's, with any body.
    pub(crate) fn send(
        &self,
        user: Option<&str>,
        method: &str,
        path: &str,
        body: String,
    ) -> (StatusCode, Value) {
        let mut request =
            Request::builder().method(method).uri(path).body(Body::from(body)).unwrap();
        if let Some(user) = user {
            request.extensions_mut().insert(Caller(identity(user)));
        }
        let routes: Router =
            http::deals::routes(&self.catalogue).merge(http::alerts::routes(&self.catalogue));
        let answer = self.runtime.block_on(routes.oneshot(request)).unwrap();
        let status = answer.status();
        let body = self.runtime.block_on(answer.into_body().collect()).unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// Puts a deal at this price; the answer.
    pub(crate) fn put(&self, id: &str, price: f64) -> Value {
        let (status, answer) = self.ask("shop", "PUT", &format!("/api/deals/{id}"), lamp(price));
        assert!(status.is_success(), "{answer}");
        answer
    }

    /// The same in another currency.
    pub(crate) fn put_in(&self, id: &str, price: f64, currency: &str) {
        let mut deal = lamp(price);
        deal["currency"] = json!(currency);
        let (status, answer) = self.ask("shop", "PUT", &format!("/api/deals/{id}"), deal);
        assert!(status.is_success(), "{answer}");
    }

    /// A get that works; its body.
    pub(crate) fn get(&self, user: &str, path: &str) -> Value {
        let (status, answer) = self.ask(user, "GET", path, Value::Null);
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// Sets the user's alert on a deal.
    pub(crate) fn wait_for(&self, user: &str, deal: &str, below: f64) {
        let path = format!("/api/price-alerts/{deal}");
        let (status, answer) = self.ask(user, "PUT", &path, json!({"below": below}));
        assert!(status.is_success(), "{answer}");
    }

    /// A connection of the user's, which takes the user's mail.
    pub(crate) fn connect(&mut self, user: &str) -> ConnectionId {
        let identity = identity(user);
        let mailbox = Mailbox::new(Arc::clone(&self.mail), Arc::clone(&identity));
        self.stage.open(Some(identity), Box::new(Reader(mailbox)))
    }

    /// Subscribes the connection to a topic, with these filters.
    pub(crate) fn subscribe(&mut self, connection: ConnectionId, topic: Topic, filters: Value) {
        let filters = serde_json::value::to_raw_value(&filters).unwrap();
        let filters = Arc::new(Filters::read(Some(&filters)).unwrap());
        let id = topic.as_str().into();
        let (told, hears) = std::sync::mpsc::channel();
        let subscription = Subscription { id, connection, topic, filters };
        self.matcher.subscribe(subscription, move || told.send(()).unwrap());
        hears.recv_timeout(testkit::PATIENCE).unwrap();
    }

    /// Reads from the store.
    pub(crate) fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> storage::rusqlite::Result<T> + Send + 'static,
    ) -> T {
        self.runtime.block_on(self.store.read(read)).unwrap()
    }

    /// Writes into the store.
    pub(crate) fn write(&self, sql: &'static str, count: usize) {
        let write =
            self.store.commit(storage::Lane::Interactive, move |tx| tx.execute(sql, [count]));
        self.runtime.block_on(write).unwrap();
    }

    /// How often each user's mail was written to.
    pub(crate) fn mail(&self) -> Vec<(String, u64)> {
        self.read(|db| {
            let sql = "SELECT user_id, last FROM deals_mailboxes ORDER BY user_id";
            db.prepare(sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
    }

    /// Waits until nothing is left to do about alerts.
    pub(crate) fn worked_off(&self) {
        let pause = Duration::from_millis(5);
        for _ in 0..testkit::PATIENCE.as_millis() / pause.as_millis() {
            let jobs = "SELECT count(*) FROM deals_alert_jobs";
            if self.read(move |db| db.query_row(jobs, [], |row| row.get::<_, u64>(0))) == 0 {
                return;
            }
            self.runtime.block_on(async { tokio::time::sleep(pause).await });
        }
        panic!("alerts are not worked off");
    }
}

/// Opens the store; a process that another test starts holds its lock for a moment.
fn open_store(runtime: &Runtime, open: impl Fn() -> Result<Store, StorageError>) -> Store {
    for _ in 0..100 {
        match open() {
            Err(StorageError::InUse(_)) => {
                runtime.block_on(async { tokio::time::sleep(Duration::from_millis(50)).await });
            }
            opened => return opened.unwrap(),
        }
    }
    panic!("the store stays in use");
}

/// A deal at this price.
pub(crate) fn lamp(price: f64) -> Value {
    json!({
        "title": "A lamp", "category": "Home", "merchant": "Lumen", "price": price,
        "originalPrice": 100, "currency": "EUR", "url": "https://example.com/lamp",
    })
}

/// Somebody; `root` is an administrator, `shop` a publisher.
pub(crate) fn identity(user: &str) -> Arc<Identity> {
    Arc::new(Identity {
        user_id: user.into(),
        username: user.into(),
        roles: match user {
            "root" => vec![Role::Admin],
            "shop" => vec![Role::Publisher],
            _ => Vec::new(),
        },
        contexts: None,
        issued_at: None,
        expires_at: Timestamp::from_secs(9_000_000_000),
        is_ours: true,
    })
}

/// A session that only takes mail.
struct Reader(Mailbox);

impl AsMut<Mailbox> for Reader {
    fn as_mut(&mut self) -> &mut Mailbox {
        &mut self.0
    }
}

impl Session for Reader {
    fn on_open(&mut self, context: &mut Context<'_>) {
        self.0.open::<Self>(context);
    }

    fn on_text(&mut self, _text: &str, _context: &mut Context<'_>) {}

    fn on_binary(&mut self, _bytes: &[u8], _context: &mut Context<'_>) {}

    fn on_mark(&mut self, mark: u64, context: &mut Context<'_>) {
        self.0.on_mark::<Self>(mark, context);
    }

    fn on_fault(&mut self, _fault: Fault, _context: &mut Context<'_>) {}

    fn on_close(&mut self, _reason: &CloseReason) {}
}
