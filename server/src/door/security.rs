//! What is logged of refusals, on target `security`.
//!
//! **Invariants.** No token, no query and no payload: of what a client sent there is its address, the
//! origin (cut), the user that its token speaks of, and of a user that is known the path (cut). **Bound**: [`LINES_PER_MINUTE`] lines for an
//! address; what is refused past that is only refused.

use std::num::NonZeroU32;
use std::sync::Arc;

use access::{RateLimiter, TokenError};
use http::{HeaderMap, Method, header};

use super::Visitor;
use crate::http::{Answered, Outcome, Target};

/// Lines in any minute for one address.
const LINES_PER_MINUTE: NonZeroU32 = NonZeroU32::new(60).expect("not zero");
/// Characters that are logged of an origin.
const ORIGIN_CHARS_MAX: usize = 128;

/// Characters that are logged of a connection's id, which may be anything.
const CONNECTION_CHARS_MAX: usize = 64;
/// Characters that are logged of a path.
const PATH_CHARS_MAX: usize = 256;

/// A call of the management API, as it is logged.
pub(super) struct Managed<'a> {
    pub(super) method: &'a Method,
    pub(super) target: &'a Target,
    pub(super) answered: &'a Answered,
}

/// A call of a route, as it is logged.
pub(super) struct Called {
    pub(super) user: Option<Arc<str>>,
    pub(super) method: Method,
    pub(super) path: Box<str>,
}

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

    /// A call that was not the caller's to make, as the route found.
    pub(super) fn call_refused(&self, visitor: Visitor, call: &Called, reason: &'static str) {
        let Called { user, method, path } = call;
        if self.may_write(visitor) {
            let path: String = path.chars().take(PATH_CHARS_MAX).collect();
            tracing::warn!(
                target: "security",
                user = user.as_deref(),
                address = %visitor.client, %method, path, reason, "call refused"
            );
        }
    }

    /// A call of the management API. Of those that are carried out all are logged: who may call says
    /// how many there are.
    pub(super) fn managed(&self, visitor: Visitor, call: &Managed<'_>) {
        let Managed { method, target, answered } = call;
        let connection = String::from_utf8_lossy(target.id());
        let connection: String = connection.chars().take(CONNECTION_CHARS_MAX).collect();
        let address = visitor.client;
        match (&answered.who, &answered.outcome) {
            (Some(who), Outcome::Done) => {
                tracing::info!(
                    target: "security", %who, %address, %method, connection, "management call"
                );
            }
            (Some(who), Outcome::Refused(reason)) => {
                tracing::info!(
                    target: "security",
                    %who, %address, %method, connection, reason, "management call failed"
                );
            }
            (None, outcome) if self.may_write(visitor) => {
                let reason = match outcome {
                    Outcome::Refused(reason) => reason,
                    Outcome::Done => "",
                };
                tracing::warn!(
                    target: "security",
                    user = answered.refused_user.as_deref(),
                    %address, %method, connection, reason, "management call refused"
                );
            }
            (None, _) => {}
        }
    }

    fn may_write(&self, visitor: Visitor) -> bool {
        self.lines.check(visitor.group, LINES_PER_MINUTE, visitor.now).is_ok()
    }
}
