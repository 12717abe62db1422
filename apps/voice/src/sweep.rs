//! Sessions in which nobody does anything end.
//!
//! **Invariants.** What ends a session is stored before anybody is told. A sweep stores first when sessions
//! in memory were last active, in the same commit, so that none of them ends for what the store has not
//! heard of.
//!
//! **Bounds.** [`ENDED_MAX`] sessions end in one sweep, the others in the next.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Weak};
use std::time::Duration;

use model::Timestamp;
use storage::{CommitError, Lane};

use crate::service::Voice;
use crate::store;

/// How long nobody may do anything in a session.
pub const IDLE_MAX: Duration = Duration::from_secs(30 * 60);
/// How often sessions are looked at.
pub const SWEEP_EVERY: Duration = Duration::from_secs(5 * 60);
/// Sessions that end in one sweep.
const ENDED_MAX: usize = 10_000;

/// Sweeps for as long as the application lives.
pub(crate) async fn keep_sweeping(voice: Weak<Voice>) {
    let mut every = tokio::time::interval(SWEEP_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let Some(voice) = voice.upgrade() else { return };
        if let Err(error) = voice.sweep().await {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, "voice sessions were not swept");
        }
    }
}

impl Voice {
    /// Ends the sessions in which nobody has done anything for `IDLE_MAX`, and forgets those that nobody
    /// is in; how many ended.
    ///
    /// # Errors
    /// See [`CommitError`]; the next sweep makes up for it.
    pub async fn sweep(self: &Arc<Self>) -> Result<usize, CommitError> {
        let now = self.hub.clock().wall();
        let idle_max = i64::try_from(IDLE_MAX.as_millis()).unwrap_or(i64::MAX);
        let before = Timestamp::from_millis(now.as_millis().saturating_sub(idle_max));
        let active: Vec<(Arc<str>, Timestamp)> = self
            .rooms
            .all()
            .iter()
            .map(|room| (Arc::clone(room.id()), room.last_active()))
            .collect();
        let voice = Arc::clone(self);
        let place = self.store.reserve(Lane::Bulk)?;
        let (told, outcome) = tokio::sync::oneshot::channel();
        place.write(
            move |tx| {
                active.iter().try_for_each(|(id, at)| store::set_activity(tx, id, *at))?;
                store::end_idle(tx, before, now, ENDED_MAX)
            },
            move |outcome| {
                // Here, on the committer's thread: whoever joins later reads that it has ended.
                let ended = outcome.map(|ids| {
                    for id in &ids {
                        voice.rooms.end(id, None, Some(REASON), &voice.runtime);
                        voice.listening.ended(id);
                    }
                    voice.counts.ended.fetch_add(ids.len() as u64, Relaxed);
                    ids.len()
                });
                let _gone = told.send(ended);
            },
        );
        let ended = outcome.await.unwrap_or(Err(CommitError::Closed))?;
        self.rooms.forget_deserted();
        Ok(ended)
    }
}

/// What members are told of the end.
const REASON: &str = "Nobody did anything for 30 minutes";
