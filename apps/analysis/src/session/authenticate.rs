//! A token by message: the first one, or a fresh one in place of the old.
//!
//! **Invariants.** What a client sends behind its first token waits for the token's result. A renewal is
//! for the same person; whatever is wrong with it, the old identity stays.

use std::sync::Arc;
use std::time::Duration;

use access::{Lease, TokenError, claimed_user};
use hub::{Context, Item, Ticket};
use model::{CloseReason, Identity};

use super::{Visit, reply};
use crate::protocol::{Authenticated, Code, Reason, Refusal, Token};
use crate::service::{APPLICATION, Analyses};

/// How long a person's other connections have to show that they live, and a bit.
const PROBED_WITHIN: Duration = Duration::from_millis(2500);

impl Visit {
    pub(super) fn authenticate(
        &mut self,
        token: Token,
        request_id: Option<Box<str>>,
        context: &mut Context<'_>,
    ) {
        if let Some(verified) = self.analyses.tokens.verify_now(&token.0) {
            return self.verified(verified, &token, request_id, context);
        }
        let (ticket, analyses) = (context.hold(), Arc::clone(&self.analyses));
        self.analyses.runtime.spawn(async move {
            let verified = analyses.tokens.verify(&token.0).await;
            ticket.resume(move |visit: &mut Self, context| {
                visit.verified(verified, &token, request_id, context);
            });
        });
    }

    fn verified(
        &mut self,
        verified: Result<Arc<Identity>, TokenError>,
        token: &Token,
        request_id: Option<Box<str>>,
        context: &mut Context<'_>,
    ) {
        let identity = match verified {
            Ok(identity) => identity,
            Err(error) => {
                return self.refuse_token(error, token, request_id.as_deref(), context);
            }
        };
        match &self.identity {
            None => self.welcome(identity, request_id, context),
            Some(old) if old.user_id == identity.user_id => {
                self.identify(&identity, request_id.as_deref(), context);
            }
            Some(_) => {
                self.note_refusal("renewal with another user's token", context);
                let message = "The token belongs to another user";
                let refusal = Refusal::new(Code::Unauthorized, message);
                reply(&refusal, request_id.as_deref(), context);
            }
        }
    }

    fn refuse_token(
        &self,
        error: TokenError,
        token: &Token,
        request_id: Option<&str>,
        context: &mut Context<'_>,
    ) {
        if error == TokenError::Unavailable {
            let message = "Tokens cannot be verified now";
            let refusal = Refusal::unavailable(Reason::TokensUnavailable, message);
            return reply(&refusal.retry_after(Duration::from_secs(1)), request_id, context);
        }
        let ours = self.identity.as_ref().map(|identity| Box::from(&*identity.user_id));
        let user: Option<Box<str>> = ours.or_else(|| claimed_user(&token.0).map(Into::into));
        let reason = error.to_string();
        self.note_refusal_of(user.as_deref(), &reason, context);
        if self.identity.is_some() {
            return reply(&Refusal::new(Code::Unauthorized, reason), request_id, context);
        }
        reply(&Refusal::new(Code::Unauthorized, "Unauthorized"), request_id, context);
        context.close(CloseReason::UNAUTHORIZED);
    }

    /// A first token is good: its bearer takes a place among their connections.
    fn welcome(
        &mut self,
        identity: Arc<Identity>,
        request_id: Option<Box<str>>,
        context: &mut Context<'_>,
    ) {
        let analyses = &self.analyses;
        let cap = analyses.limits.max_connections_per_user;
        if let Some(lease) = analyses.leases.acquire(APPLICATION, &identity.user_id, cap) {
            self.lease = Some(lease);
            return self.identify(&identity, request_id.as_deref(), context);
        }
        let finding = find_place(Arc::clone(analyses), identity, request_id, context.hold());
        analyses.runtime.spawn(finding);
    }

    /// The connection is `identity`'s from now on.
    fn identify(
        &mut self,
        identity: &Arc<Identity>,
        request_id: Option<&str>,
        context: &mut Context<'_>,
    ) {
        self.identity = Some(Arc::clone(identity));
        context.authenticated(Arc::clone(identity));
        let event = Authenticated {
            user_id: &identity.user_id,
            expires_at: identity.expires_at.to_string(),
        };
        reply(&event, request_id, context);
    }

    fn place_found(
        &mut self,
        found: Option<Lease>,
        identity: &Arc<Identity>,
        request_id: Option<&str>,
        context: &mut Context<'_>,
    ) {
        if found.is_some() {
            self.lease = found;
            return self.identify(identity, request_id, context);
        }
        let refusal = Refusal::new(Code::RateLimitExceeded, "Too many connections");
        reply(&refusal, request_id, context);
        self.note_refusal_of(Some(&identity.user_id), "max_connections_per_user", context);
        context.close(CloseReason::TOO_MANY_CONNECTIONS);
    }
}

/// Waits for a place that a dead connection of the person's may give back.
async fn find_place(
    analyses: Arc<Analyses>,
    identity: Arc<Identity>,
    request_id: Option<Box<str>>,
    ticket: Ticket,
) {
    let cap = analyses.limits.max_connections_per_user;
    let is_theirs = |connection: &hub::Connection| {
        connection.application == APPLICATION
            && connection.identity().is_some_and(|theirs| theirs.user_id == identity.user_id)
    };
    for connection in analyses.hub.connections().select(is_theirs) {
        let probe = Item::Probe { connection: connection.id };
        analyses.hub.outlet().push(connection.id.shard(), probe);
    }
    let leases = &analyses.leases;
    let waiting = leases.acquire_within(APPLICATION, &identity.user_id, cap, PROBED_WITHIN);
    let found = waiting.await;
    ticket.resume(move |visit: &mut Visit, context| {
        visit.place_found(found, &identity, request_id.as_deref(), context);
    });
}
