//! The experiments, one file each: what it varies, what it tells.

/// What the same bytes cost a bare server, by itself.
pub mod floor;

/// One room, many subscribers.
pub mod fanout;

/// Ours against the bare server, alternating.
pub mod ratio;

/// Memory and handshakes of idle connections.
pub mod idle;

/// Stored messages a second.
pub mod durable;

/// One subscriber that stops reading.
pub mod stall;

/// Whether the cost is a·messages + b·deliveries.
pub mod fit;
