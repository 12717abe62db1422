//! What administrators see and do: open connections, limits, revocation.
//!
//! **Invariants.** Every call is logged on target `security` with user and address, whether it was
//! allowed or not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use access::{RevocationError, Revocations};
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use hub::{Connection, Fault, Hub, Item};
use model::{CloseReason, ConnectionId, Monotonic, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use web::{Caller, HttpError, Page, PageRequest, Query};

use super::Client;
use crate::config::{Application, ApplicationLimits, Limits};

/// For how long after a revocation connections are looked for whose token was verified before it
/// and that opened after it.
const LATECOMERS_WITHIN: Duration = Duration::from_secs(60);

/// What administrators reach.
pub struct Administration {
    hub: Arc<Hub>,
    revocations: Arc<Revocations>,
    limits: Limits,
    /// Until when latecomers are looked for, as [`Monotonic`].
    latecomers_until: AtomicU64,
}

impl Administration {
    /// Reaches the connections of `hub`.
    #[must_use]
    pub fn new(hub: Arc<Hub>, revocations: Arc<Revocations>, limits: Limits) -> Self {
        Self { hub, revocations, limits, latecomers_until: AtomicU64::new(0) }
    }

    /// Ends connections whose tokens were revoked while they opened; to be called every second.
    pub fn end_latecomers(&self) {
        let until = Monotonic(self.latecomers_until.load(Ordering::Relaxed));
        if self.hub.clock().monotonic() < until {
            self.end_revoked();
        }
    }

    /// Ends all connections with a revoked token; how many there were.
    fn end_revoked(&self) -> usize {
        let is_revoked = |connection: &Connection| {
            let identity = connection.identity();
            identity.is_some_and(|identity| self.revocations.is_revoked(&identity))
        };
        self.end_all(is_revoked, Some(Fault::Revoked), &CloseReason::REVOKED)
    }

    /// Ends an open connection.
    fn end(&self, connection: ConnectionId, fault: Option<Fault>, reason: CloseReason) {
        let item = Item::Close { connection, fault, reason };
        self.hub.outlet().push(connection.shard(), item);
    }

    /// Ends the connections that `wanted` holds for; how many there were.
    fn end_all(
        &self,
        wanted: impl Fn(&Connection) -> bool,
        fault: Option<Fault>,
        reason: &CloseReason,
    ) -> usize {
        let found = self.hub.connections().select(wanted);
        found.iter().for_each(|connection| self.end(connection.id, fault, reason.clone()));
        found.len()
    }
}

pub(super) fn routes(administration: Arc<Administration>) -> Router {
    Router::new()
        .route("/api/connections", get(list))
        .route("/api/connections/{id}", delete(disconnect))
        .route("/api/users/{user_id}/disconnect", post(disconnect_user))
        .route("/api/tokens/revoke", post(revoke))
        .route("/api/limits", get(limits))
        .with_state(administration)
}

/// A caller with the role `admin`; everybody else is refused.
pub(super) struct Admin;

impl<S: Send + Sync> FromRequestParts<S> for Admin {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let Ok(client) = Client::from_request_parts(parts, state).await;
        let user = Arc::clone(&caller.0.user_id);
        let (method, path, address) = (&parts.method, parts.uri.path(), client.address);
        match caller.admin() {
            Ok(_) => {
                tracing::info!(target: "security", %user, %address, %method, path, "admin call");
                Ok(Self)
            }
            Err(refusal) => {
                let reason = "not an administrator";
                tracing::warn!(
                    target: "security", %user, %address, %method, path, reason, "forbidden"
                );
                Err(refusal)
            }
        }
    }
}

/// Which connections to list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    user_id: Option<String>,
    application: Option<String>,
    /// A room as it is listed (`chat:math`), or its name alone (`math`).
    room: Option<String>,
    #[serde(flatten)]
    page: PageRequest,
}

impl Wanted {
    fn matches(&self, connection: &Connection) -> bool {
        let is_users = |user: &String| {
            connection.identity().is_some_and(|identity| *identity.user_id == **user)
        };
        let is_in = |room: &String| {
            let rooms = connection.rooms();
            rooms.iter().any(|it| *it.name == **room || it.to_string() == *room)
        };
        self.application.as_ref().is_none_or(|name| connection.application == name)
            && self.user_id.as_ref().is_none_or(is_users)
            && self.room.as_ref().is_none_or(is_in)
    }
}

/// An open connection, as it is listed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConnectionView {
    connection_id: String,
    /// `null` until it has authenticated.
    user_id: Option<String>,
    username: Option<String>,
    application: &'static str,
    rooms: Vec<String>,
    connected_at: String,
    last_active_at: String,
    source_ip: String,
    user_agent: Option<String>,
}

impl From<&Connection> for ConnectionView {
    fn from(connection: &Connection) -> Self {
        let identity = connection.identity();
        Self {
            connection_id: connection.id.to_string(),
            user_id: identity.as_ref().map(|identity| identity.user_id.to_string()),
            username: identity.as_ref().map(|identity| identity.username.to_string()),
            application: connection.application,
            rooms: connection.rooms().iter().map(ToString::to_string).collect(),
            connected_at: connection.connected_at.to_string(),
            last_active_at: connection.last_active_at().to_string(),
            source_ip: connection.source_ip.to_string(),
            user_agent: connection.user_agent.as_deref().map(str::to_owned),
        }
    }
}

/// The open connections, by id.
async fn list(
    _admin: Admin,
    State(administration): State<Arc<Administration>>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page<ConnectionView>>, HttpError> {
    let limit = wanted.page.limit()?;
    let after =
        match wanted.page.after()? {
            Some(after) => Some(after.parse::<ConnectionId>().map_err(|_| {
                HttpError::validation("cursor", "must be a nextCursor of this list")
            })?),
            None => None,
        };
    let mut found = administration.hub.connections().select(|connection| {
        after.is_none_or(|after| connection.id > after) && wanted.matches(connection)
    });
    found.sort_unstable_by_key(|connection| connection.id);
    let next = (found.len() > limit).then(|| found[limit - 1].id.to_string());
    found.truncate(limit);
    let items = found.iter().map(|connection| ConnectionView::from(&**connection)).collect();
    Ok(Json(Page::new(items, next.as_deref())))
}

/// Ends one connection.
async fn disconnect(
    _admin: Admin,
    State(administration): State<Arc<Administration>>,
    Path(id): Path<String>,
) -> Result<StatusCode, HttpError> {
    let id = id.parse::<ConnectionId>().ok();
    let open = id.and_then(|id| administration.hub.connections().get(id));
    let Some(connection) = open else {
        return Err(HttpError::not_found("NOT_FOUND", "There is no such connection"));
    };
    administration.end(connection.id, None, CloseReason::DISCONNECTED);
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all connections of a user.
async fn disconnect_user(
    _admin: Admin,
    State(administration): State<Arc<Administration>>,
    Path(user_id): Path<String>,
) -> Json<Value> {
    let is_theirs = |connection: &Connection| {
        connection.identity().is_some_and(|identity| *identity.user_id == *user_id)
    };
    let ended = administration.end_all(is_theirs, None, &CloseReason::DISCONNECTED);
    Json(json!({"userId": user_id, "disconnected": ended}))
}

/// Whose tokens to revoke.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Revocation {
    user_id: Option<String>,
    /// ISO 8601; without one, now.
    issued_before: Option<String>,
}

/// Revokes the tokens a user got before a time, and ends connections that came with one.
async fn revoke(
    _admin: Admin,
    State(administration): State<Arc<Administration>>,
    web::Json(revocation): web::Json<Revocation>,
) -> Result<Json<Value>, HttpError> {
    let Some(user_id) = revocation.user_id else {
        return Err(HttpError::validation("userId", "is required"));
    };
    let clock = administration.hub.clock();
    let before = match revocation.issued_before {
        Some(text) => text
            .parse::<Timestamp>()
            .map_err(|_| HttpError::validation("issuedBefore", "must be an ISO 8601 time"))?,
        None => clock.wall(),
    };
    administration.revocations.revoke(&user_id, before).await.map_err(refusal)?;
    let until = clock.monotonic().after(LATECOMERS_WITHIN);
    administration.latecomers_until.store(until.0, Ordering::Relaxed);
    let ended = administration.end_revoked();
    let before = before.to_string();
    Ok(Json(json!({"userId": user_id, "issuedBefore": before, "disconnected": ended})))
}

fn refusal(error: RevocationError) -> HttpError {
    match error {
        RevocationError::User(problem) => HttpError::validation("userId", problem),
        error => {
            let error = crate::cli::explain(&error);
            tracing::error!(error, "revocation was not made");
            HttpError::unavailable("The revocation could not be stored")
        }
    }
}

/// The limits in force, by application; `null` is off, durations are in seconds.
async fn limits(_admin: Admin, State(administration): State<Arc<Administration>>) -> Json<Value> {
    let limits = &administration.limits;
    let mut all: serde_json::Map<_, _> = Application::ALL
        .map(|application| (application.name().to_owned(), limits_of(limits.of(application))))
        .into_iter()
        .collect();
    let http = json!({
        "requestsPerMinute": limits.http.requests_per_minute,
        "bodyBytes": limits.http.body_bytes,
        "batchBytes": limits.http.batch_bytes,
    });
    all.insert("http".to_owned(), http);
    Json(Value::Object(all))
}

fn limits_of(limits: &ApplicationLimits) -> Value {
    let seconds = |span: Option<std::time::Duration>| span.map(|span| span.as_secs_f64());
    json!({
        "messagesPerMinute": limits.messages_per_minute,
        "editsPerMinute": limits.edits_per_minute,
        "connectsPerMinute": limits.connects_per_minute,
        "broadcastsPerMinute": limits.broadcasts_per_minute,
        "maxMessageBytes": limits.max_message_bytes,
        "idleTimeoutSeconds": seconds(limits.idle_timeout),
        "pingIntervalSeconds": seconds(limits.ping_interval),
        "maxConnectionAgeSeconds": seconds(limits.max_connection_age),
        "maxConnectionsPerUser": limits.max_connections_per_user,
        "refusedTokensPerMinute": limits.refused_tokens_per_minute,
    })
}
