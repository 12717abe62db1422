//! Subscribing to an analysis: the connection joins the room of its subscribers, then sees how far it is,
//! then hears of everything past that.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use hub::{Context, Member};
use model::Name;
use storage::ReadError;

use super::{SUBSCRIPTIONS_MAX, Visit, reply};
use crate::announce;
use crate::interview::unread;
use crate::protocol::{Code, Refusal, Status, SubscriptionConfirmed};
use crate::service::owned;
use crate::store::analyses::AnalysisRow;

impl Visit {
    /// Subscribes, or confirms a subscription anew.
    pub(super) fn subscribe(
        &mut self,
        analysis: &Name,
        request_id: Option<&str>,
        context: &mut Context<'_>,
    ) {
        let Some(identity) = &self.identity else { return };
        let count = self.subscriptions.len();
        match self.subscriptions.entry(analysis.as_str().into()) {
            Entry::Occupied(subscription) => subscription.get().fall_behind(),
            Entry::Vacant(_) if count >= SUBSCRIPTIONS_MAX => {
                let message = "This connection has as many subscriptions as it may have";
                let refusal = Refusal::new(Code::RateLimitExceeded, message);
                return reply(&refusal, request_id, context);
            }
            Entry::Vacant(subscriptions) => {
                let member = Member {
                    connection: context.connection,
                    user_id: Arc::clone(&identity.user_id),
                    username: Arc::clone(&identity.username),
                };
                let room = announce::room(analysis.as_str());
                let silent: Arc<dyn hub::Announce> = Arc::new(announce::Silent);
                let joined = self.analyses.hub.join(&room, &silent, member, true);
                subscriptions.insert(joined.membership);
            }
        }
        let (ticket, user) = (context.hold(), Arc::clone(&identity.user_id));
        let (id, named, echoed) =
            (analysis.clone(), analysis.clone(), request_id.map(Box::<str>::from));
        let done = move |found: Result<Option<AnalysisRow>, ReadError>| {
            ticket.resume(move |visit: &mut Self, context| {
                let found = found.map_err(|error| unread(&error));
                visit.subscribed(&named, found, echoed.as_deref(), context);
            });
        };
        let read = move |db: &storage::rusqlite::Connection| owned(db, id.as_str(), &user);
        if let Err(refused) = self.analyses.store.read_then(read, done) {
            let refusal = unread(&refused.into());
            self.subscribed(analysis, Err(refusal), request_id, context);
        }
    }

    /// The snapshot is there, or there is none.
    fn subscribed(
        &mut self,
        analysis: &Name,
        found: Result<Option<AnalysisRow>, Refusal>,
        request_id: Option<&str>,
        context: &mut Context<'_>,
    ) {
        let missing = || Refusal::new(Code::AnalysisNotFound, "Analysis not found");
        let row = match found.and_then(|found| found.ok_or_else(missing)) {
            Ok(row) => row,
            Err(refusal) => {
                self.subscriptions.remove(analysis.as_str());
                return reply(&refusal, request_id, context);
            }
        };
        let event = SubscriptionConfirmed {
            analysis_id: &row.id,
            current_status: row.status,
            completed_stages: row.completed_stages(),
        };
        reply(&event, request_id, context);
        // What was told so far: each stage, and the failure.
        let told = u64::from(row.completed) + u64::from(row.status == Status::Failed);
        if let Some(subscription) = self.subscriptions.get(analysis.as_str()) {
            subscription.catch_up(told);
        }
    }
}
