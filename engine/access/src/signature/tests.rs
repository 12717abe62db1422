//! AWS's published vectors, and what changes one of them.

use http::{HeaderName, HeaderValue};

use super::*;

const ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const STAMP: &str = "20150830T123600Z";
const NOW: Timestamp = Timestamp::from_secs(1_440_938_160);

fn key() -> SigningKey {
    SigningKey::new(ID, SECRET, "service")
}

/// A signed request, as its parts.
#[derive(Clone)]
struct Request {
    method: &'static str,
    path: String,
    query: Option<String>,
    headers: Vec<(&'static str, String)>,
    scope: String,
    signed: String,
    signature: String,
    body: &'static str,
}

impl Request {
    /// A vector of the suite: `x-amz-date` and `host` are signed, and what else it has.
    fn vector(
        method: &'static str,
        target: &str,
        headers: &[(&'static str, &str)],
        body: &'static str,
        signature: &str,
    ) -> Self {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
            None => (target.to_owned(), None),
        };
        let mut headers: Vec<_> =
            headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        headers.push(("host", "example.amazonaws.com".to_owned()));
        headers.push(("x-amz-date", STAMP.to_owned()));
        let mut names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        Self {
            method,
            path,
            query,
            signed: names.join(";"),
            headers,
            scope: "20150830/us-east-1/service/aws4_request".to_owned(),
            signature: signature.to_owned(),
            body,
        }
    }

    fn vanilla() -> Self {
        let signature = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
        Self::vector("POST", "/", &[], "", signature)
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn map(&self) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in &self.headers {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            map.append(HeaderName::from_static(name), value);
        }
        let Self { scope, signed, signature, .. } = self;
        let value = format!(
            "{ALGORITHM} Credential={ID}/{scope}, SignedHeaders={signed}, Signature={signature}"
        );
        map.insert("authorization", value.parse().unwrap());
        map
    }

    fn verify_at(&self, key: &SigningKey, now: Timestamp) -> Result<(), SignatureError> {
        let headers = self.map();
        let query = self.query.as_deref();
        let head = Head { method: self.method, path: &self.path, query, headers: &headers };
        key.read(head, now)?.verify(Sha256::digest(self.body).into())
    }

    fn verify(&self) -> Result<(), SignatureError> {
        self.verify_at(&key(), NOW)
    }
}

/// A published request: method, target, headers, body, signature.
type Vector = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static str,
);

#[rustfmt::skip]
const VECTORS: [Vector; 17] = [
    ("GET", "/", &[], "",
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("GET", "/?Param2=value2&Param1=value1", &[], "",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    ("GET", "/?Param1=value2&Param1=value1", &[], "",
        "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"),
    ("GET", "/?Param1=value1", &[], "",
        "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"),
    ("GET", "/?ሴ=bar", &[], "",
        "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
    ("GET", "/ሴ", &[], "",
        "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
    ("GET", "/example space/", &[], "",
        "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"),
    ("GET", "/example/.././", &[], "",
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", &[], "",
        "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
    ("GET", "/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=\
        -._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", &[], "",
        "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"),
    ("GET", "/", &[("my-header1", " value1"), ("my-header2", " \"a   b   c\"")], "",
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
    ("GET", "/", &[("my-header1", "value2"), ("my-header1", "value2"), ("my-header1", "value1")], "",
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"),
    ("GET", "/", &[("my-header1", "value4"), ("my-header1", "value1"), ("my-header1", "value3"),
        ("my-header1", "value2")], "",
        "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"),
    ("POST", "/", &[], "",
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ("POST", "/?Param1=value1", &[], "",
        "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"),
    ("POST", "/", &[("my-header1", "VALUE1")], "",
        "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"),
    ("POST", "/", &[("content-type", "application/x-www-form-urlencoded")], "Param1=value1",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
];

#[test]
fn the_published_vectors_verify() {
    for (method, target, headers, body, signature) in VECTORS {
        let request = Request::vector(method, target, headers, body, signature);
        assert_eq!(request.verify(), Ok(()), "{method} {target} {headers:?}");
    }
}

#[test]
fn whatever_is_changed_the_signature_no_longer_matches() {
    let good = Request::vanilla();
    assert_eq!(good.verify(), Ok(()));
    for changed in [
        good.clone().with(|it| it.method = "PUT"),
        good.clone().with(|it| it.path = "/a".to_owned()),
        good.clone().with(|it| it.query = Some("a=1".to_owned())),
        good.clone().with(|it| it.body = "x"),
        good.clone().with(|it| it.headers[0].1 = "elsewhere".to_owned()),
        good.clone().with(|it| it.headers[1].1 = "20150830T123601Z".to_owned()),
        good.clone().with(|it| it.scope = "20150830/eu-west-1/service/aws4_request".to_owned()),
        good.clone().with(|it| it.signature.replace_range(63.., "c")),
    ] {
        assert_eq!(changed.verify(), Err(SignatureError::Mismatch));
    }
    let other = SigningKey::new(ID, "another secret", "service");
    assert_eq!(good.verify_at(&other, NOW), Err(SignatureError::Mismatch));
}

#[test]
fn a_header_that_is_not_signed_may_change() {
    let proxied = Request::vanilla().with(|it| it.headers.push(("via", "1.1 proxy".to_owned())));
    assert_eq!(proxied.verify(), Ok(()));
}

#[test]
fn another_key_service_end_or_day_is_refused_before_the_body() {
    let good = Request::vanilla();
    let (unknown, elsewhere) =
        (SigningKey::new("AKIDEXAMPLF", SECRET, "service"), SigningKey::new(ID, SECRET, "other"));
    assert_eq!(good.verify_at(&unknown, NOW), Err(SignatureError::UnknownKey));
    let malformed = |outcome| matches!(outcome, Err(SignatureError::Malformed(_)));
    assert!(malformed(good.verify_at(&elsewhere, NOW)));
    for scope in [
        "20150829/us-east-1/service/aws4_request",
        "20150830/us-east-1/service/aws4_other",
        "us-east-1/service/aws4_request",
    ] {
        let changed = good.clone().with(|it| it.scope = scope.to_owned());
        assert!(changed.verify().is_err_and(|error| error != SignatureError::Mismatch), "{scope}");
    }
}

#[test]
fn a_signature_holds_for_five_minutes_either_way() {
    let good = Request::vanilla();
    for (millis, holds) in [(300_000, true), (-300_000, true), (300_001, false), (-300_001, false)]
    {
        let now = NOW.plus_millis(millis);
        let expected =
            if holds { Ok(()) } else { Err(SignatureError::Skewed { signed: NOW, now }) };
        assert_eq!(good.verify_at(&key(), now), expected, "{millis}");
    }
}

#[test]
fn the_hash_that_a_request_announces_has_to_be_its_bodys() {
    let announce = |text: &str| {
        let text = text.to_owned();
        Request::vanilla().with(|it| it.headers.push(("x-amz-content-sha256", text)))
    };
    assert_eq!(announce(&hex(&Sha256::digest(""))).verify(), Ok(()));
    for text in [hex(&Sha256::digest("x")), "UNSIGNED-PAYLOAD".to_owned(), String::new()] {
        assert_eq!(announce(&text).verify(), Err(SignatureError::Mismatch), "{text}");
    }
    let twice = announce("a").with(|it| it.headers.push(("x-amz-content-sha256", "b".to_owned())));
    assert!(matches!(twice.verify(), Err(SignatureError::Malformed(_))));
}

#[test]
fn the_host_has_to_be_signed_and_the_header_to_stand_there_once() {
    let bare = Request::vanilla().with(|it| it.signed = "x-amz-date".to_owned());
    assert!(matches!(bare.verify(), Err(SignatureError::Malformed(_))));
    let mut headers = Request::vanilla().map();
    assert!(is_signed(&headers));
    headers.append("authorization", HeaderValue::from_static("Bearer x"));
    let head = Head { method: "POST", path: "/", query: None, headers: &headers };
    assert!(matches!(key().read(head, NOW), Err(SignatureError::Malformed(_))));
    headers.insert("authorization", HeaderValue::from_static("Bearer x"));
    assert!(!is_signed(&headers) && !is_signed(&HeaderMap::new()));
}

#[test]
fn a_key_shows_no_secret() {
    assert!(!format!("{:?}", key()).contains("wJalr"));
}
