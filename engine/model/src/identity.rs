//! Who a verified token says somebody is.

use std::sync::Arc;

use crate::Timestamp;

/// A person or program behind a verified token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The token's `sub`: 1–256 characters.
    pub user_id: Arc<str>,
    /// The display name: `name`, else `username`, `cognito:username`, `email`, `sub`.
    pub username: Arc<str>,
    /// Roles the server knows; others are dropped.
    pub roles: Vec<Role>,
    /// `contexts` of the token: where present, other contexts and documents are forbidden.
    pub contexts: Option<Vec<String>>,
    /// The token's `iat`, where it has one; revocation compares with it.
    pub issued_at: Option<Timestamp>,
    /// Whether this server signs such tokens itself (HS256), and so may make another one.
    pub is_ours: bool,
    /// The token's `exp`.
    pub expires_at: Timestamp,
}

impl Identity {
    /// May use the management and publish APIs.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.roles.contains(&Role::Admin)
    }

    /// May use the publish APIs.
    #[must_use]
    pub fn is_publisher(&self) -> bool {
        self.roles.iter().any(|role| matches!(role, Role::Admin | Role::Publisher))
    }

    /// Whether the token opens `context`: it names it, or names none.
    #[must_use]
    pub fn may_enter(&self, context: &str) -> bool {
        self.contexts.as_ref().is_none_or(|open| open.iter().any(|name| name == context))
    }
}

/// What a token's bearer may do beyond using the applications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Management and publish APIs.
    Admin,
    /// Publish APIs.
    Publisher,
}
