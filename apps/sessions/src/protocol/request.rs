//! What a client sends: decoded, checked, every fault naming its field.

use model::Name;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use web::nesting_is_at_most;

use super::{CONTENT_CHARS_MAX, NESTING_MAX};

/// Characters of an unknown action that its refusal repeats.
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
    /// Enter the session, or see it afresh.
    Join {
        /// Where the client's copy ends; without one, the newest page.
        after: Option<After>,
        /// The history `after` belongs to, where the client kept it.
        epoch: Option<Box<str>>,
    },
    /// Say something. `None`: it was blank, and is ignored.
    Message(Option<Said>),
    /// The sender is typing.
    Typing,
    /// Stop the agent's current answer.
    Cancel,
    /// End the connection.
    Leave,
}

/// Where a client's copy of the conversation ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// With the message of this id.
    Id(Box<str>),
    /// With the message of this `seq`; 0 is before the first.
    Seq(u64),
}

/// A message to store.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    /// Trimmed, 1–50,000 characters.
    pub content: Box<str>,
    /// `data.clientId`, else `requestId`: sent again, it is stored once.
    pub client_id: Option<Box<str>>,
    /// The project whose instructions the agent gets.
    pub project_id: Option<Box<str>>,
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
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    action: Option<&'a RawValue>,
    #[serde(borrow)]
    session_id: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
    #[serde(borrow)]
    request_id: Option<&'a RawValue>,
    #[serde(borrow)]
    project_id: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    client_id: Option<&'a RawValue>,
    #[serde(borrow)]
    after: Option<&'a RawValue>,
    #[serde(borrow)]
    epoch: Option<&'a RawValue>,
}

/// Decodes a client's text for the session of this path.
///
/// # Errors
/// [`Invalid`] for whatever is not a message of the protocol.
pub fn decode(text: &str, path_session: &str) -> Result<Request, Invalid> {
    // What its fields hold is skipped here, which needs no depth.
    let envelope = object::<Envelope<'_>>("message", text);
    if !nesting_is_at_most(text, NESTING_MAX) {
        let id = envelope.ok().and_then(|read| name("requestId", read.request_id).ok().flatten());
        return Err(Invalid { request_id: id, ..fault("message", "is nested too deep") });
    }
    let envelope = envelope?;
    let request_id = name("requestId", envelope.request_id)?;
    read(&envelope, path_session, request_id.as_deref())
        .map(|action| Request { request_id: request_id.clone(), action })
        .map_err(|invalid| Invalid { request_id, ..invalid })
}

fn read(
    envelope: &Envelope<'_>,
    path_session: &str,
    request_id: Option<&str>,
) -> Result<Action, Invalid> {
    let Some(action) = value::<String>("action", "a text", envelope.action)? else {
        return Err(fault("action", "is missing"));
    };
    if let Some(session) = value::<String>("sessionId", "a text", envelope.session_id)?
        && session != path_session
    {
        return Err(fault("sessionId", "is not the session of this connection"));
    }
    value::<String>("timestamp", "a text", envelope.timestamp)?;
    let project_id = name("projectId", envelope.project_id)?;
    let data = match envelope.data {
        Some(data) => object("data", data.get())?,
        None => Data::default(),
    };
    match action.as_str() {
        "join" => join(&data),
        "message" => message(&data, request_id, project_id),
        "typing" => Ok(Action::Typing),
        "cancel" => Ok(Action::Cancel),
        "leave" => Ok(Action::Leave),
        unknown => {
            let shown: String = unknown.chars().take(ECHO_CHARS_MAX).collect();
            Err(Invalid {
                field: "action",
                message: format!("Unknown action: {shown}"),
                request_id: None,
            })
        }
    }
}

fn join(data: &Data<'_>) -> Result<Action, Invalid> {
    let after = match data.after.map(RawValue::get) {
        None => None,
        Some(text) if text.starts_with('"') => name("data.after", data.after)?.map(After::Id),
        Some(_) => value("data.after", "a message id or a seq", data.after)?.map(After::Seq),
    };
    Ok(Action::Join { after, epoch: name("data.epoch", data.epoch)? })
}

fn message(
    data: &Data<'_>,
    request_id: Option<&str>,
    project_id: Option<Box<str>>,
) -> Result<Action, Invalid> {
    let Some(content) = value::<String>("data.content", "a text", data.content)? else {
        return Err(fault("data.content", "is missing"));
    };
    let client_id = name("data.clientId", data.client_id)?.or_else(|| request_id.map(Into::into));
    let content = content.trim();
    if content.is_empty() {
        return Ok(Action::Message(None));
    }
    if content.chars().nth(CONTENT_CHARS_MAX).is_some() {
        return Err(fault("data.content", "must have at most 50,000 characters"));
    }
    Ok(Action::Message(Some(Said { content: content.into(), client_id, project_id })))
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

fn name(field: &'static str, raw: Option<&RawValue>) -> Result<Option<Box<str>>, Invalid> {
    let Some(text) = value::<String>(field, "a text", raw)? else { return Ok(None) };
    let name = Name::new(&text).map_err(|error| fault(field, &error.to_string()))?;
    Ok(Some(name.as_str().into()))
}

fn fault(field: &'static str, problem: &str) -> Invalid {
    Invalid { field, message: format!("{field} {problem}"), request_id: None }
}
