//! The routes without sockets: requests in, responses out.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use access::{Leases, RefusedTokens, Revocations, TokenConfig, Tokens};
use analysis::Analyses;
use appraisal::Appraiser;
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use axum::response::Response;
use conversations::Conversations;
use deals::Deals;
use deals::integrations::Integrations;
use http_body_util::BodyExt;
use hub::{Connection, Hub, Outlet};
use intelligence::TextProvider;
use intelligence::speech::{Speech, SpeechConfig};
use learning::Learning;
use learning::analytics::Analytics;
use model::{Clock, ConnectionId, Identity, ManualClock, Role, Timestamp};
use serde_json::{Value, json};
use sessions::{Agents, Sessions};
use storage::{Options, Store};
use testkit::Recorder;
use tokio::runtime::Handle;
use tower::ServiceExt;
use transport::Gate;
use voice::{Suggester, Voice};
use web::Caller;

use super::*;
use crate::config::Config;

/// All routes over an empty server.
struct Stage {
    router: Router,
    hub: Arc<Hub>,
    recorder: Arc<Recorder>,
    administration: Arc<Administration>,
    readiness: Arc<Readiness>,
    _folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(Timestamp::from_secs(1_000)));
        let migrations = [
            access::MIGRATIONS,
            conversations::MIGRATIONS,
            sessions::MIGRATIONS,
            analysis::MIGRATIONS,
            deals::MIGRATIONS,
            learning::MIGRATIONS,
            voice::MIGRATIONS,
        ]
        .concat();
        let options = Options::default();
        let store = Store::open(folder.path(), &migrations, &options, Arc::clone(&clock)).unwrap();
        let recorder = Recorder::new();
        let outlet: Arc<dyn Outlet> = Arc::<Recorder>::clone(&recorder);
        let hub = Hub::new(outlet, Arc::clone(&clock));
        let readiness = Arc::new(Readiness::default());
        let revocations = Revocations::open(&store).unwrap();
        let limits = Config::defaults().limits;
        let administration =
            Arc::new(Administration::new(Arc::clone(&hub), Arc::clone(&revocations), limits));
        let appraiser = Appraiser::new(&TextProvider::Builtin, true, Arc::clone(&clock));
        let appraiser = Arc::new(appraiser.unwrap());
        let sources = Sources {
            analyses: analyses(&store, &hub, &revocations, &appraiser, folder.path()),
            appraiser,
            deals: deals(&store, &hub, &revocations),
            learning: class(&store, &hub, &revocations),
            gate: Gate::new(1),
            hub: Arc::clone(&hub),
            sessions: sessions(&store, &hub),
            voice: voice(&store, &hub, &revocations),
            speech: Speech::start(&SpeechConfig::default(), &Handle::current()).unwrap(),
            store,
            readiness: Arc::clone(&readiness),
            started: clock.monotonic(),
        };
        let parts = Parts {
            sources: Arc::new(sources),
            administration: Arc::clone(&administration),
            sign_in: Some(Arc::new(SignIn {
                sign: Box::new(|name| Ok(format!("token of {name}"))),
            })),
            body_bytes_max: 1024,
        };
        let router = router(parts, Router::new());
        Self { router, hub, recorder, administration, readiness, _folder: folder }
    }

    /// A connection of `user`, whose token was issued at `issued_at`.
    fn connect(&self, slot: u32, user: &str, issued_at: i64) -> ConnectionId {
        let id = ConnectionId::new(0, slot, 1);
        let address = IpAddr::from([203, 0, 113, 7]);
        let at = Timestamp::from_secs(1_000);
        let connection = Connection::new(id, "sessions", at, address, Some("wscat".into()));
        connection.identify(Arc::new(identity(user, issued_at, Vec::new())));
        self.hub.connections().insert(Arc::new(connection));
        id
    }

    async fn send(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Status and JSON of an answer to an administrator.
    async fn ask(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder().method(method).uri(path);
        let caller = Caller(Arc::new(identity("ops", 900, vec![Role::Admin])));
        json_of(self.send(request.extension(caller).body(body).unwrap()).await).await
    }
}

fn sessions(store: &Store, hub: &Arc<Hub>) -> Arc<Sessions> {
    let clock = Arc::clone(hub.clock());
    Sessions::start(sessions::Parts {
        store: store.clone(),
        hub: Arc::clone(hub),
        conversations: Conversations::open(store.clone(), Arc::clone(hub)).unwrap(),
        agents: Agents::new(&TextProvider::Builtin, true, clock).unwrap(),
        limits: sessions::Limits::default(),
        runtime: Handle::current(),
    })
}

fn voice(store: &Store, hub: &Arc<Hub>, revocations: &Arc<Revocations>) -> Arc<Voice> {
    let (clock, believed) = (hub.clock(), TokenConfig { secret: b"secret".to_vec(), jwks: None });
    Voice::start(voice::Parts {
        store: store.clone(),
        hub: Arc::clone(hub),
        tokens: Tokens::new(believed, Arc::clone(revocations), Arc::clone(clock)),
        leases: Leases::new(),
        refused_tokens: RefusedTokens::new(),
        limits: voice::Limits::default(),
        suggester: Suggester::new(&TextProvider::Builtin, true, Arc::clone(clock)).unwrap(),
        speech: Speech::start(&SpeechConfig::default(), &Handle::current()).unwrap(),
        runtime: Handle::current(),
    })
}

fn class(store: &Store, hub: &Arc<Hub>, revocations: &Arc<Revocations>) -> Arc<Learning> {
    let believed = TokenConfig { secret: b"secret".to_vec(), jwks: None };
    let analytics = Analytics::start(learning::analytics::Parts {
        store: store.clone(),
        hub: Arc::clone(hub),
        metrics: Vec::new(),
        runtime: Handle::current(),
    });
    Learning::start(learning::Parts {
        store: store.clone(),
        hub: Arc::clone(hub),
        conversations: Conversations::open(store.clone(), Arc::clone(hub)).unwrap(),
        analytics: analytics.unwrap(),
        tokens: Tokens::new(believed, Arc::clone(revocations), Arc::clone(hub.clock())),
        leases: Leases::new(),
        limits: learning::Limits::default(),
        runtime: Handle::current(),
    })
}

fn deals(store: &Store, hub: &Arc<Hub>, revocations: &Arc<Revocations>) -> Arc<Deals> {
    let clock = Arc::clone(hub.clock());
    let believed = TokenConfig { secret: b"secret".to_vec(), jwks: None };
    let calls = deals::integrations::Config {
        routes: Vec::new(),
        secret: None,
        deadline: Duration::from_secs(1),
        concurrency: 1,
    };
    let runtime = Handle::current();
    Deals::start(deals::Parts {
        store: store.clone(),
        hub: Arc::clone(hub),
        conversations: Conversations::open(store.clone(), Arc::clone(hub)).unwrap(),
        tokens: Tokens::new(believed, Arc::clone(revocations), Arc::clone(&clock)),
        revocations: Arc::clone(revocations),
        token_life: Duration::from_secs(60),
        limits: deals::Limits::default(),
        rooms: deals::RoomPolicy::Open,
        integrations: Integrations::new(calls, runtime.clone(), clock).unwrap(),
        runtime,
    })
}

fn analyses(
    store: &Store,
    hub: &Arc<Hub>,
    revocations: &Arc<Revocations>,
    appraiser: &Arc<Appraiser>,
    folder: &Path,
) -> Arc<Analyses> {
    let clock = hub.clock();
    let config = TokenConfig { secret: b"a secret of these tests alone".to_vec(), jwks: None };
    Analyses::start(analysis::Parts {
        store: store.clone(),
        hub: Arc::clone(hub),
        tokens: Tokens::new(config, Arc::clone(revocations), Arc::clone(clock)),
        leases: Leases::new(),
        appraiser: Arc::clone(appraiser),
        sources: repository::Sources::default(),
        data_dir: folder.join("analysis"),
        limits: analysis::Limits::default(),
        per_user_per_day: None,
        workers: 1,
        runtime: Handle::current(),
    })
}

fn identity(user: &str, issued_at: i64, roles: Vec<Role>) -> Identity {
    Identity {
        user_id: user.into(),
        username: user.to_uppercase().into(),
        roles,
        contexts: None,
        issued_at: Some(Timestamp::from_secs(issued_at)),
        is_ours: true,
        expires_at: Timestamp::from_secs(9_000),
    }
}

async fn text_of(response: Response) -> (StatusCode, String) {
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

async fn json_of(response: Response) -> (StatusCode, Value) {
    let (status, text) = text_of(response).await;
    (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() })
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn what_is_no_route_and_a_method_no_route_takes_are_answered_as_every_error() {
    let stage = Stage::new();
    let (status, error) = json_of(stage.send(get("/nothing")).await).await;
    assert_eq!((status.as_u16(), &error["error"]), (404, &json!("NOT_FOUND")));
    assert_eq!(error["statusCode"], 404);
    let request = Request::post("/healthz").body(Body::empty()).unwrap();
    let response = stage.send(request).await;
    assert_eq!(response.headers()[header::ALLOW], "GET,HEAD");
    let (status, error) = json_of(response).await;
    assert_eq!((status.as_u16(), &error["error"]), (405, &json!("METHOD_NOT_ALLOWED")));
}

#[tokio::test]
async fn an_address_that_speaks_websocket_says_so() {
    let stage = Stage::new();
    for path in
        ["/api/chat/ws", "/ws/sessions/1", "/api/ws/sessions/1", "/api/collaboration/yjs/plan"]
    {
        let response = stage.send(get(path)).await;
        assert_eq!(response.headers()[header::UPGRADE], "websocket");
        let (status, error) = json_of(response).await;
        assert_eq!((status.as_u16(), &error["error"]), (426, &json!("UPGRADE_REQUIRED")));
    }
}

#[tokio::test]
async fn the_server_is_ready_until_it_drains_and_alive_all_the_time() {
    let stage = Stage::new();
    assert_eq!(json_of(stage.send(get("/readyz")).await).await.0, StatusCode::OK);
    stage.readiness.drain();
    let (status, error) = json_of(stage.send(get("/readyz")).await).await;
    assert_eq!((status.as_u16(), &error["status"]), (503, &json!("draining")));
    assert_eq!(json_of(stage.send(get("/healthz")).await).await.1, json!({"status": "ok"}));
}

#[tokio::test]
async fn metrics_are_openmetrics_text_with_every_family_described_once() {
    let stage = Stage::new();
    stage.connect(1, "ann", 900);
    let response = stage.send(get("/metrics")).await;
    let form = response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
    assert!(form.starts_with("application/openmetrics-text"), "{form}");
    let (_, text) = text_of(response).await;
    assert!(text.ends_with("# EOF\n"), "{text}");
    for line in [
        "quintet_ready 1",
        "quintet_connections{application=\"sessions\"} 1",
        "quintet_deliveries_total 0",
        "quintet_storage_waiting{queue=\"bulk\"} ",
        "quintet_storage_commit_seconds_bucket{le=\"0.005\"} ",
        "quintet_storage_commit_seconds_bucket{le=\"+Inf\"} ",
        "quintet_analyses_ended_total{outcome=\"completed\"} 0",
        "quintet_agent_questions_total{outcome=\"failed\"} 0",
        "quintet_voice_sessions 0",
        "quintet_voice_chunks_total 0",
        "quintet_provider_calls_total{provider=\"builtin\"} 0",
        "quintet_provider_seconds_total{provider=\"openai\"} 0.0",
    ] {
        assert!(text.lines().any(|it| it.starts_with(line)), "{line} is missing in\n{text}");
    }
    let mut described: Vec<_> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
    let count = described.len();
    described.sort_unstable();
    described.dedup();
    assert_eq!(described.len(), count);
    assert!(!text.contains("ann"), "no label names a user");
}

#[tokio::test]
async fn administration_is_for_administrators() {
    let stage = Stage::new();
    let (status, error) = json_of(stage.send(get("/api/connections")).await).await;
    assert_eq!((status.as_u16(), &error["error"]), (401, &json!("UNAUTHORIZED")));
    let caller = Caller(Arc::new(identity("ann", 900, vec![Role::Publisher])));
    for path in ["/api/connections", "/api/stats", "/api/limits"] {
        let request = Request::get(path).extension(caller.clone()).body(Body::empty()).unwrap();
        let (status, error) = json_of(stage.send(request).await).await;
        assert_eq!((status.as_u16(), &error["error"]), (403, &json!("FORBIDDEN")), "{path}");
    }
}

#[tokio::test]
async fn connections_are_listed_in_pages_and_by_what_is_asked_for() {
    let stage = Stage::new();
    for slot in 0..5 {
        stage.connect(slot, if slot == 3 { "bob" } else { "ann" }, 900);
    }
    let mut path = "/api/connections?userId=ann&limit=3".to_owned();
    let mut listed = Vec::new();
    loop {
        let (_, page) = stage.ask(Method::GET, &path, Value::Null).await;
        listed.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/api/connections?userId=ann&limit=3&cursor={cursor}");
    }
    assert_eq!(listed.len(), 4);
    let expected = json!({
        "connectionId": ConnectionId::new(0, 0, 1).to_string(),
        "userId": "ann",
        "username": "ANN",
        "application": "sessions",
        "rooms": [],
        "connectedAt": "1970-01-01T00:16:40.000Z",
        "lastActiveAt": "1970-01-01T00:16:40.000Z",
        "sourceIp": "203.0.113.7",
        "userAgent": "wscat",
    });
    assert_eq!(listed[0], expected);
    let (_, none) = stage.ask(Method::GET, "/api/connections?room=chat:math", Value::Null).await;
    assert_eq!(none, json!({"items": [], "nextCursor": null}));
    let (status, _) = stage.ask(Method::GET, "/api/connections?limit=0", Value::Null).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn connections_are_ended_by_id_and_by_user() {
    let stage = Stage::new();
    let (one, _, _) =
        (stage.connect(1, "ann", 900), stage.connect(2, "ann", 900), stage.connect(3, "bob", 900));
    let path = format!("/api/connections/{one}");
    assert_eq!(stage.ask(Method::DELETE, &path, Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(stage.recorder.take().len(), 1);
    for gone in ["0000000000000000", "nonsense"] {
        let path = format!("/api/connections/{gone}");
        assert_eq!(stage.ask(Method::DELETE, &path, Value::Null).await.0, StatusCode::NOT_FOUND);
    }
    let (_, ended) = stage.ask(Method::POST, "/api/users/ann/disconnect", Value::Null).await;
    assert_eq!(ended, json!({"userId": "ann", "disconnected": 2}));
    let closes = stage.recorder.take();
    assert!(closes.iter().all(|item| testkit::describe(item).contains("1000")));
    assert_eq!(closes.len(), 2);
}

#[tokio::test]
async fn a_revocation_ends_connections_with_older_tokens_also_those_just_opening() {
    let stage = Stage::new();
    stage.connect(1, "ann", 900);
    stage.connect(2, "ann", 950);
    stage.connect(3, "bob", 900);
    let before = json!({"userId": "ann", "issuedBefore": "1970-01-01T00:15:20Z"});
    let (status, answer) = stage.ask(Method::POST, "/api/tokens/revoke", before).await;
    assert_eq!((status, &answer["disconnected"]), (StatusCode::OK, &json!(1)));
    let closes = stage.recorder.take();
    assert_eq!(closes.len(), 1);
    assert!(testkit::describe(&closes[0]).contains("Revoked"));
    stage.hub.connections().remove(ConnectionId::new(0, 1, 1));
    stage.administration.end_latecomers();
    assert!(stage.recorder.take().is_empty());
    stage.connect(4, "ann", 900);
    stage.administration.end_latecomers();
    assert_eq!(stage.recorder.take().len(), 1);
    for (field, body) in [
        ("userId", json!({"issuedBefore": "1970-01-01T00:15:20Z"})),
        ("userId", json!({"userId": ""})),
        ("issuedBefore", json!({"userId": "ann", "issuedBefore": "yesterday"})),
    ] {
        let (status, error) = stage.ask(Method::POST, "/api/tokens/revoke", body).await;
        assert_eq!((status.as_u16(), &error["field"]), (400, &json!(field)));
    }
}

#[tokio::test]
async fn limits_and_counts_are_shown_to_administrators() {
    let stage = Stage::new();
    let (_, limits) = stage.ask(Method::GET, "/api/limits", Value::Null).await;
    assert_eq!(limits["sessions"]["maxConnectionsPerUser"], 3);
    assert_eq!(limits["learning"]["idleTimeoutSeconds"], Value::Null);
    assert_eq!(limits["deals"]["idleTimeoutSeconds"], 600.0);
    stage.connect(1, "ann", 900);
    let (_, stats) = stage.ask(Method::GET, "/api/stats", Value::Null).await;
    assert_eq!(stats["connections"], json!({"total": 1, "byApplication": {"sessions": 1}}));
    assert_eq!(stats["status"], "ready");
}

#[tokio::test]
async fn signing_in_by_name_is_for_this_machine_alone() {
    let stage = Stage::new();
    let sign_in = |peer: [u8; 4], host: &str, forwarded: bool, body: &str| {
        let client = Client { address: peer.into(), peer: peer.into() };
        let mut request =
            Request::post("/api/dev/sign-in").header(header::HOST, host).extension(client);
        if forwarded {
            request = request.header("x-forwarded-for", "127.0.0.1");
        }
        stage.send(request.body(Body::from(body.to_owned())).unwrap())
    };
    let (here, name) = ([127, 0, 0, 1], r#"{"name": " Ann "}"#);
    let (status, answer) = json_of(sign_in(here, "localhost:8000", false, name).await).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer, json!({"token": "token of Ann", "userId": "Ann", "name": "Ann"}));
    for (peer, host, forwarded) in [
        ([203, 0, 113, 7], "localhost:8000", false),
        (here, "localhost:8000", true),
        (here, "evil.example", false),
        (here, "127.0.0.1.evil.example", false),
    ] {
        let (status, _) = json_of(sign_in(peer, host, forwarded, name).await).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{peer:?} {host}");
    }
    let (status, error) = json_of(sign_in(here, "[::1]:8000", false, "{}").await).await;
    assert_eq!((status.as_u16(), &error["field"]), (400, &json!("name")));
}

#[tokio::test]
async fn a_body_past_the_limit_is_refused() {
    let stage = Stage::new();
    let body = json!({"userId": "x".repeat(2000)});
    let (status, error) = stage.ask(Method::POST, "/api/tokens/revoke", body).await;
    assert_eq!((status.as_u16(), &error["error"]), (413, &json!("MESSAGE_TOO_LARGE")));
}

#[tokio::test]
async fn documents_and_the_front_page_are_json() {
    let stage = Stage::new();
    for path in ["/", "/openapi.json", "/asyncapi.json"] {
        let (status, document) = json_of(stage.send(get(path)).await).await;
        assert!(status.is_success() && document.is_object(), "{path}");
    }
}
