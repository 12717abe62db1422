//! Lists are cut into pages: `limit` and `cursor` in, `{items, nextCursor}` out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::HttpError;

/// Items of a page where the caller does not say.
const LIMIT_DEFAULT: usize = 50;
/// The most items of a page.
const LIMIT_MAX: usize = 200;

/// What a caller asks of a list.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct PageRequest {
    limit: Option<String>,
    cursor: Option<String>,
}

impl PageRequest {
    /// How many items: 1–200, default 50.
    ///
    /// # Errors
    /// 400 that names `limit`.
    pub fn limit(&self) -> Result<usize, HttpError> {
        let Some(limit) = &self.limit else { return Ok(LIMIT_DEFAULT) };
        match limit.parse() {
            Ok(limit @ 1..=LIMIT_MAX) => Ok(limit),
            _ => Err(HttpError::validation("limit", "must be a whole number from 1 to 200")),
        }
    }

    /// The text after which the page starts, as given to [`Page::new`].
    ///
    /// # Errors
    /// 400 that names `cursor` for one that no answer gave.
    pub fn after(&self) -> Result<Option<String>, HttpError> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
        match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
            Some(after) => Ok(Some(after)),
            None => Err(HttpError::validation("cursor", "must be a nextCursor of this list")),
        }
    }
}

/// One page of a list.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to ask with for the next page; `null` at the end.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page of `items`; `next` is the text after which the next one starts.
    #[must_use]
    pub fn new(items: Vec<T>, next: Option<&str>) -> Self {
        Self { items, next_cursor: next.map(|next| URL_SAFE_NO_PAD.encode(next)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_a_made_up_one_is_refused() {
        let page = Page::new(vec![1], Some("2026-11-24 x"));
        let request = PageRequest { limit: None, cursor: page.next_cursor };
        assert_eq!(request.after().unwrap().as_deref(), Some("2026-11-24 x"));
        assert_eq!(request.limit().unwrap(), 50);
        let forged = PageRequest { limit: Some("201".into()), cursor: Some("%%".into()) };
        assert_eq!(forged.after().unwrap_err().field.as_deref(), Some("cursor"));
        assert_eq!(forged.limit().unwrap_err().field.as_deref(), Some("limit"));
    }
}
