//! The real binary as a process of its own.
//!
//! **Invariants:** it listens on a port the kernel chose; it gets nothing of this process's
//! environment but `PATH`; it is killed, and waited for, when its [`TestServer`] is dropped; a
//! server that panicked fails the test that dropped it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{Dial, Http, PATIENCE, SECRET};

/// Bytes of a server's output that are kept; the oldest go first.
const OUTPUT_BYTES_MAX: usize = 64 << 20;
/// What the server prints once it accepts.
const LISTENING: &str = "listening on ";

/// A running server.
pub struct TestServer {
    start: Start,
    process: Running,
    _data: Option<TempDir>,
}

/// How a server is started; [`TestServer::restart`] does it again.
#[derive(Clone)]
struct Start {
    launcher: Vec<String>,
    binary: PathBuf,
    data_dir: PathBuf,
    env: BTreeMap<String, String>,
}

struct Running {
    child: Child,
    address: SocketAddr,
    is_tls: bool,
    stdout: Arc<Output>,
    stderr: Arc<Output>,
}

/// What a process wrote so far.
#[derive(Default)]
struct Output {
    bytes: Mutex<Vec<u8>>,
    grown: Condvar,
}

impl TestServer {
    /// Starts `binary` with `env` on a data directory of its own, and waits until it accepts.
    ///
    /// # Panics
    /// When it does not start within [`PATIENCE`]; the message has what it wrote.
    #[must_use]
    pub fn start(binary: &Path, env: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().expect("a temporary folder can be made");
        let mut server = Self::start_in(binary, &data.path().join("data"), env);
        server._data = Some(data);
        server
    }

    /// The same on `data_dir`, which outlives the server.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start_in(binary: &Path, data_dir: &Path, env: &[(&str, &str)]) -> Self {
        Self::launch(&[], binary, data_dir, env)
    }

    /// The same, run by `launcher`: a program and its first arguments, which replaces itself with
    /// the command line that follows.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn launch(launcher: &[&str], binary: &Path, data_dir: &Path, env: &[(&str, &str)]) -> Self {
        let mut all = BTreeMap::from([("JWT_SECRET".to_owned(), SECRET.to_owned())]);
        all.extend(env.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let launcher = launcher.iter().map(|word| (*word).to_owned()).collect();
        let start = Start { launcher, binary: binary.into(), data_dir: data_dir.into(), env: all };
        let process = start.run();
        Self { start, process, _data: None }
    }

    /// Where it accepts.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.process.address
    }

    /// Its data directory.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.start.data_dir
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.child.id()
    }

    /// A WebSocket to open on `path`, with its query.
    #[must_use]
    pub fn dial(&self, path: &str) -> Dial {
        Dial::new(self.process.address, path)
    }

    /// Requests to its HTTP routes.
    #[must_use]
    pub fn http(&self) -> Http {
        Http::new(self.process.address)
    }

    /// Whether it said that it speaks TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.process.is_tls
    }

    /// What it wrote to standard error so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.process.stderr.text()
    }

    /// What it wrote to standard output so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.process.stdout.text()
    }

    /// Waits until standard error contains `text`.
    ///
    /// # Panics
    /// When it does not within [`PATIENCE`].
    pub fn wait_for_stderr(&self, text: &str) {
        self.process.stderr.wait_for(text);
    }

    /// Ends it at once (SIGKILL), as a crash of the machine's power supply would, and waits.
    pub fn kill(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.process.child.kill();
        let _ = self.process.child.wait();
    }

    /// Asks it to restart (SIGTERM); [`Self::wait`] tells when it has ended.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Asks it to go down for good (SIGINT).
    pub fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// Waits until it has ended.
    ///
    /// # Panics
    /// When it cannot be waited for.
    pub fn wait(&mut self) -> ExitStatus {
        self.process.child.wait().expect("a child of ours can be waited for")
    }

    /// Whether it is still running.
    pub fn is_running(&mut self) -> bool {
        matches!(self.process.child.try_wait(), Ok(None))
    }

    /// Starts it again on the same data; the port may be another. Kills it first if it still runs.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&mut self) {
        self.kill();
        self.process = self.start.run();
    }

    /// The same with further environment variables.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart_with(&mut self, env: &[(&str, &str)]) {
        let env = env.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        self.start.env.extend(env);
        self.restart();
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.id()).ok().and_then(Pid::from_raw);
        if let Some(id) = id {
            kill_process(id, signal).expect("a child of ours can be signalled");
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.kill();
        if !thread::panicking() {
            let stderr = self.stderr();
            assert!(!stderr.contains("panicked at"), "the server panicked:\n{stderr}");
        } else {
            eprintln!("the server wrote:\n{}", tail(&self.stderr()));
        }
    }
}

impl Start {
    fn run(&self) -> Running {
        let binary = self.binary.display().to_string();
        let data_dir = self.data_dir.display().to_string();
        let serve = [&binary, "serve", "--listen", "127.0.0.1:0", "--data-dir", &data_dir];
        let words: Vec<&str> = self.launcher.iter().map(String::as_str).chain(serve).collect();
        let mut child = Command::new(words[0])
            .args(&words[1..])
            .env_clear()
            .envs(std::env::vars_os().filter(|(key, _)| key == "PATH"))
            .envs(&self.env)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{binary} does not start: {error}"));
        let stderr = Output::of(child.stderr.take());
        let (told, hears) = mpsc::sync_channel(1);
        let stdout = Output::of_telling(child.stdout.take(), told);
        let Ok(line) = hears.recv_timeout(PATIENCE) else {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the server does not listen; it wrote:\n{}{}", stdout.text(), stderr.text());
        };
        let url = line.trim_start_matches(LISTENING).trim();
        let (scheme, address) = url.split_once("://").expect("a URL follows `listening on`");
        let address = address.trim_end_matches('/').parse().expect("an address and a port");
        Running { child, address, is_tls: scheme == "https", stdout, stderr }
    }
}

impl Output {
    fn of(pipe: Option<impl Read + Send + 'static>) -> Arc<Self> {
        let (told, _) = mpsc::sync_channel(1);
        Self::of_telling(pipe, told)
    }

    /// Keeps what comes out of `pipe`, and tells the line that says where the server listens.
    fn of_telling(
        pipe: Option<impl Read + Send + 'static>,
        told: mpsc::SyncSender<String>,
    ) -> Arc<Self> {
        let output = Arc::new(Self::default());
        let kept = Arc::clone(&output);
        let mut lines = BufReader::new(pipe.expect("the output is piped"));
        thread::spawn(move || {
            let mut line = Vec::new();
            while lines.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
                if line.starts_with(LISTENING.as_bytes()) {
                    // Full or gone when nobody asked for it.
                    let _ = told.try_send(String::from_utf8_lossy(&line).into_owned());
                }
                kept.push(&line);
                line.clear();
            }
        });
        output
    }

    fn push(&self, line: &[u8]) {
        let mut bytes = self.lock();
        if bytes.len() + line.len() > OUTPUT_BYTES_MAX {
            bytes.drain(..OUTPUT_BYTES_MAX / 2);
        }
        bytes.extend_from_slice(line);
        self.grown.notify_all();
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock()).into_owned()
    }

    fn wait_for(&self, text: &str) {
        let lacks = |bytes: &mut Vec<u8>| !String::from_utf8_lossy(bytes).contains(text);
        let waited = self.grown.wait_timeout_while(self.lock(), PATIENCE, lacks);
        let (bytes, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        let written = String::from_utf8_lossy(&bytes);
        assert!(!timeout.timed_out(), "nothing says {text:?} in\n{}", tail(&written));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last lines of a text, for a failure's message.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}
