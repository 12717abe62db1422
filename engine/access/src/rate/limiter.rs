//! Rates by key: addresses, users, rooms.
//!
//! **Bounds.** At most [`RateLimiter::KEYS_MAX`] keys, some 200 bytes each and what the key itself
//! takes. Each check looks at a few other keys and drops those that were idle for a minute; where
//! all are busy, the least busy of a few gives way, so that a flood of new keys pushes out its own.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use model::Monotonic;

use super::Window;

/// Parts of the map, each with its own lock.
const SHARDS: usize = 16;
/// Keys that one check looks at for idle ones.
const SWEPT: usize = 2;
/// Keys among which the least busy gives way.
const SAMPLED: usize = 8;

/// Counts by key; what it refuses does not count.
#[derive(Debug)]
pub struct RateLimiter<K> {
    hasher: RandomState,
    shards: Vec<Mutex<Shard<K>>>,
}

#[derive(Debug)]
struct Shard<K> {
    /// Where in `entries` a key is.
    places: HashMap<K, usize>,
    entries: Vec<(K, Window)>,
    /// The entry that is looked at next.
    hand: usize,
}

impl<K: Clone + Eq + Hash> RateLimiter<K> {
    /// The most keys that are counted at once.
    pub const KEYS_MAX: usize = 65_536;

    /// Has counted nothing.
    #[must_use]
    pub fn new() -> Self {
        let shard = || Shard { places: HashMap::new(), entries: Vec::new(), hand: 0 };
        let shards = (0..SHARDS).map(|_| Mutex::new(shard())).collect();
        Self { hasher: RandomState::new(), shards }
    }

    /// Counts one of `key`, if fewer than `limit` were counted in the last 60 s.
    ///
    /// # Errors
    /// How long until the next may come, where `limit` is reached; this one does not count.
    pub fn check(&self, key: K, limit: NonZeroU32, now: Monotonic) -> Result<(), Duration> {
        let shard = &self.shards[self.shard_of(&key)];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.sweep(now);
        let window = shard.window(key, now);
        window.advance(now);
        if window.is_full(limit) {
            return Err(window.room_after(limit, now));
        }
        window.add();
        Ok(())
    }

    /// Whether one more of `key` would be counted now; counts nothing.
    ///
    /// # Errors
    /// How long until the next may come, where `limit` is reached.
    pub fn look(&self, key: &K, limit: NonZeroU32, now: Monotonic) -> Result<(), Duration> {
        let shard = &self.shards[self.shard_of(key)];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(place) = shard.places.get(key).copied() else { return Ok(()) };
        let window = &mut shard.entries[place].1;
        window.advance(now);
        if window.is_full(limit) { Err(window.room_after(limit, now)) } else { Ok(()) }
    }

    /// Counts one less of `key`: what was counted at `at` turned out not to be of the kind.
    pub fn give_back(&self, key: &K, at: Monotonic) {
        let shard = &self.shards[self.shard_of(key)];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = shard.places.get(key).copied() {
            shard.entries[place].1.take_back(at);
        }
    }

    /// How many keys are counted.
    #[must_use]
    pub fn len(&self) -> usize {
        let lens = self.shards.iter();
        lens.map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).entries.len()).sum()
    }

    /// Whether no key is counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shard_of(&self, key: &K) -> usize {
        // The high bits: the shard's own map uses the low ones of another hash.
        usize::try_from(self.hasher.hash_one(key) >> 60).unwrap_or(0) % SHARDS
    }
}

impl<K: Clone + Eq + Hash> Default for RateLimiter<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Clone + Eq + Hash> Shard<K> {
    const ENTRIES_MAX: usize = RateLimiter::<K>::KEYS_MAX / SHARDS;

    fn window(&mut self, key: K, now: Monotonic) -> &mut Window {
        let place = match self.places.get(&key) {
            Some(place) => *place,
            None => self.insert(key, now),
        };
        &mut self.entries[place].1
    }

    fn insert(&mut self, key: K, now: Monotonic) -> usize {
        if self.entries.len() >= Self::ENTRIES_MAX {
            self.evict(now);
        }
        let place = self.entries.len();
        self.places.insert(key.clone(), place);
        self.entries.push((key, Window::new(now)));
        place
    }

    /// Drops the idle among the next few.
    fn sweep(&mut self, now: Monotonic) {
        for _ in 0..SWEPT {
            let Some(place) = self.next() else { return };
            let window = &mut self.entries[place].1;
            window.advance(now);
            if window.total == 0 {
                self.remove(place);
            }
        }
    }

    /// Drops the least busy of the next few.
    fn evict(&mut self, now: Monotonic) {
        let mut least: Option<(u32, usize)> = None;
        for _ in 0..SAMPLED {
            let Some(place) = self.next() else { return };
            let window = &mut self.entries[place].1;
            window.advance(now);
            if least.is_none_or(|(total, _)| window.total < total) {
                least = Some((window.total, place));
            }
        }
        if let Some((_, place)) = least {
            self.remove(place);
        }
    }

    /// Where the hand stands; it moves on.
    fn next(&mut self) -> Option<usize> {
        let place = if self.hand < self.entries.len() { self.hand } else { 0 };
        self.hand = place + 1;
        (!self.entries.is_empty()).then_some(place)
    }

    fn remove(&mut self, place: usize) {
        let (key, _) = self.entries.swap_remove(place);
        self.places.remove(&key);
        if let Some((moved, _)) = self.entries.get(place)
            && let Some(at) = self.places.get_mut(moved)
        {
            *at = place;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limit(limit: u32) -> NonZeroU32 {
        NonZeroU32::new(limit).unwrap()
    }

    fn is_consistent<K: Clone + Eq + Hash>(limiter: &RateLimiter<K>) -> bool {
        limiter.shards.iter().all(|shard| {
            let shard = shard.lock().unwrap();
            let placed = |(place, (key, _)): (usize, &(K, Window))| shard.places[key] == place;
            shard.places.len() == shard.entries.len()
                && shard.entries.iter().enumerate().all(placed)
        })
    }

    #[test]
    fn a_million_forged_keys_stay_within_the_bound_and_free_nobody() {
        let limiter = RateLimiter::new();
        for _ in 0..10 {
            limiter.check(u64::MAX, limit(10), Monotonic(0)).unwrap();
        }
        for key in 0..1_000_000_u64 {
            limiter.check(key, limit(10), Monotonic(key / 100)).unwrap();
        }
        assert!(limiter.len() <= RateLimiter::<u64>::KEYS_MAX);
        assert!(limiter.check(u64::MAX, limit(10), Monotonic(10_000)).is_err());
        assert!(is_consistent(&limiter));
    }

    #[test]
    fn keys_that_are_idle_for_a_minute_go_away() {
        let limiter = RateLimiter::new();
        for key in 0..10_000_u64 {
            limiter.check(key, limit(10), Monotonic(0)).unwrap();
        }
        for n in 0..10_000_u64 {
            limiter.check(u64::MAX - n % 64, limit(1_000), Monotonic(62_000)).unwrap();
        }
        assert!(limiter.len() < 5_000, "{}", limiter.len());
        assert!(is_consistent(&limiter));
    }

    #[test]
    fn one_key_does_not_count_for_another() {
        let limiter = RateLimiter::new();
        assert!(limiter.check("a", limit(1), Monotonic(0)).is_ok());
        assert!(limiter.check("a", limit(1), Monotonic(0)).is_err());
        assert!(limiter.check("b", limit(1), Monotonic(0)).is_ok());
    }

    #[test]
    fn a_look_counts_nothing_and_sees_what_a_check_would() {
        let limiter = RateLimiter::new();
        for _ in 0..10 {
            assert_eq!(limiter.look(&"a", limit(1), Monotonic(0)), Ok(()));
        }
        assert_eq!(limiter.len(), 0);
        assert!(limiter.check("a", limit(1), Monotonic(0)).is_ok());
        let wait = limiter.check("a", limit(1), Monotonic(500)).unwrap_err();
        assert_eq!(limiter.look(&"a", limit(1), Monotonic(500)), Err(wait));
        assert_eq!(limiter.look(&"a", limit(1), Monotonic(500).after(wait)), Ok(()));
    }

    #[test]
    fn what_is_given_back_makes_room_for_another_as_long_as_it_counts() {
        let limiter = RateLimiter::new();
        let (early, late) = (Monotonic(0), Monotonic(30_000));
        assert!(limiter.check("a", limit(2), early).is_ok());
        assert!(limiter.check("a", limit(2), late).is_ok());
        limiter.give_back(&"a", early);
        assert!(limiter.check("a", limit(2), late).is_ok());
        limiter.give_back(&"a", early);
        limiter.give_back(&"b", late);
        assert!(limiter.check("a", limit(2), late).is_err(), "it was given back before");
        limiter.give_back(&"a", Monotonic(200_000));
        assert!(limiter.check("a", limit(2), late).is_err(), "nothing was counted then");
        assert!(limiter.check("a", limit(2), Monotonic(120_000)).is_ok());
        limiter.give_back(&"a", late);
        assert!(limiter.check("a", limit(1), Monotonic(120_000)).is_err(), "it is forgotten");
        assert!(is_consistent(&limiter));
    }

    proptest! {
        #[test]
        fn no_key_passes_more_than_the_limit_in_any_minute(
            steps in prop::collection::vec((0_u8..4, 0_u64..9_000), 1..400),
            most in 1_u32..12,
        ) {
            let limiter = RateLimiter::new();
            let mut passed: HashMap<u8, Vec<u64>> = HashMap::new();
            let mut now = 0;
            for (key, gap) in steps {
                now += gap;
                let times = passed.entry(key).or_default();
                let within = |span| times.iter().filter(|at| now - **at < span).count();
                match limiter.check(key, limit(most), Monotonic(now)) {
                    Ok(()) => {
                        prop_assert!(within(60_000) < most as usize);
                        times.push(now);
                    }
                    Err(wait) => {
                        prop_assert!(within(62_000) >= most as usize);
                        prop_assert!(wait <= Duration::from_secs(62));
                    }
                }
            }
            prop_assert!(is_consistent(&limiter));
        }
    }
}
