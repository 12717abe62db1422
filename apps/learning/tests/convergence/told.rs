//! What a client does and hears, by hand; the fixtures say what there is to see after each step.

use serde_json::{Value, json};

/// A case: what holds, and the steps.
type Told = (&'static str, Vec<Value>);

/// All cases.
pub(crate) fn told() -> Vec<Told> {
    [following(), undoing(), losing()].concat()
}

fn following() -> Vec<Told> {
    vec![
        (
            "several edits in flight are carried over another's and confirmed",
            vec![
                joined(),
                typed(3, "d"),
                send(),
                typed(4, "e"),
                send(),
                edited(6, 0, 1, "XY"),
                acknowledged(0, 7, 4, 1),
                typed(6, "!"),
                send(),
                acknowledged(1, 8, 5, 1),
                acknowledged(2, 9, 6, 1),
            ],
        ),
        (
            "one's own insertion stays right of another's at the same place",
            vec![
                joined(),
                typed(1, "me"),
                send(),
                edited(6, 1, 0, "you"),
                acknowledged(0, 7, 4, 2),
            ],
        ),
        (
            "what is inserted into a range that another deletes goes with it",
            vec![
                joined(),
                typed(2, "x"),
                send(),
                edited(6, 1, 2, ""),
                acknowledged(0, 7, 1, 0),
                undo(),
            ],
        ),
        (
            "cursors of others move along",
            vec![
                joined(),
                typed(0, "- "),
                json!({"cursorSeen": {"user": "ben", "position": 1, "selectionEnd": 3}}),
                edited(6, 0, 2, "X"),
                json!({"cursorGone": {"user": "ben"}}),
            ],
        ),
        (
            "old news is known",
            vec![joined(), edited(5, 0, 0, "x"), acknowledged(9, 4, 0, 1), refused(0)],
        ),
    ]
}

fn undoing() -> Vec<Told> {
    vec![
        (
            "undo and redo are carried over others' edits",
            vec![
                joined(),
                typed(3, "d"),
                typed(4, "e"),
                edited(6, 0, 0, "> "),
                undo(),
                undo(),
                undo(),
                redo(),
                edited(7, 0, 2, ""),
                redo(),
                redo(),
                send(),
            ],
        ),
        (
            "the last edit is taken back where it is refused",
            vec![joined(), typed(3, "d"), send(), refused(0), undo(), typed(0, "x"), send()],
        ),
        (
            "an undo that is refused can be asked for again",
            vec![
                joined(),
                typed(3, "d"),
                undo(),
                send(),
                refused(1),
                redo(),
                undo(),
                redo(),
                send(),
                refused(3),
                redo(),
            ],
        ),
    ]
}

fn losing() -> Vec<Told> {
    vec![
        (
            "a gap in versions loses the replica until it joins again",
            vec![
                joined(),
                typed(3, "d"),
                send(),
                edited(7, 0, 0, "x"),
                typed(0, "y"),
                acknowledged(0, 8, 4, 1),
                json!({"joined": {"content": "xabcd", "version": 8}}),
                typed(0, "z"),
                send(),
            ],
        ),
        (
            "an acknowledgement at another place loses it too",
            vec![joined(), typed(3, "d"), send(), acknowledged(0, 6, 2, 1)],
        ),
        (
            "an edit that others stand on cannot be taken back",
            vec![joined(), typed(3, "d"), typed(4, "e"), send(), refused(0)],
        ),
        (
            "one resync for several edits in flight is enough",
            vec![
                joined(),
                typed(3, "d"),
                typed(4, "e"),
                send(),
                resync(Some(0), "new", 50),
                typed(3, "er"),
                resync(Some(1), "newest", 51),
                send(),
                edited(51, 0, 0, "> "),
                acknowledged(2, 52, 5, 2),
            ],
        ),
        (
            "a resync that answers no edit holds always",
            vec![joined(), typed(3, "d"), send(), resync(None, "abc", 5), acknowledged(0, 6, 3, 1)],
        ),
    ]
}

fn joined() -> Value {
    json!({"joined": {"content": "abc", "version": 5}})
}

fn typed(position: u32, content: &str) -> Value {
    json!({"edit": {"position": position, "length": 0, "content": content}})
}

fn send() -> Value {
    json!({"send": true})
}

fn undo() -> Value {
    json!({"undo": true})
}

fn redo() -> Value {
    json!({"redo": true})
}

fn edited(version: u64, position: u32, length: u32, content: &str) -> Value {
    json!({"edited":
        {"version": version, "position": position, "length": length, "content": content}})
}

fn acknowledged(id: u64, version: u64, position: u32, length: u32) -> Value {
    json!({"acknowledged":
        {"id": id, "version": version, "position": position, "length": length}})
}

fn refused(id: u64) -> Value {
    json!({"refused": {"id": id}})
}

fn resync(id: Option<u64>, content: &str, version: u64) -> Value {
    json!({"resync": {"id": id, "content": content, "version": version}})
}
