//! A server of the chat-completions API whose answers a test makes, good and bad.

use std::convert::Infallible;
use std::future::pending;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{self, Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::{StreamExt, stream};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running stub.
pub(crate) struct Stub {
    pub(crate) base_url: String,
    seen: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

/// What the model was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The whole request.
    pub(crate) body: String,
    /// Our words.
    pub(crate) task: String,
    /// The quoted data.
    pub(crate) material: String,
    /// The name of the schema that the answer must fit.
    pub(crate) schema: String,
    /// Requests with this schema before this one.
    pub(crate) before: usize,
}

/// What one request gets.
pub(crate) enum Reply {
    /// An answer with this content.
    Content(Value),
    /// This answer as it stands.
    Raw(u16, &'static str),
    /// Nothing, ever.
    Hang,
    /// The beginning of an answer, then the end of the connection.
    Half,
}

type Answer = Box<dyn Fn(&Asked) -> Reply + Send + Sync>;

struct Shared {
    answer: Answer,
    seen: Arc<Mutex<Vec<Asked>>>,
}

impl Stub {
    /// Starts a server that answers by `answer`.
    pub(crate) async fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let seen = Arc::default();
        let shared = Arc::new(Shared { answer: Box::new(answer), seen: Arc::clone(&seen) });
        let task = tokio::spawn(serve(listener, shared));
        Self { base_url, seen, task }
    }

    /// What was asked so far.
    pub(crate) fn seen(&self) -> Vec<Asked> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let router = Router::new().fallback(reply).with_state(shared);
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        let service = TowerToHyperService::new(router.clone());
        let server = hyper::server::conn::http1::Builder::new();
        tokio::spawn(server.serve_connection(TokioIo::new(socket), service));
    }
}

async fn reply(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Infallible> {
    let bytes = body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
    let asked = shared.see(&bytes);
    Ok(match (shared.answer)(&asked) {
        Reply::Content(content) => {
            let message = serde_json::json!({ "content": content.to_string() });
            let body = serde_json::json!({ "choices": [{ "message": message }] });
            Response::new(Body::from(body.to_string()))
        }
        Reply::Raw(status, body) => {
            Response::builder().status(status).body(Body::from(body)).unwrap()
        }
        Reply::Hang => pending().await,
        Reply::Half => {
            let half = Bytes::from_static(b"{\"choices\":[{\"message\":{\"content\":\"{");
            let cut = stream::once(async { Err(std::io::Error::other("cut")) });
            Response::new(Body::from_stream(stream::iter([Ok(half)]).chain(cut)))
        }
    })
}

impl Shared {
    fn see(&self, bytes: &[u8]) -> Asked {
        let body: Value = serde_json::from_slice(bytes).unwrap();
        let message = |at: usize| body["messages"][at]["content"].as_str().unwrap().to_owned();
        let schema = body["response_format"]["json_schema"]["name"].as_str().unwrap_or_default();
        let mut seen = self.seen.lock().unwrap();
        let asked = Asked {
            body: body.to_string(),
            task: message(0),
            material: message(1),
            schema: schema.to_owned(),
            before: seen.iter().filter(|it| it.schema == schema).count(),
        };
        seen.push(asked.clone());
        asked
    }
}
