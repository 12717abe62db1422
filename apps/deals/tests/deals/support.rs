//! A play: the application on a stage, with people, producers and, where asked for, handlers.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use access::{JwksConfig, Revocations, TokenConfig, Tokens};
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use conversations::{Author, Conversations, Posted, Posting, RoomRef, Side};
use deals::integrations::{Config, Integrations, Opening};
use deals::{Deals, Limits, Parts, RoomPolicy};
use http_body_util::BodyExt;
use model::{Clock, ConnectionId, Identity, ManualClock, Role, Timestamp};
use serde_json::{Value, json};
use storage::{Lane, Options, Store};
use tempfile::TempDir;
use testkit::Stage;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use url::Url;
use web::Caller;

pub mod handler;

/// When it is: `2026-11-29T12:00:00Z`.
pub const NOON: Timestamp = Timestamp::from_secs(1_795_953_600);
/// How long fresh tokens live, in seconds.
pub const TOKEN_LIFE: i64 = 3600;

/// Threads that read from the store.
const READERS: usize = 2;

/// How the application is set up.
#[derive(Clone, Default)]
pub struct Setting {
    pub limits: Limits,
    pub rooms: RoomPolicy,
    /// Actions with the URLs of their handlers.
    pub routes: Vec<(String, Url)>,
    /// Calls of handlers at once; 0 is a hundred.
    pub concurrency: usize,
}

/// The application on a stage.
pub struct Play {
    pub stage: Stage,
    pub deals: Arc<Deals>,
    integrations: Arc<Integrations>,
    pub conversations: Arc<Conversations>,
    pub clock: Arc<ManualClock>,
    pub store: Store,
    pub tokens: Arc<Tokens>,
    pub revocations: Arc<Revocations>,
    pub runtime: Arc<Runtime>,
    directory: Arc<TempDir>,
    setting: Setting,
    slots: u32,
}

impl Play {
    pub fn new() -> Self {
        Self::with(Setting::default())
    }

    /// With rooms by invitation.
    pub fn invited() -> Self {
        Self::with(Setting { rooms: RoomPolicy::Invited, ..Setting::default() })
    }

    /// With limits; 0 is none.
    pub fn limited(messages: u32, broadcasts: u32) -> Self {
        let limits = Limits {
            messages_per_minute: NonZeroU32::new(messages),
            broadcasts_per_minute: NonZeroU32::new(broadcasts),
        };
        Self::with(Setting { limits, ..Setting::default() })
    }

    pub fn with(setting: Setting) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        Self::open(Arc::new(TempDir::new().unwrap()), Arc::new(runtime), setting, NOON)
    }

    fn open(
        directory: Arc<TempDir>,
        runtime: Arc<Runtime>,
        setting: Setting,
        now: Timestamp,
    ) -> Self {
        let clock = Arc::new(ManualClock::at(now));
        let migrations =
            [access::MIGRATIONS, conversations::MIGRATIONS, deals::MIGRATIONS].concat();
        let options = Options { readers: READERS, ..Options::default() };
        let path = directory.path().join("data");
        let store = Store::open(&path, &migrations, &options, clock.clone()).unwrap();
        let stage = Stage::new(clock.clone());
        let hub = Arc::clone(&stage.hub);
        let conversations = Conversations::open(store.clone(), Arc::clone(&hub)).unwrap();
        let revocations = Revocations::open(&store).unwrap();
        let tokens = Tokens::new(believed(), Arc::clone(&revocations), clock.clone());
        let calls = Config {
            routes: setting.routes.clone(),
            secret: None,
            deadline: Duration::from_secs(60),
            concurrency: if setting.concurrency == 0 { 100 } else { setting.concurrency },
        };
        let integrations =
            Integrations::new(calls, runtime.handle().clone(), clock.clone()).unwrap();
        let deals = Deals::start(Parts {
            store: store.clone(),
            hub,
            conversations: Arc::clone(&conversations),
            tokens: Arc::clone(&tokens),
            revocations: Arc::clone(&revocations),
            token_life: Duration::from_secs(TOKEN_LIFE.unsigned_abs()),
            limits: setting.limits,
            rooms: setting.rooms,
            integrations: Arc::clone(&integrations),
            runtime: runtime.handle().clone(),
        });
        Self {
            stage,
            deals,
            integrations,
            conversations,
            clock,
            store,
            tokens,
            revocations,
            runtime,
            directory,
            setting,
            slots: 0,
        }
    }

    /// Ends without a word to anybody, as a crash after the last commit would, and opens again an hour
    /// later.
    pub fn crash(self) -> Self {
        let Self { clock, store, runtime, directory, setting, deals, .. } = self;
        let later = clock.wall().plus_millis(3_600_000);
        store.close();
        drop(deals);
        Self::open(directory, runtime, setting, later)
    }

    /// Waits until everything that was committed so far was told.
    pub fn catch_up(&mut self) {
        let nothing = |_: &storage::rusqlite::Transaction<'_>| Ok(());
        self.runtime.block_on(self.store.commit(Lane::Interactive, nothing)).unwrap();
        self.stage.settle();
    }

    /// A connection of `user`'s that has read its mail.
    pub fn enter(&mut self, user: &str) -> ConnectionId {
        self.enter_as(identity(user))
    }

    /// A connection of somebody in particular, likewise.
    pub fn enter_as(&mut self, identity: Arc<Identity>) -> ConnectionId {
        let connection = self.open_as(identity);
        self.say(connection, json!({"action": "ping", "requestId": "opened"}));
        let pong = self.stage.next(connection);
        assert_eq!(pong["requestId"], "opened", "{pong}");
        connection
    }

    /// A connection of `user`'s that comes back to what waits.
    pub fn open_for(&mut self, user: &str) -> ConnectionId {
        self.open_as(identity(user))
    }

    fn open_as(&mut self, identity: Arc<Identity>) -> ConnectionId {
        let session = self.session_of(Arc::clone(&identity));
        self.stage.open(Some(identity), session)
    }

    /// The session of the next connection, which is not on the stage yet.
    pub fn session_of(&mut self, identity: Arc<Identity>) -> Box<dyn hub::Session> {
        let opening = self.opening_of(identity);
        self.deals.session(opening, None)
    }

    /// The same, once the handler of `$connect` has let it in.
    pub fn let_in(&mut self, user: &str) -> Box<dyn hub::Session> {
        let (opening, headers) = (self.opening_of(identity(user)), HeaderMap::new());
        let asked = self.integrations.connect(&opening, &headers, None);
        let entered = self.runtime.block_on(asked).unwrap();
        self.deals.session(opening, entered)
    }

    /// Waits until handlers were told everything.
    pub fn drain(&self) {
        self.runtime.block_on(self.integrations.drain(testkit::PATIENCE));
    }

    fn opening_of(&mut self, identity: Arc<Identity>) -> Arc<Opening> {
        // As the stage numbers them.
        let connection = ConnectionId::new(0, self.slots, 1);
        self.slots += 1;
        Arc::new(Opening {
            connection,
            stage: "prod".into(),
            source_ip: [127, 0, 0, 1].into(),
            user_agent: None,
            connected_at: self.clock.wall(),
            domain: "localhost".into(),
            identity,
        })
    }

    /// Sends a message of the protocol.
    pub fn say(&mut self, connection: ConnectionId, message: Value) {
        self.stage.send(connection, message.to_string());
    }

    /// Sends a message with this action and data.
    pub fn ask(&mut self, connection: ConnectionId, action: &str, data: Value) {
        self.say(connection, json!({"action": action, "data": data}));
    }

    /// The same with a request id.
    pub fn ask_as(&mut self, connection: ConnectionId, id: &str, action: &str, data: Value) {
        self.say(connection, json!({"action": action, "data": data, "requestId": id}));
    }

    /// The very next message, which has to be of this type; its data.
    pub fn told(&mut self, connection: ConnectionId, kind: &str) -> Value {
        let mut message = self.stage.next(connection);
        assert_eq!(message["type"], kind, "{message}");
        assert!(message["timestamp"].is_i64(), "{message}");
        message["data"].take()
    }

    /// The very next message, which has to be an error of this code; its data.
    pub fn refused(&mut self, connection: ConnectionId, code: &str) -> Value {
        let error = self.told(connection, "error");
        assert_eq!(error["code"], code, "{error}");
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{error}");
        error
    }

    /// What it got until it answers a ping.
    pub fn heard(&mut self, connection: ConnectionId) -> Vec<Value> {
        self.catch_up();
        self.ask_as(connection, "the end", "ping", json!({}));
        let mut heard = Vec::new();
        loop {
            let message = self.stage.next(connection);
            if message["type"] == "pong" && message["requestId"] == "the end" {
                return heard;
            }
            heard.push(message);
        }
    }

    /// Joins the room; its state as it was told.
    pub fn join(&mut self, connection: ConnectionId, room: &str) -> Value {
        self.ask(connection, "joinRoom", json!({"roomId": room}));
        self.told(connection, "roomJoined")
    }

    /// Says something; what was answered.
    pub fn send(&mut self, connection: ConnectionId, recipient: &str, content: &str) -> Value {
        let data = json!({"recipientId": recipient, "content": content});
        self.ask(connection, "sendMessage", data);
        self.told(connection, "messageSent")
    }

    /// Subscribes; the subscription's id.
    pub fn subscribe(&mut self, connection: ConnectionId, topic: &str, filters: Value) -> String {
        let data = json!({"topic": topic, "filters": filters});
        self.ask(connection, "subscribeToDeals", data);
        let confirmed = self.told(connection, "subscriptionConfirmed");
        assert_eq!((&confirmed["topic"], &confirmed["status"]), (&json!(topic), &json!("active")));
        text(&confirmed["subscriptionId"])
    }

    /// The client goes away as one that lost its network.
    pub fn lose(&mut self, connection: ConnectionId) {
        self.stage.close(connection, &model::CloseReason::LOST);
    }

    /// Posts in a room from elsewhere, as a bridged one would; waits until it was told.
    pub fn post_beside(&self, room: &str, author: Author, content: &str) -> Posted {
        let (told, hears) = channel();
        let posting = Posting::new(RoomRef::new(Side::Room, room), author, content);
        self.conversations.post(posting, move |posted| told.send(posted).unwrap());
        hears.recv_timeout(testkit::PATIENCE).unwrap().unwrap()
    }

    /// One HTTP request of `user`'s; its status and body.
    pub fn http(&self, user: &str, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let mut request = Request::builder().method(method).uri(path).body(body).unwrap();
        request.extensions_mut().insert(Caller(identity(user)));
        let routes = self.deals.routes();
        self.runtime.block_on(async {
            let answer = routes.oneshot(request).await.unwrap();
            let status = answer.status();
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
        })
    }

    /// A producer's request that has to succeed; its body.
    pub fn produce(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.http("producer", method, path, body);
        assert!(status.is_success(), "{status}: {answer}");
        answer
    }

    /// What a query of one number gives.
    pub fn count(&self, sql: &'static str) -> u64 {
        let read =
            move |db: &storage::rusqlite::Connection| db.query_row(sql, [], |row| row.get(0));
        self.runtime.block_on(self.store.read(read)).unwrap()
    }

    /// Gives other threads a moment.
    pub fn rest(&self) {
        self.runtime.block_on(async { tokio::time::sleep(Duration::from_millis(1)).await });
    }

    /// From now on nothing is read from the store, until what is returned is dropped.
    pub fn stop_reading(&self) -> Vec<Sender<()>> {
        let stop = |_| {
            let (go_on, goes_on) = channel::<()>();
            let wait = move |_: &storage::rusqlite::Connection| {
                let _dropped = goes_on.recv();
                Ok(())
            };
            self.store.read_then(wait, drop).unwrap();
            go_on
        };
        (0..READERS).map(stop).collect()
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

fn believed() -> TokenConfig {
    // Nobody answers there.
    let jwks = Some(JwksConfig {
        url: "http://127.0.0.1:9/keys".into(),
        issuer: "https://issuer.example".into(),
        audience: "deals".into(),
    });
    TokenConfig { secret: b"a secret for tests of thirty-two b".to_vec(), jwks }
}

/// Somebody; `root` is an administrator, `producer` a publisher.
pub fn identity(user: &str) -> Arc<Identity> {
    let roles = match user {
        "root" => vec![Role::Admin],
        "producer" => vec![Role::Publisher],
        _ => Vec::new(),
    };
    Arc::new(Identity {
        user_id: user.into(),
        username: user.to_uppercase().into(),
        roles,
        contexts: None,
        issued_at: None,
        is_ours: true,
        expires_at: Timestamp::from_secs(9_000_000_000),
    })
}

/// A deal as its producer puts it.
pub fn deal(category: &str, price: f64) -> Value {
    json!({
        "title": "A thing", "category": category, "merchant": "Shop", "price": price,
        "originalPrice": 100, "currency": "EUR", "url": "https://shop.example/thing",
    })
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

/// The contents of messages, in their order.
pub fn contents(messages: &Value) -> Vec<String> {
    messages.as_array().unwrap().iter().map(|message| text(&message["content"])).collect()
}
