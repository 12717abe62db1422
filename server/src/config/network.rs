//! Values that name a place in the network: addresses, networks, URLs and origins.
//!
//! **Invariants.** A URL that is accepted carries no user and no password; one that is refused is
//! shown without them, and without its query.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use url::Url;

use super::value::{Item, Value, optional};

impl Value for SocketAddr {
    const FORMAT: &'static str = "address:port";

    fn parse(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| {
            "not an IP address and a port, such as 127.0.0.1:8000 or [::1]:8000".to_owned()
        })
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Item for IpNet {
    const FORMAT: &'static str = "addresses or networks (CIDR), comma-separated";

    fn parse_item(text: &str) -> Result<Self, String> {
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(Self::from));
        network.map_err(|_| "not an address or a network, such as 10.0.0.0/8 or ::1".to_owned())
    }

    fn show_item(&self) -> String {
        self.to_string()
    }
}

/// An `http` or `https` URL without user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpUrl(Url);

impl HttpUrl {
    /// The URL as text; it ends in `/` when it has no path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The URL in its parts.
    #[must_use]
    pub const fn as_url(&self) -> &Url {
        &self.0
    }

    /// Whether it is `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl fmt::Debug for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show())
    }
}

impl Value for HttpUrl {
    const FORMAT: &'static str = "http or https URL";

    fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("not a URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("neither http nor https".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not carry a user or a password".to_owned());
        }
        Ok(Self(url))
    }

    fn show(&self) -> String {
        mask_url(self.as_str())
    }

    fn mask(text: &str) -> String {
        mask_url(text)
    }
}

optional!(HttpUrl);

/// A host in lower case, with a port where that is not 443.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host(String);

impl Host {
    /// The host as it stands in a URL, such as `git.example:8443`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for Host {
    const FORMAT: &'static str = "host or host:port";

    fn parse(text: &str) -> Result<Self, String> {
        if text.contains(',') {
            return Err("more than one host".to_owned());
        }
        Self::parse_item(text)
    }

    fn show(&self) -> String {
        self.show_item()
    }

    fn mask(text: &str) -> String {
        Self::mask_item(text)
    }
}

optional!(Host);

impl Item for Host {
    const FORMAT: &'static str = "hosts, comma-separated";

    fn parse_item(text: &str) -> Result<Self, String> {
        let wrong = || "not a host, such as git.example or git.example:8443".to_owned();
        let url = Url::parse(&format!("https://{text}")).map_err(|_| wrong())?;
        let is_alone = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let names_nobody = url.username().is_empty() && url.password().is_none();
        let host = url.host_str().filter(|_| is_alone && names_nobody && !text.contains('/'));
        let host = host.ok_or_else(wrong)?;
        Ok(Self(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))))
    }

    fn show_item(&self) -> String {
        self.0.clone()
    }

    fn mask_item(text: &str) -> String {
        mask_url(text)
    }
}

/// The scheme, host and port that a browser names in `Origin`, such as `http://localhost:3000`; the
/// port is left out where it is the scheme's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin as a browser writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Item for Origin {
    const FORMAT: &'static str = "origins (scheme, host and port), comma-separated";

    fn parse_item(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Err("every origin at once cannot be allowed: name each".to_owned());
        }
        let HttpUrl(url) = HttpUrl::parse(text)?;
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err("more than a scheme, a host and a port".to_owned());
        }
        Ok(Self(url.origin().ascii_serialization()))
    }

    fn show_item(&self) -> String {
        self.0.clone()
    }

    fn mask_item(text: &str) -> String {
        mask_url(text)
    }
}

/// A URL without what may be secret in it: user, password and query.
pub(super) fn mask_url(text: &str) -> String {
    let (text, query) = text.split_once('?').map_or((text, ""), |(text, _)| (text, "?***"));
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(s, rest)| (s, rest));
    let separator = if scheme.is_empty() { "" } else { "://" };
    match rest.rsplit_once('@') {
        Some((_, place)) => format!("{scheme}{separator}***@{place}{query}"),
        None => format!("{scheme}{separator}{rest}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_alone_is_a_network_of_one() {
        let networks = Vec::<IpNet>::parse("10.0.0.0/8, 192.0.2.7,::1").unwrap();
        assert_eq!(networks.show(), "10.0.0.0/8,192.0.2.7/32,::1/128");
        assert!(Vec::<IpNet>::parse("10.0.0.0/33").is_err());
    }

    #[test]
    fn an_origin_is_what_a_browser_would_send() {
        let origins =
            Vec::<Origin>::parse("https://Example.org:443/,http://localhost:3000").unwrap();
        assert_eq!(origins.show(), "https://example.org,http://localhost:3000");
        for wrong in ["*", "localhost:3000", "http://a/b", "http://a?b", "ftp://a", "null"] {
            assert!(Vec::<Origin>::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_host_stands_alone() {
        let hosts =
            Vec::<Host>::parse("GitHub.com, git.example:8443,git.example:443,[::1]:9").unwrap();
        assert_eq!(hosts.show(), "github.com,git.example:8443,git.example,[::1]:9");
        for wrong in ["https://a", "a/b", "a?b", "ann@a", "ann:x@a", "a b", "a#", ":8443"] {
            assert!(Vec::<Host>::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn one_host_may_be_named_or_none() {
        let host = |text| Option::<Host>::parse(text).map(|host| host.show());
        assert_eq!(host("Deals.example:8443"), Ok("deals.example:8443".to_owned()));
        assert_eq!(host(""), Ok("(none)".to_owned()));
        for wrong in ["a,b", "https://a", "a/b", "ann:x@a"] {
            assert!(host(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Option::<Host>::mask("ann:x@a"), "***@a");
    }

    #[test]
    fn a_url_is_shown_without_user_password_and_query() {
        let shown = mask_url("postgres://ann:pa@ss@db/quintet?sslkey=x");
        assert_eq!(shown, "postgres://***@db/quintet?***");
        assert_eq!(mask_url("http://a.example/b"), "http://a.example/b");
        assert!(HttpUrl::parse("http://ann:pass@a.example").is_err());
    }
}
