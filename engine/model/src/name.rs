//! Names that clients give to rooms, sessions, contexts, analyses and metrics.

use std::fmt;
use std::sync::Arc;

/// The longest name, in characters.
pub const NAME_CHARS_MAX: usize = 256;

/// A name a client gave: 1–256 characters, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It has no character.
    #[error("must not be empty")]
    Empty,
    /// It has more than [`NAME_CHARS_MAX`] characters.
    #[error("must have at most 256 characters")]
    TooLong,
    /// It has a control character.
    #[error("must not contain control characters")]
    Control,
}

impl Name {
    /// Checks a client's text.
    ///
    /// # Errors
    /// What is wrong with it, as the second half of a sentence that names the field.
    pub fn new(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.chars().nth(NAME_CHARS_MAX).is_some() {
            return Err(NameError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(NameError::Control);
        }
        Ok(Self(text.into()))
    }

    /// The name as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_1_to_256_characters_and_no_control_ones() {
        assert_eq!(Name::new(""), Err(NameError::Empty));
        assert!(Name::new(&"é".repeat(256)).is_ok());
        assert_eq!(Name::new(&"é".repeat(257)), Err(NameError::TooLong));
        assert_eq!(Name::new("a\r\nb"), Err(NameError::Control));
        assert!(Name::new("a.> * ../ '--").is_ok());
    }
}
