//! Somebody who writes: the client's model behind a socket.

use std::collections::{BTreeMap, BTreeSet};

use learning::collaboration::replica::{Heard, Outgoing, Replica};
use learning::collaboration::{Measured, Splice};
use serde_json::{Value, json};
use testkit::{TestClient, TestServer, Token};
use yawc::Frame;

use super::{DOCUMENT, Doomed};

/// Edits that are on their way before the next is typed, at most.
const ON_THE_WAY: u32 = 8;
/// An id that no edit of a replica has.
const PROBE: &str = "probe";

/// How a text came after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Entry {
    /// By the answer to the join.
    Join,
    /// By the answer to an edit that stood on no known version.
    Resync,
}

/// What an acknowledgement said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ack {
    pub(super) version: u64,
    pub(super) position: u32,
    pub(super) length: u32,
}

pub(super) struct Writer {
    pub(super) name: String,
    pub(super) replica: Replica,
    /// The content of each edit that was sent, by its id; no two are the same but the empty one.
    pub(super) typed: BTreeMap<u64, String>,
    pub(super) acknowledged: BTreeMap<u64, Ack>,
    /// Edits of which the server said after a crash that it has not stored them.
    pub(super) given_up: BTreeSet<u64>,
    pub(super) came_by: BTreeSet<Entry>,
    client: TestClient,
    /// Edits that were sent and not answered.
    unanswered: BTreeMap<u64, Outgoing>,
    dice: Dice,
    number: u32,
    count: u32,
}

/// Numbers that look random; the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// The edit of an `edit`, or of a row of the log.
pub(super) fn splice(data: &Value) -> Splice {
    let unit = |name: &str| u32::try_from(data[name].as_u64().unwrap()).unwrap();
    let deleted = if data["operation"] == "insert" { 0 } else { unit("length") };
    Splice::replace(unit("position"), deleted, data["content"].as_str().unwrap())
}

async fn dial(server: &TestServer, name: &str) -> TestClient {
    let mut client =
        server.dial("/api/collaboration/ws").token(&Token::of(name).name(name).sign()).open().await;
    client.send(&json!({"type": "join_session", "data": {"sessionId": DOCUMENT}})).await;
    client
}

impl Writer {
    pub(super) async fn sit_down(server: &TestServer, number: u32) -> Self {
        let name = format!("writer-{number}");
        let mut client = dial(server, &name).await;
        let joined = client.expect("session_joined").await;
        let mut replica = Replica::default();
        replica.joined(content(&joined), version(&joined));
        Self {
            name,
            replica,
            typed: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
            given_up: BTreeSet::new(),
            came_by: BTreeSet::new(),
            client,
            unanswered: BTreeMap::new(),
            dice: Dice(u64::from(number) + 1),
            number,
            count: 0,
        }
    }

    /// Writes until the server is gone, and hears everything it had said.
    pub(super) async fn write_to_the_end(&mut self, server: &Doomed<'_>) {
        let mut is_open = true;
        while is_open {
            for _ in 0..=self.dice.below(3) {
                self.write();
            }
            is_open = self.send().await;
            while is_open && self.is_waiting() {
                is_open = self.hear_next(server).await;
            }
        }
        while self.hear_next(server).await {}
    }

    async fn hear_next(&mut self, server: &Doomed<'_>) -> bool {
        let Some(message) = self.client.next_or_end().await else { return false };
        self.hear(&message);
        if message["type"] == "edit_ack" {
            server.note();
        }
        true
    }

    /// Makes so many edits, and waits for their acknowledgements.
    pub(super) async fn make(&mut self, count: u32) {
        for _ in 0..count {
            self.write();
            assert!(self.send().await, "{} is cut off", self.name);
            while self.is_waiting() {
                self.take_next().await;
            }
        }
        while self.replica.pending() > 0 {
            self.take_next().await;
            assert!(self.send().await, "{} is cut off", self.name);
        }
    }

    /// Hears until the text is that of `version`.
    pub(super) async fn hear_up_to(&mut self, version: u64) {
        while self.replica.version() < version {
            self.take_next().await;
        }
    }

    async fn take_next(&mut self) {
        let message = self.client.next().await;
        self.hear(&message);
    }

    /// After a crash: joins, asks what became of the edits that were not answered, and goes on from the
    /// text of the join; every other time from that of a `resync`.
    pub(super) async fn come_back(&mut self, server: &TestServer) {
        self.client = dial(server, &self.name).await;
        let joined = self.client.expect("session_joined").await;
        self.replica.joined(content(&joined), version(&joined));
        for edit in std::mem::take(&mut self.unanswered).into_values() {
            self.client.send(&message_of(&edit)).await;
            self.hear_what_became_of(&edit).await;
        }
        let entry = if (self.number + self.count).is_multiple_of(2) {
            Entry::Join
        } else {
            self.get_in_by_resync().await;
            Entry::Resync
        };
        self.came_by.insert(entry);
    }

    async fn hear_what_became_of(&mut self, edit: &Outgoing) {
        let id = edit.id.to_string();
        loop {
            let message = self.client.next().await;
            if message["id"] != id.as_str() {
                self.hear(&message);
                continue;
            }
            match message["type"].as_str().unwrap() {
                "edit_ack" => self.acknowledge(edit.id, &message),
                // It stood on another one that is not stored either.
                "resync" | "error" => drop(self.given_up.insert(edit.id)),
                other => panic!("{other}: {message}"),
            }
            if self
                .acknowledged
                .get(&edit.id)
                .is_some_and(|ack| ack.version > self.replica.version())
            {
                // It was made only now, which the replica knows nothing of.
                self.join_again().await;
            }
            return;
        }
    }

    async fn join_again(&mut self) {
        let join = json!({"type": "join_session", "data": {"sessionId": DOCUMENT}});
        self.client.send(&join).await;
        loop {
            let message = self.client.next().await;
            if message["type"] == "session_joined" {
                return self.hear(&message);
            }
        }
    }

    /// An edit that stands on a version nobody has yet is answered with the text.
    async fn get_in_by_resync(&mut self) {
        let ahead = self.replica.version() + 1_000_000;
        let splice = Splice::insert(0, "never");
        let mut probe = message_of(&Outgoing { id: 0, base: ahead, splice });
        probe["id"] = PROBE.into();
        self.client.send(&probe).await;
        loop {
            let message = self.client.next().await;
            if message["type"] == "resync" && message["id"] == PROBE {
                self.replica.resync(None, content(&message), version(&message));
                return;
            }
            self.hear(&message);
        }
    }

    /// Types something: every fourth edit takes away only.
    fn write(&mut self) {
        let length = self.replica.text().length();
        let position = self.dice.below(length + 1);
        let deleted = self.dice.below(7).min(length - position);
        self.count += 1;
        let content = match self.dice.below(4) {
            0 => String::new(),
            _ => format!("\u{1F600}{}.{}\r\n", self.number, self.count),
        };
        // One through a pair, or of nothing, is not taken.
        self.replica.edit(Splice::replace(position, deleted, &content));
    }

    /// Sends what is to be sent; whether the connection took it.
    async fn send(&mut self) -> bool {
        while let Some(edit) = self.replica.next_to_send() {
            let text = message_of(&edit).to_string();
            self.typed.insert(edit.id, edit.splice.content.as_str().to_owned());
            self.unanswered.insert(edit.id, edit);
            if !self.client.try_send_frame(Frame::text(text)).await {
                return false;
            }
        }
        true
    }

    fn is_waiting(&mut self) -> bool {
        self.replica.in_flight() > self.dice.below(ON_THE_WAY) as usize
    }

    fn hear(&mut self, message: &Value) {
        let heard = match message["type"].as_str().unwrap() {
            "session_joined" => {
                self.replica.joined(content(message), version(message));
                Heard::Taken
            }
            "edit" => self.replica.edited(version(message), &splice(&message["data"])),
            "edit_ack" => {
                let id = message["id"].as_str().unwrap().parse().unwrap();
                self.acknowledge(id, message);
                let Ack { version, position, length } = self.acknowledged[&id];
                self.replica.acknowledged(id, version, position, length)
            }
            "participant_joined" | "participant_left" => Heard::Taken,
            other => panic!("{other}: {message}"),
        };
        assert!(heard != Heard::Lost, "{} at {}: {message}", self.name, self.replica.version());
    }

    fn acknowledge(&mut self, id: u64, message: &Value) {
        let unit = |name: &str| u32::try_from(message["data"][name].as_u64().unwrap()).unwrap();
        let (position, length) = (unit("position"), unit("length"));
        let ack = Ack { version: version(message), position, length };
        assert_eq!(self.acknowledged.insert(id, ack), None, "{id} is acknowledged twice");
        self.unanswered.remove(&id);
    }
}

fn message_of(edit: &Outgoing) -> Value {
    let Splice { position, deleted, content } = &edit.splice;
    let operation = edit.splice.operation().as_str();
    let mut data = json!({"operation": operation, "position": position, "version": edit.base,
        "content": content.as_str(), "sessionId": DOCUMENT});
    match operation {
        "insert" => {}
        _ => data["length"] = (*deleted).into(),
    }
    json!({"type": "edit", "id": edit.id.to_string(), "data": data})
}

fn content(message: &Value) -> &str {
    message["data"]["content"].as_str().unwrap()
}

fn version(message: &Value) -> u64 {
    message["data"]["version"].as_u64().unwrap()
}
