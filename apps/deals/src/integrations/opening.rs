//! What a handshake said that later events repeat.

use std::net::IpAddr;
use std::sync::Arc;

use model::{ConnectionId, Identity, Timestamp};

/// What is known of a connection since its handshake. Headers and query are not kept: only the event of
/// `$connect` has them.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The connection.
    pub connection: ConnectionId,
    /// The stage it came to; at `/` the first that is configured, so that a handler finds the management
    /// API at `https://{domainName}/{stage}`.
    pub stage: Arc<str>,
    /// The client's address behind trusted proxies.
    pub source_ip: IpAddr,
    /// The `User-Agent` header, as much of it as is kept.
    pub user_agent: Option<Box<str>>,
    /// When the handshake came.
    pub connected_at: Timestamp,
    /// The name and port under which this server is reached, as its configuration says; never what a
    /// client says, for handlers build addresses from it.
    pub domain: Arc<str>,
    /// Who it is.
    pub identity: Arc<Identity>,
}
