//! The HTTP routes that are the server's own: health, metrics, administration, descriptions, the
//! management API (which the door calls itself), and in development mode signing in by name.
//!
//! The door lets a request through to here with the [`Client`] it comes from and, where it carried a
//! valid token, the [`web::Caller`] in its extensions.
//!
//! **Invariants.** Every error is answered as `{error, message, statusCode}`, also for what is no
//! route. Whoever is no administrator learns nothing of other people's connections.

mod admin;
mod client;
mod console;
pub mod describe;
mod health;
mod home;
mod management;
mod metrics;
mod sign_in;
mod sources;
mod stats;
mod upgrade;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode};
use axum::middleware::from_extractor;
use web::HttpError;

pub use admin::Administration;
pub use client::Client;
pub use health::{Readiness, Unready};
pub use management::{Answered, Management, Outcome, Target};
pub use sign_in::SignIn;
pub use sources::Sources;

/// What the server's own routes work with.
pub struct Parts {
    /// What is measured.
    pub sources: Arc<Sources>,
    /// What administrators reach.
    pub administration: Arc<Administration>,
    /// Signing in by name; only in development mode.
    pub sign_in: Option<Arc<SignIn>>,
    /// Bytes of a request's body.
    pub body_bytes_max: usize,
}

/// `routes` for administrators alone, every call logged.
pub fn for_administrators(routes: Router) -> Router {
    routes.route_layer(from_extractor::<admin::Admin>())
}

/// All routes: the server's own and those of `applications`.
pub fn router(parts: Parts, applications: Router) -> Router {
    let Parts { sources, administration, sign_in, body_bytes_max } = parts;
    let mut routes = Router::new()
        .merge(home::routes(sign_in.is_some()))
        .merge(console::routes())
        .merge(describe::routes())
        .merge(upgrade::routes())
        .merge(health::routes(Arc::clone(&sources)))
        .merge(metrics::routes(Arc::clone(&sources)))
        .merge(stats::routes(sources))
        .merge(admin::routes(administration))
        .merge(applications);
    if let Some(sign_in) = sign_in {
        routes = routes.merge(sign_in::routes(sign_in));
    }
    routes
        .fallback(no_route)
        .method_not_allowed_fallback(other_method)
        .layer(DefaultBodyLimit::max(body_bytes_max))
}

async fn no_route() -> HttpError {
    HttpError::not_found("NOT_FOUND", "There is nothing at this address")
}

async fn other_method(method: Method) -> HttpError {
    let message = format!("This address does not take {method}");
    HttpError::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message)
}

#[cfg(test)]
mod tests;
