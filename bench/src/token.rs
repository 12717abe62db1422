//! The tokens of the load: HS256, good for two hours.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use model::{Clock, SystemClock};
use serde::Serialize;

use crate::error::BenchError;

/// The secret that load and server share; of no worth outside a measurement.
pub const SECRET: &str = "bench-secret-bench-secret-bench-secret";

const LIFE_SECONDS: i64 = 7200;

#[derive(Serialize)]
struct Claims<'a> {
    sub: &'a str,
    exp: i64,
    roles: &'a [&'a str],
}

/// A token for the user `sub`.
///
/// # Errors
/// `Argument` when the token cannot be signed.
pub fn sign(sub: &str) -> Result<String, BenchError> {
    sign_with(sub, &[])
}

/// The same with roles.
///
/// # Errors
/// As [`sign`].
pub fn sign_with(sub: &str, roles: &[&str]) -> Result<String, BenchError> {
    let exp = SystemClock::new().wall().as_millis() / 1000 + LIFE_SECONDS;
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    encode(&Header::new(Algorithm::HS256), &Claims { sub, exp, roles }, &key)
        .map_err(|cause| BenchError::Argument(format!("token for {sub}: {cause}")))
}
