//! Tokens of an issuer that publishes its keys. How keys change is tested with a clock of its own, in `access`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::KeyPair;
use serde_json::{Value, json};
use testkit::TestServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::{chat, start};

/// A key of the issuer's.
struct Signer {
    id: &'static str,
    pair: KeyPair,
}

impl Signer {
    fn new(id: &'static str) -> Self {
        Self { id, pair: KeyPair::generate().unwrap() }
    }

    /// As the issuer publishes it.
    fn public(&self) -> Value {
        let point = &self.pair.public_key_raw()[1..];
        let [x, y] = [&point[..32], &point[32..]].map(|part| URL_SAFE_NO_PAD.encode(part));
        json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.id, "x": x, "y": y})
    }

    /// An access token of Amazon Cognito's shape.
    fn token(&self, issuer: &str, client: &str) -> String {
        let claims = json!({
            "sub": "ann", "username": "Ann", "iss": issuer, "client_id": client, "token_use": "access",
            "exp": testkit::now_in_seconds() + 600,
        });
        let header = Header { kid: Some(self.id.to_owned()), ..Header::new(Algorithm::ES256) };
        let key = EncodingKey::from_ec_pem(self.pair.serialize_pem().as_bytes()).unwrap();
        encode(&header, &claims, &key).unwrap()
    }
}

/// Publishes `keys`; where.
async fn publish(keys: Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys.json", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _request = stream.read(&mut [0; 4096]).await;
            let body = keys.to_string();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n", body.len());
            let answer =
                format!("{head}Content-Type: application/json\r\nConnection: close\r\n\r\n{body}");
            let _gone = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

/// How chat takes a token: its own name for the user, or the close's reason.
async fn taken(server: &TestServer, token: &str) -> Result<(), String> {
    let mut ann = chat(server, "math").token(token).open().await;
    ann.send(&json!({"type": "members"})).await;
    match ann.next_or_end().await {
        Some(members) => {
            assert_eq!(members["data"]["users"], json!([{"userId": "ann", "username": "Ann"}]));
            Ok(())
        }
        None => Err(ann.closed().await.1),
    }
}

#[tokio::test]
async fn tokens_of_an_issuer_are_taken_and_those_for_or_of_others_are_not() {
    const ISSUER: &str = "https://issuer.example/pool";
    let (signer, stranger) = (Signer::new("one"), Signer::new("one"));
    let url = publish(json!({"keys": [signer.public()]})).await;
    let server = start(&[
        ("QUINTET_AUTH__JWKS_URL", &url),
        ("QUINTET_AUTH__ISSUER", ISSUER),
        ("QUINTET_AUTH__AUDIENCE", "the-app"),
    ]);
    let refused = Err("Unauthorized".to_owned());
    assert_eq!(taken(&server, &signer.token(ISSUER, "the-app")).await, Ok(()));
    assert_eq!(taken(&server, &signer.token("https://other.example", "the-app")).await, refused);
    assert_eq!(taken(&server, &signer.token(ISSUER, "another-app")).await, refused);
    assert_eq!(taken(&server, &stranger.token(ISSUER, "the-app")).await, refused);
    assert_eq!(
        taken(&server, &testkit::token("ann")).await.err(),
        None,
        "its own tokens are taken too"
    );
}
