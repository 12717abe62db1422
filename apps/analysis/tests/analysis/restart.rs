//! What a stop leaves: an analysis goes on with the stage it was in, on the commit it was of.

use std::net::TcpListener;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::model_stub::Model;
use crate::support::{Play, SMALL, Setting};

const STAGES: [&str; 3] = ["project_review", "intelligence_report", "interview_simulation"];
const FIELDS: [&str; 3] = ["projectReview", "intelligenceReport", "interviewSimulation"];

/// An analysis that is in the middle of the stage after the first `done`.
fn stopped_after(done: usize) -> (Play, Model, String) {
    let model = Model::start(done);
    let play = Play::with(Setting::asking(&model));
    let (_, path) = play.repository("shop", SMALL);
    let id = play.ask("ann", &path);
    model.asked(done + 1);
    let status = play.until("ann", &id, |status| status["currentStage"] == STAGES[done]);
    assert_eq!(status["completedStages"], json!(STAGES[..done]));
    assert_eq!(status["status"], "processing");
    (play, model, id)
}

#[test]
fn a_stop_in_the_middle_of_any_stage_goes_on_with_that_stage() {
    for done in 0..STAGES.len() {
        let (play, _model, id) = stopped_after(done);
        let before = play.show("ann", &id);
        // What is fetched once is enough: the repository may change, or be gone.
        std::fs::remove_dir_all(play.root().join("shop")).unwrap();
        let play = play.crash_into(Setting::default());
        let status = play.over("ann", &id);
        assert_eq!(
            (&status["status"], &status["completedStages"]),
            (&json!("completed"), &json!(STAGES)),
            "stopped after {done}"
        );
        let after = play.show("ann", &id);
        assert_eq!(after["metadata"]["commit"], before["metadata"]["commit"]);
        for (field, stage) in FIELDS.iter().zip(STAGES).take(done) {
            assert_eq!(before[field], after[field], "{stage} is as it was told");
            assert!(!before[field].is_null());
        }
        let rows = play.rows_of(&id);
        assert!(rows.contains(&("analysis_stages", 3)), "{rows:?}");
    }
}

#[test]
fn a_stop_while_it_is_fetched_fetches_again() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = silent.local_addr().unwrap().to_string();
    let mut setting = Setting::default();
    setting.sources.private_hosts = vec![host.clone()];
    let play = Play::with(setting.clone());
    let id = play.ask("ann", &format!("https://{host}/ann/shop.git"));
    let (_first, _) = silent.accept().unwrap();
    setting.sources.within = Duration::from_millis(300);
    let play = play.crash_into(setting);
    let (_second, _) = silent.accept().unwrap();
    assert_eq!(play.over("ann", &id)["errorCode"], "CLONE_TIMEOUT");
    let left: Vec<_> = std::fs::read_dir(play.clones()).unwrap().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_was_fetched_and_is_lost_or_damaged_is_fetched_again() {
    for damage in ["lost", "damaged"] {
        let (play, _model, id) = stopped_after(1);
        let clone = play.clones().join(&id);
        let before = play.show("ann", &id);
        match damage {
            "lost" => std::fs::remove_dir_all(&clone).unwrap(),
            _ => std::fs::remove_dir_all(clone.join("objects")).unwrap(),
        }
        let play = play.crash_into(Setting::default());
        assert_eq!(play.over("ann", &id)["status"], "completed", "{damage}");
        let after = play.show("ann", &id);
        assert_eq!(after["metadata"]["commit"], before["metadata"]["commit"]);
        assert_eq!(after["projectReview"], before["projectReview"]);
    }
}

#[test]
fn what_was_told_never_changes_its_commit() {
    let (play, _model, id) = stopped_after(1);
    let (clone, origin) = (play.clones().join(&id), play.root().join("shop"));
    std::fs::remove_dir_all(&clone).unwrap();
    std::fs::remove_dir_all(&origin).unwrap();
    play.repository("shop", &[("other.py", "print('another repository')\n")]);
    let play = play.crash_into(Setting::default());
    let status = play.over("ann", &id);
    assert_eq!((&status["status"], &status["progress"]), (&json!("failed"), &json!(33)));
    assert_eq!(status["currentStage"], "intelligence_report");
    assert_eq!(status["errorCode"], "INTERNAL_ERROR");
}

#[test]
fn those_that_waited_keep_their_order_over_a_restart() {
    let (play, _model, first) = stopped_after(0);
    let path = play.root().join("shop");
    let ids: Vec<String> = (0..3).map(|_| play.ask("ann", path.to_str().unwrap())).collect();
    let silent = Model::start(0);
    let play = play.crash_into(Setting::asking(&silent));
    silent.asked(1);
    let position = |id: &String| play.until("ann", id, |_| true)["queuePosition"].clone();
    assert_eq!(position(&first), Value::Null, "it was first and is first");
    assert_eq!(ids.iter().map(position).collect::<Vec<_>>(), [1, 2, 3]);
    silent.release();
    for id in &ids {
        assert_eq!(play.over("ann", id)["status"], "completed");
    }
}

#[test]
fn a_drain_stops_what_takes_too_long_and_the_next_start_goes_on() {
    let (play, _model, id) = stopped_after(1);
    play.runtime.block_on(play.analyses.drain(Duration::from_millis(50)));
    assert_eq!(play.analyses.stats().running, 0);
    let path = play.root().join("shop");
    let late = play.ask("ann", path.to_str().unwrap());
    assert_eq!(play.analyses.stats().waiting, 1, "nothing begins any more");
    let play = play.crash_into(Setting::default());
    for id in [&id, &late] {
        assert_eq!(play.over("ann", id)["status"], "completed");
    }
}

#[test]
fn a_drain_waits_for_what_ends_in_time() {
    let play = Play::new();
    let (_, path) = play.repository("shop", SMALL);
    let id = play.ask("ann", &path);
    play.until("ann", &id, |status| status["status"] != "initiated");
    play.runtime.block_on(play.analyses.drain(testkit::PATIENCE));
    assert_eq!(play.until("ann", &id, |_| true)["status"], "completed");
}

#[test]
fn an_analysis_that_ends_the_process_again_and_again_fails() {
    let (mut play, _model, id) = stopped_after(0);
    for _ in 0..4 {
        let silent = Model::start(0);
        play = play.crash_into(Setting::asking(&silent));
        silent.asked(1);
    }
    let play = play.crash_into(Setting::default());
    let status = play.over("ann", &id);
    assert_eq!(
        (&status["status"], &status["errorCode"]),
        (&json!("failed"), &json!("INTERNAL_ERROR"))
    );
}

#[test]
fn restarts_in_good_order_are_no_fault_of_the_analysis() {
    let (mut play, _model, id) = stopped_after(0);
    for _ in 0..7 {
        play.runtime.block_on(play.analyses.drain(Duration::ZERO));
        let silent = Model::start(0);
        play = play.crash_into(Setting::asking(&silent));
        silent.asked(1);
    }
    play.runtime.block_on(play.analyses.drain(Duration::ZERO));
    let play = play.crash_into(Setting::default());
    assert_eq!(play.over("ann", &id)["status"], "completed");
}

#[test]
fn what_a_crash_left_of_deleted_analyses_is_swept_and_nothing_else() {
    let play = Play::new();
    let kept = play.analyzed("ann");
    let left = model::message_id();
    let names = [left.clone(), format!("{left}.fetching"), "not-ours".to_owned()];
    for name in &names {
        std::fs::create_dir_all(play.clones().join(name).join("objects")).unwrap();
    }
    let play = play.crash();
    play.wait(|| {
        let gone = names[..2].iter().all(|name| !play.clones().join(name).exists());
        gone.then_some(())
    });
    assert!(play.clones().join(&kept).exists() && play.clones().join("not-ours").exists());
    let path = format!("/api/analysis/{kept}/files?path=main.py&from=1&to=1");
    assert_eq!(play.http("ann", "GET", &path, Value::Null).0, StatusCode::OK);
}
