//! A handler that answers as it is told, and what the tests post to it.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use deals::integrations::{Call, Config, Failure, Integrations, Opening};
use model::{ConnectionId, Identity, ManualClock, Role, Timestamp};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use url::Url;

/// A deadline that no test waits for.
pub(crate) const NEVER: Duration = Duration::from_secs(300);
/// A deadline that a test waits for; a busy machine makes a connection well within half of it.
pub(crate) const SOON: Duration = Duration::from_secs(2);
/// When every test takes place: 2026-04-09T12:34:56.789Z.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_775_738_096_789);
/// Bytes of a handler that never ends its answer; a client without bounds ends the test too.
const GIGABYTE: usize = 1 << 30;

/// How a handler answers.
#[derive(Clone, Debug)]
pub(crate) enum Manner {
    /// With these bytes; then it closes.
    Say(String),
    /// With these bytes, which are no text; then it closes.
    SayBytes(&'static [u8]),
    /// With these bytes; then it goes on with those, up to a gigabyte.
    Pour(String, String),
    /// With these bytes; then with those, now and then, for ever.
    Drip(String, String),
    /// With these bytes, and then keeps the connection open and silent.
    Hang(String),
    /// So, once it is told to go on.
    Held(String),
}

/// A whole answer.
pub(crate) fn answer(status: u16, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} Any\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Everything up to the empty line, in lower case.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The value of a header; the test fails where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.find(name).expect("the request has that header")
    }

    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    pub(crate) fn event(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A handler that listens.
pub(crate) struct Handler {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
    go_on: watch::Sender<bool>,
    task: JoinHandle<Infallible>,
}

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<Request>>,
    /// Bytes of answers that were taken.
    written: AtomicUsize,
    /// Connections that are being answered.
    open: watch::Sender<usize>,
    open_most: AtomicUsize,
}

impl Handler {
    pub(crate) async fn start(manner: Manner) -> Self {
        Self::serve(TcpListener::bind("127.0.0.1:0").await.unwrap(), manner)
    }

    pub(crate) fn serve(listener: TcpListener, manner: Manner) -> Self {
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Seen>::default();
        let go_on = watch::Sender::new(false);
        let task = tokio::spawn(accept(listener, manner, Arc::clone(&seen), go_on.subscribe()));
        Self { address, seen, go_on, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/handle", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// The one request that came.
    pub(crate) fn only_request(&self) -> Request {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1);
        requests.remove(0)
    }

    pub(crate) fn written(&self) -> usize {
        self.seen.written.load(Ordering::SeqCst)
    }

    /// The most connections it ever answered at once.
    pub(crate) fn open_most(&self) -> usize {
        self.seen.open_most.load(Ordering::SeqCst)
    }

    /// Waits until it answers as many connections at once.
    pub(crate) async fn until_open(&self, count: usize) {
        self.seen.open.subscribe().wait_for(|open| *open == count).await.unwrap();
    }

    /// Those that are held, and all to come, are answered.
    pub(crate) fn go_on(&self) {
        self.go_on.send_replace(true);
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(
    listener: TcpListener,
    manner: Manner,
    seen: Arc<Seen>,
    go_on: watch::Receiver<bool>,
) -> Infallible {
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        let (manner, seen, go_on) = (manner.clone(), Arc::clone(&seen), go_on.clone());
        tokio::spawn(async move {
            // Whoever calls may go whenever it likes.
            let _ = converse(socket, manner, &seen, go_on).await;
        });
    }
}

/// Counts a connection as open while it lives.
struct Open<'a>(&'a Seen);

impl<'a> Open<'a> {
    fn new(seen: &'a Seen) -> Self {
        seen.open.send_modify(|open| {
            *open += 1;
            seen.open_most.fetch_max(*open, Ordering::SeqCst);
        });
        Self(seen)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open -= 1);
    }
}

async fn converse(
    mut socket: TcpStream,
    manner: Manner,
    seen: &Seen,
    mut go_on: watch::Receiver<bool>,
) -> io::Result<()> {
    let Some(request) = read(&mut socket).await? else { return Ok(()) };
    seen.requests.lock().unwrap().push(request);
    let _open = Open::new(seen);
    let mut say = async |mut rest: &[u8]| {
        while !rest.is_empty() {
            seen.written.fetch_add(socket.write_buf(&mut rest).await?, Ordering::SeqCst);
        }
        io::Result::Ok(())
    };
    match manner {
        Manner::Say(text) => say(text.as_bytes()).await,
        Manner::SayBytes(bytes) => say(bytes).await,
        Manner::Held(text) => {
            let _ = go_on.wait_for(|go_on| *go_on).await;
            say(text.as_bytes()).await
        }
        Manner::Pour(start, unit) => {
            say(start.as_bytes()).await?;
            while seen.written.load(Ordering::SeqCst) < GIGABYTE {
                say(unit.as_bytes()).await?;
            }
            Ok(())
        }
        Manner::Drip(start, unit) => {
            say(start.as_bytes()).await?;
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                say(unit.as_bytes()).await?;
            }
        }
        Manner::Hang(start) => {
            say(start.as_bytes()).await?;
            // Ends when the peer goes.
            socket.read_u8().await.map(drop)
        }
    }
}

/// One request; `None` where the peer says nothing.
async fn read(socket: &mut TcpStream) -> io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    loop {
        if socket.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let mut request = Request { head, body: bytes.split_off(end + 4) };
        let length: usize = request.header("content-length").parse().unwrap();
        while request.body.len() < length {
            socket.read_buf(&mut request.body).await?;
        }
        return Ok(Some(request));
    }
}

/// Routes to these URLs, with a deadline that no test waits for.
pub(crate) fn config(routes: &[(&str, &str)]) -> Config {
    let route = |(action, url): &(&str, &str)| ((*action).to_owned(), Url::parse(url).unwrap());
    let routes = routes.iter().map(route).collect();
    Config { routes, secret: None, deadline: NEVER, concurrency: 100 }
}

pub(crate) fn integrations(config: Config) -> Arc<Integrations> {
    let clock = Arc::new(ManualClock::at(NOW));
    Integrations::new(config, Handle::current(), clock).unwrap()
}

/// What the handshake of an administrator's browser left.
pub(crate) fn opening() -> Arc<Opening> {
    opening_of("ann")
}

/// The same of anybody's.
pub(crate) fn opening_of(user: &str) -> Arc<Opening> {
    Arc::new(Opening {
        connection: ConnectionId::new(1, 2, 3),
        stage: "prod".into(),
        source_ip: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        user_agent: Some("Browser/1".into()),
        connected_at: NOW.plus_millis(-1_500),
        domain: "deals.example:8443".into(),
        identity: Arc::new(Identity {
            user_id: user.into(),
            username: "Ann \"A\" Ångström".into(),
            roles: vec![Role::Admin, Role::Publisher],
            contexts: None,
            issued_at: None,
            is_ours: true,
            expires_at: NOW.plus_millis(3_600_000),
        }),
    })
}

/// Begins to post a message to the route `placeBid`, of somebody who posts nothing else.
pub(crate) fn post(integrations: &Arc<Integrations>, text: &str) -> Posted {
    static POSTED: AtomicUsize = AtomicUsize::new(0);
    post_of(integrations, &format!("user-{}", POSTED.fetch_add(1, Ordering::SeqCst)), text)
}

/// What becomes of a message that was posted.
pub(crate) type Posted = oneshot::Receiver<Result<Option<Bytes>, Failure>>;

/// Begins to post a message of `user`'s to the route `placeBid`.
pub(crate) fn post_of(integrations: &Arc<Integrations>, user: &str, text: &str) -> Posted {
    let route = integrations.route("placeBid").unwrap();
    let (sender, receiver) = oneshot::channel();
    let call = Call { opening: opening_of(user), text: text.into() };
    integrations.message(route, call, move |answer| sender.send(answer).unwrap());
    receiver
}
