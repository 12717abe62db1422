//! What a token says, once its signature was found good.
//!
//! **Invariants.** A claim of the wrong type never counts as absent where its absence would open
//! more: a bad `nbf`, `iat` or `contexts` refuses the token.

use std::sync::Arc;

use model::{Identity, Name, Role, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Claims, TokenError, strict_json};

/// How far the issuer's clock may be from ours.
const LEEWAY_MILLIS: i64 = 5_000;
/// The last second of the year 9999; a time past it is one in another unit.
const SECONDS_MAX: i64 = 253_402_300_799;
/// The longest display name, in characters; longer ones are cut.
const USERNAME_CHARS_MAX: usize = 256;
/// The claims that may hold the display name, the best first.
const USERNAMES: [&str; 4] = ["name", "username", "cognito:username", "email"];

/// Whom a token must come from and be for.
#[derive(Clone, Copy)]
pub(super) struct Audience<'a> {
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
}

/// Who the claims say somebody is, if they hold now and for us.
pub(super) fn identity(
    payload: &str,
    now: Timestamp,
    audience: Option<Audience<'_>>,
) -> Result<Identity, TokenError> {
    let claims = strict_json::object(payload).ok_or(TokenError::Invalid)?;
    if audience.is_some_and(|audience| !audience.is_met_by(&claims)) {
        return Err(TokenError::Invalid);
    }
    let user_id = claims.get("sub").and_then(Value::as_str).ok_or(TokenError::Invalid)?;
    Name::new(user_id).map_err(|_| TokenError::Invalid)?;
    let expires_at = seconds(&claims, "exp")?.ok_or(TokenError::Invalid)?;
    let issued_at = seconds(&claims, "iat")?;
    let begins = [seconds(&claims, "nbf")?, issued_at];
    if begins.into_iter().flatten().any(|at| at > now.plus_millis(LEEWAY_MILLIS)) {
        return Err(TokenError::Invalid);
    }
    let contexts = contexts(&claims)?;
    if expires_at.plus_millis(LEEWAY_MILLIS) <= now {
        return Err(TokenError::Expired);
    }
    let user_id: Arc<str> = user_id.into();
    let username = username(&claims).unwrap_or_else(|| Arc::clone(&user_id));
    let (roles, is_ours) = (roles(&claims), audience.is_none());
    Ok(Identity { user_id, username, roles, contexts, issued_at, is_ours, expires_at })
}

impl Audience<'_> {
    fn is_met_by(self, claims: &Map<String, Value>) -> bool {
        let is = |name: &str, wanted: &str| claims.get(name).is_some_and(|value| value == wanted);
        let is_for_us = match claims.get("token_use").map(Value::as_str) {
            None => is("aud", self.audience) || self.is_listed_in(claims.get("aud")),
            Some(Some("id")) => is("aud", self.audience),
            Some(Some("access")) => is("client_id", self.audience),
            Some(_) => false,
        };
        is("iss", self.issuer) && is_for_us
    }

    fn is_listed_in(self, aud: Option<&Value>) -> bool {
        let listed = aud.and_then(Value::as_array);
        listed.is_some_and(|listed| {
            listed.iter().all(Value::is_string) && listed.iter().any(|it| it == self.audience)
        })
    }
}

/// A time in whole seconds; text and fractions are no times.
fn seconds(claims: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, TokenError> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    match value.as_i64() {
        Some(secs @ 0..=SECONDS_MAX) => Ok(Some(Timestamp::from_secs(secs))),
        _ => Err(TokenError::Invalid),
    }
}

fn contexts(claims: &Map<String, Value>) -> Result<Option<Vec<String>>, TokenError> {
    let Some(value) = claims.get("contexts") else { return Ok(None) };
    let names = value.as_array().ok_or(TokenError::Invalid)?.iter();
    let names = names.map(|name| name.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
    names.map(Some).ok_or(TokenError::Invalid)
}

fn username(claims: &Map<String, Value>) -> Option<Arc<str>> {
    let names = USERNAMES.iter().filter_map(|name| claims.get(*name)?.as_str());
    let name = names.map(str::trim).find(|name| !name.is_empty())?;
    Some(name.chars().take(USERNAME_CHARS_MAX).collect::<String>().into())
}

/// The roles the server knows, of `roles`, or of `cognito:groups` where there is no `roles`.
fn roles(claims: &Map<String, Value>) -> Vec<Role> {
    let listed = claims.get("roles").or_else(|| claims.get("cognito:groups"));
    let listed = listed.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let has = |name: &str| listed.iter().any(|role| role == name);
    let known = [("admin", Role::Admin), ("publisher", Role::Publisher)];
    known.into_iter().filter(|(name, _)| has(name)).map(|(_, role)| role).collect()
}

/// The claims as they stand in a token.
#[derive(Serialize)]
struct Written<'a> {
    sub: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    roles: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    contexts: Option<&'a [String]>,
    iat: i64,
    exp: i64,
}

/// The payload of a token that is issued at `now`.
pub(super) fn to_json(claims: &Claims, now: Timestamp) -> Vec<u8> {
    let iat = now.as_secs();
    let life = i64::try_from(claims.life.as_secs()).unwrap_or(SECONDS_MAX);
    let written = Written {
        sub: &claims.user_id,
        name: claims.name.as_deref(),
        roles: &claims.roles,
        contexts: claims.contexts.as_deref(),
        iat,
        exp: iat.saturating_add(life).min(SECONDS_MAX),
    };
    serde_json::to_vec(&written).expect("texts and numbers are JSON")
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn read(claims: &Value) -> Result<Identity, TokenError> {
        identity(&URL_SAFE_NO_PAD.encode(claims.to_string()), NOW, None)
    }

    fn read_for_us(mut claims: Value) -> bool {
        claims["sub"] = "ann".into();
        claims["exp"] = json!(1_800_000_100);
        let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
        identity(&payload, NOW, Some(Audience { issuer: "https://us", audience: "app" })).is_ok()
    }

    #[test]
    fn the_display_name_is_the_first_there_is() {
        let mut claims = json!({
            "sub": "s", "exp": 1_800_000_100, "email": "e", "cognito:username": "c",
            "username": "u", "name": "n",
        });
        for (expected, next) in
            [("n", "name"), ("u", "username"), ("c", "cognito:username"), ("e", "email")]
        {
            assert_eq!(&*read(&claims).unwrap().username, expected);
            claims[next] = if next == "username" { json!(" ") } else { json!(7) };
        }
        assert_eq!(&*read(&claims).unwrap().username, "s");
    }

    #[test]
    fn roles_come_from_roles_or_from_cognitos_groups() {
        let roles = |extra: Value| {
            let mut claims = json!({"sub": "s", "exp": 1_800_000_100});
            for (name, value) in extra.as_object().unwrap() {
                claims[name.as_str()] = value.clone();
            }
            read(&claims).unwrap().roles
        };
        assert_eq!(roles(json!({"roles": ["x", "admin"]})), [Role::Admin]);
        assert_eq!(roles(json!({"cognito:groups": ["publisher"]})), [Role::Publisher]);
        assert!(roles(json!({"roles": [], "cognito:groups": ["admin"]})).is_empty());
        assert!(roles(json!({"roles": "admin"})).is_empty());
        assert!(roles(json!({"role": ["admin"]})).is_empty());
    }

    #[test]
    fn a_token_is_good_until_five_seconds_past_its_end_and_from_five_before_its_start() {
        let at = |name: &str, secs: i64| {
            let mut claims = json!({"sub": "s", "exp": 1_800_000_100});
            claims[name] = json!(secs);
            read(&claims).map(|_| ())
        };
        assert_eq!(at("exp", 1_799_999_996), Ok(()));
        assert_eq!(at("exp", 1_799_999_995), Err(TokenError::Expired));
        for name in ["nbf", "iat"] {
            assert_eq!(at(name, 1_800_000_005), Ok(()));
            assert_eq!(at(name, 1_800_000_006), Err(TokenError::Invalid));
        }
    }

    #[test]
    fn a_list_of_contexts_that_is_none_refuses_the_token() {
        let with = |contexts: Value| {
            read(&json!({"sub": "s", "exp": 1_800_000_100, "contexts": contexts}))
                .map(|identity| identity.contexts.unwrap())
        };
        assert_eq!(with(json!(["a", "b"])).unwrap(), ["a", "b"]);
        assert_eq!(with(json!([])).unwrap(), [""; 0]);
        for wrong in [json!("a"), json!(null), json!(["a", 1]), json!({})] {
            assert!(with(wrong).is_err());
        }
    }

    #[test]
    fn a_token_must_be_from_the_issuer_and_for_the_audience() {
        let iss = "https://us";
        assert!(read_for_us(json!({"iss": iss, "aud": "app"})));
        assert!(read_for_us(json!({"iss": iss, "aud": ["other", "app"]})));
        assert!(read_for_us(json!({"iss": iss, "token_use": "id", "aud": "app"})));
        assert!(read_for_us(json!({"iss": iss, "token_use": "access", "client_id": "app"})));
        for wrong in [
            json!({"aud": "app"}),
            json!({"iss": "https://us/", "aud": "app"}),
            json!({"iss": ["https://us"], "aud": "app"}),
            json!({"iss": iss}),
            json!({"iss": iss, "aud": "other"}),
            json!({"iss": iss, "aud": ["app", 1]}),
            json!({"iss": iss, "client_id": "app"}),
            json!({"iss": iss, "token_use": "id", "client_id": "app"}),
            json!({"iss": iss, "token_use": "id", "aud": ["app"]}),
            json!({"iss": iss, "token_use": "access", "aud": "app"}),
            json!({"iss": iss, "token_use": "refresh", "aud": "app"}),
            json!({"iss": iss, "token_use": null, "aud": "app"}),
        ] {
            assert!(!read_for_us(wrong.clone()), "{wrong}");
        }
    }
}
