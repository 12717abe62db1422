//! What a client of the chat sends.

use conversations::{Anchor, MessageType};
use model::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::request::{self, Invalid, Request, fault, fields, name, value};
use super::{CONTENT_CHARS_MAX, HISTORY_DEFAULT, HISTORY_MAX};

/// What a client of the chat asks.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Say something.
    Message(Said),
    /// The sender began or ceased to type.
    Typing(bool),
    /// What was said before.
    History(History),
    /// Who is here.
    Members,
}

/// A message to store.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    /// Trimmed, 1–50,000 characters.
    pub content: Box<str>,
    /// What kind of thing it is.
    pub message_type: MessageType,
}

/// Which part of the history is asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct History {
    /// 1–200.
    pub limit: usize,
    /// Where it ends, itself left out.
    pub before: Option<Anchor>,
    /// Where it begins, itself left out.
    pub after: Option<Anchor>,
    /// The history `after` belongs to, where the client kept it.
    pub epoch: Option<Box<str>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    message_type: Option<&'a RawValue>,
    #[serde(borrow)]
    is_typing: Option<&'a RawValue>,
    #[serde(borrow)]
    limit: Option<&'a RawValue>,
    #[serde(borrow)]
    before: Option<&'a RawValue>,
    #[serde(borrow)]
    after: Option<&'a RawValue>,
    #[serde(borrow)]
    epoch: Option<&'a RawValue>,
}

/// Decodes a client's text.
///
/// # Errors
/// [`Invalid`] for whatever is not a message of the chat.
pub fn decode(text: &str) -> Result<Request<Action>, Invalid> {
    request::decode(text, |kind, data| {
        matches!(kind, "message" | "typing" | "history" | "members").then(|| read(kind, data))
    })
}

fn read(kind: &str, data: Option<&RawValue>) -> Result<Action, Invalid> {
    let data: Data<'_> = fields(data)?;
    match kind {
        "message" => said(&data).map(Action::Message),
        "typing" => match value("data.isTyping", "true or false", data.is_typing)? {
            Some(is_typing) => Ok(Action::Typing(is_typing)),
            None => Err(fault("data.isTyping", "is missing")),
        },
        "history" => history(&data).map(Action::History),
        _ => Ok(Action::Members),
    }
}

fn said(data: &Data<'_>) -> Result<Said, Invalid> {
    let field = "data.content";
    let Some(content) = value::<String>(field, "a text", data.content)? else {
        return Err(fault(field, "is missing"));
    };
    let content = content.trim();
    if content.is_empty() {
        return Err(fault(field, "must not be blank"));
    }
    if content.len() > CONTENT_CHARS_MAX && content.chars().nth(CONTENT_CHARS_MAX).is_some() {
        return Err(fault(field, "must have at most 50,000 characters"));
    }
    let kind = value::<String>("data.messageType", "a text", data.message_type)?;
    let message_type = match kind.as_deref().map(MessageType::parse) {
        None => MessageType::Text,
        Some(Some(known)) => known,
        Some(None) => return Err(fault("data.messageType", "must be text, code, image or file")),
    };
    Ok(Said { content: content.into(), message_type })
}

fn history(data: &Data<'_>) -> Result<History, Invalid> {
    let what = "a whole number from 1 to 200";
    let limit = value::<usize>("data.limit", what, data.limit)?.unwrap_or(HISTORY_DEFAULT);
    if !(1..=HISTORY_MAX).contains(&limit) {
        return Err(fault("data.limit", "must be a whole number from 1 to 200"));
    }
    Ok(History {
        limit,
        before: anchor("data.before", data.before)?,
        after: anchor("data.after", data.after)?,
        epoch: name("data.epoch", data.epoch)?,
    })
}

/// A moment where the text is one, else a message id; a number is a `seq`.
fn anchor(field: &'static str, raw: Option<&RawValue>) -> Result<Option<Anchor>, Invalid> {
    let Some(raw) = raw else { return Ok(None) };
    if !raw.get().starts_with('"') {
        let seq = value(field, "an ISO 8601 time, a message id or a seq", Some(raw))?;
        return Ok(seq.map(Anchor::Seq));
    }
    let Some(text) = name(field, Some(raw))? else { return Ok(None) };
    Ok(Some(match text.parse::<Timestamp>() {
        Ok(at) => Anchor::Time(at),
        Err(_) => Anchor::Id(text),
    }))
}

#[cfg(test)]
mod tests {
    use super::super::Asked;
    use super::*;

    fn action(text: &str) -> Action {
        match decode(text).unwrap().action {
            Asked::Of(action) => action,
            other => panic!("{other:?}"),
        }
    }

    fn faulty_field(text: &str) -> &'static str {
        decode(text).unwrap_err().field
    }

    #[test]
    fn messages_are_trimmed_and_text_unless_they_say_otherwise() {
        let said = |content: &str, message_type| {
            Action::Message(Said { content: content.into(), message_type })
        };
        let text = r#"{"type":"message","data":{"content":" \u00fc\n"},"colour":7}"#;
        assert_eq!(action(text), said("ü", MessageType::Text));
        let text = r#"{"type":"message","data":{"content":"x","messageType":"code"}}"#;
        assert_eq!(action(text), said("x", MessageType::Code));
    }

    #[test]
    fn content_has_1_to_50000_characters() {
        let message =
            |content: &str| format!(r#"{{"type":"message","data":{{"content":"{content}"}}}}"#);
        assert_eq!(faulty_field(&message("  ")), "data.content");
        assert!(decode(&message(&"ü".repeat(50_000))).is_ok());
        assert_eq!(faulty_field(&message(&"x".repeat(50_001))), "data.content");
    }

    #[test]
    fn every_fault_names_its_field_and_echoes_the_id() {
        let cases = [
            ("", "message"),
            ("[]", "message"),
            (r#"{"type":"ping"} {}"#, "message"),
            (r#"{"type":"ping","type":"ping"}"#, "message"),
            ("{}", "type"),
            (r#"{"type":7}"#, "type"),
            (r#"{"type":"system"}"#, "type"),
            (r#"{"type":"ping","id":7}"#, "id"),
            (r#"{"type":"ping","id":""}"#, "id"),
            (r#"{"type":"ping","timestamp":7}"#, "timestamp"),
            (r#"{"type":"message","data":[]}"#, "data"),
            (r#"{"type":"message"}"#, "data.content"),
            (r#"{"type":"message","data":{"content":7}}"#, "data.content"),
            (
                r#"{"type":"message","data":{"content":"x","messageType":"system"}}"#,
                "data.messageType",
            ),
            (r#"{"type":"typing","data":{}}"#, "data.isTyping"),
            (r#"{"type":"history","data":{"limit":0}}"#, "data.limit"),
            (r#"{"type":"history","data":{"limit":201}}"#, "data.limit"),
            (r#"{"type":"history","data":{"limit":1.5}}"#, "data.limit"),
            (r#"{"type":"history","data":{"before":-1}}"#, "data.before"),
            (r#"{"type":"history","data":{"after":""}}"#, "data.after"),
            (r#"{"type":"auth"}"#, "token"),
            (r#"{"type":"auth","token":"t","contextId":"a\nb"}"#, "contextId"),
        ];
        for (text, field) in cases {
            assert_eq!(faulty_field(text), field, "{text}");
        }
        let invalid = decode(r#"{"type":"dance","id":"x"}"#).unwrap_err();
        assert_eq!(invalid.id.as_deref(), Some("x"));
        assert_eq!(invalid.message, "Unknown type: dance");
        assert!(decode(r#"{"type":"auth","id":"x"}"#).unwrap_err().is_auth);
    }

    #[test]
    fn an_anchor_is_a_moment_an_id_or_a_seq() {
        let text = r#"{"type":"history","data":{"before":"2024-01-01T00:00:00Z","after":7}}"#;
        let Action::History(history) = action(text) else { panic!() };
        assert_eq!(history.before, Some(Anchor::Time("2024-01-01T00:00:00Z".parse().unwrap())));
        assert_eq!(history.after, Some(Anchor::Seq(7)));
        assert_eq!(history.limit, 50);
        let text = r#"{"type":"history","data":{"before":"0198-x","limit":200}}"#;
        let Action::History(history) = action(text) else { panic!() };
        assert_eq!(history.before, Some(Anchor::Id("0198-x".into())));
    }

    #[test]
    fn what_may_be_left_out_may_be_null() {
        for kind in ["ping", "members", "history"] {
            let text = format!(r#"{{"type":"{kind}","id":null,"data":null,"timestamp":null}}"#);
            assert!(decode(&text).is_ok(), "{kind}");
        }
    }

    #[test]
    fn a_token_is_in_no_debug_text() {
        let request = decode(r#"{"type":"auth","token":"secret"}"#).unwrap();
        assert!(!format!("{request:?}").contains("secret"));
    }

    #[test]
    fn a_nest_of_65_levels_is_refused_before_it_is_parsed() {
        let nested = |levels: usize| {
            let lists = "[".repeat(levels - 1) + &"]".repeat(levels - 1);
            format!(r#"{{"type":"ping","more":{lists}}}"#)
        };
        assert!(decode(&nested(64)).is_ok());
        assert_eq!(faulty_field(&nested(65)), "message");
        assert_eq!(faulty_field(&"[".repeat(200_000)), "message");
    }
}
