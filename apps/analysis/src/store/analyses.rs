//! Analyses: who asked for which repository, how far it is, and why it ended.
//!
//! **Invariants.** `place` is the order in which analyses were asked for, and in which they begin.
//! Starts are counted in a table of their own, so that deleting an analysis gives no further one.
//!
//! **Bounds.** [`WAITING_MAX`] analyses wait at once.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use model::Timestamp;
use storage::Migration;
use storage::rusqlite::{Connection, OptionalExtension, Result, Row, params};

use crate::protocol::{Stage, Status};

pub(crate) const ANALYSES: Migration = Migration {
    name: "analysis.0001",
    sql: "
CREATE TABLE analyses(
    place INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    owner_id TEXT NOT NULL,
    repository_url TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    commit_id TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    error_code TEXT,
    error_message TEXT
) STRICT;
CREATE INDEX analyses_by_owner ON analyses(owner_id, place);
CREATE INDEX analyses_unfinished ON analyses(place) WHERE state IN ('initiated', 'processing');
CREATE TABLE analysis_stages(
    analysis_id TEXT NOT NULL,
    stage INTEGER NOT NULL,
    provider TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (analysis_id, stage)
) STRICT, WITHOUT ROWID;
CREATE TABLE analysis_starts(
    user_id TEXT NOT NULL,
    started_at INTEGER NOT NULL
) STRICT;
CREATE INDEX analysis_starts_by_user ON analysis_starts(user_id, started_at);
",
};

/// Analyses that wait for a worker, or are with one.
pub(crate) const WAITING_MAX: usize = 10_000;
/// The window in which one person's analyses are counted.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A status as it is stored.
const fn stored(status: Status) -> &'static str {
    match status {
        Status::Initiated => "initiated",
        Status::Processing => "processing",
        Status::Completed => "completed",
        Status::Failed => "failed",
    }
}

/// The status that is stored so.
fn status(text: &str) -> Status {
    let all = [Status::Initiated, Status::Processing, Status::Completed];
    all.into_iter().find(|status| stored(*status) == text).unwrap_or(Status::Failed)
}

/// One stored analysis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AnalysisRow {
    /// Its place in the order.
    pub(crate) place: i64,
    pub(crate) id: String,
    pub(crate) owner_id: String,
    /// As its owner named it; it holds no secret.
    pub(crate) repository_url: String,
    /// What the repository is called.
    pub(crate) name: String,
    pub(crate) status: Status,
    pub(crate) created_at: Timestamp,
    /// The commit that is analysed, once the repository was fetched.
    pub(crate) commit: Option<String>,
    /// How many stages are there.
    pub(crate) completed: u8,
    /// Why it failed: the code, and a sentence.
    pub(crate) failure: Option<(String, String)>,
}

impl AnalysisRow {
    /// The stages that are there, in order.
    pub(crate) fn completed_stages(&self) -> &'static [Stage] {
        Stage::first(self.completed)
    }

    /// The stage it is in, or that failed; `None` once all are there.
    pub(crate) fn current_stage(&self) -> Option<Stage> {
        Stage::ALL.get(usize::from(self.completed)).copied()
    }
}

/// Whether an analysis was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It waits at this place.
    At(i64),
    /// Its owner has asked for as many as a day allows; another may be asked for after so long.
    TooMany { retry_after: Duration },
    /// As many wait as may.
    Full,
}

/// An analysis that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct NewAnalysis {
    pub(crate) id: String,
    pub(crate) owner_id: Arc<str>,
    pub(crate) repository_url: String,
    pub(crate) name: String,
    pub(crate) created_at: Timestamp,
}

/// Takes an analysis in, unless its owner or the queue is at the bound.
pub(crate) fn insert(
    db: &Connection,
    new: &NewAnalysis,
    per_day: Option<NonZeroU32>,
) -> Result<Taken> {
    let NewAnalysis { id, owner_id, repository_url, name, created_at } = new;
    if let Some(retry_after) = wait_of(db, owner_id, *created_at, per_day)? {
        return Ok(Taken::TooMany { retry_after });
    }
    let sql = "SELECT count(*) FROM analyses WHERE state IN ('initiated', 'processing')";
    let unfinished: usize = db.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    if unfinished >= WAITING_MAX {
        return Ok(Taken::Full);
    }
    let at = created_at.as_millis();
    let sql = "INSERT INTO analysis_starts(user_id, started_at) VALUES (?1, ?2)";
    db.prepare_cached(sql)?.execute(params![owner_id, at])?;
    let sql = "INSERT INTO analyses(id, owner_id, repository_url, name, state, created_at)
               VALUES (?1, ?2, ?3, ?4, 'initiated', ?5) RETURNING place";
    let values = params![id, owner_id, repository_url, name, at];
    let place = db.prepare_cached(sql)?.query_row(values, |row| row.get(0))?;
    Ok(Taken::At(place))
}

/// How long `owner` has to wait for another analysis, if at all. Forgets starts of theirs that
/// count no more.
fn wait_of(
    db: &Connection,
    owner: &str,
    now: Timestamp,
    per_day: Option<NonZeroU32>,
) -> Result<Option<Duration>> {
    let day = i64::try_from(DAY.as_millis()).unwrap_or(i64::MAX);
    let since = now.plus_millis(-day).as_millis();
    let sql = "DELETE FROM analysis_starts WHERE user_id = ?1 AND started_at <= ?2";
    db.prepare_cached(sql)?.execute(params![owner, since])?;
    let Some(per_day) = per_day else { return Ok(None) };
    // The start that has to fall out of the window before there is room.
    let sql = "SELECT started_at FROM analysis_starts WHERE user_id = ?1
               ORDER BY started_at DESC LIMIT 1 OFFSET ?2";
    let mut statement = db.prepare_cached(sql)?;
    let blocking: Option<i64> =
        statement.query_row(params![owner, per_day.get() - 1], |row| row.get(0)).optional()?;
    let wait = |start: i64| u64::try_from(start.saturating_sub(since)).unwrap_or_default();
    Ok(blocking.map(|start| Duration::from_millis(wait(start))))
}

const COLUMNS: &str = "place, id, owner_id, repository_url, state, created_at, commit_id,
    (SELECT count(*) FROM analysis_stages WHERE analysis_id = id), error_code, error_message, name";

fn analysis(row: &Row<'_>) -> Result<AnalysisRow> {
    let stored: String = row.get(4)?;
    let failure: (Option<String>, Option<String>) = (row.get(8)?, row.get(9)?);
    Ok(AnalysisRow {
        place: row.get(0)?,
        id: row.get(1)?,
        owner_id: row.get(2)?,
        repository_url: row.get(3)?,
        name: row.get(10)?,
        status: status(&stored),
        created_at: Timestamp::from_millis(row.get(5)?),
        commit: row.get(6)?,
        completed: row.get(7)?,
        failure: failure.0.zip(failure.1),
    })
}

/// The analysis, whosever it is.
pub(crate) fn find(db: &Connection, id: &str) -> Result<Option<AnalysisRow>> {
    let sql = format!("SELECT {COLUMNS} FROM analyses WHERE id = ?1");
    db.prepare_cached(&sql)?.query_row([id], analysis).optional()
}

/// Analyses of `owner`, newest first, older than place `before`.
pub(crate) fn of_owner(
    db: &Connection,
    owner: &str,
    before: Option<i64>,
    count_max: usize,
) -> Result<Vec<AnalysisRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM analyses WHERE owner_id = ?1 AND place < ?2
         ORDER BY place DESC LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let before = before.unwrap_or(i64::MAX);
    statement.query_map(params![owner, before, count_max], analysis)?.collect()
}

/// An analysis that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unfinished {
    /// Its place in the order.
    pub(crate) place: i64,
    pub(crate) id: String,
    pub(crate) owner_id: String,
}

/// What is not over, in order.
pub(crate) fn unfinished(db: &Connection) -> Result<Vec<Unfinished>> {
    let sql = "SELECT place, id, owner_id FROM analyses
               WHERE state IN ('initiated', 'processing') ORDER BY place";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        Ok(Unfinished { place: row.get(0)?, id: row.get(1)?, owner_id: row.get(2)? })
    })?;
    rows.collect()
}

/// A worker begins the analysis: how it stands, and how often it was begun since its last stage,
/// this time included. `None` where it is over or was deleted.
pub(crate) fn begin(db: &Connection, id: &str) -> Result<Option<(AnalysisRow, u32)>> {
    let sql = "UPDATE analyses SET state = 'processing', attempts = attempts + 1
               WHERE id = ?1 AND state IN ('initiated', 'processing') RETURNING attempts";
    let attempts = db.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
    let Some(attempts) = attempts else { return Ok(None) };
    Ok(find(db, id)?.map(|row| (row, attempts)))
}

/// The attempt was not the analysis's fault to end: it is not counted.
pub(crate) fn take_back_attempt(db: &Connection, id: &str) -> Result<()> {
    let sql = "UPDATE analyses SET attempts = attempts - 1 WHERE id = ?1 AND attempts > 0";
    db.prepare_cached(sql)?.execute([id])?;
    Ok(())
}

/// The repository was fetched, and this commit of it is analysed.
pub(crate) fn set_commit(db: &Connection, id: &str, commit: &str) -> Result<()> {
    let sql = "UPDATE analyses SET commit_id = ?2 WHERE id = ?1";
    db.prepare_cached(sql)?.execute([id, commit])?;
    Ok(())
}

/// The analysis ends here; how many stages it has, if it was there and not over.
pub(crate) fn fail(db: &Connection, id: &str, code: &str, message: &str) -> Result<Option<u8>> {
    let sql = "UPDATE analyses SET state = 'failed', error_code = ?2, error_message = ?3
               WHERE id = ?1 AND state IN ('initiated', 'processing')
               RETURNING (SELECT count(*) FROM analysis_stages WHERE analysis_id = id)";
    db.prepare_cached(sql)?.query_row([id, code, message], |row| row.get(0)).optional()
}

/// Removes the analysis and its stages, if it is `owner`'s; whether it was.
pub(crate) fn remove(db: &Connection, id: &str, owner: &str) -> Result<bool> {
    let sql = "DELETE FROM analyses WHERE id = ?1 AND owner_id = ?2";
    if db.prepare_cached(sql)?.execute([id, owner])? == 0 {
        return Ok(false);
    }
    db.prepare_cached("DELETE FROM analysis_stages WHERE analysis_id = ?1")?.execute([id])?;
    super::interviews::remove_of(db, id)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::stages::{self, StageRow};

    fn database() -> Connection {
        let db = Connection::open_in_memory().unwrap();
        for migration in crate::MIGRATIONS {
            db.execute_batch(migration.sql).unwrap();
        }
        db
    }

    fn ask(db: &Connection, id: &str, at: i64, per_day: u32) -> Taken {
        let new = NewAnalysis {
            id: id.to_owned(),
            owner_id: "ann".into(),
            repository_url: "https://example.com/a/b".to_owned(),
            name: "b".to_owned(),
            created_at: Timestamp::from_secs(at),
        };
        insert(db, &new, NonZeroU32::new(per_day)).unwrap()
    }

    fn stage(stage: Stage) -> StageRow {
        StageRow { stage, provider: "builtin".to_owned(), content: "{}".to_owned() }
    }

    proptest! {
        #[test]
        fn no_day_has_more_than_the_limit_and_no_other_is_refused(
            pauses in prop::collection::vec(0_i64..100_000, 1..30), per_day in 1_u32..5,
        ) {
            const DAY: i64 = 86_400;
            let db = database();
            let (mut now, mut taken) = (0, Vec::<i64>::new());
            for (number, pause) in pauses.into_iter().enumerate() {
                now += pause;
                let in_day: Vec<i64> =
                    taken.iter().copied().filter(|at| *at > now - DAY).collect();
                match ask(&db, &number.to_string(), now, per_day) {
                    Taken::At(_) => {
                        prop_assert!(in_day.len() < per_day as usize);
                        taken.push(now);
                    }
                    Taken::TooMany { retry_after } => {
                        prop_assert_eq!(in_day.len(), per_day as usize);
                        let free = in_day[0] + DAY;
                        prop_assert_eq!(i64::try_from(retry_after.as_secs()).unwrap(), free - now);
                    }
                    Taken::Full => prop_assert!(false),
                }
            }
        }
    }

    #[test]
    fn as_many_wait_as_may_and_room_comes_when_one_is_over() {
        let db = database();
        let fill = "WITH RECURSIVE numbers(number) AS
                        (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?1)
                    INSERT INTO analyses(id, owner_id, repository_url, name, state, created_at)
                    SELECT number, 'bob', '', '', 'initiated', 0 FROM numbers";
        db.execute(fill, [WAITING_MAX - 1]).unwrap();
        assert!(matches!(ask(&db, "last", 0, 0), Taken::At(_)));
        assert_eq!(ask(&db, "late", 0, 0), Taken::Full);
        assert_eq!(fail(&db, "5", "REPO_EMPTY", "Empty").unwrap(), Some(0));
        assert!(matches!(ask(&db, "late", 0, 0), Taken::At(_)));
    }

    #[test]
    fn an_analysis_is_over_with_its_last_stage_and_then_stays_so() {
        let db = database();
        ask(&db, "a", 0, 0);
        let (row, attempts) = begin(&db, "a").unwrap().unwrap();
        assert_eq!((row.status, row.completed, attempts), (Status::Processing, 0, 1));
        assert_eq!(row.current_stage(), Some(Stage::ProjectReview));
        for (number, next) in (1..).zip(Stage::ALL) {
            assert_eq!(begin(&db, "a").unwrap().unwrap().1, if number == 1 { 2 } else { 1 });
            assert!(stages::insert(&db, "a", &stage(next)).unwrap());
            assert_eq!(find(&db, "a").unwrap().unwrap().completed, number);
        }
        let row = find(&db, "a").unwrap().unwrap();
        assert_eq!((row.status, row.current_stage()), (Status::Completed, None));
        assert_eq!(row.completed_stages(), Stage::ALL);
        assert_eq!(begin(&db, "a").unwrap(), None);
        assert_eq!(fail(&db, "a", "INTERNAL_ERROR", "late").unwrap(), None);
        assert!(unfinished(&db).unwrap().is_empty());
    }

    #[test]
    fn a_stage_of_what_is_gone_or_over_is_not_kept() {
        let db = database();
        ask(&db, "a", 0, 0);
        begin(&db, "a").unwrap();
        assert!(!remove(&db, "a", "bob").unwrap(), "it is not his");
        assert!(remove(&db, "a", "ann").unwrap());
        assert!(!remove(&db, "a", "ann").unwrap());
        assert!(!stages::insert(&db, "a", &stage(Stage::ProjectReview)).unwrap());
        ask(&db, "b", 0, 0);
        begin(&db, "b").unwrap();
        assert!(stages::insert(&db, "b", &stage(Stage::ProjectReview)).unwrap());
        assert_eq!(fail(&db, "b", "AI_UNAVAILABLE", "No model").unwrap(), Some(1));
        assert!(!stages::insert(&db, "b", &stage(Stage::IntelligenceReport)).unwrap());
        let row = find(&db, "b").unwrap().unwrap();
        assert_eq!((row.status, row.completed), (Status::Failed, 1));
        assert_eq!(row.current_stage(), Some(Stage::IntelligenceReport));
        assert_eq!(row.failure, Some(("AI_UNAVAILABLE".to_owned(), "No model".to_owned())));
    }

    #[test]
    fn an_attempt_that_was_taken_back_does_not_count() {
        let db = database();
        ask(&db, "a", 0, 0);
        for _ in 0..9 {
            assert_eq!(begin(&db, "a").unwrap().unwrap().1, 1);
            take_back_attempt(&db, "a").unwrap();
        }
        take_back_attempt(&db, "a").unwrap();
        assert_eq!(begin(&db, "a").unwrap().unwrap().1, 1, "never below none");
    }
}
