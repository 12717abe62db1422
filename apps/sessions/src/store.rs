//! The tables of sessions, their members, their open questions and people's instructions, and the
//! SQL on them.
//!
//! **Invariants.** The owner is a member, so one index lists somebody's sessions. Session ids are
//! made here and sort by time. A question stands in its table from the commit of its message until
//! the commit of its answer; it is named by its message's id, because a bridge gives a session
//! another conversation, in which the same `seq` is another message.
//!
//! Functions take the connection of a read or the transaction of a commit; none begins or ends one.

use model::Timestamp;
use storage::Migration;
use storage::rusqlite::{Connection, OptionalExtension, Result, Row, params};

use crate::protocol::SessionView;

/// The tables of this crate, oldest migration first.
pub const MIGRATIONS: &[Migration] = &[Migration {
    name: "sessions.0001",
    sql: "
CREATE TABLE sessions(
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    title TEXT,
    project_id TEXT,
    open INTEGER NOT NULL,
    owner_id TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE session_members(
    session_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (session_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_members_by_user ON session_members(user_id, session_id);
CREATE TABLE session_questions(
    place INTEGER NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    project_id TEXT,
    UNIQUE (session_id, message_id)
) STRICT;
CREATE TABLE session_instructions(
    user_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (user_id, project_id)
) STRICT, WITHOUT ROWID;
",
}];

/// People one session may have.
pub(crate) const MEMBERS_MAX: usize = 1000;
/// Projects one person may have instructions for.
pub(crate) const INSTRUCTIONS_MAX: usize = 1000;

/// The project id under which somebody's general instructions stand; no client can name it.
const GENERAL: &str = "";

/// One stored session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionRow {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) title: Option<String>,
    pub(crate) project_id: Option<String>,
    pub(crate) open: bool,
    pub(crate) owner_id: String,
    pub(crate) created_at: Timestamp,
}

impl SessionRow {
    /// Bytes of its texts.
    pub(crate) fn bytes(&self) -> usize {
        let optional = [&self.title, &self.project_id].into_iter().flatten();
        let texts = [&self.id, &self.kind, &self.owner_id].into_iter().chain(optional);
        texts.map(String::len).sum()
    }
}

impl From<SessionRow> for SessionView {
    fn from(row: SessionRow) -> Self {
        let SessionRow { id, kind, title, project_id, open, owner_id, created_at } = row;
        let created_at = created_at.to_string();
        Self { id, kind, title, project_id, open, owner_id, created_at }
    }
}

/// A message that waits for an agent's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QuestionRow {
    pub(crate) message_id: String,
    /// The project it was asked about, where it was said.
    pub(crate) project_id: Option<String>,
}

/// Whether something was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// It is new.
    New,
    /// It was there already.
    Already,
    /// There is no room for more.
    Full,
}

/// Somebody's instructions, for one project or in general.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InstructionRow {
    pub(crate) project_id: Option<String>,
    pub(crate) text: String,
}

const COLUMNS: &str = "id, kind, title, project_id, open, owner_id, created_at";

pub(crate) fn insert(db: &Connection, session: &SessionRow) -> Result<()> {
    let sql = "INSERT INTO sessions(id, kind, title, project_id, open, owner_id, created_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    db.prepare_cached(sql)?.execute(params![
        session.id,
        session.kind,
        session.title,
        session.project_id,
        session.open,
        session.owner_id,
        session.created_at.as_millis(),
    ])?;
    add_row(db, &session.id, &session.owner_id)?;
    Ok(())
}

pub(crate) fn find(db: &Connection, id: &str) -> Result<Option<SessionRow>> {
    let sql = format!("SELECT {COLUMNS} FROM sessions WHERE id = ?1");
    db.prepare_cached(&sql)?.query_row([id], session).optional()
}

pub(crate) fn is_member(db: &Connection, session: &str, user: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM session_members WHERE session_id = ?1 AND user_id = ?2";
    db.prepare_cached(sql)?.exists([session, user])
}

/// Sessions `user` owns or is a member of, newest first, older than session `before`.
pub(crate) fn of_user(
    db: &Connection,
    user: &str,
    before: Option<&str>,
    count_max: usize,
) -> Result<Vec<SessionRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM session_members JOIN sessions ON id = session_id
         WHERE user_id = ?1 AND (?2 IS NULL OR session_id < ?2)
         ORDER BY session_id DESC LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    statement.query_map(params![user, before, count_max], session)?.collect()
}

pub(crate) fn add_member(db: &Connection, session: &str, user: &str) -> Result<Added> {
    if is_member(db, session, user)? {
        return Ok(Added::Already);
    }
    let sql = "SELECT count(*) FROM session_members WHERE session_id = ?1";
    let members: usize = db.prepare_cached(sql)?.query_row([session], |row| row.get(0))?;
    if members >= MEMBERS_MAX {
        return Ok(Added::Full);
    }
    add_row(db, session, user)?;
    Ok(Added::New)
}

/// The message waits for an answer from now on.
pub(crate) fn ask(
    db: &Connection,
    session: &str,
    message: &str,
    project: Option<&str>,
) -> Result<()> {
    let sql = "INSERT OR IGNORE INTO session_questions(session_id, message_id, project_id)
               VALUES (?1, ?2, ?3)";
    db.prepare_cached(sql)?.execute(params![session, message, project])?;
    Ok(())
}

/// The message needs no answer any more.
pub(crate) fn settle(db: &Connection, session: &str, message: &str) -> Result<()> {
    let sql = "DELETE FROM session_questions WHERE session_id = ?1 AND message_id = ?2";
    db.prepare_cached(sql)?.execute([session, message])?;
    Ok(())
}

/// Whether the message still waits for an answer.
pub(crate) fn is_asked(db: &Connection, session: &str, message: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM session_questions WHERE session_id = ?1 AND message_id = ?2";
    db.prepare_cached(sql)?.exists([session, message])
}

/// Messages of the session that wait for an answer, the first asked first.
pub(crate) fn asked(db: &Connection, session: &str, count_max: usize) -> Result<Vec<QuestionRow>> {
    let sql = "SELECT message_id, project_id FROM session_questions WHERE session_id = ?1
               ORDER BY place LIMIT ?2";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params![session, count_max], |row| {
        Ok(QuestionRow { message_id: row.get(0)?, project_id: row.get(1)? })
    })?;
    rows.collect()
}

/// Sets somebody's instructions for a project, or in general; an empty text removes them.
pub(crate) fn set_instructions(
    db: &Connection,
    user: &str,
    project: Option<&str>,
    text: &str,
) -> Result<Added> {
    let project = project.unwrap_or(GENERAL);
    if text.is_empty() {
        let sql = "DELETE FROM session_instructions WHERE user_id = ?1 AND project_id = ?2";
        db.prepare_cached(sql)?.execute([user, project])?;
        return Ok(Added::Already);
    }
    let sql = "UPDATE session_instructions SET text = ?3 WHERE user_id = ?1 AND project_id = ?2";
    if db.prepare_cached(sql)?.execute([user, project, text])? > 0 {
        return Ok(Added::Already);
    }
    let sql = "SELECT count(*) FROM session_instructions WHERE user_id = ?1";
    let kept: usize = db.prepare_cached(sql)?.query_row([user], |row| row.get(0))?;
    if kept >= INSTRUCTIONS_MAX {
        return Ok(Added::Full);
    }
    let sql = "INSERT INTO session_instructions(user_id, project_id, text) VALUES (?1, ?2, ?3)";
    db.prepare_cached(sql)?.execute([user, project, text])?;
    Ok(Added::New)
}

/// Somebody's instructions for `project`, else their general ones.
pub(crate) fn instructions_for(
    db: &Connection,
    user: &str,
    project: Option<&str>,
) -> Result<Option<String>> {
    let sql = "SELECT text FROM session_instructions WHERE user_id = ?1 AND project_id IN (?2, '')
               ORDER BY project_id DESC LIMIT 1";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_row([user, project.unwrap_or(GENERAL)], |row| row.get(0)).optional()
}

/// Somebody's instructions, the general ones first, then by project, past project `after`: at most
/// `count_max`, and none after the one with which their texts pass `bytes_max`.
pub(crate) fn instructions_of(
    db: &Connection,
    user: &str,
    after: Option<&str>,
    (count_max, bytes_max): (usize, usize),
) -> Result<Vec<InstructionRow>> {
    let sql = "SELECT project_id, text FROM session_instructions
               WHERE user_id = ?1 AND (?2 IS NULL OR project_id > ?2)
               ORDER BY project_id LIMIT ?3";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params![user, after, count_max])?;
    let (mut found, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()?
        && bytes <= bytes_max
    {
        let (project_id, text): (String, String) = (row.get(0)?, row.get(1)?);
        bytes += text.len();
        let project_id = Some(project_id).filter(|project| project != GENERAL);
        found.push(InstructionRow { project_id, text });
    }
    Ok(found)
}

fn add_row(db: &Connection, session: &str, user: &str) -> Result<usize> {
    let sql = "INSERT INTO session_members(session_id, user_id) VALUES (?1, ?2)";
    db.prepare_cached(sql)?.execute([session, user])
}

fn session(row: &Row<'_>) -> Result<SessionRow> {
    Ok(SessionRow {
        id: row.get(0)?,
        kind: row.get(1)?,
        title: row.get(2)?,
        project_id: row.get(3)?,
        open: row.get(4)?,
        owner_id: row.get(5)?,
        created_at: Timestamp::from_millis(row.get(6)?),
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

    fn made(db: &Connection, id: &str, owner: &str) -> SessionRow {
        let row = SessionRow {
            id: id.into(),
            kind: "socratic".into(),
            title: None,
            project_id: Some("p".into()),
            open: false,
            owner_id: owner.into(),
            created_at: Timestamp::from_millis(7),
        };
        insert(db, &row).unwrap();
        row
    }

    #[test]
    fn people_see_the_sessions_they_own_or_belong_to_newest_first() {
        let db = database();
        for (id, owner) in [("1", "ada"), ("2", "bob"), ("3", "ada"), ("4", "bob")] {
            made(&db, id, owner);
        }
        assert_eq!(add_member(&db, "2", "ada").unwrap(), Added::New);
        assert_eq!(add_member(&db, "2", "ada").unwrap(), Added::Already);
        let ids = |before, count| -> Vec<String> {
            let rows = of_user(&db, "ada", before, count).unwrap();
            rows.into_iter().map(|row| row.id).collect()
        };
        assert_eq!(ids(None, 2), ["3", "2"]);
        assert_eq!(ids(Some("2"), 2), ["1"]);
        assert!(!is_member(&db, "4", "ada").unwrap());
    }

    #[test]
    fn a_session_reads_back() {
        let db = database();
        let row = made(&db, "1", "ada");
        assert_eq!(find(&db, "1").unwrap(), Some(row));
        assert_eq!(find(&db, "2").unwrap(), None);
    }

    #[test]
    fn questions_wait_in_the_order_asked_until_they_are_settled() {
        let db = database();
        ask(&db, "1", "b", Some("p")).unwrap();
        ask(&db, "1", "a", None).unwrap();
        ask(&db, "1", "b", None).unwrap();
        ask(&db, "2", "c", None).unwrap();
        let first = QuestionRow { message_id: "b".into(), project_id: Some("p".into()) };
        let second = QuestionRow { message_id: "a".into(), project_id: None };
        assert_eq!(asked(&db, "1", 9).unwrap(), [first.clone(), second.clone()]);
        assert_eq!(asked(&db, "1", 1).unwrap(), [first]);
        assert!(is_asked(&db, "1", "b").unwrap());
        settle(&db, "1", "b").unwrap();
        assert!(!is_asked(&db, "1", "b").unwrap());
        assert_eq!(asked(&db, "1", 9).unwrap(), [second]);
    }

    #[test]
    fn a_projects_instructions_go_before_the_general_ones() {
        let db = database();
        set_instructions(&db, "ada", None, "general").unwrap();
        set_instructions(&db, "ada", Some("p"), "of p").unwrap();
        let get = |user, project| instructions_for(&db, user, project).unwrap();
        assert_eq!(get("ada", Some("p")).as_deref(), Some("of p"));
        assert_eq!(get("ada", Some("q")).as_deref(), Some("general"));
        assert_eq!(get("ada", None).as_deref(), Some("general"));
        assert_eq!(get("bob", Some("p")), None);
        set_instructions(&db, "ada", Some("p"), "").unwrap();
        assert_eq!(get("ada", Some("p")).as_deref(), Some("general"));
        let all = instructions_of(&db, "ada", None, (10, 10)).unwrap();
        assert_eq!(all, [InstructionRow { project_id: None, text: "general".into() }]);
    }

    #[test]
    fn a_list_of_instructions_ends_at_its_count_or_its_bytes() {
        let db = database();
        for project in [None, Some("a"), Some("b"), Some("c")] {
            set_instructions(&db, "ada", project, "0123456789").unwrap();
        }
        let projects = |after, bounds| -> Vec<Option<String>> {
            let rows = instructions_of(&db, "ada", after, bounds).unwrap();
            rows.into_iter().map(|row| row.project_id).collect()
        };
        assert_eq!(projects(None, (2, 1000)), [None, Some("a".into())]);
        assert_eq!(projects(None, (9, 15)), [None, Some("a".into())]);
        assert_eq!(projects(Some(""), (9, 1000)), ["a", "b", "c"].map(|it| Some(it.into())));
        assert_eq!(projects(Some("b"), (9, 0)), [Some("c".into())]);
    }

    #[test]
    fn members_and_instructions_stop_at_their_bounds() {
        let db = database();
        made(&db, "1", "ada");
        for user in 1..MEMBERS_MAX {
            assert_eq!(add_member(&db, "1", &user.to_string()).unwrap(), Added::New);
        }
        assert_eq!(add_member(&db, "1", "late").unwrap(), Added::Full);
        for project in 0..INSTRUCTIONS_MAX {
            set_instructions(&db, "ada", Some(&project.to_string()), "x").unwrap();
        }
        assert_eq!(set_instructions(&db, "ada", Some("late"), "x").unwrap(), Added::Full);
        assert_eq!(set_instructions(&db, "ada", Some("7"), "y").unwrap(), Added::Already);
    }
}
