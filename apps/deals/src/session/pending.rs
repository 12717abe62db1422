//! What a connection waits for: operations that may overlap, and those that come after all of them.
//!
//! A reply waits for the operations begun before it, and an event of a room or a subscription does not.
//! So whatever lets events come (a join, a subscription) begins once nothing is in flight any more: its
//! reply leaves before the events that follow from it.

use hub::{Context, Ticket};

use super::Visit;

/// Operations in flight, and what waits for their end.
#[derive(Default)]
pub(super) struct Pending {
    in_flight: u32,
    /// At most one: nothing more is handed on while it waits.
    parked: Option<Parked>,
}

type Parked = Box<dyn FnOnce(&mut Visit, &mut Context<'_>) + Send>;

impl Visit {
    /// Begins an operation that others may overtake; each has to end with [`Visit::ended`].
    pub(super) fn begin(&mut self, context: &mut Context<'_>) -> Ticket {
        self.pending.in_flight += 1;
        context.begin()
    }

    /// An operation that [`Visit::begin`] began has ended.
    pub(super) fn ended(&mut self, context: &mut Context<'_>) {
        self.pending.in_flight = self.pending.in_flight.saturating_sub(1);
        if self.pending.in_flight == 0
            && let Some(run) = self.pending.parked.take()
        {
            run(self, context);
        }
    }

    /// Runs `run` once all operations begun before have ended; further messages wait for the end of the
    /// ticket that it gets.
    pub(super) fn after_all(
        &mut self,
        context: &mut Context<'_>,
        run: impl FnOnce(&mut Self, Ticket, &mut Context<'_>) + Send + 'static,
    ) {
        if self.mailbox.is_reading() {
            let reading = self.begin(context);
            self.mailbox.after_reading(move || {
                reading.resume(|visit: &mut Self, context| visit.ended(context));
            });
        }
        let ticket = context.hold();
        if self.pending.in_flight == 0 {
            return run(self, ticket, context);
        }
        self.pending.parked = Some(Box::new(move |visit, context| run(visit, ticket, context)));
    }
}
