//! What was told is stored, and what is stored comes back.

use storage::rusqlite::Transaction;
use storage::{CommitError, Lane};

use super::*;

#[test]
fn what_was_told_is_there_after_a_crash() {
    let mut class = Class::new();
    let (mut ann, mut bob) = (class.join("ann"), class.join("bob"));
    for number in 0..30 {
        let peer = if number % 2 == 0 { &ann } else { &bob };
        peer.say(&mut class, 0, &format!("{number}, "));
    }
    class.settle(&mut [&mut ann, &mut bob]);
    let text = ann.text();
    let mut class = class.after_a_crash();
    assert_eq!(class.text(), text);
    assert_eq!(class.stored().version, 30);
    // A client that was there before goes on.
    ann.append("alone");
    ann.reconnect(&mut class, "ann");
    ann.barrier(&mut class);
    assert_eq!(class.text(), text + "alone");
}

#[test]
fn the_log_is_merged_every_500_updates_and_nothing_is_lost_by_that() {
    let mut class = Class::new();
    let mut ann = class.join("ann");
    for number in 0..1010 {
        ann.say(&mut class, 0, &(number % 10).to_string());
        if number % 25 == 0 {
            ann.barrier(&mut class);
        }
    }
    ann.barrier(&mut class);
    let stored = class.stored();
    assert_eq!((stored.version, stored.updates.len()), (1010, 10));
    assert!(stored.state.is_some());
    let mut class = class.after_a_crash();
    assert_eq!(class.text(), ann.text());
}

fn execute(class: &Class, sql: &'static str) {
    let apply = move |tx: &Transaction<'_>| tx.execute_batch(sql);
    let done: Result<(), CommitError> =
        class.runtime.block_on(class.store.commit(Lane::Interactive, apply));
    done.unwrap();
}

#[test]
fn what_could_not_be_stored_is_told_to_nobody_and_everybody_comes_back_with_it() {
    let mut class = Class::new();
    let (mut ann, mut bob) = (class.join("ann"), class.join("bob"));
    ann.say(&mut class, 0, "stored. ");
    class.settle(&mut [&mut ann, &mut bob]);
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON yjs_updates
                  BEGIN SELECT RAISE(ABORT, 'as intended'); END";
    execute(&class, refuse);
    let before = bob.updates;
    ann.say(&mut class, 8, "lost? ");
    ann.say(&mut class, 14, "this, too? ");
    for connection in [ann.connection, bob.connection] {
        assert_eq!(class.stage.closed(connection).code, 1013);
    }
    for message in class.stage.received_binary(bob.connection) {
        bob.hear(&mut class, &message);
    }
    assert_eq!((bob.updates, bob.text()), (before, "stored. ".into()));
    execute(&class, "DROP TRIGGER refuse");
    bob.reconnect(&mut class, "bob");
    ann.reconnect(&mut class, "ann");
    class.settle(&mut [&mut ann, &mut bob]);
    assert_eq!(bob.text(), "stored. lost? this, too? ");
    assert_eq!(class.text(), bob.text());
    assert_eq!(class.stored().version, 2);
}

#[test]
fn a_document_nobody_is_in_leaves_memory_after_a_minute() {
    let mut class = Class::new();
    let mut ann = class.join("ann");
    ann.say(&mut class, 0, "text");
    ann.barrier(&mut class);
    let in_memory = |class: &Class| {
        class.learning.yjs.look();
        let bytes = class.learning.yjs.tools.bytes.load(std::sync::atomic::Ordering::Relaxed);
        (class.learning.yjs.lives().len(), bytes > 0)
    };
    class.clock.advance(Duration::from_secs(120));
    assert_eq!(in_memory(&class), (1, true));
    let live = class.learning.yjs.lives().values().next().map(Arc::downgrade).unwrap();
    class.stage.close(ann.connection, &model::CloseReason::NORMAL);
    // Whoever worked on it lets go of it, soon.
    while live.strong_count() > 1 {
        std::thread::yield_now();
    }
    class.clock.advance(Duration::from_secs(59));
    assert_eq!(in_memory(&class), (1, true));
    class.clock.advance(Duration::from_secs(1));
    assert_eq!(in_memory(&class), (0, false));
    assert_eq!(class.text(), "text");
}

#[test]
fn nobody_is_shown_what_is_not_stored_yet() {
    let mut class = Class::new();
    let (ann, mut bob) = (class.join("ann"), class.join("bob"));
    let (go_on, gate) = std::sync::mpsc::channel::<()>();
    let row = class.store.reserve(Lane::Interactive).unwrap();
    row.write(move |_| Ok(gate.recv().is_err()), |_| {});
    ann.say(&mut class, 0, "text");
    class.send(bob.connection, &crate::yjs::message::ask(&[0]));
    let live = class.learning.yjs.lives().values().next().cloned().unwrap();
    while !live.is_at_rest() {
        std::thread::yield_now();
    }
    assert!(class.stage.received_binary(bob.connection).is_empty());
    drop(go_on);
    while bob.next(&mut class) != Heard::Answer {}
    assert_eq!(bob.text(), "text");
}
