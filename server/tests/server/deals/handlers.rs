//! Routes of deals that are handled elsewhere: by handlers that work, refuse, hang, fail and never end.

use std::sync::Arc;

use serde_json::{Value, json};
use testkit::{TestServer, token};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::start;

/// What a handler does with an event.
enum Reply {
    /// Answers so.
    Says(u16, &'static str),
    /// Takes the event and says nothing.
    Hangs,
    /// Answers 200 and goes on for a gigabyte.
    NeverEnds,
}

/// A handler of every route, and the events that came to it.
struct Handler {
    url: String,
    events: mpsc::UnboundedReceiver<Value>,
}

impl Handler {
    /// A handler that decides by the route's key.
    async fn start(decide: fn(&str) -> Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/events", listener.local_addr().unwrap());
        #[expect(clippy::disallowed_methods, reason = "a test sends few events")]
        let (sender, events) = mpsc::unbounded_channel();
        let decide = Arc::new(decide);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&decide), sender.clone()));
            }
        });
        Self { url, events }
    }

    /// A server that has this handler for these actions.
    fn server(&self, actions: &[&str], env: &[(&str, &str)]) -> TestServer {
        let routes: Vec<_> =
            actions.iter().map(|action| json!({"action": action, "url": self.url})).collect();
        let routes = Value::Array(routes).to_string();
        let ours = [("QUINTET_DEALS__ROUTES", routes.as_str())];
        start(&[&ours, env].concat())
    }

    /// The context of the next event, which must be of this route.
    async fn next(&mut self, route: &str) -> Value {
        let event = tokio::time::timeout(testkit::PATIENCE, self.events.recv()).await;
        let event = event.expect("an event comes").unwrap();
        assert_eq!(event["requestContext"]["routeKey"], route, "{event}");
        event
    }
}

async fn answer(
    mut stream: TcpStream,
    decide: Arc<fn(&str) -> Reply>,
    events: mpsc::UnboundedSender<Value>,
) {
    let Some(event) = read(&mut stream).await else { return };
    let reply = decide(event["requestContext"]["routeKey"].as_str().unwrap());
    // A test that has seen enough takes no more of them.
    let _ = events.send(event);
    match reply {
        Reply::Says(status, body) => {
            let length = body.len();
            let head = format!("HTTP/1.1 {status} Any\r\nContent-Length: {length}");
            // It does close, and a call on a connection that closes is not made again.
            let text = format!("{head}\r\nConnection: close\r\n\r\n{body}");
            let _ = stream.write_all(text.as_bytes()).await;
        }
        Reply::Hangs => {
            let _ = stream.read_u8().await;
        }
        Reply::NeverEnds => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            let piece = vec![b'x'; 65_536];
            for _ in 0..16_384 {
                if stream.write_all(&piece).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// The event of one request.
async fn read(stream: &mut TcpStream) -> Option<Value> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        if let Ok(event) = serde_json::from_slice(&bytes[end + 4..]) {
            return Some(event);
        }
    }
}

fn bid(id: &str) -> Value {
    json!({"action": "placeBid", "data": {"amount": 3}, "requestId": id})
}

#[tokio::test]
async fn a_handler_takes_its_routes_from_the_handshake_to_the_end() {
    let mut handler = Handler::start(|route| match route {
        "placeBid" => Reply::Says(200, r#"{"type":"bidTaken"}"#),
        "$default" => Reply::Says(200, r#"{"type":"whatever"}"#),
        _ => Reply::Says(200, ""),
    })
    .await;
    let all = ["$connect", "placeBid", "$default", "$disconnect"];
    let secret = ("QUINTET_DEALS__ROUTES_SECRET", "a-secret-of-routes");
    let server = handler.server(&all, &[secret]);
    let token = token("ann");
    let mut ann = server.dial("/dev").token_in_query(&token).open().await;
    let opened = handler.next("$connect").await;
    assert_eq!(opened["queryStringParameters"]["token"], token.as_str());
    let about = &opened["requestContext"];
    assert_eq!((&about["eventType"], &about["stage"]), (&json!("CONNECT"), &json!("dev")));
    assert_eq!(about["authorizer"]["principalId"], "ann");
    assert_eq!(about["domainName"], server.address().to_string());
    let id = about["connectionId"].clone();

    ann.send(&bid("r-1")).await;
    assert_eq!(ann.next().await, json!({"type": "bidTaken"}));
    let event = handler.next("placeBid").await;
    assert_eq!(event["body"], bid("r-1").to_string());
    assert_eq!(event["requestContext"]["connectionId"], id);
    ann.send_text("no JSON").await;
    assert_eq!(ann.next().await, json!({"type": "whatever"}));
    assert_eq!(handler.next("$default").await["body"], "no JSON");
    ann.send(&json!({"action": "ping", "data": {}})).await;
    assert_eq!(ann.next().await["type"], "pong", "what is built in stays so");
    ann.send(&json!({"action": "$connect", "data": {}})).await;
    assert_eq!(ann.next().await, json!({"type": "whatever"}));
    handler.next("$default").await;

    ann.close().await;
    let ended = handler.next("$disconnect").await;
    assert_eq!(ended["requestContext"]["connectionId"], id);
    let output = format!("{}{}", server.stdout(), server.stderr());
    assert!(!output.contains(&token) && !output.contains(secret.1), "{output}");
}

#[tokio::test]
async fn whom_the_handler_refuses_gets_its_status_and_no_connection() {
    let refusing = Handler::start(|_| Reply::Says(403, "nothing of this is told")).await;
    let server = refusing.server(&["$connect"], &[]);
    for path in ["/", "/prod"] {
        let refused = server.dial(path).token(&token("ann")).try_open().await.err().unwrap();
        assert_eq!(refused.status, 403);
        assert!(!format!("{refused:?}").contains("nothing of this"), "{refused:?}");
    }
    let hanging = Handler::start(|_| Reply::Hangs).await;
    let server = hanging.server(&["$connect"], &[("QUINTET_DEALS__ROUTES_TIMEOUT", "200ms")]);
    let refused = server.dial("/").token(&token("ann")).try_open().await.err().unwrap();
    assert_eq!(refused.status, 502);
}

#[tokio::test]
async fn whatever_a_handler_does_the_connection_gets_an_error_and_goes_on() {
    let failing = |route: &str| match route {
        "hangs" => Reply::Hangs,
        "breaks" => Reply::Says(500, "a stack trace"),
        "redirects" => Reply::Says(302, ""),
        _ => Reply::NeverEnds,
    };
    let handler = Handler::start(failing).await;
    let actions = ["hangs", "breaks", "redirects", "neverEnds"];
    let server = handler.server(&actions, &[("QUINTET_DEALS__ROUTES_TIMEOUT", "1s")]);
    let mut ann = server.dial("/").token(&token("ann")).open().await;
    for action in actions {
        ann.send(&json!({"action": action, "requestId": action})).await;
        let error = ann.next().await;
        assert_eq!((&error["type"], &error["requestId"]), (&json!("error"), &json!(action)));
        assert_eq!(error["data"]["code"], "INTERNAL_ERROR", "{error}");
        assert!(!error.to_string().contains("stack"), "{error}");
    }
    let metrics = server.http().get("/metrics").await.body;
    for (outcome, count) in [("timeout", 1), ("status", 2), ("too_large", 1)] {
        let counted = format!("quintet_handler_calls_total{{outcome=\"{outcome}\"}} {count}\n");
        assert!(metrics.contains(&counted), "{metrics}");
    }
    ann.send(&json!({"action": "ping", "data": {}})).await;
    assert_eq!(ann.next().await["type"], "pong");
}

#[tokio::test]
async fn a_stop_tells_the_handler_of_everybody_who_was_connected() {
    const PEOPLE: usize = 30;
    let mut handler = Handler::start(|_| Reply::Says(200, "")).await;
    let mut server = handler.server(&["$disconnect"], &[("QUINTET_SERVER__DRAIN", "200ms")]);
    let mut people = Vec::new();
    for at in 0..PEOPLE {
        let token = token(&format!("person-{at}"));
        people.push(server.dial("/").token(&token).open().await);
    }
    server.terminate();
    for person in &mut people {
        assert_eq!(person.closed().await.0, 1012);
    }
    let mut told = Vec::new();
    for _ in 0..PEOPLE {
        let ended = handler.next("$disconnect").await;
        let about = &ended["requestContext"];
        assert_eq!(about["disconnectStatusCode"], 1012);
        told.push(about["authorizer"]["principalId"].as_str().unwrap().to_owned());
    }
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), PEOPLE);
    assert!(server.wait().success());
}
