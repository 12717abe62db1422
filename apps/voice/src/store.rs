//! The tables of sessions, of who may join and of who was in, and the SQL on them.
//!
//! **Invariants.** An id names one session for as long as that is kept: after its end nobody joins it again.
//! Who joined stands in `voice_attendees` from the commit that let them in.
//!
//! Functions take the connection of a read or the transaction of a commit; none begins or ends one.

pub(crate) mod notes;
pub(crate) mod old;
pub(crate) mod transcript;

use model::Timestamp;
use storage::Migration;
use storage::rusqlite::{Connection, OptionalExtension, Result, Row, params};

use crate::protocol::Status;

/// The tables of this crate, oldest migration first.
pub const MIGRATIONS: &[Migration] =
    &[SESSIONS, notes::NOTES, transcript::TRANSCRIPT, STATUS, old::BY_END];

const SESSIONS: Migration = Migration {
    name: "voice.0001",
    sql: "
CREATE TABLE voice_sessions(
    id TEXT NOT NULL PRIMARY KEY,
    owner_id TEXT NOT NULL,
    restricted INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_activity INTEGER NOT NULL,
    ended_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX voice_sessions_open ON voice_sessions(last_activity) WHERE ended_at IS NULL;
CREATE INDEX voice_sessions_open_by_owner ON voice_sessions(owner_id) WHERE ended_at IS NULL;
CREATE TABLE voice_members(
    session_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (session_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE voice_attendees(
    session_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    username TEXT NOT NULL,
    joined_at INTEGER NOT NULL,
    PRIMARY KEY (session_id, user_id)
) STRICT, WITHOUT ROWID;
",
};

const STATUS: Migration = Migration {
    name: "voice.0002",
    sql: "ALTER TABLE voice_sessions ADD COLUMN status TEXT NOT NULL DEFAULT 'active';",
};

/// Members a restricted session may have, its owner left out.
pub(crate) const MEMBERS_MAX: usize = 1000;
/// Sessions of one owner that have not ended.
pub(crate) const OPEN_SESSIONS_MAX: usize = 1000;
/// People who may have been in one session.
pub(crate) const ATTENDEES_MAX: usize = 10_000;

/// One stored session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionRow {
    pub(crate) id: String,
    pub(crate) owner_id: String,
    /// Whether only the owner and members may join.
    pub(crate) restricted: bool,
    pub(crate) created_at: Timestamp,
    /// When anybody in it last did something; up to five minutes behind.
    pub(crate) last_activity: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
    /// What it is doing.
    pub(crate) status: Status,
}

/// Whoever joins, as a token says who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attendee {
    pub(crate) user_id: String,
    pub(crate) username: String,
}

/// What became of joining.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entered {
    /// They may.
    Yes(SessionRow),
    /// Not for them, or over.
    No,
    /// They own as many sessions as one may.
    TooMany,
    /// As many people were in it as may have been.
    Full,
}

/// What became of making a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// It is there.
    Yes,
    /// There is one of this id.
    Taken,
    /// Its owner has as many as one may.
    TooMany,
}

const COLUMNS: &str = "id, owner_id, restricted, created_at, last_activity, ended_at, status";

/// The session, if there is one of this id.
pub(crate) fn find(db: &Connection, id: &str) -> Result<Option<SessionRow>> {
    let sql = format!("SELECT {COLUMNS} FROM voice_sessions WHERE id = ?1");
    db.prepare_cached(&sql)?.query_row([id], session).optional()
}

/// Somebody joins; the first makes the session.
pub(crate) fn enter(
    db: &Connection,
    id: &str,
    attendee: &Attendee,
    now: Timestamp,
) -> Result<Entered> {
    let row = match find(db, id)? {
        Some(row) => row,
        None if open_of(db, &attendee.user_id)? >= OPEN_SESSIONS_MAX => {
            return Ok(Entered::TooMany);
        }
        None => {
            let row = SessionRow {
                id: id.to_owned(),
                owner_id: attendee.user_id.clone(),
                restricted: false,
                created_at: now,
                last_activity: now,
                ended_at: None,
                status: Status::default(),
            };
            insert_row(db, &row)?;
            row
        }
    };
    let may_enter = row.ended_at.is_none() && may_join(db, &row, &attendee.user_id)?;
    if !may_enter {
        return Ok(Entered::No);
    }
    if !attend(db, id, attendee, now)? {
        return Ok(Entered::Full);
    }
    set_activity(db, id, now)?;
    Ok(Entered::Yes(row))
}

/// Makes a session that only its owner and `members` may join, or anybody where there are none named.
pub(crate) fn insert(
    db: &Connection,
    row: &SessionRow,
    members: Option<&[String]>,
) -> Result<Made> {
    if find(db, &row.id)?.is_some() {
        return Ok(Made::Taken);
    }
    if open_of(db, &row.owner_id)? >= OPEN_SESSIONS_MAX {
        return Ok(Made::TooMany);
    }
    insert_row(db, row)?;
    let sql = "INSERT OR IGNORE INTO voice_members(session_id, user_id) VALUES (?1, ?2)";
    let mut statement = db.prepare_cached(sql)?;
    for member in members.unwrap_or_default() {
        statement.execute([&row.id, member])?;
    }
    Ok(Made::Yes)
}

/// Whether `user` may join it: it is open, theirs, or they are one of its members.
pub(crate) fn may_join(db: &Connection, row: &SessionRow, user: &str) -> Result<bool> {
    if !row.restricted || row.owner_id == user {
        return Ok(true);
    }
    let sql = "SELECT 1 FROM voice_members WHERE session_id = ?1 AND user_id = ?2";
    db.prepare_cached(sql)?.exists([&*row.id, user])
}

/// Whether `user` was in the session.
pub(crate) fn has_attended(db: &Connection, id: &str, user: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM voice_attendees WHERE session_id = ?1 AND user_id = ?2";
    db.prepare_cached(sql)?.exists([id, user])
}

/// The name under which `user` was in the session, if they were.
pub(crate) fn username(db: &Connection, id: &str, user: &str) -> Result<Option<String>> {
    let sql = "SELECT username FROM voice_attendees WHERE session_id = ?1 AND user_id = ?2";
    db.prepare_cached(sql)?.query_row([id, user], |row| row.get(0)).optional()
}

/// Its members, by id, at most [`MEMBERS_MAX`]; the owner left out.
pub(crate) fn members(db: &Connection, id: &str) -> Result<Vec<String>> {
    let sql = "SELECT user_id FROM voice_members WHERE session_id = ?1 ORDER BY user_id LIMIT ?2";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_map(params![id, MEMBERS_MAX], |row| row.get(0))?.collect()
}

/// The session is over; whether it was not before.
pub(crate) fn end(db: &Connection, id: &str, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE voice_sessions SET ended_at = ?2, last_activity = ?2
               WHERE id = ?1 AND ended_at IS NULL";
    Ok(db.prepare_cached(sql)?.execute(params![id, now.as_millis()])? > 0)
}

/// Somebody in it did something at that moment.
pub(crate) fn set_activity(db: &Connection, id: &str, at: Timestamp) -> Result<()> {
    let sql = "UPDATE voice_sessions SET last_activity = ?2 WHERE id = ?1 AND last_activity < ?2";
    db.prepare_cached(sql)?.execute(params![id, at.as_millis()])?;
    Ok(())
}

/// It does something else now.
pub(crate) fn set_status(db: &Connection, id: &str, status: Status) -> Result<()> {
    let sql = "UPDATE voice_sessions SET status = ?2 WHERE id = ?1";
    db.prepare_cached(sql)?.execute([id, status.as_str()])?;
    Ok(())
}

/// Ends those in which nobody has done anything since `before`, at most `count_max`; their ids.
pub(crate) fn end_idle(
    db: &Connection,
    before: Timestamp,
    now: Timestamp,
    count_max: usize,
) -> Result<Vec<String>> {
    let sql = "UPDATE voice_sessions SET ended_at = ?2 WHERE id IN (
                 SELECT id FROM voice_sessions WHERE ended_at IS NULL AND last_activity < ?1
                 ORDER BY last_activity LIMIT ?3
               ) RETURNING id";
    let mut statement = db.prepare_cached(sql)?;
    let bounds = params![before.as_millis(), now.as_millis(), count_max];
    statement.query_map(bounds, |row| row.get(0))?.collect()
}

fn insert_row(db: &Connection, row: &SessionRow) -> Result<()> {
    let sql = "INSERT INTO voice_sessions(id, owner_id, restricted, created_at, last_activity)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    db.prepare_cached(sql)?.execute(params![
        row.id,
        row.owner_id,
        row.restricted,
        row.created_at.as_millis(),
        row.last_activity.as_millis(),
    ])?;
    Ok(())
}

/// Notes who was in; whether there was room for them.
fn attend(db: &Connection, id: &str, attendee: &Attendee, now: Timestamp) -> Result<bool> {
    let Attendee { user_id, username } = attendee;
    if has_attended(db, id, user_id)? {
        return Ok(true);
    }
    let sql = "SELECT count(*) FROM voice_attendees WHERE session_id = ?1";
    let were_in: usize = db.prepare_cached(sql)?.query_row([id], |row| row.get(0))?;
    if were_in >= ATTENDEES_MAX {
        return Ok(false);
    }
    let sql = "INSERT INTO voice_attendees(session_id, user_id, username, joined_at)
               VALUES (?1, ?2, ?3, ?4)";
    db.prepare_cached(sql)?.execute(params![id, user_id, username, now.as_millis()])?;
    Ok(true)
}

/// How many sessions of `owner` have not ended.
fn open_of(db: &Connection, owner: &str) -> Result<usize> {
    let sql = "SELECT count(*) FROM voice_sessions WHERE owner_id = ?1 AND ended_at IS NULL";
    db.prepare_cached(sql)?.query_row([owner], |row| row.get(0))
}

fn session(row: &Row<'_>) -> Result<SessionRow> {
    let (ended_at, status): (Option<i64>, String) = (row.get(5)?, row.get(6)?);
    let status = Status::named(&status).unwrap_or_default();
    Ok(SessionRow {
        id: row.get(0)?,
        owner_id: row.get(1)?,
        restricted: row.get(2)?,
        created_at: Timestamp::from_millis(row.get(3)?),
        last_activity: Timestamp::from_millis(row.get(4)?),
        ended_at: ended_at.map(Timestamp::from_millis),
        status: if ended_at.is_some() { Status::Ended } else { status },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Connection {
        let db = Connection::open_in_memory().unwrap();
        MIGRATIONS.iter().for_each(|migration| db.execute_batch(migration.sql).unwrap());
        db
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn named(user: &str) -> Attendee {
        Attendee { user_id: user.into(), username: user.to_uppercase() }
    }

    fn row(id: &str, owner: &str, restricted: bool) -> SessionRow {
        SessionRow {
            id: id.into(),
            owner_id: owner.into(),
            restricted,
            created_at: at(1),
            last_activity: at(1),
            ended_at: None,
            status: Status::Active,
        }
    }

    #[test]
    fn the_first_to_join_makes_the_session_theirs() {
        let db = database();
        let Entered::Yes(made) = enter(&db, "s", &named("ada"), at(5)).unwrap() else { panic!() };
        assert_eq!((made.owner_id.as_str(), made.created_at), ("ada", at(5)));
        let Entered::Yes(found) = enter(&db, "s", &named("bob"), at(9)).unwrap() else { panic!() };
        assert_eq!(found, made);
        assert_eq!(find(&db, "s").unwrap().unwrap().last_activity, at(9));
        assert!(has_attended(&db, "s", "bob").unwrap());
        assert!(!has_attended(&db, "s", "eve").unwrap());
    }

    #[test]
    fn a_restricted_session_takes_its_owner_and_its_members_only() {
        let db = database();
        let members = ["bob".to_owned(), "bob".to_owned()];
        assert_eq!(insert(&db, &row("s", "ada", true), Some(&members)).unwrap(), Made::Yes);
        assert_eq!(insert(&db, &row("s", "eve", true), None).unwrap(), Made::Taken);
        for (user, may) in [("ada", true), ("bob", true), ("eve", false)] {
            let entered = enter(&db, "s", &named(user), at(2)).unwrap();
            assert_eq!(matches!(entered, Entered::Yes(_)), may, "{user}");
        }
        assert_eq!(members_of(&db), ["bob"]);
        assert!(!has_attended(&db, "s", "eve").unwrap());
    }

    fn members_of(db: &Connection) -> Vec<String> {
        members(db, "s").unwrap()
    }

    #[test]
    fn an_ended_session_is_not_joined_again() {
        let db = database();
        enter(&db, "s", &named("ada"), at(1)).unwrap();
        assert!(end(&db, "s", at(2)).unwrap());
        assert!(!end(&db, "s", at(3)).unwrap());
        assert_eq!(enter(&db, "s", &named("ada"), at(4)).unwrap(), Entered::No);
        assert_eq!(find(&db, "s").unwrap().unwrap().ended_at, Some(at(2)));
    }

    #[test]
    fn those_without_activity_end_the_oldest_first() {
        let db = database();
        for (id, when) in [("a", 10), ("b", 20), ("c", 30)] {
            enter(&db, id, &named("ada"), at(when)).unwrap();
        }
        set_activity(&db, "a", at(25)).unwrap();
        set_activity(&db, "a", at(5)).unwrap();
        assert_eq!(end_idle(&db, at(30), at(40), 1).unwrap(), ["b"]);
        assert_eq!(end_idle(&db, at(30), at(40), 9).unwrap(), ["a"]);
        assert_eq!(end_idle(&db, at(30), at(40), 9).unwrap(), [""; 0]);
    }

    #[test]
    fn sessions_of_one_owner_stop_at_their_bound_and_go_on_when_one_ends() {
        let db = database();
        for number in 0..OPEN_SESSIONS_MAX {
            enter(&db, &number.to_string(), &named("ada"), at(1)).unwrap();
        }
        assert_eq!(enter(&db, "late", &named("ada"), at(2)).unwrap(), Entered::TooMany);
        assert_eq!(insert(&db, &row("late", "ada", false), None).unwrap(), Made::TooMany);
        assert!(matches!(enter(&db, "late", &named("bob"), at(2)).unwrap(), Entered::Yes(_)));
        end(&db, "7", at(3)).unwrap();
        assert!(matches!(enter(&db, "later", &named("ada"), at(4)).unwrap(), Entered::Yes(_)));
    }

    #[test]
    fn people_of_one_session_stop_at_their_bound_and_those_who_were_in_come_back() {
        let db = database();
        for number in 0..ATTENDEES_MAX {
            attend(&db, "s", &named(&number.to_string()), at(1)).unwrap();
        }
        insert(&db, &row("s", "0", false), None).unwrap();
        assert_eq!(enter(&db, "s", &named("late"), at(2)).unwrap(), Entered::Full);
        assert!(matches!(enter(&db, "s", &named("7"), at(2)).unwrap(), Entered::Yes(_)));
    }
}
