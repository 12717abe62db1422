//! The door without sockets: requests in, answers out.

mod logs;
mod management;
mod voice;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use access::{Claims, RefusedTokens, Revocations, TokenConfig};
use axum::body::Body;
use axum::routing::{get, post};
use http::{HeaderValue, Response, header};
use hub::{Connection, Item};
use model::{Clock, CloseReason, ConnectionId, ManualClock, Timestamp};
use serde_json::Value;
use storage::{Options, Store};
use tempfile::TempDir;
use testkit::Recorder;
use transport::Admission;
use web::Caller;

use super::*;
use crate::config::{Flag, Inputs};

const SECRET: &[u8] = b"a secret of more than thirty-two bytes";
const ORIGIN: &str = "http://localhost:3000";

/// A door, and what lies around it.
struct Scene {
    inside: Arc<Inside>,
    tokens: Arc<Tokens>,
    revocations: Arc<Revocations>,
    clock: Arc<ManualClock>,
    hub: Arc<Hub>,
    outlet: Arc<Recorder>,
    /// What the applications were asked to open.
    opened: Arc<Mutex<Vec<String>>>,
    _folder: TempDir,
}

impl Scene {
    /// A door with these keys of the configuration set.
    fn with(keys: &[(&'static str, &str)]) -> Self {
        let flags = keys
            .iter()
            .map(|(key, text)| Flag { name: key, key, text: (*text).to_owned() })
            .collect();
        let config = Config::load(&Inputs { flags, ..Inputs::default() }).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_800_000_000)));
        let store =
            Store::open(folder.path(), access::MIGRATIONS, &Options::default(), clock.clone());
        let revocations = Revocations::open(&store.unwrap()).unwrap();
        let believed = TokenConfig { secret: SECRET.to_vec(), jwks: None };
        let tokens = Tokens::new(believed, Arc::clone(&revocations), clock.clone());
        let outlet = Recorder::new();
        let hub = Hub::new(Arc::<Recorder>::clone(&outlet), clock.clone());
        let opened = Arc::new(Mutex::new(Vec::new()));
        let parts = Parts {
            hub: Arc::clone(&hub),
            tokens: Arc::clone(&tokens),
            refused_tokens: RefusedTokens::new(),
            leases: Leases::new(),
            open_session: {
                let opened = Arc::clone(&opened);
                Box::new(move |identity, id| {
                    opened.lock().unwrap().push(format!("session {id} {}", identity.user_id));
                    Box::new(closed::Closed)
                })
            },
            open_class: {
                let opened = Arc::clone(&opened);
                Box::new(move |lesson, identity, id| {
                    let user = identity.map(|identity| identity.user_id.to_string());
                    let lesson = format!("{lesson:?}").to_lowercase();
                    opened.lock().unwrap().push(format!("{lesson} {id:?} {user:?}"));
                    Box::new(closed::Closed)
                })
            },
            open_analysis: {
                let opened = Arc::clone(&opened);
                Box::new(move |identity| {
                    let user = identity.map(|identity| identity.user_id.to_string());
                    opened.lock().unwrap().push(format!("analysis {user:?}"));
                    Box::new(closed::Closed)
                })
            },
            open_deals: {
                let opened = Arc::clone(&opened);
                Box::new(move |handshake: DealsHandshake| {
                    let Opening { connection, stage, identity, domain, .. } = handshake.opening;
                    let (user, query) = (&identity.user_id, handshake.query);
                    opened.lock().unwrap().push(format!(
                        "deals {} {stage} {user} {domain} {:?}",
                        connection.slot(),
                        query.is_some()
                    ));
                    let is_refused = handshake.headers.contains_key("x-refuse");
                    let refused = || HttpError::forbidden("refused by the handler");
                    let session: Box<dyn Session> = Box::new(closed::Closed);
                    let answer = if is_refused { Err(refused()) } else { Ok(session) };
                    Box::pin(std::future::ready(answer))
                })
            },
            open_voice: voice::recorded(&opened),
            management: Management::new(&config, Arc::clone(&hub)),
            domain: config.server.domain(config.server.listen).into(),
            router: router(),
        };
        let inside = Arc::new(Inside::new(&config, parts));
        Self { inside, tokens, revocations, clock, hub, outlet, opened, _folder: folder }
    }

    fn new() -> Self {
        Self::with(&[])
    }

    fn token(&self, user: &str) -> String {
        self.token_for(user, Duration::from_secs(3600))
    }

    fn token_for(&self, user: &str, life: Duration) -> String {
        self.token_with(user, &[], life)
    }

    fn token_with(&self, user: &str, roles: &[&str], life: Duration) -> String {
        let claims = Claims {
            user_id: user.to_owned(),
            name: None,
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            contexts: None,
            life,
        };
        self.tokens.sign(&claims).unwrap()
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        self.ask_from("203.0.113.9", request).await
    }

    async fn ask_from(&self, address: &str, request: Request<Body>) -> Answer {
        let address = std::net::SocketAddr::new(address.parse().unwrap(), 4711);
        Arc::clone(&self.inside)
            .answer(
                request,
                Peer { address, is_tls: false, connection: Some(ConnectionId::new(0, 7, 1)) },
            )
            .await
    }

    async fn admitted(&self, request: Request<Body>) -> Box<Admission> {
        match self.ask(request).await {
            Answer::Open(admission) => admission,
            Answer::Response(response) => panic!("HTTP {}", response.status()),
            Answer::Continue(_) => panic!("handed to an Engine.IO session"),
        }
    }

    async fn answered(&self, request: Request<Body>) -> Response<transport::Body> {
        match self.ask(request).await {
            Answer::Open(admission) => panic!("opened, close {:?}", admission.close),
            Answer::Response(response) => response,
            Answer::Continue(_) => panic!("handed to an Engine.IO session"),
        }
    }

    async fn close_of(&self, request: Request<Body>) -> Option<CloseReason> {
        self.admitted(request).await.close
    }

    fn opened(&self) -> Vec<String> {
        std::mem::take(&mut self.opened.lock().unwrap())
    }
}

fn router() -> Router {
    let whoami = |caller: Option<axum::Extension<Caller>>, client: crate::http::Client| async move {
        let user = caller.map(|caller| caller.0.0.user_id.to_string());
        format!("{user:?} {}", client.address)
    };
    let only_users = |Caller(identity): Caller| async move { identity.user_id.to_string() };
    Router::new()
        .route("/whoami", get(whoami))
        .route("/users", get(only_users))
        .route("/refused", get(|| async { HttpError::forbidden("No").refused("not a publisher") }))
        .route("/healthz", get(|| async { "ok" }))
        .route("/echo", post(|body: web::Json<Value>| async move { body.0.to_string() }))
        .route("/never", get(std::future::pending::<String>))
        .layer(axum::extract::DefaultBodyLimit::max(1 << 20))
}

fn get_request(path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().uri(path).header(header::HOST, "api.example.com");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

fn upgrade(path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = get_request(path, headers);
    request.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    request
}

async fn json(response: Response<transport::Body>) -> Value {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::String(format!("{bytes:?}")))
}

#[tokio::test]
async fn a_token_opens_a_session_wherever_it_stands() {
    let scene = Scene::new();
    let token = scene.token("ann");
    let header = upgrade("/ws/sessions/a%20b", &[("authorization", &format!("Bearer {token}"))]);
    let admission = scene.admitted(header).await;
    assert_eq!((admission.close, admission.subprotocol), (None, None));
    assert_eq!(admission.application, "sessions");
    assert_eq!(&*admission.identity.unwrap().user_id, "ann");
    assert!(admission.lease.is_some());
    let query = upgrade(&format!("/api/ws/sessions/s?token={token}"), &[("user-agent", "it")]);
    let admission = scene.admitted(query).await;
    assert_eq!(admission.user_agent.as_deref(), Some("it"));
    let offer = format!("bearer, {token}");
    let offer = upgrade("/ws/sessions/s", &[("sec-websocket-protocol", &offer)]);
    assert_eq!(scene.admitted(offer).await.subprotocol, Some("bearer"));
    assert_eq!(scene.opened(), ["session a b ann", "session s ann", "session s ann"]);
}

#[tokio::test]
async fn a_bad_token_or_none_completes_the_handshake_of_a_session_and_closes_it() {
    let scene = Scene::with(&[("limits.sessions.refused_tokens_per_minute", "0")]);
    let expired = scene.token_for("ann", Duration::from_secs(1));
    let revoked = scene.token("bob");
    scene.clock.advance(Duration::from_secs(10));
    scene.revocations.revoke("bob", scene.clock.wall()).await.unwrap();
    for query in [
        String::new(),
        "?token=x".to_owned(),
        format!("?token={expired}"),
        format!("?token={revoked}"),
        "?token=".to_owned(),
    ] {
        let request = upgrade(&format!("/ws/sessions/s{query}"), &[]);
        let admission = scene.admitted(request).await;
        assert_eq!(admission.close, Some(CloseReason::UNAUTHORIZED));
        assert!(admission.identity.is_none() && admission.lease.is_none());
    }
    assert!(scene.opened().is_empty(), "no application is asked");
}

#[tokio::test]
async fn chat_opens_without_a_token_but_not_with_a_bad_one() {
    let scene = Scene::new();
    assert_eq!(scene.close_of(upgrade("/api/chat/ws", &[])).await, None);
    let bad = upgrade("/api/chat/ws?token=x&contextId=math", &[]);
    assert_eq!(scene.close_of(bad).await, Some(CloseReason::UNAUTHORIZED));
    let good = format!("/api/chat/ws?contextId=math%20a&token={}", scene.token("ann"));
    assert_eq!(scene.close_of(upgrade(&good, &[])).await, None);
    assert_eq!(
        scene.opened(),
        ["chat None None", "chat Some(\"math a\") Some(\"ann\")"],
        "the bad one asked nobody"
    );
}

#[tokio::test]
async fn analysis_opens_without_a_token_and_answers_a_bad_one_with_401() {
    let scene = Scene::new();
    assert_eq!(scene.close_of(upgrade("/v1/ws", &[])).await, None);
    let good = format!("/v1/ws?token={}", scene.token("ann"));
    assert_eq!(scene.close_of(upgrade(&good, &[])).await, None);
    assert_eq!(scene.opened(), ["analysis None", "analysis Some(\"ann\")"]);
    for _ in 0..5 {
        let refused = scene.answered(upgrade("/v1/ws?token=x", &[])).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        let body = json(refused).await;
        assert_eq!(body["error"], "UNAUTHORIZED");
        assert_eq!(body["statusCode"], 401);
        assert!(body["message"].is_string());
    }
    let sixth = scene.answered(upgrade("/v1/ws?token=x", &[])).await;
    assert_eq!(sixth.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn past_five_refused_tokens_a_minute_an_address_gets_429() {
    let scene = Scene::new();
    for _ in 0..5 {
        let closed = scene.close_of(upgrade("/ws/sessions/s?token=x", &[])).await;
        assert_eq!(closed, Some(CloseReason::UNAUTHORIZED));
    }
    let sixth = scene.answered(upgrade("/ws/sessions/s?token=x", &[])).await;
    assert_eq!(sixth.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(sixth.headers().contains_key(header::RETRY_AFTER));
    assert_eq!(json(sixth).await["error"], "RATE_LIMIT_EXCEEDED");
    let elsewhere = scene.ask_from("203.0.113.10", upgrade("/ws/sessions/s?token=x", &[])).await;
    assert!(matches!(elsewhere, Answer::Open(_)), "another address is let try");
    let good = format!("/ws/sessions/s?token={}", scene.token("ann"));
    assert_eq!(scene.close_of(upgrade(&good, &[])).await, None, "a good token still passes");
    scene.clock.advance(Duration::from_secs(62));
    let later = scene.close_of(upgrade("/ws/sessions/s?token=x", &[])).await;
    assert_eq!(later, Some(CloseReason::UNAUTHORIZED));
}

#[tokio::test]
async fn the_eleventh_connect_of_a_minute_gets_429_at_that_endpoint() {
    let scene = Scene::new();
    for _ in 0..10 {
        scene.admitted(upgrade("/api/chat/ws", &[])).await;
    }
    let refused = scene.answered(upgrade("/api/chat/ws", &[])).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let seconds = refused.headers()[header::RETRY_AFTER].to_str().unwrap().parse::<u64>().unwrap();
    assert!((1..=62).contains(&seconds), "{seconds}");
    let session = format!("/ws/sessions/s?token={}", scene.token("ann"));
    scene.admitted(upgrade(&session, &[])).await;
    scene.clock.advance(Duration::from_secs(seconds));
    scene.admitted(upgrade("/api/chat/ws", &[])).await;
}

#[tokio::test]
async fn forged_forwarding_headers_change_no_count() {
    let scene = Scene::new();
    let mut refused = 0;
    for n in 0..30 {
        let forged = format!("198.51.100.{n}");
        let request = upgrade("/api/chat/ws", &[("x-forwarded-for", &forged)]);
        refused += u32::from(matches!(scene.ask(request).await, Answer::Response(_)));
    }
    assert_eq!(refused, 20);
    assert_eq!(scene.inside.connects.len(), 1);
}

#[tokio::test]
async fn every_lesson_opens_and_may_bring_its_token_later() {
    let scene = Scene::new();
    for (path, opened) in [
        ("/api/analytics/ws?contextId=math", "analytics Some(\"math\") None"),
        ("/api/collaboration/ws", "collaboration None None"),
    ] {
        assert_eq!(scene.close_of(upgrade(path, &[])).await, None);
        assert_eq!(scene.opened(), [opened]);
    }
}

#[tokio::test]
async fn handlers_are_told_the_public_host_where_there_is_one() {
    let scene = Scene::with(&[("server.public_host", "Deals.example:8443")]);
    let token = scene.token("ann");
    scene.admitted(upgrade(&format!("/?token={token}"), &[])).await;
    assert_eq!(scene.opened(), ["deals 7 prod ann deals.example:8443 true"]);
}

#[tokio::test]
async fn a_document_of_yjs_opens_with_a_token_in_the_handshake_only() {
    let scene = Scene::new();
    let path = format!("/api/collaboration/yjs/my%20plan?token={}", scene.token("ann"));
    let admission = scene.admitted(upgrade(&path, &[])).await;
    assert_eq!((admission.application, admission.close), ("learning", None));
    assert_eq!(scene.opened(), ["yjs(\"my plan\") None Some(\"ann\")"]);
    for query in ["", "?token=x"] {
        let path = format!("/api/collaboration/yjs/plan{query}");
        let close = scene.close_of(upgrade(&path, &[])).await;
        assert_eq!(close, Some(CloseReason::UNAUTHORIZED));
    }
}

#[tokio::test]
async fn deals_open_at_the_root_and_the_stages_and_refuse_by_status() {
    let scene = Scene::with(&[("deals.stages", "live,test")]);
    let token = scene.token("ann");
    for path in ["/", "/live", "/test/"] {
        let admission = scene.admitted(upgrade(&format!("{path}?token={token}"), &[])).await;
        assert_eq!((admission.application, admission.close), ("deals", None));
    }
    let opened =
        ["live", "live", "test"].map(|stage| format!("deals 7 {stage} ann 127.0.0.1:8000 true"));
    assert_eq!(scene.opened(), opened, "whatever the client says in `Host`");
    for query in ["", "?token=x"] {
        let response = scene.answered(upgrade(&format!("/{query}"), &[])).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(json(response).await["statusCode"], 401);
    }
    assert_eq!(scene.answered(upgrade("/prod", &[])).await.status(), StatusCode::NOT_FOUND);
    let bearer = format!("Bearer {token}");
    let refused = upgrade("/", &[("authorization", &bearer), ("x-refuse", "1")]);
    let response = scene.answered(refused).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(json(response).await["message"].as_str().unwrap().contains("handler"));
}

#[tokio::test]
async fn behind_a_trusted_proxy_clients_are_counted_apart() {
    let scene = Scene::with(&[("server.trusted_proxies", "203.0.113.0/24")]);
    for n in 0..30 {
        let client = format!("6.6.6.6, 198.51.100.{n}");
        let request = upgrade("/api/chat/ws", &[("x-forwarded-for", &client)]);
        let admission = scene.admitted(request).await;
        assert_eq!(admission.source_ip.to_string(), format!("198.51.100.{n}"));
    }
}

#[tokio::test]
async fn what_is_no_endpoint_is_not_found() {
    let scene = Scene::new();
    for path in ["/stage", "/ws/sessions/", "/ws/sessions/%ff", "/socket", "/whoami"] {
        let response = scene.answered(upgrade(path, &[])).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(json(response).await["statusCode"], 404);
    }
}

#[tokio::test]
async fn a_foreign_origin_gets_403_and_an_allowed_one_may_read_the_answer() {
    let scene = Scene::new();
    for request in [
        upgrade("/api/chat/ws", &[("origin", "https://evil.example")]),
        get_request("/whoami", &[("origin", "null")]),
    ] {
        let response = scene.answered(request).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert!(!response.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    }
    for origin in [ORIGIN, "http://api.example.com"] {
        let admitted = upgrade("/api/chat/ws", &[("origin", origin)]);
        assert_eq!(scene.close_of(admitted).await, None);
        let response = scene.answered(get_request("/users", &[("origin", origin)])).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let headers = response.headers();
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], origin);
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
        assert_eq!(headers[header::VARY], "Origin");
    }
}

#[tokio::test]
async fn a_preflight_allows_the_authorization_header() {
    let scene = Scene::new();
    let mut request =
        get_request("/users", &[("origin", ORIGIN), ("access-control-request-method", "PUT")]);
    *request.method_mut() = http::Method::OPTIONS;
    let response = scene.answered(request).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    let headers = response.headers();
    assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], ORIGIN);
    let allowed = headers[header::ACCESS_CONTROL_ALLOW_HEADERS].to_str().unwrap();
    assert!(allowed.contains("Authorization"));
    let methods = headers[header::ACCESS_CONTROL_ALLOW_METHODS].to_str().unwrap();
    assert!(methods.contains("PUT"));
}

#[tokio::test]
async fn denied_addresses_get_403_whatever_they_ask() {
    let scene = Scene::with(&[("access.deny_ips", "203.0.113.0/24")]);
    for request in [upgrade("/api/chat/ws", &[]), get_request("/healthz", &[])] {
        let response = scene.answered(request).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert_eq!(json(response).await["error"], "FORBIDDEN");
    }
    assert!(matches!(
        scene.ask_from("198.51.100.1", upgrade("/api/chat/ws", &[])).await,
        Answer::Open(_)
    ));
}

#[tokio::test(start_paused = true)]
async fn the_fourth_connection_of_a_user_is_closed_once_the_others_were_asked() {
    let scene = Scene::new();
    let path = format!("/ws/sessions/s?token={}", scene.token("ann"));
    let mut held = Vec::new();
    for slot in 0..3 {
        let admission = scene.admitted(upgrade(&path, &[])).await;
        let id = ConnectionId::new(0, slot, 1);
        let (at, ip) = (scene.clock.wall(), "203.0.113.9".parse().unwrap());
        let connection = Connection::new(id, "sessions", at, ip, None);
        connection.identify(admission.identity.clone().unwrap());
        scene.hub.connections().insert(Arc::new(connection));
        held.push(admission);
    }
    let started = tokio::time::Instant::now();
    let fourth = scene.admitted(upgrade(&path, &[])).await;
    assert_eq!(fourth.close, Some(CloseReason::TOO_MANY_CONNECTIONS));
    assert!(started.elapsed() >= Duration::from_secs(2));
    let probed = scene.outlet.take();
    assert_eq!(probed.iter().filter(|item| matches!(item, Item::Probe { .. })).count(), 3);
    let other = format!("/ws/sessions/s?token={}", scene.token("bob"));
    assert_eq!(scene.close_of(upgrade(&other, &[])).await, None);
    held.pop();
    assert_eq!(scene.close_of(upgrade(&path, &[])).await, None, "a place is free again");
}

#[tokio::test(start_paused = true)]
async fn a_dead_connection_gives_its_place_to_who_waits() {
    let scene = Scene::with(&[("limits.sessions.max_connections_per_user", "1")]);
    let path = format!("/ws/sessions/s?token={}", scene.token("ann"));
    let dead = scene.admitted(upgrade(&path, &[])).await;
    let (second, ()) = tokio::join!(scene.admitted(upgrade(&path, &[])), async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        drop(dead);
    });
    assert_eq!(second.close, None);
}

#[tokio::test]
async fn a_request_is_passed_on_with_who_calls_and_from_where() {
    let scene = Scene::new();
    let bearer = format!("Bearer {}", scene.token("ann"));
    let known = scene.answered(get_request("/whoami", &[("authorization", &bearer)])).await;
    assert!(json(known).await.to_string().contains("ann"));
    let unknown = scene.answered(get_request("/whoami", &[])).await;
    assert!(json(unknown).await.to_string().contains("None 203.0.113.9"));
    let bad = scene.answered(get_request("/whoami", &[("authorization", "Bearer x")])).await;
    assert_eq!(bad.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(bad.headers()[header::WWW_AUTHENTICATE], "Bearer");
    let query = format!("/users?token={}", scene.token("ann"));
    let query = scene.answered(get_request(&query, &[])).await;
    assert_eq!(query.status(), StatusCode::UNAUTHORIZED, "a query is no place for it here");
}

#[tokio::test]
async fn requests_are_counted_for_the_user_or_for_the_address() {
    let scene = Scene::with(&[("limits.http.requests_per_minute", "2")]);
    let bearer = format!("Bearer {}", scene.token("ann"));
    let as_ann = || get_request("/whoami", &[("authorization", &bearer)]);
    let mut statuses = BTreeMap::<u16, u32>::new();
    for request in [
        as_ann(),
        as_ann(),
        as_ann(),
        get_request("/whoami", &[]),
        get_request("/whoami", &[("authorization", "Bearer x")]),
        get_request("/whoami", &[("authorization", "Bearer x")]),
        get_request("/healthz", &[]),
    ] {
        *statuses.entry(scene.answered(request).await.status().as_u16()).or_default() += 1;
    }
    assert_eq!(statuses, BTreeMap::from([(200, 4), (401, 1), (429, 2)]));
}

#[tokio::test]
async fn a_body_over_the_limit_gets_413() {
    let scene = Scene::with(&[("limits.http.batch_bytes", "1048576")]);
    let sent = |bytes: usize, announced: bool| {
        let text = format!(r#"{{"x":"{}"}}"#, "x".repeat(bytes - 8));
        let mut request = get_request("/echo", &[]);
        *request.method_mut() = http::Method::POST;
        if announced {
            request.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(text.len()));
        }
        *request.body_mut() = Body::from(text);
        request
    };
    for announced in [true, false] {
        let fits = scene.answered(sent(1 << 20, announced)).await;
        assert_eq!(fits.status(), StatusCode::OK);
        let over = scene.answered(sent((1 << 20) + 1, announced)).await;
        assert_eq!(over.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(json(over).await["error"], "MESSAGE_TOO_LARGE");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_never_ends_is_ended() {
    let response = Scene::new().answered(get_request("/never", &[])).await;
    assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
}
