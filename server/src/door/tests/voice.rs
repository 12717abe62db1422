//! Protocol D's way in.

use super::*;

/// Opens nothing, and writes down what token was brought.
pub(super) fn recorded(opened: &Arc<Mutex<Vec<String>>>) -> OpenVoice {
    let opened = Arc::clone(opened);
    Box::new(move |brought: Brought| {
        let user = brought.map(|brought| brought.map(|who| who.user_id.to_string()));
        opened.lock().unwrap().push(format!("voice {user:?}"));
        Box::new(closed::Closed)
    })
}

const POLLING: &str = "/socket.io/?EIO=4&transport=polling";
const WEBSOCKET: &str = "/socket.io/?EIO=4&transport=websocket";

fn post(path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = get_request(path, headers);
    *request.method_mut() = http::Method::POST;
    request
}

#[tokio::test]
async fn both_transports_open_with_whatever_token_they_bring() {
    let scene = Scene::new();
    let bearer = format!("Bearer {}", scene.token("ann"));
    let admission = scene.admitted(get_request(POLLING, &[("authorization", &bearer)])).await;
    assert_eq!(admission.application, "voice");
    assert!(admission.identity.is_none() && admission.close.is_none() && admission.lease.is_none());
    let expected = transport::Heartbeat::EngineIo { timeout: Duration::from_secs(20) };
    assert_eq!(admission.policy.heartbeat, expected);
    assert_eq!(admission.policy.ping_interval, Some(Duration::from_secs(25)));
    assert!(!admission.policy.deflate);
    let in_query = format!("{WEBSOCKET}&token={}", scene.token("bob"));
    scene.admitted(upgrade(&in_query, &[])).await;
    let offer = format!("bearer, {}", scene.token("eve"));
    let admission = scene.admitted(upgrade(WEBSOCKET, &[("sec-websocket-protocol", &offer)])).await;
    assert_eq!(admission.subprotocol, Some("bearer"));
    scene.admitted(upgrade("/socket.io?EIO=4&transport=websocket", &[])).await;
    scene.admitted(get_request(&format!("{POLLING}&token=x"), &[])).await;
    assert_eq!(
        scene.opened(),
        [
            r#"voice Some(Ok("ann"))"#,
            r#"voice Some(Ok("bob"))"#,
            r#"voice Some(Ok("eve"))"#,
            "voice None",
            "voice Some(Err(Invalid))"
        ]
    );
}

#[tokio::test]
async fn refused_tokens_are_answered_inside_until_there_are_too_many() {
    let scene = Scene::with(&[("limits.voice.refused_tokens_per_minute", "2")]);
    let bad = [("authorization", "Bearer nonsense")];
    for _ in 0..2 {
        scene.admitted(get_request(POLLING, &bad)).await;
    }
    let answer = scene.answered(get_request(POLLING, &bad)).await;
    assert_eq!(answer.status(), 429);
    assert!(answer.headers().contains_key("retry-after"));
    scene.admitted(get_request(POLLING, &[])).await;
}

#[tokio::test]
async fn only_handshakes_count_as_connects() {
    let scene = Scene::with(&[("limits.voice.connects_per_minute", "1")]);
    scene.admitted(get_request(POLLING, &[])).await;
    for request in [
        get_request(&format!("{POLLING}&sid=abc"), &[]),
        post(&format!("{POLLING}&sid=abc"), &[]),
        upgrade(&format!("{WEBSOCKET}&sid=abc"), &[]),
    ] {
        assert!(matches!(scene.ask(request).await, Answer::Continue(_)));
    }
    assert_eq!(scene.answered(upgrade(WEBSOCKET, &[])).await.status(), 429);
}

#[tokio::test]
async fn what_is_not_engine_io_gets_its_error() {
    let scene = Scene::new();
    for request in [
        get_request("/socket.io/", &[]),
        get_request("/socket.io/?EIO=3&transport=polling", &[]),
        get_request(WEBSOCKET, &[]),
        upgrade(POLLING, &[]),
        post(POLLING, &[]),
    ] {
        let answer = scene.answered(request).await;
        assert_eq!(answer.status(), 400);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert!(body["code"].is_u64() && body["message"].is_string(), "{body}");
    }
    assert_eq!(
        scene.answered(upgrade("/socket.io/x?EIO=4&transport=websocket", &[])).await.status(),
        404
    );
    assert!(scene.opened().is_empty());
}

#[tokio::test]
async fn pages_of_the_frontend_may_poll_and_others_may_not() {
    let scene = Scene::new();
    let origin = [("origin", ORIGIN)];
    let told = |headers: &HeaderMap| {
        headers["access-control-allow-origin"] == ORIGIN
            && headers["access-control-allow-credentials"] == "true"
    };
    assert!(told(&scene.admitted(get_request(POLLING, &origin)).await.headers));
    let named = format!("{POLLING}&sid=abc");
    let Answer::Continue(continued) = scene.ask(post(&named, &origin)).await else {
        panic!("not handed on")
    };
    assert!(told(&continued.headers));
    assert!(told(scene.answered(post(POLLING, &origin)).await.headers()));
    for request in [
        get_request(POLLING, &[("origin", "https://evil.example")]),
        post(&named, &[("origin", "https://evil.example")]),
    ] {
        let answer = scene.answered(request).await;
        assert_eq!(answer.status(), 403);
        assert!(!answer.headers().contains_key("access-control-allow-origin"));
    }
    let mut preflight =
        get_request(&named, &[("origin", ORIGIN), ("access-control-request-method", "POST")]);
    *preflight.method_mut() = http::Method::OPTIONS;
    let answer = scene.answered(preflight).await;
    assert_eq!(answer.status(), 204);
    assert!(told(answer.headers()));
}
