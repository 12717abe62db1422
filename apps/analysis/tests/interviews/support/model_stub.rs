//! A model that keeps whoever asks waiting, then has nothing to say: the rules evaluate instead.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use intelligence::{OpenaiConfig, TextProvider};

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
    asked: usize,
    released: bool,
}

impl Model {
    /// Starts listening.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let gate: Arc<Gate> = Arc::default();
        let shared = Arc::clone(&gate);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let gate = Arc::clone(&shared);
                thread::spawn(move || gate.serve(&stream));
            }
        });
        Self { address, gate }
    }

    pub fn provider(&self) -> TextProvider {
        TextProvider::Openai(OpenaiConfig {
            base_url: format!("http://{}/v1", self.address),
            api_key: None,
            model: "stub".into(),
            deadline: Duration::from_secs(60),
        })
    }

    /// Waits until somebody asks.
    pub fn is_asked(&self) {
        let idle = |state: &mut State| state.asked == 0;
        let waited =
            self.gate.changed.wait_timeout_while(self.gate.lock(), testkit::PATIENCE, idle);
        let (_state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "nobody asked");
    }

    /// How often somebody asked.
    pub fn asked(&self) -> usize {
        self.gate.lock().asked
    }

    /// Refuses whoever waits and whoever comes.
    pub fn release(&self) {
        self.gate.lock().released = true;
        self.gate.changed.notify_all();
    }
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, mut stream: &TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while read_request(&mut reader).is_some() {
            self.lock().asked += 1;
            self.changed.notify_all();
            drop(self.changed.wait_while(self.lock(), |state| !state.released));
            let answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
            if stream.write_all(answer).is_err() {
                return;
            }
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<()> {
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
    reader.read_exact(&mut vec![0; length]).ok()
}
