//! Requests that the server makes itself.

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};

/// A client of which nobody but its caller decides where a request goes: it follows no redirect, asks
/// no proxy and tells no referrer. Bounds of time are the caller's.
///
/// Without `needs_tls` it does without root certificates, which a small machine may not have, and
/// reaches `http` alone.
pub fn outgoing(needs_tls: bool) -> ClientBuilder {
    // Whoever was first has set one; any will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .user_agent(concat!("quintet/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .referer(false)
        .no_proxy();
    if needs_tls { builder } else { builder.tls_certs_only([]) }
}
