//! What producers say in paths and bodies, checked; what is wrong is told with its field.

use std::sync::Arc;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use model::Name;
use web::HttpError;

use super::Answer;

/// The id that a path names.
pub(super) fn path_id(field: &str, path: Result<Path<String>, PathRejection>) -> Answer<Arc<str>> {
    let Path(id) = path.map_err(|_| HttpError::validation(field, "must be UTF-8"))?;
    name(field, &id)
}

/// An id: 1–256 characters, none of them a control character.
pub(super) fn name(field: &str, id: &str) -> Answer<Arc<str>> {
    Name::new(id).map_err(|error| HttpError::validation(field, error))?;
    Ok(id.into())
}

/// A field that has to be there.
pub(super) fn required<T>(field: &str, given: Option<T>) -> Answer<T> {
    given.ok_or_else(|| HttpError::validation(field, "is missing"))
}

/// A text without blanks at its ends, of 1 to `chars_max` characters.
pub(super) fn text(field: &str, given: &str, chars_max: usize) -> Answer<String> {
    let text = given.trim();
    if text.is_empty() {
        return Err(HttpError::validation(field, "must not be blank"));
    }
    at_most(field, text, chars_max)
}

/// A text as it came, of at most `chars_max` characters.
pub(super) fn at_most(field: &str, text: &str, chars_max: usize) -> Answer<String> {
    if text.chars().nth(chars_max).is_some() {
        let problem = format!("must have at most {chars_max} characters");
        return Err(HttpError::validation(field, problem));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault<T: std::fmt::Debug>(answer: Answer<T>) -> String {
        let error = answer.unwrap_err();
        assert_eq!(error.field.as_deref(), Some("field"));
        error.message
    }

    #[test]
    fn texts_are_trimmed_and_bounded_in_characters() {
        assert_eq!(text("field", " né \n", 2).unwrap(), "né");
        assert_eq!(fault(text("field", "abc", 2)), "field: must have at most 2 characters");
        assert_eq!(fault(text("field", " \t", 2)), "field: must not be blank");
        assert_eq!(at_most("field", " né", 3).unwrap(), " né");
        assert_eq!(at_most("field", "", 3).unwrap(), "");
        assert!(fault(at_most("field", " né ", 3)).contains("at most 3"));
    }

    #[test]
    fn ids_are_names() {
        assert_eq!(&*name("field", "a/b=").unwrap(), "a/b=");
        for id in ["", "a\nb", &"é".repeat(257)] {
            fault(name("field", id));
        }
        assert_eq!(fault(required::<u8>("field", None)), "field: is missing");
    }
}
