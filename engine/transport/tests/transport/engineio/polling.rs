//! What a client that polls sees.

use std::time::Duration;

use testkit::{Http, RawClient};
use transport::Settings;

use super::*;

#[tokio::test]
async fn messages_go_both_ways_in_order_text_and_binary() {
    let house = house();
    let poller = Poller::open(&house).await;
    poller.send("4one\x1ebAQIDBA==\x1e4three").await;
    let echo = |text: &str| format!(r#"4{{"text":"{text}","type":"echo"}}"#);
    let mut packets = Vec::new();
    while packets.len() < 3 {
        packets.extend(poller.packets().await);
    }
    assert_eq!(packets, [echo("one"), "bAQIDBA==".to_owned(), echo("three")]);
}

#[tokio::test]
async fn a_poll_waits_for_what_comes_and_says_it_is_text_that_nobody_keeps() {
    let house = house();
    let poller = Poller::open(&house).await;
    poller.send(r#"4{"do": "later"}"#).await;
    let ticket = house.tickets(1).await.pop().unwrap();
    let later = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        ticket.reply("4now");
    };
    let (answer, ()) = tokio::join!(poller.poll(), later);
    assert_eq!(answer.body, "4now");
    assert_eq!(answer.headers["content-type"], "text/plain; charset=UTF-8");
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["x-door"], "was here");
}

#[tokio::test]
async fn a_message_longer_than_the_pipe_comes_through_whole() {
    let house = house();
    let poller = Poller::open(&house).await;
    let long = "x".repeat(190_000);
    poller.send(&format!("4{long}\x1e4after")).await;
    let packets = poller.packets().await;
    assert!(packets[0].contains(&long), "{}", packets[0].len());
    let after =
        if packets.len() > 1 { packets[1].clone() } else { poller.packets().await.remove(0) };
    assert!(after.contains("after"));
}

#[tokio::test]
async fn a_client_that_polls_slowly_gets_all_stored_events_in_order() {
    let house = house();
    let poller = Poller::open(&house).await;
    poller.send(r#"4{"do": "join"}"#).await;
    assert_eq!(poller.packets().await, [r#"4{"type":"joined"}"#]);
    for offset in 1..=28 {
        house.publish(offset, 50_000);
    }
    let mut offsets = Vec::new();
    while offsets.len() < 28 {
        for packet in poller.packets().await {
            let event: Value = serde_json::from_str(&packet[1..]).unwrap();
            offsets.push(event["offset"].as_u64().unwrap());
        }
    }
    assert!(offsets.iter().copied().eq(1..=28), "{offsets:?}");
    assert!(house.gate.stats().behind.get() > 0, "the outbox was full meanwhile");
}

#[tokio::test]
async fn a_poll_that_vanishes_takes_nothing_with_it() {
    let house = house();
    let poller = Poller::open(&house).await;
    let mut gone = RawClient::connect(house.address()).await;
    gone.write(format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", poller.path("polling")).as_bytes())
        .await;
    while house.gate.stats().polls.get() == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    drop(gone);
    while house.gate.sockets() > 1 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    poller.send("4still here").await;
    assert!(poller.packets().await[0].contains("still here"));
}

#[tokio::test]
async fn a_body_may_come_in_pieces_cut_anywhere() {
    let house = house();
    let poller = Poller::open(&house).await;
    let body = "4zwölf\x1ebAQIDBA==\x1e4Ende";
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n",
        poller.path("polling"),
        body.len()
    );
    let whole = [head.as_bytes(), body.as_bytes()].concat();
    for cut in (1..whole.len()).step_by(7) {
        let mut client = RawClient::connect(house.address()).await;
        client.write(&whole[..cut]).await;
        tokio::task::yield_now().await;
        client.write(&whole[cut..]).await;
        assert_eq!(client.head().await.status, 200, "cut at {cut}");
        let mut packets = Vec::new();
        while packets.len() < 3 {
            packets.extend(poller.packets().await);
        }
        assert!(packets[0].contains("zwölf") && packets[2].contains("Ende"), "{packets:?}");
    }
}

#[tokio::test]
async fn what_is_half_posted_is_not_taken() {
    let house = house();
    let poller = Poller::open(&house).await;
    let mut client = RawClient::connect(house.address()).await;
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n4half",
        poller.path("polling")
    );
    while house.gate.sockets() < 2 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    client.write(head.as_bytes()).await;
    drop(client);
    while house.gate.sockets() > 1 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    poller.send("4whole").await;
    assert!(poller.packets().await[0].contains("whole"));
}

#[tokio::test]
async fn requests_without_a_session_are_refused_with_the_protocols_errors() {
    let house = house();
    let http = Http::new(house.address());
    for (method, query, code) in [
        ("GET", "transport=polling", 5),
        ("GET", "EIO=4&transport=carrier-pigeon", 0),
        ("GET", "EIO=4&transport=polling&sid=unknown", 1),
        ("POST", "EIO=4&transport=polling&sid=unknown", 1),
        ("POST", "EIO=4&transport=polling", 2),
        ("GET", "EIO=4&transport=websocket&sid=unknown", 3),
    ] {
        let answer = http.send(method, &format!("/engine.io/?{query}"), "").await;
        assert_eq!((answer.status, answer.json()["code"].as_u64()), (400, Some(code)), "{query}");
    }
    let refused = Dial::new(house.address(), "/?EIO=4&transport=websocket&sid=unknown");
    assert_eq!(refused.try_open().await.err().unwrap().status, 400);
    assert_eq!(house.hub.connections().count(), 0);
}

#[tokio::test]
async fn sessions_that_poll_count_among_the_sockets() {
    let house = house_with(Settings { connections_max: 2, ..Settings::default() });
    let _poller = Poller::open(&house).await;
    let http = Http::new(house.address());
    // The socket of this request is the second.
    let refused = http.get("/engine.io/?EIO=4&transport=polling").await;
    assert_eq!(refused.status, 503);
}

#[tokio::test]
async fn pings_are_answered_by_posts() {
    let house = house();
    let poller = Poller::open(&house).await;
    for _ in 0..3 {
        let pinged = async {
            for _ in 0..54 {
                house.clock.advance(Duration::from_millis(500));
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let (packets, ()) = tokio::join!(poller.packets(), pinged);
        assert_eq!(packets, ["2"]);
        poller.send("3").await;
    }
    assert!(house.closes().is_empty());
}
