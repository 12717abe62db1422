//! How many calls run at once, and how many may wait.

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::ModelError;

/// Calls that run at once.
pub const CALLS_MAX: usize = 32;
/// Calls that wait for a place, each within its own deadline; one more is refused.
pub const WAITING_MAX: usize = 1_000;

/// The places of one model.
#[derive(Debug)]
pub(crate) struct Admission {
    /// One permit for each call that runs or waits.
    all: Semaphore,
    running: Semaphore,
}

/// A place; free again when dropped.
pub(crate) struct Place<'a>(
    #[expect(dead_code, reason = "held, not read")] [SemaphorePermit<'a>; 2],
);

impl Admission {
    pub(crate) fn new() -> Self {
        Self { all: Semaphore::new(CALLS_MAX + WAITING_MAX), running: Semaphore::new(CALLS_MAX) }
    }

    /// Waits for a place, first come, first served.
    pub(crate) async fn enter(&self) -> Result<Place<'_>, ModelError> {
        let one = self.all.try_acquire().map_err(|_| ModelError::Busy)?;
        let place = self.running.acquire().await.map_err(|_| ModelError::Busy)?;
        Ok(Place([one, place]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_past_those_that_run_wait_and_past_those_that_wait_are_refused() {
        let admission = Admission::new();
        let mut running = Vec::new();
        for _ in 0..CALLS_MAX {
            running.push(admission.enter().await.unwrap());
        }
        let mut waiting: Vec<_> = (0..WAITING_MAX).map(|_| Box::pin(admission.enter())).collect();
        for one in &mut waiting {
            assert!(futures_are_pending(one.as_mut()));
        }
        assert!(matches!(admission.enter().await, Err(ModelError::Busy)));
        running.clear();
        assert!(waiting.remove(0).await.is_ok());
    }

    fn futures_are_pending<F: Future>(future: std::pin::Pin<&mut F>) -> bool {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        future.poll(&mut context).is_pending()
    }
}
