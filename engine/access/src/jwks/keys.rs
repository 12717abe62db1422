//! A set of keys (JSON Web Key Set) as its issuer publishes it.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// The most keys of a set.
const KEYS_MAX: usize = 64;
/// Bytes of an RSA modulus: 2,048 to 4,096 bits.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=512;

/// A key that verifies, and the one algorithm it is for.
pub(crate) struct PublicKey {
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
}

/// The text is no set of keys.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeySetError {
    #[error("not the JSON of a set of keys")]
    Json(#[source] serde_json::Error),
    #[error("more than 64 keys")]
    TooMany,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Written {
    kty: String,
    kid: Box<str>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// The keys of a set that verify RS256 or ES256, by their id; others are passed over, and of two
/// with one id the second.
pub(super) fn parse(json: &[u8]) -> Result<HashMap<Box<str>, Arc<PublicKey>>, KeySetError> {
    let Set { keys } = serde_json::from_slice(json).map_err(KeySetError::Json)?;
    if keys.len() > KEYS_MAX {
        return Err(KeySetError::TooMany);
    }
    let written = keys.into_iter().filter_map(|key| serde_json::from_value::<Written>(key).ok());
    let mut known = HashMap::new();
    for key in written {
        if let Some(usable) = usable(&key) {
            known.entry(key.kid).or_insert_with(|| Arc::new(usable));
        }
    }
    Ok(known)
}

fn usable(key: &Written) -> Option<PublicKey> {
    let (algorithm, name) = match key.kty.as_str() {
        "RSA" => (Algorithm::RS256, "RS256"),
        "EC" if key.crv.as_deref() == Some("P-256") => (Algorithm::ES256, "ES256"),
        _ => return None,
    };
    let is_for = |field: &Option<String>, value| field.as_deref().is_none_or(|it| it == value);
    if !is_for(&key.alg, name) || !is_for(&key.purpose, "sig") {
        return None;
    }
    let key = match algorithm {
        Algorithm::RS256 => rsa(key.n.as_deref()?, key.e.as_deref()?),
        _ => DecodingKey::from_ec_components(key.x.as_deref()?, key.y.as_deref()?).ok(),
    }?;
    Some(PublicKey { algorithm, key })
}

fn rsa(modulus: &str, exponent: &str) -> Option<DecodingKey> {
    let bytes = URL_SAFE_NO_PAD.decode(modulus).ok()?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    if !RSA_BYTES.contains(&(bytes.len() - zeros)) {
        return None;
    }
    DecodingKey::from_rsa_components(modulus, exponent).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rsa_key(kid: &str, bytes: usize) -> Value {
        json!({"kty": "RSA", "kid": kid, "n": URL_SAFE_NO_PAD.encode(vec![0xff; bytes]), "e": "AQAB"})
    }

    fn ids(keys: &[Value]) -> Vec<String> {
        let known = parse(json!({"keys": keys}).to_string().as_bytes()).unwrap();
        let mut ids: Vec<_> = known.keys().map(ToString::to_string).collect();
        ids.sort();
        ids
    }

    #[test]
    fn keys_for_other_purposes_are_passed_over() {
        let mut encrypts = rsa_key("enc", 256);
        encrypts["use"] = "enc".into();
        let mut pss = rsa_key("pss", 256);
        pss["alg"] = "PS256".into();
        let oct = json!({"kty": "oct", "kid": "oct", "k": "AAAA"});
        let curve = json!({"kty": "EC", "kid": "p384", "crv": "P-384", "x": "AA", "y": "AA"});
        let strange = [json!(7), json!({"kty": "RSA"}), json!({"kid": ["a"], "kty": "RSA"})];
        let keys = [&[encrypts, pss, oct, curve, rsa_key("good", 256)], &strange[..]].concat();
        assert_eq!(ids(&keys), ["good"]);
    }

    #[test]
    fn a_short_or_monstrous_rsa_key_is_passed_over() {
        let keys = [128, 255, 256, 512, 513].map(|bytes| rsa_key(&bytes.to_string(), bytes));
        assert_eq!(ids(&keys), ["256", "512"]);
    }

    #[test]
    fn a_set_has_at_most_64_keys() {
        let keys: Vec<Value> = (0..65).map(|n| rsa_key(&n.to_string(), 256)).collect();
        assert_eq!(ids(&keys[..64]).len(), 64);
        let json = json!({"keys": keys}).to_string();
        assert!(matches!(parse(json.as_bytes()), Err(KeySetError::TooMany)));
        assert!(parse(b"[]").is_err());
    }
}
