//! What is logged of refusals, on target `security`.
//!
//! **Invariants.** No token, no URL and no payload: of what a client sent there is its address, the
//! origin (cut) and the user that its token speaks of. **Bound**: [`LINES_PER_MINUTE`] lines for an
//! address; what is refused past that is only refused.

use std::num::NonZeroU32;

use access::{RateLimiter, TokenError};
use http::{HeaderMap, header};

use super::Visitor;

/// Lines in any minute for one address.
const LINES_PER_MINUTE: NonZeroU32 = NonZeroU32::new(60).expect("not zero");
/// Characters that are logged of an origin.
const ORIGIN_CHARS_MAX: usize = 128;

/// Writes the lines.
#[derive(Default)]
pub(super) struct SecurityLog {
    lines: RateLimiter<std::net::IpAddr>,
}

impl SecurityLog {
    pub(super) fn address_refused(&self, visitor: Visitor) {
        if self.may_write(visitor) {
            tracing::info!(target: "security", address = %visitor.client, "address refused");
        }
    }

    pub(super) fn origin_refused(&self, visitor: Visitor, headers: &HeaderMap) {
        if self.may_write(visitor) {
            let origin = headers.get(header::ORIGIN).map(|origin| origin.as_bytes());
            let origin = String::from_utf8_lossy(origin.unwrap_or_default());
            let origin: String = origin.chars().take(ORIGIN_CHARS_MAX).collect();
            tracing::info!(
                target: "security", address = %visitor.client, ?origin, "origin refused"
            );
        }
    }

    /// `user` is what the token says, which may be anybody's invention.
    pub(super) fn token_refused(
        &self,
        visitor: Visitor,
        application: &'static str,
        user: Option<&str>,
        reason: TokenError,
    ) {
        if self.may_write(visitor) {
            tracing::info!(
                target: "security",
                address = %visitor.client, application, claimed_user = user, %reason,
                "token refused"
            );
        }
    }

    pub(super) fn limit_reached(
        &self,
        visitor: Visitor,
        application: &'static str,
        user: Option<&str>,
        limit: &'static str,
    ) {
        if self.may_write(visitor) {
            tracing::info!(
                target: "security",
                address = %visitor.client, application, user, limit, "limit reached"
            );
        }
    }

    fn may_write(&self, visitor: Visitor) -> bool {
        self.lines.check(visitor.group, LINES_PER_MINUTE, visitor.now).is_ok()
    }
}
