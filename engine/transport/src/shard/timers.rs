//! What becomes due: pings, expiries, limits of time.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use hub::Fault;
use model::{CloseReason, ConnectionId, Monotonic, Timestamp};
use tokio::time::{MissedTickBehavior, sleep};

use super::Shard;
use crate::Heartbeat;
use crate::connection::{BLOCKED_MAX, Connection, PROBE_WITHIN, Phase};
use crate::engineio::packet;
use crate::frame::{Opcode, frame, mark_frame};
use crate::gate::Command;
use crate::wheel::TICK;

/// Pings without a sign of life after which a peer is dead.
const PINGS_MISSED_MAX: u8 = 2;
/// How far wall and monotonic time may drift apart between two ticks before expiries are looked
/// at anew.
const CLOCK_STEP_MIN: Duration = Duration::from_millis(500);

/// What is due for a connection.
enum Due {
    /// It is ended without a word.
    Drop(CloseReason),
    /// It is closed.
    Close(Option<Fault>, CloseReason),
    /// It is pinged.
    Ping,
}

impl Shard {
    /// Looks after connections as they become due, until the shard ends.
    pub(crate) async fn keep_time(self: Rc<Self>) {
        let mut interval = tokio::time::interval(TICK);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut due = Vec::new();
        let (mut last_now, mut last_wall) = (self.now(), self.clock().wall());
        loop {
            interval.tick().await;
            let (now, wall) = (self.now(), self.clock().wall());
            if is_step((last_now, last_wall), (now, wall)) {
                self.reschedule_all();
            }
            (last_now, last_wall) = (now, wall);
            self.state.borrow_mut().wheel.advance(now, &mut due);
            for id in due.drain(..) {
                if let Some(connection) = self.state.borrow_mut().connection(id) {
                    connection.times.scheduled = Monotonic(u64::MAX);
                }
                self.look_after(id);
            }
        }
    }

    /// Does what is due for a connection, and puts it down for what is due next.
    pub(super) fn look_after(self: &Rc<Self>, id: ConnectionId) {
        let (now, wall) = (self.now(), self.clock().wall());
        let mut state = self.state.borrow_mut();
        let Some(connection) = state.connection(id) else { return };
        let due = connection.due(now, wall);
        drop(state);
        match due {
            None => {}
            Some(Due::Drop(reason)) => return self.remove(id, &reason),
            Some(Due::Close(fault, reason)) => self.end(id, fault, reason),
            Some(Due::Ping) => {
                self.gate.command(self.index, Command::Frame(id, self.ping(id)));
            }
        }
        self.reschedule(id);
    }

    /// Puts the connection down for the next time that something may be due.
    pub(super) fn reschedule(self: &Rc<Self>, id: ConnectionId) {
        let (now, wall) = (self.now(), self.clock().wall());
        let mut state = self.state.borrow_mut();
        let Some(connection) = state.connection(id) else { return };
        let next = connection.next_due(now, wall);
        if next >= connection.times.scheduled {
            return;
        }
        connection.times.scheduled = next;
        if connection.policy.is_fine() {
            tokio::task::spawn_local(Rc::clone(self).wake_at(id, next));
        } else {
            state.wheel.schedule(id, next);
        }
    }

    /// Looks after a connection at that very time, unless it is looked after earlier.
    async fn wake_at(self: Rc<Self>, id: ConnectionId, at: Monotonic) {
        sleep(at.since(self.now())).await;
        let mut state = self.state.borrow_mut();
        let Some(connection) = state.connection(id) else { return };
        if connection.times.scheduled != at {
            return;
        }
        connection.times.scheduled = Monotonic(u64::MAX);
        drop(state);
        self.look_after(id);
    }

    fn reschedule_all(self: &Rc<Self>) {
        let ids: Vec<ConnectionId> =
            self.state.borrow().connections.iter().map(|connection| connection.id).collect();
        ids.into_iter().for_each(|id| self.reschedule(id));
    }

    /// Pings the peer; without a sign of life it is gone soon.
    pub(super) fn probe(self: &Rc<Self>, id: ConnectionId) {
        let mut state = self.state.borrow_mut();
        let Some(connection) = state.connection(id) else { return };
        if connection.phase != Phase::Open || connection.times.probe_by.is_some() {
            return;
        }
        connection.times.probe_by = Some(self.now().after(PROBE_WITHIN));
        drop(state);
        self.queue_frame(id, self.ping(id));
        self.reschedule(id);
    }

    /// A ping, which repeats what was not confirmed yet.
    fn ping(&self, id: ConnectionId) -> Bytes {
        match self.state.borrow_mut().connection(id) {
            Some(connection) if connection.policy.is_engine_io() => {
                frame(Opcode::Text, packet::PING)
            }
            Some(Connection { unconfirmed: Some(mark), .. }) => mark_frame(*mark),
            _ => frame(Opcode::Ping, b""),
        }
    }
}

impl Connection {
    fn due(&mut self, now: Monotonic, wall: Timestamp) -> Option<Due> {
        let times = &mut self.times;
        let is_over = |at: Option<Monotonic>| at.is_some_and(|at| at <= now);
        if is_over(times.close_by) || is_over(times.probe_by) {
            return Some(Due::Drop(CloseReason::LOST));
        }
        if is_over(times.blocked_since.map(|since| since.after(BLOCKED_MAX))) {
            // The kernel takes nothing, so no close frame would get out.
            return Some(Due::Drop(CloseReason::SLOW_CONSUMER));
        }
        if self.phase != Phase::Open {
            return None;
        }
        self.due_while_open(now, wall)
    }

    fn due_while_open(&mut self, now: Monotonic, wall: Timestamp) -> Option<Due> {
        let (times, policy) = (&mut self.times, &self.policy);
        let is_past = |since: Monotonic, span: Option<Duration>| {
            span.is_some_and(|span| since.after(span) <= now)
        };
        let close = |fault, reason| Some(Due::Close(Some(fault), reason));
        if times.authenticate_by.is_some_and(|by| by <= now) {
            return close(Fault::NotAuthenticated, CloseReason::UNAUTHORIZED);
        }
        if times.expires_at.is_some_and(|at| at <= wall) {
            return close(Fault::TokenExpired, CloseReason::TOKEN_EXPIRED);
        }
        if let Some((_, what)) = times.drain_at.take_if(|(at, _)| *at <= now) {
            return Some(Due::Close(what.0, what.1.clone()));
        }
        let incomplete = [times.amid_message_since, times.amid_parts_since];
        if incomplete.into_iter().flatten().any(|at| is_past(at, policy.fragments_within)) {
            let reason = CloseReason::new(1002, "Message not completed in time");
            return Some(Due::Close(None, reason));
        }
        if is_past(self.last_message, policy.idle_timeout) {
            return close(Fault::Idle, CloseReason::IDLE);
        }
        if is_past(times.began, policy.connection_age_max) {
            return close(Fault::TooOld, CloseReason::TOO_OLD);
        }
        if times.next_ping.is_some_and(|at| at <= now) {
            let (missed_max, next) = match policy.heartbeat {
                Heartbeat::WebSocket => (PINGS_MISSED_MAX, policy.ping_interval),
                Heartbeat::EngineIo { timeout } => (1, Some(timeout)),
            };
            if times.pings_missed >= missed_max {
                return Some(Due::Drop(CloseReason::LOST));
            }
            times.pings_missed += 1;
            times.next_ping = next.map(|span| now.after(span));
            return Some(Due::Ping);
        }
        None
    }

    fn next_due(&self, now: Monotonic, wall: Timestamp) -> Monotonic {
        if self.phase == Phase::Open {
            return self.times.next(&self.policy, self.last_message, (now, wall));
        }
        let blocked = self.times.blocked_since.map(|since| since.after(BLOCKED_MAX));
        let next = [self.times.close_by, self.times.probe_by, blocked].into_iter().flatten().min();
        next.unwrap_or(Monotonic(u64::MAX))
    }
}

/// Whether the wall clock was set between two looks.
fn is_step(last: (Monotonic, Timestamp), this: (Monotonic, Timestamp)) -> bool {
    let passed = this.0.since(last.0).as_millis();
    let shown = i128::from(this.1.as_millis()) - i128::from(last.1.as_millis());
    let passed = i128::try_from(passed).unwrap_or(i128::MAX);
    shown.abs_diff(passed) >= CLOCK_STEP_MIN.as_millis()
}
