//! A server with analysed repositories: what the experiments about protocol A start from.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::crowd::Door;
use crate::error::{BenchError, system};
use crate::stage::Setup;
use crate::target::{Target, pause};
use crate::token;

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const ANALYSED_WITHIN: u32 = 3000;
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A server, and a repository that it may analyse.
#[derive(Debug)]
pub struct School {
    /// The server.
    pub target: Target,
    repository: TempDir,
}

impl School {
    /// Starts it with one worker. The repository is a small one in Rust, made here.
    ///
    /// # Errors
    /// As [`Target::quintet`]; `System` when `git` cannot be run.
    pub fn open(setup: &Setup) -> Result<Self, BenchError> {
        let repository = tempfile::tempdir().map_err(system("make a repository"))?;
        fill(&repository)?;
        let root = repository.path().display().to_string();
        let env = [
            ("QUINTET_ANALYSIS__LOCAL_ROOTS", root.as_str()),
            ("QUINTET_ANALYSIS__PER_USER_PER_DAY", "0"),
            ("QUINTET_ANALYSIS__WORKERS", "1"),
            ("QUINTET_LIMITS__HTTP__REQUESTS_PER_MINUTE", "0"),
        ];
        let target = Target::quintet_with(&setup.server, setup.run, &env)?;
        Ok(Self { target, repository })
    }

    /// Submits the repository for `user`; the analysis' id.
    ///
    /// # Errors
    /// `Server` when it is not taken.
    pub fn submit(&self, user: &str) -> Result<String, BenchError> {
        let body = json!({"repositoryUrl": self.repository.path().display().to_string()});
        let answer = ask(self.target.address(), user, "POST", "/api/analyze", &body.to_string())?;
        let id = answer["analysisId"].as_str().map(str::to_owned);
        id.ok_or_else(|| BenchError::Server(format!("took no repository: {answer}")))
    }

    /// Waits until `analysis` has ended, five minutes at most.
    ///
    /// # Errors
    /// `Server` when it fails or takes longer.
    pub fn wait_for(&self, user: &str, analysis: &str) -> Result<(), BenchError> {
        let path = format!("/api/analysis/{analysis}/status");
        for _ in 0..ANALYSED_WITHIN {
            let status = ask(self.target.address(), user, "GET", &path, "")?;
            match status["status"].as_str() {
                Some("completed") => return Ok(()),
                Some("failed") | None => return Err(BenchError::Server(status.to_string())),
                Some(_) => pause(LOOK_EVERY)?,
            }
        }
        Err(BenchError::Server("analyses too long".to_owned()))
    }

    /// The door of `user`.
    ///
    /// # Errors
    /// `Argument` when the token cannot be signed.
    pub fn door(&self, user: &str) -> Result<Door, BenchError> {
        let path = Some(format!("/v1/ws?token={}", token::sign(user)?));
        Ok(Door { server: self.target.address(), from: None, path, narrow: false })
    }
}

/// One request on a connection of its own; the answer's body.
pub(crate) fn ask(
    server: SocketAddr,
    user: &str,
    method: &str,
    path: &str,
    body: &str,
) -> Result<Value, BenchError> {
    let mut stream = TcpStream::connect(server).map_err(system("connect"))?;
    stream.set_read_timeout(Some(ANSWER_WITHIN)).map_err(system("wait for an answer"))?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\
         Authorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        token::sign(user)?,
        body.len(),
    );
    stream.write_all(request.as_bytes()).map_err(system("ask"))?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(system("read an answer"))?;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    serde_json::from_str(body).map_err(|_| BenchError::Server(format!("answered {answer}")))
}

/// Makes the repository.
fn fill(folder: &TempDir) -> Result<(), BenchError> {
    let path = folder.path();
    std::fs::create_dir_all(path.join("src")).map_err(system("make a repository"))?;
    let files = [
        (
            "Cargo.toml",
            "[package]\nname = \"sample\"\nversion = \"0.1.0\"\n\n[dependencies]\nserde = \"1\"\n",
        ),
        ("README.md", "# Sample\n"),
        (
            "src/main.rs",
            "mod queue;\nmod worker;\n\nfn main() {\n    worker::run(queue::Queue::new(16));\n}\n",
        ),
        ("src/queue.rs", QUEUE),
        ("src/worker.rs", WORKER),
        ("src/retry.rs", RETRY),
    ];
    for (file, text) in files {
        std::fs::write(path.join(file), text).map_err(system("make a repository"))?;
    }
    let who = ["-c", "user.name=Bench", "-c", "user.email=bench@example.org"];
    for arguments in [&["init", "-q"][..], &["add", "-A"], &["commit", "-q", "-m", "Begin"]] {
        let mut command = Command::new("git");
        let done = command.arg("-C").arg(path).args(who).args(arguments).output();
        if !done.map_err(system("run git"))?.status.success() {
            return Err(BenchError::Argument("git did not make the repository".to_owned()));
        }
    }
    Ok(())
}

const QUEUE: &str = "//! A bounded queue.\n\nuse std::collections::VecDeque;\n\npub struct Queue {\n    items: VecDeque<u64>,\n    bound: usize,\n}\n\nimpl Queue {\n    pub fn new(bound: usize) -> Self {\n        Self { items: VecDeque::new(), bound }\n    }\n\n    pub fn push(&mut self, item: u64) -> Result<(), u64> {\n        if self.items.len() >= self.bound {\n            return Err(item);\n        }\n        self.items.push_back(item);\n        Ok(())\n    }\n\n    pub fn pop(&mut self) -> Option<u64> {\n        self.items.pop_front()\n    }\n}\n";
const WORKER: &str = "//! Works on what is queued.\n\nuse crate::queue::Queue;\n\npub fn run(mut queue: Queue) -> u64 {\n    let mut sum = 0;\n    for number in 0..32 {\n        if let Err(item) = queue.push(number) {\n            while let Some(next) = queue.pop() {\n                sum += next;\n            }\n            sum += item;\n        }\n    }\n    sum\n}\n";
const RETRY: &str = "//! Tries again.\n\npub fn retry<T, E>(times: u32, mut run: impl FnMut() -> Result<T, E>) -> Result<T, E> {\n    let mut left = times;\n    loop {\n        match run() {\n            Ok(value) => return Ok(value),\n            Err(error) if left == 0 => return Err(error),\n            Err(_) => left -= 1,\n        }\n    }\n}\n";
