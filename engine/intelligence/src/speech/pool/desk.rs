//! Who has a process, and who waits for one.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::{BACKOFF_FIRST, BACKOFF_MAX, Lent};
use crate::speech::error::Unavailable;
use crate::speech::worker::Worker;

/// Where a process is waited for.
pub(super) type Waiting = oneshot::Sender<Result<Lent, Unavailable>>;

/// The books of a pool.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// Processes that are free.
    pub(super) idle: Vec<Worker>,
    /// When the last of them became so.
    pub(super) idle_since: Option<Instant>,
    /// Processes that start, are free, or are lent.
    pub(super) count: usize,
    /// Of those, the ones that start.
    pub(super) starting: usize,
    /// Those who have ended what they said; the pool bounds them.
    pub(super) ended: VecDeque<Waiting>,
    /// Those who still speak; as many as there are utterances.
    speaking: VecDeque<Waiting>,
    /// Those who still speak and have a process; the last is the youngest.
    holders: Vec<Holder>,
    /// Starts that failed since one went well.
    pub(super) failures_in_a_row: u32,
    /// Why the last start failed, and when it may be tried again.
    pub(super) problem: Option<(Instant, Unavailable)>,
}

#[derive(Debug)]
struct Holder {
    ask: Arc<Notify>,
    /// Whether he was asked to give his process back.
    is_asked: bool,
}

impl Desk {
    /// Counts the processes that have to be started for there to be `workers`; gives how many.
    pub(super) fn begin_starts(&mut self, workers: usize, now: Instant) -> usize {
        if self.problem.as_ref().is_some_and(|(not_before, _)| now < *not_before) {
            return 0;
        }
        let missing = workers.saturating_sub(self.count);
        self.count += missing;
        self.starting += missing;
        missing
    }

    /// Counts a process that could not be started.
    pub(super) fn failed(&mut self, problem: Unavailable) {
        self.count -= 1;
        let wait = BACKOFF_FIRST * 2u32.saturating_pow(self.failures_in_a_row.min(10));
        self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
        self.problem = Some((Instant::now() + wait.min(BACKOFF_MAX), problem));
    }

    /// Whether one more who speaks gets a process: at once, or once one that starts is ready.
    pub(super) fn has_one_to_spare(&self, workers: usize) -> bool {
        let coming = self.idle.len() + self.starting + workers.saturating_sub(self.count);
        let waits = |queue: &VecDeque<Waiting>| queue.iter().filter(|one| !one.is_closed()).count();
        coming > waits(&self.ended) + waits(&self.speaking)
    }

    /// Why nobody will get a process, where that is so.
    pub(super) fn hopeless(&self) -> Option<Unavailable> {
        let (_, problem) = self.problem.as_ref()?;
        (self.count == 0).then(|| problem.clone())
    }

    /// Has somebody wait, and sees to it that who has ended gets a process.
    pub(super) fn enqueue(&mut self, waiting: Waiting, has_ended: bool) {
        if !has_ended {
            self.speaking.retain(|other| !other.is_closed());
            self.speaking.push_back(waiting);
            return;
        }
        self.ended.retain(|other| !other.is_closed());
        self.ended.push_back(waiting);
        let coming = self.starting + self.holders.iter().filter(|holder| holder.is_asked).count();
        if self.ended.len() > coming
            && let Some(youngest) = self.holders.iter_mut().rev().find(|holder| !holder.is_asked)
        {
            youngest.is_asked = true;
            youngest.ask.notify_one();
        }
    }

    /// Who gets the next process.
    pub(super) fn next_waiting(&mut self) -> Option<Waiting> {
        self.ended.pop_front().or_else(|| self.speaking.pop_front())
    }

    /// All who wait.
    pub(super) fn everybody_waiting(&mut self) -> Vec<Waiting> {
        self.ended.drain(..).chain(self.speaking.drain(..)).collect()
    }

    /// Somebody who still speaks has a process; gives what to wait for to know that he is asked to
    /// give it back.
    pub(super) fn hold(&mut self) -> Arc<Notify> {
        let ask = Arc::new(Notify::new());
        self.holders.push(Holder { ask: Arc::clone(&ask), is_asked: false });
        ask
    }

    /// He has it no more, or speaks no more.
    pub(super) fn let_go(&mut self, ask: &Arc<Notify>) {
        self.holders.retain(|holder| !Arc::ptr_eq(&holder.ask, ask));
    }

    /// Takes all processes out if none had work for `idle_max`.
    pub(super) fn take_idle(&mut self, idle_max: Duration, now: Instant) -> Vec<Worker> {
        let since = self.idle_since.map(|since| now.saturating_duration_since(since));
        if self.count != self.idle.len() || since.is_none_or(|since| since < idle_max) {
            return Vec::new();
        }
        self.count = 0;
        std::mem::take(&mut self.idle)
    }
}
