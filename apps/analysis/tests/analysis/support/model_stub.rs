//! A model that is never of help: it refuses its first requests, and is silent from then on.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// The server, which ends with the test's process.
pub struct Model {
    address: SocketAddr,
    gate: Arc<Gate>,
}

struct Gate {
    refusals: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    asked: usize,
    is_released: bool,
}

impl Model {
    /// Starts listening; refuses so many requests, then is silent until [`Model::release`], and
    /// refuses again.
    pub fn start(refusals: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (state, changed) = Default::default();
        let gate = Arc::new(Gate { refusals, state, changed });
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

    /// Is silent no more.
    pub fn release(&self) {
        self.gate.lock().is_released = true;
        self.gate.changed.notify_all();
    }

    /// Waits until it was asked that often.
    pub fn asked(&self, count: usize) {
        let few = |state: &mut State| state.asked < count;
        let waited = self.gate.changed.wait_timeout_while(self.gate.lock(), testkit::PATIENCE, few);
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "asked {} times", state.asked);
    }
}

impl Gate {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while read_request(&mut reader).is_some() {
            let mut state = self.lock();
            state.asked += 1;
            let is_silent = state.asked > self.refusals;
            drop(state);
            self.changed.notify_all();
            if is_silent {
                drop(self.changed.wait_while(self.lock(), |state| !state.is_released));
            }
            let refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
            if stream.write_all(refusal).is_err() {
                return;
            }
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
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
    Some(body)
}
