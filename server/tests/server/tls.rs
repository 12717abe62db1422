//! TLS in the process.

use std::path::Path;
use std::sync::Arc;

use rcgen::CertifiedKey;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use testkit::{Token, token};

use crate::{says, start};

/// A certificate for `localhost` that nobody else vouches for, written to `folder`.
fn certificate(folder: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    std::fs::write(folder.join("cert.pem"), cert.pem()).unwrap();
    cert.der().clone()
}

/// A client that trusts this certificate alone.
fn trusting(certificate: CertificateDer<'static>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

#[tokio::test]
async fn people_talk_over_wss() {
    let folder = tempfile::tempdir().unwrap();
    let tls = trusting(certificate(folder.path()));
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let server = start(&[
        ("QUINTET_SERVER__TLS_CERT", cert.to_str().unwrap()),
        ("QUINTET_SERVER__TLS_KEY", key.to_str().unwrap()),
    ]);
    assert!(server.is_tls(), "{}", server.stdout());
    let dial = |user: &str| {
        let dial = server.dial("/api/chat/ws?contextId=math").tls(&tls).deflate();
        dial.token(&Token::of(user).sign())
    };
    let (mut ann, mut ben) = (dial("ann").open().await, dial("ben").open().await);
    for round in 0..20 {
        let content = format!("{round} ").repeat(round * 500 + 1);
        ann.send(&says(&content)).await;
        assert_eq!(ben.expect("message").await["data"]["content"], content.trim());
        ann.expect("message").await;
    }
    ann.send(&json!({"type": "message", "data": {"content": "x".repeat(300_000)}})).await;
    assert_eq!(ann.closed().await.0, 1009);
    let http = server.http().tls(&tls).token(&token("ann"));
    assert_eq!(http.get("/api/contexts").await.status, 200);
    let mut server = server;
    server.interrupt();
    assert_eq!(ben.closed().await.0, 1001);
    assert!(server.wait().success());
}

#[tokio::test]
async fn a_new_certificate_is_taken_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let old = trusting(certificate(folder.path()));
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let server = start(&[
        ("QUINTET_SERVER__TLS_CERT", cert.to_str().unwrap()),
        ("QUINTET_SERVER__TLS_KEY", key.to_str().unwrap()),
    ]);
    let dial = server.dial("/api/chat/ws").token(&token("ann"));
    let mut before = dial.clone().tls(&old).open().await;
    let new = trusting(certificate(folder.path()));
    // A handshake with the wrong certificate fails in the task that tries it.
    while tokio::spawn(dial.clone().tls(&new).open()).await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    before.barrier().await;
}
