//! Interviews, each with its state, and the SQL on them.
//!
//! **Invariants.** At most one interview of an analysis is active. A request id begins one interview of
//! its user and analysis.

use std::collections::HashMap;
use std::time::Duration;

use model::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use storage::Migration;
use storage::rusqlite::types::Type;
use storage::rusqlite::{Connection, Error, OptionalExtension, Result, Row, params};

use super::stages;
use crate::interview::{Interview, Phase};
use crate::protocol::SessionType;

pub(crate) const INTERVIEWS: Migration = Migration {
    name: "analysis.0002",
    sql: "
CREATE TABLE analysis_interviews(
    id TEXT NOT NULL PRIMARY KEY,
    analysis_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    session_type TEXT NOT NULL,
    request_id TEXT,
    phase TEXT NOT NULL,
    attachment INTEGER NOT NULL,
    question_index INTEGER NOT NULL,
    follow_up TEXT,
    spent_millis INTEGER NOT NULL,
    since INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    summary TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX analysis_interviews_by_analysis ON analysis_interviews(analysis_id);
CREATE INDEX analysis_interviews_active ON analysis_interviews(id) WHERE phase = 'active';
CREATE UNIQUE INDEX analysis_interviews_by_request
    ON analysis_interviews(user_id, analysis_id, request_id) WHERE request_id IS NOT NULL;
CREATE TABLE analysis_answers(
    interview_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    question_index INTEGER NOT NULL,
    question_id TEXT NOT NULL,
    follow_up TEXT,
    request_id TEXT,
    answer TEXT NOT NULL,
    judgement TEXT NOT NULL,
    next_action TEXT NOT NULL,
    answered_at INTEGER NOT NULL,
    response_millis INTEGER NOT NULL,
    PRIMARY KEY (interview_id, place)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX analysis_answers_by_request
    ON analysis_answers(interview_id, request_id) WHERE request_id IS NOT NULL;
",
};

const COLUMNS: &str = "id, analysis_id, user_id, session_type, phase, attachment, question_index,
    follow_up, spent_millis, since, started_at, summary";

/// Adds an interview that `request_id` began.
pub(crate) fn insert(
    db: &Connection,
    interview: &Interview,
    request_id: Option<&str>,
) -> Result<()> {
    let sql = "INSERT INTO analysis_interviews(id, analysis_id, user_id, session_type, request_id,
                   phase, attachment, question_index, follow_up, spent_millis, since, started_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    db.prepare_cached(sql)?.execute(params![
        interview.id,
        interview.analysis_id,
        interview.user_id,
        interview.session_type.as_str(),
        request_id,
        interview.phase.as_str(),
        interview.attachment,
        interview.index,
        interview.follow_up.as_ref().map(to_json).transpose()?,
        millis(interview.spent),
        interview.since.as_millis(),
        interview.started_at.as_millis(),
    ])?;
    Ok(())
}

/// Stores what changed of an interview.
pub(crate) fn update(db: &Connection, interview: &Interview) -> Result<()> {
    let sql = "UPDATE analysis_interviews SET phase = ?2, attachment = ?3, question_index = ?4,
                   follow_up = ?5, spent_millis = ?6, since = ?7, summary = ?8 WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![
        interview.id,
        interview.phase.as_str(),
        interview.attachment,
        interview.index,
        interview.follow_up.as_ref().map(to_json).transpose()?,
        millis(interview.spent),
        interview.since.as_millis(),
        interview.summary.as_ref().map(to_json).transpose()?,
    ])?;
    Ok(())
}

/// The interview, if it is `user`'s.
pub(crate) fn find(db: &Connection, id: &str, user: &str) -> Result<Option<Interview>> {
    let sql = format!("SELECT {COLUMNS} FROM analysis_interviews WHERE id = ?1 AND user_id = ?2");
    db.prepare_cached(&sql)?.query_row([id, user], interview).optional()
}

/// The interview, whosever it is.
pub(crate) fn of_any(db: &Connection, id: &str) -> Result<Option<Interview>> {
    let sql = format!("SELECT {COLUMNS} FROM analysis_interviews WHERE id = ?1");
    db.prepare_cached(&sql)?.query_row([id], interview).optional()
}

/// The interview of `user`'s about the analysis that `request_id` began.
pub(crate) fn begun_by(
    db: &Connection,
    (user, analysis): (&str, &str),
    request_id: &str,
) -> Result<Option<Interview>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM analysis_interviews
         WHERE user_id = ?1 AND analysis_id = ?2 AND request_id = ?3"
    );
    db.prepare_cached(&sql)?.query_row([user, analysis, request_id], interview).optional()
}

/// Every active interview: of one analysis, or of all.
pub(crate) fn active(db: &Connection, analysis: Option<&str>) -> Result<Vec<Interview>> {
    let sql = match analysis {
        Some(_) => "analysis_id = ?1 AND phase = 'active'",
        None => "?1 IS NULL AND phase = 'active'",
    };
    let sql = format!("SELECT {COLUMNS} FROM analysis_interviews WHERE {sql} ORDER BY id");
    db.prepare_cached(&sql)?.query_map([analysis], interview)?.collect()
}

/// What a list has of an interview.
pub(crate) struct Listed {
    pub(crate) interview: Interview,
    /// Main questions of its analysis.
    pub(crate) questions: usize,
}

/// Where an interview stands in a list.
pub(crate) struct Place {
    pub(crate) started_at: Timestamp,
    pub(crate) id: String,
}

/// Interviews of `user`'s, newest first, older than `before`: about one analysis, or about all.
pub(crate) fn of_user(
    db: &Connection,
    user: &str,
    analysis: Option<&str>,
    before: Option<&Place>,
    count_max: usize,
) -> Result<Vec<Listed>> {
    // The plus keeps the index of the analysis, which has fewer of them.
    let of = match analysis {
        Some(_) => "+user_id = ?1 AND analysis_id = ?2",
        None => "user_id = ?1 AND ?2 IS NULL",
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM analysis_interviews
         WHERE {of} AND (started_at, id) < (?3, ?4)
         ORDER BY started_at DESC, id DESC LIMIT ?5"
    );
    let (at, id) = match before {
        Some(Place { started_at, id }) => (started_at.as_millis(), &**id),
        None => (i64::MAX, ""),
    };
    let mut statement = db.prepare_cached(&sql)?;
    let found = statement.query_map(params![user, analysis, at, id, count_max], interview)?;
    let mut counts = HashMap::new();
    let listed = found.map(|interview| {
        let interview = interview?;
        let questions = match counts.get(&interview.analysis_id) {
            Some(known) => *known,
            None => {
                let count = stages::question_count(db, &interview.analysis_id)?;
                counts.insert(interview.analysis_id.clone(), count);
                count
            }
        };
        Ok(Listed { interview, questions })
    });
    listed.collect()
}

/// Whether an interview about the analysis is in this condition: any that is complete, or any that
/// is not.
pub(crate) fn is_any(db: &Connection, analysis: &str, complete: bool) -> Result<bool> {
    let sql = "SELECT 1 FROM analysis_interviews
               WHERE analysis_id = ?1 AND (phase = 'complete') = ?2";
    db.prepare_cached(sql)?.exists(params![analysis, complete])
}

/// Removes the interviews about an analysis, with their answers.
pub(crate) fn remove_of(db: &Connection, analysis: &str) -> Result<()> {
    let sql = "DELETE FROM analysis_answers WHERE interview_id IN
                   (SELECT id FROM analysis_interviews WHERE analysis_id = ?1)";
    db.prepare_cached(sql)?.execute([analysis])?;
    db.prepare_cached("DELETE FROM analysis_interviews WHERE analysis_id = ?1")?
        .execute([analysis])?;
    Ok(())
}

fn interview(row: &Row<'_>) -> Result<Interview> {
    let (session_type, phase): (String, String) = (row.get(3)?, row.get(4)?);
    Ok(Interview {
        id: row.get(0)?,
        analysis_id: row.get(1)?,
        user_id: row.get(2)?,
        session_type: SessionType::parse(&session_type).ok_or_else(|| unknown(3, &session_type))?,
        phase: Phase::parse(&phase).ok_or_else(|| unknown(4, &phase))?,
        attachment: row.get(5)?,
        index: row.get(6)?,
        follow_up: from_json(row, 7)?,
        spent: Duration::from_millis(row.get(8)?),
        since: Timestamp::from_millis(row.get(9)?),
        started_at: Timestamp::from_millis(row.get(10)?),
        summary: from_json(row, 11)?,
    })
}

/// A span as it is stored.
pub(super) fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// What is stored as JSON, where there is something.
pub(super) fn from_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<Option<T>> {
    let Some(text) = row.get::<_, Option<String>>(column)? else { return Ok(None) };
    let read = serde_json::from_str(&text);
    read.map(Some)
        .map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::ToSqlConversionFailure(Box::new(error)))
}

/// A column has a word that this binary does not know.
pub(super) fn unknown(column: usize, word: &str) -> Error {
    let message = format!("unknown word {word:?}");
    Error::FromSqlConversionFailure(column, Type::Text, message.into())
}
