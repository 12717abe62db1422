//! A token by message: the first one, or a fresh one in place of the old.
//!
//! **Invariants.** What a client sends behind its first token waits for the token's result. A
//! renewal is for the same person; whatever is wrong with it, the old identity stays.

use std::sync::Arc;
use std::time::Duration;

use access::{Lease, TokenError, claimed_user};
use hub::{Context, Item, Ticket};
use model::{CloseReason, Identity, Name};

use super::{Entrance, Lesson, forbidden, reply};
use crate::protocol::{Authenticated, CONTEXT_DEFAULT, Code, Refusal, Token};
use crate::service::{APPLICATION, Learning};

/// How long a person's other connections have to show that they live, and a bit.
const PROBED_WITHIN: Duration = Duration::from_millis(2500);

/// What an `auth` asks besides being let in.
struct Ask {
    context_id: Option<Name>,
    id: Option<Box<str>>,
}

impl<L: Lesson> Entrance<L> {
    pub(super) fn authenticate(
        &mut self,
        token: Token,
        context_id: Option<Name>,
        id: Option<Box<str>>,
        context: &mut Context<'_>,
    ) {
        let ask = Ask { context_id, id };
        if let Some(verified) = self.learning.tokens.verify_now(&token.0) {
            return self.verified(verified, &token, ask, context);
        }
        let (ticket, learning) = (context.hold(), Arc::clone(&self.learning));
        self.learning.runtime.spawn(async move {
            let verified = learning.tokens.verify(&token.0).await;
            ticket.resume(move |entrance: &mut Self, context| {
                entrance.verified(verified, &token, ask, context);
            });
        });
    }

    fn verified(
        &mut self,
        verified: Result<Arc<Identity>, TokenError>,
        token: &Token,
        ask: Ask,
        context: &mut Context<'_>,
    ) {
        let identity = match verified {
            Ok(identity) => identity,
            Err(error) => return self.refuse_token(error, token, &ask, context),
        };
        match &self.identity {
            None => self.welcome(identity, ask, context),
            Some(old) if old.user_id == identity.user_id => self.renew(&identity, &ask, context),
            Some(_) => {
                self.note_refusal("renewal with another user's token", context);
                let message = "The token belongs to another user";
                let refusal = Refusal::new(Code::Unauthorized, message);
                reply(&refusal, ask.id.as_deref(), context);
            }
        }
    }

    fn refuse_token(&self, error: TokenError, token: &Token, ask: &Ask, context: &mut Context<'_>) {
        let id = ask.id.as_deref();
        if error == TokenError::Unavailable {
            let refusal = Refusal::new(Code::Unavailable, "Tokens cannot be verified now");
            return reply(&refusal.retry_after(Duration::from_secs(1)), id, context);
        }
        let claimed = claimed_user(&token.0);
        let ours = self.identity.as_ref().map(|identity| &*identity.user_id);
        let reason = error.to_string();
        self.learning.note_refusal(&reason, ours.or(claimed.as_deref()), context.connection);
        if self.identity.is_some() {
            return reply(&Refusal::new(Code::Unauthorized, reason), id, context);
        }
        reply(&Refusal::new(Code::Unauthorized, "Unauthorized"), id, context);
        context.close(CloseReason::UNAUTHORIZED);
    }

    /// A first token is good: its bearer takes a place among their connections.
    fn welcome(&mut self, identity: Arc<Identity>, ask: Ask, context: &mut Context<'_>) {
        let learning = &self.learning;
        let cap = learning.limits.max_connections_per_user;
        if let Some(lease) = learning.leases.acquire(APPLICATION, &identity.user_id, cap) {
            return self.let_in(&identity, lease, &ask, context);
        }
        let ticket = context.hold();
        learning.runtime.spawn(find_place::<L>(Arc::clone(learning), identity, ask, ticket));
    }

    fn let_in(
        &mut self,
        identity: &Arc<Identity>,
        lease: Lease,
        ask: &Ask,
        context: &mut Context<'_>,
    ) {
        self.lease = Some(lease);
        self.identity = Some(Arc::clone(identity));
        context.authenticated(Arc::clone(identity));
        self.enter_or_say(identity, ask, context);
    }

    fn renew(&mut self, identity: &Arc<Identity>, ask: &Ask, context: &mut Context<'_>) {
        if let Some(place) = self.lesson.context_id()
            && ask.context_id.as_ref().is_some_and(|asked| asked.as_str() != &*place)
        {
            let problem = "must be the context the connection is in; open another connection";
            let refusal = Refusal::invalid("contextId", problem);
            return reply(&refusal, ask.id.as_deref(), context);
        }
        if !self.lesson.is_open_to(identity) {
            self.note_refusal("renewal that does not open what the connection is in", context);
            return reply(&forbidden("contextId"), ask.id.as_deref(), context);
        }
        self.identity = Some(Arc::clone(identity));
        context.authenticated(Arc::clone(identity));
        self.enter_or_say(identity, ask, context);
    }

    /// Enters the context asked for, where the connection is in none, and says how it went.
    fn enter_or_say(&mut self, identity: &Identity, ask: &Ask, context: &mut Context<'_>) {
        let id = ask.id.as_deref();
        let entered = match self.lesson.context_id() {
            Some(_) => Ok(()),
            None => self.enter_asked(ask, context),
        };
        if let Err(refusal) = entered {
            return reply(&refusal, id, context);
        }
        let context_id = self.lesson.context_id();
        let event = Authenticated {
            user_id: &identity.user_id,
            context_id: context_id.as_deref().unwrap_or(CONTEXT_DEFAULT),
            expires_at: identity.expires_at.to_string(),
        };
        reply(&event, id, context);
    }

    fn enter_asked(&mut self, ask: &Ask, context: &Context<'_>) -> Result<(), Refusal> {
        let named = match (&ask.context_id, self.named.take()) {
            (Some(asked), _) => Some(asked.clone()),
            (None, Some(named)) => Some(
                Name::new(&named)
                    .map_err(|error| Refusal::invalid("contextId", &error.to_string()))?,
            ),
            (None, None) => None,
        };
        self.enter(named.as_ref().map_or(CONTEXT_DEFAULT, Name::as_str), context)
    }
}

/// Waits for a place that a dead connection of the person's may give back.
async fn find_place<L: Lesson>(
    learning: Arc<Learning>,
    identity: Arc<Identity>,
    ask: Ask,
    ticket: Ticket,
) {
    let cap = learning.limits.max_connections_per_user;
    let is_theirs = |connection: &hub::Connection| {
        connection.application == APPLICATION
            && connection.identity().is_some_and(|theirs| theirs.user_id == identity.user_id)
    };
    for connection in learning.hub.connections().select(is_theirs) {
        let probe = Item::Probe { connection: connection.id };
        learning.hub.outlet().push(connection.id.shard(), probe);
    }
    let leases = &learning.leases;
    let waiting = leases.acquire_within(APPLICATION, &identity.user_id, cap, PROBED_WITHIN);
    let found = waiting.await;
    ticket.resume(move |entrance: &mut Entrance<L>, context| match found {
        Some(lease) => entrance.let_in(&identity, lease, &ask, context),
        None => {
            let refusal = Refusal::new(Code::Forbidden, "Too many connections");
            reply(&refusal, ask.id.as_deref(), context);
            entrance.note_refusal("max_connections_per_user", context);
            context.close(CloseReason::TOO_MANY_CONNECTIONS);
        }
    });
}
