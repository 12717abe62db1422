//! The same over TLS.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use testkit::{Http, RawClient};
use transport::{Policy, Settings, Tls};

use crate::house::House;

/// A server's and a client's configuration that fit each other.
pub(crate) fn configs() -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Arc::new(server), Arc::new(client))
}

#[tokio::test]
async fn wss_carries_large_messages_events_and_closes() {
    let (server, client) = configs();
    let settings = Settings { tls: Some(Tls::new(server)), ..Settings::default() };
    let house = House::with(Policy::default(), settings, true);
    let mut member = house.dial().tls(&client).open().await;
    member.send(&serde_json::json!({"do": "join"})).await;
    member.expect("joined").await;
    let text = "x".repeat(200_000);
    member.send_text(&text).await;
    assert_eq!(member.expect("echo").await["text"], text);
    for offset in 1..=200 {
        house.publish(offset, 5000);
    }
    for offset in 1..=200 {
        assert_eq!(member.next().await["offset"], offset);
    }
    member.send(&serde_json::json!({"do": "close"})).await;
    assert_eq!(member.closed().await, (1008, "Rate limit exceeded".into()));
}

#[tokio::test]
async fn keys_are_replaced_without_a_restart_and_plain_text_is_refused() {
    let (first, first_client) = configs();
    let (second, second_client) = configs();
    let tls = Tls::new(first);
    let settings = Settings { tls: Some(Arc::clone(&tls)), ..Settings::default() };
    let house = House::with(Policy::default(), settings, true);
    let answer = Http::new(house.address()).tls(&first_client).get("/").await;
    assert_eq!(answer.body, "tls=true");
    tls.replace(second);
    let answer = Http::new(house.address()).tls(&second_client).get("/").await;
    assert_eq!(answer.body, "tls=true");
    let mut plain = RawClient::connect(house.address()).await;
    plain.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(!plain.read_to_end().await.starts_with(b"HTTP"));
}
