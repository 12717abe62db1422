//! How the subscribers of an analysis are told of its stages.
//!
//! **Invariants.** What is told of an analysis has offsets in its room that follow from what is stored:
//! a stage has its number, 1 to 3, and a failure after `n` stages has `n + 1`. A subscriber whose snapshot
//! has `n` stages is thereby told exactly what came after it, whatever happens in between.

use std::ops::RangeInclusive;
use std::sync::Arc;

use bytes::Bytes;
use hub::{Announce, Delivery, Except, Hub, Person, RoomId};

use crate::protocol::{AnalysisFailed, StageCompleted, encode};

/// The kind of the rooms of subscribers; a room's name is the analysis' id.
const ROOM_KIND: &str = "analysis";

/// The room of the subscribers of an analysis.
pub(crate) fn room(analysis_id: &str) -> RoomId {
    RoomId::new(ROOM_KIND, analysis_id)
}

/// Nobody is told who else subscribes.
pub(crate) struct Silent;

impl Announce for Silent {
    fn joined(&self, _room: &RoomId, _person: &Person<'_>) -> Option<Bytes> {
        None
    }

    fn left(&self, _room: &RoomId, _person: &Person<'_>) -> Option<Bytes> {
        None
    }
}

/// Tells the subscribers, in one message, that these stages were stored: `1..=1` or, where the second
/// and the third came together, `2..=3`. To be called in the order of the stages, each one once.
pub(crate) fn tell_stages(
    hub: &Hub,
    analysis_id: &str,
    owner: &Arc<str>,
    stages: RangeInclusive<u8>,
) {
    let Some(room) = hub.room(&room(analysis_id)) else { return };
    let last = *stages.end();
    for number in stages {
        let Some(event) = StageCompleted::new(analysis_id, number) else { continue };
        let text = encode(&event, hub.clock().wall(), None);
        let mut delivery = Delivery::stored(u64::from(number), text);
        if number != last {
            // Offsets leave no gap, so it takes its place; all subscribers are the owner's.
            delivery = delivery.except(Except::User(Arc::clone(owner)));
        }
        room.publish(&Arc::new(delivery));
    }
}

/// Tells the subscribers that the analysis ended with `stages_done` stages.
pub(crate) fn tell_failed(hub: &Hub, failed: &AnalysisFailed<'_>, stages_done: u8) {
    let text = encode(failed, hub.clock().wall(), None);
    let delivery = Delivery::stored(u64::from(stages_done) + 1, text);
    hub.publish(&room(failed.analysis_id), &Arc::new(delivery));
}

#[cfg(test)]
mod tests {
    use hub::Member;
    use model::{ConnectionId, ManualClock, Timestamp};
    use serde_json::Value;
    use testkit::Recorder;

    use super::*;
    use crate::protocol::Stage;

    #[test]
    fn stages_that_come_together_are_one_message_and_leave_no_gap() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
        let hub = Hub::new(Recorder::new(), clock);
        let owner: Arc<str> = "ada".into();
        let silent: Arc<dyn Announce> = Arc::new(Silent);
        let connection = ConnectionId::new(0, 0, 1);
        let member = Member { connection, user_id: Arc::clone(&owner), username: "Ada".into() };
        let joined = hub.join(&room("a"), &silent, member, false);
        tell_stages(&hub, "a", &owner, 1..=1);
        tell_stages(&hub, "a", &owner, 2..=3);
        let missed = joined.membership.room().missed(0).unwrap();
        let offsets: Vec<_> = missed.iter().map(|delivery| delivery.offset).collect();
        assert_eq!(offsets, [Some(1), Some(2), Some(3)]);
        let heard = missed.iter().filter(|delivery| delivery.except == Except::Nobody);
        let stages: Vec<Value> = heard
            .map(|delivery| {
                let told: Value = serde_json::from_slice(&delivery.text).unwrap();
                told["payload"]["completedStages"].clone()
            })
            .collect();
        let all = serde_json::json!(Stage::ALL);
        assert_eq!(stages, [serde_json::json!([Stage::ProjectReview]), all]);
    }
}
