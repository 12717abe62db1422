//! What is wrong with an input, said as people do: what serde says names the types of this program and
//! places in the text.
//!
//! **Invariants.** No line, no column, and of what came nothing but the names of fields.

use std::fmt::Display;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The field inside the place where it was noticed, where it is not that place itself.
    pub(crate) field: Option<String>,
    /// What is wrong with it, as the rest of a sentence that names it.
    pub(crate) text: String,
}

impl Problem {
    /// What an error of a deserializer comes to. A sentence of this program's own stays as it is.
    pub(crate) fn of(error: impl Display) -> Self {
        let error = error.to_string();
        let error = without_place(&error);
        if let Some(field) = quoted(error, "missing field ") {
            return Self { field: Some(field.to_owned()), text: "is missing".to_owned() };
        }
        if let Some(field) = quoted(error, "duplicate field ") {
            return Self { field: Some(field.to_owned()), text: "stands twice".to_owned() };
        }
        Self { field: None, text: text(error) }
    }
}

/// The field of an object that stands in it twice, where that is why it could not be read.
#[must_use]
pub fn repeated_field(error: &serde_json::Error) -> Option<String> {
    quoted(&error.to_string(), "duplicate field ").map(str::to_owned)
}

/// The problem without the field it is one of.
fn text(error: &str) -> String {
    if error == "number out of range" {
        return "must be a number that is not so large".to_owned();
    }
    if error.starts_with("invalid digit") || error.starts_with("cannot parse integer") {
        return "must be a whole number".to_owned();
    }
    let is_of_a_type = ["invalid type: ", "invalid value: ", "invalid length "]
        .iter()
        .any(|start| error.starts_with(start));
    // The last one: what came may say "expected" as well.
    if is_of_a_type && let Some((_, expected)) = error.rsplit_once(", expected ") {
        return format!("must be {}", named(expected));
    }
    if error.starts_with("unknown variant ") {
        return match error.rsplit_once(", expected ") {
            Some((_, names)) => format!("must be {}", names.replace('`', "")),
            None => "must be something else".to_owned(),
        };
    }
    error.to_owned()
}

/// A type as people call it.
fn named(expected: &str) -> &str {
    match expected {
        "f32" | "f64" => "a number",
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "a whole number",
        "bool" | "a boolean" => "true or false",
        "a string" | "a borrowed string" | "str" | "string" | "a character" => "a text",
        "a map" => "an object",
        "a sequence" => "a list",
        "unit" => "null",
        _ if expected.starts_with("struct ") => "an object",
        _ if expected.starts_with("tuple ") || expected.starts_with("a tuple ") => "a list",
        _ if expected.starts_with("enum ") || expected.starts_with("variant ") => "a text",
        // Said by a type of this program.
        own => own,
    }
}

/// The error without the place in the text where it was noticed.
fn without_place(error: &str) -> &str {
    let Some((said, place)) = error.rsplit_once(" at line ") else { return error };
    match place.split_once(" column ") {
        Some((line, column)) if is_number(line) && is_number(column) => said,
        _ => error,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What stands between the quotes behind `start`.
fn quoted<'a>(error: &'a str, start: &str) -> Option<&'a str> {
    let (name, _) = error.strip_prefix(start)?.strip_prefix('`')?.rsplit_once('`')?;
    Some(name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Door {
        #[expect(dead_code, reason = "only read")]
        lock_id: u32,
        #[expect(dead_code, reason = "only read")]
        colour: Option<Colour>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Colour {
        Red,
        Blue,
    }

    fn problem<T: DeserializeOwned + Debug>(json: &str) -> String {
        let Problem { field, text } = Problem::of(serde_json::from_str::<T>(json).unwrap_err());
        field.map_or_else(|| text.clone(), |field| format!("{field} {text}"))
    }

    #[test]
    fn types_are_named_as_people_do() {
        assert_eq!(problem::<f64>(r#""5""#), "must be a number");
        assert_eq!(problem::<u32>("-1"), "must be a whole number, 0 or more");
        assert_eq!(problem::<u8>("1.5"), "must be a whole number, 0 or more");
        assert_eq!(problem::<i64>("true"), "must be a whole number");
        assert_eq!(problem::<bool>("1"), "must be true or false");
        assert_eq!(problem::<String>("1"), "must be a text");
        assert_eq!(problem::<Box<str>>("[]"), "must be a text");
        assert_eq!(problem::<Vec<u8>>("{}"), "must be a list");
        assert_eq!(problem::<[u8; 2]>("{}"), "must be an array of length 2");
        assert_eq!(problem::<(u8, u8)>("7"), "must be a list");
        assert_eq!(problem::<BTreeMap<String, u8>>("[]"), "must be an object");
        assert_eq!(problem::<Door>("7"), "must be an object");
        assert_eq!(problem::<f64>("1e999"), "must be a number that is not so large");
    }

    #[test]
    fn what_came_is_not_repeated_and_misleads_nobody() {
        let wrong = r#"", expected a map at line 1 column 2""#;
        assert_eq!(problem::<f64>(wrong), "must be a number");
        assert_eq!(problem::<Colour>(wrong), "must be red or blue");
    }

    #[test]
    fn fields_that_are_missing_or_doubled_are_named() {
        assert_eq!(problem::<Door>("{}"), "lockId is missing");
        assert_eq!(problem::<Door>(r#"{"lockId":1,"lockId":2}"#), "lockId stands twice");
        let error = serde_json::from_str::<Door>(r#"{"lockId":1,"lockId":2}"#).unwrap_err();
        assert_eq!(repeated_field(&error).as_deref(), Some("lockId"));
        let error = serde_json::from_str::<Door>("{}").unwrap_err();
        assert_eq!(repeated_field(&error), None);
    }

    #[test]
    fn a_sentence_of_ones_own_stays() {
        let own = <serde_json::Error as serde::de::Error>::custom("must be a prime");
        assert_eq!(Problem::of(own).text, "must be a prime");
        assert_eq!(Problem::of("must be at line 7").text, "must be at line 7");
        assert_eq!(Problem::of("no at line x column 2").text, "no at line x column 2");
    }
}
