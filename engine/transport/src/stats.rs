//! What passed through the transport, counted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

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
    closes: Mutex<BTreeMap<(&'static str, u16), u64>>,
}

impl Stats {
    /// A connection of `application` ended with `code`; codes that only clients send are one.
    pub(crate) fn closed(&self, application: &'static str, code: u16) {
        let code = if matches!(code, 1000..=1014 | 4408) { code } else { 0 };
        let mut closes = self.closes.lock().unwrap_or_else(PoisonError::into_inner);
        *closes.entry((application, code)).or_default() += 1;
    }

    /// Connections that ended, by application and close code (0: a client's own code).
    #[must_use]
    pub fn closes(&self) -> Vec<((&'static str, u16), u64)> {
        let closes = self.closes.lock().unwrap_or_else(PoisonError::into_inner);
        closes.iter().map(|(key, count)| (*key, *count)).collect()
    }
}
