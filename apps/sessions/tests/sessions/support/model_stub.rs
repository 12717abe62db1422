//! A model: a small server that speaks as much of the chat-completions API as a test needs.
//!
//! What it does with its first requests is said when it starts; to all later ones it answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// What the stub says of a question it takes.
pub const SAID: [&str; 2] = ["well", ", then"];

/// What the stub does with a request.
#[derive(Clone, Copy)]
pub enum Deed {
    /// Answers.
    Answer,
    /// Begins to answer, then is silent until [`Model::release`].
    Half,
    /// Is silent until [`Model::release`], then answers.
    Silence,
    /// Refuses.
    Refuse,
}

/// The server, which ends with the test's process.
pub struct Model {
    address: SocketAddr,
    gate: Arc<Gate>,
}

#[derive(Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    script: Vec<Deed>,
    asked: Vec<String>,
    released: bool,
}

impl Model {
    /// Starts listening; does with its first requests what `script` says.
    pub fn start(script: &[Deed]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let gate: Arc<Gate> = Arc::default();
        gate.lock().script = script.to_vec();
        let shared = Arc::clone(&gate);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let gate = Arc::clone(&shared);
                thread::spawn(move || gate.serve(stream));
            }
        });
        Self { address, gate }
    }

    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Silent answers go on to their end, from now on.
    pub fn release(&self) {
        self.gate.lock().released = true;
        self.gate.changed.notify_all();
    }

    /// Waits until it was asked that often; the bodies of all requests.
    pub fn asked(&self, count: usize) -> Vec<String> {
        let few = |state: &mut State| state.asked.len() < count;
        let waited = self.gate.changed.wait_timeout_while(self.gate.lock(), testkit::PATIENCE, few);
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "asked {} times", state.asked.len());
        state.asked.clone()
    }
}

impl Gate {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while let Some(body) = read_request(&mut reader) {
            let mut state = self.lock();
            let deed = state.script.get(state.asked.len()).copied().unwrap_or(Deed::Answer);
            state.asked.push(body);
            drop(state);
            self.changed.notify_all();
            if self.answer(&stream, deed).is_err() {
                return;
            }
        }
    }

    fn answer(&self, mut stream: &TcpStream, deed: Deed) -> std::io::Result<()> {
        if matches!(deed, Deed::Refuse) {
            return stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
        if matches!(deed, Deed::Silence) {
            self.wait();
        }
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
        write!(stream, "{head}Transfer-Encoding: chunked\r\n\r\n")?;
        delta(stream, SAID[0])?;
        if matches!(deed, Deed::Half) {
            self.wait();
        }
        delta(stream, SAID[1])?;
        chunk(stream, "data: [DONE]\n\n")?;
        stream.write_all(b"0\r\n\r\n")
    }

    fn wait(&self) {
        let silent = |state: &mut State| !state.released;
        drop(self.changed.wait_while(self.lock(), silent));
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

fn delta(stream: &TcpStream, text: &str) -> std::io::Result<()> {
    let data = serde_json::json!({
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}],
    });
    chunk(stream, &format!("data: {data}\n\n"))
}

fn chunk(mut stream: &TcpStream, text: &str) -> std::io::Result<()> {
    write!(stream, "{:x}\r\n{text}\r\n", text.len())
}
