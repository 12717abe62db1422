//! Whoever joins while others send gets every message once, in order: as a property with seeds.

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use bytes::Bytes;
use conversations::{
    Anchor, Conversations, Form, HistoryPage, MIGRATIONS, Message, PageAsk, RoomRef, Side,
};
use hub::{Announce, Context, Fault, Hub, Member, Membership, Session};
use model::SystemClock;
use proptest::prelude::*;
use serde_json::{Value, json};
use storage::{Options, Store};
use testkit::Stage;

use crate::support::{Silent, World, both, by, chat, directory, session, wait};

/// Messages of one run; a room keeps so many for those who are behind.
const MESSAGES_MAX: usize = 240;

struct Seq;

impl Form for Seq {
    fn event(&self, _: &str, message: &Message) -> Bytes {
        json!({"type": "message", "seq": message.seq}).to_string().into()
    }
    fn own_event(&self, _: &str, _: &Message, _: Option<&str>) -> Option<Bytes> {
        None
    }
}

/// Joins a room and reads it, as applications do.
struct Reader {
    conversations: Arc<Conversations>,
    hub: Arc<Hub>,
    room: RoomRef,
    membership: Option<Membership>,
}

impl Session for Reader {
    fn on_text(&mut self, text: &str, context: &mut Context<'_>) {
        let ask = match text.parse() {
            Ok(seq) => PageAsk::After { anchor: Anchor::Seq(seq), epoch: None, limit: 500 },
            Err(_) => PageAsk::Newest { limit: 500 },
        };
        let user: Arc<str> = context.connection.to_string().into();
        let member =
            Member { connection: context.connection, user_id: Arc::clone(&user), username: user };
        let announce: Arc<dyn Announce> = Arc::new(Silent);
        let joined = self.hub.join(&self.room.room_id(), &announce, member, true);
        self.membership = Some(joined.membership);
        let ticket = context.begin();
        let done = move |page: Result<HistoryPage, _>| {
            let page = page.unwrap();
            ticket.resume(move |reader: &mut Self, context| {
                let seqs: Vec<u64> = page.messages.iter().map(|message| message.seq).collect();
                let state = json!({
                    "type": "state", "seqs": seqs, "recovered": page.recovered,
                });
                context.reply(state.to_string());
                if let Some(membership) = &reader.membership {
                    membership.catch_up(page.last_seq);
                }
            });
        };
        self.conversations.page(&self.room, ask, done).unwrap();
    }
    fn on_binary(&mut self, _: &[u8], _: &mut Context<'_>) {}
    fn on_fault(&mut self, _: Fault, _: &mut Context<'_>) {}
}

#[derive(Clone, Debug)]
struct Run {
    /// Messages each sender sends.
    senders: Vec<usize>,
    /// For each joiner: after how many rounds of the stage, what it has, whether in the session.
    joiners: Vec<(usize, Option<u64>, bool)>,
    is_bridged: bool,
}

fn run() -> impl Strategy<Value = Run> {
    let sender = 1_usize..MESSAGES_MAX / 4;
    let joiner = (0_usize..200, prop::option::of(0_u64..3), any::<bool>());
    let senders = prop::collection::vec(sender, 1..4);
    let joiners = prop::collection::vec(joiner, 1..12);
    (senders, joiners, any::<bool>()).prop_map(|(senders, joiners, is_bridged)| Run {
        senders,
        joiners,
        is_bridged,
    })
}

/// Looks at the room the moment a message was told in it.
struct Looks {
    conversations: Mutex<Option<Arc<Conversations>>>,
    saw: Mutex<Vec<(u64, u64)>>,
}

impl Form for Looks {
    fn event(&self, _: &str, _: &Message) -> Bytes {
        Bytes::new()
    }
    fn own_event(&self, _: &str, _: &Message, _: Option<&str>) -> Option<Bytes> {
        None
    }
    fn stored(&self, room: &str, message: &Arc<Message>) {
        let conversations = self.conversations.lock().unwrap();
        let (told, page) = sync_channel(1);
        let done = move |page: Result<HistoryPage, _>| told.send(page.unwrap()).unwrap();
        let newest = PageAsk::Newest { limit: 1 };
        conversations.as_ref().unwrap().page(&chat(room), newest, done).unwrap();
        self.saw.lock().unwrap().push((message.seq, page.recv().unwrap().last_seq));
    }
}

#[test]
fn whoever_comes_just_after_a_message_was_told_finds_it_in_the_page() {
    let dir = directory();
    let world = World::open_without_forms(dir.path());
    let (saw, conversations) = (Mutex::default(), Mutex::default());
    let form = Arc::new(Looks { conversations, saw });
    *form.conversations.lock().unwrap() = Some(Arc::clone(&world.conversations));
    world.conversations.set_form(Side::Chat, form.clone());
    for _ in 0..3 {
        world.say(&chat("a"), "ada", "hi");
    }
    world.flush();
    assert_eq!(*form.saw.lock().unwrap(), [(1, 1), (2, 2), (3, 3)]);
    form.conversations.lock().unwrap().take();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn joining_while_others_send_leaves_no_gap_and_no_double(run in run()) {
        let dir = directory();
        let clock = Arc::new(SystemClock::new());
        let store = Store::open(dir.path(), MIGRATIONS, &Options::default(), clock.clone()).unwrap();
        let mut stage = Stage::new(clock);
        let conversations = Conversations::open(store.clone(), Arc::clone(&stage.hub)).unwrap();
        Side::ALL.into_iter().for_each(|side| conversations.set_form(side, Arc::new(Seq)));
        if run.is_bridged {
            wait(conversations.bridge(both("x"))).unwrap();
        }
        let start = Arc::new(Barrier::new(run.senders.len() + 1));
        let senders: Vec<_> = run.senders.iter().copied().map(|count| {
            let (conversations, start) = (Arc::clone(&conversations), Arc::clone(&start));
            thread::spawn(move || {
                start.wait();
                for _ in 0..count {
                    conversations.post(by(&chat("x"), "ada", "hi"), |posted| drop(posted.unwrap()));
                    thread::yield_now();
                }
            })
        }).collect();
        start.wait();
        let mut joiners = run.joiners.clone();
        joiners.sort_by_key(|(round, ..)| *round);
        let (mut round, mut players) = (0, Vec::new());
        for (at, has, wants_session) in joiners {
            while round < at {
                stage.settle();
                thread::yield_now();
                round += 1;
            }
            let room = if run.is_bridged && wants_session { session("x") } else { chat("x") };
            let (conversations, hub) = (Arc::clone(&conversations), Arc::clone(&stage.hub));
            let reader = Reader { conversations, hub, room, membership: None };
            let player = stage.open(None, Box::new(reader));
            stage.send(player, has.map_or("newest".to_owned(), |seq| seq.to_string()));
            players.push((player, has));
        }
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        wait(store.commit(storage::Lane::Interactive, |_| Ok(()))).unwrap();
        let total = run.senders.iter().sum::<usize>() as u64;
        for (player, has) in players {
            let state = stage.next(player);
            let mut seen: Vec<u64> = serde_json::from_value(state["seqs"].clone()).unwrap();
            let missed: Vec<Value> = stage.received(player);
            seen.extend(missed.iter().map(|event| event["seq"].as_u64().unwrap()));
            let from = if state["recovered"] == true { has.unwrap_or(0) } else { 0 };
            prop_assert_eq!(seen, (from + 1..=total).collect::<Vec<_>>());
        }
    }
}
