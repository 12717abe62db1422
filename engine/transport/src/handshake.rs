//! The server's half of the opening handshake (RFC 6455, section 4.2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode, Version};
use sha1::{Digest, Sha1};

use crate::deflate;
use crate::door::{Body, full};

/// Appended to the client's key before hashing (RFC 6455, section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// Bytes of a decoded key.
const KEY_BYTES: usize = 16;

/// What a client asked for in a correct handshake.
#[derive(Debug)]
pub(crate) struct Handshake {
    accept: HeaderValue,
    /// Whether it offered a compression we can serve.
    pub(crate) offers_deflate: bool,
}

/// Whether a request asks to become a WebSocket.
#[must_use]
pub fn is_upgrade(headers: &HeaderMap) -> bool {
    has_token(headers, &header::UPGRADE, "websocket")
}

impl Handshake {
    /// Reads the request's handshake.
    ///
    /// # Errors
    /// The response to a request that is not a correct one: 426 for another version, else 400.
    pub(crate) fn read<B>(request: &Request<B>) -> Result<Self, Box<Response<Body>>> {
        let headers = request.headers();
        let is_correct = request.method() == Method::GET
            && request.version() == Version::HTTP_11
            && has_token(headers, &header::CONNECTION, "upgrade");
        if !is_correct {
            return Err(refuse(StatusCode::BAD_REQUEST, "Not a WebSocket handshake"));
        }
        if single(headers, &header::SEC_WEBSOCKET_VERSION) != Some(b"13") {
            return Err(refuse(StatusCode::UPGRADE_REQUIRED, "Sec-WebSocket-Version must be 13"));
        }
        let key = single(headers, &header::SEC_WEBSOCKET_KEY).filter(|key| is_key(key));
        let Some(key) = key else {
            let problem = "Sec-WebSocket-Key must be 16 bytes in base64";
            return Err(refuse(StatusCode::BAD_REQUEST, problem));
        };
        let offers = headers.get_all(header::SEC_WEBSOCKET_EXTENSIONS);
        let offers_deflate = offers.iter().any(|offer| offer.to_str().is_ok_and(deflate::accepts));
        Ok(Self { accept: accept_of(key), offers_deflate })
    }

    /// The response that completes it.
    pub(crate) fn response(
        self,
        deflate: bool,
        subprotocol: Option<&'static str>,
    ) -> Response<Body> {
        let mut response = Response::new(full(""));
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, self.accept);
        if deflate {
            let answer = HeaderValue::from_static(deflate::ANSWER);
            headers.insert(header::SEC_WEBSOCKET_EXTENSIONS, answer);
        }
        if let Some(subprotocol) = subprotocol {
            let selected = HeaderValue::from_static(subprotocol);
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, selected);
        }
        response
    }
}

/// The value for `Sec-WebSocket-Accept`.
fn accept_of(key: &[u8]) -> HeaderValue {
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    HeaderValue::from_str(&STANDARD.encode(digest)).expect("base64 is visible ASCII")
}

fn is_key(key: &[u8]) -> bool {
    STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == KEY_BYTES)
}

/// The header's only value.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.as_bytes().trim_ascii())
}

/// Whether a comma-separated header has this token, in any case.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers.get_all(name).iter().any(|value| {
        value
            .as_bytes()
            .split(|byte| *byte == b',')
            .any(|part| part.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
    })
}

/// A refusal in the form of every HTTP error.
pub(crate) fn refuse(status: StatusCode, message: &str) -> Box<Response<Body>> {
    let code = match status {
        StatusCode::UPGRADE_REQUIRED => "UPGRADE_REQUIRED",
        StatusCode::SERVICE_UNAVAILABLE => "UNAVAILABLE",
        _ => "VALIDATION_ERROR",
    };
    let status_code = status.as_u16();
    let body = format!(r#"{{"error":"{code}","message":"{message}","statusCode":{status_code}}}"#);
    let mut response = Response::new(full(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if status == StatusCode::UPGRADE_REQUIRED {
        headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    }
    Box::new(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(change: impl FnOnce(&mut Request<()>)) -> Request<()> {
        let mut request = Request::builder()
            .header("connection", "keep-alive, Upgrade")
            .header("upgrade", "WebSocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .body(())
            .unwrap();
        change(&mut request);
        request
    }

    #[test]
    fn the_example_of_the_standard_is_accepted() {
        let handshake = Handshake::read(&request(|_| {})).unwrap();
        let response = handshake.response(true, Some("bearer"));
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(header("sec-websocket-extensions"), deflate::ANSWER);
        assert_eq!(header("sec-websocket-protocol"), "bearer");
    }

    #[test]
    fn what_is_not_a_correct_handshake_is_refused() {
        let status = |change: fn(&mut Request<()>)| {
            let refused = Handshake::read(&request(change)).unwrap_err();
            assert_eq!(refused.headers()["content-type"], "application/json");
            refused.status().as_u16()
        };
        assert_eq!(status(|request| *request.method_mut() = Method::POST), 400);
        assert_eq!(status(|request| *request.version_mut() = Version::HTTP_10), 400);
        let other_version = |request: &mut Request<()>| {
            request.headers_mut().insert("sec-websocket-version", HeaderValue::from_static("8"));
        };
        assert_eq!(status(other_version), 426);
        let short_key = |request: &mut Request<()>| {
            request.headers_mut().insert("sec-websocket-key", HeaderValue::from_static("abcd"));
        };
        assert_eq!(status(short_key), 400);
        let two_keys = |request: &mut Request<()>| {
            let key = HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ==");
            request.headers_mut().append("sec-websocket-key", key);
        };
        assert_eq!(status(two_keys), 400);
        let not_connected = |request: &mut Request<()>| {
            request.headers_mut().insert("connection", HeaderValue::from_static("close"));
        };
        assert_eq!(status(not_connected), 400);
    }
}
