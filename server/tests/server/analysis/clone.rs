//! Repositories that come over https, from a host of this machine.

use serde_json::{Value, json};
use testkit::TestServer;

use super::host::{Host, Manner};
use super::repository::Sample;
use super::{connected, finished, message, read, submit};

fn start(env: &[(&str, &str)]) -> TestServer {
    let own = [("QUINTET_LIMITS__ANALYSIS__MESSAGES_PER_MINUTE", "0")];
    let all: Vec<_> = own.iter().chain(env).copied().collect();
    crate::start(&all)
}

/// How an analysis of `url` fails.
async fn failure(server: &TestServer, url: &str) -> Value {
    let id = submit(server, "ann", url).await;
    let mut ann = connected(server, "ann").await;
    ann.send(&message("subscribe_analysis", &json!({"analysisId": id}))).await;
    let snapshot = ann.expect("subscription_confirmed").await["payload"].take();
    if snapshot["currentStatus"] == "failed" {
        return read(server, "ann", &id).await;
    }
    ann.expect("analysis_failed").await["payload"].take()
}

#[tokio::test]
async fn a_repository_of_a_named_private_host_is_cloned_and_its_lines_open() {
    let sample = Sample::new();
    sample.shop();
    let host = Host::start(Manner::Serves(sample.root().to_owned())).await;
    let server = start(&[
        ("QUINTET_ANALYSIS__PRIVATE_HOSTS", &host.place()),
        ("QUINTET_ANALYSIS__CA_FILE", host.ca_file().to_str().unwrap()),
    ]);
    let url = host.url("shop");
    let id = submit(&server, "ann", &url).await;
    finished(&mut connected(&server, "ann").await, &id).await;
    assert_eq!(read(&server, "ann", &id).await["repositoryUrl"], url);
    let http = server.http().token(&testkit::token("ann"));
    let lines = http.get(&format!("/api/analysis/{id}/files?path=src/main.rs&from=1&to=3")).await;
    assert_eq!(lines.json()["lines"][0], "//! A shop.");
}

#[tokio::test]
async fn a_listed_host_with_an_address_of_this_machine_fails_before_a_packet_goes_there() {
    let sample = Sample::new();
    sample.shop();
    let host = Host::start(Manner::Serves(sample.root().to_owned())).await;
    let server = start(&[("QUINTET_ANALYSIS__HOSTS", &host.place())]);
    let failed = failure(&server, &host.url("shop")).await;
    assert_eq!(
        (&failed["errorCode"], &failed["retryable"]),
        (&json!("URL_NOT_ALLOWED"), &json!(false))
    );
    assert_eq!(host.connections(), 0);
}

#[tokio::test]
async fn a_redirect_to_another_host_of_this_machine_is_not_followed() {
    let sample = Sample::new();
    sample.shop();
    let inside = Host::start(Manner::Serves(sample.root().to_owned())).await;
    let host = Host::start(Manner::Redirects(302, inside.url("shop"))).await;
    let server = start(&[
        ("QUINTET_ANALYSIS__PRIVATE_HOSTS", &host.place()),
        ("QUINTET_ANALYSIS__CA_FILE", host.ca_file().to_str().unwrap()),
    ]);
    let failed = failure(&server, &host.url("shop.git")).await;
    assert_eq!(failed["errorCode"], "URL_NOT_ALLOWED");
    assert_eq!(inside.connections(), 0);
}

#[tokio::test]
async fn a_host_that_never_answers_ends_at_the_deadline() {
    let host = Host::start(Manner::Hangs).await;
    let server = start(&[
        ("QUINTET_ANALYSIS__PRIVATE_HOSTS", &host.place()),
        ("QUINTET_ANALYSIS__CA_FILE", host.ca_file().to_str().unwrap()),
        ("QUINTET_ANALYSIS__CLONE_TIMEOUT", "1s"),
    ]);
    let failed = failure(&server, &host.url("shop.git")).await;
    assert_eq!(
        (&failed["errorCode"], &failed["retryable"]),
        (&json!("CLONE_TIMEOUT"), &json!(true))
    );
}
