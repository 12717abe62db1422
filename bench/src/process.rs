//! The processes of a measurement: on which core they run, what CPU and memory they used.
//!
//! **Invariants:** a child is killed, and waited for, when its [`Child`] is dropped; only processes
//! started here are ever signalled, each by its own id.
//!
//! **Pitfall:** CPU time is that of the threads alive when it is read, in nanoseconds as the scheduler counts
//! them. What an ended thread had used is gone from it, so a server must not end threads in a block.

use std::collections::HashMap;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::thread::{CpuSet, sched_setaffinity};

use crate::error::{BenchError, system};

/// CPU time and memory of a process and its descendants.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// User and system time of the living threads in seconds.
    pub cpu_seconds: f64,
    /// Resident memory in bytes.
    pub resident_bytes: u64,
}

/// Which core the server runs on and which the load.
#[derive(Clone, Copy, Debug)]
pub struct Cores {
    /// The server's, and the bare server's.
    pub server: usize,
    /// This process's.
    pub load: usize,
}

impl Cores {
    /// Puts this thread on the load's core.
    ///
    /// # Errors
    /// `System` when there is no such core.
    pub fn pin_load(&self) -> Result<(), BenchError> {
        pin(self.load)
    }

    /// Starts `command` on the server's core, its output going where `command` says.
    ///
    /// # Errors
    /// `System` when there is no such core or the program does not start.
    pub fn start(&self, command: &mut Command) -> Result<Child, BenchError> {
        let name = command.get_program().to_string_lossy().into_owned();
        pin(self.server)?;
        let started = command.stdin(Stdio::null()).spawn();
        pin(self.load)?;
        Ok(Child { process: started.map_err(system(format!("start {name}")))? })
    }
}

/// A process started for the measurement.
#[derive(Debug)]
pub struct Child {
    process: std::process::Child,
}

impl Child {
    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.process.try_wait().is_ok_and(|status| status.is_some())
    }

    /// What it and its descendants have used so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        usage_of_tree(self.id())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn pin(core: usize) -> Result<(), BenchError> {
    if core >= CpuSet::MAX_CPU {
        return Err(BenchError::Argument(format!("there is no core {core}")));
    }
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).map_err(system(format!("run on core {core}")))
}

fn usage_of_tree(root: u32) -> Usage {
    let parents: HashMap<u32, u32> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|id| Some((id, parent(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)?)))
        .collect();
    let tree = parents.keys().filter(|id| descends(**id, root, &parents));
    tree.fold(Usage::default(), |usage, id| Usage {
        cpu_seconds: usage.cpu_seconds + cpu(*id).as_secs_f64(),
        resident_bytes: usage.resident_bytes + resident(*id),
    })
}

fn descends(id: u32, root: u32, parents: &HashMap<u32, u32>) -> bool {
    let mut at = id;
    while at != root && at > 1 {
        at = parents.get(&at).copied().unwrap_or(0);
    }
    at == root
}

/// From `/proc/ID/stat`; the name in it may hold anything but ends at the last `)`.
fn parent(stat: &str) -> Option<u32> {
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// The first field of each thread's `schedstat`: nanoseconds on a core.
fn cpu(id: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten();
    let nanos = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split_ascii_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}

/// `Rss` of `smaps_rollup`, which is exact, else `VmRSS`, which may lag by some pages a thread.
fn resident(id: u32) -> u64 {
    let field = |file: &str, name: &str| {
        let text = fs::read_to_string(format!("/proc/{id}/{file}")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    };
    let kilobytes = field("smaps_rollup", "Rss:").or_else(|| field("status", "VmRSS:"));
    kilobytes.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_with_spaces_and_brackets_does_not_shift_the_fields() {
        let text = "7 (a) b (c)) S 3 7 7 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 99 1 1";
        assert_eq!(parent(text), Some(3));
    }

    #[test]
    fn work_shows_in_the_processor_time() {
        let before = cpu(std::process::id());
        let watch = crate::stopwatch::Stopwatch::start();
        while watch.nanos() < 50_000_000 {}
        assert!(cpu(std::process::id()) > before);
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(usage_of_tree(std::process::id()).resident_bytes > 100 << 10);
    }
}
