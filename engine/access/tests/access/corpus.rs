//! Tokens that are no good, all refused; and good ones that differ from them by one thing.

use access::{Claims, TokenError, claimed_user};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

use crate::issuer::IssuerServer;
use crate::support::{
    AUDIENCE, NOW, SECRET, Signer, Verifier, claims, claims_from, encode, hs256, with,
};

const ISSUER: &str = "https://issuer.example";
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// Bad tokens, each with what is bad about it.
struct Corpus(Vec<(String, String)>);

impl Corpus {
    fn add(&mut self, what: impl Into<String>, token: impl Into<String>) {
        self.0.push((what.into(), token.into()));
    }

    /// Headers, signed with our secret all the same.
    fn headers(&mut self) {
        for alg in ["none", "None", "NONE", "nOnE", "hs256", "HS384", "HS512", "PS256", "EdDSA", ""]
        {
            let header = json!({"alg": alg}).to_string();
            self.add(format!("alg {alg}"), hs256(&header, &claims().to_string(), SECRET));
        }
        for header in [
            r#"{}"#,
            r#"{"alg":null}"#,
            r#"{"alg":["HS256"]}"#,
            r#"{"alg":256}"#,
            r#"{"alg":"HS256","alg":"none"}"#,
            r#"{"alg":"HS256","crit":["exp"]}"#,
            r#"{"alg":"HS256","crit":[]}"#,
            r#"{"alg":"HS256","crit":["b64"],"b64":false}"#,
            r#"{"alg":"HS256","b64":false}"#,
            r#"{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}"#,
            r#"{"alg":"HS256","jku":"https://evil.example/jwks"}"#,
            r#"{"alg":"HS256","x5u":"https://evil.example/x"}"#,
            r#"{"alg":"HS256","x5c":["AAAA"]}"#,
            r#"{"alg":"HS256","zip":"DEF"}"#,
            r#"{"alg":"HS256","kid":7}"#,
            r#"{"alg":"HS256","kid":""}"#,
            r#"{"alg":"HS256","kid":"a\r\nSet-Cookie: x"}"#,
            r#"{"alg":"HS256","kid":null}"#,
            r#"{"alg":"HS256","kid":{"a":1}}"#,
            r#"{"alg":"HS256","kid":"a\u0000b"}"#,
            r#"{"alg":"HS256","enc":"A256GCM"}"#,
            r#"{"alg":"HS256 "}"#,
            r#"{"Alg":"HS256"}"#,
            r#"{"alg":"HS256"}{"alg":"none"}"#,
            r#"["HS256"]"#,
            r#""HS256""#,
            "HS256",
            "",
            "{",
        ] {
            self.add(format!("header {header}"), hs256(header, &claims().to_string(), SECRET));
        }
        let kid = json!({"alg": "HS256", "kid": "k".repeat(1_000)}).to_string();
        self.add("long kid", hs256(&kid, &claims().to_string(), SECRET));
    }

    /// Claims, signed with our secret.
    fn claims(&mut self) {
        let exp = NOW + 3600;
        for members in [
            json!({"sub": ""}),
            json!({"sub": null}),
            json!({"sub": 7}),
            json!({"sub": ["ann"]}),
            json!({"sub": "a\nb"}),
            json!({"sub": "x".repeat(257)}),
            json!({"exp": null}),
            json!({"exp": exp.to_string()}),
            json!({"exp": 1_800_003_600.0}),
            json!({"exp": 1e300}),
            json!({"exp": -1}),
            json!({"exp": 0}),
            json!({"exp": NOW - 5}),
            json!({"exp": true}),
            json!({"exp": [exp]}),
            json!({"exp": u64::MAX}),
            json!({"exp": i64::MAX}),
            json!({"exp": exp * 1000}),
            json!({"exp": {}}),
            json!({"exp": 1_800_003_600.5}),
            json!({"exp": i64::MIN}),
            json!({"nbf": [NOW]}),
            json!({"nbf": -1}),
            json!({"nbf": true}),
            json!({"iat": null}),
            json!({"iat": NOW + 9_000_000}),
            json!({"contexts": {"math": true}}),
            json!({"nbf": NOW + 6}),
            json!({"nbf": NOW.to_string()}),
            json!({"nbf": (NOW + 900).to_string()}),
            json!({"nbf": 1.5}),
            json!({"nbf": null}),
            json!({"iat": NOW + 6}),
            json!({"iat": "now"}),
            json!({"iat": 1e300}),
            json!({"contexts": "math"}),
            json!({"contexts": [1]}),
            json!({"contexts": null}),
        ] {
            let what = members.to_string().chars().take(60).collect::<String>();
            let claims = with(claims(), members).to_string();
            self.add(what, hs256(HEADER, &claims, SECRET));
        }
        for claims in [
            r#"{"exp":1800003600}"#.to_owned(),
            r#"{"sub":"ann"}"#.to_owned(),
            r#"{"sub":"ann","exp":1800003600,"sub":"bob"}"#.to_owned(),
            r#"{"sub":"ann","exp":1,"exp":1800003600}"#.to_owned(),
            r#"{"sub":"ann","exp":1800003600,"roles":[],"roles":["admin"]}"#.to_owned(),
            r#"{"sub":"ann","exp":1800003600,"x":{"a":1,"a":2}}"#.to_owned(),
            r#"[{"sub":"ann","exp":1800003600}]"#.to_owned(),
            r#"{"sub":"ann","exp":1800003600}x"#.to_owned(),
            r#"{"sub":"ann","exp":1e999}"#.to_owned(),
            format!(
                r#"{{"sub":"ann","exp":1800003600,"x":{}1{}}}"#,
                "[".repeat(200),
                "]".repeat(200)
            ),
            "null".to_owned(),
            String::new(),
        ] {
            self.add(claims.chars().take(60).collect::<String>(), hs256(HEADER, &claims, SECRET));
        }
    }

    /// A good token, bent.
    fn forms(&mut self) {
        let good = hs256(HEADER, &claims().to_string(), SECRET);
        let (message, signature) = good.rsplit_once('.').unwrap();
        let (header, payload) = message.split_once('.').unwrap();
        let other = encode(with(claims(), json!({"sub": "bob"})).to_string());
        let padded = base64::engine::general_purpose::URL_SAFE.encode(claims().to_string());
        for (what, token) in [
            ("no text", String::new()),
            ("dots", "..".to_owned()),
            ("one part", header.to_owned()),
            ("no signature part", message.to_owned()),
            ("empty signature", format!("{message}.")),
            ("trailing part", format!("{good}.{payload}")),
            ("trailing dot", format!("{good}.")),
            ("empty claims", format!("{header}..{signature}")),
            ("other claims", format!("{header}.{other}.{signature}")),
            ("cut signature", good[..good.len() - 1].to_owned()),
            ("longer signature", format!("{good}AAAA")),
            ("space before", format!(" {good}")),
            ("line break behind", format!("{good}\n")),
            ("scheme in it", format!("Bearer {good}")),
            ("standard base64", STANDARD.encode(&good)),
            ("padding", format!("{header}.{padded}==.{signature}")),
            ("NUL", format!("{header}.{payload}\0.{signature}")),
            ("not ASCII", format!("{header}.é{payload}.{signature}")),
        ] {
            self.add(what, token);
        }
        let none = encode(r#"{"alg":"none"}"#);
        self.add("none, unsigned", format!("{none}.{payload}."));
        self.add("none, with a signature", format!("{none}.{payload}.{signature}"));
        let long = with(claims(), json!({"x": "y".repeat(8 * 1024)})).to_string();
        self.add("over 8 KiB", hs256(HEADER, &long, SECRET));
        for secret in [&b""[..], b"secret", &SECRET[..SECRET.len() - 1], b"\0"] {
            let what = format!("signed with {}", secret.escape_ascii());
            self.add(what, hs256(HEADER, &claims().to_string(), secret));
        }
        for kid in ["../../../dev/null", "' UNION SELECT '", "|id"] {
            let header = json!({"alg": "HS256", "kid": kid}).to_string();
            self.add(format!("kid {kid}"), hs256(&header, &claims().to_string(), b""));
        }
    }

    /// Against the issuer's keys, which everybody can read.
    fn keys(&mut self, rsa: &Signer, ec: &Signer) {
        let claims = claims_from(ISSUER);
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(&rsa.public_der)
        );
        let modulus = rsa.jwk["n"].as_str().unwrap();
        for (what, key) in [
            ("RSA PEM", pem.as_bytes()),
            ("RSA DER", &rsa.public_der),
            ("RSA modulus", modulus.as_bytes()),
            ("EC point", &ec.public_der),
        ] {
            for alg in ["HS256", "RS256", "ES256"] {
                let header = json!({"alg": alg, "kid": rsa.kid()}).to_string();
                self.add(
                    format!("{what} as a secret, {alg}"),
                    hs256(&header, &claims.to_string(), key),
                );
            }
        }
        let header = |alg: &str, kid: &str| json!({"alg": alg, "kid": kid});
        self.add("RSA key as ES256", rsa.sign_as(&header("ES256", rsa.kid()), &claims));
        self.add("RSA key as HS256", rsa.sign_as(&header("HS256", rsa.kid()), &claims));
        self.add(
            "RSA token with the EC key's id",
            rsa.sign_as(&header("RS256", ec.kid()), &claims),
        );
        self.add(
            "EC token with the RSA key's id",
            ec.sign_as(&header("ES256", rsa.kid()), &claims),
        );
        self.add("no kid", ec.sign_as(&json!({"alg": "ES256"}), &claims));
        self.add("our secret and their header", {
            hs256(&header("ES256", ec.kid()).to_string(), &claims.to_string(), SECRET)
        });
        let own = Signer::ec(ec.kid());
        self.add("another key of that id", own.sign(&claims));
        let embedded = json!({"alg": "ES256", "kid": own.kid(), "jwk": own.jwk});
        self.add("its own key in the header", own.sign_as(&embedded, &claims));
        let message = format!(
            "{}.{}",
            encode(header("ES256", ec.kid()).to_string()),
            encode(claims.to_string())
        );
        for (what, bytes) in
            [("r=s=0", [0; 64]), ("r=s=1", std::array::from_fn(|i| u8::from(i % 32 == 31)))]
        {
            self.add(what, format!("{message}.{}", encode(bytes)));
        }
        self.add("an empty ES256 signature", format!("{message}."));
        for members in [
            json!({"iss": "https://issuer.example/"}),
            json!({"iss": null}),
            json!({"iss": [ISSUER]}),
            json!({"aud": "another"}),
            json!({"aud": ["another"]}),
            json!({"aud": null}),
            json!({"aud": {"the-app": 1}}),
            json!({"token_use": "id", "aud": [AUDIENCE]}),
            json!({"token_use": "access"}),
            json!({"token_use": "access", "client_id": "another"}),
            json!({"token_use": "refresh"}),
            json!({"exp": NOW - 60}),
            json!({"nbf": NOW + 60}),
        ] {
            self.add(format!("issuer's, {members}"), ec.sign(&with(claims.clone(), members)));
        }
    }
}

#[tokio::test]
async fn no_bad_token_is_accepted() {
    let (rsa, ec) = (Signer::rsa("the-rsa"), Signer::ec("the-ec"));
    let server = IssuerServer::with_keys(&[&rsa, &ec]).await;
    let verifier = Verifier::new(Some((&server.url(), ISSUER)));
    let mut corpus = Corpus(Vec::new());
    corpus.headers();
    corpus.claims();
    corpus.forms();
    corpus.keys(&rsa, &ec);
    assert!(corpus.0.len() >= 150, "{}", corpus.0.len());
    for (what, token) in &corpus.0 {
        let outcome = verifier.tokens.verify(token).await;
        let refused = matches!(outcome, Err(TokenError::Invalid | TokenError::Expired));
        assert!(refused, "{what}: {outcome:?}");
    }
    for good in [
        hs256(HEADER, &claims().to_string(), SECRET),
        rsa.sign(&claims_from(ISSUER)),
        ec.sign(&claims_from(ISSUER)),
    ] {
        verifier.tokens.verify(&good).await.unwrap();
    }
    assert_eq!(server.requests(), 1);
}

#[test]
fn without_an_issuer_only_the_secret_signs() {
    let verifier = Verifier::new(None);
    let signer = Signer::ec("key");
    let outcome = verifier.tokens.verify_now(&signer.sign(&claims()));
    assert_eq!(outcome, Some(Err(TokenError::Invalid)));
}

#[test]
fn a_token_signed_here_is_accepted_here_and_says_what_it_was_told_to() {
    let verifier = Verifier::new(None);
    let claims = Claims {
        user_id: "ann".to_owned(),
        name: Some("Ann Ä".to_owned()),
        roles: vec!["publisher".to_owned(), "other".to_owned()],
        contexts: Some(vec!["math".to_owned()]),
        life: Duration::from_secs(60),
    };
    let token = verifier.tokens.sign(&claims).unwrap();
    let identity = verifier.tokens.verify_now(&token).unwrap().unwrap();
    assert_eq!((&*identity.user_id, &*identity.username), ("ann", "Ann Ä"));
    assert!(identity.is_publisher() && !identity.is_admin());
    assert!(identity.may_enter("math") && !identity.may_enter("art"));
    assert_eq!(identity.expires_at, Timestamp::from_secs(NOW + 60));
    assert_eq!(claimed_user(&token).as_deref(), Some("ann"));
    verifier.pass_seconds(65);
    assert_eq!(verifier.tokens.verify_now(&token), Some(Err(TokenError::Expired)));
    assert!(verifier.tokens.sign(&Claims { user_id: String::new(), ..claims }).is_err());
}

#[tokio::test]
async fn a_revoked_users_older_tokens_are_refused_and_newer_ones_are_not() {
    let verifier = Verifier::new(None);
    let issued = |at: i64| {
        let claims = with(claims(), json!({"iat": at}));
        hs256(HEADER, &claims.to_string(), SECRET)
    };
    verifier.tokens.verify(&issued(NOW - 1)).await.unwrap();
    verifier.revocations.revoke("ann", Timestamp::from_secs(NOW)).await.unwrap();
    assert_eq!(verifier.tokens.verify(&issued(NOW - 1)).await, Err(TokenError::Revoked));
    let undated = hs256(HEADER, &claims().to_string(), SECRET);
    assert_eq!(verifier.tokens.verify(&undated).await, Err(TokenError::Revoked));
    verifier.tokens.verify(&issued(NOW)).await.unwrap();
}

#[test]
fn no_debug_text_and_no_error_shows_a_secret() {
    let verifier = Verifier::new(None);
    let config = access::TokenConfig { secret: SECRET.to_vec(), jwks: None };
    let shown = format!("{config:?} {:?}", verifier.tokens);
    let secret = format!("{SECRET:?}");
    assert!(!shown.contains("secret") && !shown.contains(&secret[1..20]), "{shown}");
    let nobody: Option<String> = claimed_user("a.b.c");
    assert_eq!(nobody, None);
    let forged = hs256(HEADER, &with(claims(), json!({"sub": "a\nb"})).to_string(), b"x");
    assert_eq!(claimed_user(&forged), None::<String>);
    assert_eq!(claimed_user(&hs256(HEADER, &Value::Null.to_string(), b"x")), None);
}
