//! One call over HTTP: signed, bounded in bytes, and made again only where nothing was sent.
//!
//! With a secret each request says when it was made, `X-Quintet-Timestamp` (whole seconds since 1970),
//! and bears `X-Quintet-Signature`: `sha256=` and, in hexadecimal digits, the HMAC-SHA256 by the secret
//! of the timestamp, a dot and the body. Who verifies it refuses old timestamps.

use std::error::Error;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hmac::{Hmac, KeyInit, Mac};
use http::header::{ACCEPT, CONTENT_TYPE};
use model::Clock;
use reqwest::{Client, Response};
use sha2::Sha256;
use url::Url;

use super::failure::{Failure, SetupError};
use super::{Config, Wanted};

/// Bytes of an answer's body.
pub const ANSWER_BYTES_MAX: usize = 128 * 1024;
/// How long a connection stays open for the next call: shorter than servers wait for it, so that none
/// is used that its peer is about to close.
const IDLE_WITHIN: Duration = Duration::from_secs(1);
/// The wait before a call is made again, and as much again by chance.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// A call that failed, and what says why, for the log.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) failure: Failure,
    /// Without the URL, which may hold what is secret.
    pub(super) cause: Option<reqwest::Error>,
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self { failure, cause: None }
    }
}

impl From<reqwest::Error> for Fault {
    fn from(error: reqwest::Error) -> Self {
        let is_unsent = error.is_connect();
        let failure = if is_unsent { Failure::Unreachable } else { Failure::BrokeOff };
        Self { failure, cause: Some(error.without_url()) }
    }
}

/// Sends events.
pub(super) struct Wire {
    client: Client,
    key: Option<Hmac<Sha256>>,
    clock: Arc<dyn Clock>,
}

impl Wire {
    pub(super) fn new(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        let needs_tls = config.routes.iter().any(|(_, url)| url.scheme() == "https");
        let client = web::outgoing(needs_tls)
            // Half, so that a second attempt has time.
            .connect_timeout(config.deadline / 2)
            .pool_idle_timeout(IDLE_WITHIN)
            .pool_max_idle_per_host(config.concurrency)
            .build()
            .map_err(SetupError::Client)?;
        let key = config.secret.as_ref().map(|secret| {
            Hmac::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length")
        });
        Ok(Self { client, key, clock })
    }

    /// Posts `event` and reads what is wanted of the answer: its body, or nothing. `retried` hears that
    /// it is going to be sent again.
    pub(super) async fn post(
        &self,
        url: &Url,
        event: Bytes,
        wanted: Wanted,
        retried: impl FnOnce(),
    ) -> Result<Bytes, Fault> {
        let mut sent = self.send(url, event.clone()).await;
        if sent.as_ref().is_err_and(reqwest::Error::is_connect) {
            retried();
            tokio::time::sleep(RETRY_AFTER + by_chance(RETRY_AFTER)).await;
            sent = self.send(url, event).await;
        }
        let response = sent?;
        if !response.status().is_success() {
            return Err(Failure::Status(response.status().as_u16()).into());
        }
        match wanted {
            Wanted::Status => Ok(Bytes::new()),
            Wanted::Body => read(response).await,
        }
    }

    async fn send(&self, url: &Url, event: Bytes) -> Result<Response, reqwest::Error> {
        let mut request = self.client.post(url.clone());
        request = request.header(CONTENT_TYPE, "application/json").header(ACCEPT, "*/*");
        if let Some(key) = &self.key {
            let timestamp = self.clock.wall().as_secs().to_string();
            request = request
                .header("x-quintet-signature", signature(key, &timestamp, &event))
                .header("x-quintet-timestamp", timestamp);
        }
        request.body(event).send().await
    }
}

/// The body of an answer, as text of at most [`ANSWER_BYTES_MAX`].
async fn read(mut response: Response) -> Result<Bytes, Fault> {
    let announced = response.content_length().unwrap_or_default();
    if usize::try_from(announced).is_ok_and(|length| length > ANSWER_BYTES_MAX) {
        return Err(Failure::TooLarge.into());
    }
    let mut body = BytesMut::new();
    while let Some(piece) = response.chunk().await? {
        if body.len() + piece.len() > ANSWER_BYTES_MAX {
            return Err(Failure::TooLarge.into());
        }
        body.extend_from_slice(&piece);
    }
    match std::str::from_utf8(&body) {
        Ok(_) => Ok(body.freeze()),
        Err(_) => Err(Failure::NotText.into()),
    }
}

/// The value of `X-Quintet-Signature`.
fn signature(key: &Hmac<Sha256>, timestamp: &str, body: &[u8]) -> String {
    let mut mac = key.clone();
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    let mut text = "sha256=".to_owned();
    for byte in mac.finalize().into_bytes() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Some part of `most`.
fn by_chance(most: Duration) -> Duration {
    let random = u32::from_le_bytes(model::random_bytes());
    most.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

/// An error and what caused it, in one line.
pub(super) fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, ": {error}");
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_hmac_of_timestamp_dot_and_body() {
        // By `printf '1775738096.{"a":1}' | openssl dgst -sha256 -hmac secret`.
        let key = Hmac::new_from_slice(b"secret").unwrap();
        let expected = "sha256=173d0097aa375ac3cc4e170c67ad5546f684f30efe54f6c1db2391c1200269fb";
        assert_eq!(signature(&key, "1775738096", br#"{"a":1}"#), expected);
    }

    #[tokio::test]
    async fn what_is_logged_of_a_failure_holds_nothing_of_the_url() {
        // Nothing listens at port 0.
        let url: Url = "http://127.0.0.1:0/hidden?key=hidden".parse().unwrap();
        let config = Config {
            routes: vec![("a".to_owned(), url.clone())],
            secret: None,
            deadline: Duration::from_secs(60),
            concurrency: 1,
        };
        let clock = Arc::new(model::ManualClock::at(model::Timestamp::from_secs(0)));
        let wire = Wire::new(&config, clock).unwrap();
        let fault = wire.post(&url, Bytes::new(), Wanted::Body, || {}).await.unwrap_err();
        assert_eq!(fault.failure, Failure::Unreachable);
        let told = causes(&fault.cause.unwrap());
        assert!(told.contains(": ") && !told.contains("hidden"), "{told}");
    }
}
