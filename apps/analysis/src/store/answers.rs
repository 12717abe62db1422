//! The answers of interviews, with what they were worth.
//!
//! **Invariants.** Answers have places from 0 without a gap, in the order in which they were given. A
//! request id stands for one answer of its interview.

use std::time::Duration;

use model::Timestamp;
use storage::rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::interviews::{from_json, millis, to_json, unknown};
use crate::interview::Posed;
use crate::protocol::{Judgement, NextAction};

/// One stored answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AnswerRow {
    /// The main question it belongs to, from 0.
    pub(crate) index: usize,
    /// What was answered: the main question, or its follow-up.
    pub(crate) question_id: String,
    /// The follow-up that was answered, if one was.
    pub(crate) follow_up: Option<Posed>,
    /// The answer as it was given.
    pub(crate) answer: String,
    pub(crate) judgement: Judgement,
    pub(crate) next_action: NextAction,
    pub(crate) answered_at: Timestamp,
    /// How long it took, pauses left out.
    pub(crate) response_time: Duration,
}

const COLUMNS: &str = "question_index, question_id, follow_up, answer, judgement, next_action,
    answered_at, response_millis";

/// Adds the next answer of an interview, which `request_id` brought.
pub(crate) fn insert(
    db: &Connection,
    interview: &str,
    row: &AnswerRow,
    request_id: Option<&str>,
) -> Result<()> {
    let sql = "INSERT INTO analysis_answers(interview_id, place, question_index, question_id,
                   follow_up, request_id, answer, judgement, next_action, answered_at,
                   response_millis)
               VALUES (?1, (SELECT count(*) FROM analysis_answers WHERE interview_id = ?1),
                   ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    db.prepare_cached(sql)?.execute(params![
        interview,
        row.index,
        row.question_id,
        row.follow_up.as_ref().map(to_json).transpose()?,
        request_id,
        row.answer,
        to_json(&row.judgement)?,
        row.next_action.as_str(),
        row.answered_at.as_millis(),
        millis(row.response_time),
    ])?;
    Ok(())
}

/// The answer that `request_id` brought to the interview.
pub(crate) fn brought_by(
    db: &Connection,
    interview: &str,
    request_id: &str,
) -> Result<Option<AnswerRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM analysis_answers WHERE interview_id = ?1 AND request_id = ?2"
    );
    db.prepare_cached(&sql)?.query_row([interview, request_id], answer).optional()
}

/// All answers of the interview, in order; at most two a question.
pub(crate) fn of(db: &Connection, interview: &str) -> Result<Vec<AnswerRow>> {
    let sql =
        format!("SELECT {COLUMNS} FROM analysis_answers WHERE interview_id = ?1 ORDER BY place");
    db.prepare_cached(&sql)?.query_map([interview], answer)?.collect()
}

fn answer(row: &Row<'_>) -> Result<AnswerRow> {
    let next_action: String = row.get(5)?;
    Ok(AnswerRow {
        index: row.get(0)?,
        question_id: row.get(1)?,
        follow_up: from_json(row, 2)?,
        answer: row.get(3)?,
        judgement: from_json(row, 4)?.ok_or_else(|| unknown(4, "null"))?,
        next_action: NextAction::parse(&next_action).ok_or_else(|| unknown(5, &next_action))?,
        answered_at: Timestamp::from_millis(row.get(6)?),
        response_time: Duration::from_millis(row.get(7)?),
    })
}
