//! Engine.IO over real sockets: polling, upgrades, heartbeats, ends.

mod ends;
mod polling;
mod upgrade;

use std::time::Duration;

use serde_json::Value;
use testkit::{Dial, Http, RawClient, Response};
use transport::{Heartbeat, Policy, Settings};

use crate::house::House;

/// A house whose connections speak Engine.IO.
fn house() -> House {
    House::open(policy())
}

fn policy() -> Policy {
    Policy {
        message_bytes_max: 200_000,
        ping_interval: Some(Duration::from_secs(25)),
        heartbeat: Heartbeat::EngineIo { timeout: Duration::from_secs(20) },
        deflate: false,
        ..Policy::default()
    }
}

fn house_with(settings: Settings) -> House {
    House::with(policy(), settings, true)
}

/// A client that polls.
struct Poller {
    http: Http,
    sid: String,
}

impl Poller {
    async fn open(house: &House) -> Self {
        Self::open_by(Http::new(house.address())).await
    }

    async fn open_by(http: Http) -> Self {
        let opened = http.get("/engine.io/?EIO=4&transport=polling").await;
        assert_eq!(opened.status, 200, "{opened:?}");
        let opened: Value = serde_json::from_str(opened.body.strip_prefix('0').unwrap()).unwrap();
        assert_eq!(opened["upgrades"], serde_json::json!(["websocket"]));
        let http = http.header("Content-Type", "text/plain;charset=UTF-8");
        Self { http, sid: opened["sid"].as_str().unwrap().to_owned() }
    }

    fn path(&self, transport: &str) -> String {
        format!("/engine.io/?EIO=4&transport={transport}&sid={}", self.sid)
    }

    async fn poll(&self) -> Response {
        self.http.get(&self.path("polling")).await
    }

    /// The packets of one poll.
    async fn packets(&self) -> Vec<String> {
        let answer = self.poll().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body.split('\x1e').map(str::to_owned).collect()
    }

    async fn post(&self, body: &str) -> Response {
        self.http.send("POST", &self.path("polling"), body).await
    }

    async fn send(&self, body: &str) {
        let answer = self.post(body).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
    }

    fn dial(&self, house: &House) -> Dial {
        Dial::new(house.address(), &self.path("websocket"))
    }

    /// A WebSocket that was probed.
    async fn probed(&self, house: &House) -> RawClient {
        let mut socket = RawClient::open(house.address(), &self.dial(house)).await;
        socket.frame(TEXT, b"2probe").await;
        assert_eq!(text(&mut socket).await, "3probe");
        socket
    }
}

/// The first byte of a whole text frame.
const TEXT: u8 = 0x81;

async fn text(socket: &mut RawClient) -> String {
    let frame = socket.read_frame().await.expect("a frame comes");
    assert_eq!(frame.first, TEXT, "{frame:?}");
    String::from_utf8(frame.payload).unwrap()
}

/// Waits until nothing of a session is left.
async fn emptied(house: &House) {
    let open = || (house.gate.polling_sessions(), house.gate.sockets());
    let mut looks = 0;
    while open() != (0, 0) {
        looks += 1;
        assert!(looks < 5000, "left behind: {:?}", open());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(house.hub.connections().count(), 0);
}
