//! A shard's turns: take what waits, gather, write.
//!
//! A write costs the same for one message as for sixteen. Messages that follow each other closely
//! are in the store while the ones before them are written; left alone, they take turns for ever,
//! each with a write of its own. So after a long turn the next one waits a little for what is on
//! its way, never longer than a small part of what the last one took: a shard that is not busy
//! waits for nothing.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::Shard;
use crate::gate::Command;

/// A turn as long as this is followed by one that gathers.
const LONG_TURN: Duration = Duration::from_millis(2);
/// Gathering takes at most this part of the turn before.
const GATHER_PART: u32 = 4;
/// Gathering takes at most so long.
const GATHER_MAX: Duration = Duration::from_millis(2);

impl Shard {
    /// Works off the inbox until told to stop.
    pub(crate) async fn run(self: Rc<Self>) {
        let inbox = self.gate.inbox(self.index);
        let (mut batch, mut last_turn, mut is_pressed) = (Vec::new(), Duration::ZERO, false);
        loop {
            inbox.take(&mut batch).await;
            if let Some(delay) = self.settings.gather_delay {
                sleep(delay).await;
            }
            if !self.route_all(&mut batch) {
                return;
            }
            if last_turn >= LONG_TURN {
                let span = (last_turn / GATHER_PART).min(GATHER_MAX);
                let gathering = self.gather(&mut batch, is_pressed);
                if let Ok(false) = timeout(span, gathering).await {
                    return;
                }
            }
            let began = self.now();
            self.write_turn().await;
            last_turn = self.now().since(began);
            is_pressed = !inbox.is_empty();
        }
    }

    /// Takes what is on its way: until no operation is in flight, or, where messages came faster
    /// than they were written, until time is up. Whether the shard goes on.
    async fn gather(self: &Rc<Self>, batch: &mut Vec<Command>, is_pressed: bool) -> bool {
        // Lets what has arrived be read.
        tokio::task::yield_now().await;
        let inbox = self.gate.inbox(self.index);
        while is_pressed || self.state.borrow().in_flight > 0 {
            inbox.take(batch).await;
            if !self.route_all(batch) {
                return false;
            }
        }
        true
    }

    /// Does what it is told, in order; whether it goes on.
    fn route_all(self: &Rc<Self>, batch: &mut Vec<Command>) -> bool {
        self.state.borrow_mut().turn.now = self.now();
        for command in batch.drain(..) {
            match command {
                Command::Item(item) => self.route(item),
                Command::Frame(id, bytes) => self.queue_frame(id, bytes),
                Command::Mark(id, mark) => self.queue_mark(id, mark),
                Command::Upgrade(handover) => self.take_over(*handover),
                Command::StopAccepting => {
                    self.is_accepting.set(false);
                    self.accepting_changed.notify_waiters();
                }
                Command::CloseAll { fault, reason, spread } => {
                    self.close_all(fault, &reason, spread);
                }
                Command::Stop => return false,
            }
        }
        true
    }
}
