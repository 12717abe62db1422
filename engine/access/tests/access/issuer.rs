//! An issuer's web server, which does what it is told to.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::StatusCode;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::support::Signer;

/// What the server answers.
#[derive(Clone)]
pub enum Answer {
    /// These keys.
    Keys(Vec<Value>),
    /// This text.
    Text(String),
    /// This status.
    Status(StatusCode),
    /// A redirect.
    Redirect(String),
    /// Bytes without end.
    Endless,
    /// The beginning of a set of keys, and then nothing.
    Silence,
}

/// The server; it stops with the test's runtime.
#[derive(Clone)]
pub struct IssuerServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    answer: Mutex<Answer>,
    requests: AtomicUsize,
    /// A permit lets one answer out.
    gate: Semaphore,
    is_gated: std::sync::atomic::AtomicBool,
}

impl IssuerServer {
    pub async fn start(answer: Answer) -> Self {
        let shared = Arc::new(Shared {
            answer: Mutex::new(answer),
            requests: AtomicUsize::new(0),
            gate: Semaphore::new(0),
            is_gated: false.into(),
        });
        let routes = Router::new()
            .route("/{*path}", axum::routing::get(respond))
            .with_state(Arc::clone(&shared));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let service = TowerToHyperService::new(routes.clone());
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(socket), service),
                );
            }
        });
        Self { address, shared }
    }

    pub async fn with_keys(signers: &[&Signer]) -> Self {
        Self::start(Answer::keys(signers)).await
    }

    pub fn url(&self) -> String {
        format!("http://{}/jwks.json", self.address)
    }

    pub fn answer(&self, answer: Answer) {
        *self.shared.answer.lock().unwrap() = answer;
    }

    /// How often it was asked.
    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }

    /// From now on it answers only when let.
    pub fn hold_back(&self) {
        self.shared.is_gated.store(true, Ordering::SeqCst);
    }

    pub fn let_one_answer_out(&self) {
        self.shared.gate.add_permits(1);
    }
}

impl Answer {
    pub fn keys(signers: &[&Signer]) -> Self {
        Self::Keys(signers.iter().map(|signer| signer.jwk.clone()).collect())
    }
}

async fn respond(State(shared): State<Arc<Shared>>, Path(_): Path<String>) -> Response {
    shared.requests.fetch_add(1, Ordering::SeqCst);
    if shared.is_gated.load(Ordering::SeqCst) {
        shared.gate.acquire().await.unwrap().forget();
    }
    let answer = shared.answer.lock().unwrap().clone();
    match answer {
        Answer::Keys(keys) => json!({"keys": keys}).to_string().into_response(),
        Answer::Text(text) => text.into_response(),
        Answer::Status(status) => status.into_response(),
        Answer::Redirect(to) => (StatusCode::FOUND, [(http::header::LOCATION, to)]).into_response(),
        Answer::Endless => {
            let chunk = || Ok::<_, Infallible>(Bytes::from_static(&[b' '; 4096]));
            Body::from_stream(stream::repeat_with(chunk)).into_response()
        }
        Answer::Silence => {
            let start = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"{\"keys\":"))]);
            let rest = stream::pending();
            Body::from_stream(futures_util::StreamExt::chain(start, rest)).into_response()
        }
    }
}
