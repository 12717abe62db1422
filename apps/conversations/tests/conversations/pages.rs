//! Pages of history: where they end, what they continue, from memory and from the store alike.

use std::time::Duration;

use conversations::{Anchor, HistoryPage, MessageType, PageAsk, Posting};
use proptest::prelude::*;

use crate::support::{NOON, World, both, by, chat, contents, directory, seqs, session, with_id};

fn filled(world: &World, count: u64) {
    for number in 1..=count {
        world.clock.advance(Duration::from_secs(1));
        world.say(&chat("a"), "ada", &number.to_string());
    }
}

#[test]
fn a_message_reads_back_as_it_was_told() {
    let dir = directory();
    let world = World::open(dir.path());
    let posting =
        Posting { message_type: MessageType::Code, ..with_id(&chat("a"), "ada", "x", "k") };
    let posted = world.try_post(posting).unwrap().message;
    assert_eq!(posted.created_at, NOON);
    let page = world.page(&chat("a"), PageAsk::Before { anchor: Anchor::Seq(9), limit: 9 });
    assert_eq!(page.messages, [posted]);
}

#[test]
fn pages_end_at_their_count_and_say_whether_there_is_more() {
    let dir = directory();
    let world = World::open(dir.path());
    filled(&world, 5);
    let asks = [
        (PageAsk::Newest { limit: 2 }, vec![4, 5], true),
        (PageAsk::Newest { limit: 5 }, vec![1, 2, 3, 4, 5], false),
        (PageAsk::Oldest { limit: 2 }, vec![1, 2], true),
        (PageAsk::Before { anchor: Anchor::Seq(4), limit: 2 }, vec![2, 3], true),
        (PageAsk::Before { anchor: Anchor::Seq(3), limit: 2 }, vec![1, 2], false),
        (PageAsk::Before { anchor: Anchor::Seq(1), limit: 2 }, vec![], false),
        (PageAsk::Before { anchor: Anchor::Id("nobody".into()), limit: 2 }, vec![], false),
    ];
    for (ask, expected, has_more) in asks {
        let page = world.page(&chat("a"), ask.clone());
        assert_eq!((seqs(&page), page.has_more), (expected, has_more), "{ask:?}");
        assert_eq!((page.recovered, page.last_seq), (false, 5), "{ask:?}");
    }
    let between = |after, before, limit| {
        let ask = PageAsk::Between {
            after: Anchor::Seq(after),
            before: Anchor::Seq(before),
            epoch: None,
            limit,
        };
        let page = world.page(&chat("a"), ask);
        (seqs(&page), page.has_more, page.recovered)
    };
    assert_eq!(between(1, 5, 9), (vec![2, 3, 4], false, true));
    assert_eq!(between(1, 5, 2), (vec![2, 3], true, true));
    assert_eq!(between(4, 2, 2), (vec![], false, true));
}

#[test]
fn a_page_ends_at_256_kib_of_content_but_has_one_message() {
    let dir = directory();
    let world = World::open(dir.path());
    let large = "x".repeat(100 * 1024);
    for _ in 0..5 {
        world.say(&chat("a"), "ada", &large);
    }
    world.say(&chat("a"), "ada", &"y".repeat(300 * 1024));
    for _ in 0..2 {
        let page = world.page(&chat("a"), PageAsk::Newest { limit: 50 });
        assert_eq!((seqs(&page), page.has_more), (vec![6], true));
        let page = world.after(&chat("a"), Anchor::Seq(0));
        assert_eq!((seqs(&page), page.has_more), (vec![1, 2], true));
        let page = world.after(&chat("a"), Anchor::Seq(4));
        assert_eq!((seqs(&page), page.has_more), (vec![5], true));
    }
}

#[test]
fn what_continues_is_recovered_and_what_cannot_be_told_is_the_newest_page() {
    let dir = directory();
    let world = World::open(dir.path());
    filled(&world, 3);
    let id = world.page(&chat("a"), PageAsk::Newest { limit: 3 }).messages[1].id.to_string();
    let foreign = world.try_post(by(&chat("b"), "ada", "of another room")).unwrap().message;
    let recovered = |page: HistoryPage| (seqs(&page), page.recovered);
    for _ in 0..2 {
        assert_eq!(recovered(world.after(&chat("a"), Anchor::Seq(0))), (vec![1, 2, 3], true));
        assert_eq!(recovered(world.after(&chat("a"), Anchor::Seq(3))), (vec![], true));
        assert_eq!(recovered(world.after(&chat("a"), Anchor::Seq(4))), (vec![1, 2, 3], false));
        let by_id = |id: &str| recovered(world.after(&chat("a"), Anchor::Id(id.into())));
        assert_eq!(by_id(&id), (vec![3], true));
        assert_eq!(by_id("unknown"), (vec![1, 2, 3], false));
        assert_eq!(by_id(&foreign.id), (vec![1, 2, 3], false));
    }
    let of_epoch = |epoch: &str| {
        let epoch = Some(epoch.into());
        recovered(
            world.page(&chat("a"), PageAsk::After { anchor: Anchor::Seq(2), epoch, limit: 9 }),
        )
    };
    assert_eq!(of_epoch(world.conversations.epoch()), (vec![3], true));
    assert_eq!(of_epoch("of a restored backup"), (vec![1, 2, 3], false));
}

#[test]
fn of_messages_stored_in_one_moment_each_has_a_later_time_than_the_one_before() {
    let dir = directory();
    let world = World::open(dir.path());
    for number in 1..=4 {
        world.say(&chat("a"), "ada", &number.to_string());
    }
    let page = world.page(&chat("a"), PageAsk::Newest { limit: 9 });
    let second = Anchor::Time(page.messages[1].created_at);
    let before = PageAsk::Before { anchor: second.clone(), limit: 9 };
    assert_eq!(seqs(&world.page(&chat("a"), before)), [1]);
    assert_eq!(seqs(&world.after(&chat("a"), second)), [3, 4]);
}

#[test]
fn times_go_on_ascending_where_the_clock_is_set_back_a_bit_or_the_log_continues_another() {
    let dir = directory();
    let world = World::open(dir.path());
    let room = session("s");
    let posted = |text| world.try_post(by(&room, "ada", text)).unwrap().message.created_at;
    world.clock.set_wall(NOON.plus_millis(50_000));
    let first = posted("before");
    world.clock.set_wall(NOON);
    assert_eq!(posted("set back"), first.plus_millis(1));
    let bridge = world.bridge(both("s")).unwrap();
    world.separate(&bridge.id);
    assert_eq!(posted("on its own"), first.plus_millis(2));
    world.clock.set_wall(NOON.plus_millis(-3_600_000));
    assert_eq!(posted("the clock had been wrong"), NOON.plus_millis(-3_600_000));
}

#[test]
fn moments_are_anchors_too() {
    let dir = directory();
    let world = World::open(dir.path());
    filled(&world, 5);
    let at = |secs: i64| Anchor::Time(NOON.plus_millis(secs * 1000));
    let before =
        |secs| seqs(&world.page(&chat("a"), PageAsk::Before { anchor: at(secs), limit: 9 }));
    assert_eq!(before(0), Vec::<u64>::new());
    assert_eq!(before(1), Vec::<u64>::new());
    assert_eq!(before(3), [1, 2]);
    assert_eq!(before(99), [1, 2, 3, 4, 5]);
    let after = |secs| {
        let page = world.after(&chat("a"), at(secs));
        (seqs(&page), page.recovered)
    };
    assert_eq!(after(0), (vec![1, 2, 3, 4, 5], true));
    assert_eq!(after(4), (vec![5], true));
    assert_eq!(after(99), (vec![], true));
}

#[test]
fn a_room_that_never_was_is_an_empty_page() {
    let dir = directory();
    let world = World::open(dir.path());
    for _ in 0..2 {
        let page = world.page(&chat("a"), PageAsk::Newest { limit: 9 });
        assert_eq!(page, HistoryPage::default());
        assert!(world.after(&chat("a"), Anchor::Seq(0)).recovered);
        assert!(!world.after(&chat("a"), Anchor::Seq(1)).recovered);
    }
    world.say(&chat("a"), "ada", "first");
    assert_eq!(contents(&world.after(&chat("a"), Anchor::Seq(0))), ["first"]);
}

#[test]
fn a_crowd_that_comes_back_costs_one_read() {
    let dir = directory();
    let world = World::open(dir.path());
    filled(&world, 60);
    let reads = || world.store.stats().reads;
    let before = reads();
    let (told, pages) = std::sync::mpsc::channel();
    for number in 0..1000_u64 {
        let told = told.clone();
        let ask = if number % 2 == 0 {
            PageAsk::Newest { limit: 50 }
        } else {
            PageAsk::After { anchor: Anchor::Seq(number % 60), epoch: None, limit: 200 }
        };
        let done = move |page: Result<HistoryPage, _>| told.send(page.unwrap()).unwrap();
        world.conversations.page(&chat("a"), ask, done).unwrap();
    }
    drop(told);
    assert_eq!(pages.into_iter().filter(|page| page.last_seq == 60).count(), 1000);
    assert_eq!(reads() - before, 1);
}

#[test]
fn somebodys_rooms_are_those_they_wrote_in() {
    let dir = directory();
    let world = World::open(dir.path());
    for (room, user) in [("c", "ada"), ("a", "ada"), ("b", "bob"), ("a", "ada"), ("c", "ada")] {
        world.say(&chat(room), user, "hi");
    }
    let conversations = &world.conversations;
    let of = |user| {
        let rooms = conversations.rooms_written_in(conversations::Side::Chat, user);
        crate::support::wait(rooms).unwrap()
    };
    assert_eq!(of("ada"), ["a", "c"]);
    assert_eq!(of("bob"), ["b"]);
    assert_eq!(of("eve"), Vec::<String>::new());
    let rooms = conversations.rooms_after(conversations::Side::Chat, "a", 9);
    assert_eq!(crate::support::wait(rooms).unwrap(), ["b", "c"]);
    let summaries = conversations.summaries(vec![chat("a"), chat("nobody")]);
    let summaries = crate::support::wait(summaries).unwrap();
    assert_eq!(
        (summaries[0].last_seq, summaries[0].last_message_at),
        (2, Some(NOON.plus_millis(1)))
    );
    assert_eq!((summaries[1].last_seq, summaries[1].last_message_at), (0, None));
}

#[derive(Clone, Debug)]
enum Step {
    Say(usize),
    Ask(PageAsk),
}

fn anchor() -> impl Strategy<Value = Anchor> {
    (0_u64..200).prop_map(Anchor::Seq)
}

fn step() -> impl Strategy<Value = Step> {
    let limit = 1_usize..180;
    prop_oneof![
        3 => (1_usize..4000).prop_map(Step::Say),
        1 => limit.clone().prop_map(|limit| Step::Ask(PageAsk::Newest { limit })),
        1 => limit.clone().prop_map(|limit| Step::Ask(PageAsk::Oldest { limit })),
        1 => (anchor(), limit.clone())
            .prop_map(|(anchor, limit)| Step::Ask(PageAsk::Before { anchor, limit })),
        2 => (anchor(), limit)
            .prop_map(|(anchor, limit)| Step::Ask(PageAsk::After { anchor, epoch: None, limit })),
    ]
}

/// What a page is to be, told from all messages' sizes.
fn expected(sizes: &[usize], ask: &PageAsk) -> (Vec<u64>, bool, bool) {
    let last = sizes.len() as u64;
    let size = |seq: u64| sizes[usize::try_from(seq).unwrap() - 1];
    let ascending = |after: u64, limit: usize| {
        let (mut page, mut bytes) = (Vec::new(), 0);
        for seq in after + 1..=last {
            bytes += size(seq);
            if page.len() == limit || (bytes > 256 * 1024 && !page.is_empty()) {
                return (page, true);
            }
            page.push(seq);
        }
        (page, false)
    };
    let descending = |before: u64, limit: usize| {
        let (mut page, mut bytes) = (Vec::new(), 0);
        for seq in (1..before.min(last + 1)).rev() {
            bytes += size(seq);
            if page.len() == limit || (bytes > 256 * 1024 && !page.is_empty()) {
                page.reverse();
                return (page, true);
            }
            page.push(seq);
        }
        page.reverse();
        (page, false)
    };
    let ((page, has_more), recovered) = match ask {
        PageAsk::Newest { limit } => (descending(last + 1, *limit), false),
        PageAsk::Oldest { limit } => (ascending(0, *limit), false),
        PageAsk::Before { anchor: Anchor::Seq(seq), limit } => (descending(*seq, *limit), false),
        PageAsk::After { anchor: Anchor::Seq(seq), limit, .. } if *seq <= last => {
            (ascending(*seq, *limit), true)
        }
        PageAsk::Before { limit, .. }
        | PageAsk::After { limit, .. }
        | PageAsk::Between { limit, .. } => (descending(last + 1, *limit), false),
    };
    (page, has_more, recovered)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn memory_and_store_tell_the_same(steps in prop::collection::vec(step(), 1..300)) {
        let dir = directory();
        let world = World::open(dir.path());
        let mut sizes = Vec::new();
        for step in steps {
            match step {
                Step::Say(size) => {
                    sizes.push(size);
                    world.say(&chat("a"), "ada", &"x".repeat(size));
                }
                Step::Ask(ask) => {
                    let page = world.page(&chat("a"), ask.clone());
                    let told = (seqs(&page), page.has_more, page.recovered);
                    prop_assert_eq!(told, expected(&sizes, &ask), "{:?}", ask);
                    prop_assert_eq!(page.last_seq, sizes.len() as u64);
                }
            }
        }
    }
}
