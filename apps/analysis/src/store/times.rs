//! When the server was up last, noted while an interview is active: what a crash leaves of the time
//! that running questions took.

use model::Timestamp;
use storage::Migration;
use storage::rusqlite::{Connection, OptionalExtension, Result};

/// Also the indexes of the lists of interviews.
pub(crate) const TIMES: Migration = Migration {
    name: "analysis.0003",
    sql: "
CREATE TABLE analysis_up(
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    noted_at INTEGER NOT NULL
) STRICT;
DROP INDEX analysis_interviews_by_analysis;
CREATE INDEX analysis_interviews_by_analysis ON analysis_interviews(analysis_id, started_at);
CREATE INDEX analysis_interviews_by_user ON analysis_interviews(user_id, started_at);
",
};

/// The server is up.
pub(crate) fn note(db: &Connection, at: Timestamp) -> Result<()> {
    let sql = "INSERT INTO analysis_up(one, noted_at) VALUES (1, ?1)
               ON CONFLICT DO UPDATE SET noted_at = excluded.noted_at";
    db.prepare_cached(sql)?.execute([at.as_millis()])?;
    Ok(())
}

/// When it was noted last.
pub(crate) fn noted(db: &Connection) -> Result<Option<Timestamp>> {
    let mut statement = db.prepare_cached("SELECT noted_at FROM analysis_up")?;
    statement.query_row([], |row| row.get(0).map(Timestamp::from_millis)).optional()
}
