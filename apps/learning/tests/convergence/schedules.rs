//! Random schedules: whoever edits, whatever is late, lost or refused, all texts are equal at the end.
//!
//! `CONVERGENCE_SEED` sets the first seed (a failure prints its own) and `CONVERGENCE_SCHEDULES` how many
//! follow; `cargo test -p learning --test convergence schedules`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use learning::collaboration::replica::{Cursor, Outgoing, Replica};
use learning::collaboration::{Measured, Splice, Units};
use model::ConnectionId;

use crate::random::Random;
use crate::world::{Committed, Request, World};

/// Schedules where the environment does not say.
const SCHEDULES: u64 = 100_000;
/// Texts to begin with.
const TEXTS: [&str; 6] = [
    "",
    "ab",
    "a\u{1F600}b",
    "one\r\ntwo\r\n",
    "e\u{301}a\u{308}\u{323}",
    "\u{1F468}\u{200D}\u{1F469}x",
];
/// What is typed besides characters that occur once.
const PIECES: [&str; 6] = ["\r\n", "e\u{301}", "\u{1F600}", "\u{308}", "x", "\u{200D}\u{1F469}"];

/// What may go wrong in a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weather {
    /// Nothing, but that messages are late.
    Calm,
    /// Connections break.
    Windy,
    /// Also, edits are refused and commits fail.
    Rough,
}

/// An edit as its author meant it.
#[derive(Debug)]
struct Meant {
    base: u64,
    splice: Splice,
    /// The characters that occur once, of what it takes away.
    taken: Vec<char>,
}

/// One schedule.
struct Schedule {
    random: Random,
    world: World,
    weather: Weather,
    /// Whether nobody takes anything away.
    is_additive: bool,
    /// How many characters that occur once were typed.
    typed: u32,
    meant: HashMap<(ConnectionId, u64), Meant>,
}

/// Prints the seed of a schedule that fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the schedule of CONVERGENCE_SEED={} fails", self.0);
        }
    }
}

fn occurs_once(character: char) -> bool {
    ('\u{4E00}'..'\u{9000}').contains(&character) || character >= '\u{20000}'
}

fn once(text: &Units, start: u32, end: u32) -> Vec<char> {
    let text = String::from_utf16(&text.as_slice()[start as usize..end as usize]).unwrap();
    text.chars().filter(|character| occurs_once(*character)).collect()
}

impl Schedule {
    fn of(seed: u64) -> Self {
        let mut random = Random::of(seed);
        let weather = random.one_of(&[Weather::Calm, Weather::Windy, Weather::Rough]);
        let is_additive = random.once_in(8);
        let most = random.one_of(&[4, 4, 4, 8]);
        let clients = 2 + random.index(most - 1);
        let world = World::of(random.one_of(&TEXTS), clients);
        Self { random, world, weather, is_additive, typed: 0, meant: HashMap::new() }
    }

    /// Runs it, and returns how many edits were committed.
    fn run(mut self) -> u64 {
        if !self.random.once_in(8) {
            self.world.settle();
        }
        let steps = 40 + self.random.below(120);
        for _ in 0..steps {
            self.step();
        }
        self.settle();
        self.all_texts_are_equal();
        // Edits behind one that was refused may stand where nobody meant them to.
        if self.weather != Weather::Rough {
            self.nothing_is_lost();
        }
        self.world.version()
    }

    fn step(&mut self) {
        let client = self.random.index(self.world.clients.len());
        let (is_windy, is_rough) = (self.weather != Weather::Calm, self.weather == Weather::Rough);
        let _has_moved = match self.random.below(100) {
            0..30 => self.edit(client),
            30..46 => self.send(client),
            46..63 => self.world.take(client),
            63..77 => self.world.commit(),
            77..93 => self.world.hear(client),
            93..95 => self.move_cursor(client),
            95 if is_rough => self.world.clients[client].replica.undo(),
            96 if is_rough => self.world.clients[client].replica.redo(),
            97 if is_rough => self.go_wrong(client),
            98 if is_windy => self.break_connection(client),
            _ => self.send(client),
        };
    }

    fn edit(&mut self, client: usize) -> bool {
        let replica = &self.world.clients[client].replica;
        let length = replica.text().length();
        let start = replica.text().boundary_before(self.random.below(length + 1));
        let reach = self.random.below(5).min(length - start);
        let end = replica.text().boundary_before(start + reach);
        let deleted = if self.is_additive || self.random.once_in(2) { 0 } else { end - start };
        let content =
            if deleted > 0 && self.random.once_in(2) { String::new() } else { self.typing() };
        self.world.clients[client].replica.edit(Splice::replace(start, deleted, &content))
    }

    fn typing(&mut self) -> String {
        let mut content = String::new();
        for _ in 0..=self.random.below(2) {
            if self.random.once_in(3) {
                content.push_str(self.random.one_of(&PIECES));
                continue;
            }
            let block = if self.random.once_in(3) { 0x20000 } else { 0x4E00 };
            content.push(char::from_u32(block + self.typed).unwrap());
            self.typed += 1;
        }
        content
    }

    /// Sends the next edit, and remembers what it was meant to do; false where there is none.
    fn send(&mut self, client: usize) -> bool {
        let client = &mut self.world.clients[client];
        if client.is_joining {
            return false;
        }
        let Some(outgoing) = client.replica.next_to_send() else { return false };
        let meant = Meant::by(&outgoing, &client.replica);
        self.meant.insert((client.connection, outgoing.id), meant);
        client.requests.push_back(Request::Edit(outgoing));
        true
    }

    fn move_cursor(&mut self, client: usize) -> bool {
        let client = &mut self.world.clients[client];
        let length = client.replica.text().length();
        let position = self.random.below(length + 1);
        let selection_end = self.random.once_in(2).then_some(length);
        client.replica.move_cursor(Cursor { position, selection_end });
        if client.replica.pending() == client.replica.in_flight() && !client.is_joining {
            let (base, cursor) = (client.replica.version(), client.replica.cursor());
            client.requests.push_back(Request::Cursor { base, cursor });
        }
        true
    }

    fn break_connection(&mut self, client: usize) -> bool {
        let sent = self.world.clients[client].requests.len();
        let taken = self.random.index(sent + 1);
        self.world.drop_connection(client, taken);
        true
    }

    fn go_wrong(&mut self, client: usize) -> bool {
        match self.random.below(3) {
            0 => self.world.fail_to_commit(),
            1 => self.world.refuse(client),
            _ => self.send_nonsense(client),
        }
    }

    /// An edit that no text is long enough for, or one of a version that nobody has seen.
    fn send_nonsense(&mut self, client: usize) -> bool {
        let client = &mut self.world.clients[client];
        let (id, base) = (u64::MAX, client.replica.version());
        let beyond = Outgoing { id, base, splice: Splice::delete(1, u32::MAX) };
        let ahead = Outgoing { id, base: base + 1_000, splice: Splice::insert(0, "x") };
        if !client.is_joining {
            let nonsense = if self.random.once_in(2) { beyond } else { ahead };
            client.requests.push_back(Request::Edit(nonsense));
        }
        true
    }

    fn settle(&mut self) {
        for client in 0..self.world.clients.len() {
            while self.world.hear(client) {}
            while self.send(client) {}
        }
        self.world.settle();
    }

    fn all_texts_are_equal(&self) {
        let (newest, version) = (self.world.newest(), self.world.version());
        assert_eq!(version, self.world.committed.len() as u64, "each edit is one version");
        for (index, client) in self.world.clients.iter().enumerate() {
            let replica = &client.replica;
            assert!(!replica.is_lost() && replica.pending() == 0, "client {index} is not done");
            assert_eq!(replica.version(), version, "client {index}");
            assert_eq!(replica.text(), newest, "client {index}");
            assert_eq!(replica.confirmed(), newest, "client {index}");
            for Cursor { position, selection_end } in replica.cursors().values() {
                let end = selection_end.unwrap_or(0).max(*position);
                assert!(end <= newest.length(), "client {index} sees a cursor at {end}");
            }
        }
    }

    /// What was acknowledged holds: what an edit took away is gone, and what it put there is there
    /// unless somebody took that away, or took something away without having seen it.
    fn nothing_is_lost(&self) {
        let left = once(self.world.newest(), 0, self.world.newest().length());
        for edit in &self.world.committed {
            let meant = &self.meant[&(edit.author, edit.id)];
            for taken in &meant.taken {
                assert!(!left.contains(taken), "{taken} was taken away and is there");
            }
            let put = meant.splice.content.as_str().chars().filter(|put| occurs_once(*put));
            for put in put.filter(|put| !left.contains(put)) {
                let mut others = self.world.committed.iter();
                let has_reason = others.any(|other| self.may_have_taken(put, edit, other));
                assert!(has_reason, "{put} of {edit:?} is lost");
            }
        }
    }

    /// Whether `other` may have made `put`, which `edit` put there, go.
    fn may_have_taken(&self, put: char, edit: &Committed, other: &Committed) -> bool {
        let meant = &self.meant[&(edit.author, edit.id)];
        let by = &self.meant[&(other.author, other.id)];
        let is_concurrent =
            edit.author != other.author && by.base < edit.version && meant.base < other.version;
        by.taken.contains(&put) || (is_concurrent && by.splice.deleted > 0)
    }
}

impl Meant {
    /// By an edit that `replica` is just sending.
    fn by(outgoing: &Outgoing, replica: &Replica) -> Self {
        let Outgoing { base, splice, .. } = outgoing.clone();
        let mut text = replica.confirmed().clone();
        for before in replica.pending_edits().take(replica.in_flight() - 1) {
            text.apply(before).unwrap();
        }
        let taken = once(&text, splice.position, splice.shape().end());
        Self { base, splice, taken }
    }
}

/// What the environment sets a number to.
fn set_to(variable: &str) -> Option<u64> {
    std::env::var_os(variable).map(|value| value.to_str().unwrap().parse().unwrap())
}

#[test]
fn all_texts_are_equal_at_the_end_of_every_schedule() {
    let first = set_to("CONVERGENCE_SEED").unwrap_or(0);
    let count = set_to("CONVERGENCE_SCHEDULES").unwrap_or(SCHEDULES);
    let (next, edits) = (AtomicU64::new(first), AtomicU64::new(0));
    let run = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + count {
                return;
            }
            let _seed = Seed(seed);
            edits.fetch_add(Schedule::of(seed).run(), Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(run);
        }
    });
    let edits = edits.into_inner();
    assert!(count < 1_000 || edits > 20 * count, "{edits} edits in {count} schedules");
}

#[test]
fn a_long_session_converges_too() {
    let seed = set_to("CONVERGENCE_SEED").unwrap_or(1);
    let _seed = Seed(seed);
    let mut schedule = Schedule::of(seed);
    (schedule.weather, schedule.is_additive) = (Weather::Windy, false);
    for _ in 0..12_000 {
        schedule.step();
    }
    assert!(schedule.world.version() > 1_000, "{} versions", schedule.world.version());
    schedule.settle();
    schedule.all_texts_are_equal();
    schedule.nothing_is_lost();
}

#[test]
fn one_who_is_further_behind_than_the_log_gets_the_text_anew() {
    let mut world = World::of("abc", 2);
    world.settle();
    world.clients[0].replica.edit(Splice::insert(3, "late"));
    world.clients[0].send();
    for _ in 0..1_100 {
        world.clients[1].replica.edit(Splice::insert(0, "x"));
        world.clients[1].send();
        while world.take(1) || world.commit() || world.hear(1) {}
    }
    world.settle();
    assert_eq!(world.version(), 1_100);
    assert_eq!(world.newest().to_string(), format!("{}abc", "x".repeat(1_100)));
    assert_eq!(world.clients[0].replica.text(), world.newest());
}
