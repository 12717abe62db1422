//! Subscriptions: who may, what the snapshot says, what comes behind it.

use std::sync::Arc;

use hub::{Delivery, RoomId};
use serde_json::{Value, json};

use crate::support::{Play, stages};

fn subscribe(play: &mut Play, connection: model::ConnectionId, analysis: &str) {
    play.send(connection, "subscribe_analysis", json!({"analysisId": analysis}));
}

/// Tells the subscribers that the stage of this number was stored, as the pipeline does.
fn tell(play: &Play, analysis: &str, number: u64) {
    let text = json!({"type": "stage_completed", "timestamp": "Z", "payload": number}).to_string();
    let delivery = Arc::new(Delivery::stored(number, text));
    play.stage.hub.publish(&RoomId::new("analysis", analysis), &delivery);
}

#[test]
fn a_subscription_is_confirmed_with_how_far_the_analysis_is() {
    let mut play = Play::new();
    for (id, done) in [("none", 0), ("one", 1), ("two", 2), ("all", 3)] {
        play.analysis(id, "ada", done);
    }
    let states = [("none", "initiated"), ("two", "failed")];
    for (id, state) in states {
        play.execute(
            "UPDATE analyses SET state = ?2, error_code = 'REPO_EMPTY', error_message = 'm'
             WHERE id = ?1",
            [id, state].map(str::to_owned),
        );
    }
    let ada = play.enter("ada");
    let expected = [
        ("none", "initiated", 0),
        ("one", "processing", 1),
        ("two", "failed", 2),
        ("all", "completed", 3),
    ];
    for (id, status, done) in expected {
        play.send_as(ada, id, "subscribe_analysis", json!({"analysisId": id}));
        let message = play.stage.next(ada);
        assert_eq!(message["type"], "subscription_confirmed");
        assert_eq!(message["requestId"], id);
        let payload =
            json!({"analysisId": id, "currentStatus": status, "completedStages": stages(done)});
        assert_eq!(message["payload"], payload);
    }
}

#[test]
fn to_others_an_analysis_does_not_exist_and_they_hear_nothing() {
    let mut play = Play::new();
    play.analysis("a", "ada", 1);
    let eve = play.enter("eve");
    for id in ["a", "b"] {
        subscribe(&mut play, eve, id);
        let error = play.refused(eve, "ANALYSIS_NOT_FOUND");
        let same = json!({
            "errorCode": "ANALYSIS_NOT_FOUND", "errorMessage": "Analysis not found",
            "retryable": false,
        });
        assert_eq!(error, same);
    }
    let ada = play.enter("ada");
    subscribe(&mut play, ada, "a");
    play.told(ada, "subscription_confirmed");
    tell(&play, "a", 2);
    assert_eq!(play.told(ada, "stage_completed"), json!(2));
    assert!(play.stage.received(eve).is_empty());
}

#[test]
fn a_stage_that_is_told_while_the_snapshot_is_read_comes_behind_it_once() {
    let mut play = Play::new();
    play.analysis("a", "ada", 1);
    let [one, two] = ["ada", "ada"].map(|user| play.enter(user));
    subscribe(&mut play, one, "a");
    play.told(one, "subscription_confirmed");
    for round in 0..40 {
        subscribe(&mut play, two, "a");
        // The snapshot says one stage, whenever it is read: nothing past that may be missing.
        if round == 0 {
            tell(&play, "a", 1);
        }
        if round == 20 {
            tell(&play, "a", 2);
        }
        let confirmed = play.told(two, "subscription_confirmed");
        assert_eq!(confirmed["completedStages"], stages(1));
        let expected: &[Value] = if round < 20 { &[] } else { &[json!(2)] };
        let told: Vec<Value> =
            play.stage.received(two).into_iter().map(|mut it| it["payload"].take()).collect();
        assert_eq!(told, expected, "round {round}");
    }
    let told = play.stage.received(one);
    assert_eq!(told.len(), 1, "the snapshot had the first stage: {told:?}");
}

#[test]
fn whoever_unsubscribes_hears_nothing_more() {
    let mut play = Play::new();
    play.analysis("a", "ada", 0);
    play.analysis("b", "ada", 0);
    let ada = play.enter("ada");
    for id in ["a", "b"] {
        subscribe(&mut play, ada, id);
        play.told(ada, "subscription_confirmed");
    }
    play.send_as(ada, "u", "unsubscribe_analysis", json!({"analysisId": "a"}));
    let message = play.stage.next(ada);
    assert_eq!(message["type"], "unsubscription_confirmed");
    assert_eq!(message["requestId"], "u");
    assert_eq!(message["payload"], json!({"analysisId": "a"}));
    tell(&play, "a", 1);
    tell(&play, "b", 1);
    play.told(ada, "stage_completed");
    assert!(play.stage.received(ada).is_empty());
    // Whether there is such an analysis is nobody's business who did not subscribe.
    play.send(ada, "unsubscribe_analysis", json!({"analysisId": "nothing"}));
    play.told(ada, "unsubscription_confirmed");
}
