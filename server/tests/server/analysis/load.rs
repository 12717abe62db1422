//! Many at once: everybody is told, and those past the workers wait in order.

use serde_json::{Value, json};

use super::repository::Sample;
use super::{connected, finished, message, start, submit};

#[tokio::test]
async fn analyses_past_the_workers_wait_in_order_and_say_so() {
    let sample = Sample::new();
    let url = sample.shop();
    let server = start(&sample, &[("QUINTET_ANALYSIS__WORKERS", "1")]);
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(submit(&server, "ann", &url).await);
    }
    let http = server.http().token(&testkit::token("ann"));
    let mut last = 0;
    for id in &ids {
        let status = http.get(&format!("/api/analysis/{id}/status")).await.json();
        let position = status["queuePosition"].as_u64().unwrap_or(0);
        assert!(position == 0 || position > last || last == 0, "{status}");
        last = position.max(last);
    }
    let mut ann = connected(&server, "ann").await;
    for id in &ids {
        finished(&mut ann, id).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_subscriber_is_told_of_every_stage() {
    const SUBSCRIBERS: usize = 200;
    let sample = Sample::new();
    let url = sample.shop();
    let server = start(&sample, &[("QUINTET_ANALYSIS__WORKERS", "1")]);
    // The first one keeps the only worker busy while the others subscribe to the second.
    submit(&server, "ann", &url).await;
    let id = submit(&server, "ann", &url).await;
    let mut clients = Vec::new();
    for _ in 0..SUBSCRIBERS {
        clients.push(connected(&server, "ann").await);
    }
    for client in &mut clients {
        let told: Vec<Value> = finished(client, &id).await;
        assert!(told.len() <= 3);
        client.send(&message("unsubscribe_analysis", &json!({"analysisId": id}))).await;
        client.expect("unsubscription_confirmed").await;
    }
}
