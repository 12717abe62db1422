//! The one form of a request that both sides sign.

use http::HeaderMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use super::{Head, SignatureError};

/// All bytes but letters, digits and `-._~`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The canonical request up to the hash of its body, with the headers that `signed` lists.
pub(super) fn head(head: Head<'_>, signed: &str) -> Result<String, SignatureError> {
    let Head { method, path, query: asked, headers } = head;
    let (path, query) = (self::path(path), query(asked.unwrap_or_default()));
    let headers = signed_headers(headers, signed)?;
    Ok(format!("{method}\n{path}\n{query}\n{headers}\n{signed}\n"))
}

/// The path without dots and empty segments (RFC 3986, 5.2.4), percent-encoded once more.
fn path(path: &str) -> String {
    let mut kept = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(encode(segment.as_bytes())),
        }
    }
    let end = if path.ends_with('/') && !kept.is_empty() { "/" } else { "" };
    format!("/{}{end}", kept.join("/"))
}

/// The query with its names and values encoded in one way, in order.
fn query(query: &str) -> String {
    let again = |text: &str| encode(&percent_decode_str(text).collect::<Vec<u8>>());
    let parts = query.split('&').filter(|part| !part.is_empty());
    let mut pairs: Vec<(String, String)> = parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (again(name), again(value)))
        .collect();
    pairs.sort_unstable();
    let pairs: Vec<String> =
        pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// A line for each of the headers that `signed` lists.
fn signed_headers(headers: &HeaderMap, signed: &str) -> Result<String, SignatureError> {
    let names: Vec<&str> = signed.split(';').collect();
    if !names.is_sorted_by(|one, next| one < next) {
        return Err(SignatureError::Malformed("SignedHeaders has to be in order, each name once"));
    }
    if !names.contains(&"host") {
        return Err(SignatureError::Malformed("SignedHeaders has to have host"));
    }
    names.into_iter().map(|name| line(headers, name)).collect()
}

fn line(headers: &HeaderMap, name: &str) -> Result<String, SignatureError> {
    let missing = || SignatureError::Malformed("SignedHeaders names a header that is not there");
    if name.is_empty() || name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(SignatureError::Malformed("SignedHeaders has to be names in lower case"));
    }
    let values: Vec<String> = headers
        .get_all(name)
        .iter()
        .map(|value| std::str::from_utf8(value.as_bytes()).map(without_blanks))
        .collect::<Result<_, _>>()
        .map_err(|_| SignatureError::Malformed("A signed header is not text"))?;
    if values.is_empty() {
        return Err(missing());
    }
    Ok(format!("{name}:{}\n", values.join(",")))
}

/// The value without blanks at its ends, and one where several stand.
fn without_blanks(value: &str) -> String {
    value.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

fn encode(bytes: &[u8]) -> String {
    percent_encode(bytes, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_is_encoded_once_more_and_has_no_dots() {
        for (sent, canonical) in [
            ("/", "/"),
            ("", "/"),
            ("/@connections/abc%3D%2F", "/%40connections/abc%253D%252F"),
            ("/prod/%40connections/a", "/prod/%2540connections/a"),
            ("/a/", "/a/"),
            ("//a///b", "/a/b"),
            ("/a/./b/../c", "/a/c"),
            ("/..", "/"),
            ("/a b", "/a%20b"),
            ("/-._~", "/-._~"),
        ] {
            assert_eq!(path(sent), canonical, "{sent}");
        }
    }

    #[test]
    fn a_query_is_put_in_order_and_encoded_in_one_way() {
        for (sent, canonical) in [
            ("", ""),
            ("b=2&a=1", "a=1&b=2"),
            ("a=2&a=1&A=3", "A=3&a=1&a=2"),
            ("name", "name="),
            ("a=b=c", "a=b%3Dc"),
            ("a=%7e%2f&&b=+", "a=~%2F&b=%2B"),
            ("a=%zz", "a=%25zz"),
        ] {
            assert_eq!(query(sent), canonical, "{sent}");
        }
    }

    #[test]
    fn what_is_signed_has_to_be_there_in_order_with_the_host() {
        let mut headers = HeaderMap::new();
        headers.insert("host", "here".parse().unwrap());
        headers.append("x-many", "  b   c ".parse().unwrap());
        headers.append("x-many", "a".parse().unwrap());
        let good = signed_headers(&headers, "host;x-many").unwrap();
        assert_eq!(good, "host:here\nx-many:b c,a\n");
        for bad in ["", "x-many", "x-many;host", "host;host", "host;x-none", "Host;host", "host;"] {
            assert!(signed_headers(&headers, bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn how_a_query_is_encoded_changes_nothing(pairs in prop::collection::vec(("\\PC{1,6}", "\\PC{0,6}"), 0..6)) {
            let every = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
            let strict = |text: &str| encode(text.as_bytes());
            let join = |encode: &dyn Fn(&str) -> String, reversed: bool| {
                let mut parts: Vec<String> =
                    pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
                if reversed {
                    parts.reverse();
                }
                parts.join("&")
            };
            prop_assert_eq!(query(&join(&every, false)), query(&join(&strict, true)));
        }
    }
}
