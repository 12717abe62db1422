//! Fresh tokens.

use std::sync::Arc;

use model::{Clock, Identity, Role};
use serde_json::json;

use crate::support::{Play, TOKEN_LIFE, identity, text};

#[test]
fn a_fresh_token_says_the_same_for_as_long_as_is_configured() {
    let mut play = Play::new();
    let old = Arc::new(Identity {
        roles: vec![Role::Admin, Role::Publisher],
        contexts: Some(vec!["a".into(), "b".into()]),
        ..(*identity("ada")).clone()
    });
    let ada = play.enter_as(Arc::clone(&old));
    play.advance(5);
    play.ask_as(ada, "1", "refreshToken", json!({}));
    let refreshed = play.told(ada, "tokenRefreshed");
    let expires_at = play.clock.wall().as_secs() + TOKEN_LIFE;
    assert_eq!(refreshed["expiresAt"], expires_at);
    let token = text(&refreshed["token"]);
    let new = play.tokens.verify_now(&token).unwrap().unwrap();
    let expected = Identity {
        issued_at: Some(play.clock.wall()),
        expires_at: model::Timestamp::from_secs(expires_at),
        ..(*old).clone()
    };
    assert_eq!(*new, expected);
}

#[test]
fn another_issuers_token_is_not_renewed_here() {
    let mut play = Play::new();
    let foreign = Identity { is_ours: false, ..(*identity("ada")).clone() };
    let ada = play.enter_as(Arc::new(foreign));
    play.ask(ada, "refreshToken", json!({}));
    play.refused(ada, "AUTHORIZATION_ERROR");
}

#[test]
fn a_revoked_token_is_not_renewed() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    let later = play.clock.wall().plus_millis(1000);
    play.runtime.block_on(play.revocations.revoke("ada", later)).unwrap();
    play.ask(ada, "refreshToken", json!({}));
    play.refused(ada, "AUTHENTICATION_ERROR");
}
