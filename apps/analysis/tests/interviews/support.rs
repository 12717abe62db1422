//! The application on a stage, with analyses that are already made.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use access::{Claims, JwksConfig, Leases, Revocations, TokenConfig, Tokens};
use analysis::{Analyses, Limits, Parts};
use appraisal::{Appraiser, Category, Difficulty, Evaluation, Question};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use intelligence::TextProvider;
use model::{ConnectionId, Identity, ManualClock, Timestamp};
use repository::Sources;
use serde_json::{Value, json};
use storage::{Lane, Options, Store};
use tempfile::TempDir;
use testkit::Stage;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use web::Caller;

pub mod model_stub;

/// When it is: `2026-11-29T12:00:00Z`.
pub const NOON: Timestamp = Timestamp::from_secs(1_795_953_600);
/// Questions of an analysis.
pub const QUESTIONS: usize = 5;
/// An answer that says nothing, so that nothing is asked about it.
pub const VOID: &str = "I do not know.";

const STAGES: [&str; 3] = ["project_review", "intelligence_report", "interview_simulation"];

/// The application on a stage.
pub struct Play {
    pub stage: Stage,
    pub clock: Arc<ManualClock>,
    pub store: Store,
    pub tokens: Arc<Tokens>,
    pub analyses: Arc<Analyses>,
    pub runtime: Arc<Runtime>,
    pub dir: Arc<TempDir>,
    provider: TextProvider,
}

impl Play {
    pub fn new() -> Self {
        Self::with(Limits::default(), TextProvider::Builtin)
    }

    pub fn with(limits: Limits, provider: TextProvider) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let dir = Arc::new(tempfile::tempdir().unwrap());
        Self::open(dir, Arc::new(runtime), limits, provider, NOON)
    }

    fn open(
        dir: Arc<TempDir>,
        runtime: Arc<Runtime>,
        limits: Limits,
        provider: TextProvider,
        now: Timestamp,
    ) -> Self {
        let clock = Arc::new(ManualClock::at(now));
        let migrations = [access::MIGRATIONS, analysis::MIGRATIONS].concat();
        let options = Options { readers: 2, ..Options::default() };
        let path = dir.path().join("store");
        let store = Store::open(&path, &migrations, &options, clock.clone()).unwrap();
        let stage = Stage::new(clock.clone());
        // Nobody answers there.
        let jwks = Some(JwksConfig {
            url: "http://127.0.0.1:9/keys".into(),
            issuer: "https://issuer.example".into(),
            audience: "analysis".into(),
        });
        let config = TokenConfig { secret: b"a secret for tests of thirty-two b".to_vec(), jwks };
        let tokens = Tokens::new(config, Revocations::open(&store).unwrap(), clock.clone());
        let analyses = Analyses::start(Parts {
            store: store.clone(),
            hub: Arc::clone(&stage.hub),
            tokens: Arc::clone(&tokens),
            leases: Leases::new(),
            appraiser: Arc::new(Appraiser::new(&provider, true, clock.clone()).unwrap()),
            sources: Sources::default(),
            data_dir: dir.path().join("clones"),
            limits,
            per_user_per_day: None,
            workers: 1,
            runtime: runtime.handle().clone(),
        });
        let play = Self { stage, clock, store, tokens, analyses, runtime, dir, provider };
        play.catch_up();
        play
    }

    /// Waits until everything that was committed so far was told.
    pub fn catch_up(&self) {
        let nothing = |_: &storage::rusqlite::Transaction<'_>| Ok(());
        self.runtime.block_on(self.store.commit(Lane::Interactive, nothing)).unwrap();
    }

    /// Ends without a word to anybody, as a crash after the last commit would, and opens again an
    /// hour later.
    pub fn crash(self) -> Self {
        let Self { clock, store, runtime, dir, provider, analyses, .. } = self;
        let later = model::Clock::wall(&*clock).plus_millis(3_600_000);
        store.close();
        drop(analyses);
        Self::open(dir, runtime, Limits::default(), provider, later)
    }

    /// An analysis of `owner`'s with so many stages, as the pipeline leaves it.
    pub fn analysis(&self, id: &str, owner: &str, stages: usize) {
        let simulation = json!({"questions": questions(id)}).to_string();
        let state = if stages == 3 { "completed" } else { "processing" };
        self.execute(
            "INSERT INTO analyses(id, owner_id, repository_url, name, state, created_at)
             VALUES (?1, ?2, 'https://github.com/a/b', 'b', ?3, 0)",
            [id, owner, state].map(str::to_owned),
        );
        for number in 1..=stages {
            let content = if number == 3 { simulation.clone() } else { "{}".to_owned() };
            self.execute(
                "INSERT INTO analysis_stages(analysis_id, stage, provider, content)
                 VALUES (?1, CAST(?2 AS INTEGER), 'builtin', ?3)",
                [id.to_owned(), number.to_string(), content],
            );
        }
    }

    /// Runs a statement.
    pub fn execute<const N: usize>(&self, sql: &'static str, values: [String; N]) {
        let write = move |tx: &storage::rusqlite::Transaction<'_>| {
            tx.execute(sql, storage::rusqlite::params_from_iter(&values)).map(drop)
        };
        self.runtime.block_on(self.store.commit(Lane::Interactive, write)).unwrap();
    }

    /// What a query of one number gives.
    pub fn count(&self, sql: &'static str) -> u64 {
        let read =
            move |db: &storage::rusqlite::Connection| db.query_row(sql, [], |row| row.get(0));
        self.runtime.block_on(self.store.read(read)).unwrap()
    }

    /// A connection of `user` whose token stood in the handshake.
    pub fn enter(&mut self, user: &str) -> ConnectionId {
        let identity = identity(user);
        let session = self.analyses.session(Some(Arc::clone(&identity)));
        self.stage.open(Some(identity), session)
    }

    /// A connection that has yet to say who it is.
    pub fn knock(&mut self) -> ConnectionId {
        let session = self.analyses.session(None);
        self.stage.open(None, session)
    }

    pub fn token(&self, user: &str) -> String {
        let claims = Claims {
            user_id: user.into(),
            name: None,
            roles: Vec::new(),
            contexts: None,
            life: Duration::from_secs(3600),
        };
        self.tokens.sign(&claims).unwrap()
    }

    /// Sends a message of this type with this payload.
    pub fn send(&mut self, connection: ConnectionId, kind: &str, payload: Value) {
        let message = json!({"type": kind, "payload": payload});
        self.stage.send(connection, message.to_string());
    }

    /// The same with a request id.
    pub fn send_as(&mut self, connection: ConnectionId, id: &str, kind: &str, payload: Value) {
        let message = json!({"type": kind, "payload": payload, "requestId": id});
        self.stage.send(connection, message.to_string());
    }

    /// The very next message, which has to be of this type; its payload.
    pub fn told(&mut self, connection: ConnectionId, kind: &str) -> Value {
        let mut message = self.stage.next(connection);
        assert_eq!(message["type"], kind, "{message}");
        assert!(message["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "{message}");
        message["payload"].take()
    }

    /// The very next message, which has to be an error of this code; its payload.
    pub fn refused(&mut self, connection: ConnectionId, code: &str) -> Value {
        let error = self.told(connection, "error");
        assert_eq!(error["errorCode"], code, "{error}");
        assert!(error["errorMessage"].as_str().is_some_and(|text| !text.is_empty()), "{error}");
        assert!(error["retryable"].is_boolean(), "{error}");
        error
    }

    /// Starts an interview; its id.
    pub fn start(
        &mut self,
        connection: ConnectionId,
        analysis: &str,
        session_type: &str,
    ) -> String {
        let payload = json!({"analysisId": analysis, "sessionType": session_type});
        self.send(connection, "start_interview", payload);
        text(&self.told(connection, "interview_started")["sessionId"])
    }

    /// Answers a question; the evaluation as it was told.
    pub fn answer(
        &mut self,
        connection: ConnectionId,
        session: &str,
        question: &str,
        answer: &str,
    ) -> Value {
        let payload = json!({"sessionId": session, "questionId": question, "answer": answer});
        self.send(connection, "submit_answer", payload);
        self.told(connection, "answer_evaluated")
    }

    /// Answers all questions of an interview from its first on with [`VOID`]; the summary.
    pub fn finish(&mut self, connection: ConnectionId, session: &str, first: &str) -> Value {
        let mut question = first.to_owned();
        loop {
            let evaluated = self.answer(connection, session, &question, VOID);
            if evaluated["nextAction"] == "complete" {
                return self.told(connection, "interview_complete")["summary"].take();
            }
            question = text(&self.told(connection, "next_question")["questionId"]);
        }
    }

    /// One HTTP request of `user`'s; its status and body.
    pub fn http(&self, user: &str, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let mut request = Request::builder().method(method).uri(path).body(body).unwrap();
        request.extensions_mut().insert(Caller(identity(user)));
        let routes = self.analyses.routes();
        self.runtime.block_on(async {
            let answer = routes.oneshot(request).await.unwrap();
            let status = answer.status();
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
        })
    }

    /// The interview as HTTP shows it.
    pub fn shown(&self, user: &str, session: &str) -> Value {
        let (status, view) = self.http(user, "GET", &interview_path(session), Value::Null);
        assert_eq!(status, StatusCode::OK, "{view}");
        view
    }

    /// Waits until HTTP shows the interview in this status.
    pub fn becomes(&self, user: &str, session: &str, status: &str) {
        let became = (0..3000).any(|_| {
            self.rest(10);
            self.shown(user, session)["status"] == status
        });
        assert!(became, "the interview did not become {status}: {}", self.shown(user, session));
    }

    /// Lets the application's own tasks look at the clock.
    pub fn rest(&self, millis: u64) {
        let rest = Duration::from_millis(millis);
        self.runtime.block_on(async { tokio::time::sleep(rest).await });
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

pub fn interview_path(session: &str) -> String {
    format!("/api/interviews/{session}")
}

pub fn identity(user: &str) -> Arc<Identity> {
    Arc::new(Identity {
        user_id: user.into(),
        username: user.to_uppercase().into(),
        roles: Vec::new(),
        contexts: None,
        issued_at: None,
        is_ours: true,
        expires_at: Timestamp::from_secs(9_000_000_000),
    })
}

pub fn limit(limit: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(limit)
}

pub fn text(value: &Value) -> String {
    assert!(value.is_string(), "not a text: {value}");
    value.as_str().unwrap_or_default().to_owned()
}

/// The first stages, by name.
pub fn stages(count: usize) -> Value {
    json!(STAGES[..count])
}

/// The questions of the analysis `id`, about code that anybody can follow.
pub fn questions(id: &str) -> Vec<Question> {
    let subjects = [
        ("parse_header", "src/header.rs:10-42", "the length is checked before the body is read"),
        ("Cache", "src/cache.rs:5", "entries expire because memory is bounded"),
        ("retry", "src/retry.rs:7-30", "backoff has jitter so that clients do not come at once"),
        ("store", "src/store.rs:1", "one writer serializes commits instead of locks"),
        ("dispatch", "src/dispatch.rs:3-9", "work is spread over shards by the hash of its key"),
    ];
    let categories = [
        Category::Architecture,
        Category::Implementation,
        Category::Tradeoffs,
        Category::Scalability,
    ];
    let difficulties = [Difficulty::Junior, Difficulty::MidLevel, Difficulty::Senior];
    let question = |(number, (name, place, point)): (usize, (&str, &str, &str))| Question {
        question_id: format!("{id}-q{number}"),
        question: format!("Why does `{name}` work the way it does, and what would you change?"),
        category: categories[number % categories.len()],
        difficulty: difficulties[number % difficulties.len()],
        file_references: vec![place.to_owned()],
        key_points: vec![
            format!("`{name}` is built so that {point}."),
            format!("The alternative to `{name}` would be simpler but fail under load."),
            format!("Tests cover `{name}` with truncated and oversized input."),
        ],
    };
    subjects.into_iter().enumerate().map(question).collect()
}

/// The question of this number as it is to be asked.
pub fn asked(id: &str, number: usize) -> Value {
    let question = &questions(id)[number];
    let mut shown = serde_json::to_value(question).unwrap();
    shown.as_object_mut().unwrap().remove("keyPoints");
    shown
}

/// An answer that makes all the points of a question.
pub fn strong(question: &Question) -> String {
    appraisal::example_answer(question)
}

/// What an answer to a question is worth by our rules.
pub fn worth(question: &Question, answer: &str) -> Evaluation {
    let asked = appraisal::Asked { question: &question.question, key_points: &question.key_points };
    appraisal::evaluate(&asked, answer)
}
