//! Calls of the management API, as the door lets them in.

use super::logs::Capture;
use super::*;

const ID: &str = "AKIDEXAMPLE";
const KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const HOST: &str = "api.example.com";

fn scene(requests_per_minute: &str) -> Scene {
    Scene::with(&[
        ("management.access_key_id", ID),
        ("management.secret_access_key", KEY),
        ("limits.http.requests_per_minute", requests_per_minute),
    ])
}

impl Scene {
    fn open_connection(&self) -> String {
        let id = ConnectionId::new(0, 7, 1);
        let (at, ip) = (self.clock.wall(), "198.51.100.9".parse().unwrap());
        self.hub.connections().insert(Arc::new(Connection::new(id, "sessions", at, ip, None)));
        format!("/@connections/{id}")
    }

    fn signed(&self, path: &str, secret: &str) -> Request<Body> {
        let signer = testkit::Signer::new(ID, secret);
        let headers = signer.sign(("GET", HOST, path), b"", self.clock.wall());
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        get_request(path, &headers)
    }

    async fn status(&self, request: Request<Body>) -> u16 {
        self.answered(request).await.status().as_u16()
    }
}

#[tokio::test]
async fn who_may_call_is_never_counted_and_whose_address_was_refused_too_often_is_not_looked_at() {
    let scene = scene("3");
    let path = scene.open_connection();
    let admin = scene.token_with("ops", &["admin"], Duration::from_secs(60));
    let by_admin = [("authorization", &*format!("Bearer {admin}"))];
    for _ in 0..10 {
        assert_eq!(scene.status(scene.signed(&path, KEY)).await, 200);
        assert_eq!(scene.status(get_request(&path, &by_admin)).await, 200);
        assert_eq!(scene.status(scene.signed("/@connections/gone", KEY)).await, 410);
    }
    for _ in 0..3 {
        assert_eq!(scene.status(scene.signed(&path, "wrong")).await, 403);
    }
    // Its body never comes: it is not waited for.
    let mut request = scene.signed(&path, "wrong");
    *request.body_mut() = Body::from_stream(futures_util::stream::pending::<io::Result<Bytes>>());
    let refused = scene.answered(request).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["x-amzn-errortype"], "LimitExceededException");
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
    assert_eq!(scene.status(scene.signed(&path, KEY)).await, 429, "nobody looks who it is");
    assert_eq!(scene.status(get_request("/whoami", &[])).await, 200, "other requests count apart");
    for (secret, status) in [("wrong", StatusCode::FORBIDDEN), (KEY, StatusCode::OK)] {
        let elsewhere = scene.ask_from("203.0.113.10", scene.signed(&path, secret)).await;
        let Answer::Response(response) = elsewhere else { panic!("opened") };
        assert_eq!(response.status(), status);
    }
    scene.clock.advance(Duration::from_secs(62));
    assert_eq!(scene.status(scene.signed(&path, KEY)).await, 200);
}

#[tokio::test]
async fn a_bad_token_is_forbidden_here_and_not_unauthorized() {
    let scene = scene("0");
    let path = scene.open_connection();
    let user = format!("Bearer {}", scene.token("ann"));
    for value in ["Bearer x", "Basic YTpi", "Bearer", &user] {
        let response = scene.answered(get_request(&path, &[("authorization", value)])).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{value}");
        assert!(response.headers().contains_key("x-amzn-errortype"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_ends_the_call() {
    let scene = scene("0");
    let path = scene.open_connection();
    let mut request = scene.signed(&path, KEY);
    *request.body_mut() = Body::from_stream(futures_util::stream::pending::<io::Result<Bytes>>());
    assert_eq!(scene.status(request).await, 408);
}

#[tokio::test]
async fn each_call_is_logged_with_who_and_what_and_without_secrets() {
    let capture = Capture::start();
    let scene = scene("0");
    let path = scene.open_connection();
    let admin = scene.token_with("ops", &["admin"], Duration::from_secs(60));
    let good = scene.signed(&path, KEY);
    let signature = good.headers()["authorization"].to_str().unwrap().to_owned();
    let signature = signature.rsplit('=').next().unwrap();
    scene.ask(good).await;
    scene.ask(get_request(&path, &[("authorization", &format!("Bearer {admin}"))])).await;
    scene.ask(scene.signed("/@connections/gone", KEY)).await;
    scene.ask(scene.signed(&path, "wrong")).await;
    scene.ask(get_request(&format!("/@connections/{}", "x".repeat(200)), &[])).await;
    let user = format!("Bearer {}", scene.token("ann"));
    scene.ask(get_request(&path, &[("authorization", &user)])).await;
    let text = capture.end();
    for expected in [
        "security: management call who=access key AKIDEXAMPLE address=203.0.113.9 method=GET \
         connection=\"0000000700000001\"",
        "security: management call who=user ops address=203.0.113.9",
        "management call failed who=access key AKIDEXAMPLE address=203.0.113.9 method=GET \
         connection=\"gone\" reason=\"The connection is gone\"",
        "management call refused address=203.0.113.9 method=GET connection=\"0000000700000001\" \
         reason=\"the signature does not match\"",
        "management call refused user=\"ann\" address=203.0.113.9 method=GET \
         connection=\"0000000700000001\" reason=\"not an administrator\"",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    for secret in [KEY, signature, admin.rsplit('.').next().unwrap(), &"x".repeat(65)] {
        assert!(!text.contains(secret), "{text}");
    }
}
