//! The answers to what the store, or the server itself, did not do. Why stands in the log and not in the
//! answer.

use http::StatusCode;
use storage::{CommitError, ReadError};

use crate::HttpError;

/// The answer to what was not read.
#[must_use]
pub fn unread(error: &ReadError) -> HttpError {
    match error {
        ReadError::Refused(_) | ReadError::Timeout => {
            HttpError::unavailable("The store is busy; try again")
        }
        ReadError::Database(_) | ReadError::Panicked => fault(error),
    }
}

/// The answer to what was not stored.
#[must_use]
pub fn unstored(error: &CommitError) -> HttpError {
    match error {
        CommitError::Busy => HttpError::unavailable("The store is busy; try again"),
        CommitError::StorageFull => HttpError::unavailable("The store is full; try again later"),
        _ => fault(error),
    }
}

/// The answer to a fault of the server's; it is logged here.
#[must_use]
pub fn fault(error: &(dyn std::error::Error + 'static)) -> HttpError {
    tracing::error!(error, "a request failed");
    HttpError::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "Something went wrong")
}

#[cfg(test)]
mod tests {
    use storage::Refused;

    use super::*;

    fn status_and_code(error: &HttpError) -> (u16, &'static str) {
        (error.status.as_u16(), error.code)
    }

    #[test]
    fn what_may_work_later_is_503_and_what_may_not_says_nothing_of_why() {
        let later = (503, "UNAVAILABLE");
        for error in [ReadError::Refused(Refused::Busy), ReadError::Timeout] {
            assert_eq!(status_and_code(&unread(&error)), later);
        }
        for error in [CommitError::Busy, CommitError::StorageFull] {
            assert_eq!(status_and_code(&unstored(&error)), later);
        }
        let never = (500, "INTERNAL_ERROR");
        assert_eq!(status_and_code(&unread(&ReadError::Panicked)), never);
        assert_eq!(status_and_code(&unstored(&CommitError::Failed)), never);
    }
}
