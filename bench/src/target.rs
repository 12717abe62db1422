//! The two servers that are measured: Quintet, and the bare one; each a child on the server's core.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::crowd::Door;
use crate::error::{BenchError, system};
use crate::process::{Child, Cores, Usage};
use crate::stopwatch::{Stopwatch, nanos};
use crate::token;

const START_MAX: Duration = Duration::from_secs(20);
/// The file of the counts; dumps add a number.
const COUNTS: &str = "counts";
const LIMITED: [&str; 5] = ["ANALYSIS", "DEALS", "LEARNING", "VOICE", "SESSIONS"];
const LIMITS: [&str; 4] = [
    "MESSAGES_PER_MINUTE",
    "CONNECTS_PER_MINUTE",
    "BROADCASTS_PER_MINUTE",
    "MAX_CONNECTIONS_PER_USER",
];

/// How a server is run.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Who runs where.
    pub cores: Cores,
    /// Under Callgrind, which counts instructions and takes fifty times as long.
    pub is_counted: bool,
}

impl Run {
    fn command(self, binary: &Path, folder: &TempDir) -> Command {
        if !self.is_counted {
            return Command::new(binary);
        }
        let mut command = Command::new("valgrind");
        let counts = folder.path().join(COUNTS);
        command.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", counts.display()));
        command.arg(binary);
        command
    }
}

/// A server under measurement.
#[derive(Debug)]
pub struct Target {
    child: Child,
    address: SocketAddr,
    bare: bool,
    folder: TempDir,
}

impl Target {
    /// Starts `binary` as Quintet on a fresh data directory, every limit on but out of the way, and
    /// waits (at most 20 s) until it accepts connections.
    ///
    /// # Errors
    /// `System` when it cannot be started, `Server` when it does not listen in time.
    pub fn quintet(binary: &Path, how: Run) -> Result<Self, BenchError> {
        Self::quintet_with(binary, how, &[])
    }

    /// The same with more environment.
    ///
    /// # Errors
    /// As [`Target::quintet`].
    pub fn quintet_with(binary: &Path, how: Run, env: &[(&str, &str)]) -> Result<Self, BenchError> {
        let folder = new_folder()?;
        let mut command = how.command(binary, &folder);
        command.env("JWT_SECRET", token::SECRET).envs(env.iter().copied());
        for application in LIMITED {
            for limit in LIMITS {
                command.env(format!("QUINTET_LIMITS__{application}__{limit}"), "1000000000");
            }
        }
        Self::start(command, folder, how, false)
    }

    /// Starts the bare server for rooms of `room_size`, which writes `gather_bytes` at a time.
    ///
    /// # Errors
    /// As [`Target::quintet`].
    pub fn bare(room_size: usize, gather_bytes: usize, how: Run) -> Result<Self, BenchError> {
        let binary = std::env::current_exe().map_err(system("find this program"))?;
        let folder = new_folder()?;
        let mut command = how.command(&binary, &folder);
        command.arg("bare-server").arg("--room-size").arg(room_size.to_string());
        command.arg("--gather-bytes").arg(gather_bytes.to_string());
        Self::start(command, folder, how, true)
    }

    fn start(
        mut command: Command,
        folder: TempDir,
        how: Run,
        bare: bool,
    ) -> Result<Self, BenchError> {
        let address = free_address()?;
        let log = std::fs::File::create(folder.path().join("log")).map_err(system("make a log"))?;
        let errors = log.try_clone().map_err(system("make a log"))?;
        if !bare {
            command.arg("serve").arg("--data-dir").arg(folder.path().join("data"));
        }
        command.arg("--listen").arg(address.to_string());
        command.stdout(Stdio::from(log)).stderr(Stdio::from(errors));
        let child = how.cores.start(&mut command)?;
        let mut target = Self { child, address, bare, folder };
        target.wait_until_it_listens()?;
        Ok(target)
    }

    /// The door to `room` for the user `user`; the bare server knows neither.
    ///
    /// # Errors
    /// `Argument` when the token cannot be signed.
    pub fn door(&self, room: &str, user: &str) -> Result<Door, BenchError> {
        let path = if self.bare {
            None
        } else {
            let token = token::sign(user)?;
            Some(format!("/api/chat/ws?token={token}&contextId={room}"))
        };
        Ok(Door { server: self.address, from: None, path, narrow: false })
    }

    /// What the server has used so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.child.usage()
    }

    /// Counts instructions from 0 again.
    ///
    /// # Errors
    /// `Server` when it is not run to be counted, or Callgrind does not do it.
    pub fn count_anew(&self) -> Result<(), BenchError> {
        self.control("--zero")
    }

    /// Instructions since [`Target::count_anew`], those of the kernel left out.
    ///
    /// # Errors
    /// As [`Target::count_anew`].
    pub fn instructions(&self) -> Result<u64, BenchError> {
        self.control("--dump")?;
        let dumps = std::fs::read_dir(self.folder.path()).map_err(system("find the counts"))?;
        let counts = dumps.filter_map(|dump| {
            let path = dump.ok()?.path();
            let name = path.file_name()?.to_str()?;
            let number: u32 = name.strip_prefix(COUNTS)?.strip_prefix('.')?.parse().ok()?;
            let text = std::fs::read_to_string(&path).ok()?;
            let total = text.lines().find_map(|line| line.strip_prefix("summary: "))?;
            Some((number, total.trim().parse().ok()?))
        });
        let latest = counts.max_by_key(|(number, _)| *number);
        latest.map(|(_, total)| total).ok_or_else(|| BenchError::Server("was not counted".into()))
    }

    fn control(&self, what: &str) -> Result<(), BenchError> {
        let mut command = Command::new("callgrind_control");
        let done = command.arg(what).arg(self.child.id().to_string()).output();
        if done.map_err(system("run callgrind_control"))?.status.success() {
            return Ok(());
        }
        Err(BenchError::Server(format!("Callgrind did not {what}")))
    }

    /// Where the server listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether this is the bare server.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.bare
    }

    /// The last lines of the server's log, for an error's text.
    #[must_use]
    pub fn log_tail(&self) -> String {
        let path: PathBuf = self.folder.path().join("log");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(8).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    fn wait_until_it_listens(&mut self) -> Result<(), BenchError> {
        let watch = Stopwatch::start();
        while watch.nanos() < nanos(START_MAX) {
            // A connection refused on loopback is told at once; a little wait keeps the core free.
            if !self.bare && TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            if self.bare && self.log_tail().contains("listening") {
                return Ok(());
            }
            if self.child.has_ended() {
                return Err(BenchError::Server(format!("ended: {}", self.log_tail())));
            }
            pause(Duration::from_millis(20))?;
        }
        Err(BenchError::Server(format!("did not listen in time: {}", self.log_tail())))
    }
}

fn new_folder() -> Result<TempDir, BenchError> {
    tempfile::tempdir().map_err(system("make a data directory"))
}

/// Waits for `span`, in a poller that watches nothing.
///
/// # Errors
/// `System` when the kernel has no epoll to give.
pub fn pause(span: Duration) -> Result<(), BenchError> {
    crate::poller::Poller::new()?.wait(span, &mut Vec::new())
}

/// An address of loopback that was free a moment ago.
fn free_address() -> Result<SocketAddr, BenchError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(system("find a port"))?;
    listener.local_addr().map_err(system("find a port"))
}
