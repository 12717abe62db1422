//! Old messages go, and whoever missed them is told so.

use std::time::Duration;

use conversations::{Anchor, PageAsk};

use crate::support::{World, both, chat, directory, seqs, session, wait};

const HOUR: Duration = Duration::from_secs(3600);

fn sweep(world: &World, hours: u32) -> usize {
    wait(world.conversations.sweep(HOUR * hours)).unwrap()
}

/// One message an hour, the last one now.
fn filled(world: &World, count: u64) {
    for number in 1..=count {
        world.clock.advance(HOUR);
        world.say(&chat("a"), "ada", &number.to_string());
    }
}

#[test]
fn old_messages_go_and_who_missed_them_is_told_so() {
    let dir = directory();
    let world = World::open(dir.path());
    filled(&world, 10);
    assert_eq!(world.after(&chat("a"), Anchor::Seq(1)).messages.len(), 9);
    assert_eq!(sweep(&world, 3), 6);
    assert_eq!(sweep(&world, 3), 0);
    for _ in 0..2 {
        let page = world.after(&chat("a"), Anchor::Seq(5));
        assert_eq!((seqs(&page), page.recovered, page.has_more), (vec![7, 8, 9, 10], false, false));
        let page = world.after(&chat("a"), Anchor::Seq(6));
        assert_eq!((seqs(&page), page.recovered), (vec![7, 8, 9, 10], true));
        let page = world.page(&chat("a"), PageAsk::Newest { limit: 4 });
        assert_eq!((seqs(&page), page.has_more), (vec![7, 8, 9, 10], false));
    }
    let page = world.page(&chat("a"), PageAsk::Oldest { limit: 2 });
    assert_eq!((seqs(&page), page.has_more), (vec![7, 8], true));
    let long_ago = Anchor::Time(crate::support::NOON);
    assert!(!world.after(&chat("a"), long_ago).recovered);
}

#[test]
fn a_conversation_that_is_all_gone_goes_on_counting() {
    let dir = directory();
    let world = World::open(dir.path());
    filled(&world, 3);
    world.clock.advance(HOUR * 9);
    assert_eq!(sweep(&world, 2), 3);
    let page = world.page(&chat("a"), PageAsk::Newest { limit: 9 });
    assert_eq!((seqs(&page), page.last_seq), (vec![], 3));
    assert!(world.after(&chat("a"), Anchor::Seq(3)).recovered);
    assert!(!world.after(&chat("a"), Anchor::Seq(2)).recovered);
    assert_eq!(world.say(&chat("a"), "ada", "again"), 4);
    let page = world.after(&chat("a"), Anchor::Seq(3));
    assert_eq!((seqs(&page), page.recovered), (vec![4], true));
}

#[test]
fn more_than_a_slice_goes_in_one_sweep() {
    let dir = directory();
    let world = World::open(dir.path());
    for number in 0..700 {
        world.say(&chat("a"), "ada", &number.to_string());
    }
    world.clock.advance(HOUR);
    world.say(&chat("b"), "ada", "young");
    world.clock.advance(HOUR);
    assert_eq!(sweep(&world, 2), 0);
    assert_eq!(wait(world.conversations.sweep(HOUR * 3 / 2)).unwrap(), 700);
    assert_eq!(world.all(&chat("b")), ["young"]);
}

#[test]
fn separated_rooms_lose_what_they_shared_together() {
    let dir = directory();
    let world = World::open(dir.path());
    let bridge = world.bridge(both("a")).unwrap();
    filled(&world, 4);
    world.separate(&bridge.id);
    world.clock.advance(HOUR);
    world.say(&session("a"), "ada", "alone");
    assert_eq!(sweep(&world, 2), 2);
    for (room, last) in [(chat("a"), 4), (session("a"), 5)] {
        let page = world.page(&room, PageAsk::Newest { limit: 9 });
        assert_eq!((seqs(&page), page.has_more), ((3..=last).collect(), false));
        assert!(world.after(&room, Anchor::Seq(2)).recovered);
        assert!(!world.after(&room, Anchor::Seq(1)).recovered);
    }
}

#[tokio::test(start_paused = true)]
async fn sweeps_come_again_as_time_passes() {
    let dir = directory();
    let world = World::open(dir.path());
    filled(&world, 1);
    let sweeper = tokio::spawn(std::sync::Arc::clone(&world.conversations).keep_for(HOUR));
    world.clock.advance(HOUR * 2);
    let summaries = || world.conversations.summaries(vec![chat("a")]);
    while summaries().await.unwrap()[0].last_message_at.is_some() {
        tokio::time::sleep(HOUR / 10).await;
    }
    sweeper.abort();
}
