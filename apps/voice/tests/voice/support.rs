//! A house: the application on a stage, with people in it.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use access::{Claims, JwksConfig, Leases, RefusedTokens, Revocations, TokenConfig, Tokens};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use http_body_util::BodyExt;
use intelligence::TextProvider;
use intelligence::speech::{Speech, SpeechConfig};
use model::{ConnectionId, Identity, ManualClock, Role, Timestamp};
use serde_json::{Value, json};
use storage::{Options, Store};
use tempfile::TempDir;
use testkit::Stage;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;
use voice::{Handshake, Limits, Parts, Suggester, Voice};
use web::Caller;

/// When it is: `2026-11-29T12:00:00Z`.
pub const NOON: Timestamp = Timestamp::from_secs(1_795_953_600);

/// The application on a stage.
pub struct House {
    pub stage: Stage,
    pub clock: Arc<ManualClock>,
    pub voice: Arc<Voice>,
    pub store: Store,
    pub tokens: Arc<Tokens>,
    pub runtime: Arc<Runtime>,
    directory: Arc<TempDir>,
    limits: Limits,
}

/// What a client got.
#[derive(Clone, Debug, PartialEq)]
pub enum Got {
    /// An event with its payload, and what is attached to it.
    Event(String, Value, Vec<Bytes>),
    /// What it asked for by this number.
    Acknowledged(u64, Value),
    /// The namespace is left.
    Left,
}

impl House {
    /// Without limits.
    pub fn new() -> Self {
        Self::with(Limits::default())
    }

    /// With limits.
    pub fn limited(messages_per_minute: u32, connections_per_user: u32) -> Self {
        Self::with(Limits {
            messages_per_minute: NonZeroU32::new(messages_per_minute),
            max_connections_per_user: NonZeroU32::new(connections_per_user),
            ..Limits::default()
        })
    }

    pub fn with(limits: Limits) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let clock = Arc::new(ManualClock::at(NOON));
        Self::open(Arc::new(TempDir::new().unwrap()), Arc::new(runtime), clock, limits)
    }

    fn open(
        directory: Arc<TempDir>,
        runtime: Arc<Runtime>,
        clock: Arc<ManualClock>,
        limits: Limits,
    ) -> Self {
        let migrations = [access::MIGRATIONS, voice::MIGRATIONS].concat();
        let path: PathBuf = directory.path().join("data");
        let options = Options { readers: 2, ..Options::default() };
        let store = Store::open(&path, &migrations, &options, clock.clone()).unwrap();
        let stage = Stage::new(clock.clone());
        // Nobody answers there.
        let jwks = Some(JwksConfig {
            url: "http://127.0.0.1:9/keys".into(),
            issuer: "https://issuer.example".into(),
            audience: "voice".into(),
        });
        let config = TokenConfig { secret: b"a secret for tests of thirty-two b".to_vec(), jwks };
        let tokens = Tokens::new(config, Revocations::open(&store).unwrap(), clock.clone());
        let voice = Voice::start(Parts {
            store: store.clone(),
            hub: Arc::clone(&stage.hub),
            tokens: Arc::clone(&tokens),
            leases: Leases::new(),
            refused_tokens: RefusedTokens::new(),
            limits,
            suggester: Suggester::new(&TextProvider::Builtin, true, clock.clone()).unwrap(),
            speech: Speech::start(&SpeechConfig::default(), runtime.handle()).unwrap(),
            runtime: runtime.handle().clone(),
        });
        Self { stage, clock, voice, store, tokens, runtime, directory, limits }
    }

    /// Ends without a word to anybody, as a crash after the last commit would, and opens again.
    pub fn crash(self) -> Self {
        let Self { store, runtime, clock, directory, limits, .. } = self;
        store.close();
        Self::open(directory, runtime, clock, limits)
    }

    /// A connection whose handshake brought this, before it enters the namespace.
    pub fn dial(&mut self, handshake: Handshake) -> ConnectionId {
        let session = self.voice.session(handshake);
        let identity = None;
        self.stage.open(identity, session)
    }

    /// A connection of `user`'s in the namespace.
    pub fn connect(&mut self, user: &str) -> ConnectionId {
        let id = self.dial(Some(Ok(identity(user))));
        self.enter(id, Value::Null);
        assert_eq!(self.expect(id, "connection:success")["userId"], user);
        id
    }

    /// Enters the namespace; its answer is taken.
    pub fn enter(&mut self, id: ConnectionId, auth: Value) {
        let auth = if auth.is_null() { String::new() } else { auth.to_string() };
        self.stage.send(id, format!("0/interview,{auth}"));
        let answer = self.text(id);
        assert!(answer.starts_with("40/interview,{\"sid\":"), "{answer}");
    }

    /// The same, in a session.
    pub fn joined(&mut self, user: &str, session: &str) -> ConnectionId {
        let id = self.connect(user);
        self.join(id, session);
        id
    }

    /// Joins a session; its answer.
    pub fn join(&mut self, id: ConnectionId, session: &str) -> Value {
        self.emit(id, "session:join", json!({"sessionId": session}));
        self.expect(id, "session:joined")
    }

    /// Sends an event.
    pub fn emit(&mut self, id: ConnectionId, name: &str, payload: Value) {
        self.stage.send(id, format!("2/interview,{}", json!([name, payload])));
    }

    /// Sends an event and takes its acknowledgement; what comes before it is given too.
    pub fn ask(&mut self, id: ConnectionId, name: &str, payload: Value) -> (Vec<Got>, Value) {
        self.stage.send(id, format!("2/interview,7{}", json!([name, payload])));
        let mut before = Vec::new();
        loop {
            match self.next(id) {
                Got::Acknowledged(7, answer) => return (before, answer),
                got => before.push(got),
            }
        }
    }

    /// Sends an event with one attachment, for which `payload` has the placeholder.
    pub fn emit_binary(&mut self, id: ConnectionId, name: &str, payload: Value, bytes: &[u8]) {
        self.stage.send(id, format!("51-/interview,{}", json!([name, payload])));
        self.stage.send_binary(id, bytes);
    }

    /// The payload of the next event of this name; what comes before it is passed over.
    pub fn expect(&mut self, id: ConnectionId, name: &str) -> Value {
        loop {
            if let Got::Event(named, payload, _) = self.next(id)
                && named == name
            {
                return payload;
            }
        }
    }

    /// The next thing a client gets; waits for it.
    pub fn next(&mut self, id: ConnectionId) -> Got {
        let text = self.text(id);
        let mut more = || self.stage.next_binary(id);
        read(&text, &mut more)
    }

    /// Whatever came so far.
    pub fn received(&mut self, id: ConnectionId) -> Vec<Got> {
        let mut frames = self.stage.received_binary(id).into_iter();
        let mut got = Vec::new();
        while let Some(frame) = frames.next() {
            let text = String::from_utf8(frame.to_vec()).unwrap();
            got.push(read(&text, &mut || frames.next().unwrap()));
        }
        got
    }

    /// The names of the events that came so far.
    pub fn names(&mut self, id: ConnectionId) -> Vec<String> {
        let name = |got| match got {
            Got::Event(name, ..) => name,
            other => panic!("{other:?}"),
        };
        self.received(id).into_iter().map(name).collect()
    }

    fn text(&mut self, id: ConnectionId) -> String {
        String::from_utf8(self.stage.next_binary(id).to_vec()).unwrap()
    }

    /// A token of `user`'s.
    pub fn token(&self, user: &str) -> String {
        let claims = Claims {
            user_id: user.into(),
            name: None,
            roles: Vec::new(),
            contexts: None,
            life: std::time::Duration::from_secs(3600),
        };
        self.tokens.sign(&claims).unwrap()
    }

    /// Sweeps; how many sessions ended.
    pub fn sweep(&self) -> usize {
        self.runtime.block_on(self.voice.sweep()).unwrap()
    }

    /// Time passes; who dropped out for long enough is told of.
    pub fn pass(&mut self, millis: u64) {
        self.clock.advance(std::time::Duration::from_millis(millis));
        self.stage.hub.expire_absences();
        self.stage.settle();
    }

    /// One HTTP request of `user`'s; its status and body.
    pub fn http(&self, user: &str, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let mut request = Request::builder().method(method).uri(path).body(body).unwrap();
        request.extensions_mut().insert(Caller(identity(user)));
        let routes: Router = self.voice.routes();
        self.runtime.block_on(async {
            let answer = routes.oneshot(request).await.unwrap();
            let status = answer.status();
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
        })
    }
}

/// One packet, with what follows it.
fn read(text: &str, more: &mut impl FnMut() -> Bytes) -> Got {
    let (kind, rest) = text.split_once("/interview,").unwrap_or_else(|| panic!("{text}"));
    let json = |text: &str| -> Value {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
    };
    let event = |attachments: Vec<Bytes>| {
        let mut list = json(rest);
        let payload = list[1].take();
        assert!(payload["timestamp"].is_string() || payload["timestamp"].is_number(), "{text}");
        Got::Event(list[0].as_str().unwrap().to_owned(), payload, attachments)
    };
    match kind {
        "41" => Got::Left,
        "42" => event(Vec::new()),
        "451-" => event(vec![more()]),
        "43" => {
            let at = rest.find('[').unwrap();
            Got::Acknowledged(rest[..at].parse().unwrap(), json(&rest[at..])[0].take())
        }
        _ => panic!("{text}"),
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

/// A refusal as an acknowledgement has it.
pub fn refused(code: &str, error: &str) -> Value {
    json!({"ok": false, "error": error, "code": code})
}
