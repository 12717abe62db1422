//! Why a document does not do what somebody asks of it.

use storage::{CommitError, ReadError, Refused};

/// Why not; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Denied {
    /// There is no such document, or it has ended.
    #[error("the document is not there")]
    NotFound,
    /// It is edited in another way.
    #[error("the document is of another kind")]
    OtherKind,
    /// The token does not open it.
    #[error("the token does not open the document")]
    NotOpened,
    /// This is not for them; a sentence to show says why.
    #[error("{0}")]
    Forbidden(&'static str),
    /// A field is not as it should be.
    #[error("{field} {problem}")]
    Invalid {
        /// The field of the message's data.
        field: &'static str,
        /// The rest of a sentence that begins with it.
        problem: &'static str,
    },
    /// The id came before with another edit.
    #[error("the id was used for another edit")]
    Conflict,
    /// Too much waits; try again.
    #[error("the document is busy")]
    Busy,
    /// The disk is full; try again later.
    #[error("the store is full")]
    StorageFull,
    /// A fault of the server's.
    #[error("the document failed")]
    Failed,
}

impl Denied {
    /// A field is not as it should be.
    pub(crate) const fn invalid(field: &'static str, problem: &'static str) -> Self {
        Self::Invalid { field, problem }
    }
}

impl From<Refused> for Denied {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Busy => Self::Busy,
            Refused::StorageFull => Self::StorageFull,
            Refused::Failed | Refused::Closed => Self::Failed,
        }
    }
}

impl From<CommitError> for Denied {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Busy => Self::Busy,
            CommitError::StorageFull => Self::StorageFull,
            CommitError::Failed | CommitError::Closed => Self::Failed,
            CommitError::Rejected(_) | CommitError::Misbehaved => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "a change of a document was not stored");
                Self::Failed
            }
        }
    }
}

impl From<ReadError> for Denied {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Refused(refused) => refused.into(),
            ReadError::Timeout => Self::Busy,
            ReadError::Database(_) | ReadError::Panicked => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "a document was not read");
                Self::Failed
            }
        }
    }
}
