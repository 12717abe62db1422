//! How many connections a user has, by application.
//!
//! **Invariants.** A place is taken with a [`Lease`] and free again when that is dropped, once,
//! whatever ended the connection. **Bound**: there is an entry for each user who is connected, so as
//! many as there are connections.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

type Key = (&'static str, Arc<str>);

/// Counts connections.
#[derive(Debug, Default)]
pub struct Leases {
    counts: Mutex<HashMap<Key, u32>>,
    /// Told of each lease that ends.
    released: Notify,
}

/// One connection's place.
#[derive(Debug)]
#[must_use = "a dropped lease gives its place back"]
pub struct Lease {
    leases: Arc<Leases>,
    key: Key,
}

impl Leases {
    /// Nobody is connected.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// A place for one more connection of `user`, unless there are `cap` already.
    #[must_use]
    pub fn acquire(
        self: &Arc<Self>,
        application: &'static str,
        user: &Arc<str>,
        cap: Option<NonZeroU32>,
    ) -> Option<Lease> {
        let key = (application, Arc::clone(user));
        let mut counts = self.lock();
        let count = counts.entry(key.clone()).or_insert(0);
        if cap.is_some_and(|cap| *count >= cap.get()) {
            return None;
        }
        *count += 1;
        Some(Lease { leases: Arc::clone(self), key })
    }

    /// As [`Leases::acquire`], but waits for a place for so long.
    pub async fn acquire_within(
        self: &Arc<Self>,
        application: &'static str,
        user: &Arc<str>,
        cap: Option<NonZeroU32>,
        within: Duration,
    ) -> Option<Lease> {
        let waiting = async {
            loop {
                let released = self.released.notified();
                if let Some(lease) = self.acquire(application, user, cap) {
                    return lease;
                }
                released.await;
            }
        };
        tokio::time::timeout(within, waiting).await.ok()
    }

    /// How many connections `user` has.
    #[must_use]
    pub fn count(&self, application: &'static str, user: &Arc<str>) -> u32 {
        self.lock().get(&(application, Arc::clone(user))).copied().unwrap_or(0)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, u32>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.leases.lock().entry(self.key.clone()) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
        self.leases.released.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAP: Option<NonZeroU32> = NonZeroU32::new(2);

    #[test]
    fn places_are_counted_by_user_and_application_and_come_back() {
        let leases = Leases::new();
        let (ann, bob): (Arc<str>, Arc<str>) = ("ann".into(), "bob".into());
        let first = leases.acquire("sessions", &ann, CAP).unwrap();
        let _second = leases.acquire("sessions", &ann, CAP).unwrap();
        assert!(leases.acquire("sessions", &ann, CAP).is_none());
        let _others =
            (leases.acquire("sessions", &bob, CAP).unwrap(), leases.acquire("learning", &ann, CAP));
        drop(first);
        let _third = leases.acquire("sessions", &ann, CAP).unwrap();
        assert_eq!(leases.count("sessions", &ann), 2);
    }

    #[test]
    fn nothing_is_kept_of_users_who_are_gone() {
        let leases = Leases::new();
        let held: Vec<_> = (0..1000)
            .map(|n| leases.acquire("sessions", &n.to_string().into(), None).unwrap())
            .collect();
        assert_eq!(leases.lock().len(), 1000);
        drop(held);
        assert_eq!(leases.lock().len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_gets_the_place_that_is_freed() {
        let leases = Leases::new();
        let ann: Arc<str> = "ann".into();
        let held = [(); 2].map(|()| leases.acquire("sessions", &ann, CAP).unwrap());
        let long = Duration::from_secs(2);
        assert!(leases.acquire_within("sessions", &ann, CAP, long).await.is_none());
        let waiting = tokio::spawn({
            let (leases, ann) = (Arc::clone(&leases), Arc::clone(&ann));
            async move { leases.acquire_within("sessions", &ann, CAP, long).await }
        });
        tokio::task::yield_now().await;
        drop(held);
        assert!(waiting.await.unwrap().is_some());
        assert_eq!(leases.count("sessions", &ann), 0);
    }
}
