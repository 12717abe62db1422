//! A server of the chat-completions API that gives scripted replies, good and bad.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, Request, State};
use axum::response::Response;
use axum::{Router, body};
use futures_util::{Stream, StreamExt, stream};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// Bytes an endless reply has at most, so that a client without bounds ends the test too.
const ENDLESS_BYTES: usize = 100 * 1024 * 1024;

/// A running stub.
pub(crate) struct Stub {
    pub(crate) base_url: String,
    script: Arc<Script>,
    task: JoinHandle<()>,
}

struct Script {
    replies: Mutex<VecDeque<Reply>>,
    requests: Mutex<Vec<Seen>>,
    /// Replies that are being given.
    open: watch::Sender<usize>,
}

/// A request that came.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: serde_json::Value,
}

/// What one request gets.
#[derive(Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    has_head: bool,
    pieces: Vec<String>,
    then: Then,
}

#[derive(Clone)]
enum Then {
    End,
    Drop,
    Hang,
    Repeat(String),
    Dribble,
}

/// A piece of a stream, as the API has it.
pub(crate) fn delta(text: &str) -> String {
    let piece = serde_json::json!({ "choices": [{ "delta": { "content": text } }] });
    format!("data: {piece}\n\n")
}

impl Reply {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { status, headers, has_head: true, pieces: vec![body.to_owned()], then: Then::End }
    }

    pub(crate) fn events(pieces: Vec<String>) -> Self {
        let headers = vec![("content-type", "text/event-stream".to_owned())];
        Self { headers, pieces, ..Self::json(200, "") }
    }

    /// A good stream; `then_…` replaces its end.
    pub(crate) fn stream<const N: usize>(texts: [&str; N]) -> Self {
        let mut pieces: Vec<String> = texts.map(delta).into();
        pieces.push("data: [DONE]\n\n".to_owned());
        Self::events(pieces)
    }

    pub(crate) fn hang() -> Self {
        Self { has_head: false, then: Then::Hang, ..Self::events(Vec::new()) }
    }

    pub(crate) fn drop() -> Self {
        Self { has_head: false, then: Then::Drop, ..Self::events(Vec::new()) }
    }

    /// A byte now and then, never a whole event.
    pub(crate) fn dribble() -> Self {
        Self { then: Then::Dribble, ..Self::events(Vec::new()) }
    }

    pub(crate) fn endless(start: &str, unit: &str) -> Self {
        let then = Then::Repeat(unit.repeat(64 * 1024 / unit.len() + 1));
        Self { then, ..Self::events(vec![start.to_owned()]) }
    }

    pub(crate) fn into_json(self) -> Self {
        Self { headers: Self::json(200, "").headers, ..self }
    }

    pub(crate) fn then_drop(mut self) -> Self {
        self.pieces.pop();
        Self { then: Then::Drop, ..self }
    }

    pub(crate) fn then_hang(mut self) -> Self {
        self.pieces.pop();
        Self { then: Then::Hang, ..self }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn body(self, open: Open) -> Body {
        let pieces = stream::iter(self.pieces).map(Bytes::from);
        let rest: std::pin::Pin<Box<dyn Stream<Item = Result<Bytes, std::io::Error>> + Send>> =
            match self.then {
                Then::End => Box::pin(stream::empty()),
                Then::Drop => Box::pin(stream::once(async {
                    // What was said before is to leave first.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    Err(std::io::Error::other("dropped"))
                })),
                Then::Hang => Box::pin(stream::pending()),
                Then::Repeat(unit) => {
                    let unit = Bytes::from(unit);
                    let count = ENDLESS_BYTES / unit.len();
                    Box::pin(stream::iter(std::iter::repeat_n(unit, count)).map(Ok))
                }
                Then::Dribble => Box::pin(stream::unfold((), |()| async {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    Some((Ok(Bytes::from_static(b"x")), ()))
                })),
            };
        Body::from_stream(pieces.map(Ok).chain(rest).inspect(move |_| {
            let _ = &open;
        }))
    }
}

/// Counts a reply as being given while it lives.
struct Open(Arc<Script>);

impl Open {
    fn new(script: &Arc<Script>) -> Self {
        script.open.send_modify(|open| *open += 1);
        Self(script.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open -= 1);
    }
}

impl Stub {
    /// Starts a server that gives these replies, one a request, and 404 after them.
    pub(crate) async fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let script = Arc::new(Script {
            replies: Mutex::new(replies.into()),
            requests: Mutex::default(),
            open: watch::Sender::new(0),
        });
        let task = tokio::spawn(serve(listener, script.clone()));
        Self { base_url, script, task }
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.script.requests.lock().unwrap().clone()
    }

    /// Waits until the client has left every reply.
    pub(crate) async fn all_left(&self) {
        self.script.open.subscribe().wait_for(|open| *open == 0).await.unwrap();
    }

    /// Stops listening.
    pub(crate) async fn stop(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, script: Arc<Script>) {
    let router = Router::new().fallback(answer).with_state(script);
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        let cut = Arc::new(Notify::new());
        let service = TowerToHyperService::new(router.clone().layer(Extension(cut.clone())));
        tokio::spawn(async move {
            let server = hyper::server::conn::http1::Builder::new();
            let connection = server.serve_connection(TokioIo::new(socket), service);
            tokio::select! {
                _ = connection => {}
                () = cut.notified() => {}
            }
        });
    }
}

async fn answer(
    State(script): State<Arc<Script>>,
    Extension(cut): Extension<Arc<Notify>>,
    request: Request,
) -> Result<Response, Infallible> {
    let open = Open::new(&script);
    let path = request.uri().path().to_owned();
    let authorization = request.headers().get("authorization");
    let authorization = authorization.map(|value| value.to_str().unwrap().to_owned());
    let bytes = body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
    let body = serde_json::from_slice(&bytes).unwrap();
    script.requests.lock().unwrap().push(Seen { path, authorization, body });
    let reply = script.replies.lock().unwrap().pop_front();
    let reply = reply.unwrap_or_else(|| Reply::json(404, "{}"));
    if !reply.has_head {
        if matches!(reply.then, Then::Drop) {
            cut.notify_one();
        }
        pending::<()>().await;
    }
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    Ok(response.body(reply.body(open)).unwrap())
}
