//! What a client sends: decoded, checked, every fault naming its field.

use std::fmt;

use model::Name;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use web::nesting_is_at_most;

use super::{ANSWER_CHARS_MAX, NESTING_MAX};

/// Characters of an unknown type that its refusal repeats.
const ECHO_CHARS_MAX: usize = 64;

/// One message of a client, checked.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// Echoed by whatever answers it; 1–256 characters.
    pub request_id: Option<Box<str>>,
    /// What is asked.
    pub action: Action,
}

/// What a client asks.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Brings a token.
    Authenticate(Token),
    /// To hear of the analysis' stages.
    Subscribe(Name),
    /// To hear of them no more.
    Unsubscribe(Name),
    /// To be asked about the analysed code.
    Start {
        /// The analysis.
        analysis_id: Name,
        /// How.
        session_type: SessionType,
    },
    /// An answer in an interview.
    Submit(Answer),
    /// The interview is to rest.
    Pause(Name),
    /// The interview is to go on.
    Resume(Name),
    /// Are you there?
    Ping,
}

/// A token, which no log is to see.
#[derive(PartialEq, Eq)]
pub struct Token(pub Box<str>);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// What kind of interview it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionType {
    /// As in earnest.
    Live,
    /// With example answers.
    Practice,
}

impl SessionType {
    /// Its name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Practice => "practice",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Live, Self::Practice].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// An answer in an interview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The interview.
    pub session_id: Name,
    /// What is answered.
    pub question_id: Name,
    /// Trimmed, 1–20,000 characters.
    pub text: Box<str>,
}

/// Why a message was refused.
#[derive(Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The offending field, with its path.
    pub field: &'static str,
    /// A sentence that names it.
    pub message: String,
    /// The request's id, where it could be read.
    pub request_id: Option<Box<str>>,
    /// Whether it was to bring a token.
    pub is_authenticate: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
    #[serde(borrow)]
    request_id: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload<'a> {
    #[serde(borrow)]
    token: Option<&'a RawValue>,
    #[serde(borrow)]
    analysis_id: Option<&'a RawValue>,
    #[serde(borrow)]
    session_type: Option<&'a RawValue>,
    #[serde(borrow)]
    session_id: Option<&'a RawValue>,
    #[serde(borrow)]
    question_id: Option<&'a RawValue>,
    #[serde(borrow)]
    answer: Option<&'a RawValue>,
}

/// Decodes a client's text.
///
/// # Errors
/// [`Invalid`] for whatever is not a message of the protocol.
pub fn decode(text: &str) -> Result<Request, Invalid> {
    let envelope = object::<Envelope<'_>>("message", text);
    if !nesting_is_at_most(text, NESTING_MAX) {
        return Err(too_deep(envelope.ok()));
    }
    let envelope = envelope?;
    let request_id = name("requestId", envelope.request_id)?.map(|id| id.as_str().into());
    let Some(kind) = value::<String>("type", "a text", envelope.kind)
        .map_err(|invalid| Invalid { request_id: request_id.clone(), ..invalid })?
    else {
        return Err(Invalid { request_id, ..fault("type", "is missing") });
    };
    read(&kind, &envelope).map(|action| Request { request_id: request_id.clone(), action }).map_err(
        |invalid| {
            let is_authenticate = kind == "authenticate";
            Invalid { request_id, is_authenticate, ..invalid }
        },
    )
}

/// What is told of a message that is nested too deep. Its fields were skipped, not parsed; of those that say whose
/// refusal it is, only a text is.
fn too_deep(envelope: Option<Envelope<'_>>) -> Invalid {
    let (kind, id) = envelope.map_or((None, None), |read| (read.kind, read.request_id));
    let kind = value::<String>("type", "a text", kind).ok().flatten();
    let request_id = name("requestId", id).ok().flatten().map(|id| id.as_str().into());
    let is_authenticate = kind.as_deref() == Some("authenticate");
    Invalid { request_id, is_authenticate, ..fault("message", "is nested too deep") }
}

fn read(kind: &str, envelope: &Envelope<'_>) -> Result<Action, Invalid> {
    value::<String>("timestamp", "a text", envelope.timestamp)?;
    let payload: Payload<'_> = match envelope.payload {
        Some(payload) => object("payload", payload.get())?,
        None => Payload::default(),
    };
    let analysis_id = || needed_name("payload.analysisId", payload.analysis_id);
    let session_id = || needed_name("payload.sessionId", payload.session_id);
    match kind {
        "authenticate" => {
            let token = value::<Box<str>>("payload.token", "a text", payload.token)?;
            let missing = || fault("payload.token", "is missing");
            Ok(Action::Authenticate(Token(token.ok_or_else(missing)?)))
        }
        "subscribe_analysis" => analysis_id().map(Action::Subscribe),
        "unsubscribe_analysis" => analysis_id().map(Action::Unsubscribe),
        "start_interview" => {
            let session_type = session_type(payload.session_type);
            Ok(Action::Start { analysis_id: analysis_id()?, session_type: session_type? })
        }
        "submit_answer" => Ok(Action::Submit(Answer {
            session_id: session_id()?,
            question_id: needed_name("payload.questionId", payload.question_id)?,
            text: answer(payload.answer)?,
        })),
        "pause_interview" => session_id().map(Action::Pause),
        "resume_interview" => session_id().map(Action::Resume),
        "ping" => Ok(Action::Ping),
        unknown => {
            let shown: String = unknown.chars().take(ECHO_CHARS_MAX).collect();
            Err(Invalid { message: format!("Unknown type: {shown}"), ..fault("type", "") })
        }
    }
}

fn session_type(raw: Option<&RawValue>) -> Result<SessionType, Invalid> {
    let field = "payload.sessionType";
    let Some(text) = value::<String>(field, "a text", raw)? else {
        return Err(fault(field, "is missing"));
    };
    SessionType::parse(&text).ok_or_else(|| fault(field, "must be live or practice"))
}

fn answer(raw: Option<&RawValue>) -> Result<Box<str>, Invalid> {
    let field = "payload.answer";
    let Some(text) = value::<String>(field, "a text", raw)? else {
        return Err(fault(field, "is missing"));
    };
    checked_answer(&text).map(Into::into).map_err(|problem| fault(field, problem))
}

/// The answer without blanks at its ends; what is wrong with it, where it has not 1–20,000
/// characters.
pub(crate) fn checked_answer(text: &str) -> Result<&str, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Err("must not be blank");
    }
    if text.len() > ANSWER_CHARS_MAX && text.chars().nth(ANSWER_CHARS_MAX).is_some() {
        return Err("must have at most 20,000 characters");
    }
    Ok(text)
}

/// An object of this shape. Only an object: a list would be taken for its fields in order.
fn object<'a, T: Deserialize<'a>>(field: &'static str, text: &'a str) -> Result<T, Invalid> {
    if !text.trim_start().starts_with('{') {
        return Err(fault(field, "must be a JSON object"));
    }
    serde_json::from_str(text).map_err(|_| fault(field, "is not valid JSON"))
}

fn value<T: DeserializeOwned>(
    field: &'static str,
    what: &str,
    raw: Option<&RawValue>,
) -> Result<Option<T>, Invalid> {
    let Some(raw) = raw else { return Ok(None) };
    let read = serde_json::from_str(raw.get());
    read.map(Some).map_err(|_| fault(field, &format!("must be {what}")))
}

fn name(field: &'static str, raw: Option<&RawValue>) -> Result<Option<Name>, Invalid> {
    let Some(text) = value::<String>(field, "a text", raw)? else { return Ok(None) };
    Name::new(&text).map(Some).map_err(|error| fault(field, &error.to_string()))
}

fn needed_name(field: &'static str, raw: Option<&RawValue>) -> Result<Name, Invalid> {
    name(field, raw)?.ok_or_else(|| fault(field, "is missing"))
}

fn fault(field: &'static str, problem: &str) -> Invalid {
    let message = format!("{field} {problem}");
    Invalid { field, message, request_id: None, is_authenticate: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faulty_field(text: &str) -> &'static str {
        decode(text).unwrap_err().field
    }

    fn named(text: &str) -> Name {
        Name::new(text).unwrap()
    }

    #[test]
    fn every_message_reads_and_what_it_has_besides_is_ignored() {
        let cases = [
            (r#"{"type":"ping","colour":7}"#, Action::Ping),
            (r#"{"type":"ping","payload":{},"timestamp":"now"}"#, Action::Ping),
            (
                r#"{"type":"authenticate","payload":{"token":"t"}}"#,
                Action::Authenticate(Token("t".into())),
            ),
            (
                r#"{"type":"subscribe_analysis","payload":{"analysisId":"a","more":[]}}"#,
                Action::Subscribe(named("a")),
            ),
            (
                r#"{"type":"unsubscribe_analysis","payload":{"analysisId":"a"}}"#,
                Action::Unsubscribe(named("a")),
            ),
            (
                r#"{"type":"start_interview","payload":{"analysisId":"a","sessionType":"live"}}"#,
                Action::Start { analysis_id: named("a"), session_type: SessionType::Live },
            ),
            (
                r#"{"type":"submit_answer",
                    "payload":{"sessionId":"s","questionId":"q","answer":" \u00fc\n"}}"#,
                Action::Submit(Answer {
                    session_id: named("s"),
                    question_id: named("q"),
                    text: "ü".into(),
                }),
            ),
            (
                r#"{"type":"pause_interview","payload":{"sessionId":"s"}}"#,
                Action::Pause(named("s")),
            ),
            (
                r#"{"type":"resume_interview","payload":{"sessionId":"s"}}"#,
                Action::Resume(named("s")),
            ),
        ];
        for (text, action) in cases {
            assert_eq!(decode(text).unwrap().action, action, "{text}");
        }
    }

    #[test]
    fn an_answer_has_1_to_20000_characters() {
        let submit = |answer: &str| {
            format!(
                r#"{{"type":"submit_answer",
                    "payload":{{"sessionId":"s","questionId":"q","answer":"{answer}"}}}}"#
            )
        };
        assert_eq!(faulty_field(&submit(" \\n ")), "payload.answer");
        assert!(decode(&submit(&"ü".repeat(20_000))).is_ok());
        assert_eq!(faulty_field(&submit(&"x".repeat(20_001))), "payload.answer");
    }

    #[test]
    fn every_fault_names_its_field_and_echoes_the_request() {
        let cases = [
            ("", "message"),
            ("[]", "message"),
            (r#"{"type":"ping"} {}"#, "message"),
            (r#"{"type":"ping","type":"ping"}"#, "message"),
            ("{}", "type"),
            (r#"{"type":7}"#, "type"),
            (r#"{"type":"system"}"#, "type"),
            (r#"{"type":"ping","requestId":7}"#, "requestId"),
            (r#"{"type":"ping","requestId":""}"#, "requestId"),
            (r#"{"type":"ping","timestamp":7}"#, "timestamp"),
            (r#"{"type":"ping","payload":[]}"#, "payload"),
            (r#"{"type":"ping","payload":"x"}"#, "payload"),
            (r#"{"type":"authenticate"}"#, "payload.token"),
            (r#"{"type":"authenticate","payload":{"token":7}}"#, "payload.token"),
            (r#"{"type":"subscribe_analysis"}"#, "payload.analysisId"),
            (r#"{"type":"subscribe_analysis","payload":{"analysisId":7}}"#, "payload.analysisId"),
            (
                r#"{"type":"subscribe_analysis","payload":{"analysisId":"a\nb"}}"#,
                "payload.analysisId",
            ),
            (r#"{"type":"unsubscribe_analysis","payload":{}}"#, "payload.analysisId"),
            (
                r#"{"type":"start_interview","payload":{"sessionType":"live"}}"#,
                "payload.analysisId",
            ),
            (r#"{"type":"start_interview","payload":{"analysisId":"a"}}"#, "payload.sessionType"),
            (
                r#"{"type":"start_interview","payload":{"analysisId":"a","sessionType":"Live"}}"#,
                "payload.sessionType",
            ),
            (
                r#"{"type":"submit_answer","payload":{"questionId":"q","answer":"x"}}"#,
                "payload.sessionId",
            ),
            (
                r#"{"type":"submit_answer","payload":{"sessionId":"s","answer":"x"}}"#,
                "payload.questionId",
            ),
            (
                r#"{"type":"submit_answer","payload":{"sessionId":"s","questionId":"q"}}"#,
                "payload.answer",
            ),
            (r#"{"type":"pause_interview","payload":{"sessionId":[]}}"#, "payload.sessionId"),
            (r#"{"type":"resume_interview","payload":{"sessionId":""}}"#, "payload.sessionId"),
        ];
        for (text, field) in cases {
            assert_eq!(faulty_field(text), field, "{text}");
        }
        let invalid = decode(r#"{"type":"dance","requestId":"x"}"#).unwrap_err();
        assert_eq!(invalid.request_id.as_deref(), Some("x"));
        assert_eq!(invalid.message, "Unknown type: dance");
        let invalid = decode(r#"{"type":"authenticate","requestId":"x"}"#).unwrap_err();
        assert!(invalid.is_authenticate && invalid.request_id.is_some());
    }

    #[test]
    fn what_may_be_left_out_may_be_null() {
        let text = r#"{"type":"ping","requestId":null,"payload":null,"timestamp":null}"#;
        assert!(decode(text).is_ok());
    }

    #[test]
    fn a_token_is_in_no_debug_text() {
        let request = decode(r#"{"type":"authenticate","payload":{"token":"secret"}}"#).unwrap();
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

    #[test]
    fn the_refusal_of_what_is_nested_too_deep_echoes_its_id() {
        let lists = "[".repeat(60_000) + &"]".repeat(60_000);
        let refused =
            |head: &str| decode(&format!("{{{head}, \"payload\": {lists}}}")).unwrap_err();
        let invalid = refused(r#""type": "authenticate", "requestId": "r""#);
        assert_eq!((invalid.field, invalid.request_id.as_deref()), ("message", Some("r")));
        assert!(invalid.is_authenticate);
        for id in ["7", "\"\"", &lists] {
            let invalid = refused(&format!("\"type\": {lists}, \"requestId\": {id}"));
            assert_eq!((invalid.field, invalid.request_id), ("message", None));
        }
    }
}
