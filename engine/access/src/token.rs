//! Tokens: JSON Web Tokens signed with the shared secret (HS256), or with a key of the configured
//! issuer's (RS256, ES256).
//!
//! **Invariants**
//! - A token is at most [`TOKEN_BYTES_MAX`] long, has three parts, and is looked into only after
//!   its signature was found good; before that, only its header is read.
//! - Parsing, names, times and audience are checked here, strictly; the library does the
//!   signatures and nothing else, for its own checks are lax.

mod claims;
mod strict_json;
mod unverified;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use model::{Clock, Identity, Name};

use crate::Revocations;
use crate::jwks::{Issuer, Look};
use claims::Audience;
use unverified::Unverified;

/// The longest token, in bytes.
const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// The header of the tokens made here: `{"alg":"HS256","typ":"JWT"}`.
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

/// Which tokens are believed.
#[derive(Clone)]
pub struct TokenConfig {
    /// The secret of HS256 tokens; empty refuses them all.
    pub secret: Vec<u8>,
    /// The issuer whose public keys verify RS256 and ES256 tokens; none refuses them all.
    pub jwks: Option<JwksConfig>,
}

impl fmt::Debug for TokenConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenConfig").field("jwks", &self.jwks).finish_non_exhaustive()
    }
}

/// An issuer of tokens with public keys.
#[derive(Clone, Debug)]
pub struct JwksConfig {
    /// Where its keys are (a JSON Web Key Set).
    pub url: String,
    /// What `iss` must be.
    pub issuer: String,
    /// What `aud` must hold, or `client_id` of an Amazon Cognito access token be.
    pub audience: String,
}

/// Why a token is refused; the texts are safe to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TokenError {
    /// There is none.
    #[error("a token is required")]
    Missing,
    /// It is no token of ours: malformed, wrongly signed, for others, or not valid yet.
    #[error("the token is not valid")]
    Invalid,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its user's tokens were revoked.
    #[error("the token was revoked")]
    Revoked,
    /// The issuer's keys could not be fetched; the token may be good.
    #[error("the token cannot be verified now")]
    Unavailable,
}

/// What a new token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// `sub`: 1–256 characters, no control characters.
    pub user_id: String,
    /// `name`, where it has one.
    pub name: Option<String>,
    /// `roles`.
    pub roles: Vec<String>,
    /// `contexts`: the only ones the token opens; none opens all.
    pub contexts: Option<Vec<String>>,
    /// How long the token lives from now; whole seconds count.
    pub life: Duration,
}

/// Verifies tokens, and signs some.
pub struct Tokens {
    secret: Option<(DecodingKey, EncodingKey)>,
    issuer: Option<Arc<Issuer>>,
    revocations: Arc<Revocations>,
    clock: Arc<dyn Clock>,
}

impl Tokens {
    /// Believes tokens as `config` says, unless `revocations` has their user.
    #[must_use]
    pub fn new(
        config: TokenConfig,
        revocations: Arc<Revocations>,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let TokenConfig { secret, jwks } = config;
        let keys =
            |secret: &[u8]| (DecodingKey::from_secret(secret), EncodingKey::from_secret(secret));
        let secret = (!secret.is_empty()).then(|| keys(&secret));
        let issuer = jwks.map(|config| Issuer::new(config, Arc::clone(&clock)));
        Arc::new(Self { secret, issuer, revocations, clock })
    }

    /// Verifies a token, if that is possible without waiting; `None` means that the issuer's keys
    /// must be fetched first: [`Tokens::verify`] does.
    #[must_use]
    pub fn verify_now(&self, token: &str) -> Option<Result<Arc<Identity>, TokenError>> {
        let parsed = match Unverified::parse(token) {
            Ok(parsed) => parsed,
            Err(error) => return Some(Err(error)),
        };
        if parsed.algorithm == Algorithm::HS256 {
            return Some(self.check_by_secret(&parsed));
        }
        let Some((issuer, kid)) = self.issuer.as_ref().zip(parsed.key_id.as_deref()) else {
            return Some(Err(TokenError::Invalid));
        };
        match issuer.look(kid) {
            Look::Settled(key) => {
                Some(key.and_then(|key| self.check_by_issuer(&parsed, issuer, &key)))
            }
            Look::Fetch | Look::Wait => None,
        }
    }

    /// Verifies a token; waits for the issuer's keys, at most 5 s, where they must be fetched.
    ///
    /// # Errors
    /// Every [`TokenError`] but `Missing`.
    pub async fn verify(&self, token: &str) -> Result<Arc<Identity>, TokenError> {
        if let Some(outcome) = self.verify_now(token) {
            return outcome;
        }
        let parsed = Unverified::parse(token)?;
        let issuer = self.issuer.as_ref().ok_or(TokenError::Invalid)?;
        let key = issuer.key(parsed.key_id.as_deref().ok_or(TokenError::Invalid)?).await?;
        self.check_by_issuer(&parsed, issuer, &key)
    }

    /// Signs a token (HS256) that is valid from now on.
    ///
    /// # Errors
    /// `Invalid` for a user id that would be refused, and where there is no secret.
    pub fn sign(&self, claims: &Claims) -> Result<String, TokenError> {
        Name::new(&claims.user_id).map_err(|_| TokenError::Invalid)?;
        let (_, key) = self.secret.as_ref().ok_or(TokenError::Invalid)?;
        let payload = URL_SAFE_NO_PAD.encode(claims::to_json(claims, self.clock.wall()));
        let message = format!("{HEADER}.{payload}");
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, Algorithm::HS256)
            .map_err(|_| TokenError::Invalid)?;
        Ok(format!("{message}.{signature}"))
    }

    fn check_by_secret(&self, token: &Unverified<'_>) -> Result<Arc<Identity>, TokenError> {
        let (key, _) = self.secret.as_ref().ok_or(TokenError::Invalid)?;
        token.verify(key, Algorithm::HS256)?;
        self.check_claims(token, None)
    }

    fn check_by_issuer(
        &self,
        token: &Unverified<'_>,
        issuer: &Issuer,
        key: &crate::jwks::PublicKey,
    ) -> Result<Arc<Identity>, TokenError> {
        token.verify(&key.key, key.algorithm)?;
        let config = issuer.config();
        let audience = Audience { issuer: &config.issuer, audience: &config.audience };
        self.check_claims(token, Some(audience))
    }

    fn check_claims(
        &self,
        token: &Unverified<'_>,
        audience: Option<Audience<'_>>,
    ) -> Result<Arc<Identity>, TokenError> {
        let identity = claims::identity(token.payload, self.clock.wall(), audience)?;
        if self.revocations.is_revoked(&identity) {
            return Err(TokenError::Revoked);
        }
        Ok(Arc::new(identity))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

/// The user that a refused token speaks of, unverified and for the log alone; `None` where it says
/// none that could be one.
#[must_use]
pub fn claimed_user(token: &str) -> Option<String> {
    let claims = strict_json::object(Unverified::parse(token).ok()?.payload)?;
    let user = claims.get("sub")?.as_str()?;
    Name::new(user).ok().map(|user| user.to_string())
}
