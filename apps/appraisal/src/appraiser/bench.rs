//! Where work for the processor is done: aside, a few at once.
//!
//! **Bounds.** As many at once as the bench was made for; who waits for a place is bounded by who asks: a
//! worker of an analysis, or a connection's operation.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinError;

/// Places to work at.
#[derive(Clone, Debug)]
pub(crate) struct Bench {
    places: Arc<Semaphore>,
}

impl Bench {
    pub(crate) fn new(places: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)) }
    }

    /// Does work that may block, when a place is free. Work that began is done to its end, and holds its
    /// place until then, also when nobody waits for it any more.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        // The semaphore is never closed, so there always is a place in the end.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let work = move || {
            let _place = place;
            work()
        };
        tokio::task::spawn_blocking(work).await
    }
}
