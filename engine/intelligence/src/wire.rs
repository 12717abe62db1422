//! HTTP: the client, one request, and bodies that are bounded.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};

use crate::{ModelError, OpenaiConfig, SetupError, chat};

/// Bytes of an answer on the wire.
pub const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of an error's body that are looked at.
const ERROR_BYTES_MAX: usize = 64 * 1024;
/// How long a connection may take to open.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Connections kept open for the next call.
const IDLE_CONNECTIONS_MAX: usize = 8;

/// Where requests go, and with which key.
#[derive(Debug)]
pub(crate) struct Wire {
    client: Client,
    url: Url,
    authorization: Option<HeaderValue>,
}

impl Wire {
    /// The wire to the operation `path` of the API, such as `chat/completions`.
    pub(crate) fn new(config: &OpenaiConfig, path: &str) -> Result<Self, SetupError> {
        let url = endpoint(&config.base_url, path)?;
        let key = config.api_key.as_deref().filter(|key| !key.is_empty());
        let authorization = key.map(authorization).transpose()?;
        let client = client(&url).map_err(SetupError::Client)?;
        Ok(Self { client, url, authorization })
    }

    /// Sends a request in JSON and waits for the head of a good answer.
    pub(crate) async fn send(&self, body: Bytes) -> Result<Response, ModelError> {
        self.send_as("application/json", body).await
    }

    /// Sends a request of the kind and waits for the head of a good answer.
    pub(crate) async fn send_as(&self, kind: &str, body: Bytes) -> Result<Response, ModelError> {
        let mut request = self.client.post(self.url.clone()).body(body);
        request = request.header(CONTENT_TYPE, kind);
        request = request.header(ACCEPT, "application/json, text/event-stream");
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        let sent = request.send().await;
        let response = sent.map_err(|error| ModelError::Unreachable(error.without_url()))?;
        if response.status() == StatusCode::OK {
            Ok(response)
        } else {
            Err(refused(response).await)
        }
    }
}

/// A body read piece by piece, at most [`BODY_BYTES_MAX`] of it.
pub(crate) struct Body {
    response: Response,
    left: usize,
}

impl Body {
    pub(crate) fn new(response: Response) -> Self {
        Self { response, left: BODY_BYTES_MAX }
    }

    /// The next piece; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, ModelError> {
        let broke_off = |error: reqwest::Error| ModelError::BrokeOff(Some(error.without_url()));
        let Some(piece) = self.response.chunk().await.map_err(broke_off)? else { return Ok(None) };
        let left = self.left.checked_sub(piece.len());
        self.left = left.ok_or(ModelError::TooLong("more bytes than a body may have"))?;
        Ok(Some(piece))
    }

    /// All of it.
    pub(crate) async fn whole(mut self) -> Result<Vec<u8>, ModelError> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.next().await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }
}

/// Whether the answer is a stream of events.
pub(crate) fn is_event_stream(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_none_or(|kind| !kind.to_ascii_lowercase().starts_with("application/json"))
}

async fn refused(response: Response) -> ModelError {
    let status = response.status().as_u16();
    let asked = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = asked.and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
    let mut body = Body { response, left: ERROR_BYTES_MAX };
    let mut bytes = Vec::new();
    while let Ok(Some(piece)) = body.next().await {
        bytes.extend_from_slice(&piece);
    }
    ModelError::Refused { status, code: chat::error_code(&bytes), retry_after }
}

fn endpoint(base_url: &str, path: &str) -> Result<Url, SetupError> {
    let mut url = Url::parse(base_url).map_err(|_| SetupError::BaseUrl("is not a URL"))?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(SetupError::BaseUrl("must begin with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SetupError::BaseUrl("must not hold a user name or password"));
    }
    url.set_fragment(None);
    let path = format!("{}/{path}", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}

fn authorization(key: &str) -> Result<HeaderValue, SetupError> {
    let value = HeaderValue::from_str(&format!("Bearer {key}"));
    let mut value = value.map_err(|_| SetupError::Key)?;
    value.set_sensitive(true);
    Ok(value)
}

fn client(url: &Url) -> Result<Client, reqwest::Error> {
    // Whoever was first has set one; any will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .user_agent(concat!("quintet/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_WITHIN)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
        // The key goes where the configuration says, and nowhere else.
        .redirect(Policy::none())
        .referer(false)
        .no_proxy();
    // Without TLS there is no need for root certificates, which a small machine may not have.
    let builder = if url.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
    builder.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: &str = "chat/completions";

    #[test]
    fn the_endpoint_lies_behind_the_base_urls_path() {
        let told =
            |base: &str| endpoint(base, CHAT).map(String::from).map_err(|error| error.to_string());
        let expected = "https://a.example/v1/chat/completions".to_owned();
        assert_eq!(told("https://a.example/v1"), Ok(expected.clone()));
        assert_eq!(told("https://a.example/v1/"), Ok(expected));
        let expected = "http://a.example/chat/completions?version=2".to_owned();
        assert_eq!(told("http://a.example?version=2"), Ok(expected));
        for wrong in ["", "a.example/v1", "ftp://a.example", "https://key:secret@a.example"] {
            assert!(told(wrong).is_err_and(|error| !error.contains("secret")), "{wrong}");
        }
    }

    #[test]
    fn clients_can_be_made_for_both_schemes_of_url() {
        for base_url in ["http://a.example", "https://a.example"] {
            let config = OpenaiConfig {
                base_url: base_url.to_owned(),
                api_key: Some("secret".to_owned()),
                model: "m".to_owned(),
                deadline: CONNECT_WITHIN,
            };
            match Wire::new(&config, CHAT) {
                Ok(wire) => assert!(!format!("{wire:?}").contains("secret")),
                // A machine without root certificates.
                Err(error) => {
                    assert!(matches!(error, SetupError::Client(_)) && base_url.starts_with("https"))
                }
            }
            let config = OpenaiConfig { api_key: Some("a\nb".to_owned()), ..config };
            assert!(matches!(Wire::new(&config, CHAT), Err(SetupError::Key)));
        }
    }
}
