//! What is logged of refusals.

use super::*;

/// Lines that were logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps what this thread logs.
///
/// **Pitfall:** as long as a process has a single subscriber, a line that another thread reaches
/// first is judged by the subscriber of that thread, which is none, and is never logged again; so
/// there are two.
pub(super) struct Capture {
    lines: Lines,
    _guard: tracing::subscriber::DefaultGuard,
    _other: tracing::Dispatch,
}

impl Capture {
    pub(super) fn start() -> Self {
        let other = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new());
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        Self { lines, _guard: guard, _other: other }
    }

    /// All that was logged.
    pub(super) fn end(self) -> String {
        String::from_utf8(self.lines.0.lock().unwrap().clone()).unwrap()
    }
}

#[tokio::test]
async fn refusals_are_logged_and_no_token_ever_is() {
    let capture = Capture::start();
    let scene = Scene::with(&[("access.deny_ips", "198.51.100.7")]);
    let forged = scene.token("ann").replace('.', ".CANARY");
    let expired = scene.token_for("ann", Duration::from_secs(1));
    scene.clock.advance(Duration::from_secs(60));
    let tokens = [forged, expired.clone(), "CANARY-4711".to_owned(), scene.token("bob")];
    for token in &tokens {
        let (bearer, offer) = (format!("Bearer {token}"), format!("bearer, {token}"));
        for request in [
            upgrade(&format!("/ws/sessions/s?token={token}"), &[]),
            upgrade(&format!("/ws/sessions/s&token={token}"), &[]),
            upgrade(&format!("/nowhere?token={token}"), &[]),
            upgrade("/ws/sessions/s", &[("authorization", &bearer)]),
            upgrade("/api/chat/ws", &[("sec-websocket-protocol", &offer)]),
            upgrade(&format!("/api/chat/ws?token={token}"), &[("origin", "https://evil.example")]),
            get_request("/whoami", &[("authorization", &bearer)]),
            get_request(&format!("/users?token={token}"), &[]),
            get_request(&format!("/{token}"), &[("authorization", &bearer)]),
        ] {
            if let Answer::Response(response) = scene.ask(request).await {
                let body = json(response).await.to_string();
                assert!(!body.contains(token.as_str()), "{body}");
            }
        }
    }
    scene.ask_from("198.51.100.7", upgrade("/api/chat/ws", &[])).await;
    let text = capture.end();
    assert!(!text.contains("CANARY") && !text.contains("eyJ"), "{text}");
    for token in &tokens {
        let signature = token.rsplit('.').next().unwrap();
        assert!(!text.contains(signature), "{text}");
    }
    for expected in [
        "security: token refused address=203.0.113.9 application=\"sessions\" claimed_user=\"ann\" \
         reason=the token has expired",
        "token refused address=203.0.113.9 application=\"http\"",
        "origin refused",
        "address refused address=198.51.100.7",
        "limit=\"refused_tokens_per_minute\"",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

#[tokio::test]
async fn a_call_that_is_not_the_callers_to_make_is_logged_with_user_address_and_reason() {
    let capture = Capture::start();
    let scene = Scene::new();
    let bearer = format!("Bearer {}", scene.token("ann"));
    let response = scene.answered(get_request("/refused?x=CANARY", &[("authorization", &bearer)]));
    assert_eq!(response.await.status(), StatusCode::FORBIDDEN);
    let text = capture.end();
    let expected = "security: call refused user=\"ann\" address=203.0.113.9 method=GET \
                    path=\"/refused\" reason=\"not a publisher\"";
    assert!(text.contains(expected), "{text}");
    assert!(!text.contains("CANARY"), "{text}");
}

#[tokio::test]
async fn an_address_fills_at_most_sixty_lines_a_minute() {
    let capture = Capture::start();
    let scene = Scene::new();
    for _ in 0..200 {
        scene.ask(get_request("/whoami", &[("origin", "null")])).await;
    }
    let text = capture.end();
    assert_eq!(text.matches("origin refused").count(), 60);
}
