//! Why an analysis fails, as its owner hears it.

use std::fmt::Display;

use appraisal::AppraisalError;
use repository::{FetchError, TreeError};

/// A failure: the stable code, and a sentence that is safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// Codes of what may have passed when it is tried again.
const RETRYABLE: [&str; 3] = ["CLONE_TIMEOUT", "AI_UNAVAILABLE", "INTERNAL_ERROR"];

/// Whether an analysis that failed with this code may succeed when it is asked for again.
pub(crate) fn is_retryable(code: &str) -> bool {
    RETRYABLE.contains(&code)
}

impl Failure {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// A fault of ours; the cause goes to the log only.
    pub(super) fn internal() -> Self {
        Self::new("INTERNAL_ERROR", "The analysis failed; try again later")
    }

    pub(super) fn not_allowed(reason: impl Display) -> Self {
        Self::new("URL_NOT_ALLOWED", reason.to_string())
    }

    pub(super) fn fetch(error: &FetchError) -> Self {
        match error {
            FetchError::NotFound => {
                Self::new("REPO_NOT_FOUND", "Repository not found or access denied")
            }
            FetchError::TooLarge => Self::too_large("The repository is too large"),
            FetchError::Empty => Self::empty(),
            FetchError::NotAllowed(reason) => Self::not_allowed(reason),
            FetchError::Timeout => {
                Self::new("CLONE_TIMEOUT", "Cloning the repository took too long")
            }
            FetchError::Failed(_) => Self::internal(),
        }
    }

    pub(super) fn tree(error: &TreeError) -> Self {
        match error {
            TreeError::Empty => Self::empty(),
            _ => Self::internal(),
        }
    }

    pub(super) fn appraisal(error: &AppraisalError) -> Self {
        match error {
            AppraisalError::Unavailable => {
                Self::new("AI_UNAVAILABLE", "No model is available to write this stage")
            }
            AppraisalError::Failed(_) => Self::internal(),
        }
    }

    pub(super) fn too_large(message: &str) -> Self {
        Self::new("REPO_TOO_LARGE", message)
    }

    fn empty() -> Self {
        Self::new("REPO_EMPTY", "The repository has nothing that can be analysed")
    }
}
