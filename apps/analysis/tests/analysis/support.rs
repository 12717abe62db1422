//! A play: the application on a stage, with people, repositories and, where asked for, a model.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ::repository::Sources;
use access::{Leases, Revocations, TokenConfig, Tokens};
use analysis::{Analyses, Limits, Parts};
use appraisal::Appraiser;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use intelligence::{OpenaiConfig, TextProvider};
use model::{Clock, ConnectionId, Identity, ManualClock, Role, Timestamp};
use serde_json::{Value, json};
use storage::{Options, StorageError, Store};
use tempfile::TempDir;
use testkit::Stage;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use web::Caller;

use crate::support::model_stub::Model;
pub use crate::support::repository::{Repository, SMALL};

pub mod model_stub;
mod repository;

/// How a play is set up.
#[derive(Clone)]
pub struct Setting {
    pub provider: TextProvider,
    pub fallback: bool,
    pub workers: usize,
    pub per_day: u32,
    pub limits: Limits,
    pub sources: Sources,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            provider: TextProvider::Builtin,
            fallback: true,
            workers: 1,
            per_day: 0,
            limits: Limits::default(),
            sources: Sources { hosts: Vec::new(), ..Sources::default() },
        }
    }
}

impl Setting {
    /// Stages are asked of `model`; rules stand in for it.
    pub fn asking(model: &Model) -> Self {
        let config = OpenaiConfig {
            base_url: model.base_url(),
            api_key: None,
            model: "stub".into(),
            deadline: Duration::from_secs(300),
        };
        Self { provider: TextProvider::Openai(config), ..Self::default() }
    }
}

/// The application on a stage.
pub struct Play {
    pub stage: Stage,
    pub analyses: Arc<Analyses>,
    pub clock: Arc<ManualClock>,
    pub store: Store,
    pub runtime: Runtime,
    pub directory: Arc<TempDir>,
    pub setting: Setting,
}

impl Play {
    /// With rules, one worker and no limits.
    pub fn new() -> Self {
        Self::with(Setting::default())
    }

    pub fn with(setting: Setting) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_800_000_000)));
        Self::open(Arc::new(TempDir::new().unwrap()), clock, setting)
    }

    fn open(directory: Arc<TempDir>, clock: Arc<ManualClock>, mut setting: Setting) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let clock_of_all: Arc<dyn Clock> = clock.clone();
        let migrations = [access::MIGRATIONS, analysis::MIGRATIONS].concat();
        let options = Options { readers: 2, ..Options::default() };
        let data = directory.path().join("data");
        let store = open_store(&runtime, || {
            Store::open(&data, &migrations, &options, Arc::clone(&clock_of_all))
        });
        let stage = Stage::new(Arc::clone(&clock_of_all));
        let config =
            TokenConfig { secret: b"a secret for tests of thirty-two b".to_vec(), jwks: None };
        let revocations = Revocations::open(&store).unwrap();
        let appraiser = Appraiser::new(&setting.provider, setting.fallback, clock.clone()).unwrap();
        let root = directory.path().join("repositories");
        std::fs::create_dir_all(&root).unwrap();
        setting.sources.local_roots = vec![root];
        let analyses = Analyses::start(Parts {
            store: store.clone(),
            hub: Arc::clone(&stage.hub),
            tokens: Tokens::new(config, revocations, Arc::clone(&clock_of_all)),
            leases: Leases::new(),
            appraiser: Arc::new(appraiser),
            sources: setting.sources.clone(),
            data_dir: directory.path().join("clones"),
            limits: setting.limits,
            per_user_per_day: NonZeroU32::new(setting.per_day),
            workers: setting.workers,
            runtime: runtime.handle().clone(),
        });
        Self { stage, analyses, clock, store, runtime, directory, setting }
    }

    /// Ends without a word to anybody, as a crash after the last commit would, and opens again.
    pub fn crash(self) -> Self {
        let setting = self.setting.clone();
        self.crash_into(setting)
    }

    /// The same, set up otherwise.
    pub fn crash_into(self, setting: Setting) -> Self {
        let Self { store, runtime, directory, clock, .. } = self;
        // What runs stands still before the store closes: nothing is tidied up.
        runtime.shutdown_background();
        store.close();
        drop(store);
        Self::open(directory, clock, setting)
    }

    /// Where local repositories are.
    pub fn root(&self) -> PathBuf {
        self.directory.path().join("repositories")
    }

    /// Where what was fetched is.
    pub fn clones(&self) -> PathBuf {
        self.directory.path().join("clones")
    }

    /// A local repository with one commit of these files; and its path, as one would ask for it.
    pub fn repository(&self, name: &str, files: &[(&str, &str)]) -> (Repository, String) {
        let repository = Repository::empty(&self.root().join(name));
        repository.commit(files);
        let path = repository.0.to_str().unwrap().to_owned();
        (repository, path)
    }

    /// Asks for an analysis; its id.
    pub fn ask(&self, user: &str, url: &str) -> String {
        let (status, begun) =
            self.http(user, "POST", "/api/analyze", json!({"repositoryUrl": url}));
        assert_eq!(status, StatusCode::ACCEPTED, "{begun}");
        begun["analysisId"].as_str().unwrap().to_owned()
    }

    /// A completed analysis of a small repository of `user`'s.
    pub fn analyzed(&self, user: &str) -> String {
        let (_, path) = self.repository(&format!("small-of-{user}"), SMALL);
        let id = self.ask(user, &path);
        let status = self.over(user, &id);
        assert_eq!(status["status"], "completed", "{status}");
        id
    }

    /// Waits until the analysis is over; its status then.
    pub fn over(&self, user: &str, id: &str) -> Value {
        self.until(user, id, |status| {
            ["completed", "failed"].map(Some).contains(&status["status"].as_str())
        })
    }

    /// Waits until its status is as wanted.
    pub fn until(&self, user: &str, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let path = format!("/api/analysis/{id}/status");
        self.wait(|| {
            let (code, status) = self.http(user, "GET", &path, Value::Null);
            assert_eq!(code, StatusCode::OK, "{status}");
            wanted(&status).then_some(status)
        })
    }

    /// Tries until there is something; the test fails when nothing comes.
    pub fn wait<T>(&self, mut found: impl FnMut() -> Option<T>) -> T {
        let pause = Duration::from_millis(5);
        let tries = testkit::PATIENCE.as_millis() / pause.as_millis();
        for _ in 0..tries {
            if let Some(found) = found() {
                return found;
            }
            self.runtime.block_on(async { tokio::time::sleep(pause).await });
        }
        panic!("what is waited for did not come");
    }

    /// The analysis, whole.
    pub fn show(&self, user: &str, id: &str) -> Value {
        let (status, shown) = self.http(user, "GET", &format!("/api/analysis/{id}"), Value::Null);
        assert_eq!(status, StatusCode::OK, "{shown}");
        shown
    }

    /// A connection of `user`'s.
    pub fn connect(&mut self, user: &str) -> ConnectionId {
        let identity = identity(user);
        let session = self.analyses.session(Some(Arc::clone(&identity)));
        self.stage.open(Some(identity), session)
    }

    /// Sends a message of the protocol.
    pub fn say(&mut self, connection: ConnectionId, kind: &str, payload: Value) {
        self.stage.send(connection, json!({"type": kind, "payload": payload}).to_string());
    }

    /// A connection of `user`'s that hears of the analysis; and what it was confirmed.
    pub fn subscribed(&mut self, user: &str, id: &str) -> (ConnectionId, Value) {
        let connection = self.connect(user);
        self.say(connection, "subscribe_analysis", json!({"analysisId": id}));
        let confirmed = self.stage.next(connection);
        assert_eq!(confirmed["type"], "subscription_confirmed", "{confirmed}");
        (connection, confirmed["payload"].clone())
    }

    /// One HTTP request of `user`'s; its status and body.
    pub fn http(&self, user: &str, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let answer = self.respond(user, method, path, body);
        let status = answer.status();
        let body = self.runtime.block_on(answer.into_body().collect()).unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// The same, with its headers.
    pub fn respond(&self, user: &str, method: &str, path: &str, body: Value) -> Response<Body> {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let mut request = Request::builder().method(method).uri(path).body(body).unwrap();
        request.extensions_mut().insert(Caller(identity(user)));
        let routes: Router = self.analyses.routes();
        self.runtime.block_on(routes.oneshot(request)).unwrap()
    }

    /// Every table row that has to do with an analysis, counted by table.
    pub fn rows_of(&self, id: &str) -> Vec<(&'static str, usize)> {
        let id = id.to_owned();
        let tables = [
            ("analyses", "id"),
            ("analysis_stages", "analysis_id"),
            ("analysis_interviews", "analysis_id"),
        ];
        let read = self.store.read(move |db| {
            let count = |(table, column): (&'static str, &str)| {
                let sql = format!("SELECT count(*) FROM {table} WHERE {column} = ?1");
                Ok((table, db.query_row(&sql, [&id], |row| row.get(0))?))
            };
            tables.into_iter().map(count).collect()
        });
        self.runtime.block_on(read).unwrap()
    }
}

/// Opens the store. Tests run side by side and start processes, each of which holds the lock of every
/// store for the moment between its fork and its exec.
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
