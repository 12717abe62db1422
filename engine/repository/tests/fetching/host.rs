//! A git host over TLS: hyper in front of git's own `http-backend`, or something worse.

use std::convert::Infallible;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// What a host does with requests.
#[derive(Clone)]
pub(crate) enum Manner {
    /// Serves the repositories below a folder.
    Serves(PathBuf),
    /// Serves them under names that end in `.git`, and redirects to those.
    ServesLongNames(PathBuf),
    /// Serves them, but what a clone asks second is answered by a redirect.
    RedirectsLate(PathBuf, String),
    /// Redirects everything.
    Redirects(u16, String),
    /// Answers everything with a status and a text.
    Says(u16, &'static str),
    /// Serves plain files: the protocol that needs no git on the host.
    Files(PathBuf),
    /// Never answers.
    Hangs,
    /// Serves what a clone asks first, then sends a pack with one object that has no end.
    NeverEnds(PathBuf),
}

/// A host that runs until it is dropped.
pub(crate) struct Host {
    port: u16,
    folder: TempDir,
    seen: Arc<Seen>,
    _tasks: JoinSet<()>,
}

/// What a host was asked.
#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    paths: Mutex<Vec<String>>,
    sent: AtomicUsize,
    came: Notify,
}

impl Host {
    /// A host whose certificate is for `localhost`.
    pub(crate) async fn start(manner: Manner) -> Self {
        Self::named("localhost", manner).await
    }

    /// A host whose certificate is for `name`.
    pub(crate) async fn named(name: &str, manner: Manner) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let acceptor = acceptor(name, &folder.path().join("ca.pem"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Seen::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, acceptor, manner, Arc::clone(&seen)));
        Self { port, folder, seen, _tasks: tasks }
    }

    pub(crate) fn place(&self) -> String {
        format!("localhost:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://{}/{path}", self.place())
    }

    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.seen.paths.lock().unwrap().clone()
    }

    /// Bytes that it could hand to its sockets.
    pub(crate) fn sent(&self) -> usize {
        self.seen.sent.load(Ordering::SeqCst)
    }

    /// Waits for a request.
    pub(crate) async fn asked(&self) {
        self.seen.came.notified().await;
    }
}

/// TLS with a certificate for `name`, made by an authority that is written to `ca_file`.
fn acceptor(name: &str, ca_file: &Path) -> TlsAcceptor {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.distinguished_name.push(DnType::CommonName, "authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(ca_file, issuer.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut own = CertificateParams::new(vec![name.to_owned()]).unwrap();
    own.distinguished_name.push(DnType::CommonName, name);
    let certificate = own.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    Arc::new(config).into()
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, manner: Manner, seen: Arc<Seen>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        seen.connections.fetch_add(1, Ordering::SeqCst);
        let (acceptor, manner, seen) = (acceptor.clone(), manner.clone(), Arc::clone(&seen));
        connections.spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let service = service_fn(|request| answer(request, manner.clone(), Arc::clone(&seen)));
            let http = hyper::server::conn::http1::Builder::new();
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    manner: Manner,
    seen: Arc<Seen>,
) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path().to_owned();
    seen.paths.lock().unwrap().push(path.clone());
    seen.came.notify_one();
    let is_second = path.ends_with("/git-upload-pack");
    Ok(match manner {
        Manner::Serves(root) => backend(request, &root).await,
        Manner::ServesLongNames(root) if path.contains(".git/") => backend(request, &root).await,
        Manner::ServesLongNames(_) => {
            let query = request.uri().query().unwrap_or_default();
            redirect(302, &format!("{}?{query}", path.replacen("/info", ".git/info", 1)))
        }
        Manner::RedirectsLate(root, _) if !is_second => backend(request, &root).await,
        Manner::RedirectsLate(_, to) => redirect(307, &format!("{to}{path}")),
        Manner::Redirects(status, to) => redirect(status, &format!("{to}{path}")),
        Manner::Says(status, text) => {
            let answer = Response::builder().status(status).header("Content-Type", "text/html");
            answer.header("WWW-Authenticate", "Basic realm=\"git\"").body(full(text)).unwrap()
        }
        Manner::Files(root) => match std::fs::read(root.join(path.trim_start_matches('/'))) {
            Ok(content) => Response::new(full(content)),
            Err(_) => Response::builder().status(404).body(full("")).unwrap(),
        },
        Manner::Hangs => std::future::pending().await,
        Manner::NeverEnds(root) if !is_second => backend(request, &root).await,
        Manner::NeverEnds(root) => {
            let body = request.into_body().collect().await.unwrap().to_bytes();
            let is_fetch = body.windows(13).any(|words| words == b"command=fetch");
            if is_fetch { without_end(seen) } else { run(backend_command(&root, &path), &body) }
        }
    })
}

fn full(content: impl Into<Bytes>) -> Body {
    Full::new(content.into()).boxed_unsync()
}

fn redirect(status: u16, to: &str) -> Response<Body> {
    Response::builder().status(status).header("Location", to).body(full("")).unwrap()
}

/// The variables that git's `http-backend` is given for any request.
fn backend_command(root: &Path, path: &str) -> Command {
    let mut command = Command::new("git");
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "safe.directory")
        .env("GIT_CONFIG_VALUE_0", "*")
        .env("GIT_PROTOCOL", "version=2")
        .env("REQUEST_METHOD", "POST")
        .env("CONTENT_TYPE", "application/x-git-upload-pack-request")
        .env("PATH_INFO", path);
    command
}

async fn backend(request: Request<Incoming>, root: &Path) -> Response<Body> {
    let path = percent_encoding::percent_decode_str(request.uri().path()).decode_utf8_lossy();
    let mut command = backend_command(root, &path);
    command.env("REQUEST_METHOD", request.method().as_str());
    command.env("QUERY_STRING", request.uri().query().unwrap_or_default());
    for (header, variable) in [
        ("content-type", "CONTENT_TYPE"),
        ("content-encoding", "HTTP_CONTENT_ENCODING"),
        ("git-protocol", "GIT_PROTOCOL"),
    ] {
        let value = request.headers().get(header).map(|value| value.to_str().unwrap());
        command.env(variable, value.unwrap_or_default());
    }
    let body = request.into_body().collect().await.unwrap().to_bytes();
    tokio::task::spawn_blocking(move || run(command, &body)).await.unwrap()
}

/// Runs a CGI program and reads its answer.
fn run(mut command: Command, body: &[u8]) -> Response<Body> {
    command.env("CONTENT_LENGTH", body.len().to_string());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(body).unwrap();
    let said = child.wait_with_output().unwrap().stdout;
    let end = said.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(0);
    let mut answer = Response::builder();
    for line in std::str::from_utf8(&said[..end]).unwrap().lines() {
        match line.split_once(": ").unwrap() {
            ("Status", status) => {
                let code = status.split(' ').next().unwrap().parse::<StatusCode>().unwrap();
                answer = answer.status(code);
            }
            (name, value) => answer = answer.header(name, value),
        }
    }
    answer.body(full(said[end + 4..].to_vec())).unwrap()
}

/// A pack whose one blob claims 64 GiB and goes on and on, in blocks that are not compressed.
fn without_end(seen: Arc<Seen>) -> Response<Body> {
    let mut start = b"PACK\0\0\0\x02\0\0\0\x01".to_vec();
    let mut size = 64_u64 << 30;
    start.push(0b1011_0000 | u8::try_from(size & 15).unwrap());
    size >>= 4;
    while size > 0 {
        let more = if size > 127 { 128 } else { 0 };
        start.push(u8::try_from(size & 127).unwrap() | more);
        size >>= 7;
    }
    start.extend(b"\x78\x01");
    let mut block = vec![0, 0, 128, 255, 127];
    block.extend((0..32_768_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8));
    let first = [b"000dpackfile\n".to_vec(), packet(&start)].concat();
    let block = Bytes::from(packet(&block));
    let frames = std::iter::once(Bytes::from(first)).chain(std::iter::repeat_n(block, 1 << 20));
    let frames = frames.map(move |bytes| {
        seen.sent.fetch_add(bytes.len(), Ordering::SeqCst);
        Ok(Frame::data(bytes))
    });
    let body = StreamBody::new(stream::iter(frames)).boxed_unsync();
    let answer = Response::builder().header("Content-Type", "application/x-git-upload-pack-result");
    answer.body(body).unwrap()
}

/// Bytes of a pack as a line of git's protocol.
fn packet(content: &[u8]) -> Vec<u8> {
    let mut line = format!("{:04x}\x01", content.len() + 5).into_bytes();
    line.extend(content);
    line
}
