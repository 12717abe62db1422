//! Answers of one interview are evaluated one after the other, from however many connections they come:
//! what is answered meanwhile waits, and then is judged by what became of the one before.
//!
//! **Bounds.** One entry for each interview whose answer is being evaluated, and for each that waits: at most as
//! many as answers are evaluated at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Who answers, in which interview. With the user in it nobody waits for somebody else's messages.
type Key = (Arc<str>, Box<str>);

/// Whose turn it is in each interview.
#[derive(Default)]
pub(crate) struct Turns {
    gates: Mutex<HashMap<Key, Arc<Semaphore>>>,
}

/// The right to answer in an interview; dropped, it is the next one's.
pub(crate) struct Turn {
    turns: Arc<Turns>,
    key: Key,
    permit: Option<OwnedSemaphorePermit>,
}

impl Turns {
    /// Waits for the turn of `user` in the interview.
    pub(crate) async fn take(self: &Arc<Self>, user: &Arc<str>, session_id: &str) -> Turn {
        let key: Key = (Arc::clone(user), session_id.into());
        let gate = Arc::clone(
            self.lock().entry(key.clone()).or_insert_with(|| Arc::new(Semaphore::new(1))),
        );
        // It is never closed.
        let permit = gate.acquire_owned().await.ok();
        Turn { turns: Arc::clone(self), key, permit }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Arc<Semaphore>>> {
        self.gates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut gates = self.turns.lock();
        self.permit = None;
        // Whoever waits has the gate, too; they took it under this lock.
        if gates.get(&self.key).is_some_and(|gate| Arc::strong_count(gate) == 1) {
            gates.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_turn_is_one_persons_in_one_interview_and_leaves_nothing_behind() {
        let turns: Arc<Turns> = Arc::default();
        let (ada, eve): (Arc<str>, Arc<str>) = ("ada".into(), "eve".into());
        let first = turns.take(&ada, "i").await;
        let (_other, _hers) = (turns.take(&ada, "j").await, turns.take(&eve, "i").await);
        let waiting = tokio::spawn({
            let (turns, ada) = (Arc::clone(&turns), Arc::clone(&ada));
            async move { drop(turns.take(&ada, "i").await) }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        waiting.await.unwrap();
        drop((_other, _hers));
        assert!(turns.lock().is_empty());
    }
}
