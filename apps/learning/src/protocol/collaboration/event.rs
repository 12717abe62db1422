//! What a client is told of documents.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Operation, Role};
use crate::collaboration::Splice;
use crate::protocol::Event;

/// One is in a document now.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionJoined<'a> {
    /// The document.
    pub session_id: &'a str,
    /// What one may do: what was asked for, or the lower one that is granted.
    pub role: Role,
    /// Its whole text, as JSON.
    #[schemars(with = "String")]
    pub content: &'a RawValue,
    /// The revision of the text: how many edits there were.
    pub version: u64,
    /// Who is in it, oneself included; at most 1,000.
    pub participants: Vec<Participant<'a>>,
    /// Who may change roles, lock it and close it.
    pub creator_id: &'a str,
    /// Whether nobody may edit.
    pub locked: bool,
}

/// Somebody who is in a document.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Participant<'a> {
    /// Who.
    pub user_id: &'a str,
    /// Their display name.
    pub username: &'a str,
    /// What they may do.
    pub role: Role,
}

/// Somebody came, or is something else from now on.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantJoined<'a> {
    /// The document.
    pub session_id: &'a str,
    /// Who.
    pub user_id: &'a str,
    /// Their display name.
    pub username: &'a str,
    /// What they may do.
    pub role: Role,
}

/// Who is in a document, once more: to a client that was so far behind that comings and goings were left out.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Participants<'a> {
    /// The document.
    pub session_id: &'a str,
    /// Who is in it, oneself included; at most 1,000.
    pub participants: Vec<Participant<'a>>,
}

/// Somebody left, or dropped five seconds ago.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantLeft<'a> {
    /// The document.
    pub session_id: &'a str,
    /// Who.
    pub user_id: &'a str,
    /// Their display name.
    pub username: &'a str,
    /// What they could do.
    pub role: Role,
}

/// One is in that document no more.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionLeft<'a> {
    /// The document.
    pub session_id: &'a str,
}

/// One's edit is stored, as it stands in the order of all.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EditAck<'a> {
    /// The document.
    pub session_id: &'a str,
    /// The revision it made.
    pub version: u64,
    /// Where it stands in the revision before.
    pub position: u32,
    /// Units that came, for what only inserts; else units that went. 0 where nothing is left of it.
    pub length: u32,
}

impl<'a> EditAck<'a> {
    /// The answer to an edit that became `version` as this splice.
    #[must_use]
    pub fn new(session_id: &'a str, version: u64, splice: &Splice) -> Self {
        Self { session_id, version, position: splice.position, length: splice.length() }
    }
}

/// Somebody edited; it applies to the revision before.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Edited<'a> {
    /// The document.
    pub session_id: &'a str,
    /// What it does; one of which nothing is left inserts an empty text.
    pub operation: Operation,
    /// Where.
    pub position: u32,
    /// What comes; empty for `delete`.
    pub content: &'a str,
    /// Units that come, for `insert`; else units that go.
    pub length: u32,
    /// Whose it is.
    pub author: &'a str,
    /// The revision it makes.
    pub version: u64,
}

impl<'a> Edited<'a> {
    /// The event of an edit that became `version` as this splice.
    #[must_use]
    pub fn new(session_id: &'a str, version: u64, splice: &'a Splice, author: &'a str) -> Self {
        let (operation, position) = (splice.operation().into(), splice.position);
        let (content, length) = (splice.content.as_str(), splice.length());
        Self { session_id, operation, position, content, length, author, version }
    }
}

/// The text anew: what one has of it is to be thrown away, edits in flight included.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resync<'a> {
    /// The document.
    pub session_id: &'a str,
    /// Its whole text.
    pub content: &'a str,
    /// The revision of the text.
    pub version: u64,
}

/// Where somebody is now.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename = "CursorMoved", rename_all = "camelCase")]
pub struct CursorMoved<'a> {
    /// The document.
    pub session_id: &'a str,
    /// Who.
    pub user_id: &'a str,
    /// Their display name.
    pub username: &'a str,
    /// Where they are, or where their selection begins.
    pub position: u32,
    /// Where their selection ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection_end: Option<u32>,
    /// The revision both count in, where the sender named one; its edits may come right behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// What somebody may do was changed.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoleChanged<'a> {
    /// The document.
    pub session_id: &'a str,
    /// Whose role.
    pub user_id: &'a str,
    /// What they may do from now on.
    pub role: Role,
}

/// The document was locked, or opened again.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LockChanged<'a> {
    /// The document.
    pub session_id: &'a str,
    /// Whether nobody may edit.
    pub locked: bool,
}

/// The document was closed: nobody is in it any more, and nobody can join it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionClosed<'a> {
    /// The document.
    pub session_id: &'a str,
}

macro_rules! events {
    ($($event:ty => $name:literal),+ $(,)?) => {
        $(impl Event for $event {
            const TYPE: &'static str = $name;
        })+
    };
}

events! {
    SessionJoined<'_> => "session_joined",
    SessionLeft<'_> => "session_left",
    ParticipantJoined<'_> => "participant_joined",
    ParticipantLeft<'_> => "participant_left",
    Participants<'_> => "participants",
    EditAck<'_> => "edit_ack",
    Edited<'_> => "edit",
    Resync<'_> => "resync",
    CursorMoved<'_> => "cursor",
    RoleChanged<'_> => "role_changed",
    LockChanged<'_> => "lock_changed",
    SessionClosed<'_> => "session_closed",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_called_by_what_is_left_of_it() {
        let left = |deleted, content| {
            let splice = Splice::replace(1, deleted, content);
            let edit = Edited::new("d", 2, &splice, "ada");
            let ack = EditAck::new("d", 2, &splice);
            assert_eq!((ack.position, ack.length), (1, edit.length));
            (edit.operation, edit.length)
        };
        assert_eq!(left(0, "a\u{1F600}"), (Operation::Insert, 3));
        assert_eq!(left(4, ""), (Operation::Delete, 4));
        assert_eq!(left(4, "a"), (Operation::Replace, 4));
        assert_eq!(left(0, ""), (Operation::Insert, 0));
    }
}
