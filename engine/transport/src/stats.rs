//! What passed through the transport, counted.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use model::CloseReason;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Adds to it.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// What it has reached.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counts since the start of the process.
#[derive(Debug, Default)]
pub struct Stats {
    /// Connections accepted.
    pub accepted: Count,
    /// Connections refused because the shard was full.
    pub refused_full: Count,
    /// Handshakes that completed.
    pub opened: Count,
    /// Messages received.
    pub messages_in: Count,
    /// Bytes received.
    pub bytes_in: Count,
    /// Frames handed to sockets.
    pub deliveries: Count,
    /// Bytes handed to sockets.
    pub bytes_out: Count,
    /// System calls that wrote.
    pub writes: Count,
    /// Times a socket took only a part, or nothing.
    pub blocked: Count,
    /// Passing events dropped for want of room.
    pub passing_dropped: Count,
    /// Times a member fell behind its room.
    pub behind: Count,
    /// Polls of Engine.IO sessions.
    pub polls: Count,
    /// Sessions that went from polling to a WebSocket.
    pub upgrades: Count,
    closes: Mutex<BTreeMap<(&'static str, u16, &'static str), u64>>,
}

impl Stats {
    /// A connection of `application` ended with `reason`; codes that only clients send are one, and so are
    /// the reasons of their own that clients give.
    pub(crate) fn closed(&self, application: &'static str, reason: &CloseReason) {
        let code = if matches!(reason.code, 1000..=1014 | 4408) { reason.code } else { 0 };
        let text = match reason.text {
            Cow::Borrowed(text) => text,
            Cow::Owned(_) => "",
        };
        let mut closes = self.closes.lock().unwrap_or_else(PoisonError::into_inner);
        *closes.entry((application, code, text)).or_default() += 1;
    }

    /// Connections that ended, by application, close code (0: a client's own code) and reason (empty: the
    /// client gave it, or none).
    #[must_use]
    pub fn closes(&self) -> Vec<((&'static str, u16, &'static str), u64)> {
        let closes = self.closes.lock().unwrap_or_else(PoisonError::into_inner);
        closes.iter().map(|(key, count)| (*key, *count)).collect()
    }
}
