//! More deals than a client takes.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::{RawClient, TestServer};

use super::{UNLIMITED, deals, producer, visiting};
use crate::start;

/// Deals that are put.
const DEALS: usize = 10_000;
/// Clients that read nothing meanwhile.
const SLOW: usize = 10;
/// Bytes that one of them may cost: its outbox, and what stands beside it.
const OUTBOX_BYTES: u64 = 2 * 1024 * 1024;
/// Bytes that putting so many deals may leave behind by itself: caches and what the allocator keeps.
const REST_BYTES: u64 = 64 * 1024 * 1024;

fn resident_bytes(server: &TestServer) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Puts all deals, `distinct` different ones over and over, a thousand a request; the last price of
/// each.
async fn put_all(server: &TestServer, distinct: usize) -> BTreeMap<String, u64> {
    let (producer, mut prices) = (producer(server), BTreeMap::new());
    for batch in 0..DEALS / 1000 {
        let batch = (0..1000).map(|at| batch * 1000 + at).map(|number| {
            let (id, price) = (format!("deal-{}", number % distinct), number as u64 + 1);
            prices.insert(id.clone(), price);
            json!({
                "dealId": id, "title": format!("A deal {}", "that is described at length ".repeat(15)),
                "category": "home", "merchant": "Lux", "price": price, "currency": "EUR",
                "url": "https://shop.example/",
            })
        });
        let body = json!({"deals": batch.collect::<Vec<_>>()});
        let answer = producer.post("/api/deals:batch", &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    prices
}

/// A client that has subscribed to all deals, and reads nothing more by itself.
async fn subscribed(server: &TestServer, user: &str) -> RawClient {
    let mut client = RawClient::open(server.address(), &deals(server, user)).await;
    client.frame(0x81, br#"{"action": "subscribeToDeals", "data": {"topic": "new-deals"}}"#).await;
    loop {
        let frame = client.read_frame().await.unwrap();
        if String::from_utf8_lossy(&frame.payload).contains("subscriptionConfirmed") {
            return client;
        }
    }
}

/// What a client heard: the last price of each deal, and whether it was told that it missed some.
#[derive(Default)]
struct Heard {
    prices: BTreeMap<String, u64>,
    missed: bool,
}

impl Heard {
    /// Reads until `is_over`.
    async fn read(&mut self, client: &mut RawClient, is_over: impl Fn(&Self) -> bool) {
        while !is_over(self) {
            let frame = client.read_frame().await.unwrap();
            let Ok(message) = serde_json::from_slice::<Value>(&frame.payload) else { continue };
            self.note(&message);
        }
    }

    fn note(&mut self, message: &Value) {
        let data = &message["data"];
        if message["type"] == "DealUpdate" {
            let id = data["dealId"].as_str().unwrap().to_owned();
            let price = data["price"].as_u64().unwrap();
            let before = self.prices.insert(id, price);
            assert!(before.is_none_or(|before| before < price), "an older one came later");
        } else if message["type"] == "error" {
            assert_eq!(data["code"], "CONNECTION_ERROR");
            assert_eq!(data["details"]["reason"], "slow_consumer");
            assert!(data["details"]["updatedAfter"].is_i64(), "{data}");
            self.missed = true;
        }
    }
}

/// Puts all deals while a quick client reads them; by then all were told. The last price of each.
async fn put_and_tell_all(server: &TestServer, distinct: usize) -> BTreeMap<String, u64> {
    let mut quick = visiting(server, "quick").await;
    quick.send(&json!({"action": "subscribeToDeals", "data": {"topic": "new-deals"}})).await;
    quick.expect("subscriptionConfirmed").await;
    let read = async {
        let mut last = 0;
        while last < DEALS as u64 {
            last = quick.expect("DealUpdate").await["data"]["price"].as_u64().unwrap();
        }
    };
    let (prices, ()) = tokio::join!(put_all(server, distinct), read);
    prices
}

#[tokio::test]
async fn a_burst_leaves_slow_clients_with_the_newest_of_each_deal_within_their_outbox() {
    let server = start(&UNLIMITED);
    let mut slow = Vec::new();
    for number in 0..SLOW {
        slow.push(subscribed(&server, &format!("slow-{number}")).await);
    }
    let before = resident_bytes(&server);
    let prices = put_and_tell_all(&server, 200).await;
    let grown = resident_bytes(&server).saturating_sub(before);
    assert!(grown < SLOW as u64 * OUTBOX_BYTES + REST_BYTES, "{grown} bytes");
    for client in &mut slow {
        let mut heard = Heard::default();
        heard.read(client, |heard| heard.prices == prices).await;
        assert!(!heard.missed, "200 deals fit into an outbox");
    }
}

#[tokio::test]
async fn who_misses_deals_for_want_of_room_is_told_from_when_to_ask() {
    let server = start(&UNLIMITED);
    let mut slow = subscribed(&server, "slow").await;
    let prices = put_and_tell_all(&server, DEALS).await;
    let mut heard = Heard::default();
    heard.read(&mut slow, |heard| heard.missed).await;
    assert!(heard.prices.len() < prices.len());
    assert!(heard.prices.iter().all(|(id, price)| prices[id] == *price));
}
