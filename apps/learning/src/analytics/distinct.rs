//! Distinct people: exactly up to [`EXACT_MAX`], past that by HyperLogLog within 0.81 % (standard error).
//!
//! A person is a hash of 64 bits of their id with a secret of this database ([`Hasher`]), so that nobody
//! can choose ids that count as one. That two of 10,000 people share a hash has a chance of 1 in 10¹¹.
//!
//! **Bounds.** A set of up to [`EXACT_MAX`] hashes or 16 KiB; of a window up to twice as many, and past
//! [`EXACT_MAX`] some 1 MiB more.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use super::hyperloglog::{Registers, Sliding};

/// People that are counted exactly.
pub(crate) const EXACT_MAX: usize = 10_000;
/// Entries of a window below which nobody looks for those that are over.
const ENTRIES_MIN: usize = 64;
/// Bytes of an entry in a table of hashes, with the room it leaves free.
const ENTRY_BYTES: usize = 32;
/// Seconds that a clock may be set back without losing what was seen in them.
pub(crate) const AHEAD_SECS: u32 = 120;

/// Makes hashes of user ids.
#[derive(Clone)]
pub(crate) struct Hasher(Sha256);

impl Hasher {
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self(Sha256::new().chain_update(secret))
    }

    pub(crate) fn hash(&self, user: &str) -> u64 {
        let digest = self.0.clone().chain_update(user).finalize();
        digest.iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
    }
}

/// A set of people that only grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum People {
    /// Their hashes.
    Exact(HashSet<u64>),
    /// Too many of them.
    Estimated(Registers),
}

impl Default for People {
    fn default() -> Self {
        Self::Exact(HashSet::new())
    }
}

impl People {
    pub(crate) fn insert(&mut self, hash: u64) {
        match self {
            Self::Exact(hashes) => {
                hashes.insert(hash);
                if hashes.len() > EXACT_MAX {
                    *self = Self::Estimated(estimated(hashes));
                }
            }
            Self::Estimated(registers) => registers.insert(hash),
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        match (&mut *self, other) {
            (_, Self::Exact(hashes)) => hashes.iter().for_each(|hash| self.insert(*hash)),
            (Self::Estimated(registers), Self::Estimated(other)) => registers.merge(other),
            (Self::Exact(hashes), Self::Estimated(other)) => {
                let mut registers = estimated(hashes);
                registers.merge(other);
                *self = Self::Estimated(registers);
            }
        }
    }

    pub(crate) fn count(&self) -> f64 {
        match self {
            Self::Exact(hashes) => hashes.len() as f64,
            Self::Estimated(registers) => registers.estimate().round(),
        }
    }

    /// About how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Exact(hashes) => hashes.capacity() * ENTRY_BYTES / 2,
            Self::Estimated(registers) => registers.as_bytes().len(),
        }
    }
}

fn estimated(hashes: &HashSet<u64>) -> Registers {
    let mut registers = Registers::default();
    hashes.iter().for_each(|hash| registers.insert(*hash));
    registers
}

/// The people of a window that ends now.
///
/// **Invariant.** `seen` has everybody of the window, unless there is a `crowd`: then everybody who did
/// something after its time is in `seen`, and everybody of the window is in the crowd.
#[derive(Debug)]
pub(crate) struct Recent {
    window: u32,
    /// The last second of each.
    seen: HashMap<u64, u32>,
    crowd: Option<(u32, Box<Sliding>)>,
    /// Entries of `seen` at which it is looked through.
    look_at: usize,
}

impl Recent {
    /// Nobody, for a window of that many seconds.
    pub(crate) fn new(window: u32) -> Self {
        Self { window, seen: HashMap::new(), crowd: None, look_at: ENTRIES_MIN }
    }

    /// Somebody did something in the second `at`, at most `now`.
    pub(crate) fn note(&mut self, hash: u64, at: u32, now: u32) {
        let gone = now.saturating_sub(self.window);
        if at <= gone {
            return;
        }
        let last = self.seen.entry(hash).or_insert(at);
        *last = (*last).max(at);
        if let Some((_, crowd)) = &mut self.crowd {
            crowd.insert(hash, at, gone);
        }
        if self.seen.len() > self.look_at {
            self.look_through(now);
        }
    }

    /// A set of people did something in the second `at`.
    pub(crate) fn merge(&mut self, people: &People, at: u32, now: u32) {
        match people {
            People::Exact(hashes) => hashes.iter().for_each(|hash| self.note(*hash, at, now)),
            People::Estimated(registers) if at > now.saturating_sub(self.window) => {
                self.overflow(now);
                if let Some((_, crowd)) = &mut self.crowd {
                    crowd.merge(registers, at, now.saturating_sub(self.window));
                }
            }
            People::Estimated(_) => {}
        }
    }

    /// How many there are in the window that ends with the second `now`.
    pub(crate) fn count(&mut self, now: u32) -> f64 {
        let from = now.saturating_sub(self.window);
        if self.crowd.as_ref().is_some_and(|(since, _)| from >= *since) {
            self.crowd = None;
        }
        match &self.crowd {
            Some((_, crowd)) => crowd.estimate(from, now).round(),
            None => self.seen.values().filter(|at| **at > from && **at <= now).count() as f64,
        }
    }

    /// About how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        let crowd = self.crowd.as_ref().map_or(0, |(_, crowd)| crowd.bytes());
        self.seen.capacity() * ENTRY_BYTES + crowd
    }

    /// Forgets whom the window has left; past the bound counts by estimate from now on.
    fn look_through(&mut self, now: u32) {
        let (from, to) = (now.saturating_sub(self.window), now.saturating_add(AHEAD_SECS));
        self.seen.retain(|_, at| *at > from && *at <= to);
        if self.seen.len() > EXACT_MAX {
            self.overflow(now);
        }
        self.look_at = (2 * self.seen.len()).max(ENTRIES_MIN);
        if self.seen.capacity() > 4 * self.look_at {
            self.seen.shrink_to(self.look_at);
        }
    }

    fn overflow(&mut self, now: u32) {
        let gone = now.saturating_sub(self.window);
        let (since, crowd) = self.crowd.get_or_insert_with(Default::default);
        *since = now;
        for (hash, at) in self.seen.drain() {
            crowd.insert(hash, at, gone);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hashes(from: u32, to: u32) -> impl Iterator<Item = u64> {
        let hasher = Hasher::new(b"secret");
        (from..to).map(move |user| hasher.hash(&user.to_string()))
    }

    #[test]
    fn a_hash_depends_on_the_secret_and_on_the_user() {
        let hash = Hasher::new(b"a").hash("ann");
        assert_eq!(hash, Hasher::new(b"a").hash("ann"));
        assert_ne!(hash, Hasher::new(b"b").hash("ann"));
        assert_ne!(hash, Hasher::new(b"a").hash("bob"));
    }

    #[test]
    fn people_are_exact_up_to_the_bound_and_estimated_past_it() {
        let mut people = People::default();
        hashes(0, 10_000).for_each(|hash| people.insert(hash));
        hashes(0, 10_000).for_each(|hash| people.insert(hash));
        assert!(matches!(people, People::Exact(_)) && people.count() == 10_000.0);
        hashes(10_000, 40_000).for_each(|hash| people.insert(hash));
        assert!(matches!(people, People::Estimated(_)) && people.bytes() == 16_384);
        assert!((people.count() / 40_000.0 - 1.0).abs() < 0.03, "{}", people.count());
    }

    #[test]
    fn merging_is_the_same_whoever_is_estimated() {
        let of = |from, to| {
            let mut people = People::default();
            hashes(from, to).for_each(|hash| people.insert(hash));
            people
        };
        for (middle, other) in [(50, 40), (20_000, 10), (10, 20_000), (20_000, 15_000)] {
            let mut merged = of(0, middle);
            merged.merge(&of(other, 30_000));
            let mut back = of(other, 30_000);
            back.merge(&of(0, middle));
            let expected = of(0, middle).count() + of(other, 30_000).count();
            assert_eq!(merged, back);
            assert!(merged.count() <= expected * 1.05 && merged.count() >= expected * 0.4);
        }
    }

    #[test]
    fn a_window_is_exact_again_once_the_crowd_has_left_it() {
        let mut recent = Recent::new(300);
        for (hash, at) in hashes(0, 60_000).zip(0_u32..) {
            let at = 1000 + at / 1000; // A thousand new ones each second.
            recent.note(hash, at, at);
        }
        let crowded = recent.count(1059);
        assert!((crowded / 60_000.0 - 1.0).abs() < 0.03 && recent.bytes() > 500_000, "{crowded}");
        for at in 1060..1400 {
            hashes(0, 10).for_each(|hash| recent.note(hash, at, at));
        }
        assert_eq!(recent.count(1399), 10.0);
        let before = recent.bytes();
        assert!(recent.crowd.is_none());
        for at in 1400..1410 {
            hashes(0, 20_000).for_each(|hash| recent.note(hash, at, at));
        }
        assert!(recent.count(1410) > 19_000.0 && recent.bytes() >= before);
        assert!((recent.count(1400 + 300) / 20_000.0 - 1.0).abs() < 0.03);
        assert_eq!(recent.count(1410 + 300), 0.0);
    }

    #[test]
    fn entries_that_are_over_take_no_room() {
        let mut recent = Recent::new(300);
        for (hash, at) in hashes(0, 100_000).zip(0_u32..) {
            recent.note(hash, 1000 + at, 1000 + at); // One each second: 300 in the window.
        }
        assert_eq!(recent.count(1000 + 99_999), 300.0);
        assert!(recent.bytes() < 100_000 && recent.crowd.is_none(), "{}", recent.bytes());
    }

    #[test]
    fn a_set_that_was_estimated_counts_in_a_window_too() {
        let mut people = People::default();
        hashes(0, 20_000).for_each(|hash| people.insert(hash));
        let mut recent = Recent::new(300);
        recent.merge(&people, 700, 1000); // Over already.
        assert_eq!(recent.count(1000), 0.0);
        recent.merge(&people, 701, 1000);
        hashes(20_000, 20_010).for_each(|hash| recent.note(hash, 1000, 1000));
        assert!((recent.count(1000) / 20_000.0 - 1.0).abs() < 0.03);
        assert!(recent.count(1001) < 12.0);
        assert_eq!(recent.count(1299), 10.0);
    }

    proptest! {
        #[test]
        fn a_window_is_what_a_recount_of_its_events_says(
            events in proptest::collection::vec((0_u32..150, 0_u32..3, 0_u32..20), 1..600),
            window in 1_u32..40,
        ) {
            let (mut recent, mut now) = (Recent::new(window), 1000);
            let mut told: Vec<(u32, u32)> = Vec::new();
            for (user, step, late) in events {
                now += step;
                let at = now - late;
                recent.note(hashes(user, user + 1).next().unwrap(), at, now);
                told.push((user, at));
                let inside = told.iter().filter(|(_, at)| *at + window > now);
                let distinct: HashSet<u32> = inside.map(|(user, _)| *user).collect();
                prop_assert_eq!(recent.count(now), distinct.len() as f64);
            }
        }
    }
}
