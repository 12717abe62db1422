//! A process that hears: 16 kHz mono PCM of 16 bits in, lines of JSON out.
//!
//! A process of ours ([`Framing::Many`]) hears one utterance after the other: each piece of audio
//! has its length in bytes before it (four bytes, little endian), the length 0 ends an utterance,
//! [`DISCARD`] forgets one. It says `ready` first. Any other program ([`Framing::One`]) hears one
//! utterance, which ends with its standard input.
//!
//! **Invariants.** The environment of a process holds what stands here and nothing of ours, so that
//! no secret gets there. A process that is dropped is killed with what it started. What is asked of one
//! never waits for ever: the caller gives each utterance a deadline.

use std::io;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use super::audio::{Audio, End};
use super::config::ProcessConfig;
use super::lines::{Heard, Lines, Said};

/// Instead of a length: forget this utterance.
const DISCARD: u32 = u32::MAX;
/// Samples that are handed over in one piece: a quarter of a second.
const PIECE_SAMPLES: usize = 4_000;
/// How long a process of ours may take until it is ready.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// How long a process may take to forget an utterance.
const DISCARD_WITHIN: Duration = Duration::from_secs(10);
/// Bytes of what a process complains of that are kept, the last.
const COMPLAINT_BYTES_MAX: usize = 1 << 10;

/// Where programs are looked for.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// How utterances are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// One process, one utterance.
    One,
    /// One process, one utterance after the other.
    Many,
}

/// A process.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    /// `None` once its utterance was ended.
    input: Option<ChildStdin>,
    lines: Lines<ChildStdout>,
    framing: Framing,
    /// Whether it was given an utterance.
    is_used: bool,
    /// Samples it was given.
    pub(super) samples: u64,
}

/// How an attempt to hear ended.
#[derive(Debug)]
pub(super) enum Ended {
    Heard(Heard),
    /// Stopped, as asked, and the process forgot what it heard.
    Stopped,
}

impl Worker {
    /// Starts a process; of ours, when it is ready.
    ///
    /// # Errors
    /// Why not, in words.
    pub(super) async fn start(config: &ProcessConfig, framing: Framing) -> Result<Self, String> {
        let mut command = Command::new(&config.program);
        command
            .args(&config.arguments)
            .env_clear()
            .env("PATH", PATH)
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        if framing == Framing::Many {
            // Our allocator would put a gigabyte of addresses aside, for a process that needs none.
            command.env("MIMALLOC_ARENA_RESERVE", "0");
        }
        let program = config.program.display();
        let failed = |error: io::Error| format!("{program} cannot be started: {error}");
        let mut child = command.spawn().map_err(failed)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(complaints)) = pipes else {
            return Err(failed(io::ErrorKind::BrokenPipe.into()));
        };
        tokio::spawn(drain(complaints, config.program.display().to_string()));
        let mut worker = Self {
            child,
            input: Some(input),
            lines: Lines::new(output),
            framing,
            is_used: false,
            samples: 0,
        };
        if framing == Framing::Many {
            let ready = tokio::time::timeout(READY_WITHIN, worker.ready()).await;
            ready.map_err(|_| format!("{program} was not ready in time"))??;
        }
        Ok(worker)
    }

    /// Whether it can hear.
    pub(super) fn is_alive(&mut self) -> bool {
        self.input.is_some() && matches!(self.child.try_wait(), Ok(None))
    }

    /// Whether it can hear another utterance after what it did.
    pub(super) fn is_reusable(&self) -> bool {
        self.framing == Framing::Many || !self.is_used
    }

    /// Hears an utterance from its start: while it is said, and to its end. `on_partial` is told
    /// what is understood meanwhile; `stop` makes it forget all, while nothing was ended yet. That
    /// somebody gave the utterance up does so too.
    ///
    /// # Errors
    /// What the process did wrong; it is of no use any more.
    pub(super) async fn hear(
        &mut self,
        audio: &Audio,
        stop: impl Future<Output = ()>,
        mut on_partial: impl FnMut(Heard),
    ) -> Result<Ended, String> {
        self.lines.begin();
        self.is_used = true;
        let written = self.write_and_listen(audio, stop, &mut on_partial).await?;
        match (written, self.framing) {
            (Ok(End::Finished), Framing::Many) => {}
            (Ok(End::Finished), Framing::One) => self.input = None,
            (Ok(End::GivenUp), Framing::Many) => return self.discarded().await,
            (Ok(End::GivenUp), Framing::One) => return Ok(Ended::Stopped),
            (Err(_), _) => return Err(self.last_complaint().await),
        }
        self.last_word(audio, on_partial).await
    }

    /// Writes the utterance, and hears what comes meanwhile.
    async fn write_and_listen(
        &mut self,
        audio: &Audio,
        stop: impl Future<Output = ()>,
        on_partial: &mut impl FnMut(Heard),
    ) -> Result<io::Result<End>, String> {
        let Some(pipe) = self.input.as_mut() else { return Err("it ended".to_owned()) };
        let stop = async {
            tokio::select! {
                () = audio.given_up() => {}
                () = stop => {}
            }
        };
        let mut writing = pin!(write(pipe, audio, self.framing, stop, &mut self.samples));
        loop {
            tokio::select! {
                written = &mut writing => return Ok(written),
                said = self.lines.next() => match said? {
                    Some(Said::Partial(heard)) => on_partial(heard),
                    Some(Said::Final(_)) => return Err("it answered before the end".to_owned()),
                    said => unexpected(said)?,
                },
            }
        }
    }

    /// Reads until the final text. A process of many utterances is not ended for one that nobody
    /// waits for any more: it is faster with that than a new one is ready.
    async fn last_word(
        &mut self,
        audio: &Audio,
        mut on_partial: impl FnMut(Heard),
    ) -> Result<Ended, String> {
        loop {
            tokio::select! {
                said = self.lines.next() => match said? {
                    Some(Said::Partial(heard)) => on_partial(heard),
                    Some(Said::Final(heard)) => return Ok(Ended::Heard(heard)),
                    said => unexpected(said)?,
                },
                () = audio.given_up(), if !self.is_reusable() => return Err("nobody waits for it".to_owned()),
            }
        }
    }

    /// Why a process that takes no audio any more says that it is so.
    async fn last_complaint(&mut self) -> String {
        let complaint = async {
            loop {
                match self.lines.next().await {
                    Ok(Some(Said::Error(message))) => return message,
                    Ok(Some(_)) => {}
                    Ok(None) | Err(_) => return "it ended".to_owned(),
                }
            }
        };
        let complaint = tokio::time::timeout(DISCARD_WITHIN, complaint).await;
        complaint.unwrap_or_else(|_| "it takes no audio".to_owned())
    }

    /// Asks it to forget the utterance, and waits until it has.
    async fn discarded(&mut self) -> Result<Ended, String> {
        let forgotten = async {
            loop {
                match self.lines.next().await? {
                    Some(Said::Discarded) => return Ok(Ended::Stopped),
                    Some(Said::Partial(_)) => {}
                    said => unexpected(said)?,
                }
            }
        };
        let forgotten = tokio::time::timeout(DISCARD_WITHIN, forgotten).await;
        forgotten.unwrap_or_else(|_| Err("it did not stop in time".to_owned()))
    }

    async fn ready(&mut self) -> Result<(), String> {
        loop {
            match self.lines.next().await? {
                Some(Said::Ready) => return Ok(()),
                said => unexpected(said)?,
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Nobody has waited for it, so its id cannot be another's.
        let id = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        if let Some(id) = id {
            let _ = kill_process_group(id, Signal::KILL);
        }
    }
}

/// Nothing that matters, or why it is of no use any more.
fn unexpected(said: Option<Said>) -> Result<(), String> {
    match said {
        None => Err("it ended".to_owned()),
        Some(Said::Error(message)) => Err(message),
        Some(Said::Final(_)) => Err("it answered what it was not asked".to_owned()),
        Some(Said::Partial(_) | Said::Ready | Said::Discarded) => Ok(()),
    }
}

/// Writes an utterance as it is said, and how it ended.
async fn write(
    pipe: &mut ChildStdin,
    audio: &Audio,
    framing: Framing,
    stop: impl Future<Output = ()>,
    told: &mut u64,
) -> io::Result<End> {
    let mut stop = pin!(stop);
    let mut at = 0;
    let mut piece = Vec::with_capacity(PIECE_SAMPLES * 2 + 4);
    let end = loop {
        tokio::select! {
            biased;
            () = &mut stop => break End::GivenUp,
            () = audio.more_than(at) => {}
        }
        piece.clear();
        if framing == Framing::Many {
            piece.extend_from_slice(&[0; 4]);
        }
        let count = audio.copy(at, PIECE_SAMPLES, &mut piece);
        if count == 0 {
            break End::Finished;
        }
        if framing == Framing::Many {
            let bytes = u32::try_from(count * 2).unwrap_or(0);
            piece[..4].copy_from_slice(&bytes.to_le_bytes());
        }
        at += count;
        *told += count as u64;
        let mut writing = pin!(pipe.write_all(&piece));
        tokio::select! {
            written = &mut writing => written?,
            () = &mut stop => {
                // A piece that is begun has to come to its end, for the mark to be understood.
                tokio::time::timeout(DISCARD_WITHIN, writing).await??;
                break End::GivenUp;
            }
        }
    };
    let mark = if end == End::Finished { 0 } else { DISCARD };
    if framing == Framing::Many {
        pipe.write_all(&mark.to_le_bytes()).await?;
    }
    Ok(end)
}

/// Reads what a process complains of to its end, and logs the last of it for who looks for it.
async fn drain(mut complaints: ChildStderr, program: String) {
    let mut kept = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(read @ 1..) = complaints.read(&mut buffer).await {
        kept.extend_from_slice(&buffer[..read]);
        let over = kept.len().saturating_sub(COMPLAINT_BYTES_MAX);
        kept.drain(..over);
    }
    let complaint = String::from_utf8_lossy(&kept);
    if !complaint.trim().is_empty() {
        tracing::debug!(program, complaint = complaint.trim(), "a speech process complained");
    }
}
