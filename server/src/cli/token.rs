//! `quintet token`: signs a token with the server's own secret.

use std::error::Error;
use std::io::Write;

use clap::Args;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use model::{Clock, Name, SystemClock};
use serde::Serialize;

use super::{ConfigOptions, Outcome};
use crate::config::{Config, Flag};

const EXAMPLES: &str = "\
Examples:
  quintet token --sub ann --name Ann
  quintet token --sub ops --role admin --ttl 1h
  TOKEN=$(quintet token --sub ann)

The token is signed (HS256) with JWT_SECRET, else with the secret the server keeps in its data
directory: run this where the server runs, or with the same --data-dir.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    /// The user's id, 1 to 256 characters
    #[arg(long, value_name = "ID")]
    sub: String,
    /// The name others see
    #[arg(long)]
    name: Option<String>,
    /// A role, such as admin or publisher; may be given several times
    #[arg(long = "role", value_name = "R")]
    roles: Vec<String>,
    /// How long it lives, such as 30m or 7d [key: auth.expires_in] [default: 7d]
    #[arg(long, value_name = "TIME")]
    ttl: Option<String>,
    #[command(flatten)]
    config: ConfigOptions,
}

/// What the token says.
#[derive(Debug, Serialize)]
struct Claims<'a> {
    sub: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    roles: &'a [String],
    /// Seconds since 1970.
    iat: i64,
    /// Seconds since 1970.
    exp: i64,
}

pub(super) fn run(options: Options, out: &mut impl Write) -> Outcome {
    let Options { sub, name, roles, ttl, config } = options;
    let ttl = ttl.map(|text| Flag { name: "--ttl", key: "auth.expires_in", text });
    let config = config.load(ttl.into_iter().collect())?;
    writeln!(out, "{}", sign(&config, &sub, name.as_deref(), &roles)?)?;
    Ok(())
}

/// A token for `sub` that lives as long as the configuration says, signed with the server's secret.
///
/// # Errors
/// `sub` is not 1 to 256 characters without control characters; the secret cannot be had.
pub fn sign(
    config: &Config,
    sub: &str,
    name: Option<&str>,
    roles: &[String],
) -> Result<String, Box<dyn Error + Send + Sync>> {
    Name::new(sub).map_err(|error| format!("--sub {error}"))?;
    let life = i64::try_from(config.auth.expires_in.as_secs())?;
    let iat = SystemClock::new().wall().as_millis() / 1000;
    let key = EncodingKey::from_secret(config.jwt_secret()?.expose().as_bytes());
    let claims = Claims { sub, name, roles, iat, exp: iat + life };
    Ok(jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)?)
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::Value;

    use super::*;
    use crate::config::{Inputs, load_or_create};

    /// A configuration that takes nothing from this process, with its data in `data_dir`.
    fn config(data_dir: &std::path::Path) -> Config {
        let flag = |name, key, text: &str| Flag { name, key, text: text.to_owned() };
        let data_dir = data_dir.display().to_string();
        let flags = vec![
            flag("--data-dir", "server.data_dir", &data_dir),
            flag("--ttl", "auth.expires_in", "1h"),
        ];
        Config::load(&Inputs { flags, ..Inputs::default() }).unwrap()
    }

    #[test]
    fn a_token_carries_what_was_asked_for_and_is_signed_with_the_kept_secret() {
        let folder = tempfile::tempdir().unwrap();
        let roles = ["admin".to_owned(), "publisher".to_owned()];
        let token = sign(&config(folder.path()), "ann", Some("Ann"), &roles).unwrap();
        let secret = load_or_create(folder.path()).unwrap();
        let key = DecodingKey::from_secret(secret.expose().as_bytes());
        let validation = Validation::new(Algorithm::HS256);
        let claims = jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap().claims;
        assert_eq!(claims["sub"], "ann");
        assert_eq!(claims["name"], "Ann");
        assert_eq!(claims["roles"], serde_json::json!(["admin", "publisher"]));
        let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
        assert_eq!(life, 3600);
    }

    #[test]
    fn a_user_id_that_no_server_would_take_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for sub in [String::new(), "x".repeat(257), "a\nb".to_owned()] {
            assert!(sign(&config(folder.path()), &sub, None, &[]).is_err());
        }
    }
}
