//! The time of running questions, over stops of the server.
//!
//! **Invariants.** While the server is down no question takes time. Whatever ends the server, a running
//! question has taken the time up to the last note that it was up, which is at most [`NOTED_EVERY`] old,
//! and a look.

use std::sync::{Arc, Weak};
use std::time::Duration;

use model::Timestamp;
use storage::{CommitError, Lane};

use super::Interview;
use crate::service::Analyses;
use crate::store::{interviews, times};

/// How often it is noted that the server is up, while an interview is active.
const NOTED_EVERY: Duration = Duration::from_secs(5);
/// How often it is looked whether a note is due.
const LOOK_EVERY: Duration = Duration::from_millis(500);

impl Analyses {
    /// The time that passed while the server was down counts for nobody; each interview has
    /// [`super::GRACE`] for its person to come back.
    pub(super) fn recover_interviews(self: &Arc<Self>) {
        let now = self.hub.clock().wall();
        let apply = move |tx: &storage::rusqlite::Transaction<'_>| {
            let noted = times::noted(tx)?;
            let mut left = interviews::active(tx, None)?;
            for interview in &mut left {
                if let Some(noted) = noted {
                    interview.settle(noted);
                }
                interview.skip_to(now);
                interviews::update(tx, interview)?;
            }
            Ok(left)
        };
        let analyses = Arc::clone(self);
        let done = move |left: Result<Vec<Interview>, CommitError>| match left {
            Ok(left) => {
                let now = analyses.hub.clock().monotonic();
                for interview in left {
                    analyses.interviews.attach(&interview, None, now);
                }
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "interviews that were left active were not taken up");
            }
        };
        match self.store.reserve(Lane::Interactive) {
            Ok(place) => place.write(apply, done),
            Err(refused) => done(Err(refused.into())),
        }
    }

    /// Keeps the time that active interviews took so far, for the case that the server stops now.
    pub(crate) async fn settle_interviews(&self) {
        let now = self.hub.clock().wall();
        let settle = move |tx: &storage::rusqlite::Transaction<'_>| {
            for mut interview in interviews::active(tx, None)? {
                interview.settle(now);
                interviews::update(tx, &interview)?;
            }
            Ok(())
        };
        if let Err(error) = self.store.commit(Lane::Interactive, settle).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "the times of active interviews were not kept");
        }
    }

    /// Notes from now on that the server is up, for the case that it is killed.
    pub(super) fn note_times(self: &Arc<Self>) {
        self.runtime.spawn(note(Arc::downgrade(self)));
    }

    /// Notes that the server is up, if that is due; when it was noted last.
    async fn note_if_due(&self, noted: Option<Timestamp>) -> Option<Timestamp> {
        let now = self.hub.clock().wall();
        if noted.is_some_and(|noted| since(noted, now) < NOTED_EVERY) {
            return noted;
        }
        let note = move |tx: &storage::rusqlite::Transaction<'_>| times::note(tx, now);
        match self.store.commit(Lane::Interactive, note).await {
            Ok(()) => Some(now),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the time of running questions was not noted yet");
                noted
            }
        }
    }
}

/// Looks while an interview is active, else waits for that; ends with the application.
async fn note(analyses: Weak<Analyses>) {
    let mut noted = None;
    while let Some(alive) = analyses.upgrade() {
        let is_any = alive.interviews.is_any();
        if is_any {
            noted = alive.note_if_due(noted).await;
        }
        let begun = alive.interviews.begun();
        drop(alive);
        if is_any {
            tokio::time::sleep(LOOK_EVERY).await;
        } else {
            begun.notified().await;
        }
    }
}

/// How far `now` is from `noted`, whichever way the wall clock was set.
fn since(noted: Timestamp, now: Timestamp) -> Duration {
    Duration::from_millis(now.as_millis().abs_diff(noted.as_millis()))
}
