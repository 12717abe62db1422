//! One request for a set of keys, bounded in time, bytes and keys, that follows nothing.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

use super::keys::{self, KeySetError, PublicKey};

/// A fetch ends after this, from connecting to the last byte.
const FETCH_TIME_MAX: Duration = Duration::from_secs(5);
/// The longest body of a set of keys.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// A fetch gave no keys.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("no client could be made (are there root certificates?)")]
    Client,
    #[error("the request failed")]
    Request(#[source] reqwest::Error),
    #[error("the answer took longer than 5 s")]
    Timeout,
    #[error("the answer was HTTP {0}")]
    Status(StatusCode),
    #[error("the answer is longer than 256 KiB")]
    TooLong,
    #[error("the answer is no set of keys")]
    Keys(#[from] KeySetError),
}

/// Asks one URL.
pub(super) struct Fetcher {
    url: String,
    client: Option<Client>,
}

impl Fetcher {
    pub(super) fn new(url: &str) -> Self {
        // Refused where the process has a provider already, and then that one serves.
        let _had_one = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(FETCH_TIME_MAX)
            .user_agent("quintet")
            .build();
        Self { url: url.to_owned(), client: client.ok() }
    }

    /// The keys by their id.
    pub(super) async fn fetch(&self) -> Result<HashMap<Box<str>, Arc<PublicKey>>, FetchError> {
        let client = self.client.as_ref().ok_or(FetchError::Client)?;
        let body = download(client, &self.url).await.map_err(|error| match error {
            FetchError::Request(error) if error.is_timeout() => FetchError::Timeout,
            FetchError::Request(error) => FetchError::Request(error.without_url()),
            other => other,
        })?;
        Ok(keys::parse(&body)?)
    }
}

async fn download(client: &Client, url: &str) -> Result<Vec<u8>, FetchError> {
    let request = client.get(url).header(http::header::ACCEPT, "application/json");
    let response = request.send().await.map_err(FetchError::Request)?;
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(response.status()));
    }
    read_body(response).await
}

async fn read_body(mut response: Response) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(FetchError::Request)? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(FetchError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
