//! Why what was said is not known.

/// Nothing can be heard at the moment; the text is for people, and safe to tell.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unavailable {
    /// What is missing, and what to do about it.
    pub message: String,
}

/// Why an utterance has no text, after all providers were asked.
///
/// Its texts hold nothing of what was said, and no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpeechError {
    /// Nobody is there who hears.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// None of the providers knows the language.
    #[error("speech in the language {0:?} is not understood here")]
    Language(String),
    /// Too much was said at once.
    #[error("too many utterances wait already")]
    Busy,
    /// The deadline passed.
    #[error("the speech provider did not answer in time")]
    Deadline,
    /// The provider died, or answered an error or rubbish.
    #[error("the speech provider failed: {0}")]
    Failed(String),
    /// Nobody waits for it any more.
    #[error("the utterance was given up")]
    GivenUp,
}
