//! Who sent an update that took too long: for a while nothing more of theirs is worked on.
//!
//! What was given up goes on by itself, so whoever may repeat it could hold up every thread there is.
//!
//! **Bound**: [`SUSPECTS_MAX`] people; of more, those whose time is over soonest are forgotten.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::Monotonic;

/// People remembered.
const SUSPECTS_MAX: usize = 1024;
/// For how long.
const SUSPECT_FOR: Duration = Duration::from_secs(600);

/// People, each with the time until which they are suspect.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    until: Mutex<HashMap<Arc<str>, Monotonic>>,
}

impl Suspects {
    /// Something of theirs took too long.
    pub(super) fn add(&self, user: &Arc<str>, now: Monotonic) {
        let mut until = self.lock();
        until.retain(|_, until| *until > now);
        if until.len() >= SUSPECTS_MAX && !until.contains_key(user) {
            let soonest = until.iter().min_by_key(|(_, until)| **until);
            let soonest = soonest.map(|(user, _)| Arc::clone(user));
            soonest.map(|user| until.remove(&user));
        }
        until.insert(Arc::clone(user), now.after(SUSPECT_FOR));
    }

    /// Whether nothing of theirs is to be worked on now.
    pub(super) fn has(&self, user: &str, now: Monotonic) -> bool {
        self.lock().get(user).is_some_and(|until| *until > now)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Monotonic>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_suspect_for_ten_minutes_and_not_everybody_is_remembered() {
        let suspects = Suspects::default();
        let at = |seconds: u64| Monotonic(seconds * 1000);
        suspects.add(&"ann".into(), at(0));
        assert!(suspects.has("ann", at(599)) && !suspects.has("ann", at(600)));
        assert!(!suspects.has("bob", at(0)));
        for number in 0..5000 {
            suspects.add(&number.to_string().into(), at(1));
        }
        assert!(suspects.lock().len() <= SUSPECTS_MAX && suspects.has("4999", at(1)));
        assert!(!suspects.has("ann", at(1)));
    }
}
