//! What subscribers are told of the stages, whoever subscribes when.

use serde_json::{Value, json};

use crate::support::model_stub::Model;
use crate::support::{Play, SMALL, Setting};

#[test]
fn stages_are_told_in_order_the_first_one_alone() {
    let model = Model::start(0);
    let mut play = Play::with(Setting::asking(&model));
    let (_, path) = play.repository("shop", SMALL);
    let id = play.ask("ann", &path);
    model.asked(1);
    let (ann, confirmed) = play.subscribed("ann", &id);
    let expected = json!({"analysisId": id, "currentStatus": "processing", "completedStages": []});
    assert_eq!(confirmed, expected);
    model.release();
    let first = play.stage.next(ann);
    assert_eq!(first["type"], "stage_completed");
    let expected = json!({
        "analysisId": id, "stage": "project_review", "completedStages": ["project_review"],
        "progress": 33, "dataAvailable": true,
    });
    assert_eq!(first["payload"], expected);
    let mut progress = vec![33];
    while progress.last() != Some(&100) {
        let told = play.stage.next(ann);
        assert_eq!(told["type"], "stage_completed");
        let stages = told["payload"]["completedStages"].as_array().unwrap().clone();
        assert_eq!(stages.last(), Some(&told["payload"]["stage"]));
        progress.push(told["payload"]["progress"].as_u64().unwrap());
    }
    assert!([&[33, 67, 100][..], &[33, 100]].contains(&progress.as_slice()), "{progress:?}");
    assert_eq!(play.over("ann", &id)["status"], "completed");
    assert!(play.stage.received(ann).is_empty(), "each is told once");
}

#[test]
fn whoever_subscribes_later_is_told_the_rest() {
    let model = Model::start(1);
    let mut play = Play::with(Setting::asking(&model));
    let (_, path) = play.repository("shop", SMALL);
    let id = play.ask("ann", &path);
    model.asked(2);
    let (early, confirmed) = play.subscribed("ann", &id);
    assert_eq!(confirmed["completedStages"], json!(["project_review"]));
    model.release();
    play.over("ann", &id);
    let (late, confirmed) = play.subscribed("ann", &id);
    assert_eq!(confirmed["currentStatus"], "completed");
    assert_eq!(confirmed["completedStages"].as_array().unwrap().len(), 3);
    let told = last_stage(&mut play, early);
    assert_eq!(told["payload"]["progress"], 100);
    assert!(play.stage.received(late).is_empty(), "it knows all");
}

fn last_stage(play: &mut Play, connection: model::ConnectionId) -> Value {
    loop {
        let told = play.stage.expect(connection, "stage_completed");
        if told["payload"]["stage"] == "interview_simulation" {
            return told;
        }
    }
}

#[test]
fn a_failure_is_told_with_its_code_and_stage() {
    let model = Model::start(1);
    let mut play = Play::with(Setting { fallback: false, ..Setting::asking(&model) });
    let (_, path) = play.repository("shop", SMALL);
    let blocker = play.ask("bob", &path);
    model.asked(1);
    play.over("bob", &blocker);
    let id = play.ask("ann", &path);
    model.asked(2);
    let (ann, _) = play.subscribed("ann", &id);
    model.release();
    let told = play.stage.next(ann);
    assert_eq!(told["type"], "analysis_failed");
    let expected = json!({
        "analysisId": id, "stage": "project_review", "errorCode": "AI_UNAVAILABLE",
        "errorMessage": "No model is available to write this stage", "retryable": true,
    });
    assert_eq!(told["payload"], expected);
    assert!(play.stage.received(ann).is_empty());
}

#[test]
fn who_deletes_an_analysis_hears_no_more_of_it() {
    let model = Model::start(0);
    let mut play = Play::with(Setting::asking(&model));
    let (_, path) = play.repository("shop", SMALL);
    let id = play.ask("ann", &path);
    model.asked(1);
    let (ann, _) = play.subscribed("ann", &id);
    play.http("ann", "DELETE", &format!("/api/analysis/{id}"), Value::Null);
    play.wait(|| (play.analyses.stats().running == 0).then_some(()));
    model.release();
    let next = play.ask("ann", &path);
    play.over("ann", &next);
    assert!(play.stage.received(ann).is_empty());
}
