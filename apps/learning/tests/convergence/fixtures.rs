//! What a client in any language has to make of the same input: `protocol/collaboration-*.jsonl`.
//!
//! Written anew by `UPDATE=1 cargo test -p learning --test convergence fixtures`, and compared otherwise.

use std::path::PathBuf;

use learning::collaboration::replica::{Cursor, Heard, Outgoing, Replica};
use learning::collaboration::{Measured, Splice, Units, transform, transform_earlier};
use serde_json::{Value, json};

use crate::random::Random;
use crate::told::told;
use crate::world::{Message, World};

/// Pairs on a text: what holds, the text, the earlier edit and the later one, each as position, length
/// of what it takes away, and content.
type Pair = (&'static str, &'static str, (u32, u32, &'static str), (u32, u32, &'static str));

const PAIRS: [Pair; 28] = [
    ("insertions at different places", "abcd", (1, 0, "X"), (3, 0, "YY")),
    ("the later insertion stands left", "abcd", (3, 0, "X"), (1, 0, "YY")),
    ("of insertions at one place the earlier stays left", "ab", (1, 0, "X"), (1, 0, "YY")),
    ("insertions into nothing", "", (0, 0, "X"), (0, 0, "Y")),
    ("an insertion within what the earlier deletes goes", "abcd", (1, 2, ""), (2, 0, "Y")),
    ("an insertion within what the later deletes goes", "abcd", (2, 0, "X"), (1, 2, "")),
    ("an insertion at the start of a deletion lives", "abcd", (1, 2, ""), (1, 0, "Y")),
    ("an insertion at the end of a deletion lives", "abcd", (1, 2, ""), (3, 0, "Y")),
    (
        "a later insertion at the start of a replacement is left of it",
        "abcd",
        (1, 2, "X"),
        (1, 0, "Y"),
    ),
    (
        "an earlier insertion at the start of a replacement is left of it",
        "abcd",
        (1, 0, "X"),
        (1, 2, "Y"),
    ),
    (
        "a later insertion at the end of a replacement is right of it",
        "abcd",
        (1, 2, "X"),
        (3, 0, "Y"),
    ),
    (
        "an earlier insertion at the end of a replacement is right of it",
        "abcd",
        (3, 0, "X"),
        (1, 2, "Y"),
    ),
    ("an insertion within a replacement goes", "abcd", (1, 2, "XX"), (2, 0, "Y")),
    ("a replacement swallows an earlier insertion", "abcd", (2, 0, "XX"), (1, 2, "Y")),
    ("deletions apart", "abcdef", (0, 2, ""), (4, 2, "")),
    ("deletions that touch", "abcdef", (1, 2, ""), (3, 2, "")),
    ("deletions that overlap", "abcdef", (1, 3, ""), (2, 3, "")),
    ("one deletion within the other", "abcdef", (1, 4, ""), (2, 2, "")),
    ("the same deletion", "abcdef", (1, 4, ""), (1, 4, "")),
    ("the same range replaced by both: both live", "abcd", (1, 2, "XX"), (1, 2, "Y")),
    ("a range deleted by one and replaced by the other", "abcd", (1, 2, ""), (1, 2, "Y")),
    (
        "replacements that overlap: the one that starts first lives",
        "abcdef",
        (1, 3, "XX"),
        (2, 3, "Y"),
    ),
    ("the later one starts first", "abcdef", (2, 3, "XX"), (1, 3, "Y")),
    ("from one start the longer one lives", "abcdef", (1, 2, "XX"), (1, 4, "Y")),
    ("from one start the longer one lives, also the earlier", "abcdef", (1, 4, "XX"), (1, 2, "Y")),
    ("one replacement within the other, up to its end", "abcdef", (1, 4, "XX"), (3, 2, "Y")),
    ("surrogate pairs count two", "a\u{1F600}b", (0, 0, "\u{1F601}"), (1, 2, "\u{1F602}x")),
    ("of an edit of which nothing is left nothing comes", "abcd", (2, 0, ""), (1, 2, "Y")),
];

fn edit_of(value: &Value) -> Splice {
    Splice::replace(small(value, "position"), small(value, "length"), text_of(value, "content"))
}

fn json_of(splice: &Splice) -> Value {
    let Splice { position, deleted, content } = splice;
    json!({"position": position, "length": deleted, "content": content.as_str()})
}

fn number(value: &Value, field: &str) -> u64 {
    value[field].as_u64().unwrap_or_else(|| panic!("{field} in {value}"))
}

fn small(value: &Value, field: &str) -> u32 {
    u32::try_from(number(value, field)).unwrap()
}

fn text_of<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} in {value}"))
}

/// A pair with both ways round.
fn pair(name: &str, text: &str, earlier: &Splice, later: &Splice) -> Value {
    let mut result = Units::from(text);
    let later_transformed = transform(later, earlier);
    result.apply(earlier).unwrap();
    result.apply(&later_transformed).unwrap();
    json!({
        "name": name, "text": text, "earlier": json_of(earlier), "later": json_of(later),
        "laterTransformed": json_of(&later_transformed),
        "earlierTransformed": json_of(&transform_earlier(earlier, later)),
        "result": result.to_string(),
    })
}

/// Does one step of a case; what came of it, in words.
fn play(replica: &mut Replica, step: &Value) -> Value {
    let (kind, data) = step.as_object().unwrap().iter().next().unwrap();
    let heard = |heard: Heard| json!(format!("{heard:?}").to_lowercase());
    match kind.as_str() {
        "edit" => json!(replica.edit(edit_of(data))),
        "undo" => json!(replica.undo()),
        "redo" => json!(replica.redo()),
        "send" => {
            std::iter::from_fn(|| replica.next_to_send()).map(|sent| outgoing(&sent)).collect()
        }
        "joined" => given_up(&replica.joined(text_of(data, "content"), number(data, "version"))),
        "resync" => {
            let id = data["id"].as_u64();
            given_up(&replica.resync(id, text_of(data, "content"), number(data, "version")))
        }
        "edited" => heard(replica.edited(number(data, "version"), &edit_of(data))),
        "acknowledged" => {
            let (id, version) = (number(data, "id"), number(data, "version"));
            heard(replica.acknowledged(id, version, small(data, "position"), small(data, "length")))
        }
        "refused" => heard(replica.refused(number(data, "id"))),
        "cursorSeen" => {
            let end = data["selectionEnd"].is_u64().then(|| small(data, "selectionEnd"));
            let cursor = Cursor { position: small(data, "position"), selection_end: end };
            replica.cursor_seen(text_of(data, "user"), cursor);
            Value::Null
        }
        "cursorGone" => {
            replica.cursor_gone(text_of(data, "user"));
            Value::Null
        }
        kind => panic!("{kind} is no step"),
    }
}

fn outgoing(Outgoing { id, base, splice }: &Outgoing) -> Value {
    json!({"id": id, "version": base, "edit": json_of(splice)})
}

fn given_up(edits: &[Splice]) -> Value {
    edits.iter().map(json_of).collect()
}

/// A case of a replica: each step with what it returns and what there is to see then.
fn case(name: &str, steps: &Value) -> Value {
    let mut replica = Replica::default();
    let done = steps.as_array().unwrap().iter().map(|step| {
        let returned = play(&mut replica, step);
        let cursors = replica.cursors().iter();
        let cursors: serde_json::Map<String, Value> = cursors
            .map(|(user, Cursor { position, selection_end })| {
                (user.clone(), json!({"position": position, "selectionEnd": selection_end}))
            })
            .collect();
        json!({
            "do": step, "returns": returned, "text": replica.text().to_string(),
            "version": replica.version(), "pending": replica.pending(),
            "inFlight": replica.in_flight(), "isLost": replica.is_lost(), "cursors": cursors,
        })
    });
    json!({"name": name, "steps": done.collect::<Value>()})
}

/// What one of three clients does and hears while all of them edit.
fn overheard(seed: u64) -> Value {
    let mut random = Random::of(seed);
    let mut world = World::of("e\u{301}a\u{1F600}\r\nb", 3);
    world.settle();
    let content = world.newest().to_string();
    let mut steps = vec![json!({"joined": {"content": content, "version": 0}})];
    for _ in 0..200 {
        let client = random.index(3);
        match random.below(8) {
            0..3 => {
                let edit = some_edit(&mut random, world.clients[client].replica.text());
                if client == 0 {
                    steps.push(json!({"edit": json_of(&edit)}));
                }
                world.clients[client].replica.edit(edit);
            }
            3 => {
                if client == 0 {
                    steps.push(json!({"send": true}));
                }
                world.clients[client].send();
            }
            4 => {
                world.take(client);
            }
            5 => {
                world.commit();
            }
            _ => {
                let message = world.clients[client].messages.front().cloned();
                steps.extend(message.filter(|_| client == 0).map(|message| step_of(&message)));
                world.hear(client);
            }
        }
    }
    Value::Array(steps)
}

fn some_edit(random: &mut Random, text: &Units) -> Splice {
    let start = text.boundary_before(random.below(text.length() + 1));
    let end = text.boundary_before(start + random.below(4));
    let content = random.one_of(&["x", "yy", "\u{1F601}", "\r\n", "\u{301}", ""]);
    Splice::replace(start, end.saturating_sub(start), content)
}

fn step_of(message: &Message) -> Value {
    match message {
        Message::Edited { version, splice } => {
            let mut edit = json_of(splice);
            edit["version"] = json!(version);
            json!({"edited": edit})
        }
        Message::Acknowledged { id, version, position, length } => json!({"acknowledged":
            {"id": id, "version": version, "position": position, "length": length}}),
        other => panic!("{other:?} where nothing goes wrong"),
    }
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../protocol").join(name)
}

/// Writes the lines where that is wished, and compares them otherwise.
fn hold(name: &str, lines: &[Value]) {
    if std::env::var_os("UPDATE").is_some() {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(fixture(name), text).unwrap();
        return;
    }
    let text = std::fs::read_to_string(fixture(name)).unwrap();
    let stored: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (stored, line) in stored.iter().zip(lines) {
        assert_eq!(stored, line, "{name} is not up to date: write it with UPDATE=1");
    }
    assert_eq!(stored.len(), lines.len(), "{name} is not up to date: write it with UPDATE=1");
}

#[test]
fn pairs_are_transformed_as_published() {
    let edit = |(position, deleted, content): (u32, u32, &str)| {
        Splice::replace(position, deleted, content)
    };
    let lines =
        PAIRS.map(|(name, text, earlier, later)| pair(name, text, &edit(earlier), &edit(later)));
    hold("collaboration-transform.jsonl", &lines);
}

#[test]
fn replicas_follow_as_published() {
    let mut lines: Vec<Value> =
        told().iter().map(|(name, steps)| case(name, &json!(steps))).collect();
    for seed in 0..4 {
        lines.push(case(&format!("one of three who edit at once, {seed}"), &overheard(seed)));
    }
    hold("collaboration-replica.jsonl", &lines);
}

#[test]
fn the_published_pairs_converge_and_have_names_of_their_own() {
    let mut names: Vec<&str> = PAIRS.iter().map(|pair| pair.0).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), PAIRS.len());
    for line in std::fs::read_to_string(fixture("collaboration-transform.jsonl")).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        for way in [["earlier", "laterTransformed"], ["later", "earlierTransformed"]] {
            let mut text = Units::from(text_of(&line, "text"));
            for edit in way {
                text.apply(&edit_of(&line[edit])).unwrap();
            }
            assert_eq!(text.to_string(), text_of(&line, "result"), "{way:?} of {line}");
        }
    }
}
