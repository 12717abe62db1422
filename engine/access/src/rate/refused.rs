//! Refused tokens, counted by application and address wherever they were brought.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use model::Monotonic;

use super::RateLimiter;
use crate::group_of;

/// How many tokens of each address were refused.
#[derive(Debug, Default)]
pub struct RefusedTokens {
    limiter: RateLimiter<(&'static str, IpAddr)>,
}

impl RefusedTokens {
    /// None yet.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Counts one that `client` brought to an application; without a limit nothing is counted.
    ///
    /// # Errors
    /// How long until the next is answered as such, where `limit` were refused in the last 60 s.
    pub fn count(
        &self,
        application: &'static str,
        client: IpAddr,
        limit: Option<NonZeroU32>,
        now: Monotonic,
    ) -> Result<(), Duration> {
        let Some(limit) = limit else { return Ok(()) };
        self.limiter.check((application, group_of(client)), limit, now)
    }
}
