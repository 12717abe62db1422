//! AWS Signature Version 4: whether a request was signed with a key that both sides know.
//!
//! A request is checked in two steps, for its body comes last: [`SigningKey::read`] looks at the
//! head, [`Signed::verify`] at the signature once the body's hash is known. The canonical form is
//! that of every AWS service but S3: the path as sent, its dots and empty segments taken out,
//! percent-encoded once more.
//!
//! **Invariants**
//! - Access key ids and signatures are compared in constant time.
//! - The body's hash is always that of the body; what `x-amz-content-sha256` says has to be the same,
//!   so that `UNSIGNED-PAYLOAD` is refused.
//! - A signature holds for [`SKEW_MAX`] around the time that it names, and the host is part of it.
//!
//! **Pitfall:** only the `Authorization` header is looked at; signatures in a query are none.

mod authorization;
mod canonical;
mod time;

use std::fmt;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use model::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use authorization::Authorization;
use time::Moment;

pub use authorization::is_signed;

/// How far a request's time may be from ours, either way.
pub const SKEW_MAX: Duration = Duration::from_secs(5 * 60);
/// What is signed with, and how.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// What ends every scope.
const TERMINATOR: &str = "aws4_request";

/// Why a signature is refused; the texts are safe to show.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A part of it is missing or is not in its form.
    #[error("{0}")]
    Malformed(&'static str),
    /// The access key id is not the one there is, or there is none.
    #[error("the access key id is not known")]
    UnknownKey,
    /// It was signed too long ago, or for a time that is not yet.
    #[error("the request is signed for {signed}, and it is {now}")]
    Skewed {
        /// The time it was signed for.
        signed: Timestamp,
        /// The time it is.
        now: Timestamp,
    },
    /// It was signed with another secret, or the request is not the one that was signed.
    #[error("the signature does not match")]
    Mismatch,
}

/// An access key, and the service whose requests it signs.
pub struct SigningKey {
    id: String,
    secret: String,
    service: &'static str,
}

/// The head of a request.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The method, such as `POST`.
    pub method: &'a str,
    /// The path as it was sent.
    pub path: &'a str,
    /// The query as it was sent, without its question mark.
    pub query: Option<&'a str>,
    /// The headers.
    pub headers: &'a HeaderMap,
}

/// A signed request of which all but the body was looked at.
#[derive(Debug)]
pub struct Signed<'a> {
    key: &'a SigningKey,
    moment: Moment,
    region: String,
    /// The canonical request up to the hash of the body.
    canonical: String,
    /// The hash that the request says its body has.
    announced: Option<String>,
    signature: String,
}

impl SigningKey {
    /// The key `id` with its `secret`, for requests to `service`, such as `execute-api`.
    #[must_use]
    pub fn new(id: &str, secret: &str, service: &'static str) -> Self {
        Self { id: id.to_owned(), secret: secret.to_owned(), service }
    }

    /// The access key id, which is no secret.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Looks at the head of a request that came at `now`.
    ///
    /// # Errors
    /// [`SignatureError::Malformed`] for a head that is not signed as it should be;
    /// [`SignatureError::UnknownKey`] for another key; [`SignatureError::Skewed`] for another time.
    pub fn read(&self, head: Head<'_>, now: Timestamp) -> Result<Signed<'_>, SignatureError> {
        let authorization = Authorization::of(head.headers)?;
        let scope = &authorization.scope;
        if !is_same(scope.key_id.as_bytes(), self.id.as_bytes()) {
            return Err(SignatureError::UnknownKey);
        }
        if scope.service != self.service || scope.terminator != TERMINATOR {
            return Err(SignatureError::Malformed("Credential is not of this service"));
        }
        let moment = Moment::of(head.headers)?;
        if scope.date != moment.date() {
            return Err(SignatureError::Malformed("Credential is of another day than the date"));
        }
        let apart = now.as_millis().abs_diff(moment.at().as_millis());
        if u128::from(apart) > SKEW_MAX.as_millis() {
            return Err(SignatureError::Skewed { signed: moment.at(), now });
        }
        Ok(Signed {
            key: self,
            canonical: canonical::head(head, authorization.signed_headers)?,
            announced: announced(head.headers)?,
            region: scope.region.to_owned(),
            signature: authorization.signature.to_owned(),
            moment,
        })
    }

    /// The key of one day, region and service.
    fn derive(&self, date: &str, region: &str) -> [u8; 32] {
        let key = hmac(format!("AWS4{}", self.secret).as_bytes(), date.as_bytes());
        let parts = [region, self.service, TERMINATOR];
        parts.iter().fold(key, |key, part| hmac(&key, part.as_bytes()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Signed<'_> {
    /// Looks at the signature, now that the SHA-256 of the body is known.
    ///
    /// # Errors
    /// [`SignatureError::Mismatch`].
    pub fn verify(&self, body_sha256: [u8; 32]) -> Result<(), SignatureError> {
        let body = hex(&body_sha256);
        let is_announced = self.announced.as_ref().is_none_or(|announced| *announced == body);
        let expected = self.signature_with(&body);
        if is_same(expected.as_bytes(), self.signature.as_bytes()) && is_announced {
            return Ok(());
        }
        Err(SignatureError::Mismatch)
    }

    /// The signature that this request has with a body of this hash.
    fn signature_with(&self, body: &str) -> String {
        let request = hex(&Sha256::digest(format!("{}{body}", self.canonical)));
        let (date, region, service) = (self.moment.date(), &self.region, self.key.service);
        let scope = format!("{date}/{region}/{service}/{TERMINATOR}");
        let text = format!("{ALGORITHM}\n{}\n{scope}\n{request}", self.moment.text());
        hex(&hmac(&self.key.derive(date, region), text.as_bytes()))
    }
}

/// The hash that a request says its body has.
fn announced(headers: &HeaderMap) -> Result<Option<String>, SignatureError> {
    let mut values = headers.get_all("x-amz-content-sha256").iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    let text = text.ok_or(SignatureError::Malformed("x-amz-content-sha256 is not a hash"))?;
    Ok(Some(text.trim().to_owned()))
}

fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of this method has any length");
    mac.chain_update(text).finalize().into_bytes().into()
}

/// Whether both are the same, told in a time that only their lengths change.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
