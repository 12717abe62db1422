//! A handler of a route: answers requests by the content of their bodies.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;
use url::Url;

/// The body of an answer that waits for [`Handler::go_on`].
pub const WAIT: &str = "\"wait\"";

/// A handler that listens until the process ends.
pub struct Handler {
    address: std::net::SocketAddr,
    events: Receiver<Value>,
    go_on: Sender<()>,
}

impl Handler {
    /// Answers what `answer` says to an event: a status and a body; that of
    /// [`WAIT`] waits first.
    pub fn start(answer: fn(&Value) -> (u16, &'static str)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (told, events) = channel();
        let (go_on, goes_on) = channel();
        let goes_on = Arc::new(Mutex::new(goes_on));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (told, goes_on) = (told.clone(), Arc::clone(&goes_on));
                thread::spawn(move || serve(stream.unwrap(), answer, &told, &goes_on));
            }
        });
        Self { address, events, go_on }
    }

    pub fn url(&self) -> Url {
        Url::parse(&format!("http://{}/", self.address)).unwrap()
    }

    /// The next event it got.
    pub fn event(&self) -> Value {
        self.events.recv_timeout(testkit::PATIENCE).unwrap()
    }

    /// Whether it got another one.
    pub fn has_event(&self) -> bool {
        self.events.try_recv().is_ok()
    }

    /// Answers one that waits.
    pub fn go_on(&self) {
        self.go_on.send(()).unwrap();
    }
}

fn serve(
    mut stream: TcpStream,
    answer: fn(&Value) -> (u16, &'static str),
    told: &Sender<Value>,
    goes_on: &Mutex<Receiver<()>>,
) {
    let event = read(&mut stream);
    let (status, body) = answer(&event);
    // A test that has ended hears nothing.
    let _gone = told.send(event);
    if body == WAIT && goes_on.lock().unwrap().recv().is_err() {
        return;
    }
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Any\r\ncontent-length: {length}\r\nconnection: close");
    let _gone = stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes());
}

fn read(stream: &mut TcpStream) -> Value {
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.unwrap().parse().unwrap();
            if bytes.len() >= head.len() + 4 + length {
                return serde_json::from_slice(&bytes[head.len() + 4..]).unwrap();
            }
        }
        let read = stream.read(&mut piece).unwrap();
        assert!(read > 0, "the request broke off");
        bytes.extend_from_slice(&piece[..read]);
    }
}
