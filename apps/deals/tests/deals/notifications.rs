//! Notifications: until they are acknowledged, and by whom.

use serde_json::{Value, json};

use crate::support::{Play, text};

fn notify(play: &Play, user: &str) -> String {
    let path = format!("/api/users/{user}/notifications");
    let stored = play.produce("POST", &path, json!({"title": "Hi", "body": "there"}));
    text(&stored["notificationId"])
}

fn acknowledge(play: &mut Play, connection: model::ConnectionId, id: &str) {
    play.ask(connection, "notificationAck", json!({"notificationId": id}));
}

#[test]
fn an_unread_notification_comes_on_each_connect_until_it_is_acknowledged() {
    let mut play = Play::new();
    let id = notify(&play, "ada");
    for _ in 0..2 {
        let ada = play.open_for("ada");
        let told = play.told(ada, "Notification");
        assert_eq!((&told["notificationId"], &told["status"]), (&json!(id), &json!("unread")));
        play.catch_up();
        play.lose(ada);
    }
    let ada = play.open_for("ada");
    play.told(ada, "Notification");
    acknowledge(&mut play, ada, &id);
    let confirmed = json!({"notificationId": id, "status": "read"});
    assert_eq!(play.told(ada, "ackConfirmed"), confirmed);
    acknowledge(&mut play, ada, &id);
    assert_eq!(play.told(ada, "ackConfirmed"), confirmed, "again, for whoever did not hear it");
    let again = play.open_for("ada");
    assert!(play.heard(again).is_empty());
}

#[test]
fn somebody_elses_is_refused_and_an_unknown_one_is_not_found() {
    let mut play = Play::new();
    let id = notify(&play, "ada");
    let bob = play.enter("bob");
    acknowledge(&mut play, bob, &id);
    let named = |error: &Value| error["details"]["field"] == "data.notificationId";
    assert!(named(&play.refused(bob, "AUTHORIZATION_ERROR")));
    acknowledge(&mut play, bob, "unknown");
    assert!(named(&play.refused(bob, "NOT_FOUND")));
    let ada = play.open_for("ada");
    play.told(ada, "Notification");
}

#[test]
fn two_connections_that_acknowledge_at_once_are_both_confirmed() {
    let mut play = Play::new();
    let (one, two) = (play.enter("ada"), play.enter("ada"));
    for _ in 0..20 {
        let id = notify(&play, "ada");
        for connection in [one, two] {
            assert_eq!(play.told(connection, "Notification")["notificationId"], id);
        }
        acknowledge(&mut play, one, &id);
        acknowledge(&mut play, two, &id);
        for connection in [one, two] {
            assert_eq!(play.told(connection, "ackConfirmed")["notificationId"], id);
        }
    }
    let (_, unread) = play.http("ada", "GET", "/api/notifications?status=unread", Value::Null);
    assert_eq!(unread["items"], json!([]));
}
