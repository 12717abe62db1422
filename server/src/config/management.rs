//! `management.*`: who may use the management API besides administrators.

use super::reader::{Reader, section};
use super::secret::Secret;
use super::value::{Value, optional};

/// Letters of an access key id.
const ID_LETTERS_MAX: usize = 128;
/// Bytes under which a secret is short enough to be guessed.
const SECRET_BYTES_MIN: usize = 32;

/// The public half of an access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKeyId(String);

impl Value for AccessKeyId {
    const FORMAT: &'static str = "letters, digits, `-` and `_`";

    fn parse(text: &str) -> Result<Self, String> {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if (1..=ID_LETTERS_MAX).contains(&text.len()) && text.bytes().all(is_letter) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("must be up to {ID_LETTERS_MAX} letters, digits, `-` and `_`"))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

optional!(AccessKeyId);

section! {
    /// The management API, which speaks like API Gateway's (`/@connections/{id}`). It takes requests that
    /// are signed with this access key (AWS Signature Version 4), and tokens with the role `admin`.
    pub struct Management {
        /// The access key id that requests are signed with; without one only tokens are taken.
        access_key_id: Option<AccessKeyId> = "";
        /// The secret access key that requests are signed with.
        secret_access_key: Option<Secret> = "";
    }
}

impl Management {
    /// The access key, id and secret, where there is one.
    #[must_use]
    pub fn key(&self) -> Option<(&str, &str)> {
        let AccessKeyId(id) = self.access_key_id.as_ref()?;
        Some((id, self.secret_access_key.as_ref()?.expose()))
    }
}

/// Tells of half an access key, and warns of one that is weak.
pub(super) fn check(management: &Management, reader: &mut Reader<'_>, warnings: &mut Vec<String>) {
    let (id, secret) = ("management.access_key_id", "management.secret_access_key");
    match (&management.access_key_id, &management.secret_access_key) {
        (Some(_), None) => reader.refuse(id, "needs management.secret_access_key as well"),
        (None, Some(_)) => reader.refuse(secret, "needs management.access_key_id as well"),
        (Some(_), Some(key)) if key.expose().len() < SECRET_BYTES_MIN => {
            let source = reader.source(secret);
            warnings.push(format!(
                "{secret} ({source}) is shorter than {SECRET_BYTES_MIN} bytes and can be guessed"
            ));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Flag, Inputs};

    fn load(keys: &[(&'static str, &str)]) -> Result<Config, String> {
        let flags = keys
            .iter()
            .map(|(key, text)| Flag { name: key, key, text: (*text).to_owned() })
            .collect();
        Config::load(&Inputs { flags, ..Inputs::default() }).map_err(|error| error.to_string())
    }

    const ID: (&str, &str) = ("management.access_key_id", "AKIDEXAMPLE");
    const SECRET: (&str, &str) =
        ("management.secret_access_key", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");

    #[test]
    fn a_key_is_whole_or_none() {
        assert_eq!(load(&[]).unwrap().management.key(), None);
        let whole = load(&[ID, SECRET]).unwrap();
        assert_eq!(whole.management.key(), Some((ID.1, SECRET.1)));
        assert!(whole.warnings.is_empty(), "{:?}", whole.warnings);
        let told = load(&[ID]).unwrap_err();
        assert!(told.contains("needs management.secret_access_key"), "{told}");
        let told = load(&[SECRET]).unwrap_err();
        assert!(
            told.contains("needs management.access_key_id") && !told.contains("wJalr"),
            "{told}"
        );
    }

    #[test]
    fn a_short_secret_is_warned_of_and_an_id_that_no_signature_can_carry_is_refused() {
        let short = load(&[ID, ("management.secret_access_key", "short-one")]).unwrap();
        assert!(short.warnings[0].contains("can be guessed"), "{:?}", short.warnings);
        assert!(!short.warnings[0].contains("short-one"));
        for id in ["A/B", "A,B", "A B", &"A".repeat(129)] {
            let told = load(&[("management.access_key_id", id), SECRET]).unwrap_err();
            assert!(told.contains("management.access_key_id"), "{told}");
        }
    }
}
