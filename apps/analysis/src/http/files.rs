//! The lines that an analysis cites, at the commit it is of.
//!
//! **Bounds.** [`LINES_MAX`] lines and [`BYTES_MAX`] bytes an answer; [`READERS_MAX`] are read at
//! once, the others wait.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use repository::{Tree, TreeError};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use web::{Caller, HttpError, Query, fault};

use super::{AnalysisId, Answer, Service};

/// Lines of one answer.
const LINES_MAX: usize = 2000;
/// Bytes of the lines of one answer; one line it always has.
const BYTES_MAX: usize = 256 * 1024;
/// Bytes of a path.
const PATH_BYTES_MAX: usize = 4096;
/// Trees that are opened at once.
const READERS_MAX: usize = 8;

static READERS: Semaphore = Semaphore::const_new(READERS_MAX);

#[derive(Deserialize)]
pub(super) struct Cited {
    path: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// Which lines are asked for, counted from 1, both ends included.
struct Span {
    path: String,
    from: usize,
    to: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Lines {
    path: String,
    from: usize,
    to: usize,
    /// Lines of the whole file.
    total_lines: usize,
    lines: Vec<String>,
    /// Whether what was asked for goes on past `to`.
    has_more: bool,
}

pub(super) async fn lines(
    State(analyses): Service,
    caller: Caller,
    AnalysisId(id): AnalysisId,
    Query(cited): Query<Cited>,
) -> Answer<impl IntoResponse> {
    let span = Span::of(cited)?;
    let row = analyses.seen_by(&caller, id).await?;
    let commit = row.commit.ok_or_else(not_fetched)?;
    let place = analyses.pipeline.clones().place(&row.id);
    let reading = READERS.acquire().await.map_err(|error| fault(&error))?;
    let read = tokio::task::spawn_blocking(move || {
        let _reading = reading;
        let tree = Tree::open(&place, Some(&commit))?;
        span.read(&tree)
    });
    let lines = read.await.map_err(|error| fault(&error))?.map_err(|error| match error {
        // It failed before anything cited it, or is being deleted, or came back from a backup.
        TreeError::NotARepository(_) => file_not_found(),
        error => fault(&error),
    })?;
    lines.map(Json).ok_or_else(file_not_found)
}

impl Span {
    fn of(Cited { path, from, to }: Cited) -> Answer<Self> {
        let path = path.ok_or_else(|| HttpError::validation("path", "is missing"))?;
        if path.is_empty() || path.len() > PATH_BYTES_MAX {
            return Err(HttpError::validation("path", "must have 1 to 4096 bytes"));
        }
        let (from, to) = (number("from", from)?, number("to", to)?);
        let from = from.unwrap_or(1);
        if to.is_some_and(|to| to < from) {
            return Err(HttpError::validation("to", "must not be before from"));
        }
        Ok(Self { path, from, to })
    }

    /// The lines, as many as an answer may have; `None` for a file that is not there, or that is not
    /// read, and for lines past its end.
    fn read(self, tree: &Tree) -> Result<Option<Lines>, TreeError> {
        let Self { path, from, to } = self;
        let Some(total_lines) = tree.line_count(&path) else { return Ok(None) };
        let wanted = to.unwrap_or(total_lines).min(total_lines);
        let last = wanted.min(from.saturating_add(LINES_MAX - 1));
        let Some(mut lines) = tree.lines(&path, from, last)? else { return Ok(None) };
        let mut bytes = 0;
        let mut is_in_bounds = |line: &String| {
            bytes += line.len();
            bytes <= BYTES_MAX
        };
        let fitting = lines.iter().take_while(|line| is_in_bounds(line)).count();
        lines.truncate(fitting.max(1));
        if lines.is_empty() {
            return Ok(None);
        }
        let to = from + lines.len() - 1;
        Ok(Some(Lines { path, from, to, total_lines, lines, has_more: to < wanted }))
    }
}

/// The number of a line, where one was given.
fn number(field: &str, given: Option<String>) -> Answer<Option<usize>> {
    let Some(given) = given else { return Ok(None) };
    match given.parse() {
        Ok(number @ 1..) => Ok(Some(number)),
        _ => Err(HttpError::validation(field, "must be the number of a line, from 1")),
    }
}

fn not_fetched() -> HttpError {
    let message = "The repository was not fetched yet";
    HttpError::new(StatusCode::CONFLICT, "ANALYSIS_NOT_READY", message)
}

fn file_not_found() -> HttpError {
    HttpError::not_found("FILE_NOT_FOUND", "The analysed commit has no such file or lines")
}
