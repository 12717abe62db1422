//! Tokens with chosen claims, signed with the secret that [`TestServer`](crate::TestServer) gives
//! its server.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use model::{Clock, SystemClock};
use serde_json::{Map, Value, json};

/// The secret the tests share with the server; of no worth elsewhere.
pub const SECRET: &str = "a-secret-for-tests-only-0123456789abcdef";

/// What a token will say.
#[derive(Clone, Debug)]
pub struct Token {
    claims: Map<String, Value>,
}

/// A signed token for the user `sub`, good for an hour.
#[must_use]
pub fn token(sub: &str) -> String {
    Token::of(sub).sign()
}

/// Seconds since 1970.
#[must_use]
pub fn now_in_seconds() -> i64 {
    SystemClock::new().wall().as_millis() / 1000
}

impl Token {
    /// A token for the user `sub`, good for an hour.
    #[must_use]
    pub fn of(sub: &str) -> Self {
        let now = now_in_seconds();
        let claims = [("sub", json!(sub)), ("iat", json!(now)), ("exp", json!(now + 3600))];
        Self { claims: claims.map(|(key, value)| (key.to_owned(), value)).into_iter().collect() }
    }

    /// The same with a display name.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        self.claim("name", json!(name))
    }

    /// The same with these roles.
    #[must_use]
    pub fn roles(self, roles: &[&str]) -> Self {
        self.claim("roles", json!(roles))
    }

    /// The same, running out in `seconds` from now; negative: it has run out.
    #[must_use]
    pub fn expires_in(self, seconds: i64) -> Self {
        self.claim("exp", json!(now_in_seconds() + seconds))
    }

    /// The same with a claim of any name.
    #[must_use]
    pub fn claim(mut self, name: &str, value: Value) -> Self {
        self.claims.insert(name.to_owned(), value);
        self
    }

    /// The same without a claim.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// The signed token.
    #[must_use]
    pub fn sign(&self) -> String {
        self.sign_with(SECRET)
    }

    /// The token signed with another secret.
    ///
    /// # Panics
    /// Never: claims that are JSON can be signed.
    #[must_use]
    pub fn sign_with(&self, secret: &str) -> String {
        let key = EncodingKey::from_secret(secret.as_bytes());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &self.claims, &key)
            .expect("claims that are JSON can be signed")
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation};

    use super::*;

    #[test]
    fn a_token_says_what_was_chosen_and_nothing_else() {
        let token = Token::of("ann").name("Ann").roles(&["admin"]).without("iat").sign();
        let key = DecodingKey::from_secret(SECRET.as_bytes());
        let read = jsonwebtoken::decode::<Map<String, Value>>(
            &token,
            &key,
            &Validation::new(Algorithm::HS256),
        );
        let mut claims = read.unwrap().claims;
        assert!(claims.remove("exp").is_some_and(|exp| exp.as_i64() > Some(now_in_seconds())));
        let rest = json!({"sub": "ann", "name": "Ann", "roles": ["admin"]});
        assert_eq!(Value::Object(claims), rest);
    }
}
