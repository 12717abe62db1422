//! When subscribers are told of stages: the first at once and alone, later ones together where they
//! come shortly after each other.

use std::sync::Arc;
use std::time::Duration;

use hub::Hub;
use tokio::time::{Instant, sleep_until};

use crate::announce;
use crate::protocol::Stage;

/// Stages that are stored within this of each other are told together.
const TOGETHER_WITHIN: Duration = Duration::from_millis(50);

/// What one analysis has to tell.
pub(super) struct Telling {
    hub: Arc<Hub>,
    id: Arc<str>,
    owner_id: Arc<str>,
    /// A stage that was stored and not told, with the time at which it is told alone.
    waiting: Option<(Stage, Instant)>,
}

impl Telling {
    pub(super) fn new(hub: &Arc<Hub>, id: &Arc<str>, owner_id: &Arc<str>) -> Self {
        let (hub, id, owner_id) = (Arc::clone(hub), Arc::clone(id), Arc::clone(owner_id));
        Self { hub, id, owner_id, waiting: None }
    }

    /// A stage was stored.
    pub(super) fn stored(&mut self, stage: Stage) {
        let first = self.waiting.take().map_or(stage, |(waiting, _)| waiting);
        let is_followed = stage != Stage::ProjectReview && Stage::ALL.last() != Some(&stage);
        if first == stage && is_followed {
            self.waiting = Some((stage, Instant::now() + TOGETHER_WITHIN));
            return;
        }
        self.tell(first, stage);
    }

    /// Ready when what waits has waited long enough.
    pub(super) async fn due(&self) {
        match self.waiting {
            Some((_, due)) => sleep_until(due).await,
            None => std::future::pending().await,
        }
    }

    /// Tells what waits.
    pub(super) fn tell_waiting(&mut self) {
        if let Some((stage, _)) = self.waiting.take() {
            self.tell(stage, stage);
        }
    }

    fn tell(&self, first: Stage, last: Stage) {
        let stages = first.number()..=last.number();
        announce::tell_stages(&self.hub, &self.id, &self.owner_id, stages);
    }
}

#[cfg(test)]
mod tests {
    use hub::{Announce, Item, Member, RoomId};
    use model::{ConnectionId, ManualClock, Timestamp};
    use testkit::Recorder;

    use super::*;
    use crate::announce::Silent;

    /// What one analysis tells, and a subscriber whose deliveries are kept.
    struct Ear {
        telling: Telling,
        recorder: Arc<Recorder>,
        _membership: hub::Membership,
    }

    impl Ear {
        fn new() -> Self {
            let recorder = Recorder::new();
            let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1)));
            let hub = Hub::new(recorder.clone(), clock);
            let (id, owner) = (Arc::from("a"), Arc::from("ann"));
            let member = Member {
                connection: ConnectionId::new(0, 0, 1),
                user_id: Arc::clone(&owner),
                username: "Ann".into(),
            };
            let announce: Arc<dyn Announce> = Arc::new(Silent);
            let joined = hub.join(&RoomId::new("analysis", &id), &announce, member, false);
            let telling = Telling::new(&hub, &id, &owner);
            Self { telling, recorder, _membership: joined.membership }
        }

        /// Lets so much time pass, as the worker does.
        async fn wait(&mut self, millis: u64) {
            let end = Instant::now() + Duration::from_millis(millis);
            loop {
                tokio::select! {
                    () = self.telling.due() => self.telling.tell_waiting(),
                    () = sleep_until(end) => return,
                }
            }
        }

        /// The progress of each message that the subscriber was told since it was last asked.
        fn heard(&self) -> Vec<u64> {
            let told = self.recorder.take().into_iter().filter_map(|item| match item {
                Item::Deliver { delivery, .. } if delivery.except == hub::Except::Nobody => {
                    let told: serde_json::Value = serde_json::from_slice(&delivery.text).unwrap();
                    told["payload"]["progress"].as_u64()
                }
                _ => None,
            });
            told.collect()
        }
    }

    const ALL: [Stage; 3] = Stage::ALL;

    #[tokio::test(start_paused = true)]
    async fn the_first_stage_is_told_at_once_and_alone() {
        let mut ear = Ear::new();
        ear.telling.stored(ALL[0]);
        assert_eq!(ear.heard(), [33]);
        ear.telling.stored(ALL[1]);
        assert!(ear.heard().is_empty(), "another one may follow");
    }

    #[tokio::test(start_paused = true)]
    async fn later_stages_shortly_after_each_other_are_told_together() {
        let mut ear = Ear::new();
        ear.telling.stored(ALL[0]);
        ear.telling.stored(ALL[1]);
        ear.wait(49).await;
        ear.telling.stored(ALL[2]);
        assert_eq!(ear.heard(), [33, 100]);
        ear.wait(1000).await;
        assert!(ear.heard().is_empty(), "each is told once");
    }

    #[tokio::test(start_paused = true)]
    async fn later_stages_further_apart_are_told_one_by_one() {
        let mut ear = Ear::new();
        ear.telling.stored(ALL[0]);
        ear.telling.stored(ALL[1]);
        ear.wait(51).await;
        assert_eq!(ear.heard(), [33, 67]);
        ear.telling.stored(ALL[2]);
        assert_eq!(ear.heard(), [100], "nothing can follow the last one");
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_at_the_end_is_told() {
        let mut ear = Ear::new();
        ear.telling.stored(ALL[1]);
        ear.telling.tell_waiting();
        ear.telling.tell_waiting();
        assert_eq!(ear.heard(), [67]);
    }
}
