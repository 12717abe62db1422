//! Where a request comes from.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// Where a request comes from; the door puts it into the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// The client's address, behind trusted proxies.
    pub address: IpAddr,
    /// The other end of the socket.
    pub peer: IpAddr,
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    /// A request that came past no door comes from nowhere.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let nowhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let client = parts.extensions.get::<Self>().copied();
        Ok(client.unwrap_or(Self { address: nowhere, peer: nowhere }))
    }
}
