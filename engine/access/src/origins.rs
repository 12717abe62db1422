//! Which web pages may connect and call.
//!
//! **Invariants.** Origins are compared as whole texts, exactly as a browser writes them (scheme,
//! host and port, lower case, no default port): nothing is parsed out of what a client sent, so
//! nothing can hide in it.

use std::collections::HashSet;

use http::{HeaderMap, HeaderValue, header};

/// The origin is not one that may connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this origin is not allowed")]
pub struct ForeignOrigin;

/// The web pages that may connect, besides those of this server's own host.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    allowed: HashSet<String>,
}

impl Origins {
    /// Allows these origins, each as a browser writes it, such as `https://app.example.com`.
    pub fn new<T: Into<String>>(allowed: impl IntoIterator<Item = T>) -> Self {
        Self { allowed: allowed.into_iter().map(Into::into).collect() }
    }

    /// The origin a request may act for; `None` where it names none, as everything but a browser
    /// does. `is_secure` is whether the client speaks TLS, with us or with a trusted proxy.
    ///
    /// # Errors
    /// [`ForeignOrigin`] for an origin that is neither listed nor this host's own, and for two.
    pub fn check<'a>(
        &self,
        headers: &'a HeaderMap,
        is_secure: bool,
    ) -> Result<Option<&'a HeaderValue>, ForeignOrigin> {
        let Some(origin) = single(headers, &header::ORIGIN)? else { return Ok(None) };
        let text = origin.to_str().map_err(|_| ForeignOrigin)?;
        if self.allowed.contains(text) || is_own(text, headers, is_secure) {
            return Ok(Some(origin));
        }
        Err(ForeignOrigin)
    }
}

/// Whether `origin` is that of the host the request was sent to.
fn is_own(origin: &str, headers: &HeaderMap, is_secure: bool) -> bool {
    let Ok(Some(host)) = single(headers, &header::HOST) else { return false };
    let Ok(host) = host.to_str() else { return false };
    let (scheme, default_port) = if is_secure { ("https", ":443") } else { ("http", ":80") };
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix(default_port).unwrap_or(&host);
    !host.is_empty()
        && origin.strip_prefix(scheme).and_then(|it| it.strip_prefix("://")) == Some(host)
}

/// The value of a header that must not stand twice.
fn single<'a>(
    headers: &'a HeaderMap,
    name: &header::HeaderName,
) -> Result<Option<&'a HeaderValue>, ForeignOrigin> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(ForeignOrigin);
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: &str, origins: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
        for origin in origins {
            headers.append(header::ORIGIN, HeaderValue::from_bytes(origin).unwrap());
        }
        headers
    }

    fn passes(host: &str, origins: &[&[u8]], is_secure: bool) -> bool {
        let allowed = Origins::new(["https://app.example.com", "http://localhost:3000"]);
        allowed.check(&headers(host, origins), is_secure).is_ok()
    }

    #[test]
    fn none_of_twenty_four_foreign_origins_passes() {
        let long = format!("https://{}.example.com", "a".repeat(8192));
        let wrong: [&[u8]; 23] = [
            b"null",
            b"https://app.example.com.evil.tld",
            b"https://evil-app.example.com",
            b"https://app.example.com:8443",
            b"https://app.example.com:443",
            b"http://app.example.com",
            b"HTTPS://app.example.com",
            b"https://APP.example.com",
            b"https://app.example.com.",
            b"https://app.example.com/",
            b"https://app.example.com/path",
            b"https://user@app.example.com",
            b"https://app.example.com@evil.tld",
            b"https://xn--app-example-com.evil.tld",
            "https://\u{430}pp.example.com".as_bytes(),
            b"https://example.com",
            b"app.example.com",
            b"//app.example.com",
            b"https://app.example.com https://evil.tld",
            b"https://evil.tld?https://app.example.com",
            b"",
            b"*",
            long.as_bytes(),
        ];
        for origin in wrong {
            assert!(!passes("api.example.com", &[origin], true), "{}", origin.escape_ascii());
        }
        let good = b"https://app.example.com".as_slice();
        assert!(!passes("api.example.com", &[good, good], true), "two headers");
        assert!(passes("api.example.com", &[good], true));
        assert!(passes("api.example.com", &[], true), "not a browser");
    }

    #[test]
    fn a_page_of_the_same_scheme_host_and_port_passes() {
        assert!(passes("127.0.0.1:8000", &[b"http://127.0.0.1:8000"], false));
        assert!(passes("Chat.Example.org:443", &[b"https://chat.example.org"], true));
        assert!(passes("[::1]:8000", &[b"http://[::1]:8000"], false));
        assert!(!passes("127.0.0.1:8000", &[b"https://127.0.0.1:8000"], false));
        assert!(!passes("127.0.0.1:8000", &[b"http://127.0.0.1:8000"], true));
        assert!(!passes("127.0.0.1:8000", &[b"http://127.0.0.1:8001"], false));
        assert!(!passes("127.0.0.1:8000", &[b"http://127.0.0.1"], false));
        assert!(!passes("", &[b"http://"], false));
        assert!(!passes("a.example:443", &[b"http://a.example"], false));
        let mut twice = headers("127.0.0.1:8000", &[b"http://127.0.0.1:8000"]);
        twice.append(header::HOST, HeaderValue::from_static("127.0.0.1:8000"));
        assert!(Origins::default().check(&twice, false).is_err());
    }
}
