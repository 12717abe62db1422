//! Why a connection ends: the codes and reasons of the protocol page, section 0.

use std::borrow::Cow;

/// A WebSocket close code with its reason; every close of ours has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseReason {
    /// The close code, as sent.
    pub code: u16,
    /// The reason, at most 123 bytes of UTF-8, as sent.
    pub text: Cow<'static, str>,
}

impl CloseReason {
    /// The client left in good order.
    pub const NORMAL: Self = Self::new(1000, "Bye");
    /// The server stops for good (SIGINT).
    pub const GOING_DOWN: Self = Self::new(1001, "Server going down");
    /// The peer broke the WebSocket protocol.
    pub const PROTOCOL_ERROR: Self = Self::new(1002, "Protocol error");
    /// A text message was not UTF-8.
    pub const NOT_UTF8: Self = Self::new(1007, "Invalid UTF-8");
    /// No token, a refused one, or none in time.
    pub const UNAUTHORIZED: Self = Self::new(1008, "Unauthorized");
    /// The token ran out while connected.
    pub const TOKEN_EXPIRED: Self = Self::new(1008, "Token expired");
    /// An administrator revoked the user's tokens.
    pub const REVOKED: Self = Self::new(1008, "Revoked");
    /// A cap of connections was reached.
    pub const TOO_MANY_CONNECTIONS: Self = Self::new(1008, "Too many connections");
    /// A message limit was reached.
    pub const RATE_LIMIT: Self = Self::new(1008, "Rate limit exceeded");
    /// A message over the limit, or in too many fragments.
    pub const TOO_LARGE: Self = Self::new(1009, "Message too large");
    /// A fault of the server's.
    pub const SERVER_ERROR: Self = Self::new(1011, "Server error");
    /// The server restarts (SIGTERM): clients come back, with jitter.
    pub const RESTART: Self = Self::new(1012, "Service restart");
    /// The connection reached `max_connection_age`.
    pub const TOO_OLD: Self = Self::new(1012, "Connection too old");
    /// The consumer took no byte for too long, or missed more than is kept.
    pub const SLOW_CONSUMER: Self = Self::new(1013, "Slow consumer");
    /// The server is full.
    pub const OVERLOADED: Self = Self::new(1013, "Try again later");
    /// No application message either way for `idle_timeout`.
    pub const IDLE: Self = Self::new(4408, "Idle timeout");
    /// An administrator ended the connection.
    pub const DISCONNECTED: Self = Self::new(1000, "Disconnected by administrator");
    /// The peer went away without a close; never sent.
    pub const LOST: Self = Self::new(1006, "Connection lost");

    /// A close with a fixed reason.
    #[must_use]
    pub const fn new(code: u16, text: &'static str) -> Self {
        Self { code, text: Cow::Borrowed(text) }
    }
}
