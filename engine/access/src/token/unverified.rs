//! A token taken apart, before anything in it is believed.

use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};

use super::{TOKEN_BYTES_MAX, TokenError, strict_json};

/// The longest key id, in bytes.
const KEY_ID_BYTES_MAX: usize = 256;
/// Header members that change how a token is to be read, or bring a key of their own; a token that
/// has one is refused.
const REFUSED: [&str; 8] = ["crit", "b64", "jwk", "jku", "x5u", "x5c", "enc", "zip"];

/// The parts of a token whose signature was not looked at yet.
pub(super) struct Unverified<'a> {
    /// What its header says of the algorithm; the key decides.
    pub(super) algorithm: Algorithm,
    /// Which of the issuer's keys it says it was signed with.
    pub(super) key_id: Option<String>,
    /// The claims, still encoded.
    pub(super) payload: &'a str,
    message: &'a str,
    signature: &'a str,
}

impl<'a> Unverified<'a> {
    pub(super) fn parse(token: &'a str) -> Result<Self, TokenError> {
        Self::try_parse(token).ok_or(TokenError::Invalid)
    }

    fn try_parse(token: &'a str) -> Option<Self> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        if signature.is_empty() || payload.contains('.') {
            return None;
        }
        let header = strict_json::object(header)?;
        if REFUSED.iter().any(|name| header.contains_key(*name)) {
            return None;
        }
        let algorithm = algorithm(&header)?;
        Some(Self { algorithm, key_id: key_id(&header)?, payload, message, signature })
    }

    /// Whether `key`, which is for `algorithm`, made the signature.
    pub(super) fn verify(&self, key: &DecodingKey, algorithm: Algorithm) -> Result<(), TokenError> {
        if self.algorithm != algorithm {
            return Err(TokenError::Invalid);
        }
        let message = self.message.as_bytes();
        match jsonwebtoken::crypto::verify(self.signature, message, key, algorithm) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(TokenError::Invalid),
        }
    }
}

fn algorithm(header: &Map<String, Value>) -> Option<Algorithm> {
    match header.get("alg")?.as_str()? {
        "HS256" => Some(Algorithm::HS256),
        "RS256" => Some(Algorithm::RS256),
        "ES256" => Some(Algorithm::ES256),
        _ => None,
    }
}

/// The outer `None` is a `kid` that is none.
fn key_id(header: &Map<String, Value>) -> Option<Option<String>> {
    let Some(kid) = header.get("kid") else { return Some(None) };
    let kid = kid.as_str()?;
    let is_good = !kid.is_empty() && kid.len() <= KEY_ID_BYTES_MAX;
    (is_good && !kid.chars().any(char::is_control)).then(|| Some(kid.to_owned()))
}
