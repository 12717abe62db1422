//! `auth.*`: which tokens and which browsers are believed.

use std::time::Duration;

use super::network::{HttpUrl, Origin};
use super::reader::section;
use super::secret::Secret;

section! {
    /// Which tokens are accepted, how long those made here live, and which web pages may connect.
    pub struct Auth {
        /// The secret of HS256 tokens, best 32 bytes or more; without one, the server makes one and
        /// keeps it in `server.data_dir`.
        jwt_secret: Option<Secret> = "", alias "JWT_SECRET";
        /// The life of the tokens that `refreshToken` and `quintet token` make.
        expires_in: Duration = "7d", within "1s" to "3650d", alias "JWT_EXPIRES_IN";
        /// Where the public keys of RS256 and ES256 tokens are (JWKS); best `https`.
        jwks_url: Option<HttpUrl> = "";
        /// The issuer that tokens verified by `auth.jwks_url` must name.
        issuer: Option<String> = "";
        /// The audience (or client id) that tokens verified by `auth.jwks_url` must name.
        audience: Option<String> = "";
        /// The web pages that may connect and call, besides those this server's own host serves.
        frontend_url: Vec<Origin> = "http://localhost:3000", alias "FRONTEND_URL";
    }
}
