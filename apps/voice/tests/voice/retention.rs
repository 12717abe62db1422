//! Sessions that ended go after a while, with all they had; whatever goes on stays.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use storage::rusqlite::Connection;

use crate::support::House;

const DAY: u64 = 24 * 60 * 60;

/// Rows of each table.
fn rows(house: &House) -> [usize; 5] {
    ["voice_sessions", "voice_transcript", "voice_attendees", "voice_members", "voice_notes"].map(
        |table| {
            let sql = format!("SELECT count(*) FROM {table}");
            let read = move |db: &Connection| db.query_row(&sql, [], |row| row.get(0));
            house.runtime.block_on(house.store.read(read)).unwrap()
        },
    )
}

fn delete_older_than(house: &House, days: u64) -> usize {
    let kept = Duration::from_secs(days * DAY);
    house.runtime.block_on(house.voice.delete_ended(kept)).unwrap()
}

/// Ann makes a session with Bob, says something, and ends it or not.
fn hold(house: &mut House, session: &str, said: usize, has_ended: bool) {
    let body = json!({"sessionId": session, "members": ["bob", "eve"]});
    house.http("ann", "POST", "/api/voice/sessions", body);
    let notes = format!("/api/voice/sessions/{session}/notes");
    let (status, _) = house.http("ann", "PUT", &notes, json!({"text": "Ask about tests."}));
    assert!(status.is_success());
    let (ann, _bob) = (house.joined("ann", session), house.joined("bob", session));
    let path = format!("/api/voice/sessions/{session}/transcriptions");
    for item in 0..said {
        let (status, answer) = house.http(
            "root",
            "POST",
            &path,
            json!({
                "userId": "ann", "itemId": item.to_string(), "text": "so", "isFinal": true,
                "confidence": 0.75, "language": "en", "startTime": 1, "endTime": 2,
                "metadata": {"provider": "own", "processingMode": "request"},
            }),
        );
        assert_eq!(status, StatusCode::CREATED, "{answer}");
    }
    let status = if has_ended { "ended" } else { "paused" };
    let (_, answer) = house.ask(ann, "session:status", json!({"status": status}));
    assert_eq!(answer["ok"], true);
}

#[test]
fn sessions_go_some_time_after_their_end_with_what_was_said_and_who_was_in() {
    let mut house = House::new();
    hold(&mut house, "old", 300, true);
    hold(&mut house, "open", 2, false);
    house.pass(2 * DAY * 1000);
    hold(&mut house, "new", 2, true);
    assert_eq!(rows(&house), [3, 304, 6, 6, 3]);
    assert_eq!(delete_older_than(&house, 3), 0);
    assert_eq!(delete_older_than(&house, 1), 300 + 2 + 2 + 1);
    assert_eq!(rows(&house), [2, 4, 4, 4, 3]);
    let (status, _) = house.http("ann", "GET", "/api/voice/sessions/old/transcript", Value::Null);
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _) = house.http("ann", "GET", "/api/voice/sessions/new/transcript", Value::Null);
    assert_eq!(status, StatusCode::OK);
    assert_eq!(delete_older_than(&house, 1), 0);
    // What is gone leaves nothing to whoever takes its id.
    house.joined("mia", "old");
    let path = "/api/voice/sessions/old/transcript";
    assert_eq!(house.http("mia", "GET", path, Value::Null).1["items"], json!([]));
}
