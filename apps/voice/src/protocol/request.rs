//! What a client sends: decoded, checked, every fault naming its field.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use model::Name;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::audio::{Chunk, Format, Sent};
use super::{LANGUAGE_CHARS_MAX, STATUS_MESSAGE_CHARS_MAX, Status};

/// Characters of an unknown event's name that its refusal repeats.
const ECHO_CHARS_MAX: usize = 64;
/// Bytes of a sender's time.
const TIMESTAMP_BYTES_MAX: usize = 64;
/// Samples a second.
const RATES: std::ops::RangeInclusive<u32> = 8_000..=48_000;
/// Base64, whether it is padded or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Which error answers an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `session:error`.
    Session,
    /// `audio:error`.
    Audio,
    /// `transcription:error`.
    Transcription,
}

impl Family {
    /// The family of the event with this name; strangers are the session's.
    #[must_use]
    pub fn of(name: &str) -> Self {
        match name.split_once(':') {
            Some(("audio", _)) => Self::Audio,
            Some(("transcription", _)) => Self::Transcription,
            _ => Self::Session,
        }
    }

    /// The name of its error.
    #[must_use]
    pub fn error(self) -> &'static str {
        match self {
            Self::Session => "session:error",
            Self::Audio => "audio:error",
            Self::Transcription => "transcription:error",
        }
    }
}

/// One event of a client, checked.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// `session:join`.
    Join {
        /// Which session.
        session_id: Name,
    },
    /// `session:leave`.
    Leave,
    /// `session:status`.
    Status {
        /// What the session does now.
        status: Status,
        /// What is said of it; at most [`STATUS_MESSAGE_CHARS_MAX`] characters.
        message: Option<Box<str>>,
    },
    /// `audio:stream`.
    Audio(Chunk),
    /// `transcription:start`.
    StartTranscription {
        /// The language that will be spoken.
        language: Option<Box<str>>,
    },
    /// `transcription:stop`.
    StopTranscription,
    /// `transcription:request`.
    Transcribe {
        /// What to transcribe.
        chunk: Chunk,
        /// What its answers are to be told by.
        request_id: Option<Box<str>>,
    },
}

/// Why an event was refused.
#[derive(Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The offending field.
    pub field: &'static str,
    /// A sentence that names it.
    pub message: String,
    /// The request's id, where it could be read.
    pub request_id: Option<String>,
}

type Checked<T> = Result<T, Invalid>;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload<'a> {
    #[serde(borrow)]
    session_id: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    language: Option<&'a RawValue>,
    #[serde(borrow)]
    audio_data: Option<&'a RawValue>,
    #[serde(borrow)]
    format: Option<&'a RawValue>,
    #[serde(borrow)]
    sample_rate: Option<&'a RawValue>,
    #[serde(borrow)]
    channels: Option<&'a RawValue>,
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
    #[serde(borrow)]
    request_id: Option<&'a RawValue>,
}

/// Decodes the event `name` with its arguments, of which the first counts, and its attachments, whose
/// placeholders were checked.
///
/// # Errors
/// [`Invalid`] for whatever is not an event of the protocol.
pub fn decode(name: &str, arguments: &[&RawValue], attachments: &[Bytes]) -> Checked<Request> {
    match name {
        "session:join" => join(&payload(arguments, true)?),
        "session:leave" => payload(arguments, false).map(|_| Request::Leave),
        "session:status" => status(&payload(arguments, true)?),
        "audio:stream" => {
            let payload = payload(arguments, true)?;
            chunk(&payload, attachments).map(Request::Audio)
        }
        "transcription:start" => start(&payload(arguments, false)?),
        "transcription:stop" => payload(arguments, false).map(|_| Request::StopTranscription),
        "transcription:request" => transcribe(&payload(arguments, true)?, attachments),
        name => {
            let shown: String = name.chars().take(ECHO_CHARS_MAX).collect();
            Err(Invalid { message: format!("Unknown event: {shown}"), ..fault("event", "") })
        }
    }
}

/// The object that goes with an event; where nothing in it is needed, it may be missing.
fn payload<'a>(arguments: &[&'a RawValue], is_needed: bool) -> Checked<Payload<'a>> {
    let first = arguments.first().map(|first| first.get()).filter(|first| *first != "null");
    match first {
        None if is_needed => Err(fault("payload", "is missing")),
        None => Ok(Payload::default()),
        // Only an object: a list would be taken for its fields in order.
        Some(text) if text.starts_with('{') => {
            serde_json::from_str(text).map_err(|_| fault("payload", "repeats a field"))
        }
        Some(_) => Err(fault("payload", "must be an object")),
    }
}

fn join(payload: &Payload<'_>) -> Checked<Request> {
    let Some(session_id) = name("sessionId", payload.session_id)? else {
        return Err(fault("sessionId", "is missing"));
    };
    Ok(Request::Join { session_id })
}

fn status(payload: &Payload<'_>) -> Checked<Request> {
    let problem = "must be active, paused, recording, processing or ended";
    let Some(status) = value::<Status>("status", problem, payload.status)? else {
        return Err(fault("status", "is missing"));
    };
    let message = text("message", payload.message, STATUS_MESSAGE_CHARS_MAX)?;
    Ok(Request::Status { status, message })
}

fn start(payload: &Payload<'_>) -> Checked<Request> {
    let language = text("language", payload.language, LANGUAGE_CHARS_MAX)?;
    let language = language.filter(|language| !language.trim().is_empty());
    Ok(Request::StartTranscription { language })
}

fn transcribe(payload: &Payload<'_>, attachments: &[Bytes]) -> Checked<Request> {
    let request_id = name("requestId", payload.request_id)?;
    let request_id: Option<Box<str>> = request_id.map(|id| id.as_str().into());
    match chunk(payload, attachments) {
        Ok(chunk) => Ok(Request::Transcribe { chunk, request_id }),
        Err(invalid) => Err(Invalid { request_id: request_id.map(Into::into), ..invalid }),
    }
}

fn chunk(payload: &Payload<'_>, attachments: &[Bytes]) -> Checked<Chunk> {
    let Some(format) =
        value::<Format>("format", "must be webm, ogg, wav or pcm16", payload.format)?
    else {
        return Err(fault("format", "is missing"));
    };
    let problem = "must be a whole number from 8000 to 48000";
    let sample_rate = match value::<u32>("sampleRate", problem, payload.sample_rate)? {
        Some(rate) if RATES.contains(&rate) => rate,
        Some(_) => return Err(fault("sampleRate", problem)),
        None => return Err(fault("sampleRate", "is missing")),
    };
    let channels = match value::<u8>("channels", "must be 1 or 2", payload.channels)? {
        Some(0 | 3..) => return Err(fault("channels", "must be 1 or 2")),
        channels => channels,
    };
    let timestamp = timestamp(payload.timestamp)?;
    let (bytes, sent) = audio_data(payload.audio_data, attachments)?;
    Ok(Chunk { format, sample_rate, channels, bytes, sent, timestamp })
}

#[derive(Deserialize)]
struct Placeholder {
    #[serde(rename = "_placeholder")]
    is_placeholder: bool,
    num: usize,
}

fn audio_data(raw: Option<&RawValue>, attachments: &[Bytes]) -> Checked<(Bytes, Sent)> {
    let Some(raw) = raw else { return Err(fault("audioData", "is missing")) };
    let wrong = || fault("audioData", "must be base64 or binary");
    let (bytes, sent) = if raw.get().starts_with('"') {
        let text: Unescaped<'_> = serde_json::from_str(raw.get()).map_err(|_| wrong())?;
        let bytes = BASE64.decode(text.0.as_bytes()).map_err(|_| wrong())?;
        (bytes.into(), Sent::Base64(raw.get().into()))
    } else {
        let found: Placeholder = serde_json::from_str(raw.get()).map_err(|_| wrong())?;
        let bytes =
            attachments.get(found.num).filter(|_| found.is_placeholder).ok_or_else(wrong)?;
        (bytes.clone(), Sent::Binary)
    };
    if bytes.is_empty() {
        return Err(fault("audioData", "must not be empty"));
    }
    Ok((bytes, sent))
}

/// A text that is copied only where it has escapes.
#[derive(Deserialize)]
struct Unescaped<'a>(#[serde(borrow)] Cow<'a, str>);

fn timestamp(raw: Option<&RawValue>) -> Checked<Option<Box<str>>> {
    let Some(text) = raw.map(RawValue::get) else { return Ok(None) };
    let is_scalar = text.starts_with(['"', '-']) || text.starts_with(|c: char| c.is_ascii_digit());
    if !is_scalar || text.len() > TIMESTAMP_BYTES_MAX {
        return Err(fault("timestamp", "must be a short text or a number"));
    }
    Ok(Some(text.into()))
}

/// A value of this type, else the problem. `None` where it is missing or null.
fn value<T: DeserializeOwned>(
    field: &'static str,
    problem: &str,
    raw: Option<&RawValue>,
) -> Checked<Option<T>> {
    let Some(raw) = raw else { return Ok(None) };
    serde_json::from_str(raw.get()).map(Some).map_err(|_| fault(field, problem))
}

/// A name: 1–256 characters, no control characters.
fn name(field: &'static str, raw: Option<&RawValue>) -> Checked<Option<Name>> {
    let Some(text) = value::<String>(field, "must be a text", raw)? else { return Ok(None) };
    Name::new(&text).map(Some).map_err(|error| fault(field, &error.to_string()))
}

fn text(
    field: &'static str,
    raw: Option<&RawValue>,
    chars_max: usize,
) -> Checked<Option<Box<str>>> {
    let text: Option<Box<str>> = value(field, "must be a text", raw)?;
    if text.as_ref().is_some_and(|text| text.chars().nth(chars_max).is_some()) {
        return Err(fault(field, &format!("must have at most {chars_max} characters")));
    }
    Ok(text)
}

/// What is wrong with a field; `problem` is the rest of a sentence that begins with it.
fn fault(field: &'static str, problem: &str) -> Invalid {
    Invalid { field, message: format!("{field} {problem}"), request_id: None }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn decoded(name: &str, payload: &Value, attachments: &[Bytes]) -> Checked<Request> {
        let payload = RawValue::from_string(payload.to_string()).unwrap();
        decode(name, &[&payload], attachments)
    }

    fn audio() -> Value {
        json!({"audioData": "AAEC", "format": "pcm16", "sampleRate": 16_000})
    }

    fn with(mut payload: Value, field: &str, value: Value) -> Value {
        payload[field] = value;
        payload
    }

    #[test]
    fn audio_comes_as_base64_or_as_an_attachment_and_keeps_its_form() {
        for text in ["AAEC", "AAECAw==", "AAECAw"] {
            let payload = with(audio(), "audioData", text.into());
            let Ok(Request::Audio(chunk)) = decoded("audio:stream", &payload, &[]) else {
                panic!("{text}")
            };
            assert_eq!(chunk.bytes[..3], [0, 1, 2]);
            assert_eq!(chunk.sent, Sent::Base64(format!("\"{text}\"").into()));
        }
        let placeholder = json!({"_placeholder": true, "num": 0});
        let payload = with(audio(), "audioData", placeholder);
        let attachment = Bytes::from_static(&[9, 8]);
        let request = decoded("audio:stream", &payload, std::slice::from_ref(&attachment));
        let Ok(Request::Audio(chunk)) = request else { panic!("{request:?}") };
        assert_eq!((chunk.bytes, chunk.sent), (attachment, Sent::Binary));
    }

    #[test]
    fn escaped_base64_is_read_and_told_on_as_it_came() {
        let raw = r#"{"audioData":"\/\/8=","format":"wav","sampleRate":8000,"timestamp":12.5}"#;
        let payload = RawValue::from_string(raw.into()).unwrap();
        let Ok(Request::Audio(chunk)) = decode("audio:stream", &[&payload], &[]) else { panic!() };
        assert_eq!(chunk.bytes[..], [255, 255]);
        assert_eq!(chunk.sent, Sent::Base64(r#""\/\/8=""#.into()));
        assert_eq!(chunk.timestamp.as_deref(), Some("12.5"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_field() {
        let placeholder = |num: i64| json!({"_placeholder": true, "num": num});
        for (field, value) in [
            ("audioData", json!(null)),
            ("audioData", json!("")),
            ("audioData", json!("A A")),
            ("audioData", json!([1, 2])),
            ("audioData", json!({"num": 0})),
            ("audioData", placeholder(1)),
            ("audioData", placeholder(-1)),
            ("format", json!("mp3")),
            ("format", json!(null)),
            ("sampleRate", json!(7999)),
            ("sampleRate", json!(48_001)),
            ("sampleRate", json!("16000")),
            ("sampleRate", json!(null)),
            ("channels", json!(0)),
            ("channels", json!(3)),
            ("timestamp", json!({})),
            ("timestamp", json!(true)),
            ("timestamp", json!("x".repeat(64))),
        ] {
            let payload = with(audio(), field, value.clone());
            let invalid = decoded("audio:stream", &payload, &[Bytes::from_static(b"x")]);
            let invalid = invalid.expect_err(&value.to_string());
            assert_eq!(invalid.field, field, "{value}");
        }
        for (name, payload, field) in [
            ("session:join", json!({}), "sessionId"),
            ("session:join", json!({"sessionId": ""}), "sessionId"),
            ("session:join", json!({"sessionId": 7}), "sessionId"),
            ("session:join", json!({"sessionId": "a\nb"}), "sessionId"),
            ("session:join", json!([]), "payload"),
            ("session:join", json!(null), "payload"),
            ("session:status", json!({"status": "over"}), "status"),
            ("session:status", json!({"status": "paused", "message": 1}), "message"),
            ("session:status", json!({"status": "paused", "message": "x".repeat(1001)}), "message"),
            ("transcription:start", json!({"language": 1}), "language"),
            ("transcription:start", json!({"language": "x".repeat(36)}), "language"),
            ("transcription:request", with(audio(), "requestId", json!("")), "requestId"),
            ("session:fly", json!({}), "event"),
        ] {
            let invalid = decoded(name, &payload, &[]).expect_err(&payload.to_string());
            assert_eq!(invalid.field, field, "{name} {payload}");
        }
    }

    #[test]
    fn what_is_not_needed_may_be_missing_and_what_is_unknown_is_ignored() {
        assert_eq!(decode("session:leave", &[], &[]), Ok(Request::Leave));
        let started = Request::StartTranscription { language: None };
        assert_eq!(decode("transcription:start", &[], &[]), Ok(started));
        let asked = json!({"language": "en", "also": 1});
        let started = Request::StartTranscription { language: Some("en".into()) };
        assert_eq!(decoded("transcription:start", &asked, &[]), Ok(started));
        assert_eq!(
            decoded("transcription:stop", &json!(null), &[]),
            Ok(Request::StopTranscription)
        );
    }

    #[test]
    fn a_request_whose_audio_is_refused_is_still_named() {
        let payload = with(with(audio(), "requestId", json!("r1")), "format", json!("mp3"));
        let invalid = decoded("transcription:request", &payload, &[]).unwrap_err();
        assert_eq!((invalid.field, invalid.request_id.as_deref()), ("format", Some("r1")));
    }

    #[test]
    fn errors_go_by_the_family_of_the_event() {
        assert_eq!(Family::of("audio:stream").error(), "audio:error");
        assert_eq!(Family::of("transcription:fly").error(), "transcription:error");
        assert_eq!(Family::of("session:join").error(), "session:error");
        assert_eq!(Family::of("fly").error(), "session:error");
    }
}
