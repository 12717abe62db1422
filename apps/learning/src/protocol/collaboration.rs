//! What a client of the documents sends, and what it is told of them.
//!
//! Positions and lengths count UTF-16 code units.

mod event;
mod schema;

use model::Name;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::request::{self, Invalid, Request, checked_name, fault, fields, value};
use crate::collaboration::{self, Content, Splice};

pub use event::{
    CursorMoved, EditAck, Edited, LockChanged, Participant, ParticipantJoined, ParticipantLeft,
    Participants, Resync, RoleChanged, SessionClosed, SessionJoined, SessionLeft,
};
pub use schema::messages;

/// What a client of the documents asks.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Enter a document.
    Join {
        /// Which one.
        session_id: Name,
        /// As what.
        role: Role,
    },
    /// Leave it.
    Leave {
        /// Which one.
        session_id: Name,
    },
    /// Change its text.
    Edit(Edit),
    /// Show where one is in it.
    Cursor(Cursor),
    /// Say what somebody may do in it.
    Role {
        /// Which document.
        session_id: Name,
        /// Whose role.
        user_id: Name,
        /// What they may do from now on.
        role: Role,
    },
    /// Let nobody change it, or everybody again.
    Lock {
        /// Which one.
        session_id: Name,
        /// Whether it is to be locked.
        locked: bool,
    },
    /// End it for everybody.
    Close {
        /// Which one.
        session_id: Name,
    },
}

/// What somebody may do in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "DocumentRole")]
pub enum Role {
    /// Read, and show a cursor.
    Observer,
    /// Edit too.
    Participant,
}

impl Role {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "participant" => Some(Self::Participant),
            "observer" => Some(Self::Observer),
            _ => None,
        }
    }
}

impl From<Role> for collaboration::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Observer => Self::Observer,
            Role::Participant => Self::Participant,
        }
    }
}

impl From<collaboration::Role> for Role {
    fn from(role: collaboration::Role) -> Self {
        match role {
            collaboration::Role::Observer => Self::Observer,
            collaboration::Role::Participant => Self::Participant,
        }
    }
}

/// A change of a text.
#[derive(Debug, PartialEq, Eq)]
pub struct Edit {
    /// The document; may be left out by a connection that is in one alone.
    pub session_id: Option<Name>,
    /// What it does; its end fits in 32 bits.
    pub splice: Splice,
    /// The revision the client has seen.
    pub version: u64,
}

/// Where somebody is in a text.
#[derive(Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The document; may be left out by a connection that is in one alone.
    pub session_id: Option<Name>,
    /// Where they are, or where their selection begins.
    pub position: u32,
    /// Where their selection ends; may lie before `position`.
    pub selection_end: Option<u32>,
    /// The revision both count in; without it they are told as they came.
    pub version: Option<u64>,
}

/// What an edit does, as it is called on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Text comes.
    Insert,
    /// Text goes.
    Delete,
    /// Text comes in place of text that goes.
    Replace,
}

impl Operation {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "insert" => Some(Self::Insert),
            "delete" => Some(Self::Delete),
            "replace" => Some(Self::Replace),
            _ => None,
        }
    }
}

impl From<collaboration::Operation> for Operation {
    fn from(operation: collaboration::Operation) -> Self {
        match operation {
            collaboration::Operation::Insert => Self::Insert,
            collaboration::Operation::Delete => Self::Delete,
            collaboration::Operation::Replace => Self::Replace,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    #[serde(borrow)]
    session_id: Option<&'a RawValue>,
    #[serde(borrow)]
    user_id: Option<&'a RawValue>,
    #[serde(borrow)]
    role: Option<&'a RawValue>,
    #[serde(borrow)]
    locked: Option<&'a RawValue>,
    #[serde(borrow)]
    operation: Option<&'a RawValue>,
    #[serde(borrow)]
    position: Option<&'a RawValue>,
    #[serde(borrow)]
    length: Option<&'a RawValue>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    version: Option<&'a RawValue>,
    #[serde(borrow)]
    selection_end: Option<&'a RawValue>,
}

/// Decodes a client's text.
///
/// # Errors
/// [`Invalid`] for whatever is not a message about documents.
pub fn decode(text: &str) -> Result<Request<Action>, Invalid> {
    request::decode(text, |kind, data| {
        let read: fn(&Data<'_>) -> Result<Action, Invalid> = match kind {
            "edit" => |data| edit(data).map(Action::Edit),
            "cursor" => |data| cursor(data).map(Action::Cursor),
            "join_session" => join,
            "leave_session" => |data| Ok(Action::Leave { session_id: session(data)? }),
            "role" => role,
            "lock" => lock,
            "close_session" => |data| Ok(Action::Close { session_id: session(data)? }),
            _ => return None,
        };
        Some(fields(data).and_then(|data| read(&data)))
    })
}

fn join(data: &Data<'_>) -> Result<Action, Invalid> {
    let session_id = session(data)?;
    let role = asked_role(data)?.unwrap_or(Role::Participant);
    Ok(Action::Join { session_id, role })
}

fn role(data: &Data<'_>) -> Result<Action, Invalid> {
    let session_id = session(data)?;
    let user_id = needed("data.userId", checked_name("data.userId", data.user_id)?)?;
    let role = needed("data.role", asked_role(data)?)?;
    Ok(Action::Role { session_id, user_id, role })
}

fn lock(data: &Data<'_>) -> Result<Action, Invalid> {
    let session_id = session(data)?;
    let locked = value("data.locked", "true or false", data.locked)?;
    Ok(Action::Lock { session_id, locked: needed("data.locked", locked)? })
}

fn edit(data: &Data<'_>) -> Result<Edit, Invalid> {
    let session_id = checked_name("data.sessionId", data.session_id)?;
    let what = "insert, delete or replace";
    let named = value::<String>("data.operation", what, data.operation)?;
    let Some(operation) = Operation::parse(&needed("data.operation", named)?) else {
        return Err(fault("data.operation", &format!("must be {what}")));
    };
    let position = needed("data.position", count("data.position", data.position)?)?;
    let content = value::<Box<str>>("data.content", "a text", data.content)?;
    let content = content.map(|content| Content::from(&*content));
    let length = count("data.length", data.length)?;
    let splice = spliced(operation, position, length, content)?;
    let version = value("data.version", WHOLE, data.version)?;
    let version = needed("data.version", version)?;
    Ok(Edit { session_id, splice, version })
}

/// What an operation with this `length` and `content` does; without a length it is the content's.
fn spliced(
    operation: Operation,
    position: u32,
    length: Option<u32>,
    content: Option<Content>,
) -> Result<Splice, Invalid> {
    let length = length.or_else(|| content.as_ref().map(Content::units));
    let (deleted, content) = match operation {
        Operation::Insert => (0, needed("data.content", content)?),
        Operation::Delete => (needed("data.length", length)?, Content::default()),
        Operation::Replace => {
            let content = needed("data.content", content)?;
            (length.unwrap_or_default(), content)
        }
    };
    if position.checked_add(deleted).is_none() {
        return Err(fault("data.length", "reaches past any text"));
    }
    Ok(Splice { position, deleted, content })
}

fn cursor(data: &Data<'_>) -> Result<Cursor, Invalid> {
    Ok(Cursor {
        session_id: checked_name("data.sessionId", data.session_id)?,
        position: needed("data.position", count("data.position", data.position)?)?,
        selection_end: count("data.selectionEnd", data.selection_end)?,
        version: value("data.version", WHOLE, data.version)?,
    })
}

/// What a number of a message must be.
const WHOLE: &str = "a whole number, 0 or more";

fn count(field: &'static str, raw: Option<&RawValue>) -> Result<Option<u32>, Invalid> {
    value(field, WHOLE, raw)
}

fn session(data: &Data<'_>) -> Result<Name, Invalid> {
    needed("data.sessionId", checked_name("data.sessionId", data.session_id)?)
}

fn asked_role(data: &Data<'_>) -> Result<Option<Role>, Invalid> {
    let what = "participant or observer";
    let Some(name) = value::<String>("data.role", what, data.role)? else { return Ok(None) };
    match Role::parse(&name) {
        Some(role) => Ok(Some(role)),
        None => Err(fault("data.role", &format!("must be {what}"))),
    }
}

fn needed<T>(field: &'static str, value: Option<T>) -> Result<T, Invalid> {
    value.ok_or_else(|| fault(field, "is missing"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Asked;
    use super::*;

    fn name(text: &str) -> Name {
        Name::new(text).unwrap()
    }

    fn action(kind: &str, data: &Value) -> Action {
        let text = json!({"type": kind, "data": data}).to_string();
        match decode(&text).unwrap_or_else(|invalid| panic!("{text}: {invalid:?}")).action {
            Asked::Of(action) => action,
            other => panic!("{other:?}"),
        }
    }

    /// An edit as position, deleted units, content and version.
    fn splice(data: &Value) -> (u32, u32, String, u64) {
        match action("edit", data) {
            Action::Edit(Edit { splice, version, .. }) => {
                let Splice { position, deleted, content } = splice;
                (position, deleted, content.as_str().to_owned(), version)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn whoever_does_not_say_as_what_they_join_joins_as_a_participant() {
        let joined = |role| Action::Join { session_id: name("essay"), role };
        let data = json!({"sessionId": "essay"});
        assert_eq!(action("join_session", &data), joined(Role::Participant));
        let data = json!({"sessionId": "essay", "role": "observer"});
        assert_eq!(action("join_session", &data), joined(Role::Observer));
    }

    #[test]
    fn lengths_are_those_of_the_content_where_none_is_given_in_utf_16() {
        let edit = |operation: &str, more: Value| {
            let mut data = json!({"operation": operation, "position": 3, "version": 7});
            data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            splice(&data)
        };
        let face = "a\u{1F600}";
        assert_eq!(edit("insert", json!({"content": face})), (3, 0, face.into(), 7));
        assert_eq!(edit("insert", json!({"content": "x", "length": 9})), (3, 0, "x".into(), 7));
        assert_eq!(edit("replace", json!({"content": face})), (3, 3, face.into(), 7));
        assert_eq!(edit("replace", json!({"content": "x", "length": 0})), (3, 0, "x".into(), 7));
        assert_eq!(edit("delete", json!({"content": face})), (3, 3, String::new(), 7));
        assert_eq!(edit("delete", json!({"length": 4})), (3, 4, String::new(), 7));
        let both = json!({"length": 4, "content": "x"});
        assert_eq!(edit("delete", both), (3, 4, String::new(), 7));
    }

    #[test]
    fn content_is_taken_as_it_is() {
        let data =
            json!({"operation": "insert", "position": 0, "content": " \r\n\u{0}", "version": 0});
        assert_eq!(splice(&data).2, " \r\n\u{0}");
    }

    #[test]
    fn a_cursor_needs_a_position_alone() {
        let cursor = Cursor { session_id: None, position: 4, selection_end: None, version: None };
        assert_eq!(action("cursor", &json!({"position": 4})), Action::Cursor(cursor));
        let data = json!({"sessionId": "essay", "position": 4, "selectionEnd": 1, "version": 9});
        let cursor = Cursor {
            session_id: Some(name("essay")),
            position: 4,
            selection_end: Some(1),
            version: Some(9),
        };
        assert_eq!(action("cursor", &data), Action::Cursor(cursor));
    }

    #[test]
    fn what_the_creator_says_names_the_document() {
        let session_id = || name("essay");
        let data = json!({"sessionId": "essay", "userId": "bob", "role": "observer"});
        let role = Role::Observer;
        let expected = Action::Role { session_id: session_id(), user_id: name("bob"), role };
        assert_eq!(action("role", &data), expected);
        let data = json!({"sessionId": "essay", "locked": true});
        assert_eq!(action("lock", &data), Action::Lock { session_id: session_id(), locked: true });
        let data = json!({"sessionId": "essay"});
        assert_eq!(action("close_session", &data), Action::Close { session_id: session_id() });
        assert_eq!(action("leave_session", &data), Action::Leave { session_id: session_id() });
    }

    #[test]
    fn every_fault_names_its_field() {
        let edit = |more: &str| format!(r#"{{"type":"edit","data":{{{more}}}}}"#);
        let insert = |more: &str| edit(&format!(r#""operation":"insert","content":"x"{more}"#));
        let cases = [
            (r#"{"type":"message","data":{"content":"hi"}}"#.into(), "type"),
            (r#"{"type":"edit"}"#.into(), "data.operation"),
            (r#"{"type":"edit","data":[]}"#.into(), "data"),
            (r#"{"type":"edit","data":{"position":1,"position":1}}"#.into(), "data"),
            (edit(r#""operation":"swap""#), "data.operation"),
            (edit(r#""operation":7"#), "data.operation"),
            (insert(""), "data.position"),
            (insert(r#","position":-1,"version":0"#), "data.position"),
            (insert(r#","position":1.5,"version":0"#), "data.position"),
            (insert(r#","position":"1","version":0"#), "data.position"),
            (insert(r#","position":4294967296,"version":0"#), "data.position"),
            (insert(r#","position":1"#), "data.version"),
            (insert(r#","position":1,"version":-1"#), "data.version"),
            (insert(r#","position":1,"version":0,"length":-1"#), "data.length"),
            (insert(r#","position":1,"version":0,"sessionId":"""#), "data.sessionId"),
            (edit(r#""operation":"insert","position":0,"version":0"#), "data.content"),
            (edit(r#""operation":"insert","position":0,"version":0,"content":7"#), "data.content"),
            (
                edit(r#""operation":"insert","position":0,"version":0,"content":"\ud83d""#),
                "data.content",
            ),
            (edit(r#""operation":"replace","position":0,"version":0,"length":1"#), "data.content"),
            (edit(r#""operation":"delete","position":0,"version":0"#), "data.length"),
            (
                edit(r#""operation":"delete","position":9,"version":0,"length":4294967295"#),
                "data.length",
            ),
            (r#"{"type":"cursor","data":{}}"#.into(), "data.position"),
            (
                r#"{"type":"cursor","data":{"position":0,"selectionEnd":"x"}}"#.into(),
                "data.selectionEnd",
            ),
            (r#"{"type":"cursor","data":{"position":0,"version":-1}}"#.into(), "data.version"),
            (r#"{"type":"join_session","data":{}}"#.into(), "data.sessionId"),
            (r#"{"type":"join_session","data":{"sessionId":"a\nb"}}"#.into(), "data.sessionId"),
            (
                r#"{"type":"join_session","data":{"sessionId":"a","role":"owner"}}"#.into(),
                "data.role",
            ),
            (r#"{"type":"leave_session"}"#.into(), "data.sessionId"),
            (r#"{"type":"role","data":{"sessionId":"a","role":"observer"}}"#.into(), "data.userId"),
            (r#"{"type":"role","data":{"sessionId":"a","userId":"b"}}"#.into(), "data.role"),
            (r#"{"type":"lock","data":{"sessionId":"a"}}"#.into(), "data.locked"),
            (r#"{"type":"lock","data":{"sessionId":"a","locked":1}}"#.into(), "data.locked"),
            (r#"{"type":"close_session","data":{}}"#.into(), "data.sessionId"),
        ];
        for (text, field) in cases {
            assert_eq!(decode(&text).unwrap_err().field, field, "{text}");
        }
    }
}
