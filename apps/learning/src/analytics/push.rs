//! Tells those who watch a metric that it changed.
//!
//! **Invariants.** The watchers of a metric are told at most once in [`TOLD_EVERY`], and only of a value
//! that is not the one they were told last. A metric nobody watches any more is forgotten.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Weak};
use std::time::Duration;

use hub::{Delivery, RoomId};
use model::{Monotonic, Name};
use tokio::time::MissedTickBehavior;

use super::context::Context;
use super::metric::Reading;
use super::{Analytics, rooms};
use crate::protocol::analytics::update;

/// The least time between two values of one metric.
const TOLD_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked which metrics are due.
const LOOKED_EVERY: Duration = Duration::from_millis(250);

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
    /// The room of those who are told of a metric.
    #[must_use]
    pub fn watchers(context: &str, metric: &str) -> RoomId {
        rooms::watchers(context, metric)
    }

    /// Tells the watchers of every metric that is due and has changed; happens by itself four times a
    /// second.
    pub fn tell_watchers(&self) {
        let now = self.clock().monotonic();
        for context in self.contexts.all() {
            if context.watched.load(Relaxed) > 0 {
                let changed = self.changed(&context, now);
                changed.iter().for_each(|(room, metric, reading)| self.tell(room, metric, reading));
            }
        }
    }

    /// The metrics of a context that are due and have changed; those without watchers are forgotten.
    fn changed(&self, context: &Context, now: Monotonic) -> Vec<(RoomId, Name, Reading)> {
        let mut state = context.lock();
        let mut watched = std::mem::take(&mut state.watched);
        let mut changed = Vec::new();
        watched.retain(|metric, told| {
            if now.since(told.at) < TOLD_EVERY {
                return true;
            }
            let room = rooms::watchers(&context.name, metric.as_str());
            if self.hub.room(&room).is_none() {
                return false;
            }
            let reading = self.reading(context, &mut state, metric.as_str());
            if reading.value != told.value {
                (told.value, told.at) = (reading.value, now);
                changed.push((room, metric.clone(), reading));
            }
            true
        });
        context.watched.store(watched.len(), Relaxed);
        context.used.fetch_max(now.0, Relaxed);
        state.watched = watched;
        changed
    }

    fn tell(&self, room: &RoomId, metric: &Name, reading: &Reading) {
        let text = update(metric.as_str(), reading);
        let delivery = Delivery::passing(text).replaced_by_newer("metric", &room.name);
        self.hub.publish(room, &Arc::new(delivery));
        self.counters.told.fetch_add(1, Relaxed);
    }
}
