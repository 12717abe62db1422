//! What suggestions are made of, and what they are.

/// Suggestions for one utterance.
pub(crate) const SUGGESTIONS_MAX: usize = 3;
/// Characters of a suggestion.
pub(crate) const TEXT_CHARS_MAX: usize = 2000;
/// Characters of a tone.
pub(crate) const TONE_CHARS_MAX: usize = 40;

/// What is known when somebody is to answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Brief {
    /// What was just said.
    pub(crate) utterance: String,
    /// Its language, such as `en`; empty where that is not known.
    pub(crate) language: String,
    /// What was said before in the session, oldest first.
    pub(crate) history: Vec<Turn>,
    /// What the one who is to answer noted for the session.
    pub(crate) notes: String,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Who said it.
    pub(crate) speaker: String,
    /// Whether that is the one who is to answer.
    pub(crate) is_own: bool,
    /// What was said.
    pub(crate) text: String,
}

/// A confidence as it stands on the wire: from 0 to 1, in hundredths.
pub(crate) fn confidence(value: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "a hundredth needs no more")]
    let hundredths = (value.clamp(0.0, 1.0) * 100.0).round() as f32;
    hundredths / 100.0
}
