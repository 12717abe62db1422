//! Places for calls: so many for all, and of these so many for one user.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// The part of all places that one user's messages and handshakes may take, at least one place.
const USER_SHARE: usize = 8;
/// The part of all places that ends of connections may take, at least one place.
const LEAVING_SHARE: usize = 4;

/// The places of all calls.
pub(super) struct Places {
    all: Arc<Semaphore>,
    /// The places that ends of connections may take.
    leaving: Semaphore,
    users: Arc<Users>,
}

impl Places {
    pub(super) fn new(concurrency: usize) -> Self {
        let concurrency = concurrency.clamp(1, Semaphore::MAX_PERMITS);
        let most = (concurrency / USER_SHARE).max(1);
        Self {
            all: Arc::new(Semaphore::new(concurrency)),
            leaving: Semaphore::new((concurrency / LEAVING_SHARE).max(1)),
            users: Arc::new(Users { most, taken: Mutex::default() }),
        }
    }

    /// A place for a message or a handshake of `user`, if one is free and they may have one more.
    pub(super) fn take(&self, user: &Arc<str>) -> Option<Permit> {
        let permit = Arc::clone(&self.all).try_acquire_owned().ok()?;
        let share = Users::take(&self.users, user)?;
        Some(Permit { _permit: permit, _share: Some(share) })
    }

    /// A place for the end of a connection, once one is free, with what keeps places for others.
    pub(super) async fn wait(&self) -> Option<(Permit, SemaphorePermit<'_>)> {
        let leaving = self.leaving.acquire().await.ok()?;
        let permit = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some((Permit { _permit: permit, _share: None }, leaving))
    }
}

/// A place that was taken; free again when dropped.
pub(super) struct Permit {
    _permit: OwnedSemaphorePermit,
    _share: Option<Share>,
}

/// How many places each user has taken.
struct Users {
    most: usize,
    /// Only users who have some, so that there are never more than places.
    taken: Mutex<HashMap<Arc<str>, usize>>,
}

impl Users {
    fn take(users: &Arc<Self>, user: &Arc<str>) -> Option<Share> {
        let mut all = users.lock();
        let taken = all.entry(Arc::clone(user)).or_default();
        if *taken >= users.most {
            return None;
        }
        *taken += 1;
        drop(all);
        Some(Share { users: Arc::clone(users), user: Arc::clone(user) })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of a user's places.
struct Share {
    users: Arc<Users>,
    user: Arc<str>,
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut all = self.users.lock();
        let Some(taken) = all.get_mut(&self.user) else { return };
        *taken -= 1;
        if *taken == 0 {
            all.remove(&self.user);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_an_eighth_of_the_places_and_at_least_one() {
        for (concurrency, most) in [(1, 1), (7, 1), (16, 2), (100, 12)] {
            let places = Places::new(concurrency);
            let ann: Vec<_> = std::iter::from_fn(|| places.take(&"ann".into())).collect();
            assert_eq!(ann.len(), most, "of {concurrency}");
            assert_eq!(places.take(&"bob".into()).is_some(), concurrency > 1);
            drop(ann);
            assert!(places.users.lock().is_empty(), "who has none is forgotten");
            assert!(places.take(&"ann".into()).is_some());
        }
    }

    #[test]
    fn all_users_together_have_no_more_than_all_places() {
        let places = Places::new(3);
        let take = |user: usize| places.take(&format!("user-{user}").into());
        let taken: Vec<_> = (0..3).map(|user| take(user).unwrap()).collect();
        assert!(take(4).is_none());
        assert_eq!(places.users.lock().len(), 3, "who got none is not counted");
        drop(taken);
        assert!(take(4).is_some());
    }
}
