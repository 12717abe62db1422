//! What a connection is held to.

use std::time::Duration;

/// How a connection shows that it lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heartbeat {
    /// By WebSocket pings; whoever misses two is gone.
    WebSocket,
    /// The connection speaks Engine.IO (v4): the server sends ping packets, and a client of which
    /// nothing comes within `timeout` of one is gone. Its messages are Engine.IO packets: texts that
    /// a session is handed have lost the packet's type (`4`), texts that it sends have to bring it.
    EngineIo {
        /// How long an answer may take.
        timeout: Duration,
    },
}

/// Heartbeats shorter than this have timers of their own.
const FINE_UNDER: Duration = Duration::from_secs(1);

/// The bounds of one application's connections. `None` is off.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Bytes of a message, inflated; past it: the protocol's error and close 1009.
    pub message_bytes_max: usize,
    /// Frames of a message; past it: as too large.
    pub fragments_max: u32,
    /// From a message's first frame to its last; past it: close 1002.
    pub fragments_within: Option<Duration>,
    /// Between our pings.
    pub ping_interval: Option<Duration>,
    /// What a ping is, and when a peer that answers none is gone.
    pub heartbeat: Heartbeat,
    /// Pings a peer may send in any ten seconds or so; past it: close 1008.
    pub pings_per_ten_seconds_max: Option<u32>,
    /// Without an application message either way; past it: close 4408.
    pub idle_timeout: Option<Duration>,
    /// From the handshake or the last renewal; past it: close 1012.
    pub connection_age_max: Option<Duration>,
    /// For a connection without a token to bring one; past it: close 1008.
    pub authenticate_within: Duration,
    /// Whether permessage-deflate is agreed to.
    pub deflate: bool,
    /// Bytes of replies that may wait for the socket.
    pub reply_bytes_max: usize,
}

impl Policy {
    /// Whether the connections speak Engine.IO.
    pub(crate) const fn is_engine_io(&self) -> bool {
        matches!(self.heartbeat, Heartbeat::EngineIo { .. })
    }

    /// Whether times are so short that the wheel's ticks would be felt.
    pub(crate) fn is_fine(&self) -> bool {
        let Heartbeat::EngineIo { timeout } = self.heartbeat else { return false };
        timeout < FINE_UNDER || self.ping_interval.is_some_and(|interval| interval < FINE_UNDER)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            message_bytes_max: 256 * 1024,
            fragments_max: 64,
            fragments_within: Some(Duration::from_secs(10)),
            ping_interval: Some(Duration::from_secs(30)),
            heartbeat: Heartbeat::WebSocket,
            pings_per_ten_seconds_max: Some(20),
            idle_timeout: None,
            connection_age_max: None,
            authenticate_within: Duration::from_secs(10),
            deflate: true,
            reply_bytes_max: 8 * 1024 * 1024,
        }
    }
}
