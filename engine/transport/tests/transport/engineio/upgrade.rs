//! From polling to a WebSocket: nothing is lost, nothing overtakes.

use std::sync::Arc;
use std::time::Duration;

use model::Clock;
use testkit::RawClient;
use transport::{Settings, Tls};

use super::*;

#[tokio::test]
async fn a_session_goes_on_over_a_websocket() {
    let house = house();
    let poller = Poller::open(&house).await;
    let (poll, mut socket) = tokio::join!(poller.poll(), async {
        while house.gate.stats().polls.get() == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        poller.probed(&house).await
    });
    assert_eq!(poll.body, "6", "the poll that waited ends");
    socket.frame(TEXT, b"5").await;
    socket.frame(TEXT, b"4hello").await;
    assert!(text(&mut socket).await.contains("hello"));
    assert_eq!(poller.poll().await.status, 400);
    assert_eq!(poller.post("4x").await.status, 400);
    let mut other = RawClient::open(house.address(), &poller.dial(&house)).await;
    assert_eq!(other.closed().await, (1008, "No upgrade now".into()));
    drop(other);
    assert_eq!((house.gate.stats().upgrades.get(), house.hub.connections().count()), (1, 1));
    socket.frame(TEXT, b"1").await;
    assert_eq!(socket.closed().await.0, 1000);
    drop(socket);
    emptied(&house).await;
    assert_eq!(house.closes(), [1000]);
}

#[tokio::test]
async fn what_waits_in_the_pipe_goes_first_both_ways() {
    let house = house();
    let poller = Poller::open(&house).await;
    poller.send(r#"4{"do": "join"}"#).await;
    assert_eq!(poller.packets().await, [r#"4{"type":"joined"}"#]);
    // Behind these nothing is read until they are written: the pipe and the outbox are full.
    for offset in 1..=12 {
        house.publish(offset, 50_000);
    }
    poller.send("4one\x1e4two").await;
    let mut socket = poller.probed(&house).await;
    poller.send("4three").await;
    socket.frame(TEXT, b"5").await;
    socket.frame(TEXT, b"4four").await;
    house.publish(13, 10);
    let (mut offsets, mut echoes) = (Vec::new(), Vec::new());
    while offsets.len() < 13 || echoes.len() < 4 {
        let event: Value = serde_json::from_str(&text(&mut socket).await[1..]).unwrap();
        match event["type"].as_str() {
            Some("event") => offsets.push(event["offset"].as_u64().unwrap()),
            _ => echoes.push(event["text"].as_str().unwrap().to_owned()),
        }
    }
    assert!(offsets.iter().copied().eq(1..=13), "{offsets:?}");
    assert_eq!(echoes, ["one", "two", "three", "four"]);
}

#[tokio::test]
async fn nothing_is_lost_whenever_the_upgrade_comes() {
    let house = Arc::new(house());
    for round in 0..25 {
        let poller = Poller::open(&house).await;
        let mut sent = 0..;
        let mut seen = Vec::new();
        let note = |seen: &mut Vec<String>, packet: &str| {
            if let Some(json) = packet.strip_prefix('4') {
                let echo: Value = serde_json::from_str(json).unwrap();
                seen.push(echo["text"].as_str().unwrap().to_owned());
            }
        };
        for _ in 0..round {
            poller.send(&format!("4{}", sent.next().unwrap())).await;
        }
        if round % 2 == 0 && round > 0 {
            for packet in poller.packets().await {
                note(&mut seen, &packet);
            }
        }
        let mut socket = poller.probed(&house).await;
        poller.send(&format!("4{}", sent.next().unwrap())).await;
        for packet in poller.packets().await {
            note(&mut seen, &packet);
        }
        let mut bytes = masked(b"5");
        for _ in 0..20 {
            bytes.extend(masked(format!("4{}", sent.next().unwrap()).as_bytes()));
        }
        let cut = 1 + round % 9;
        for piece in [&bytes[..cut], &bytes[cut..]] {
            socket.write(piece).await;
            tokio::time::sleep(Duration::from_millis(round as u64 % 3)).await;
        }
        let total = sent.next().unwrap();
        while seen.len() < total {
            let packet = text(&mut socket).await;
            note(&mut seen, &packet);
        }
        let expected: Vec<String> = (0..total).map(|number| number.to_string()).collect();
        assert_eq!(seen, expected, "round {round}");
    }
}

#[tokio::test]
async fn an_upgrade_that_is_given_up_leaves_the_session_polling() {
    let house = house();
    let poller = Poller::open(&house).await;
    for said in [&b"6"[..], b"4too early", b"5", b"2"] {
        let mut socket = RawClient::open(house.address(), &poller.dial(&house)).await;
        socket.frame(TEXT, said).await;
        assert_eq!(socket.closed().await, (1008, "No upgrade now".into()));
    }
    drop(poller.probed(&house).await);
    let mut socket = poller.probed(&house).await;
    let mut second = RawClient::open(house.address(), &poller.dial(&house)).await;
    assert_eq!(second.closed().await.0, 1008, "one at a time");
    socket.frame(0x89, b"alive?").await;
    assert_eq!(socket.read_frame().await.unwrap().payload, b"alive?");
    drop((socket, second));
    while house.gate.sockets() > 1 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    // A poll waits again as long as it takes.
    poller.send(r#"4{"do": "later"}"#).await;
    let ticket = house.tickets(1).await.pop().unwrap();
    let later = async {
        tokio::time::sleep(Duration::from_millis(250)).await;
        ticket.reply("4here");
    };
    assert_eq!(tokio::join!(poller.packets(), later).0, ["4here"]);
    assert!(house.closes().is_empty());
}

#[tokio::test]
async fn a_poll_during_an_upgrade_is_soon_told_that_there_is_nothing() {
    let house = house();
    let poller = Poller::open(&house).await;
    let mut socket = poller.probed(&house).await;
    assert_eq!(poller.packets().await, ["6"]);
    poller.send("4by post").await;
    assert!(poller.packets().await[0].contains("by post"), "or what there is");
    socket.frame(TEXT, b"5").await;
    socket.frame(TEXT, b"4on").await;
    assert!(text(&mut socket).await.contains("on"));
}

#[tokio::test]
async fn a_session_that_ends_ends_its_upgrade() {
    let house = house();
    let poller = Poller::open(&house).await;
    let mut socket = poller.probed(&house).await;
    poller.send("1").await;
    assert_eq!(socket.closed().await.0, 1008);
    drop(socket);
    emptied(&house).await;
}

#[tokio::test]
async fn heartbeats_go_on_over_the_websocket() {
    let house = house();
    let poller = Poller::open(&house).await;
    let mut socket = poller.probed(&house).await;
    socket.frame(TEXT, b"5").await;
    let pinged = async {
        for _ in 0..3 {
            assert_eq!(text(&mut socket).await, "2");
            socket.frame(TEXT, b"3").await;
        }
        assert_eq!(text(&mut socket).await, "2");
        assert_eq!(socket.closed().await.0, 1006, "nobody answers the fourth");
    };
    tokio::join!(pinged, house.pass_until(|| !house.closes().is_empty()));
    assert_eq!(house.closes(), [1006]);
}

#[tokio::test]
async fn the_next_ping_comes_an_interval_after_the_answer_to_the_last() {
    let house = house();
    let dial = Dial::new(house.address(), "/?EIO=4&transport=websocket");
    let mut socket = RawClient::open(house.address(), &dial).await;
    assert!(text(&mut socket).await.starts_with("0{"));
    let is_over = std::cell::Cell::new(false);
    let pinged = async {
        let mut last = house.clock.monotonic();
        for _ in 0..3 {
            assert_eq!(text(&mut socket).await, "2");
            let now = house.clock.monotonic();
            assert!(now.since(last) > Duration::from_secs(23), "{:?}", now.since(last));
            socket.frame(TEXT, b"3").await;
            last = now;
        }
        is_over.set(true);
    };
    tokio::join!(pinged, house.pass_until(|| is_over.get()));
}

#[tokio::test]
async fn over_tls_a_session_goes_on_too() {
    let (server, client) = crate::tls::configs();
    let settings = Settings { tls: Some(Tls::new(server)), ..Settings::default() };
    let house = house_with(settings);
    let poller = Poller::open_by(Http::new(house.address()).tls(&client)).await;
    poller.send(r#"4{"do": "join"}"#).await;
    assert_eq!(poller.packets().await, [r#"4{"type":"joined"}"#]);
    let mut socket = RawClient::open_tls(house.address(), &poller.dial(&house), &client).await;
    socket.frame(TEXT, b"2probe").await;
    assert_eq!(text(&mut socket).await, "3probe");
    let long = format!("4{}", "x".repeat(150_000));
    // All at once: what is read behind the upgrade is relayed too.
    socket.write(&[masked(b"5"), masked(b"4first")].concat()).await;
    socket.frame(TEXT, long.as_bytes()).await;
    assert!(text(&mut socket).await.contains("first"));
    assert!(text(&mut socket).await.contains(&long[1..]));
    for offset in 1..=26 {
        house.publish(offset, 50_000);
    }
    for offset in 1..=26 {
        let event: Value = serde_json::from_str(&text(&mut socket).await[1..]).unwrap();
        assert_eq!(event["offset"], offset);
    }
    assert_eq!(poller.poll().await.status, 400);
    socket.frame(TEXT, br#"4{"do": "close"}"#).await;
    assert_eq!(socket.closed().await, (1008, "Rate limit exceeded".into()));
    drop(socket);
    emptied(&house).await;
}

#[tokio::test]
async fn over_tls_too_nothing_is_left_of_a_socket_that_vanishes() {
    let (server, client) = crate::tls::configs();
    let settings = Settings { tls: Some(Tls::new(server)), ..Settings::default() };
    let house = house_with(settings);
    let poller = Poller::open_by(Http::new(house.address()).tls(&client)).await;
    let mut socket = RawClient::open_tls(house.address(), &poller.dial(&house), &client).await;
    socket.frame(TEXT, b"2probe").await;
    socket.frame(TEXT, b"5").await;
    socket.frame(TEXT, b"4on").await;
    assert_eq!(text(&mut socket).await, "3probe");
    assert!(text(&mut socket).await.contains("on"));
    drop(socket);
    emptied(&house).await;
    assert_eq!(house.closes(), [1006]);
}

/// A whole text frame of a client's.
fn masked(payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    [&[TEXT, 0x80 | length, 0, 0, 0, 0], payload].concat()
}
