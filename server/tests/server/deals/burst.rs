//! More deals than a client takes.

use std::collections::BTreeMap;
use std::ops::Range;
use std::pin::pin;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Dial, RawClient, RawFrame, TestServer};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{UNLIMITED, deals, producer, visiting};
use crate::start;

/// Deals that are put; told, each has some 3,000 bytes, and all together 30 MB.
const DEALS: usize = 10_000;
/// Bytes of the end of a deal's address.
const PATH_BYTES: usize = 2_000;
/// Deals of one request.
const BATCH: usize = 100;
/// Clients that read little meanwhile; every other one offered compression.
const SLOW: usize = 10;
/// Frames that one of them reads at once, and what it then waits for.
const FRAMES_AT_ONCE: u64 = 50;
const PAUSE: Duration = Duration::from_millis(500);
/// Bytes that the system takes from the server for one of them.
const RECEIVE_BYTES: u32 = 8 * 1024;
/// Bytes that one of them may cost: its outbox, and what stands beside it.
const OUTBOX_BYTES: u64 = 2 * 1024 * 1024;
/// Bytes that putting so many deals may leave behind by itself: caches and what the allocator keeps. One
/// client that everything is kept for would cost as much once more.
const REST_BYTES: u64 = 40 * 1024 * 1024;

fn resident_bytes(server: &TestServer) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Something of which compression leaves next to nothing.
fn silence(_number: usize) -> String {
    "a".repeat(PATH_BYTES)
}

/// Something that hardly compresses, and is another for each number.
fn noise(number: usize) -> String {
    let mut state = number as u64 + 1;
    let word = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        format!("{:08x}", state >> 32)
    };
    (0..PATH_BYTES / 8).map(word).collect()
}

/// What is put.
struct Burst {
    /// How many different deals, over and over.
    distinct: usize,
    /// The end of a deal's address.
    path: fn(usize) -> String,
}

/// The deals with these numbers; it notes the last price of each.
fn batch(numbers: Range<usize>, burst: &Burst, prices: &mut BTreeMap<String, u64>) -> Value {
    let deals = numbers.map(|number| {
        let (id, price) = (format!("deal-{}", number % burst.distinct), number as u64 + 1);
        prices.insert(id.clone(), price);
        json!({
            "dealId": id, "title": format!("A deal {}", "that is described at length ".repeat(15)),
            "category": "home", "merchant": "m".repeat(250), "price": price, "currency": "EUR",
            "url": format!("https://shop.example/{}", (burst.path)(number)),
        })
    });
    json!({"deals": deals.collect::<Vec<_>>()})
}

/// The prices that a client is to hear of in the end, once they are known.
type Expected = watch::Receiver<Option<BTreeMap<String, u64>>>;

/// A client that has subscribed to all deals and reads little of them.
struct Slow {
    /// What it is to hear in the end; once it is known the client reads all that comes.
    expected: watch::Sender<Option<BTreeMap<String, u64>>>,
    reading: JoinHandle<(RawClient, Heard)>,
}

impl Slow {
    async fn start(server: &TestServer, user: &str) -> Self {
        Self::open(server, &deals(server, user), true).await
    }

    /// The same, with compression; it reads what it cannot understand.
    async fn start_compressed(server: &TestServer, user: &str) -> Self {
        Self::open(server, &deals(server, user).deflate(), false).await
    }

    async fn open(server: &TestServer, dial: &Dial, understands: bool) -> Self {
        let mut client = RawClient::open_small(server.address(), dial, RECEIVE_BYTES).await;
        let wish = br#"{"action": "subscribeToDeals", "data": {"topic": "new-deals"}}"#;
        client.frame(0x81, wish).await;
        let confirmed = client.read_frame().await.unwrap().payload;
        let is_confirmed = String::from_utf8_lossy(&confirmed).contains("subscriptionConfirmed");
        assert!(is_confirmed || !understands);
        let (expected, hurries) = watch::channel(None);
        Self { expected, reading: tokio::spawn(dawdle(client, hurries)) }
    }

    /// What it heard until it had heard of all of these prices, or that it missed some.
    async fn heard(mut self, prices: &BTreeMap<String, u64>) -> Heard {
        self.expected.send_replace(Some(prices.clone()));
        (&mut self.reading).await.unwrap().1
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

/// Reads a few frames at a time, so that it is not ended for taking nothing, until it is told what to
/// expect; then all, until it has heard that. The client lives as long as what this returns.
async fn dawdle(mut client: RawClient, mut expected: Expected) -> (RawClient, Heard) {
    let mut heard = Heard::default();
    for number in 1_u64.. {
        let Some(frame) = next(&mut client, &mut expected, &heard).await else { break };
        if let Ok(message) = serde_json::from_slice::<Value>(&frame.payload) {
            heard.note(&message);
        }
        let hurries = expected.borrow().is_some();
        if number.is_multiple_of(FRAMES_AT_ONCE) && !hurries {
            tokio::time::sleep(PAUSE).await;
        }
    }
    (client, heard)
}

/// The next frame; none once everything that is expected was heard.
async fn next(client: &mut RawClient, expected: &mut Expected, heard: &Heard) -> Option<RawFrame> {
    let mut frame = pin!(client.read_frame());
    loop {
        if expected.borrow_and_update().as_ref().is_some_and(|prices| heard.is_all(prices)) {
            return None;
        }
        tokio::select! {
            frame = &mut frame => return Some(frame.expect("it is not ended")),
            Ok(()) = expected.changed() => {}
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
    /// Whether it heard of all of these prices, or that it missed some.
    fn is_all(&self, prices: &BTreeMap<String, u64>) -> bool {
        self.missed || self.prices == *prices
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

/// Puts all deals while a quick client reads them: a hundred, and the next once those were told, so that
/// nothing else waits but what slow clients leave. The last price of each.
async fn put_and_tell_all(server: &TestServer, burst: &Burst) -> BTreeMap<String, u64> {
    let mut quick = visiting(server, "quick").await;
    quick.send(&json!({"action": "subscribeToDeals", "data": {"topic": "new-deals"}})).await;
    quick.expect("subscriptionConfirmed").await;
    let (producer, mut prices) = (producer(server), BTreeMap::new());
    for first in (0..DEALS).step_by(BATCH) {
        let body = batch(first..first + BATCH, burst, &mut prices);
        let (answer, ()) = tokio::join!(producer.post("/api/deals:batch", &body), async {
            let mut last = 0;
            while last < first + BATCH {
                let price = &quick.expect("DealUpdate").await["data"]["price"];
                last = usize::try_from(price.as_u64().unwrap()).unwrap();
            }
        });
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    prices
}

/// Clients that read little, every other one with compression.
async fn slow_ones(server: &TestServer) -> (Vec<Slow>, Vec<Slow>) {
    let (mut plain, mut compressed) = (Vec::new(), Vec::new());
    for number in 0..SLOW / 2 {
        plain.push(Slow::start(server, &format!("plain-{number}")).await);
        compressed.push(Slow::start_compressed(server, &format!("compressed-{number}")).await);
    }
    (plain, compressed)
}

fn assert_is_within_outboxes(server: &TestServer, before: u64) {
    let grown = resident_bytes(server).saturating_sub(before);
    assert!(grown < SLOW as u64 * OUTBOX_BYTES + REST_BYTES, "{grown} bytes");
}

#[tokio::test]
async fn a_burst_leaves_slow_clients_with_the_newest_of_each_deal_within_their_outbox() {
    let server = start(&UNLIMITED);
    let (plain, _compressed) = slow_ones(&server).await;
    let before = resident_bytes(&server);
    let prices = put_and_tell_all(&server, &Burst { distinct: 200, path: noise }).await;
    assert_is_within_outboxes(&server, before);
    for client in plain {
        let heard = client.heard(&prices).await;
        assert!(!heard.missed, "200 deals fit into an outbox");
    }
}

#[tokio::test]
async fn who_misses_deals_for_want_of_room_is_told_from_when_to_ask() {
    let server = start(&UNLIMITED);
    let (plain, _compressed) = slow_ones(&server).await;
    let before = resident_bytes(&server);
    // Compressed, all of them would fit into an outbox that weighed nothing but its frames.
    let prices = put_and_tell_all(&server, &Burst { distinct: DEALS, path: silence }).await;
    assert_is_within_outboxes(&server, before);
    for client in plain {
        let heard = client.heard(&prices).await;
        assert!(heard.missed && heard.prices.len() < prices.len());
        assert!(heard.prices.iter().all(|(id, price)| prices[id] == *price));
    }
}
