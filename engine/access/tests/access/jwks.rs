//! Keys of an issuer that rotates, fails, lies and hangs.

use access::TokenError;
use http::StatusCode;
use serde_json::json;

use crate::issuer::{Answer, IssuerServer};
use crate::support::{Signer, Verifier, claims_from, with};

const ISSUER: &str = "https://issuer.example";

/// A token of `signer` for everyday use.
fn token(signer: &Signer) -> String {
    signer.sign(&claims_from(ISSUER))
}

/// Another with an unknown key.
fn stranger(n: usize) -> String {
    let signer = Signer::ec(&format!("unknown-{n}"));
    token(&signer)
}

#[tokio::test]
async fn a_good_token_of_each_kind_is_accepted() {
    let (rsa, ec) = (Signer::rsa("rsa"), Signer::ec("ec"));
    let server = IssuerServer::with_keys(&[&rsa, &ec]).await;
    let verifier = Verifier::new(Some((&server.url(), ISSUER)));
    let cognito = json!({"token_use": "access", "client_id": "the-app", "aud": null,
        "username": "Ann", "cognito:groups": ["admin"]});
    for token in [
        token(&rsa),
        token(&ec),
        rsa.sign(&with(claims_from(ISSUER), cognito)),
        ec.sign(&with(claims_from(ISSUER), json!({"token_use": "id"}))),
    ] {
        let identity = verifier.tokens.verify(&token).await.unwrap();
        assert_eq!(&*identity.user_id, "ann");
        assert!(verifier.tokens.verify_now(&token).unwrap().is_ok(), "the key is known now");
    }
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_rotated_key_is_found_once_thirty_seconds_have_passed() {
    let (old, new) = (Signer::ec("old"), Signer::ec("new"));
    let server = IssuerServer::with_keys(&[&old]).await;
    let verifier = Verifier::new(Some((&server.url(), ISSUER)));
    verifier.tokens.verify(&token(&old)).await.unwrap();
    server.answer(Answer::keys(&[&new]));
    verifier.pass_seconds(29);
    assert_eq!(verifier.tokens.verify(&token(&new)).await, Err(TokenError::Invalid));
    assert_eq!(server.requests(), 1);
    verifier.pass_seconds(1);
    verifier.tokens.verify(&token(&new)).await.unwrap();
    assert_eq!(verifier.tokens.verify(&token(&old)).await, Err(TokenError::Invalid));
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn a_key_that_the_issuer_withdrew_is_not_used_past_ten_minutes() {
    let (old, new) = (Signer::ec("old"), Signer::ec("new"));
    let server = IssuerServer::with_keys(&[&old]).await;
    let verifier = Verifier::new(Some((&server.url(), ISSUER)));
    verifier.tokens.verify(&token(&old)).await.unwrap();
    server.answer(Answer::keys(&[&new]));
    verifier.pass_seconds(599);
    verifier.tokens.verify(&token(&old)).await.unwrap();
    verifier.pass_seconds(1);
    assert_eq!(verifier.tokens.verify(&token(&old)).await, Err(TokenError::Invalid));
}

#[tokio::test]
async fn a_flood_of_unknown_keys_asks_the_issuer_twice_a_minute() {
    let signer = Signer::ec("known");
    let server = IssuerServer::with_keys(&[&signer]).await;
    let verifier = Verifier::new(Some((&server.url(), ISSUER)));
    verifier.tokens.verify(&token(&signer)).await.unwrap();
    for second in 0..60 {
        verifier.pass_seconds(1);
        for n in 0..20 {
            let outcome = verifier.tokens.verify(&stranger(second * 20 + n)).await;
            assert_eq!(outcome, Err(TokenError::Invalid));
        }
        assert!(verifier.tokens.verify_now(&token(&signer)).unwrap().is_ok());
    }
    assert_eq!(server.requests(), 3, "the first one and two in the minute");
}

#[tokio::test]
async fn all_who_need_a_key_at_once_share_one_fetch() {
    let signer = Signer::ec("key");
    let server = IssuerServer::with_keys(&[&signer]).await;
    server.hold_back();
    let verifier = Verifier::new(Some((&server.url(), ISSUER)));
    assert!(verifier.tokens.verify_now(&token(&signer)).is_none());
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let (tokens, token) = (verifier.tokens.clone(), token(&signer));
            tokio::spawn(async move { tokens.verify(&token).await.is_ok() })
        })
        .collect();
    server.let_one_answer_out();
    for outcome in waiting {
        assert!(outcome.await.unwrap());
    }
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn whoever_asked_first_may_go_away_without_stopping_the_fetch() {
    let signer = Signer::ec("key");
    let server = IssuerServer::with_keys(&[&signer]).await;
    server.hold_back();
    let verifier = Verifier::new(Some((&server.url(), ISSUER)));
    let (tokens, wanted) = (verifier.tokens.clone(), token(&signer));
    let impatient = tokio::spawn(async move { tokens.verify(&wanted).await.is_ok() });
    while server.requests() == 0 {
        tokio::task::yield_now().await;
    }
    impatient.abort();
    assert!(impatient.await.unwrap_err().is_cancelled());
    server.let_one_answer_out();
    verifier.tokens.verify(&token(&signer)).await.unwrap();
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn at_most_1024_wait_for_one_fetch() {
    let signer = Signer::ec("key");
    let server = IssuerServer::with_keys(&[&signer]).await;
    server.hold_back();
    let verifier = Verifier::new(Some((&server.url(), ISSUER)));
    let wanted = token(&signer);
    let mut waiting = Vec::new();
    for _ in 0..1024 {
        let (tokens, wanted) = (verifier.tokens.clone(), wanted.clone());
        waiting.push(tokio::spawn(async move { tokens.verify(&wanted).await.is_ok() }));
    }
    while server.requests() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(verifier.tokens.verify(&wanted).await, Err(TokenError::Unavailable));
    server.let_one_answer_out();
    for outcome in waiting {
        assert!(outcome.await.unwrap());
    }
}

#[tokio::test]
async fn while_the_issuer_is_down_known_keys_serve_for_an_hour() {
    let signer = Signer::ec("key");
    let server = IssuerServer::with_keys(&[&signer]).await;
    let verifier = Verifier::new(Some((&server.url(), ISSUER)));
    verifier.tokens.verify(&token(&signer)).await.unwrap();
    server.answer(Answer::Status(StatusCode::INTERNAL_SERVER_ERROR));
    for _ in 0..59 {
        verifier.pass_seconds(60);
        verifier.tokens.verify(&token(&signer)).await.unwrap();
    }
    assert_eq!(verifier.tokens.verify(&stranger(1)).await, Err(TokenError::Unavailable));
    verifier.pass_seconds(60);
    assert_eq!(verifier.tokens.verify(&token(&signer)).await, Err(TokenError::Unavailable));
    server.answer(Answer::keys(&[&signer]));
    verifier.pass_seconds(30);
    verifier.tokens.verify(&token(&signer)).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_is_no_set_of_keys_within_bounds_is_no_answer() {
    let signer = Signer::ec("key");
    let other = IssuerServer::with_keys(&[&signer]).await;
    let keys = json!({"keys": [signer.jwk.clone()]}).to_string();
    let many = vec![signer.jwk.clone(); 65];
    for answer in [
        Answer::Status(StatusCode::INTERNAL_SERVER_ERROR),
        Answer::Status(StatusCode::NO_CONTENT),
        Answer::Redirect(other.url()),
        Answer::Text(format!("{keys}{}", " ".repeat(10 * 1024 * 1024))),
        Answer::Text("<html>".to_owned()),
        Answer::Text("{\"keys\":{}}".to_owned()),
        Answer::Keys(many),
        Answer::Endless,
    ] {
        let server = IssuerServer::start(answer).await;
        let verifier = Verifier::new(Some((&server.url(), ISSUER)));
        assert_eq!(verifier.tokens.verify(&token(&signer)).await, Err(TokenError::Unavailable));
        assert_eq!(server.requests(), 1);
    }
    assert_eq!(other.requests(), 0, "no redirect is followed");
}

/// Takes the five seconds that a fetch may take.
#[tokio::test]
async fn an_answer_that_never_ends_is_given_up() {
    let server = IssuerServer::start(Answer::Silence).await;
    let verifier = Verifier::new(Some((&server.url(), ISSUER)));
    assert_eq!(verifier.tokens.verify(&stranger(1)).await, Err(TokenError::Unavailable));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable_and_not_asked_again_at_once() {
    let verifier = Verifier::new(Some(("http://127.0.0.1:1/jwks", ISSUER)));
    assert_eq!(verifier.tokens.verify(&stranger(1)).await, Err(TokenError::Unavailable));
    assert_eq!(verifier.tokens.verify_now(&stranger(1)), Some(Err(TokenError::Unavailable)));
}

#[tokio::test]
async fn two_issuers_with_one_key_id_cannot_sign_for_each_other() {
    let (ours, theirs) = (Signer::ec("1"), Signer::ec("1"));
    let (our_server, their_server) =
        (IssuerServer::with_keys(&[&ours]).await, IssuerServer::with_keys(&[&theirs]).await);
    let other = "https://other.example";
    let us = Verifier::new(Some((&our_server.url(), ISSUER)));
    let them = Verifier::new(Some((&their_server.url(), other)));
    us.tokens.verify(&ours.sign(&claims_from(ISSUER))).await.unwrap();
    them.tokens.verify(&theirs.sign(&claims_from(other))).await.unwrap();
    for (verifier, token) in [
        (&us, theirs.sign(&claims_from(ISSUER))),
        (&us, theirs.sign(&claims_from(other))),
        (&us, ours.sign(&claims_from(other))),
        (&them, ours.sign(&claims_from(other))),
        (&them, ours.sign(&claims_from(ISSUER))),
    ] {
        assert_eq!(verifier.tokens.verify(&token).await, Err(TokenError::Invalid));
    }
}

#[tokio::test]
async fn a_token_cannot_say_where_its_key_is() {
    let (ours, theirs) = (Signer::ec("ours"), Signer::ec("theirs"));
    let server = IssuerServer::with_keys(&[&ours]).await;
    let trap = IssuerServer::with_keys(&[&theirs]).await;
    let verifier = Verifier::new(Some((&server.url(), ISSUER)));
    for member in ["jku", "x5u"] {
        let header = with(json!({"alg": "ES256", "kid": "theirs"}), json!({member: trap.url()}));
        let token = theirs.sign_as(&header, &claims_from(ISSUER));
        assert_eq!(verifier.tokens.verify(&token).await, Err(TokenError::Invalid));
    }
    let claims = with(claims_from(&trap.url()), json!({"aud": trap.url()}));
    assert_eq!(verifier.tokens.verify(&theirs.sign(&claims)).await, Err(TokenError::Invalid));
    assert_eq!(trap.requests(), 0);
}
