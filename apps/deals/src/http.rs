//! Protocol B's HTTP: for producers, and for people about what is theirs.

pub(crate) mod alerts;
mod checks;
pub(crate) mod deals;
pub(crate) mod notifications;
pub(crate) mod rooms;
pub(crate) mod tasks;

use std::sync::Arc;

use model::Identity;
use web::{Caller, HttpError};

pub(crate) type Answer<T> = Result<T, HttpError>;

/// Who calls, if a producer.
///
/// # Errors
/// 403 for everybody else.
pub(crate) fn producer(caller: Caller) -> Answer<Arc<Identity>> {
    let Caller(identity) = caller;
    if identity.is_publisher() {
        return Ok(identity);
    }
    Err(HttpError::forbidden("This needs the role publisher").refused("not a publisher"))
}

/// Bytes of a page's content past which it ends.
pub(crate) const PAGE_BYTES_MAX: usize = 256 * 1024;

/// Leaves of `rows` as many as a page may have, at least one; whether there were more.
pub(crate) fn cut<T>(rows: &mut Vec<T>, limit: usize, bytes_of: impl Fn(&T) -> usize) -> bool {
    let (count, mut bytes) = (rows.len(), 0);
    let fits = |row: &&T| {
        bytes += bytes_of(row);
        bytes <= PAGE_BYTES_MAX
    };
    let kept = rows.iter().take(limit).take_while(fits).count().max(1);
    rows.truncate(kept);
    rows.len() < count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_at_its_count_or_at_its_bytes_and_has_one_row_at_least() {
        let cut_to = |rows: &[usize], limit| {
            let mut rows = rows.to_vec();
            let has_more = cut(&mut rows, limit, |bytes| *bytes);
            (rows.len(), has_more)
        };
        assert_eq!(cut_to(&[], 3), (0, false));
        assert_eq!(cut_to(&[1, 1, 1], 3), (3, false));
        assert_eq!(cut_to(&[1, 1, 1], 2), (2, true));
        assert_eq!(cut_to(&[PAGE_BYTES_MAX - 1, 1, 1], 3), (2, true));
        assert_eq!(cut_to(&[PAGE_BYTES_MAX + 1, 1], 3), (1, true));
        assert_eq!(cut_to(&[PAGE_BYTES_MAX + 1], 3), (1, false));
    }
}
