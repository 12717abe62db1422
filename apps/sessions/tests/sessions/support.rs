//! A play: the application on a stage, with people and, where asked for, a model.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use conversations::{Author, Conversations, Posted, Posting, RoomRef, Side};
use http_body_util::BodyExt;
use intelligence::{OpenaiConfig, TextProvider};
use model::{Clock, ConnectionId, Identity, ManualClock, Role, Timestamp};
use serde_json::{Value, json};
use sessions::{Agents, Limits, Parts, Sessions};
use storage::{Options, Store};
use tempfile::TempDir;
use testkit::Stage;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use web::Caller;

use crate::support::model_stub::Model;

pub mod model_stub;

/// The application on a stage.
pub struct Play {
    pub stage: Stage,
    pub sessions: Arc<Sessions>,
    pub conversations: Arc<Conversations>,
    pub clock: Arc<ManualClock>,
    pub store: Store,
    pub runtime: Arc<Runtime>,
    pub directory: Arc<TempDir>,
    provider: TextProvider,
    limits: Limits,
}

impl Play {
    /// With agents that answer by rules, and no limits.
    pub fn new() -> Self {
        Self::with(TextProvider::Builtin, Limits::default())
    }

    /// With limits.
    pub fn limited(messages: u32, broadcasts: u32) -> Self {
        let limits = Limits {
            messages_per_minute: NonZeroU32::new(messages),
            broadcasts_per_minute: NonZeroU32::new(broadcasts),
        };
        Self::with(TextProvider::Builtin, limits)
    }

    /// With agents that ask `model`.
    pub fn asking(model: &Model) -> Self {
        let config = OpenaiConfig {
            base_url: model.base_url(),
            api_key: None,
            model: "stub".into(),
            deadline: Duration::from_secs(60),
        };
        Self::with(TextProvider::Openai(config), Limits::default())
    }

    fn with(provider: TextProvider, limits: Limits) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        Self::open(Arc::new(TempDir::new().unwrap()), Arc::new(runtime), provider, limits)
    }

    fn open(
        directory: Arc<TempDir>,
        runtime: Arc<Runtime>,
        provider: TextProvider,
        limits: Limits,
    ) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_800_000_000)));
        let clock_of_all: Arc<dyn Clock> = clock.clone();
        let migrations = [conversations::MIGRATIONS, sessions::MIGRATIONS].concat();
        let path: PathBuf = directory.path().join("data");
        let options = Options { readers: 2, ..Options::default() };
        let store = Store::open(&path, &migrations, &options, Arc::clone(&clock_of_all)).unwrap();
        let stage = Stage::new(Arc::clone(&clock_of_all));
        let hub = Arc::clone(&stage.hub);
        let conversations = Conversations::open(store.clone(), Arc::clone(&hub)).unwrap();
        let agents = Agents::new(&provider, false, clock_of_all).unwrap();
        let sessions = Sessions::start(Parts {
            store: store.clone(),
            hub,
            conversations: Arc::clone(&conversations),
            agents,
            limits,
            runtime: runtime.handle().clone(),
        });
        Self { stage, sessions, conversations, clock, store, runtime, directory, provider, limits }
    }

    /// Ends without a word to anybody, as a crash after the last commit would, and opens again.
    pub fn crash(self) -> Self {
        let Self { store, runtime, directory, provider, limits, .. } = self;
        store.close();
        Self::open(directory, runtime, provider, limits)
    }

    /// Makes a session of `owner`'s; its id.
    pub fn session(&self, owner: &str, body: Value) -> String {
        let (status, session) = self.http(owner, "POST", "/api/sessions", body);
        assert_eq!(status, StatusCode::CREATED, "{session}");
        session["id"].as_str().unwrap().to_owned()
    }

    /// A connection of `user`'s to the session.
    pub fn connect(&mut self, user: &str, session: &str) -> ConnectionId {
        let identity = identity(user);
        let port = self.sessions.session(Arc::clone(&identity), session);
        self.stage.open(Some(identity), port)
    }

    /// The same, joined; the state it got is taken.
    pub fn joined(&mut self, user: &str, session: &str) -> ConnectionId {
        let connection = self.connect(user, session);
        self.say(connection, json!({"action": "join"}));
        assert_eq!(self.stage.next(connection)["type"], "session_state");
        connection
    }

    /// Sends a message of the protocol.
    pub fn say(&mut self, connection: ConnectionId, message: Value) {
        self.stage.send(connection, message.to_string());
    }

    /// Posts in the session from elsewhere, as a bridged room would; waits until it was told.
    pub fn post_beside(&self, side: Side, room: &str, user: &str, content: &str) -> Posted {
        let author = Author::User { id: user.into(), name: user.into() };
        let (told, hears) = std::sync::mpsc::channel();
        let posting = Posting::new(RoomRef::new(side, room), author, content);
        self.conversations.post(posting, move |posted| told.send(posted).unwrap());
        hears.recv_timeout(testkit::PATIENCE).unwrap().unwrap()
    }

    /// One HTTP request of `user`'s; its status and body.
    pub fn http(&self, user: &str, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let mut request = Request::builder().method(method).uri(path).body(body).unwrap();
        request.extensions_mut().insert(Caller(identity(user)));
        self.request(request)
    }

    /// One HTTP request as it is.
    pub fn request(&self, request: Request<Body>) -> (StatusCode, Value) {
        let routes: Router = self.sessions.routes();
        self.runtime.block_on(async {
            let answer = routes.oneshot(request).await.unwrap();
            let status = answer.status();
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
        })
    }

    /// The contents of all stored messages, by HTTP.
    pub fn stored(&self, user: &str, session: &str) -> Vec<String> {
        let path = format!("/api/sessions/{session}/messages?limit=200");
        let (status, page) = self.http(user, "GET", &path, Value::Null);
        assert_eq!(status, StatusCode::OK, "{page}");
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["content"].as_str().unwrap().to_owned()).collect()
    }
}

/// Somebody; `root` is an administrator.
pub fn identity(user: &str) -> Arc<Identity> {
    Arc::new(Identity {
        user_id: user.into(),
        username: user.to_uppercase().into(),
        roles: if user == "root" { vec![Role::Admin] } else { Vec::new() },
        contexts: None,
        issued_at: None,
        is_ours: true,
        expires_at: Timestamp::from_secs(9_000_000_000),
    })
}

/// The `seq` of a told or listed message.
pub fn seq(message: &Value) -> u64 {
    message["seq"].as_u64().unwrap_or_else(|| panic!("no seq: {message}"))
}
