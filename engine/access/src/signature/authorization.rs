//! The `Authorization` header of a signed request:
//! `AWS4-HMAC-SHA256 Credential=…/…/…/…/aws4_request, SignedHeaders=…;…, Signature=…`.

use http::{HeaderMap, header};

use super::{ALGORITHM, SignatureError};

/// Letters of a signature.
const SIGNATURE_LETTERS: usize = 64;

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authorization<'a> {
    pub(super) scope: Scope<'a>,
    /// As they stand there: names in lower case, in order, with semicolons between.
    pub(super) signed_headers: &'a str,
    /// Hexadecimal, in lower case.
    pub(super) signature: &'a str,
}

/// Whose key signed, and for what it holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scope<'a> {
    pub(super) key_id: &'a str,
    /// `YYYYMMDD`.
    pub(super) date: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    pub(super) terminator: &'a str,
}

/// Whether a request claims to be signed, well or badly.
#[must_use]
pub fn is_signed(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    values.any(|value| value.as_bytes().trim_ascii_start().starts_with(ALGORITHM.as_bytes()))
}

impl<'a> Authorization<'a> {
    pub(super) fn of(headers: &'a HeaderMap) -> Result<Self, SignatureError> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let value = values.next().filter(|_| values.next().is_none());
        let value = value.and_then(|value| value.to_str().ok());
        value.ok_or(malformed("Authorization has to stand there once")).and_then(Self::parse)
    }

    fn parse(value: &'a str) -> Result<Self, SignatureError> {
        let rest = value.trim().strip_prefix(ALGORITHM).filter(|rest| rest.starts_with(' '));
        let rest = rest.ok_or(malformed("Authorization is not AWS4-HMAC-SHA256"))?;
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in rest.split(',') {
            let (name, value) = part.trim().split_once('=').unwrap_or_default();
            let place = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => return Err(malformed("Authorization has a part that is not known")),
            };
            if place.replace(value).is_some() {
                return Err(malformed("Authorization has a part twice"));
            }
        }
        let parts = credential.zip(signed_headers).zip(signature);
        let ((credential, signed_headers), signature) = parts.ok_or(malformed(
            "Authorization has to have Credential, SignedHeaders and Signature",
        ))?;
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if signature.len() != SIGNATURE_LETTERS || !signature.bytes().all(is_hex) {
            return Err(malformed("Signature has to be 64 hexadecimal digits in lower case"));
        }
        Ok(Self { scope: Scope::parse(credential)?, signed_headers, signature })
    }
}

impl<'a> Scope<'a> {
    fn parse(credential: &'a str) -> Result<Self, SignatureError> {
        // From the right: only the key id may have a slash.
        let mut parts = credential.rsplitn(5, '/');
        let mut next = || parts.next().filter(|part| !part.is_empty());
        let wanted = malformed("Credential has to be KEY/DATE/REGION/SERVICE/aws4_request");
        let (Some(terminator), Some(service), Some(region), Some(date), Some(key_id)) =
            (next(), next(), next(), next(), next())
        else {
            return Err(wanted);
        };
        Ok(Self { key_id, date, region, service, terminator })
    }
}

const fn malformed(problem: &'static str) -> SignatureError {
    SignatureError::Malformed(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNATURE: &str = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";

    #[test]
    fn the_parts_are_read_in_any_order_and_with_any_blanks() {
        let in_order = format!(
            "AWS4-HMAC-SHA256 Credential=K/D/R/S/T, SignedHeaders=host, Signature={SIGNATURE}"
        );
        let read = Authorization::parse(&in_order).unwrap();
        let scope = Scope { key_id: "K", date: "D", region: "R", service: "S", terminator: "T" };
        let expected = Authorization { scope, signed_headers: "host", signature: SIGNATURE };
        assert_eq!(read, expected);
        let otherwise = format!(
            "AWS4-HMAC-SHA256  Signature={SIGNATURE},Credential=K/D/R/S/T ,  SignedHeaders=host"
        );
        assert_eq!(Authorization::parse(&otherwise).unwrap(), expected);
    }

    #[test]
    fn what_is_not_in_its_form_is_refused() {
        let (upper, short) = (SIGNATURE.to_uppercase(), &SIGNATURE[1..]);
        for value in [
            String::new(),
            "Bearer x".to_owned(),
            "AWS4-HMAC-SHA256".to_owned(),
            format!("AWS4-HMAC-SHA256 Credential=K/D/R/S/T, Signature={SIGNATURE}"),
            format!("AWS4-HMAC-SHA256 SignedHeaders=host, Signature={SIGNATURE}"),
            "AWS4-HMAC-SHA256 Credential=K/D/R/S/T, SignedHeaders=host".to_owned(),
            format!("AWS4-HMAC-SHA256 Credential=K/D/R/S/T, SignedHeaders=host, Signature={upper}"),
            format!("AWS4-HMAC-SHA256 Credential=K/D/R/S/T, SignedHeaders=host, Signature={short}"),
            format!(
                "AWS4-HMAC-SHA256 Credential=D/R/S/T, SignedHeaders=host, Signature={SIGNATURE}"
            ),
            format!(
                "AWS4-HMAC-SHA256 Credential=/D/R/S/T, SignedHeaders=host, Signature={SIGNATURE}"
            ),
            format!(
                "AWS4-HMAC-SHA256 Credential=K/D//S/T, SignedHeaders=host, Signature={SIGNATURE}"
            ),
            format!(
                "AWS4-HMAC-SHA256 Credential=K/D/R/S/T, Credential=K/D/R/S/T, SignedHeaders=host, \
                 Signature={SIGNATURE}"
            ),
            format!(
                "AWS4-HMAC-SHA256 Credential=K/D/R/S/T, SignedHeaders=host, Signature={SIGNATURE}, x"
            ),
            format!(
                "AWS4-HMAC-SHA256Credential=K/D/R/S/T, SignedHeaders=host, Signature={SIGNATURE}"
            ),
        ] {
            let refused = Authorization::parse(&value);
            assert!(matches!(refused, Err(SignatureError::Malformed(_))), "{value}: {refused:?}");
        }
    }
}
