//! A timer wheel: one entry a connection instead of one sleeping task each.
//!
//! Entries are never removed; whoever takes a due entry asks the connection what is due, and a
//! stale one finds nothing.

use std::time::Duration;

use model::{ConnectionId, Monotonic};

/// How finely time is told.
pub(crate) const TICK: Duration = Duration::from_millis(250);
const TICK_MILLIS: u64 = 250;
const SLOTS: u64 = 256;

/// Due times of a shard's connections.
pub(crate) struct Wheel {
    slots: Vec<Vec<(ConnectionId, u64)>>,
    /// The tick up to which everything was taken.
    done: u64,
}

impl Wheel {
    pub(crate) fn new(now: Monotonic) -> Self {
        let slots = (0..SLOTS).map(|_| Vec::new()).collect();
        Self { slots, done: now.0 / TICK_MILLIS }
    }

    /// Puts the connection down for `due`, rounded up to the next tick.
    pub(crate) fn schedule(&mut self, connection: ConnectionId, due: Monotonic) {
        let tick = due.0.div_ceil(TICK_MILLIS).max(self.done + 1);
        self.slot(tick).push((connection, tick));
    }

    /// Takes what is due at `now` into `due`.
    pub(crate) fn advance(&mut self, now: Monotonic, due: &mut Vec<ConnectionId>) {
        let reached = now.0 / TICK_MILLIS;
        // After a long pause each slot is looked at once, not once a tick missed.
        let first = (self.done + 1).max(reached.saturating_sub(SLOTS - 1));
        for tick in first..=reached {
            let slot = self.slot(tick);
            slot.retain(|(connection, at)| {
                let is_due = *at <= reached;
                if is_due {
                    due.push(*connection);
                }
                !is_due
            });
            if slot.is_empty() && slot.capacity() > 1024 {
                *slot = Vec::new();
            }
        }
        self.done = self.done.max(reached);
    }

    fn slot(&mut self, tick: u64) -> &mut Vec<(ConnectionId, u64)> {
        let index = usize::try_from(tick % SLOTS).unwrap_or_default();
        &mut self.slots[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_entry_comes_due_once_and_never_early(
            dues in prop::collection::vec(0_u64..300_000, 0..50),
            steps in prop::collection::vec(1_u64..100_000, 1..40),
        ) {
            let mut wheel = Wheel::new(Monotonic(0));
            for (slot, due) in dues.iter().enumerate() {
                let id = ConnectionId::new(0, u32::try_from(slot).unwrap(), 0);
                wheel.schedule(id, Monotonic(*due));
            }
            let (mut now, mut seen) = (0, vec![0; dues.len()]);
            for step in steps.into_iter().chain([400_000]) {
                now += step;
                let mut due = Vec::new();
                wheel.advance(Monotonic(now), &mut due);
                for id in due {
                    let slot = usize::try_from(id.slot()).unwrap();
                    prop_assert!(dues[slot] <= now);
                    seen[slot] += 1;
                }
            }
            prop_assert!(seen.iter().all(|times| *times == 1));
        }
    }
}
