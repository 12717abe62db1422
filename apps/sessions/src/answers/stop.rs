//! What stops an answer before its end.

use tokio::sync::watch;

/// Why an answer is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Somebody in the session asked for it: what was said so far counts.
    Cancelled,
    /// The server stops: the question is asked again after the restart.
    Draining,
}

/// Stops one answer; clones stop the same one. The first reason stands.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Sender<Option<Why>>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Stop {
    pub(crate) fn stop(&self, why: Why) {
        self.0.send_if_modified(|current| {
            let is_first = current.is_none();
            current.get_or_insert(why);
            is_first
        });
    }

    /// Why, once stopped.
    pub(crate) fn why(&self) -> Option<Why> {
        *self.0.borrow()
    }

    /// Ready once stopped.
    pub(crate) async fn stopped(&self) -> Why {
        let mut watched = self.0.subscribe();
        let why = watched.wait_for(Option::is_some).await.ok().and_then(|why| *why);
        why.expect("the sender lives as long as this borrow of it")
    }
}
