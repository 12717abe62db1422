//! What has to be done now and then for as long as the server runs.

use std::sync::Arc;
use std::time::Duration;

use hub::Hub;
use tokio::time::{MissedTickBehavior, interval};

use crate::http::Administration;

/// How often people who dropped out and did not come back are told of.
const ABSENCES_EVERY: Duration = Duration::from_millis(250);
/// How often connections are looked for that opened while their tokens were revoked.
const LATECOMERS_EVERY: Duration = Duration::from_secs(1);

/// Tells rooms of people who dropped out of them and did not come back.
pub(super) async fn expire_absences(hub: Arc<Hub>) {
    every(ABSENCES_EVERY, || hub.expire_absences()).await;
}

/// Ends connections that opened while their tokens were revoked.
pub(super) async fn end_latecomers(administration: Arc<Administration>) {
    every(LATECOMERS_EVERY, || administration.end_latecomers()).await;
}

async fn every(span: Duration, act: impl Fn()) {
    let mut ticks = interval(span);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        act();
    }
}
