//! What a connection is held to.

use std::time::Duration;

/// The bounds of one application's connections. `None` is off.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Bytes of a message, inflated; past it: the protocol's error and close 1009.
    pub message_bytes_max: usize,
    /// Frames of a message; past it: as too large.
    pub fragments_max: u32,
    /// From a message's first frame to its last; past it: close 1002.
    pub fragments_within: Option<Duration>,
    /// Between our pings; a peer that misses two is gone.
    pub ping_interval: Option<Duration>,
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

impl Default for Policy {
    fn default() -> Self {
        Self {
            message_bytes_max: 256 * 1024,
            fragments_max: 64,
            fragments_within: Some(Duration::from_secs(10)),
            ping_interval: Some(Duration::from_secs(30)),
            pings_per_ten_seconds_max: Some(20),
            idle_timeout: None,
            connection_age_max: None,
            authenticate_within: Duration::from_secs(10),
            deflate: true,
            reply_bytes_max: 8 * 1024 * 1024,
        }
    }
}
