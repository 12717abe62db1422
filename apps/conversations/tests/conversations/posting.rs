//! Posting: order, own copies, repeats, refusals.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;

use conversations::{Author, PostError, Posting};
use storage::Options;

use crate::support::{World, by, chat, contents, directory, session, with_id};
use conversations::PageAsk;

#[test]
fn seq_counts_from_1_in_each_room_and_the_author_hears_before_the_room() {
    let dir = directory();
    let world = World::open(dir.path());
    let room = chat("a");
    let _place = world.listen(&room, 1);
    drop(world.recorder.take());
    let recorder = Arc::clone(&world.recorder);
    let (told, hears) = channel();
    world.conversations.post(by(&room, "ada", "one"), move |posted| {
        told.send((posted.unwrap().message.seq, recorder.take().len())).unwrap();
    });
    assert_eq!(hears.recv().unwrap(), (1, 0));
    assert_eq!(world.say(&room, "bob", "two"), 2);
    assert_eq!(world.say(&chat("b"), "bob", "elsewhere"), 1);
    assert_eq!(world.say(&session("a"), "bob", "of another side"), 1);
    assert_eq!(world.told(), ["chat a 1 one", "chat a 2 two"]);
    let stored = ["chat a 1", "chat a 2", "chat b 1", "session a 1"];
    assert_eq!(world.stored(), stored);
}

#[test]
fn the_sender_has_a_copy_of_its_own_in_the_same_place() {
    let dir = directory();
    let world = World::open(dir.path());
    let room = chat("a");
    let (connection, _place) = world.listen(&room, 1);
    let posting = Posting { sender: Some(connection), ..with_id(&room, "ada", "hi", "k") };
    world.try_post(posting).unwrap();
    let delivery = world.deliveries().pop().unwrap();
    assert_eq!(delivery.offset, Some(1));
    assert_eq!(delivery.own, Some((connection, "chat a 1 hi k".into())));
}

#[test]
fn what_done_returns_is_kept_until_the_rooms_were_told() {
    struct Guard(Arc<testkit::Recorder>, std::sync::mpsc::Sender<usize>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.1.send(self.0.take().len()).unwrap();
        }
    }
    let dir = directory();
    let world = World::open(dir.path());
    let _place = world.listen(&chat("a"), 1);
    drop(world.recorder.take());
    let (told, hears) = channel();
    let guard = Guard(Arc::clone(&world.recorder), told);
    world.conversations.post(by(&chat("a"), "ada", "hi"), move |_| guard);
    assert_eq!(hears.recv().unwrap(), 1);
}

#[test]
fn a_repeat_gets_the_first_result_and_nobody_else_hears_of_it() {
    let dir = directory();
    let world = World::open(dir.path());
    let room = chat("a");
    let _place = world.listen(&room, 1);
    let first = world.try_post(with_id(&room, "ada", "once", "k")).unwrap();
    let again = world.try_post(with_id(&room, "ada", "once", "k")).unwrap();
    assert!(!first.is_repeat && again.is_repeat);
    assert_eq!(again.message, first.message);
    let other = world.try_post(with_id(&room, "ada", "another", "k"));
    assert_eq!(other.unwrap_err(), PostError::Conflict);
    assert_eq!(world.told(), ["chat a 1 once"]);
    assert_eq!(world.say(&room, "ada", "next"), 2);
    assert_eq!(world.stored().len(), 2);
}

#[test]
fn what_is_not_to_be_stored_is_answered_where_it_is_a_repeat() {
    let dir = directory();
    let world = World::open(dir.path());
    let room = chat("a");
    let withheld = |text, id| Posting { may_store: false, ..with_id(&room, "ada", text, id) };
    assert_eq!(world.try_post(withheld("once", "k")).unwrap_err(), PostError::Withheld);
    let first = world.try_post(with_id(&room, "ada", "once", "k")).unwrap();
    let again = world.try_post(withheld("once", "k")).unwrap();
    assert_eq!((again.is_repeat, again.message), (true, first.message));
    assert_eq!(world.try_post(withheld("other", "k")).unwrap_err(), PostError::Conflict);
    assert_eq!(world.try_post(withheld("next", "l")).unwrap_err(), PostError::Withheld);
    assert_eq!(world.say(&room, "ada", "next"), 2);
}

#[test]
fn an_id_belongs_to_its_author_and_its_room() {
    let dir = directory();
    let world = World::open(dir.path());
    for (room, user) in [("a", "ada"), ("a", "bob"), ("b", "ada")] {
        let posted = world.try_post(with_id(&chat(room), user, "hi", "k")).unwrap();
        assert!(!posted.is_repeat, "{room} {user}");
    }
    assert!(!world.try_post(with_id(&session("a"), "ada", "hi", "k")).unwrap().is_repeat);
}

#[test]
fn copies_that_come_at_once_are_stored_once() {
    let dir = directory();
    let world = World::open(dir.path());
    let (told, hears) = channel();
    for _ in 0..200 {
        let told = told.clone();
        let done = move |posted| told.send(posted).unwrap();
        world.conversations.post(with_id(&chat("a"), "ada", "once", "k"), done);
    }
    drop(told);
    let outcomes: Vec<_> = hears.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes.len(), 200);
    assert_eq!(outcomes.iter().filter(|posted| !posted.is_repeat).count(), 1);
    assert!(outcomes.iter().all(|posted| posted.message.seq == 1));
}

#[test]
fn a_restart_remembers_ids_and_goes_on_counting() {
    let dir = directory();
    let world = World::open(dir.path());
    let epoch = world.conversations.epoch().to_owned();
    let first = world.try_post(with_id(&chat("a"), "ada", "once", "k")).unwrap();
    world.close();
    let world = World::open(dir.path());
    let again = world.try_post(with_id(&chat("a"), "ada", "once", "k")).unwrap();
    assert_eq!((again.is_repeat, again.message), (true, first.message));
    assert_eq!(world.say(&chat("a"), "ada", "two"), 2);
    assert_eq!(world.conversations.epoch(), epoch);
}

#[test]
fn an_agents_answer_with_a_known_id_is_stored_once_and_its_rows_with_it() {
    let dir = directory();
    let world = World::open(dir.path());
    let runs = Arc::new(AtomicUsize::new(0));
    let answer = || {
        let runs = Arc::clone(&runs);
        Posting {
            id: Some("answer-1".into()),
            extra: Some(Box::new(move |tx, _| {
                runs.fetch_add(1, SeqCst);
                tx.execute("INSERT OR IGNORE INTO conversations(id) VALUES (77)", []).map(drop)
            })),
            ..Posting::new(session("s"), Author::Agent { id: "code".into() }, "looks good")
        }
    };
    let first = world.try_post(answer()).unwrap();
    assert_eq!(&*first.message.id, "answer-1");
    assert!(first.message.author.is_agent());
    assert!(world.try_post(answer()).unwrap().is_repeat);
    assert_eq!(runs.load(SeqCst), 2);
    let page = world.page(&session("s"), PageAsk::Newest { limit: 9 });
    assert_eq!(contents(&page), ["looks good"]);
    assert_eq!(page.messages[0], first.message);
}

#[test]
fn rows_that_fail_leave_no_message_behind() {
    let dir = directory();
    let world = World::open(dir.path());
    let posting = Posting {
        extra: Some(Box::new(|tx, _| {
            tx.execute("INSERT INTO no_such_table VALUES (1)", []).map(drop)
        })),
        ..by(&chat("a"), "ada", "never")
    };
    assert_eq!(world.try_post(posting).unwrap_err(), PostError::Failed);
    assert_eq!(world.say(&chat("a"), "ada", "first"), 1);
}

#[test]
fn a_store_without_room_refuses_at_once() {
    let dir = directory();
    let options = Options { interactive_rows_max: 0, ..Options::default() };
    let world = World::open_with(dir.path(), &options);
    assert_eq!(world.try_post(by(&chat("a"), "ada", "hi")).unwrap_err(), PostError::Busy);
}
