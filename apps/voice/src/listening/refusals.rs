//! What a speaker is told where something was not transcribed.

use std::borrow::Cow;

use audio::AudioError;
use intelligence::speech::{SpeechError, Unavailable};

use crate::protocol::{Code, Refusal};

/// Why a sender is advised: partial results stop while many speak.
pub(super) const PARTIALS_PAUSED: &str = "partials_paused";
/// Why a sender is advised: what is sent is more than is transcribed, and some of it was left out.
pub(super) const TOO_SLOW: &str = "transcription_too_slow";

/// Nobody is there who transcribes.
pub(super) fn unavailable(Unavailable { message }: Unavailable) -> Refusal {
    let refusal = Refusal::new(Code::Unavailable, "Transcription is not available");
    Refusal { error: Some(message.into()), ..refusal }
}

/// Too much waits already.
pub(super) fn too_much() -> Refusal {
    Refusal::new(Code::Unavailable, "Too much waits to be transcribed; try again").retry_after(1000)
}

/// What was sent is not what it says, or broken.
pub(super) fn undecodable(error: &AudioError) -> Refusal {
    let refusal = Refusal::new(Code::ValidationError, "The audio could not be decoded");
    Refusal { error: Some(error.message.as_ref().into()), field: Some(error.field), ..refusal }
}

/// Whoever transcribes gave no text.
pub(super) fn unheard(error: &SpeechError) -> Refusal {
    let (code, message): (_, Cow<'_, str>) = match error {
        SpeechError::Unavailable(_) => (Code::Unavailable, "Transcription is not available".into()),
        SpeechError::Language(_) => {
            (Code::ValidationError, "The language is not understood here".into())
        }
        SpeechError::Busy => (Code::Unavailable, "Too many people speak; try again".into()),
        SpeechError::Deadline => (Code::Unavailable, "Transcription took too long".into()),
        SpeechError::Failed(_) => (Code::Unavailable, "Transcription failed".into()),
        SpeechError::GivenUp => (Code::Unavailable, "The server stops".into()),
    };
    let field = matches!(error, SpeechError::Language(_)).then_some("language");
    Refusal { error: Some(error.to_string().into()), field, ..Refusal::new(code, message) }
}
