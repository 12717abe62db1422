//! Why audio was refused.

use std::borrow::Cow;

/// What is wrong with a speaker's audio; safe to tell the speaker.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct AudioError {
    /// The field of the message that is at fault, as it is called on the wire: `format`,
    /// `sampleRate`, `channels` or `audioData`.
    pub field: &'static str,
    /// What is wrong, in a sentence without a full stop.
    pub message: Cow<'static, str>,
}

impl AudioError {
    /// An error in `field`.
    pub(crate) fn new(field: &'static str, message: impl Into<Cow<'static, str>>) -> AudioError {
        AudioError { field, message: message.into() }
    }

    /// An error in the bytes themselves.
    pub(crate) fn data(message: impl Into<Cow<'static, str>>) -> AudioError {
        AudioError::new("audioData", message)
    }
}
