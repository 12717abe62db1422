//! A fresh token for whoever has one of this server's.

use access::{Claims, TokenError};
use hub::Context;
use model::{Identity, Role};

use super::{Visit, reply};
use crate::protocol::{Code, Refusal, TokenRefreshed};

impl Visit {
    /// Signs another token that says the same; the connection stays as old as it is.
    pub(super) fn refresh_token(&self, request_id: Option<&str>, context: &mut Context<'_>) {
        if !self.identity.is_ours {
            let message = "The issuer of this token renews it, not this server";
            return reply(&Refusal::new(Code::AuthorizationError, message), request_id, context);
        }
        if self.deals.revocations.is_revoked(&self.identity) {
            let refusal = Refusal::new(Code::AuthenticationError, "Revoked");
            return reply(&refusal, request_id, context);
        }
        match self.fresh_token() {
            Ok((token, expires_at)) => {
                reply(&TokenRefreshed { token: &token, expires_at }, request_id, context);
            }
            Err(error) => {
                tracing::error!(%error, "a token could not be signed");
                let refusal = Refusal::new(Code::InternalError, "The token could not be signed");
                reply(&refusal, request_id, context);
            }
        }
    }

    /// The token, and until when it is valid, in seconds since 1970.
    fn fresh_token(&self) -> Result<(String, i64), TokenError> {
        let deals = &self.deals;
        let token = deals.tokens.sign(&claims(&self.identity, deals.token_life))?;
        // Verified as anybody's will be: that tells until when it is believed.
        let verified = deals.tokens.verify_now(&token).unwrap_or(Err(TokenError::Unavailable))?;
        Ok((token, verified.expires_at.as_secs()))
    }
}

fn claims(identity: &Identity, life: std::time::Duration) -> Claims {
    let role = |role: &Role| match role {
        Role::Admin => "admin".to_owned(),
        Role::Publisher => "publisher".to_owned(),
    };
    Claims {
        user_id: identity.user_id.to_string(),
        name: Some(identity.username.to_string()),
        roles: identity.roles.iter().map(role).collect(),
        contexts: identity.contexts.clone(),
        life,
    }
}
