//! `git` as a process of its own, in a group of its own, ended as a whole.
//!
//! **Invariants.** The environment holds what stands here and nothing of ours. A process that is
//! dropped before its end is killed with all that it started, and when the drop returns they are
//! gone.
//!
//! **Bounds.** [`COMPLAINT_BYTES_MAX`] of what it says are kept, the rest is read and forgotten.
//! A file of its has [`FILE_BYTES`] and its memory [`MEMORY_BYTES`] beside the repository's own. The
//! drop waits for [`GONE_STEPS`] steps of [`GONE_STEP`], a second.
//!
//! **Pitfalls.** Everything that git starts inherits the pipe of its complaints; that the pipe has
//! no writer any more is how the end of all of them is known.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::process::Stdio;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions, getrlimit, kill_process_group, prlimit,
    waitid,
};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStderr, Command};
use tracing::warn;

use super::FetchError;
use super::workplace::Workplace;

/// Bytes of complaints that are kept.
const COMPLAINT_BYTES_MAX: usize = 16 << 10;
/// Bytes that one file may have, beside one and a quarter times those of a repository: so many that
/// who measures the folder sees it first.
const FILE_BYTES: u64 = 64 << 20;
/// Memory that each process may map, beside two times the bytes of a repository.
const MEMORY_BYTES: u64 = 2 << 30;
/// How long a drop waits for killed processes, in its steps of [`GONE_STEP`].
const GONE_STEPS: u32 = 20;
/// One step of that wait.
const GONE_STEP: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
/// How often it is asked whether the first process has ended.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Where git and its parts are looked for.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// An address at which nobody is.
const NOWHERE: &str = "http://127.0.0.1:9";

/// A command to be started.
pub(super) struct Git {
    command: Command,
}

/// A command that runs.
pub(super) struct Running {
    child: Child,
    complaints: ChildStderr,
    is_over: bool,
}

/// How a command ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// It ended with the status 0.
    pub(super) is_success: bool,
    /// What it said.
    pub(super) complaint: String,
}

impl Git {
    /// A command in `workplace` that may use `protocol` and no other.
    pub(super) fn new(workplace: &Workplace, protocol: &str) -> Self {
        let mut command = Command::new("git");
        command
            .env_clear()
            .env("PATH", PATH)
            .env("LC_ALL", "C")
            .env("HOME", workplace.home())
            .env("XDG_CONFIG_HOME", workplace.home())
            .env("TMPDIR", workplace.folder())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", workplace.settings())
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_ALLOW_PROTOCOL", protocol)
            .env("GIT_PROTOCOL_FROM_USER", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_CEILING_DIRECTORIES", workplace.parent())
            // The settings name the proxy. Were they not read, this leads nowhere.
            .env("https_proxy", NOWHERE)
            .current_dir(workplace.folder())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        Self { command }
    }

    /// Adds arguments.
    pub(super) fn args<A: AsRef<OsStr>>(&mut self, args: impl IntoIterator<Item = A>) {
        self.command.args(args);
    }

    /// Starts it, for a repository of at most `bytes_max`.
    pub(super) fn start(mut self, bytes_max: u64) -> Result<Running, FetchError> {
        let failed = |error| FetchError::Failed(format!("git cannot be started: {error}"));
        let mut child = self.command.spawn().map_err(failed)?;
        let complaints = child.stderr.take().ok_or_else(|| failed(ErrorKind::BrokenPipe.into()))?;
        let running = Running { child, complaints, is_over: false };
        running.limit(bytes_max);
        Ok(running)
    }
}

impl Running {
    /// Waits until it has ended, and ends what it started and left.
    pub(super) async fn end(&mut self) -> Result<Ended, FetchError> {
        let failed = |error: io::Error| FetchError::Failed(format!("waiting for git: {error}"));
        let mut kept = Vec::new();
        let is_first_gone = tokio::select! {
            read = read(&mut self.complaints, &mut kept) => read.map(|()| false),
            () = ended(pid(&self.child)) => Ok(true),
        };
        if is_first_gone.map_err(failed)? {
            // What it started ends with it; nobody would wait for that else.
            self.kill();
            read(&mut self.complaints, &mut kept).await.map_err(failed)?;
        }
        let status = self.child.wait().await.map_err(failed)?;
        self.is_over = true;
        let complaint = String::from_utf8_lossy(&kept).into_owned();
        Ok(Ended { is_success: status.success(), complaint })
    }

    fn pid(&self) -> Option<Pid> {
        pid(&self.child)
    }

    /// Kills it and all that it started. Its id cannot have become another process's: nobody has
    /// waited for it yet.
    fn kill(&self) -> bool {
        self.pid().is_some_and(|pid| kill_process_group(pid, Signal::KILL).is_ok())
    }

    /// A process may limit another of the same user. What it starts inherits the limits, and it
    /// starts nothing before it has read its configuration. It is a second guard: the folder is
    /// measured and the proxy counts, whatever becomes of this.
    fn limit(&self, bytes_max: u64) {
        let file = bytes_max.saturating_add(bytes_max / 4).saturating_add(FILE_BYTES);
        let memory = bytes_max.saturating_mul(2).saturating_add(MEMORY_BYTES);
        let limits = [(Resource::Fsize, file), (Resource::As, memory), (Resource::Core, 0)];
        for (resource, wanted) in limits {
            let max = getrlimit(resource).maximum.map_or(wanted, |hard| hard.min(wanted));
            let limit = Rlimit { current: Some(max), maximum: Some(max) };
            match prlimit(self.pid(), resource, limit) {
                // It ended already.
                Ok(_) | Err(rustix::io::Errno::SRCH) => {}
                Err(error) => warn!(%error, ?resource, "git could not be limited"),
            }
        }
    }

    /// Waits until the pipe of complaints has no writer, reading what still comes.
    fn wait_until_gone(&self) {
        let mut buffer = [0; 4096];
        for _ in 0..GONE_STEPS {
            let mut pipe = [PollFd::new(&self.complaints, PollFlags::IN)];
            let _ = poll(&mut pipe, Some(&GONE_STEP));
            loop {
                match rustix::io::read(&self.complaints, &mut buffer) {
                    Ok(0) => return,
                    Ok(_) => {}
                    Err(_) => break,
                }
            }
        }
        warn!("a killed git is not gone after a second");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.is_over && self.kill() {
            self.wait_until_gone();
        }
    }
}

fn pid(child: &Child) -> Option<Pid> {
    child.id().and_then(|id| Pid::from_raw(id.cast_signed()))
}

/// Waits until a process of ours has ended, and leaves it for who waits for it.
async fn ended(pid: Option<Pid>) {
    let Some(pid) = pid else { return };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    while matches!(waitid(WaitId::Pid(pid), options), Ok(None)) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Reads to the end, and keeps as much as there is room for.
async fn read(complaints: &mut ChildStderr, kept: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let read = complaints.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        let room = COMPLAINT_BYTES_MAX - kept.len();
        kept.extend_from_slice(&buffer[..read.min(room)]);
    }
}
