//! What was said in sessions: a row for each final result.
//!
//! **Invariants.** Places of a session's items count up in the order in which the utterances began; they
//! may have gaps, for of some nothing was understood. An item has one final result.

use storage::Migration;
use storage::rusqlite::{Connection, OptionalExtension, Result, Row, params};

use crate::protocol::{ProcessingMode, ResultMetadata, TranscriptionResult};

/// What was said.
pub(crate) const TRANSCRIPT: Migration = Migration {
    name: "voice.transcript.0001",
    sql: "
CREATE TABLE voice_transcript(
    session_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    item_id TEXT NOT NULL,
    previous_item_id TEXT,
    user_id TEXT NOT NULL,
    user_name TEXT NOT NULL,
    text TEXT NOT NULL,
    confidence REAL NOT NULL,
    language TEXT NOT NULL,
    request_id TEXT,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL,
    provider TEXT NOT NULL,
    is_request INTEGER NOT NULL,
    PRIMARY KEY (session_id, place),
    UNIQUE (session_id, item_id)
) STRICT, WITHOUT ROWID;
",
};

const COLUMNS: &str = "place, item_id, previous_item_id, user_id, user_name, text, confidence, \
                       language, request_id, start_ms, end_ms, provider, is_request";

/// A final result, as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SaidRow {
    /// From 1.
    pub(crate) place: u64,
    /// The speaker's display name at that time.
    pub(crate) user_name: String,
    pub(crate) result: TranscriptionResult,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Inserted {
    /// It is stored.
    New,
    /// The item has a final result already: this one.
    Already(Box<SaidRow>),
}

/// Stores a final result, at its place or, where that is taken, behind all others.
pub(crate) fn insert(db: &Connection, row: &SaidRow) -> Result<Inserted> {
    let SaidRow { place, user_name, result } = row;
    if let Some(known) = find(db, &result.session_id, &result.item_id)? {
        return Ok(Inserted::Already(Box::new(known)));
    }
    let sql = format!(
        "INSERT INTO voice_transcript(session_id, {COLUMNS})
         SELECT ?1, CASE WHEN EXISTS(
             SELECT 1 FROM voice_transcript WHERE session_id = ?1 AND place = ?2
         ) THEN (SELECT max(place) + 1 FROM voice_transcript WHERE session_id = ?1) ELSE ?2 END,
         ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14"
    );
    db.prepare_cached(&sql)?.execute(params![
        result.session_id,
        place,
        result.item_id,
        result.previous_item_id,
        result.user_id,
        user_name,
        result.text,
        f64::from(result.confidence),
        result.language,
        result.request_id,
        result.start_time,
        result.end_time,
        result.metadata.provider,
        result.metadata.processing_mode == ProcessingMode::Request,
    ])?;
    Ok(Inserted::New)
}

/// The place and the id of the session's last item; place 0 before the first.
pub(crate) fn last(db: &Connection, session: &str) -> Result<(u64, Option<String>)> {
    let sql = "SELECT place, item_id FROM voice_transcript WHERE session_id = ?1
               ORDER BY place DESC LIMIT 1";
    let last = db.prepare_cached(sql)?.query_row([session], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(last.optional()?.map_or((0, None), |(place, item)| (place, Some(item))))
}

/// The session's items past the place `after`, in their order; at most `count_max`.
pub(crate) fn page(
    db: &Connection,
    session: &str,
    after: u64,
    count_max: usize,
) -> Result<Vec<SaidRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM voice_transcript WHERE session_id = ?1 AND place > ?2
         ORDER BY place LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![session, after, count_max], |row| read(session, row))?;
    rows.collect()
}

/// The final result of the item, if it has one.
/// The session's items before `item`, or all where it has none of that id, in their order: the last ones, at
/// most `count_max`.
pub(crate) fn before(
    db: &Connection,
    session: &str,
    item: &str,
    count_max: usize,
) -> Result<Vec<SaidRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM voice_transcript WHERE session_id = ?1 AND place < coalesce(
             (SELECT place FROM voice_transcript WHERE session_id = ?1 AND item_id = ?2),
             9223372036854775807)
         ORDER BY place DESC LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![session, item, count_max], |row| read(session, row))?;
    let mut rows = rows.collect::<Result<Vec<_>>>()?;
    rows.reverse();
    Ok(rows)
}

/// How many items began before a moment on the session's clock.
pub(crate) fn count_before(db: &Connection, session: &str, millis: u64) -> Result<u64> {
    let sql = "SELECT count(*) FROM voice_transcript WHERE session_id = ?1 AND start_ms < ?2";
    db.prepare_cached(sql)?.query_row(params![session, millis], |row| row.get(0))
}

pub(crate) fn find(db: &Connection, session: &str, item: &str) -> Result<Option<SaidRow>> {
    let sql =
        format!("SELECT {COLUMNS} FROM voice_transcript WHERE session_id = ?1 AND item_id = ?2");
    let mut statement = db.prepare_cached(&sql)?;
    statement.query_row([session, item], |row| read(session, row)).optional()
}

fn read(session: &str, row: &Row<'_>) -> Result<SaidRow> {
    let is_request: bool = row.get(12)?;
    #[expect(clippy::cast_possible_truncation, reason = "it was an f32 when it was stored")]
    let confidence = row.get::<_, f64>(6)? as f32;
    let processing_mode =
        if is_request { ProcessingMode::Request } else { ProcessingMode::Realtime };
    let result = TranscriptionResult {
        session_id: session.to_owned(),
        item_id: row.get(1)?,
        previous_item_id: row.get(2)?,
        user_id: row.get(3)?,
        text: row.get(5)?,
        is_final: true,
        confidence,
        language: row.get(7)?,
        request_id: row.get(8)?,
        start_time: row.get(9)?,
        end_time: row.get(10)?,
        metadata: ResultMetadata { provider: row.get(11)?, processing_mode },
    };
    Ok(SaidRow { place: row.get(0)?, user_name: row.get(4)?, result })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Connection {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(TRANSCRIPT.sql).unwrap();
        db
    }

    fn row(place: u64, item: &str, text: &str) -> SaidRow {
        let result = TranscriptionResult {
            session_id: "s".into(),
            user_id: "ann".into(),
            item_id: item.into(),
            previous_item_id: (place > 1).then(|| format!("before {item}")),
            text: text.into(),
            is_final: true,
            confidence: 0.1,
            language: "en".into(),
            request_id: (place == 2).then(|| "r".into()),
            start_time: place * 1000,
            end_time: place * 1000 + 500,
            metadata: ResultMetadata {
                provider: "builtin".into(),
                processing_mode: if place == 2 {
                    ProcessingMode::Request
                } else {
                    ProcessingMode::Realtime
                },
            },
        };
        SaidRow { place, user_name: "Ann".into(), result }
    }

    #[test]
    fn what_is_stored_is_read_back_in_its_order_page_by_page() {
        let db = database();
        let rows = [row(1, "a", "one"), row(2, "b", "two"), row(4, "d", "four")];
        for index in [2, 0, 1] {
            assert_eq!(insert(&db, &rows[index]).unwrap(), Inserted::New);
        }
        assert_eq!(page(&db, "s", 0, 9).unwrap(), rows);
        assert_eq!(page(&db, "s", 1, 1).unwrap(), rows[1..2]);
        assert_eq!(page(&db, "t", 0, 9).unwrap(), []);
        assert_eq!(last(&db, "s").unwrap(), (4, Some("d".into())));
        assert_eq!(last(&db, "t").unwrap(), (0, None));
    }

    #[test]
    fn an_item_has_one_final_result_and_a_taken_place_is_left_to_who_has_it() {
        let db = database();
        insert(&db, &row(1, "a", "one")).unwrap();
        let again = insert(&db, &row(7, "a", "other")).unwrap();
        assert_eq!(again, Inserted::Already(Box::new(row(1, "a", "one"))));
        assert_eq!(insert(&db, &row(1, "b", "two")).unwrap(), Inserted::New);
        let all = page(&db, "s", 0, 9).unwrap();
        let places: Vec<_> = all.iter().map(|row| (row.place, &*row.result.item_id)).collect();
        assert_eq!(places, [(1, "a"), (2, "b")]);
    }
}
