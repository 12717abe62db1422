//! Events, in the shape that API Gateway gives to a proxy integration of a WebSocket API.
//!
//! What differs: names of headers come in their customary spelling, for HTTP has none of its own;
//! `X-Forwarded-For` is always the address that the server believes, whatever the client sent;
//! `extendedRequestId` is the request's id; and `apiId` is the same everywhere.
//!
//! The event of `$connect` has all headers and the whole query, the token with them, as handlers of
//! API Gateway read it there.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::HeaderMap;
use model::{CloseReason, Role, Timestamp};
use serde::Serialize;
use url::form_urlencoded;

use super::{CONNECT, Call, DISCONNECT, Opening};

/// The `apiId` of every event.
const API_ID: &str = "quintet";
/// The header that says who a request comes from.
const FORWARDED_FOR: &str = "X-Forwarded-For";
/// The months as they stand in `requestTime`.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What only the handshake's event tells.
pub(super) struct Head<'a> {
    pub(super) headers: &'a HeaderMap,
    pub(super) query: Option<&'a str>,
}

/// The event of a connection that wants to open.
pub(super) fn connect(opening: &Opening, head: &Head<'_>, at: Timestamp) -> Bytes {
    let headers = headers_of(head.headers, &opening.source_ip.to_string());
    let query = head.query.filter(|query| !query.is_empty()).map(query_of);
    let event = Event {
        headers: Some(last_of(&headers)),
        multi_value_headers: Some(headers),
        query_string_parameters: query.as_ref().map(last_of),
        multi_value_query_string_parameters: query,
        ..Event::new(RequestContext::new(opening, CONNECT, "CONNECT", at))
    };
    event.encode()
}

/// The event of a message.
pub(super) fn message(call: &Call, action: &str, at: Timestamp) -> Bytes {
    let message_id = Some(model::message_id());
    let about = RequestContext::new(&call.opening, action, "MESSAGE", at);
    let event =
        Event { body: Some(&call.text), ..Event::new(RequestContext { message_id, ..about }) };
    event.encode()
}

/// The event of a connection that ended.
pub(super) fn disconnect(opening: &Opening, reason: &CloseReason, at: Timestamp) -> Bytes {
    let about = RequestContext {
        disconnect_status_code: Some(reason.code),
        disconnect_reason: Some(&reason.text),
        ..RequestContext::new(opening, DISCONNECT, "DISCONNECT", at)
    };
    Event::new(about).encode()
}

/// Values by name, in the order in which they came.
type Values = BTreeMap<String, Vec<String>>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<Values>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_string_parameters: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_query_string_parameters: Option<Values>,
    request_context: RequestContext<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    is_base64_encoded: bool,
}

impl<'a> Event<'a> {
    /// An event that tells nothing but its context.
    const fn new(request_context: RequestContext<'a>) -> Self {
        Self {
            headers: None,
            multi_value_headers: None,
            query_string_parameters: None,
            multi_value_query_string_parameters: None,
            request_context,
            body: None,
            is_base64_encoded: false,
        }
    }

    fn encode(&self) -> Bytes {
        serde_json::to_vec(self).expect("texts, numbers and maps of them are JSON").into()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    route_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    event_type: &'static str,
    extended_request_id: String,
    request_time: String,
    message_direction: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnect_status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnect_reason: Option<&'a str>,
    stage: &'a str,
    connected_at: i64,
    request_time_epoch: i64,
    identity: Place<'a>,
    request_id: String,
    domain_name: &'a str,
    connection_id: String,
    api_id: &'static str,
    authorizer: Authorizer<'a>,
}

impl<'a> RequestContext<'a> {
    fn new(
        opening: &'a Opening,
        route_key: &'a str,
        event_type: &'static str,
        at: Timestamp,
    ) -> Self {
        let request_id = model::message_id();
        Self {
            route_key,
            message_id: None,
            event_type,
            extended_request_id: request_id.clone(),
            request_time: clf_time(at),
            message_direction: "IN",
            disconnect_status_code: None,
            disconnect_reason: None,
            stage: &opening.stage,
            connected_at: opening.connected_at.as_millis(),
            request_time_epoch: at.as_millis(),
            identity: Place {
                source_ip: opening.source_ip.to_string(),
                user_agent: opening.user_agent.as_deref(),
            },
            request_id,
            domain_name: &opening.domain,
            connection_id: opening.connection.to_string(),
            api_id: API_ID,
            authorizer: Authorizer::of(opening),
        }
    }
}

/// Where a connection comes from; API Gateway's `identity`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place<'a> {
    source_ip: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
}

/// Who the token says it is; flat texts, as API Gateway has them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Authorizer<'a> {
    principal_id: &'a str,
    name: &'a str,
    /// Separated by commas.
    roles: String,
}

impl<'a> Authorizer<'a> {
    fn of(opening: &'a Opening) -> Self {
        let roles = opening.identity.roles.iter().map(|role| match role {
            Role::Admin => "admin",
            Role::Publisher => "publisher",
        });
        Self {
            principal_id: &opening.identity.user_id,
            name: &opening.identity.username,
            roles: roles.collect::<Vec<_>>().join(","),
        }
    }
}

/// All headers by their customary spelling; what is no text is read as far as it is.
fn headers_of(headers: &HeaderMap, source_ip: &str) -> Values {
    let mut values = Values::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        values.entry(customary(name.as_str())).or_default().push(value);
    }
    values.insert(FORWARDED_FOR.to_owned(), vec![source_ip.to_owned()]);
    values
}

/// `sec-websocket-key` as `Sec-WebSocket-Key`.
fn customary(name: &str) -> String {
    let words = name.split('-').map(|word| match word {
        "websocket" => "WebSocket".to_owned(),
        _ => {
            let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
            first.to_ascii_uppercase() + rest
        }
    });
    words.collect::<Vec<_>>().join("-")
}

fn query_of(query: &str) -> Values {
    let mut values = Values::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        values.entry(name.into_owned()).or_default().push(value.into_owned());
    }
    values
}

/// The last value of each name, which is the one API Gateway gives where there is room for one.
fn last_of(values: &Values) -> BTreeMap<String, String> {
    let last =
        |(name, values): (&String, &Vec<String>)| Some((name.clone(), values.last()?.clone()));
    values.iter().filter_map(last).collect()
}

/// `09/Apr/2026:12:34:56 +0000`, the time of the common log format.
fn clf_time(at: Timestamp) -> String {
    // 2026-04-09T12:34:56.000Z
    let iso = at.to_string();
    let (year, month, day, time) = (&iso[..4], &iso[5..7], &iso[8..10], &iso[11..19]);
    let month = month.parse().ok().and_then(|month: usize| MONTHS.get(month.checked_sub(1)?));
    format!("{day}/{}/{year}:{time} +0000", month.copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_common_log_format() {
        let time = |text: &str| clf_time(text.parse().unwrap());
        assert_eq!(time("2026-04-09T12:34:56.789Z"), "09/Apr/2026:12:34:56 +0000");
        assert_eq!(time("1999-12-31T23:59:59Z"), "31/Dec/1999:23:59:59 +0000");
        assert_eq!(time("2000-01-01T00:00:00Z"), "01/Jan/2000:00:00:00 +0000");
    }

    #[test]
    fn headers_are_spelt_as_is_the_custom() {
        let names = ["host", "sec-websocket-key", "x-amzn-trace-id", "a", "x--y", "-", "1-b"];
        let spelt = names.map(customary);
        let expected = ["Host", "Sec-WebSocket-Key", "X-Amzn-Trace-Id", "A", "X--Y", "-", "1-B"];
        assert_eq!(spelt, expected);
    }

    #[test]
    fn a_query_is_decoded_and_keeps_every_value_in_its_order() {
        let values = query_of("a=1&b=%C3%A9+x&a=2&c&=d");
        assert_eq!(values["a"], ["1", "2"]);
        assert_eq!(values["b"], ["é x"]);
        assert_eq!((&*values["c"][0], &*values[""][0]), ("", "d"));
        assert_eq!(last_of(&values)["a"], "2");
    }

    #[test]
    fn who_a_request_comes_from_is_never_what_the_client_says() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "203.0.113.9".parse().unwrap());
        headers.append("x-forwarded-for", "203.0.113.10".parse().unwrap());
        headers.append("cookie", http::HeaderValue::from_bytes(b"a\xff").unwrap());
        let values = headers_of(&headers, "192.0.2.1");
        assert_eq!(values["X-Forwarded-For"], ["192.0.2.1"]);
        assert_eq!(values["Cookie"], ["a\u{fffd}"]);
        assert_eq!(values.len(), 2);
    }
}
