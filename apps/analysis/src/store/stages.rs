//! The stages of an analysis, as they were written.
//!
//! **Invariants.** Stages come in order, each once. The last one ends its analysis in the same
//! commit.

use crate::protocol::Stage;
use appraisal::{InterviewSimulation, Question};
use storage::rusqlite::types::Type;
use storage::rusqlite::{Connection, Error, OptionalExtension, Result, params};

/// A stage as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StageRow {
    pub(crate) stage: Stage,
    /// Who wrote it.
    pub(crate) provider: String,
    /// Its JSON.
    pub(crate) content: String,
}

/// Adds the next stage; whether the analysis is still there and goes on.
pub(crate) fn insert(db: &Connection, analysis: &str, row: &StageRow) -> Result<bool> {
    let is_last = Stage::ALL.last() == Some(&row.stage);
    let sql = "UPDATE analyses SET attempts = 0, state = iif(?2, 'completed', state)
               WHERE id = ?1 AND state = 'processing'";
    if db.prepare_cached(sql)?.execute(params![analysis, is_last])? == 0 {
        return Ok(false);
    }
    let sql = "INSERT INTO analysis_stages(analysis_id, stage, provider, content)
               VALUES (?1, ?2, ?3, ?4)";
    let values = params![analysis, row.stage.number(), row.provider, row.content];
    db.prepare_cached(sql)?.execute(values)?;
    Ok(true)
}

/// The stages of an analysis, in order.
pub(crate) fn of(db: &Connection, analysis: &str) -> Result<Vec<StageRow>> {
    let sql = "SELECT stage, provider, content FROM analysis_stages WHERE analysis_id = ?1
               ORDER BY stage";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([analysis], |row| {
        let number: usize = row.get(0)?;
        let stage = number.checked_sub(1).and_then(|index| Stage::ALL.get(index).copied());
        let stage =
            stage.ok_or(Error::IntegralValueOutOfRange(0, number.try_into().unwrap_or(-1)))?;
        Ok(StageRow { stage, provider: row.get(1)?, content: row.get(2)? })
    })?;
    rows.collect()
}

/// How many questions an analysis has; none before its last stage is there.
pub(crate) fn question_count(db: &Connection, analysis: &str) -> Result<usize> {
    let sql = "SELECT json_array_length(content, '$.questions') FROM analysis_stages
               WHERE analysis_id = ?1 AND stage = ?2";
    let stage = Stage::InterviewSimulation.number();
    let mut statement = db.prepare_cached(sql)?;
    let count: Option<Option<usize>> =
        statement.query_row(params![analysis, stage], |row| row.get(0)).optional()?;
    Ok(count.flatten().unwrap_or(0))
}

/// The questions of an analysis, once its last stage is there.
pub(crate) fn questions(db: &Connection, analysis: &str) -> Result<Option<Vec<Question>>> {
    let sql = "SELECT content FROM analysis_stages WHERE analysis_id = ?1 AND stage = ?2";
    let stage = Stage::InterviewSimulation.number();
    let mut statement = db.prepare_cached(sql)?;
    let content: Option<String> =
        statement.query_row(params![analysis, stage], |row| row.get(0)).optional()?;
    let Some(content) = content else { return Ok(None) };
    let read: InterviewSimulation = serde_json::from_str(&content)
        .map_err(|error| Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))?;
    Ok(Some(read.questions))
}
