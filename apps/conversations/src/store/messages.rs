//! Messages: one insert each, and the look-ups that tell a repeat from a conflict.

use std::sync::Arc;

use model::Timestamp;
use storage::rusqlite::{Connection, OptionalExtension, Result, Row, ToSql, params};

use super::lineage;
use super::rooms::{self, Place};
use crate::{Author, Message, MessageType, RoomRef};

/// How far ahead of the clock the newest message may be for the next one to follow it in time;
/// past that the clock was set back, and is right.
const AHEAD_MILLIS_MAX: i64 = 60_000;

/// A message that has no place yet.
pub(crate) struct Draft {
    pub(crate) id: Arc<str>,
    pub(crate) room: RoomRef,
    pub(crate) author: Author,
    pub(crate) content: Arc<str>,
    pub(crate) message_type: MessageType,
    pub(crate) client_id: Option<Box<str>>,
    /// Whether it is to be stored where it is no repeat.
    pub(crate) may_store: bool,
}

/// What inserting a draft did.
#[derive(Debug)]
pub(crate) enum Applied {
    /// It is stored.
    New {
        /// In which conversation.
        conversation: i64,
        /// With its place.
        message: Arc<Message>,
    },
    /// It had been stored before, so.
    Repeat(Arc<Message>),
    /// Its client id belongs to another message.
    Conflict,
    /// It is new, and was not to be stored.
    Withheld,
}

/// What [`message`] reads.
pub(crate) const COLUMNS: &str =
    "seq, id, user_id, agent_id, username, content, message_type, created_at, client_id";

/// Stores `draft` behind the last message of its room's conversation, unless it is there already.
pub(crate) fn insert(db: &Connection, draft: &Draft, now: Timestamp) -> Result<Applied> {
    if !draft.may_store {
        let room = rooms::find(db, &draft.room)?.map(|place| place.room);
        return Ok(draft.compared(earlier(db, draft, room)?, Applied::Withheld));
    }
    let place = rooms::place(db, &draft.room)?;
    let (seq, at) = (place.last_seq + 1, behind(last_at(db, place)?, now));
    if insert_at(db, draft, place, seq, at)? {
        if let Author::User { id, .. } = &draft.author {
            rooms::note_author(db, id, place.room)?;
        }
        let message = Arc::new(draft.stored(seq, at));
        return Ok(Applied::New { conversation: place.conversation, message });
    }
    Ok(draft.compared(earlier(db, draft, Some(place.room))?, Applied::Conflict))
}

/// When the newest message of the log was stored.
fn last_at(db: &Connection, place: Place) -> Result<Option<Timestamp>> {
    if place.last_at.is_some() || place.last_seq == 0 {
        return Ok(place.last_at);
    }
    lineage::of(db, place.conversation)?.created_at(db, place.last_seq)
}

/// The time of a message behind one of `last`: a later millisecond, so that a moment tells the
/// messages of a log apart as well as a `seq` does.
fn behind(last: Option<Timestamp>, now: Timestamp) -> Timestamp {
    match last.map(|last| last.plus_millis(1)) {
        Some(next) if now < next && next <= now.plus_millis(AHEAD_MILLIS_MAX) => next,
        _ => now,
    }
}

/// Whether it was inserted; `false` where its id or its client id is taken.
fn insert_at(
    db: &Connection,
    draft: &Draft,
    place: Place,
    seq: u64,
    now: Timestamp,
) -> Result<bool> {
    let sql = "INSERT INTO conversation_messages(conversation, seq, id, room, user_id, agent_id,
                   username, content, message_type, created_at, client_id)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING";
    let (user_id, agent_id, username) = match &draft.author {
        Author::User { id, name } => (Some(&**id), None, Some(&**name)),
        Author::Agent { id } => (None, Some(&**id), None),
    };
    let inserted = db.prepare_cached(sql)?.execute(params![
        place.conversation,
        seq,
        &*draft.id,
        place.room,
        user_id,
        agent_id,
        username,
        &*draft.content,
        draft.message_type.as_str(),
        now.as_millis(),
        draft.client_id.as_deref(),
    ])?;
    Ok(inserted > 0)
}

/// What was stored before under the draft's client id in this room, or under its own id.
fn earlier(db: &Connection, draft: &Draft, room: Option<i64>) -> Result<Option<Message>> {
    let repeated = match room {
        Some(room) => find_repeated(db, draft, room)?,
        None => None,
    };
    match repeated {
        Some(earlier) => Ok(Some(earlier)),
        None => find(db, &draft.id),
    }
}

/// The message its author stored under this client id in this room.
fn find_repeated(db: &Connection, draft: &Draft, room: i64) -> Result<Option<Message>> {
    let (Author::User { id, .. }, Some(client_id)) = (&draft.author, &draft.client_id) else {
        return Ok(None);
    };
    let sql = sql("user_id = ?1 AND room = ?2 AND client_id = ?3");
    let key: [&dyn ToSql; 3] = [&&**id, &room, client_id];
    db.prepare_cached(&sql)?.query_row(key, message).optional()
}

fn find(db: &Connection, id: &str) -> Result<Option<Message>> {
    db.prepare_cached(&sql("id = ?1"))?.query_row([id], message).optional()
}

/// The conversation and `seq` of the message of this id.
pub(crate) fn place_of(db: &Connection, id: &str) -> Result<Option<(i64, u64)>> {
    let sql = "SELECT conversation, seq FROM conversation_messages WHERE id = ?1";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

fn sql(condition: &str) -> String {
    format!("SELECT {COLUMNS} FROM conversation_messages WHERE {condition}")
}

/// A row of [`COLUMNS`].
pub(crate) fn message(row: &Row<'_>) -> Result<Message> {
    let text = |column| -> Result<&str> { Ok(row.get_ref(column)?.as_str()?) };
    let author = match row.get_ref(3)?.as_str_or_null()? {
        Some(agent) => Author::Agent { id: agent.into() },
        None => Author::User { id: text(2)?.into(), name: text(4)?.into() },
    };
    Ok(Message {
        id: text(1)?.into(),
        seq: row.get(0)?,
        author,
        content: text(5)?.into(),
        message_type: MessageType::parse(text(6)?).unwrap_or_default(),
        created_at: Timestamp::from_millis(row.get(7)?),
        client_id: row.get_ref(8)?.as_str_or_null()?.map(Into::into),
    })
}

impl Draft {
    fn stored(&self, seq: u64, created_at: Timestamp) -> Message {
        Message {
            id: Arc::clone(&self.id),
            seq,
            author: self.author.clone(),
            content: Arc::clone(&self.content),
            message_type: self.message_type,
            created_at,
            client_id: self.client_id.clone(),
        }
    }

    /// What the draft is beside what was stored before; `unknown` where nothing was.
    fn compared(&self, earlier: Option<Message>, unknown: Applied) -> Applied {
        match earlier {
            Some(earlier) if self.says_the_same(&earlier) => Applied::Repeat(Arc::new(earlier)),
            Some(_) => Applied::Conflict,
            None => unknown,
        }
    }

    fn says_the_same(&self, earlier: &Message) -> bool {
        self.author.id() == earlier.author.id()
            && self.author.is_agent() == earlier.author.is_agent()
            && self.message_type == earlier.message_type
            && self.content == earlier.content
    }
}
