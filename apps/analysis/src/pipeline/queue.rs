//! Who waits for a worker, in order, and who has one.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::sync::watch;

/// Why a job is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Its analysis was deleted.
    Deleted,
    /// The server stops: the next start goes on with it.
    Draining,
}

/// One analysis to carry out.
#[derive(Clone, Debug)]
pub(super) struct Job {
    /// The analysis.
    pub(super) id: Arc<str>,
    /// Whose it is.
    pub(super) owner_id: Arc<str>,
    /// What stops it.
    pub(super) stop: Stop,
}

impl Job {
    pub(super) fn new(id: &str, owner_id: &str) -> Self {
        Self { id: id.into(), owner_id: owner_id.into(), stop: Stop::default() }
    }
}

/// Stops one job; clones stop the same one. The first reason stands.
#[derive(Clone, Debug)]
pub(super) struct Stop(watch::Sender<Option<Why>>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Stop {
    fn stop(&self, why: Why) {
        self.0.send_if_modified(|current| {
            let is_first = current.is_none();
            current.get_or_insert(why);
            is_first
        });
    }

    fn why(&self) -> Option<Why> {
        *self.0.borrow()
    }

    /// Ready once stopped.
    pub(super) async fn stopped(&self) -> Why {
        let mut watched = self.0.subscribe();
        let why = watched.wait_for(Option::is_some).await.ok().and_then(|why| *why);
        why.expect("the sender lives as long as this borrow of it")
    }
}

/// Who waits and who runs.
///
/// **Bounds.** Both together hold what the store has that is not over; the store is what refuses
/// more.
pub(super) struct Queue {
    /// By place.
    waiting: BTreeMap<i64, Job>,
    /// The places of those that wait.
    places: HashMap<Arc<str>, i64>,
    running: HashMap<Arc<str>, Stop>,
    workers: usize,
    may_begin: bool,
}

impl Queue {
    /// An empty queue in front of so many workers, at least one.
    pub(super) fn new(workers: usize) -> Self {
        let (waiting, places, running) = Default::default();
        Self { waiting, places, running, workers: workers.max(1), may_begin: true }
    }

    pub(super) fn workers(&self) -> usize {
        self.workers
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn running(&self) -> usize {
        self.running.len()
    }

    /// The job waits at its place.
    pub(super) fn add(&mut self, place: i64, job: Job) {
        self.places.insert(Arc::clone(&job.id), place);
        self.waiting.insert(place, job);
    }

    /// The next job, if a worker is free for it; it runs until [`Queue::end`].
    pub(super) fn begin(&mut self) -> Option<Job> {
        if !self.may_begin || self.running.len() >= self.workers {
            return None;
        }
        let (_, job) = self.waiting.pop_first()?;
        self.places.remove(&job.id);
        self.running.insert(Arc::clone(&job.id), job.stop.clone());
        Some(job)
    }

    /// The job runs no more; what it was told to stop for, if it was, heeded or not.
    pub(super) fn end(&mut self, id: &str) -> Option<Why> {
        self.running.remove(id).and_then(|stop| stop.why())
    }

    /// The analysis was deleted: its job waits no more, or is told to stop; whether it ran.
    pub(super) fn forget(&mut self, id: &str) -> bool {
        if let Some(place) = self.places.remove(id) {
            self.waiting.remove(&place);
        }
        let stop = self.running.get(id);
        if let Some(stop) = stop {
            stop.stop(Why::Deleted);
        }
        stop.is_some()
    }

    /// How many wait up to and including this one; `None` if it does not wait.
    pub(super) fn position(&self, id: &str) -> Option<usize> {
        let place = self.places.get(id)?;
        Some(self.waiting.range(..=place).count())
    }

    /// No job begins any more.
    pub(super) fn stop_beginning(&mut self) {
        self.may_begin = false;
    }

    /// Running jobs are told to stop.
    pub(super) fn stop_all(&mut self) {
        for stop in self.running.values() {
            stop.stop(Why::Draining);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn begun(queue: &mut Queue) -> Vec<String> {
        std::iter::from_fn(|| queue.begin()).map(|job| job.id.to_string()).collect()
    }

    proptest! {
        #[test]
        fn whatever_order_they_are_added_in_jobs_begin_by_place(
            places in prop::collection::btree_set(0_i64..1000, 1..20).prop_map(Vec::from_iter).prop_shuffle(),
            workers in 1_usize..5,
        ) {
            let mut queue = Queue::new(workers);
            for place in &places {
                queue.add(*place, Job::new(&place.to_string(), "ann"));
            }
            let mut sorted: Vec<String> = places.iter().map(i64::to_string).collect();
            sorted.sort_by_key(|place| place.parse::<i64>().unwrap());
            for (index, id) in sorted.iter().enumerate() {
                prop_assert_eq!(queue.position(id), Some(index + 1));
            }
            let mut order = Vec::new();
            while order.len() < sorted.len() {
                let next = begun(&mut queue);
                prop_assert!(queue.running() <= workers && !next.is_empty());
                queue.end(&next[0]);
                next[1..].iter().for_each(|id| assert_eq!(queue.end(id), None));
                order.extend(next);
            }
            prop_assert_eq!(order, sorted);
        }
    }

    #[test]
    fn a_deleted_job_leaves_its_place_to_the_next_and_a_running_one_is_told() {
        let mut queue = Queue::new(0);
        for (place, id) in [(1, "a"), (2, "b"), (3, "c")] {
            queue.add(place, Job::new(id, "ann"));
        }
        let running = queue.begin().unwrap();
        assert_eq!((&*running.id, queue.position("a"), queue.position("c")), ("a", None, Some(2)));
        assert!(!queue.forget("b"), "it only waited");
        assert!(!queue.forget("nobody"));
        assert_eq!((queue.position("b"), queue.position("c")), (None, Some(1)));
        assert!(queue.forget("a"), "it ran");
        queue.stop_all();
        queue.stop_beginning();
        assert_eq!(queue.end(&running.id), Some(Why::Deleted), "the first reason stands");
        assert!(queue.begin().is_none());
    }
}
