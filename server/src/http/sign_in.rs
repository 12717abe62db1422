//! `POST /api/dev/sign-in`: a token for a name, for trying things on one's own machine.
//!
//! **Invariants.** Only in development mode, only for a peer on a loopback address that speaks for
//! nobody else (no forwarding header) and to a loopback name (so that no web page can rebind its
//! own to this machine). Never a role.

use std::sync::Arc;

use access::TokenError;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::routing::post;
use axum::{Json, Router};
use model::Name;
use serde::Deserialize;
use serde_json::{Value, json};
use web::HttpError;

use super::Client;

/// Where it is asked for.
pub(super) const PATH: &str = "/api/dev/sign-in";

/// Headers by which a proxy says that it speaks for somebody else.
const FORWARDING: [&str; 7] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "cf-connecting-ip",
];

/// Signs a token without roles whose user id and display name are the name given.
pub type Sign = dyn Fn(&str) -> Result<String, TokenError> + Send + Sync;

/// Makes tokens by name.
pub struct SignIn {
    /// Signs them.
    pub sign: Box<Sign>,
}

#[derive(Deserialize)]
struct Request {
    name: Option<String>,
}

pub(super) fn routes(sign_in: Arc<SignIn>) -> Router {
    Router::new().route(PATH, post(sign)).with_state(sign_in)
}

async fn sign(
    State(sign_in): State<Arc<SignIn>>,
    client: Client,
    headers: HeaderMap,
    web::Json(request): web::Json<Request>,
) -> Result<Json<Value>, HttpError> {
    if !client.peer.to_canonical().is_loopback() || !is_direct(&headers) {
        tracing::warn!(target: "security", address = %client.address, "sign-in by name refused");
        return Err(HttpError::forbidden("Only from this machine, without a proxy"));
    }
    let name = request.name.as_deref().map(str::trim).unwrap_or_default();
    Name::new(name).map_err(|problem| HttpError::validation("name", problem))?;
    let token = (sign_in.sign)(name).map_err(|error| {
        tracing::error!(%error, "cannot sign a token");
        HttpError::unavailable("The token could not be signed")
    })?;
    tracing::info!(target: "security", user = name, address = %client.address, "signed in by name");
    Ok(Json(json!({"token": token, "userId": name, "name": name})))
}

/// Whether the request names this machine and nobody it is forwarded for.
fn is_direct(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let is_here = host.parse::<axum::http::uri::Authority>().is_ok_and(|host| {
        let name = host.host().trim_start_matches('[').trim_end_matches(']');
        name.eq_ignore_ascii_case("localhost")
            || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    });
    is_here && FORWARDING.iter().all(|name| !headers.contains_key(*name))
}
