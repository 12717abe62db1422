//! The processes of a measurement: on which core they run, what CPU and memory they used.
//!
//! **Invariants:** a child is killed, and waited for, when its [`Child`] is dropped; only processes
//! started here are ever signalled, each by its own id.
//!
//! **Pitfall:** `/proc` tells CPU time in ticks of 10 ms; measure at least a second of it.

use std::collections::HashMap;
use std::fs;
use std::process::{Command, Stdio};

use rustix::thread::{CpuSet, sched_setaffinity};

use crate::error::{BenchError, system};

/// CPU time and memory of a process and its descendants.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// User and system time in seconds, ended threads and waited-for children included.
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

struct Stat {
    parent: u32,
    ticks: u64,
}

fn usage_of_tree(root: u32) -> Usage {
    let stats: HashMap<u32, Stat> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|id| Some((id, stat(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)?)))
        .collect();
    let ticks_per_second = rustix::param::clock_ticks_per_second();
    let mut ticks = 0;
    let mut resident_bytes = 0;
    for (id, one) in &stats {
        if descends(*id, root, &stats) {
            ticks += one.ticks;
            resident_bytes += resident(*id);
        }
    }
    let ticks = u32::try_from(ticks).unwrap_or(u32::MAX);
    let rate = u32::try_from(ticks_per_second).unwrap_or(100);
    Usage { cpu_seconds: f64::from(ticks) / f64::from(rate), resident_bytes }
}

fn descends(id: u32, root: u32, stats: &HashMap<u32, Stat>) -> bool {
    let mut at = id;
    while at != root && at > 1 {
        at = stats.get(&at).map_or(0, |stat| stat.parent);
    }
    at == root
}

/// The fields of `/proc/ID/stat` that count; the name before them may hold anything but ends at the last `)`.
fn stat(text: &str) -> Option<Stat> {
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let ticks = number(11)? + number(12)? + number(13)? + number(14)?;
    Some(Stat { parent: u32::try_from(number(1)?).ok()?, ticks })
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
        let read = stat(text).unwrap();
        assert_eq!((read.parent, read.ticks), (3, 100));
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(usage_of_tree(std::process::id()).resident_bytes > 100 << 10);
    }
}
