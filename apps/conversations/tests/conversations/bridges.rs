//! Bridges: shared, refused, separated, made again, kept over a restart.

use conversations::{Anchor, BridgeError, PageAsk, Side, Sides};
use model::Name;

use crate::support::{World, both, chat, contents, directory, seqs, session, with_id};

#[test]
fn bridged_rooms_hear_each_other_in_their_own_forms_in_one_order() {
    let dir = directory();
    let world = World::open(dir.path());
    let (chat, session) = (chat("x"), session("x"));
    world.bridge(both("x")).unwrap();
    let (connection, _in_chat) = world.listen(&chat, 1);
    let _in_session = world.listen(&session, 2);
    let own = conversations::Posting {
        sender: Some(connection),
        ..with_id(&chat, "ada", "from chat", "k")
    };
    world.try_post(own).unwrap();
    world.say(&session, "bob", "from session");
    let deliveries = world.deliveries();
    let own: Vec<bool> = deliveries.iter().map(|delivery| delivery.own.is_some()).collect();
    let told: Vec<_> = deliveries.iter().map(|it| String::from_utf8_lossy(&it.text)).collect();
    let expected = [
        "chat x 1 from chat ",
        "session x 1 from chat ",
        "chat x 2 from session ",
        "session x 2 from session ",
    ];
    assert_eq!(told, expected);
    assert_eq!(own, [true, false, false, false]);
    let stored = ["chat x 1", "session x 1", "chat x 2", "session x 2"];
    assert_eq!(world.stored(), stored);
    assert_eq!(world.all(&chat), world.all(&session));
}

#[test]
fn the_side_that_has_messages_keeps_them_and_the_other_shows_them() {
    let dir = directory();
    let world = World::open(dir.path());
    let (chat, session) = (chat("x"), session("x"));
    world.say(&chat, "ada", "before");
    // Both are in memory before they are bridged.
    assert_eq!(world.after(&session, Anchor::Seq(0)).messages.len(), 0);
    assert_eq!(world.page(&chat, PageAsk::Newest { limit: 9 }).messages.len(), 1);
    world.bridge(both("x")).unwrap();
    assert_eq!(world.say(&session, "bob", "after"), 2);
    for room in [&chat, &session] {
        assert_eq!(world.all(room), ["before", "after"]);
        let page = world.after(room, Anchor::Seq(0));
        assert_eq!((contents(&page), page.recovered), (world.all(room), true));
    }
}

#[test]
fn two_sides_with_messages_are_not_bridged() {
    let dir = directory();
    let world = World::open(dir.path());
    world.say(&chat("x"), "ada", "of chat");
    world.say(&session("x"), "bob", "of session");
    assert!(matches!(world.bridge(both("x")), Err(BridgeError::BothHaveMessages)));
    assert_eq!(world.all(&chat("x")), ["of chat"]);
    assert_eq!(world.all(&session("x")), ["of session"]);
}

#[test]
fn a_bridge_has_two_sides_that_exist_and_are_in_no_other() {
    let dir = directory();
    let world = World::open(dir.path());
    let one = Sides { session: None, ..both("x") };
    assert!(matches!(world.bridge(one), Err(BridgeError::TooFewSides)));
    let unknown = world.bridge(both("nowhere")).unwrap_err();
    assert!(matches!(unknown, BridgeError::UnknownRoom(Side::Chat)));
    world.bridge(both("x")).unwrap();
    let again = Sides { session: Some(Name::new("y").unwrap()), ..both("x") };
    assert!(matches!(world.bridge(again), Err(BridgeError::Taken(Side::Chat))));
    let bridges = crate::support::wait(world.conversations.bridges("", 9)).unwrap();
    assert_eq!(bridges.len(), 1);
    assert_eq!(bridges[0].sides, both("x"));
}

#[test]
fn three_sides_share_one_conversation() {
    let dir = directory();
    let world = World::open(dir.path());
    let sides = Sides { room: Some(Name::new("y").unwrap()), ..both("x") };
    world.bridge(sides.clone()).unwrap();
    for (number, room) in (1..).zip(sides.rooms()) {
        assert_eq!(world.say(&room, "ada", room.side.kind()), number);
    }
    for room in sides.rooms() {
        assert_eq!(world.all(&room), ["chat", "room", "session"]);
    }
}

#[test]
fn separated_sides_keep_what_they_showed_and_go_on_alone() {
    let dir = directory();
    let world = World::open(dir.path());
    let (chat, session) = (chat("x"), session("x"));
    let bridge = world.bridge(both("x")).unwrap();
    world.say(&chat, "ada", "one");
    let two = world.try_post(with_id(&session, "bob", "two", "k")).unwrap().message;
    world.separate(&bridge.id);
    let _places = [world.listen(&chat, 1), world.listen(&session, 2)];
    assert_eq!(world.say(&chat, "ada", "three of chat"), 3);
    assert_eq!(world.say(&session, "bob", "three of session"), 3);
    assert_eq!(world.told(), ["chat x 3 three of chat", "session x 3 three of session"]);
    for (room, third) in [(&chat, "three of chat"), (&session, "three of session")] {
        assert_eq!(world.all(room), ["one", "two", third]);
        // Whoever was away during all of it has missed just this.
        let page = world.after(room, Anchor::Id(two.id.to_string().into()));
        assert_eq!((contents(&page), page.recovered), (vec![third.to_owned()], true));
        let page = world.page(room, PageAsk::Newest { limit: 2 });
        assert_eq!((seqs(&page), page.has_more), (vec![2, 3], true));
    }
    let again = world.try_post(with_id(&session, "bob", "two", "k")).unwrap();
    assert_eq!((again.is_repeat, again.message), (true, two));
    let of_chat = world.page(&chat, PageAsk::Newest { limit: 1 }).messages[0].id.to_string();
    assert!(!world.after(&session, Anchor::Id(of_chat.into())).recovered);
    assert!(matches!(world.bridge(both("x")), Err(BridgeError::BothHaveMessages)));
}

#[test]
fn rooms_can_be_bridged_again_while_one_is_the_beginning_of_the_other() {
    let dir = directory();
    let world = World::open(dir.path());
    let (chat, session) = (chat("x"), session("x"));
    for round in 0..5_u64 {
        let bridge = world.bridge(both("x")).unwrap();
        assert_eq!(world.say(&chat, "ada", "together"), 2 * round + 1);
        world.separate(&bridge.id);
        // The sides take turns in going on alone.
        let room = if round % 2 == 0 { &session } else { &chat };
        assert_eq!(world.say(room, "ada", "alone"), 2 * round + 2);
    }
    world.bridge(both("x")).unwrap();
    assert_eq!(world.all(&chat), ["together", "alone"].repeat(5));
    assert_eq!(world.all(&session), world.all(&chat));
}

#[test]
fn a_restart_keeps_bridges() {
    let dir = directory();
    let world = World::open(dir.path());
    let bridge = world.bridge(both("x")).unwrap();
    world.close();
    let world = World::open(dir.path());
    let _place = world.listen(&session("x"), 1);
    world.say(&chat("x"), "ada", "still together");
    assert_eq!(world.told(), ["session x 1 still together"]);
    world.separate(&bridge.id);
    world.say(&chat("x"), "ada", "alone");
    assert_eq!(world.told(), Vec::<String>::new());
    let gone = crate::support::wait(world.conversations.separate(&bridge.id));
    assert!(matches!(gone, Err(BridgeError::NotFound)));
}
