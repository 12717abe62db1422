//! What is sent while an answer is evaluated: a ping is answered at once, anything else is carried out behind
//! the answer.
//!
//! **Bounds.** One message waits here; the connection is not read on until it was carried out.

use hub::Context;
use tokio::sync::watch;

use super::Visit;
use crate::protocol::{self, Action, Pong, Request};

/// Whether an answer is being evaluated: until what it holds on to is dropped.
pub(super) struct Evaluating(watch::Receiver<()>);

impl Evaluating {
    /// An answer that is evaluated until the first is dropped.
    pub(super) fn begin() -> (watch::Sender<()>, Self) {
        let (until_answered, answered) = watch::channel(());
        (until_answered, Self(answered))
    }

    fn is_over(&self) -> bool {
        self.0.has_changed().is_err()
    }
}

impl Visit {
    /// Carries a request out, as soon as an answer that is evaluated was answered.
    pub(super) fn take_up(&mut self, request: Request, context: &mut Context<'_>) {
        let evaluating = self.evaluating.take_if(|evaluating| !evaluating.is_over());
        let Some(Evaluating(mut answered)) = evaluating else { return self.act(request, context) };
        if request.action == Action::Ping {
            self.evaluating = Some(Evaluating(answered));
            let pong = protocol::encode(&Pong {}, context.wall, request.request_id.as_deref());
            return self.analyses.send(context.connection, pong);
        }
        let ticket = context.hold();
        self.analyses.runtime.spawn(async move {
            // Nothing is ever told; it ends.
            while answered.changed().await.is_ok() {}
            ticket.resume(move |visit: &mut Self, context| visit.act(request, context));
        });
    }
}
