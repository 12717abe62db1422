//! Calls without sockets.

use std::time::Duration;

use http_body_util::BodyExt;
use hub::Outlet;
use model::{Clock, ManualClock, Role, Timestamp};
use serde_json::Value;
use testkit::{Recorder, Signer};

use super::*;
use crate::config::{Flag, Inputs};

const ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const HOST: &str = "push.example.com";

/// The API over a hub whose outlet is recorded.
struct Scene {
    management: Management,
    hub: Arc<Hub>,
    outlet: Arc<Recorder>,
    clock: Arc<ManualClock>,
}

/// What a call was answered.
#[derive(Debug)]
struct Answer {
    status: u16,
    kind: Option<String>,
    body: Value,
    who: Option<Who>,
    outcome: Outcome,
}

impl Scene {
    fn with(keys: &[(&'static str, &str)]) -> Self {
        let flags = keys
            .iter()
            .map(|(key, text)| Flag { name: key, key, text: (*text).to_owned() })
            .collect();
        let config = Config::load(&Inputs { flags, ..Inputs::default() }).unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_800_000_000)));
        let outlet = Recorder::new();
        let hub = Hub::new(Arc::<Recorder>::clone(&outlet) as Arc<dyn Outlet>, clock.clone());
        let management = Management::new(&config, Arc::clone(&hub));
        Self { management, hub, outlet, clock }
    }

    fn new() -> Self {
        Self::with(&[
            ("management.access_key_id", ID),
            ("management.secret_access_key", SECRET),
            ("limits.sessions.max_message_bytes", "1000"),
            ("limits.learning.max_message_bytes", "2000"),
            ("limits.analysis.max_message_bytes", "1000"),
            ("limits.deals.max_message_bytes", "1000"),
            ("limits.http.body_bytes", "3000"),
            ("limits.http.batch_bytes", "3000"),
        ])
    }

    /// An open connection to an application.
    fn connect(&self, slot: u32, application: &'static str) -> ConnectionId {
        let id = ConnectionId::new(0, slot, 1);
        let at = Timestamp::from_secs(1_700_000_000);
        let address = "198.51.100.9".parse().unwrap();
        let connection = Connection::new(id, application, at, address, Some("wscat".into()));
        connection.touch(at.plus_millis(1));
        self.hub.connections().insert(Arc::new(connection));
        id
    }

    async fn send(&self, request: Request<Body>, bearer: Bearer) -> Answer {
        let target = Target::of(request.uri().path()).unwrap();
        let Answered { who, outcome, response, .. } =
            self.management.answer(request, &target, bearer).await;
        let (head, body) = response.into_parts();
        assert_eq!(head.headers["x-amzn-requestid"].len(), 36);
        let kind = head.headers.get("x-amzn-errortype").map(|kind| kind.to_str().unwrap().into());
        let bytes = body.collect().await.unwrap().to_bytes();
        let body =
            if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status: head.status.as_u16(), kind, body, who, outcome }
    }

    /// A request signed now.
    fn signed(&self, method: &str, path: &str, body: &[u8]) -> Request<Body> {
        signed_by(&Signer::new(ID, SECRET), method, path, body, self.clock.wall())
    }

    async fn call(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        self.send(self.signed(method, path, body), Ok(None)).await
    }

    async fn call_as_admin(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        self.send(bare(method, path, body), bearer(&[Role::Admin])).await
    }

    fn sent(&self) -> Vec<String> {
        self.outlet.take().iter().map(testkit::describe).collect()
    }
}

fn bare(method: &str, path: &str, body: &[u8]) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header("host", HOST);
    request.body(Body::from(body.to_vec())).unwrap()
}

fn signed_by(
    signer: &Signer,
    method: &str,
    path: &str,
    body: &[u8],
    at: Timestamp,
) -> Request<Body> {
    let mut request = bare(method, path, body);
    for (name, value) in signer.sign((method, HOST, path), body, at) {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request
}

fn bearer(roles: &[Role]) -> Bearer {
    Ok(Some(Arc::new(Identity {
        user_id: "ops".into(),
        username: "Ops".into(),
        roles: roles.to_vec(),
        contexts: None,
        issued_at: None,
        is_ours: true,
        expires_at: Timestamp::from_secs(1_900_000_000),
    })))
}

fn path_of(connection: ConnectionId) -> String {
    format!("/@connections/{connection}")
}

#[tokio::test]
async fn a_message_goes_out_as_text_where_it_is_one_and_else_as_bytes() {
    let scene = Scene::new();
    for (application, slot) in [("analysis", 1), ("deals", 2), ("learning", 3), ("sessions", 4)] {
        let id = scene.connect(slot, application);
        let answer = scene.call("POST", &path_of(id), "{\"hi\":\"é\"}".as_bytes()).await;
        assert_eq!((answer.status, answer.body), (200, Value::Null), "{application}");
        assert_eq!(answer.who, Some(Who::Key(ID.to_owned())));
        let items = scene.outlet.take();
        let [Item::Send { connection, text }] = &items[..] else { panic!("{application}") };
        assert_eq!((*connection, &text[..]), (id, "{\"hi\":\"é\"}".as_bytes()));
    }
    let id = ConnectionId::new(0, 4, 1);
    assert_eq!(scene.call_as_admin("POST", &path_of(id), b"\xff\x00").await.status, 200);
    let items = scene.outlet.take();
    let [Item::SendBinary { bytes, .. }] = &items[..] else { panic!("not binary") };
    assert_eq!(&bytes[..], b"\xff\x00");
}

#[tokio::test]
async fn a_connection_is_described_and_ended() {
    let scene = Scene::new();
    let id = scene.connect(1, "sessions");
    let expected = json!({
        "connectedAt": "2023-11-14T22:13:20.000Z",
        "lastActiveAt": "2023-11-14T22:13:20.001Z",
        "identity": {"sourceIp": "198.51.100.9", "userAgent": "wscat"},
    });
    let answer = scene.call("GET", &path_of(id), b"").await;
    assert_eq!((answer.status, answer.body), (200, expected));
    assert!(scene.sent().is_empty());
    let answer = scene.call("DELETE", &path_of(id), b"").await;
    assert_eq!((answer.status, answer.body), (204, Value::Null));
    let sent = scene.sent();
    assert!(sent.len() == 1 && sent[0].contains("1000"), "{sent:?}");
}

#[tokio::test]
async fn stages_are_the_configured_ones_and_v1() {
    let scene = Scene::new();
    let id = scene.connect(1, "sessions");
    for (stage, status) in
        [("prod", 200), ("dev", 200), ("v1", 200), ("test", 403), ("", 403), ("PROD", 403)]
    {
        let path = format!("/{stage}/@connections/{id}");
        let answer = scene.call("GET", &path, b"").await;
        assert_eq!(answer.status, status, "{stage}");
        if status == 403 {
            assert_eq!(answer.body, json!({"message": "Forbidden"}));
            assert_eq!(answer.kind.as_deref(), Some("ForbiddenException"));
        }
    }
}

#[tokio::test]
async fn what_is_not_open_or_not_reached_is_gone() {
    let scene = Scene::new();
    let voice = scene.connect(1, "voice");
    let unknown = ConnectionId::new(0, 1, 2);
    let ids = [voice.to_string(), unknown.to_string()];
    let odd = ["L0SM9cOFvHcCIhw%3D", "a%2Fb%2Bc", "%ff%00", "a=b", "%25"].map(str::to_owned);
    for id in ids.into_iter().chain(odd) {
        for method in ["POST", "GET", "DELETE"] {
            let answer = scene.call(method, &format!("/@connections/{id}"), b"").await;
            assert_eq!(answer.status, 410, "{method} {id}: {answer:?}");
            assert_eq!(answer.kind.as_deref(), Some("GoneException"));
            assert!(answer.who.is_some(), "it is not counted as refused");
        }
    }
    assert!(scene.sent().is_empty());
}

#[tokio::test]
async fn a_message_may_have_what_its_connections_application_takes() {
    let scene = Scene::new();
    let (session, chat) = (scene.connect(1, "sessions"), scene.connect(2, "learning"));
    for (id, bytes, status) in [
        (session, 1000, 200),
        (session, 1001, 413),
        (chat, 1001, 200),
        (chat, 2000, 200),
        (chat, 2001, 413),
        (chat, 3000, 413),
        (chat, 3001, 413),
    ] {
        let body = vec![b'x'; bytes];
        let by_key = scene.call("POST", &path_of(id), &body).await;
        let by_admin = scene.call_as_admin("POST", &path_of(id), &body).await;
        assert_eq!((by_key.status, by_admin.status), (status, status), "{bytes}");
        if status == 413 {
            assert_eq!(by_key.kind.as_deref(), Some("PayloadTooLargeException"));
        }
        assert_eq!(scene.sent().len(), if status == 200 { 2 } else { 0 });
    }
}

#[tokio::test]
async fn whoever_did_not_sign_learns_nothing_of_a_connection() {
    let scene = Scene::new();
    let id = scene.connect(1, "sessions");
    let other = Signer::new(ID, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEX");
    let long = vec![b'x'; 1500];
    let mut bodies = Vec::new();
    for (path, body) in [
        (path_of(id), &b""[..]),
        (path_of(ConnectionId::new(0, 9, 9)), b""),
        (path_of(id), &long),
        (path_of(ConnectionId::new(0, 9, 9)), &long),
    ] {
        let request = signed_by(&other, "POST", &path, body, scene.clock.wall());
        let answer = scene.send(request, Ok(None)).await;
        assert_eq!(answer.status, 403, "{path}");
        assert_eq!(answer.kind.as_deref(), Some("InvalidSignatureException"));
        assert_eq!(answer.who, None);
        bodies.push(answer.body);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    assert!(scene.sent().is_empty());
}

#[tokio::test]
async fn a_call_that_nobody_may_make_is_refused_with_its_reason() {
    let scene = Scene::new();
    let path = path_of(scene.connect(1, "sessions"));
    let now = scene.clock.wall();
    let signer = Signer::new(ID, SECRET);
    let at = |seconds: i64| {
        let at = Timestamp::from_secs(now.as_secs() + seconds);
        signed_by(&signer, "POST", &path, b"hi", at)
    };
    let tampered = |change: fn(&mut Request<Body>)| {
        let mut request = at(0);
        change(&mut request);
        request
    };
    let of_service = Signer { service: "s3".to_owned(), ..signer.clone() };
    let unknown = Signer::new("AKIDANOTHER", SECRET);
    for (request, bearer, kind) in [
        (bare("POST", &path, b"hi"), Ok(None), "MissingAuthenticationTokenException"),
        (bare("POST", &path, b"hi"), bearer(&[Role::Publisher]), "ForbiddenException"),
        (bare("POST", &path, b"hi"), Err(TokenError::Expired), "ForbiddenException"),
        (bare("POST", &path, b"hi"), Err(TokenError::Unavailable), "ForbiddenException"),
        (at(-301), Ok(None), "InvalidSignatureException"),
        (at(301), Ok(None), "InvalidSignatureException"),
        (signed_by(&unknown, "POST", &path, b"hi", now), Ok(None), "UnrecognizedClientException"),
        (
            signed_by(&of_service, "POST", &path, b"hi", now),
            Ok(None),
            "IncompleteSignatureException",
        ),
        (tampered(|it| *it.body_mut() = Body::from("ho")), Ok(None), "InvalidSignatureException"),
        (tampered(|it| *it.method_mut() = Method::DELETE), Ok(None), "InvalidSignatureException"),
        (
            tampered(|it| drop(it.headers_mut().insert("host", "evil.example".parse().unwrap()))),
            Ok(None),
            "InvalidSignatureException",
        ),
    ] {
        let answer = scene.send(request, bearer).await;
        assert_eq!((answer.status, answer.kind.as_deref()), (403, Some(kind)), "{answer:?}");
        assert!(answer.body["message"].is_string());
        assert!(answer.who.is_none() && answer.outcome != Outcome::Done);
    }
    assert!(scene.sent().is_empty());
    for edge in [at(-300), at(300)] {
        assert_eq!(scene.send(edge, Ok(None)).await.status, 200);
    }
}

#[tokio::test]
async fn a_signature_counts_before_a_token_and_is_refused_where_no_key_is_configured() {
    let scene = Scene::new();
    let path = path_of(scene.connect(1, "sessions"));
    let other = Signer::new(ID, "another secret");
    let request = signed_by(&other, "GET", &path, b"", scene.clock.wall());
    assert_eq!(scene.send(request, bearer(&[Role::Admin])).await.status, 403);
    let keyless = Scene::with(&[]);
    let path = path_of(keyless.connect(1, "sessions"));
    let answer = keyless.call("GET", &path, b"").await;
    assert_eq!((answer.status, answer.kind.as_deref()), (403, Some("UnrecognizedClientException")));
    let answer = keyless.call_as_admin("GET", &path, b"").await;
    assert_eq!((answer.status, answer.who), (200, Some(Who::Admin("ops".into()))));
}

#[tokio::test]
async fn other_methods_are_not_taken() {
    let scene = Scene::new();
    let path = path_of(scene.connect(1, "sessions"));
    for method in ["PUT", "PATCH", "HEAD"] {
        let answer = scene.call(method, &path, b"").await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.kind.as_deref(), Some("MethodNotAllowedException"));
    }
}

#[test]
fn a_refused_address_is_told_when_to_come_back() {
    let response = Answered::too_many(Duration::from_millis(1500)).response;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(response.headers()["retry-after"], "2");
    assert_eq!(response.headers()["x-amzn-errortype"], "LimitExceededException");
}

impl Scene {
    /// What a call that is signed and sent for this host is answered.
    async fn call_for(&self, host: &str, path: &str) -> Answer {
        let mut request = bare("POST", path, b"hi");
        let signed = Signer::new(ID, SECRET).sign(("POST", host, path), b"hi", self.clock.wall());
        for (name, value) in signed {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        request.headers_mut().insert("host", host.parse().unwrap());
        self.send(request, Ok(None)).await
    }
}

#[tokio::test]
async fn where_the_public_host_is_known_a_signature_for_another_one_is_none() {
    let keys = [
        ("management.access_key_id", ID),
        ("management.secret_access_key", SECRET),
        ("server.public_host", "deals.example"),
    ];
    let scene = Scene::with(&keys);
    let path = format!("/prod/@connections/{}", scene.connect(7, "deals"));
    for host in ["evil.example", "deals.example:8443", "deals.example.evil.example", "127.0.0.1"] {
        let answer = scene.call_for(host, &path).await;
        assert_eq!((answer.status, answer.who), (403, None), "{host}");
        assert_eq!(answer.kind.as_deref(), Some("InvalidSignatureException"));
    }
    let mut twice = scene.signed("POST", &path, b"hi");
    twice.headers_mut().append("host", "deals.example".parse().unwrap());
    assert_eq!(scene.send(twice, Ok(None)).await.status, 403);
    assert!(scene.sent().is_empty());
    for host in ["deals.example", "Deals.Example", "deals.example:443", "deals.example:80"] {
        assert_eq!(scene.call_for(host, &path).await.status, 200, "{host}");
    }
    // An administrator's token is for no host.
    assert_eq!(scene.call_as_admin("POST", &path, b"hi").await.status, 200);
    let scene = Scene::with(&[keys[0], keys[1], ("server.public_host", "deals.example:8443")]);
    let path = format!("/prod/@connections/{}", scene.connect(7, "deals"));
    assert_eq!(scene.call_for("deals.example:8443", &path).await.status, 200);
    assert_eq!(scene.call_for("deals.example", &path).await.status, 403);
}
