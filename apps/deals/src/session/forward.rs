//! Messages for routes that are handled elsewhere.

use std::sync::Arc;

use bytes::Bytes;
use hub::Context;

use super::{BUSY_WAIT, Visit, reply};
use crate::integrations::{Call, Failure, Route};
use crate::protocol::{Opened, Reason, Refusal, is_built_in};

impl Visit {
    /// The configured route of a message: that of its action, else, where the action is none of ours, the
    /// one that takes the rest.
    pub(super) fn route_of(&self, opened: &Opened<'_>) -> Option<Route> {
        let integrations = &self.deals.integrations;
        let Some(action) = opened.action.as_deref() else { return integrations.default_route() };
        let rest = || integrations.default_route().filter(|_| !is_built_in(action));
        integrations.route(action).or_else(rest)
    }

    /// Hands a message to a route's handler as it came, and sends back what that answers.
    pub(super) fn forward(
        &mut self,
        route: Route,
        text: &str,
        request_id: Option<Box<str>>,
        context: &mut Context<'_>,
    ) {
        let ticket = self.begin(context);
        let call = Call { opening: Arc::clone(&self.opening), text: text.into() };
        self.deals.integrations.message(route, call, move |answer| {
            ticket.resume(move |visit: &mut Self, context| {
                answered(answer, request_id.as_deref(), context);
                visit.ended(context);
            });
        });
    }
}

fn answered(
    answer: Result<Option<Bytes>, Failure>,
    request_id: Option<&str>,
    context: &mut Context<'_>,
) {
    match answer {
        Ok(Some(text)) => context.reply(text),
        Ok(None) => {}
        Err(Failure::Busy) => {
            let refusal = Refusal::unavailable(Reason::Busy, "Too many handlers work already");
            reply(&refusal.retry_after(BUSY_WAIT), request_id, context);
        }
        Err(failure) => {
            let message = format!("This could not be done: {failure}");
            reply(&Refusal::unavailable(Reason::HandlerFailed, &message), request_id, context);
        }
    }
}
