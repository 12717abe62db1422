//! The tables of conversations and the SQL on them.
//!
//! **Invariants**
//! - `seq` is dense in a conversation. What is deleted is deleted from its beginning, and
//!   `dropped` says up to where.
//! - A conversation with a `parent` continues it: its messages up to `base` are the parent's, its
//!   own come after. So separated rooms keep what they shared without a copy of it.
//! - A message that came without a client id is in no index of client ids: one page less to write.
//! - A message's `room` is the room it was said in, whichever conversation that shows later.
//!
//! Functions take the connection of a read or the transaction of a commit; none begins or ends one.

pub(crate) mod bridges;
pub(crate) mod lineage;
pub(crate) mod messages;
pub(crate) mod pages;
pub(crate) mod rooms;
pub(crate) mod sweep;

use storage::Migration;

/// The tables of this crate, oldest migration first.
pub const MIGRATIONS: &[Migration] = &[Migration {
    name: "conversations.0001",
    sql: "
CREATE TABLE conversations(
    id INTEGER PRIMARY KEY,
    parent INTEGER,
    base INTEGER NOT NULL DEFAULT 0,
    dropped INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE conversation_rooms(
    id INTEGER PRIMARY KEY,
    side TEXT NOT NULL,
    name TEXT NOT NULL,
    conversation INTEGER NOT NULL,
    UNIQUE (side, name)
) STRICT;
CREATE TABLE conversation_messages(
    conversation INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    room INTEGER NOT NULL,
    user_id TEXT,
    agent_id TEXT,
    username TEXT,
    content TEXT NOT NULL,
    message_type TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    client_id TEXT,
    PRIMARY KEY (conversation, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX conversation_messages_by_id ON conversation_messages(id);
CREATE UNIQUE INDEX conversation_messages_by_author
    ON conversation_messages(user_id, room, client_id) WHERE client_id IS NOT NULL;
CREATE TABLE conversation_authors(
    user_id TEXT NOT NULL,
    room INTEGER NOT NULL,
    PRIMARY KEY (user_id, room)
) STRICT, WITHOUT ROWID;
CREATE TABLE conversation_bridges(
    id TEXT NOT NULL PRIMARY KEY,
    chat TEXT UNIQUE,
    room TEXT UNIQUE,
    session TEXT UNIQUE,
    conversation INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
",
}];
