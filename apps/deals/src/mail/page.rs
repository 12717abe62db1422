//! A page of what waits for somebody: entries that nobody took and notifications that are unread, in
//! the order of their positions.
//!
//! **Bounds.** [`PAGE_BYTES_MAX`]; one push a page always has.

use bytes::Bytes;
use model::Timestamp;
use serde_json::value::RawValue;
use storage::rusqlite::types::Type;
use storage::rusqlite::{Connection, Error, Result, Row, params};

use super::event_type;
use crate::protocol::{encode, encode_raw};
use crate::store::mail::{self, Kind};
use crate::store::notifications;

/// Bytes of a page's pushes.
const PAGE_BYTES_MAX: usize = 256 * 1024;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// What there is now behind this position.
    From(u64),
    /// What a page left.
    Rest(Rest),
}

/// What a page left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rest {
    /// The position of the last push that was sent.
    after: u64,
    /// The position the mailbox had reached when the first page was read. What came since is told.
    upto: u64,
}

/// A page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct MailPage {
    /// What to send, in order.
    pub(crate) pushes: Vec<Push>,
    /// Where it was asked from.
    after: u64,
    /// The position up to which everything was sent once there is no rest.
    pub(crate) upto: u64,
    /// What it had no room for.
    pub(crate) rest: Option<Rest>,
}

/// One push of a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Push {
    position: u64,
    /// The text to send.
    pub(crate) text: Bytes,
    /// Whether it waits to be taken.
    is_waiting: bool,
}

impl MailPage {
    /// The position of the last push, or where the page was asked from.
    pub(crate) fn last(&self) -> u64 {
        self.pushes.last().map_or(self.after, |push| push.position)
    }

    /// Whether something in it waits to be taken.
    pub(crate) fn has_waiting(&self) -> bool {
        self.pushes.iter().any(|push| push.is_waiting)
    }

    /// Leaves out everything from `position` on: it comes otherwise.
    pub(crate) fn end_before(&mut self, position: u64) {
        if position > self.upto {
            return;
        }
        let upto = position.saturating_sub(1);
        self.upto = upto;
        self.pushes.retain(|push| push.position <= upto);
        let rest = self.rest.filter(|rest| rest.after < upto);
        self.rest = rest.map(|rest| Rest { upto, ..rest });
    }
}

/// Reads a page for `user`, to be sent at `at`.
pub(crate) fn read(db: &Connection, user: &str, ask: Ask, at: Timestamp) -> Result<MailPage> {
    let Rest { after, upto } = match ask {
        Ask::Rest(rest) => rest,
        Ask::From(after) => Rest { after, upto: mail::last(db, user)? },
    };
    let mut statement = db.prepare_cached(mail::WAITING_SQL)?;
    let waiting = statement.query_map(params![user, after, upto], |row| entry(row, at))?;
    let mut statement = db.prepare_cached(&notifications::unread_sql())?;
    let unread = statement.query_map(params![user, after, upto], |row| notification(row, at))?;
    let mut page = MailPage { after, upto, ..MailPage::default() };
    let mut bytes = 0;
    for push in in_order(waiting, unread) {
        let push = push?;
        bytes += push.text.len();
        if bytes > PAGE_BYTES_MAX && !page.pushes.is_empty() {
            page.rest = Some(Rest { after: page.last(), upto });
            break;
        }
        page.pushes.push(push);
    }
    Ok(page)
}

/// Both, merged by position; what could not be read comes first.
fn in_order(
    one: impl Iterator<Item = Result<Push>>,
    other: impl Iterator<Item = Result<Push>>,
) -> impl Iterator<Item = Result<Push>> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    let position = |push: &Result<Push>| push.as_ref().map_or(0, |push| push.position);
    std::iter::from_fn(move || {
        let is_others = match (one.peek(), other.peek()) {
            (Some(one), Some(other)) => position(other) < position(one),
            (one, _) => one.is_none(),
        };
        if is_others { other.next() } else { one.next() }
    })
}

/// The push of a row of [`mail::WAITING_SQL`].
fn entry(row: &Row<'_>, at: Timestamp) -> Result<Push> {
    let kind = row.get_ref(1)?.as_str()?;
    let kind = Kind::parse(kind).ok_or_else(|| {
        Error::FromSqlConversionFailure(1, Type::Text, format!("unknown kind {kind:?}").into())
    })?;
    let data: &RawValue = serde_json::from_str(row.get_ref(2)?.as_str()?)
        .map_err(|error| Error::FromSqlConversionFailure(2, Type::Text, Box::new(error)))?;
    let text = encode_raw(event_type(kind), data, at);
    Ok(Push { position: row.get(0)?, text, is_waiting: true })
}

fn notification(row: &Row<'_>, at: Timestamp) -> Result<Push> {
    let row = notifications::notification(row)?;
    let text = encode(&row.event(), at, None);
    Ok(Push { position: row.position, text, is_waiting: false })
}
