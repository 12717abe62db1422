//! Where people are in a document: their cursors, names and colours, as their clients say it.
//!
//! A client of Yjs names itself by a number and counts what it says (its *clock*). It also repeats what it
//! heard of others; so a state counts only from the connection it belongs to.
//!
//! **Invariants.** A number belongs to the connection that named it first, until that is gone; only with the
//! first states that a connection sends it may take over numbers of another connection of the same user, as a
//! client does that comes back before its old connection is known to be dead. What is gone is told as `null`.
//! Clocks never go back; whoever returns with a clock that is told as gone already is told so, and then
//! counts on by itself.
//!
//! **Bounds**: [`STATE_BYTES_MAX`] a state, [`STATES_MAX`] states at a time, [`OWN_MAX`] of one connection.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use model::ConnectionId;

use super::encoding::{Malformed, Reader, put_bytes, put_number};

/// Bytes of a state.
const STATE_BYTES_MAX: usize = 8 * 1024;
/// States of a document, those that are gone and still told of included.
const STATES_MAX: usize = 2048;
/// States of one connection.
const OWN_MAX: usize = 16;
/// States in a client's message: it may repeat everybody's.
const SAID_MAX: usize = STATES_MAX;
/// Bytes of a message, the last state left out.
const BATCH_BYTES: usize = 64 * 1024;
/// What is told of who is gone.
const GONE: &str = "null";

/// What a client says of one number.
struct Said<'a> {
    client: u64,
    clock: u64,
    /// JSON; `None` for who is gone.
    state: Option<&'a str>,
}

/// Who says something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speaker<'a> {
    /// The connection.
    pub(super) connection: ConnectionId,
    /// Whose it is.
    pub(super) user: &'a Arc<str>,
}

/// All states of a document.
#[derive(Debug, Default)]
pub(super) struct Awareness {
    states: HashMap<u64, State>,
    /// Connections that have said something.
    known: HashSet<ConnectionId>,
    /// What the others have yet to hear of.
    changed: BTreeSet<u64>,
}

#[derive(Debug)]
struct State {
    clock: u64,
    /// JSON; `None` for who is gone.
    state: Option<Box<str>>,
    owner: ConnectionId,
    user: Arc<str>,
}

impl Awareness {
    /// A connection says where it is. What it is to be told at once, if anything.
    ///
    /// # Errors
    /// [`Malformed`] where that is no states, or too large ones; then nothing of it counts.
    pub(super) fn say(
        &mut self,
        speaker: Speaker<'_>,
        states: &[u8],
    ) -> Result<Option<Vec<u8>>, Malformed> {
        let said = read(states)?;
        let is_first = !said.is_empty() && self.known.insert(speaker.connection);
        let mut stale = Vec::new();
        for said in &said {
            if self.hear(speaker, said, is_first)? {
                stale.push(said.client);
            }
        }
        Ok((!stale.is_empty()).then(|| self.encode(&stale)))
    }

    /// A connection is gone, and with it all that is its.
    pub(super) fn leave(&mut self, connection: ConnectionId) {
        self.known.remove(&connection);
        let own = self.states.iter_mut().filter(|(_, state)| state.owner == connection);
        for (client, state) in own {
            if state.state.take().is_some() {
                self.changed.insert(*client);
            }
        }
    }

    /// What the others have yet to hear, in messages of a bounded size; from now on they have.
    pub(super) fn take_changes(&mut self) -> Vec<Vec<u8>> {
        let changed: Vec<u64> = std::mem::take(&mut self.changed).into_iter().collect();
        self.batches(&changed)
    }

    /// Whether there is something the others have yet to hear.
    pub(super) fn has_changes(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Everybody who is there, in messages of a bounded size.
    pub(super) fn all(&self) -> Vec<Vec<u8>> {
        let present = self.states.iter().filter(|(_, state)| state.state.is_some());
        let mut present: Vec<u64> = present.map(|(client, _)| *client).collect();
        present.sort_unstable();
        self.batches(&present)
    }

    /// Takes in what is said of one number; whether it is told as gone already.
    fn hear(
        &mut self,
        speaker: Speaker<'_>,
        said: &Said<'_>,
        is_first: bool,
    ) -> Result<bool, Malformed> {
        let Some(known) = self.states.get(&said.client) else {
            if said.state.is_some() {
                self.add(speaker, said)?;
            }
            return Ok(false);
        };
        let is_own = known.owner == speaker.connection;
        let is_theirs = *known.user == **speaker.user;
        let is_free = known.state.is_none();
        let is_newer = said.clock > known.clock;
        let is_end = said.clock == known.clock && said.state.is_none() && !is_free;
        if is_free && !is_newer {
            return Ok(said.state.is_some() && (is_own || (is_theirs && is_first)));
        }
        let may_take = said.state.is_some() && (is_free || (is_theirs && is_first));
        if !is_own && !may_take {
            return Ok(false);
        }
        if is_newer || (is_end && is_own) {
            self.put(speaker, said);
        } else if let Some(state) = self.states.get_mut(&said.client) {
            state.owner = speaker.connection;
        }
        Ok(false)
    }

    /// Takes in a number that is new here.
    fn add(&mut self, speaker: Speaker<'_>, said: &Said<'_>) -> Result<(), Malformed> {
        let own = self.states.values().filter(|state| state.owner == speaker.connection);
        if own.filter(|state| state.state.is_some()).count() >= OWN_MAX {
            return Err(Malformed("a connection has too many states"));
        }
        if self.states.len() >= STATES_MAX {
            let changed = &self.changed;
            self.states.retain(|client, state| state.state.is_some() || changed.contains(client));
        }
        if self.states.len() >= STATES_MAX {
            return Err(Malformed("the document has too many states"));
        }
        self.put(speaker, said);
        Ok(())
    }

    fn put(&mut self, speaker: Speaker<'_>, said: &Said<'_>) {
        let state = State {
            clock: said.clock,
            state: said.state.map(Into::into),
            owner: speaker.connection,
            user: Arc::clone(speaker.user),
        };
        self.states.insert(said.client, state);
        self.changed.insert(said.client);
    }

    fn batches(&self, clients: &[u64]) -> Vec<Vec<u8>> {
        let (mut batches, mut batch, mut bytes) = (Vec::new(), Vec::new(), 0);
        for client in clients {
            let state = self.states.get(client).and_then(|state| state.state.as_deref());
            bytes += state.unwrap_or(GONE).len() + 16;
            batch.push(*client);
            if bytes >= BATCH_BYTES {
                batches.push(self.encode(&batch));
                batch.clear();
                bytes = 0;
            }
        }
        if !batch.is_empty() {
            batches.push(self.encode(&batch));
        }
        batches
    }

    fn encode(&self, clients: &[u64]) -> Vec<u8> {
        let known = clients.iter().filter_map(|client| Some((client, self.states.get(client)?)));
        let known: Vec<_> = known.collect();
        let mut out = Vec::new();
        put_number(&mut out, known.len() as u64);
        for (client, state) in known {
            put_number(&mut out, *client);
            put_number(&mut out, state.clock);
            put_bytes(&mut out, state.state.as_deref().unwrap_or(GONE).as_bytes());
        }
        out
    }
}

/// Reads a client's states: JSON, which others parse without looking.
fn read(states: &[u8]) -> Result<Vec<Said<'_>>, Malformed> {
    let mut reader = Reader::new(states);
    let count = reader.count(3)?;
    if count as usize > SAID_MAX {
        return Err(Malformed("there are too many states in it"));
    }
    let mut said = Vec::new();
    for _ in 0..count {
        let (client, clock, state) = (reader.number()?, reader.number()?, reader.text()?);
        if state.len() > STATE_BYTES_MAX {
            return Err(Malformed("a state is too large"));
        }
        if !web::nesting_is_at_most(state, 64)
            || serde_json::from_str::<serde::de::IgnoredAny>(state).is_err()
        {
            return Err(Malformed("a state is not JSON"));
        }
        said.push(Said { client, clock, state: Some(state).filter(|state| state.trim() != GONE) });
    }
    if reader.is_empty() { Ok(said) } else { Err(Malformed("something follows the states")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(slot: u32) -> ConnectionId {
        ConnectionId::new(0, slot, 1)
    }

    fn encoded(states: &[(u64, u64, &str)]) -> Vec<u8> {
        let mut out = Vec::new();
        put_number(&mut out, states.len() as u64);
        for (client, clock, state) in states {
            put_number(&mut out, *client);
            put_number(&mut out, *clock);
            put_bytes(&mut out, state.as_bytes());
        }
        out
    }

    /// Says it as the connection `slot` of `user`; what the connection is told.
    fn say(
        awareness: &mut Awareness,
        (slot, user): (u32, &str),
        states: &[(u64, u64, &str)],
    ) -> Option<Vec<u8>> {
        let speaker = Speaker { connection: connection(slot), user: &user.into() };
        awareness.say(speaker, &encoded(states)).unwrap()
    }

    const ANN: (u32, &str) = (1, "ann");
    const BOB: (u32, &str) = (2, "bob");

    #[test]
    fn the_latest_state_is_told_once_and_all_of_them_to_who_comes() {
        let mut awareness = Awareness::default();
        assert_eq!(say(&mut awareness, ANN, &[(7, 1, "{\"x\":1}")]), None);
        say(&mut awareness, ANN, &[(7, 2, "{\"x\":2}")]);
        say(&mut awareness, BOB, &[(9, 1, "{}")]);
        let both = encoded(&[(7, 2, "{\"x\":2}"), (9, 1, "{}")]);
        assert_eq!(awareness.all(), std::slice::from_ref(&both));
        assert_eq!(awareness.take_changes(), [both]);
        assert!(!awareness.has_changes() && awareness.take_changes().is_empty());
    }

    #[test]
    fn what_others_repeat_or_claim_changes_nothing() {
        let mut awareness = Awareness::default();
        say(&mut awareness, ANN, &[(7, 5, "{\"x\":1}")]);
        awareness.take_changes();
        say(&mut awareness, BOB, &[(7, 5, "{\"x\":1}"), (9, 1, "{}")]);
        say(&mut awareness, BOB, &[(7, 6, "{\"x\":\"forged\"}"), (7, 5, "null"), (7, 9, "null")]);
        assert_eq!(awareness.take_changes(), [encoded(&[(9, 1, "{}")])]);
        // An old clock of one's own, too.
        say(&mut awareness, ANN, &[(7, 4, "{\"x\":0}")]);
        assert!(!awareness.has_changes());
    }

    #[test]
    fn who_leaves_is_told_as_gone_and_who_says_so_too() {
        let mut awareness = Awareness::default();
        say(&mut awareness, ANN, &[(7, 5, "{}")]);
        say(&mut awareness, BOB, &[(9, 1, "{}")]);
        awareness.take_changes();
        awareness.leave(connection(1));
        say(&mut awareness, BOB, &[(9, 1, "null")]);
        assert_eq!(awareness.take_changes(), [encoded(&[(7, 5, "null"), (9, 1, "null")])]);
        assert!(awareness.all().is_empty());
    }

    #[test]
    fn who_comes_back_with_an_old_clock_is_told_and_counts_on() {
        let mut awareness = Awareness::default();
        say(&mut awareness, ANN, &[(7, 5, "{}")]);
        awareness.leave(connection(1));
        awareness.take_changes();
        let told = say(&mut awareness, (3, "ann"), &[(7, 5, "{}")]);
        assert_eq!(told, Some(encoded(&[(7, 5, "null")])));
        assert!(!awareness.has_changes());
        assert_eq!(say(&mut awareness, (3, "ann"), &[(7, 6, "{}")]), None);
        assert_eq!(awareness.take_changes(), [encoded(&[(7, 6, "{}")])]);
    }

    #[test]
    fn who_comes_back_before_the_old_connection_is_known_to_be_dead_takes_its_place() {
        let mut awareness = Awareness::default();
        say(&mut awareness, ANN, &[(7, 5, "{}")]);
        assert_eq!(say(&mut awareness, (3, "ann"), &[(7, 5, "{}")]), None);
        awareness.leave(connection(1));
        assert_eq!(awareness.take_changes(), [encoded(&[(7, 5, "{}")])]);
        // A second tab of theirs that repeats what it heard takes nothing.
        say(&mut awareness, (4, "ann"), &[(8, 1, "{}")]);
        say(&mut awareness, (4, "ann"), &[(7, 9, "{}")]);
        assert_eq!(awareness.take_changes(), [encoded(&[(8, 1, "{}")])]);
        awareness.leave(connection(4));
        assert_eq!(awareness.take_changes(), [encoded(&[(8, 1, "null")])]);
    }

    #[test]
    fn what_others_could_not_parse_is_refused_whole() {
        let mut awareness = Awareness::default();
        let user: Arc<str> = "ann".into();
        let speaker = Speaker { connection: connection(1), user: &user };
        let large = format!("\"{}\"", "x".repeat(STATE_BYTES_MAX));
        let deep = "[".repeat(65) + &"]".repeat(65);
        for state in ["", "{", "undefined", &large, &deep] {
            let states = encoded(&[(1, 1, "{}"), (2, 1, state)]);
            assert!(awareness.say(speaker, &states).is_err(), "{state}");
        }
        for states in [&[1][..], &[0xff, 0xff, 0xff, 0x7f], &[0, 0]] {
            assert!(awareness.say(speaker, states).is_err());
        }
        assert!(!awareness.has_changes());
    }

    #[test]
    fn states_are_bounded_and_the_gone_make_room() {
        let mut awareness = Awareness::default();
        let user: Arc<str> = "ann".into();
        let many: Vec<_> = (0..OWN_MAX as u64 + 1).map(|client| (client, 1, "{}")).collect();
        let speaker = Speaker { connection: connection(1), user: &user };
        assert!(awareness.say(speaker, &encoded(&many)).is_err());
        for slot in 0..5000 {
            let connection = connection(slot + 10);
            let states = encoded(&[(1000 + u64::from(slot), 1, "{}")]);
            awareness.say(Speaker { connection, user: &user }, &states).unwrap();
            awareness.leave(connection);
            awareness.take_changes();
        }
        assert!(awareness.states.len() <= STATES_MAX);
        let batches = Awareness::default().batches(&(0..20_000).collect::<Vec<_>>());
        assert!(batches.len() > 1);
    }
}
