//! A class with a store in a directory of its own.

use std::num::NonZeroU32;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use access::{Claims, JwksConfig, Leases, Revocations, TokenConfig, Tokens};
use conversations::Conversations;
use learning::analytics::{self, Analytics};
use learning::{Learning, Limits, Parts};
use model::{ConnectionId, Identity, ManualClock, Role, Timestamp};
use serde_json::{Value, json};
use storage::{Options, Store};
use tempfile::TempDir;
use testkit::Stage;
use tokio::runtime::{Builder, Runtime};

/// When it is: `2026-11-29T12:00:00Z`.
pub const NOON: Timestamp = Timestamp::from_secs(1_795_953_600);

pub struct Class {
    pub stage: Stage,
    pub clock: Arc<ManualClock>,
    pub store: Store,
    pub conversations: Arc<Conversations>,
    pub tokens: Arc<Tokens>,
    pub analytics: Arc<Analytics>,
    pub learning: Arc<Learning>,
    runtime: Runtime,
    _dir: TempDir,
}

impl Class {
    pub fn new() -> Self {
        Self::with(Limits::default(), &Options::default())
    }

    pub fn with_limits(limits: Limits) -> Self {
        Self::with(limits, &Options::default())
    }

    pub fn with(limits: Limits, options: &Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(NOON));
        let migrations =
            [access::MIGRATIONS, conversations::MIGRATIONS, learning::MIGRATIONS].concat();
        let store = Store::open(dir.path(), &migrations, options, clock.clone()).unwrap();
        let stage = Stage::new(clock.clone());
        let conversations = Conversations::open(store.clone(), Arc::clone(&stage.hub)).unwrap();
        // Nobody answers there.
        let jwks = Some(JwksConfig {
            url: "http://127.0.0.1:9/keys".into(),
            issuer: "https://issuer.example".into(),
            audience: "class".into(),
        });
        let config = TokenConfig { secret: b"a secret for tests of thirty-two b".to_vec(), jwks };
        let tokens = Tokens::new(config, Revocations::open(&store).unwrap(), clock.clone());
        let runtime = Builder::new_multi_thread().enable_all().max_blocking_threads(1).build();
        let runtime = runtime.unwrap();
        let analytics = Analytics::start(analytics::Parts {
            store: store.clone(),
            hub: Arc::clone(&stage.hub),
            metrics: Vec::new(),
            runtime: runtime.handle().clone(),
        })
        .unwrap();
        let learning = Learning::start(Parts {
            store: store.clone(),
            hub: Arc::clone(&stage.hub),
            conversations: Arc::clone(&conversations),
            analytics: Arc::clone(&analytics),
            tokens: Arc::clone(&tokens),
            leases: Leases::new(),
            limits,
            runtime: runtime.handle().clone(),
        });
        Self { stage, clock, store, conversations, tokens, analytics, learning, runtime, _dir: dir }
    }

    /// A connection of `user` whose token stood in the handshake.
    pub fn enter(&mut self, user: &str, context: &str) -> ConnectionId {
        self.enter_as(identity(user), Some(context))
    }

    pub fn enter_as(&mut self, identity: Identity, context: Option<&str>) -> ConnectionId {
        let identity = Arc::new(identity);
        let session = self.learning.chat(Some(Arc::clone(&identity)), context);
        self.stage.open(Some(identity), session)
    }

    /// A connection of `user` to the documents.
    pub fn sit_down(&mut self, user: &str) -> ConnectionId {
        self.sit_down_as(identity(user), None)
    }

    pub fn sit_down_as(&mut self, identity: Identity, context: Option<&str>) -> ConnectionId {
        let identity = Arc::new(identity);
        let session = self.learning.collaboration(Some(Arc::clone(&identity)), context);
        self.stage.open(Some(identity), session)
    }

    /// A connection that has yet to say who it is.
    pub fn knock(&mut self) -> ConnectionId {
        let session = self.learning.chat(None, None);
        self.stage.open(None, session)
    }

    pub fn token(&self, user: &str, contexts: Option<&[&str]>) -> String {
        let claims = Claims {
            user_id: user.into(),
            name: Some(user.to_uppercase()),
            roles: Vec::new(),
            contexts: contexts.map(|all| all.iter().map(ToString::to_string).collect()),
            life: Duration::from_secs(3600),
        };
        self.tokens.sign(&claims).unwrap()
    }

    /// Sends a message of this type with this data.
    pub fn send(&mut self, connection: ConnectionId, kind: &str, data: Value) {
        self.stage.send(connection, json!({"type": kind, "data": data}).to_string());
    }

    /// The same with an id.
    pub fn send_as(&mut self, connection: ConnectionId, id: &str, kind: &str, data: Value) {
        self.stage.send(connection, json!({"type": kind, "id": id, "data": data}).to_string());
    }

    pub fn send_raw(&mut self, connection: ConnectionId, message: &Value) {
        self.stage.send(connection, message.to_string());
    }

    /// The very next message, which has to be an error of this code.
    pub fn refused(&mut self, connection: ConnectionId, code: &str) -> Value {
        let error = self.stage.next(connection);
        assert_eq!(
            (&error["type"], &error["data"]["code"]),
            (&json!("error"), &json!(code)),
            "{error}"
        );
        assert!(error["error"].as_str().is_some_and(|text| !text.is_empty()), "{error}");
        error
    }

    /// Lets nothing long be done, such as to write down a text, until what is returned is dropped.
    pub fn hold_up(&self) -> mpsc::Sender<()> {
        let (release, released) = mpsc::channel();
        self.runtime.spawn_blocking(move || released.recv().is_ok());
        release
    }

    pub fn wait<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

pub fn identity(user: &str) -> Identity {
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

pub fn admin(user: &str) -> Identity {
    Identity { roles: vec![Role::Admin], ..identity(user) }
}

pub fn limited_to(user: &str, contexts: &[&str]) -> Identity {
    let contexts = contexts.iter().map(ToString::to_string).collect();
    Identity { contexts: Some(contexts), ..identity(user) }
}

pub fn limit(limit: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(limit)
}
