//! How long what was read is kept, and that all of what was not comes again.

use std::time::Duration;

use super::*;
use crate::store::notifications::{self, NotificationRow};

/// The titles of the user's notifications, newest first.
fn titles(play: &Play, user: &str) -> Vec<String> {
    let rows = play.mail.notifications(user.into(), None, None, 10_000);
    let rows = play.runtime.block_on(rows).unwrap();
    rows.into_iter().map(|row| row.title).collect()
}

#[test]
fn only_what_was_read_before_goes() {
    let play = Play::new();
    let ids = ["a", "b", "c"].map(|title| play.notify("ann", title));
    play.acknowledge("ann", &ids[0]);
    play.clock.advance(Duration::from_secs(60));
    play.acknowledge("ann", &ids[0]);
    play.acknowledge("ann", &ids[1]);
    let before = play.mail.now();
    assert_eq!(play.runtime.block_on(play.mail.sweep(before)).unwrap(), 1);
    assert_eq!(titles(&play, "ann"), ["c", "b"], "read at first is read");
    let before = before.plus_millis(1);
    assert_eq!(play.runtime.block_on(play.mail.sweep(before)).unwrap(), 1);
    assert_eq!(titles(&play, "ann"), ["c"]);
    assert_eq!(play.acknowledge("ann", &ids[1]), Acknowledged::Unknown);
}

#[test]
fn a_sweep_of_many_goes_on_to_the_last() {
    let play = Play::new();
    insert(&play, "ann", 700);
    let read = "UPDATE deals_notifications SET read_at = 5 WHERE position > 1";
    let write = play.store.commit(Lane::Bulk, |tx| tx.execute(read, []));
    assert_eq!(play.runtime.block_on(write).unwrap(), 699);
    let before = Timestamp::from_millis(6);
    assert_eq!(play.runtime.block_on(play.mail.sweep(before)).unwrap(), 699);
    assert_eq!(titles(&play, "ann"), ["1"]);
}

#[test]
fn all_unread_notifications_come_again_on_each_connect_however_many() {
    let mut play = Play::new();
    insert(&play, "ann", 1500);
    play.say("ann", 1);
    play.acknowledge("ann", "ann-7");
    for is_first in [true, false] {
        let ann = play.connect("ann");
        for n in (1..=1500).filter(|n| *n != 7) {
            assert_eq!(play.stage.next(ann)["data"]["title"], n.to_string());
        }
        if is_first {
            assert_eq!(play.next_numbers(ann, 1), [1]);
        }
        play.assert_has_all(ann, "ann");
    }
    // Who confirms nothing is sent one page of them.
    let deaf = play.connect_deaf("ann", true);
    assert_eq!(play.stage.next(deaf)["data"]["title"], "1");
    let rest: usize = play.stage.received(deaf).iter().map(|text| text.to_string().len()).sum();
    assert!((200 * 1024..256 * 1024).contains(&rest), "{rest}");
}

/// Stores so many notifications, titled by their number, as one commit.
fn insert(play: &Play, user: &str, count: u64) {
    let user = user.to_owned();
    let write = play.store.commit(Lane::Bulk, move |tx| {
        for n in 1..=count {
            let row = NotificationRow {
                id: format!("{user}-{n}"),
                position: 0,
                title: n.to_string(),
                body: "x".repeat(500),
                kind: "info".to_owned(),
                data: None,
                created_at: Timestamp::from_millis(0),
                is_read: false,
            };
            assert_eq!(notifications::insert(tx, &user, &row)?, n);
        }
        Ok(())
    });
    play.runtime.block_on(write).unwrap();
}
