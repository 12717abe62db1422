//! Requests signed as the AWS SDKs do it (Signature Version 4), for the management API.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use model::Timestamp;
use sha2::{Digest, Sha256};

/// Signs requests with an access key.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The access key id.
    pub id: String,
    /// The secret access key.
    pub secret: String,
    /// The region that is signed for.
    pub region: String,
    /// The service that is signed for.
    pub service: String,
}

impl Signer {
    /// Signs with this key for `execute-api`, in a region of no meaning.
    #[must_use]
    pub fn new(id: &str, secret: &str) -> Self {
        let (region, service) = ("eu-central-1".to_owned(), "execute-api".to_owned());
        Self { id: id.to_owned(), secret: secret.to_owned(), region, service }
    }

    /// The headers that sign a request to `host` at `at`: `x-amz-date` and `authorization`. The path
    /// is as it is sent and has no query.
    #[must_use]
    pub fn sign(
        &self,
        (method, host, path): (&str, &str, &str),
        body: &[u8],
        at: Timestamp,
    ) -> [(&'static str, String); 2] {
        let stamp = at.to_string().replace(['-', ':'], "").replace(".000", "");
        let date = &stamp[..8];
        let (again, body) = (encode(path), hex(&Sha256::digest(body)));
        let request = format!(
            "{method}\n{again}\n\nhost:{host}\nx-amz-date:{stamp}\n\nhost;x-amz-date\n{body}"
        );
        let scope = format!("{date}/{}/{}/aws4_request", self.region, self.service);
        let request = hex(&Sha256::digest(request));
        let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{request}");
        let mut key = format!("AWS4{}", self.secret).into_bytes();
        for part in [date, &self.region, &self.service, "aws4_request", &text] {
            key = hmac(&key, part);
        }
        let signature = hex(&key);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders=host;x-amz-date, \
             Signature={signature}",
            self.id
        );
        [("x-amz-date", stamp), ("authorization", authorization)]
    }
}

/// The path, percent-encoded once more.
fn encode(path: &str) -> String {
    let mut encoded = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of this method has any length");
    mac.chain_update(text).finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_request_gets_its_published_signature() {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let mut signer = Signer::new("AKIDEXAMPLE", secret);
        (signer.region, signer.service) = ("us-east-1".to_owned(), "service".to_owned());
        let at = Timestamp::from_secs(1_440_938_160);
        let request = ("POST", "example.amazonaws.com", "/");
        let [(_, stamp), (_, authorization)] = signer.sign(request, b"", at);
        assert_eq!(stamp, "20150830T123600Z");
        let signature = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
        assert!(authorization.ends_with(signature), "{authorization}");
    }
}
