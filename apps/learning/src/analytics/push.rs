//! Tells those who watch a metric that it changed.
//!
//! Whoever begins to watch is given the value at once, so that their next one is due at another time than
//! that of those who were there before. The watchers of a metric are therefore in lanes, by when they came:
//! each lane is told apart, as a room of its own.
//!
//! **Invariants.** A watcher is told at most once in [`TOLD_EVERY`], the value they were given included, and
//! holds the metric's value again at the latest one [`LOOKED_EVERY`] and one turn of the lanes later. A lane
//! is told only of a value that is not the one it was told last. One that nobody is in any more is forgotten.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Weak};
use std::time::Duration;

use hub::{Delivery, RoomId};
use model::{Monotonic, Name};
use tokio::time::MissedTickBehavior;

use super::context::{Context, State, Told, Watch};
use super::metric::Reading;
use super::{Analytics, Unavailable, rooms};
use crate::protocol::analytics::update;

/// The least time between two values of one metric.
const TOLD_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked which metrics are due; also how long one lane is open to those who come.
const LOOKED_EVERY: Duration = Duration::from_millis(250);
/// Lanes: when one opens again, what its last watcher was given is [`TOLD_EVERY`] ago.
const LANES: u8 = 5;

/// Tells watchers until the analytics are dropped.
pub(crate) async fn keep_telling(analytics: Weak<Analytics>) {
    let mut ticks = tokio::time::interval(LOOKED_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(analytics) = analytics.upgrade() else { return };
        analytics.tell_watchers();
    }
}

impl Analytics {
    /// What a metric is now; `join` is called with the room in which its watchers are told from now on when it
    /// changed, for as long as somebody is in it, a second from now at the earliest. Never waits.
    ///
    /// # Errors
    /// [`Unavailable::Full`].
    pub fn watch<T>(
        self: &Arc<Self>,
        context: &str,
        metric: &Name,
        join: impl FnOnce(&RoomId) -> T,
    ) -> Result<(Reading, T), Unavailable> {
        let context = self.context(context)?;
        let now = self.clock().monotonic();
        let watch = Watch { metric: metric.clone(), lane: lane(now) };
        let room = watch.room(&context);
        let mut state = context.lock();
        let reading = self.reading(&context, &mut state, metric.as_str());
        let fresh = Told { value: reading.value, is_mixed: false, at: now };
        let mut told = state.watched.get(&watch).copied().unwrap_or(fresh);
        // Who is in the lane is told before the lane begins to wait anew.
        if told.is_due(now) && told.differs(&reading) {
            self.tell(&room, metric, &reading);
            told = fresh;
        }
        told.is_mixed |= told.value != reading.value;
        told.at = now;
        state.watched.insert(watch, told);
        context.watched.store(state.watched.len(), Relaxed);
        Ok((reading, join(&room)))
    }

    /// Tells the watchers of every metric that is due and has changed; happens by itself four times a
    /// second.
    pub fn tell_watchers(&self) {
        let now = self.clock().monotonic();
        for context in self.contexts.all() {
            if context.watched.load(Relaxed) > 0 {
                self.tell_changed(&context, &mut context.lock(), now);
            }
        }
    }

    /// Tells the lanes of a context that are due and whose metric has changed; those that nobody is in are
    /// forgotten.
    fn tell_changed(&self, context: &Context, state: &mut State, now: Monotonic) {
        let mut watched = std::mem::take(&mut state.watched);
        watched.retain(|watch, told| {
            if !told.is_due(now) {
                return true;
            }
            let room = watch.room(context);
            if self.hub.room(&room).is_none() {
                return false;
            }
            let reading = self.reading(context, state, watch.metric.as_str());
            if told.differs(&reading) {
                *told = Told { value: reading.value, is_mixed: false, at: now };
                self.tell(&room, &watch.metric, &reading);
            }
            true
        });
        context.watched.store(watched.len(), Relaxed);
        context.used.fetch_max(now.0, Relaxed);
        state.watched = watched;
    }

    fn tell(&self, room: &RoomId, metric: &Name, reading: &Reading) {
        let text = update(metric.as_str(), reading);
        let delivery = Delivery::passing(text).replaced_by_newer("metric", &room.name);
        self.hub.publish(room, &Arc::new(delivery));
        self.counters.told.fetch_add(1, Relaxed);
    }
}

/// The lane of those who come at that moment.
fn lane(now: Monotonic) -> u8 {
    let millis = u64::try_from(LOOKED_EVERY.as_millis()).unwrap_or(u64::MAX);
    u8::try_from(now.0 / millis % u64::from(LANES)).unwrap_or_default()
}

impl Watch {
    fn room(&self, context: &Context) -> RoomId {
        rooms::watchers(&context.name, self.metric.as_str(), self.lane)
    }
}

impl Told {
    fn is_due(&self, now: Monotonic) -> bool {
        now.since(self.at) >= TOLD_EVERY
    }

    fn differs(&self, reading: &Reading) -> bool {
        self.is_mixed || self.value != reading.value
    }
}
