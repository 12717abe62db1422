//! The client's model against the real session and store: whatever the order in which people edit,
//! listen, drop and come back, nobody ever misses a version, and in the end all have one text.

use std::collections::VecDeque;
use std::time::Duration;

use learning::collaboration::replica::{Heard, Replica};
use learning::collaboration::{Measured, Splice};
use model::{CloseReason, ConnectionId};
use serde_json::{Value, json};

use super::text_of;
use crate::support::Class;

const DOCUMENT: &str = "essay";
const WORDS: [&str; 5] = ["a", "bc", "\u{1F600}", "e\u{301}", "\r\n"];

/// Numbers that look random; the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).unwrap() % bound
    }
}

struct Writer {
    user: String,
    connection: ConnectionId,
    replica: Replica,
    /// What came and was not listened to yet.
    unheard: VecDeque<Value>,
    /// Joins that were not answered yet; nothing is sent until the last one is.
    joining: u32,
}

impl Writer {
    fn new(class: &mut Class, user: String) -> Self {
        let connection = class.sit_down(&user);
        let mut writer = Self {
            user,
            connection,
            replica: Replica::default(),
            unheard: VecDeque::new(),
            joining: 0,
        };
        writer.ask_to_join(class);
        writer
    }

    fn ask_to_join(&mut self, class: &mut Class) {
        self.joining += 1;
        class.send(self.connection, "join_session", json!({"sessionId": DOCUMENT}));
    }

    fn come_back(&mut self, class: &mut Class) {
        class.stage.close(self.connection, &CloseReason::LOST);
        self.connection = class.sit_down(&self.user);
        self.unheard.clear();
        self.joining = 0;
        self.ask_to_join(class);
    }

    fn write(&mut self, dice: &mut Dice) {
        let length = self.replica.text().length();
        let position = dice.below(length + 1);
        let deleted = dice.below(4).min(length - position);
        let content = if dice.below(3) == 0 { "" } else { WORDS[dice.below(5) as usize] };
        // One through a pair, or of nothing, is not taken.
        self.replica.edit(Splice::replace(position, deleted, content));
    }

    fn send(&mut self, class: &mut Class) {
        while let Some(edit) = (self.joining == 0).then(|| self.replica.next_to_send()).flatten() {
            let Splice { position, deleted, content } = &edit.splice;
            let data = json!({
                "operation": "replace", "position": position, "length": deleted,
                "content": content.as_str(), "version": edit.base,
            });
            class.send_as(self.connection, &edit.id.to_string(), "edit", data);
        }
    }

    fn receive(&mut self, class: &mut Class) {
        self.unheard.extend(class.stage.received(self.connection));
    }

    fn listen(&mut self, count: usize) {
        for _ in 0..count {
            let Some(message) = self.unheard.pop_front() else { return };
            self.hear(&message);
        }
    }

    fn hear(&mut self, message: &Value) {
        let data = &message["data"];
        let number = |name: &str| data[name].as_u64().unwrap();
        let unit = |name: &str| u32::try_from(number(name)).unwrap();
        let content = || data["content"].as_str().unwrap();
        let heard = match message["type"].as_str().unwrap() {
            "session_joined" => {
                self.replica.joined(content(), number("version"));
                self.joining -= 1;
                Heard::Taken
            }
            "edit" => {
                let deleted = if data["operation"] == "insert" { 0 } else { unit("length") };
                let splice = Splice::replace(unit("position"), deleted, content());
                self.replica.edited(number("version"), &splice)
            }
            "edit_ack" => {
                let id = message["id"].as_str().unwrap().parse().unwrap();
                self.replica.acknowledged(id, number("version"), unit("position"), unit("length"))
            }
            "participant_joined" | "participant_left" => Heard::Taken,
            other => panic!("{other}: {message}"),
        };
        assert_eq!(heard, Heard::Taken, "{} at {}: {message}", self.user, self.replica.version());
    }

    /// Listens until every edit was answered.
    fn finish(&mut self, class: &mut Class) {
        self.listen(usize::MAX);
        self.send(class);
        while self.joining > 0 || self.replica.pending() > 0 {
            let message = class.stage.next(self.connection);
            self.hear(&message);
            self.send(class);
        }
    }
}

fn play(seed: u64) {
    let mut class = Class::new();
    let mut dice = Dice(seed);
    let mut writers: Vec<Writer> =
        (0..4).map(|number| Writer::new(&mut class, format!("writer-{number}"))).collect();
    for _ in 0..400 {
        let writer = &mut writers[dice.below(4) as usize];
        match dice.below(40) {
            0 => writer.come_back(&mut class),
            1 => writer.ask_to_join(&mut class),
            2..15 => writer.listen(dice.below(6) as usize),
            15..25 => writer.receive(&mut class),
            _ => {
                writer.write(&mut dice);
                writer.send(&mut class);
            }
        }
    }
    for writer in &mut writers {
        writer.receive(&mut class);
        writer.finish(&mut class);
    }
    let (text, version) = text_of(&mut class, DOCUMENT);
    for writer in &mut writers {
        while writer.replica.version() < version {
            let message = class.stage.next(writer.connection);
            writer.hear(&message);
        }
        let theirs = (writer.replica.text().to_string(), writer.replica.version());
        assert_eq!(theirs, (text.clone(), version), "seed {seed}, {}", writer.user);
    }
    class.clock.advance(Duration::from_secs(1));
}

#[test]
fn nobody_misses_a_version_and_all_end_with_one_text() {
    for seed in 1..=20 {
        play(seed);
    }
}
