//! The console: the page for people, with its scripts and styles, out of the binary itself.
//!
//! `packages/console` is built before the server (`make run` does both); a server that was built without
//! it serves a page that says how to. What is served is compressed once, when the server is built.
//!
//! **Invariants.** The page loads nothing from elsewhere, and no other page may frame it
//! ([`SECURITY_POLICY`]). Scripts and styles have their content's hash in their names: they are kept
//! for good, the page itself is asked for each time.

use std::io::Read;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::read::GzDecoder;
use web::HttpError;

/// Each file's path and its compressed content; none where the console was not built.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/console.rs"));

/// Styles are put into the page by its components, so they may stand inline; scripts may not.
const SECURITY_POLICY: &str = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; \
    media-src 'self' blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

/// What a server says that was built without the console.
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Quintet</title>\
    <body style=\"font-family:system-ui;max-width:40rem;margin:4rem auto;padding:0 1rem;line-height:1.5\">\
    <h1>Quintet runs</h1><p>This server was built without its console. To build both: <code>make run</code>, or \
    <code>npm ci</code> and <code>npm run build</code> in <code>packages/</code> (Node.js 20 or newer), then \
    <code>cargo build</code>.</p><p>What it says to programs: <a href=\"openapi.json\">/openapi.json</a>, \
    <a href=\"asyncapi.json\">/asyncapi.json</a>.</p></body></html>";

pub(super) fn routes() -> Router {
    Router::new().route("/console/{file}", get(asset)).route("/icon.svg", get(icon))
}

/// Whether a request is a browser's that wants to show something.
pub(super) fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// The page itself.
pub(super) fn page(headers: &HeaderMap) -> Response {
    let mut response = match find("/index.html") {
        Some(packed) => file(packed, "text/html; charset=utf-8", headers),
        None => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], NOT_BUILT).into_response(),
    };
    let policy = [
        (header::CONTENT_SECURITY_POLICY, SECURITY_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::VARY, "accept, accept-encoding"),
    ];
    set(&mut response, &policy);
    response
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, HttpError> {
    let found = find(&format!("/console/{name}")).zip(kind_of(&name));
    let (packed, kind) = found.ok_or_else(missing)?;
    let mut response = file(packed, kind, &headers);
    set(&mut response, &[(header::CACHE_CONTROL, "public, max-age=31536000, immutable")]);
    Ok(response)
}

async fn icon(headers: HeaderMap) -> Result<Response, HttpError> {
    let packed = find("/icon.svg").ok_or_else(missing)?;
    let mut response = file(packed, "image/svg+xml", &headers);
    set(&mut response, &[(header::CACHE_CONTROL, "public, max-age=86400")]);
    Ok(response)
}

fn missing() -> HttpError {
    HttpError::not_found("NOT_FOUND", "There is nothing at this address")
}

fn find(path: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|(name, _)| *name == path).map(|(_, packed)| *packed)
}

/// What a file is, by its name.
fn kind_of(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "json" => "application/json",
        _ => return None,
    })
}

/// A file as it lies there, or unpacked for who takes no gzip.
fn file(packed: &'static [u8], kind: &'static str, headers: &HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let is_packed = accepted.is_some_and(|accepted| accepted.contains("gzip"));
    let mut response = if is_packed {
        ([(header::CONTENT_ENCODING, "gzip")], packed).into_response()
    } else {
        let mut bytes = Vec::new();
        match GzDecoder::new(packed).read_to_end(&mut bytes) {
            Ok(_) => bytes.into_response(),
            Err(_) => return missing().into_response(),
        }
    };
    let common = [
        (header::CONTENT_TYPE, kind),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::VARY, "accept-encoding"),
    ];
    set(&mut response, &common);
    response
}

fn set(response: &mut Response, headers: &[(HeaderName, &'static str)]) {
    for (name, value) in headers {
        response.headers_mut().insert(name.clone(), HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(accept: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))])
    }

    #[test]
    fn browsers_want_the_page_and_programs_do_not() {
        assert!(wants_page(&asking("text/html,application/xhtml+xml,*/*;q=0.8")));
        for accept in ["*/*", "application/json"] {
            assert!(!wants_page(&asking(accept)), "{accept}");
        }
        assert!(!wants_page(&HeaderMap::new()));
    }

    #[test]
    fn the_page_loads_nothing_from_elsewhere_and_is_asked_for_each_time() {
        let response = page(&asking("text/html"));
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'self';") && policy.contains("frame-ancestors 'none'")
        );
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
    }

    #[test]
    fn what_is_in_the_binary_unpacks_and_is_of_a_known_kind() {
        for (name, packed) in FILES {
            let mut bytes = Vec::new();
            GzDecoder::new(*packed).read_to_end(&mut bytes).unwrap();
            assert!(!bytes.is_empty(), "{name}");
            let is_page = *name == "/index.html";
            assert!(is_page || kind_of(name).is_some(), "{name}");
        }
    }
}
