//! Who somebody is: by the token of the handshake, or the one that came with the CONNECT.

use std::sync::Arc;
use std::time::Duration;

use access::{Lease, TokenError, claimed_user};
use hub::{Connection, Item, Ticket};
use model::{CloseReason, Identity};
use serde::Deserialize;
use serde_json::value::RawValue;
use socketio::SocketKey;

use super::{Context, Visit, emit, resume};
use crate::protocol::{Code, ConnectionError, ConnectionSuccess};
use crate::service::{APPLICATION, Voice};

/// How long a person's other connections have to show that they live, and a bit.
const PROBED_WITHIN: Duration = Duration::from_millis(2500);

#[derive(Deserialize)]
struct Auth<'a> {
    #[serde(borrow)]
    token: Option<&'a RawValue>,
}

impl Visit {
    /// The handshake's token counts first; only without one that of the CONNECT.
    pub(super) fn authenticate(&mut self, auth: Option<&RawValue>, context: Context<'_, '_, '_>) {
        match self.handshake.clone() {
            Some(Ok(identity)) => return self.welcome(identity, context),
            Some(Err(error)) => return self.refuse_token(error, None, context),
            None => {}
        }
        let Some(token) = auth.and_then(token) else {
            return self.refuse_token(TokenError::Missing, None, context);
        };
        if let Some(verified) = self.voice.tokens.verify_now(&token) {
            return self.verified(verified, &token, context);
        }
        let (ticket, key, voice) = (context.hold(), context.key(), Arc::clone(&self.voice));
        self.voice.runtime.spawn(async move {
            let verified = voice.tokens.verify(&token).await;
            resume(ticket, key, verified, move |visit, verified, context| {
                visit.verified(verified, &token, context);
            });
        });
    }

    fn verified(
        &mut self,
        verified: Result<Arc<Identity>, TokenError>,
        token: &str,
        context: Context<'_, '_, '_>,
    ) {
        match verified {
            Ok(identity) => self.welcome(identity, context),
            Err(error) => self.refuse_token(error, Some(token), context),
        }
    }

    /// A token is good: its bearer takes a place among their connections.
    fn welcome(&mut self, identity: Arc<Identity>, context: Context<'_, '_, '_>) {
        let voice = &self.voice;
        let cap = voice.limits.max_connections_per_user;
        match voice.leases.acquire(APPLICATION, &identity.user_id, cap) {
            Some(lease) => self.let_in(identity, lease, context),
            None => {
                let (ticket, key) = (context.hold(), context.key());
                voice.runtime.spawn(find_place(Arc::clone(voice), identity, ticket, key));
            }
        }
    }

    fn let_in(&mut self, identity: Arc<Identity>, lease: Lease, context: Context<'_, '_, '_>) {
        context.authenticated(Arc::clone(&identity));
        let event =
            ConnectionSuccess { message: "Connected successfully", user_id: &identity.user_id };
        emit(&event, context);
        self.lease = Some(lease);
        self.identity = Some(identity);
    }

    /// `token` is that of the CONNECT; one of the handshake was counted there.
    fn refuse_token(&self, error: TokenError, token: Option<&str>, context: Context<'_, '_, '_>) {
        let mut reason = error.to_string();
        let is_for_now = error == TokenError::Unavailable;
        let mut code = if is_for_now { Code::Unavailable } else { Code::Unauthorized };
        let claimed = token.and_then(claimed_user);
        self.voice.note_refusal(&reason, claimed.as_deref(), context.connection());
        if token.is_some() && !is_for_now && !self.may_refuse_more(context) {
            self.voice.note_refusal(
                "refused_tokens_per_minute",
                claimed.as_deref(),
                context.connection(),
            );
            (reason, code) =
                ("too many refused tokens in a minute".into(), Code::RateLimitExceeded);
        }
        let message = "Authentication failed";
        emit(&ConnectionError { message, error: &reason, code }, context);
        if is_for_now {
            // The token may be good: the client is to come back.
            context.close(CloseReason::OVERLOADED);
        } else {
            context.disconnect(CloseReason::UNAUTHORIZED);
        }
    }

    /// Counts a refused token; whether its address is within the limit.
    fn may_refuse_more(&self, context: Context<'_, '_, '_>) -> bool {
        let Voice { hub, refused_tokens, limits, .. } = &*self.voice;
        let Some(known) = hub.connections().get(context.connection()) else { return true };
        let limit = limits.refused_tokens_per_minute;
        refused_tokens.count(APPLICATION, known.source_ip, limit, context.now()).is_ok()
    }

    fn refuse_place(&self, user: &str, context: Context<'_, '_, '_>) {
        let message = "Too many connections";
        emit(&ConnectionError { message, error: message, code: Code::Forbidden }, context);
        self.voice.note_refusal("max_connections_per_user", Some(user), context.connection());
        context.disconnect(CloseReason::TOO_MANY_CONNECTIONS);
    }
}

/// The token in what a client brings; `Bearer` before it is taken off, for some clients put it there.
fn token(auth: &RawValue) -> Option<String> {
    let Auth { token } = serde_json::from_str(auth.get()).ok()?;
    let token: String = serde_json::from_str(token?.get()).ok()?;
    Some(token.strip_prefix("Bearer ").map_or(token.clone(), str::to_owned))
}

/// Waits for a place that a dead connection of the person's may give back.
async fn find_place(voice: Arc<Voice>, identity: Arc<Identity>, ticket: Ticket, key: SocketKey) {
    let cap = voice.limits.max_connections_per_user;
    let is_theirs = |connection: &Connection| {
        connection.application == APPLICATION
            && connection.identity().is_some_and(|theirs| theirs.user_id == identity.user_id)
    };
    for connection in voice.hub.connections().select(is_theirs) {
        let probe = Item::Probe { connection: connection.id };
        voice.hub.outlet().push(connection.id.shard(), probe);
    }
    let leases = &voice.leases;
    let found = leases.acquire_within(APPLICATION, &identity.user_id, cap, PROBED_WITHIN).await;
    resume(ticket, key, found, move |visit, found, context| match found {
        Some(lease) => visit.let_in(identity, lease, context),
        None => visit.refuse_place(&identity.user_id, context),
    });
}
