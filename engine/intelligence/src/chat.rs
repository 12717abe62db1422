//! The JSON of the chat-completions API: what we send, and what we read of what comes.

use serde::{Deserialize, Serialize};

use crate::{ModelError, Prompt};

/// Characters of a server's name for an error that are told.
const CODE_CHARS_MAX: usize = 40;

/// What is sent.
#[derive(Serialize)]
pub(crate) struct Request<'a> {
    pub(crate) model: &'a str,
    pub(crate) messages: Vec<Message<'a>>,
    pub(crate) stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response_format: Option<serde_json::Value>,
}

#[derive(Serialize)]
pub(crate) struct Message<'a> {
    pub(crate) role: &'static str,
    pub(crate) content: &'a str,
}

impl<'a> Request<'a> {
    pub(crate) fn new(model: &'a str, prompt: &'a Prompt) -> Self {
        let task = Message { role: "system", content: prompt.task() };
        let material = Message { role: "user", content: prompt.material() };
        Self { model, messages: vec![task, material], stream: false, response_format: None }
    }

    pub(crate) fn to_bytes(&self) -> bytes::Bytes {
        serde_json::to_vec(self).expect("texts and JSON values can be written").into()
    }
}

/// A whole answer, or a piece of a streamed one.
#[derive(Default, Deserialize)]
pub(crate) struct Answer {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default, alias = "message")]
    delta: Option<Said>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    content: Option<String>,
}

/// What one piece says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    /// Whether the model says that it is done.
    pub(crate) is_last: bool,
}

impl Piece {
    /// Reads a piece, or a whole answer.
    pub(crate) fn read(json: &[u8]) -> Result<Self, ModelError> {
        let rubbish = |_| ModelError::Rubbish("not the API's JSON");
        let answer: Answer = serde_json::from_slice(json).map_err(rubbish)?;
        if let Some(error) = answer.error.filter(|error| !error.is_null()) {
            return Err(ModelError::Refused { status: 200, code: code(&error), retry_after: None });
        }
        let choices = answer.choices.ok_or(ModelError::Rubbish("JSON without choices"))?;
        // A piece without a choice tells usage only.
        let Some(choice) = choices.into_iter().next() else { return Ok(Self::default()) };
        let text = choice.delta.and_then(|said| said.content).unwrap_or_default();
        Ok(Self { text, is_last: choice.finish_reason.is_some() })
    }
}

/// The server's own name for its error, where the body has one.
pub(crate) fn error_code(body: &[u8]) -> Option<String> {
    let answer: Answer = serde_json::from_slice(body).ok()?;
    code(&answer.error?)
}

/// Names only: a text could repeat the key or the prompt.
fn code(error: &serde_json::Value) -> Option<String> {
    let named = ["code", "type"].iter().find_map(|field| error.get(field)?.as_str())?;
    let is_name = !named.is_empty()
        && named.len() <= CODE_CHARS_MAX
        && named.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        && named.contains('_');
    is_name.then(|| named.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(json: &str) -> Result<Piece, ModelError> {
        Piece::read(json.as_bytes())
    }

    #[test]
    fn pieces_and_whole_answers_are_read_alike() {
        let text = |json| piece(json).unwrap();
        let expected = Piece { text: "Hi".to_owned(), is_last: false };
        assert_eq!(
            text(r#"{"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}"#),
            expected
        );
        let whole = r#"{"choices":[{"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}"#;
        assert_eq!(text(whole), Piece { is_last: true, ..expected });
        for silent in [
            r#"{"choices":[]}"#,
            r#"{"choices":[{"delta":{"role":"assistant","content":null}}],"error":null}"#,
            r#"{"choices":[{"delta":null}]}"#,
        ] {
            assert_eq!(text(silent), Piece::default());
        }
    }

    #[test]
    fn rubbish_and_errors_are_told_without_their_text() {
        for rubbish in
            ["", "[]", "{}", "null", r#"{"choices":7}"#, r#"{"choices":[{"delta":{"content":7}}]}"#]
        {
            assert!(matches!(piece(rubbish), Err(ModelError::Rubbish(_))), "{rubbish}");
        }
        let error =
            piece(r#"{"error":{"message":"no key sk-abc","code":"rate_limit"}}"#).unwrap_err();
        assert_eq!(error.to_string(), "the model's server refused: status 200 (rate_limit)");
        assert_eq!(error_code(br#"{"error":{"code":"sk-abc"}}"#), None);
        assert_eq!(
            error_code(br#"{"error":{"code":null,"type":"invalid_request_error"}}"#).as_deref(),
            Some("invalid_request_error")
        );
        assert_eq!(error_code(b"<html>"), None);
    }
}
