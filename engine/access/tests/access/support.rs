//! Keys made for the occasion, tokens signed with them, and what verifies them.

use std::sync::Arc;
use std::time::Duration;

use access::{JwksConfig, MIGRATIONS, Revocations, TokenConfig, Tokens};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use model::{ManualClock, Timestamp};
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::EncodePublicKey;
use rsa::rand_core::{CryptoRng, Error, RngCore};
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};
use storage::{Options, Store};
use tempfile::TempDir;

/// When all tests take place, in seconds since 1970.
pub const NOW: i64 = 1_800_000_000;
pub const SECRET: &[u8] = b"a secret of more than thirty-two bytes";
pub const AUDIENCE: &str = "the-app";

/// What verifies tokens, and the time it goes by.
pub struct Verifier {
    pub tokens: Arc<Tokens>,
    pub revocations: Arc<Revocations>,
    pub clock: Arc<ManualClock>,
    _folder: TempDir,
}

impl Verifier {
    /// Believes [`SECRET`], and the keys at `url` of `issuer`.
    pub fn new(jwks: Option<(&str, &str)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(NOW)));
        let store =
            Store::open(folder.path(), MIGRATIONS, &Options::default(), clock.clone()).unwrap();
        let revocations = Revocations::open(&store).unwrap();
        let jwks = jwks.map(|(url, issuer)| JwksConfig {
            url: url.to_owned(),
            issuer: issuer.to_owned(),
            audience: AUDIENCE.to_owned(),
        });
        let config = TokenConfig { secret: SECRET.to_vec(), jwks };
        let tokens = Tokens::new(config, revocations.clone(), clock.clone());
        Self { tokens, revocations, clock, _folder: folder }
    }

    pub fn pass_seconds(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

/// A private key of an issuer's, and its public half as a set of keys has it.
#[derive(Clone)]
pub struct Signer {
    algorithm: Algorithm,
    key: EncodingKey,
    pub jwk: Value,
    /// The public key as DER, which anybody can have.
    pub public_der: Vec<u8>,
}

impl Signer {
    /// A key for ES256.
    pub fn ec(kid: &str) -> Self {
        let pair = rcgen::KeyPair::generate().unwrap();
        let point = &pair.public_key_raw()[1..];
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
            "x": encode(&point[..32]), "y": encode(&point[32..]),
        });
        let key = EncodingKey::from_ec_der(pair.serialized_der());
        Self { algorithm: Algorithm::ES256, key, jwk, public_der: pair.public_key_raw().to_vec() }
    }

    /// A key for RS256.
    pub fn rsa(kid: &str) -> Self {
        let key = rsa::RsaPrivateKey::new(&mut Random, 2048).unwrap();
        let jwk = json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
            "n": encode(key.n().to_bytes_be()), "e": encode(key.e().to_bytes_be()),
        });
        let public_der = key.to_public_key().to_public_key_der().unwrap().into_vec();
        let key = EncodingKey::from_rsa_der(key.to_pkcs1_der().unwrap().as_bytes());
        Self { algorithm: Algorithm::RS256, key, jwk, public_der }
    }

    pub fn kid(&self) -> &str {
        self.jwk["kid"].as_str().unwrap()
    }

    /// A token with the header that is due.
    pub fn sign(&self, claims: &Value) -> String {
        let alg = if self.algorithm == Algorithm::ES256 { "ES256" } else { "RS256" };
        self.sign_as(&json!({"alg": alg, "typ": "JWT", "kid": self.kid()}), claims)
    }

    /// A token with any header, signed all the same.
    pub fn sign_as(&self, header: &Value, claims: &Value) -> String {
        signed(&header.to_string(), &claims.to_string(), &self.key, self.algorithm)
    }
}

/// A token of any header and claims, signed with a secret.
pub fn hs256(header: &str, claims: &str, secret: &[u8]) -> String {
    signed(header, claims, &EncodingKey::from_secret(secret), Algorithm::HS256)
}

/// What every token has: a user and an end.
pub fn claims() -> Value {
    json!({"sub": "ann", "exp": NOW + 3600})
}

/// What a token of an issuer's has besides.
pub fn claims_from(issuer: &str) -> Value {
    json!({"sub": "ann", "exp": NOW + 36_000, "iss": issuer, "aud": AUDIENCE})
}

/// `base` with some members set.
pub fn with(mut base: Value, members: Value) -> Value {
    let Value::Object(members) = members else { panic!("an object") };
    for (name, value) in members {
        base[name] = value;
    }
    base
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn signed(header: &str, claims: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// The operating system's randomness, as the keys' maker wants it.
struct Random;

impl RngCore for Random {
    fn next_u32(&mut self) -> u32 {
        u32::from_ne_bytes(model::random_bytes())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_ne_bytes(model::random_bytes())
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.fill_with(|| model::random_bytes::<1>()[0]);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Random {}
