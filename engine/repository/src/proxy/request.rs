//! The head of a request to the proxy, and the secret that it has to know.
//!
//! **Bounds.** A head has at most [`HEAD_BYTES_MAX`].

use std::io::{self, ErrorKind};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use subtle::ConstantTimeEq as _;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Bytes of a request's head.
pub(super) const HEAD_BYTES_MAX: usize = 4096;
/// The name beside the secret, which the form of proxy credentials asks for.
pub(super) const USER: &str = "fetch";

/// A CONNECT request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// What it wants to be connected to, as `host:port`.
    pub(super) target: String,
    /// What stands in `Proxy-Authorization` behind `Basic`.
    credentials: Option<String>,
}

/// A secret of 128 random bits, in hexadecimal.
pub(crate) fn new_secret() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

impl Request {
    /// Reads a head and nothing behind it.
    pub(super) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() == HEAD_BYTES_MAX {
                return Err(ErrorKind::FileTooLarge.into());
            }
            head.push(from.read_u8().await?);
        }
        let text = std::str::from_utf8(&head).map_err(|_| ErrorKind::InvalidData)?;
        Self::parse(text).ok_or_else(|| ErrorKind::InvalidData.into())
    }

    fn parse(head: &str) -> Option<Self> {
        let mut lines = head.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (Some("CONNECT"), Some(target), Some("HTTP/1.1" | "HTTP/1.0"), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return None;
        };
        let credentials =
            lines.filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
                let is_it = name.eq_ignore_ascii_case("proxy-authorization");
                let value = value.trim().strip_prefix("Basic ")?;
                is_it.then(|| value.trim().to_owned())
            });
        Some(Self { target: target.to_owned(), credentials })
    }

    /// Says whether it carries the secret, in a time that does not depend on how much of it.
    pub(super) fn knows(&self, secret: &str) -> bool {
        let wanted = BASE64_STANDARD.encode(format!("{USER}:{secret}"));
        let given = self.credentials.as_deref().unwrap_or_default();
        given.as_bytes().ct_eq(wanted.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    async fn read(head: &str) -> Option<Request> {
        Request::read(&mut head.as_bytes()).await.ok()
    }

    #[tokio::test]
    async fn a_request_has_its_target_and_its_secret() {
        let credentials = BASE64_STANDARD.encode("fetch:s3cret");
        let head = format!(
            "CONNECT [::1]:8443 HTTP/1.1\r\nHost: x\r\nproxy-authorization: Basic {credentials}\r\n\r\n"
        );
        let request = read(&head).await.unwrap();
        assert_eq!(request.target, "[::1]:8443");
        assert!(request.knows("s3cret"));
        assert!(!request.knows("s3cre") && !request.knows("s3crets") && !request.knows(""));
    }

    #[tokio::test]
    async fn a_request_without_credentials_knows_nothing() {
        let request = read("CONNECT a:1 HTTP/1.1\r\n\r\n").await.unwrap();
        assert!(!request.knows("") && !request.knows("s3cret"));
    }

    #[tokio::test]
    async fn what_is_no_connect_request_is_not_read() {
        for head in [
            "GET http://a/ HTTP/1.1\r\n\r\n",
            "CONNECT a:1\r\n\r\n",
            "CONNECT a:1 HTTP/2\r\n\r\n",
            "CONNECT a:1 b HTTP/1.1\r\n\r\n",
            "connect a:1 HTTP/1.1\r\n\r\n",
            "CONNECT a:1 HTTP/1.1\r\n",
            "\r\n\r\n",
            "",
        ] {
            assert_eq!(read(head).await, None, "{head:?}");
        }
        let long = format!("CONNECT a:1 HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(HEAD_BYTES_MAX));
        assert_eq!(read(&long).await, None);
    }

    #[test]
    fn two_secrets_differ() {
        assert_ne!(new_secret().unwrap(), new_secret().unwrap());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let _ = runtime.block_on(Request::read(&mut bytes.as_slice()));
        }
    }
}
