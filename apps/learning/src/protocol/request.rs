//! What a client sends, as far as all endpoints of a class share it: decoded, checked, every fault naming
//! its field.

use std::fmt;

use model::Name;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use web::nesting_is_at_most;

use super::NESTING_MAX;

/// Characters of an unknown type that its refusal repeats.
const ECHO_CHARS_MAX: usize = 64;

/// One message of a client, checked; `A` is what its endpoint takes besides what all do.
#[derive(Debug, PartialEq, Eq)]
pub struct Request<A> {
    /// Echoed by whatever answers it; 1–256 characters.
    pub id: Option<Box<str>>,
    /// What is asked.
    pub action: Asked<A>,
}

/// What a client asks.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked<A> {
    /// Brings a token.
    Auth {
        /// It.
        token: Token,
        /// The context to enter.
        context_id: Option<Name>,
    },
    /// Are you there?
    Ping,
    /// Something of the endpoint's own.
    Of(A),
}

/// A token, which no log is to see.
#[derive(PartialEq, Eq)]
pub struct Token(pub Box<str>);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// Why a message was refused.
#[derive(Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The offending field, with its path.
    pub field: &'static str,
    /// A sentence that names it.
    pub message: String,
    /// The message's id, where it could be read.
    pub id: Option<Box<str>>,
    /// Whether it was to bring a token.
    pub is_auth: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    token: Option<&'a RawValue>,
    #[serde(borrow)]
    context_id: Option<&'a RawValue>,
}

/// Decodes a client's text. `read` is given the type and the raw `data` of whatever not all endpoints
/// share, and answers `None` for a type it does not know.
///
/// # Errors
/// [`Invalid`] for whatever is not a message of the protocol.
pub(super) fn decode<A>(
    text: &str,
    read: impl FnOnce(&str, Option<&RawValue>) -> Option<Result<A, Invalid>>,
) -> Result<Request<A>, Invalid> {
    // What its fields hold is skipped here, which needs no depth.
    let envelope = object::<Envelope<'_>>("message", text);
    if !nesting_is_at_most(text, NESTING_MAX) {
        return Err(too_deep(envelope.ok()));
    }
    let envelope = envelope?;
    let id = name("id", envelope.id)?;
    let Some(kind) = value::<String>("type", "a text", envelope.kind)
        .map_err(|invalid| Invalid { id: id.clone(), ..invalid })?
    else {
        return Err(Invalid { id, ..fault("type", "is missing") });
    };
    read_action(&kind, &envelope, read)
        .map(|action| Request { id: id.clone(), action })
        .map_err(|invalid| Invalid { id, is_auth: kind == "auth", ..invalid })
}

/// What is told of a message that is nested too deep; of its fields only texts are read.
fn too_deep(envelope: Option<Envelope<'_>>) -> Invalid {
    let (kind, id) = envelope.map_or((None, None), |read| (read.kind, read.id));
    let kind = value::<String>("type", "a text", kind).ok().flatten();
    let id = name("id", id).ok().flatten();
    let is_auth = kind.as_deref() == Some("auth");
    Invalid { id, is_auth, ..fault("message", "is nested too deep") }
}

fn read_action<A>(
    kind: &str,
    envelope: &Envelope<'_>,
    read: impl FnOnce(&str, Option<&RawValue>) -> Option<Result<A, Invalid>>,
) -> Result<Asked<A>, Invalid> {
    value::<String>("timestamp", "a text", envelope.timestamp)?;
    if let Some(data) = envelope.data {
        object::<Nothing>("data", data.get())?;
    }
    match kind {
        "auth" => auth(envelope),
        "ping" => Ok(Asked::Ping),
        kind => match read(kind, envelope.data) {
            Some(action) => action.map(Asked::Of),
            None => {
                let shown: String = kind.chars().take(ECHO_CHARS_MAX).collect();
                Err(Invalid { message: format!("Unknown type: {shown}"), ..fault("type", "") })
            }
        },
    }
}

/// Any object.
#[derive(Deserialize)]
struct Nothing {}

fn auth<A>(envelope: &Envelope<'_>) -> Result<Asked<A>, Invalid> {
    let Some(token) = value::<Box<str>>("token", "a text", envelope.token)? else {
        return Err(fault("token", "is missing"));
    };
    let context_id = checked_name("contextId", envelope.context_id)?;
    Ok(Asked::Auth { token: Token(token), context_id })
}

/// The fields of `data`; all of them missing where there is none.
pub(super) fn fields<'a, T: Deserialize<'a> + Default>(
    data: Option<&'a RawValue>,
) -> Result<T, Invalid> {
    data.map_or_else(|| Ok(T::default()), |data| object("data", data.get()))
}

/// An object of this shape. Only an object: a list would be taken for its fields in order.
fn object<'a, T: Deserialize<'a>>(field: &'static str, text: &'a str) -> Result<T, Invalid> {
    if !text.trim_start().starts_with('{') {
        return Err(fault(field, "must be a JSON object"));
    }
    serde_json::from_str(text).map_err(|_| fault(field, "is not valid JSON"))
}

/// A value of this type; `what` says what it must be. `None` where it is missing or null.
pub(super) fn value<T: DeserializeOwned>(
    field: &'static str,
    what: &str,
    raw: Option<&RawValue>,
) -> Result<Option<T>, Invalid> {
    let Some(raw) = raw else { return Ok(None) };
    let read = serde_json::from_str(raw.get());
    read.map(Some).map_err(|_| fault(field, &format!("must be {what}")))
}

/// A name: 1–256 characters, no control characters.
pub(super) fn name(
    field: &'static str,
    raw: Option<&RawValue>,
) -> Result<Option<Box<str>>, Invalid> {
    Ok(checked_name(field, raw)?.map(|name| name.as_str().into()))
}

/// The same, as a [`Name`].
pub(super) fn checked_name(
    field: &'static str,
    raw: Option<&RawValue>,
) -> Result<Option<Name>, Invalid> {
    let Some(text) = value::<String>(field, "a text", raw)? else { return Ok(None) };
    Name::new(&text).map(Some).map_err(|error| fault(field, &error.to_string()))
}

/// What is wrong with a field; `problem` is the rest of a sentence that begins with it.
pub(super) fn fault(field: &'static str, problem: &str) -> Invalid {
    Invalid { field, message: format!("{field} {problem}"), id: None, is_auth: false }
}
