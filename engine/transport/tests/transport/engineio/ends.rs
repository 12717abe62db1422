//! How sessions end, and that nothing is left of them.

use std::time::Duration;

use hub::Fault;
use model::CloseReason;
use testkit::RawClient;

use super::*;

#[tokio::test]
async fn two_polls_at_once_end_the_session() {
    let house = house();
    let poller = Poller::open(&house).await;
    let second = async {
        while house.gate.stats().polls.get() == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        poller.poll().await
    };
    let (first, second) = tokio::join!(poller.poll(), second);
    assert_eq!((first.status, first.body.as_str(), second.status), (200, "1", 400));
    assert_eq!(poller.poll().await.status, 400);
    emptied(&house).await;
    assert_eq!(house.closes(), [1002]);
}

#[tokio::test]
async fn two_posts_at_once_end_the_session() {
    let house = house();
    let poller = Poller::open(&house).await;
    let mut slow = RawClient::connect(house.address()).await;
    let path = poller.path("polling");
    slow.write(
        format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n4a").as_bytes(),
    )
    .await;
    // The body of the first does not come; until it was seen, others are taken.
    while poller.post("4b").await.status == 200 {}
    assert_eq!(poller.poll().await.status, 400);
    drop(slow);
    emptied(&house).await;
    assert_eq!(house.closes(), [1002]);
}

#[tokio::test]
async fn bad_packets_end_the_session() {
    let too_many = vec!["4x"; 4097].join("\x1e");
    for body in ["abc", "", "2", "5", "0{}", "b!", "4a\x1e", too_many.as_str()] {
        let house = house();
        let poller = Poller::open(&house).await;
        let waiting = async {
            while house.gate.stats().polls.get() == 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            poller.post(body).await
        };
        let (poll, post) = tokio::join!(poller.poll(), waiting);
        assert_eq!((poll.body.as_str(), post.status), ("1", 400), "{body}");
        emptied(&house).await;
        assert_eq!(house.closes(), [1002]);
    }
}

#[tokio::test]
async fn a_bad_packet_ends_a_websocket_too() {
    for packet in ["abc", "", "2", "2probe", "5"] {
        let house = house();
        let dial = Dial::new(house.address(), "/?EIO=4&transport=websocket");
        let mut socket = RawClient::open(house.address(), &dial).await;
        assert!(text(&mut socket).await.starts_with("0{"));
        socket.frame(TEXT, packet.as_bytes()).await;
        assert_eq!(socket.closed().await, (1002, "Not an Engine.IO packet".into()));
    }
}

#[tokio::test]
async fn too_large_a_body_is_the_protocols_fault_and_ends_the_session() {
    let house = house();
    let poller = Poller::open(&house).await;
    let answer = poller.post(&format!("4{}", "x".repeat(200_001))).await;
    assert_eq!(answer.status, 413);
    assert_eq!(poller.packets().await, [r#"4{"fault":"TooLarge","type":"fault"}"#]);
    assert_eq!(poller.packets().await, ["1"]);
    emptied(&house).await;
    assert_eq!(house.closes(), [1009]);
}

#[tokio::test]
async fn other_bodies_than_text_are_refused() {
    let house = house();
    let mut poller = Poller::open(&house).await;
    poller.http = Http::new(house.address()).header("Content-Type", "application/octet-stream");
    assert_eq!(poller.post("4a").await.status, 400);
    poller.http = Http::new(house.address()).header("Content-Type", "TEXT/plain");
    poller.send("4b").await;
    assert!(poller.packets().await[0].contains('b'));
}

#[tokio::test]
async fn a_client_that_closes_ends_its_poll_with_nothing() {
    let house = house();
    let poller = Poller::open(&house).await;
    let closing = async {
        while house.gate.stats().polls.get() == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        poller.send("4last\x1e1").await;
    };
    let (poll, ()) = tokio::join!(poller.poll(), closing);
    assert!(poll.body == "6" || poll.body.contains("last"), "{poll:?}");
    // Where the echo was faster, another poll is waited for, but not for long.
    house.pass_until(|| house.gate.polling_sessions() == 0).await;
    emptied(&house).await;
    assert_eq!(house.closes(), [1000]);
}

#[tokio::test]
async fn a_poll_on_its_way_when_the_client_closes_ends_with_nothing() {
    let house = house();
    let poller = Poller::open(&house).await;
    poller.send("1").await;
    assert_eq!(poller.packets().await, ["6"]);
    assert_eq!(poller.poll().await.status, 400);
    emptied(&house).await;
    assert_eq!(house.closes(), [1000]);
}

#[tokio::test]
async fn who_closes_with_much_unread_is_gone_at_once() {
    let house = house();
    let poller = Poller::open(&house).await;
    poller.send(&format!("4{}", "x".repeat(190_000))).await;
    // Its echo is longer than the pipe.
    while house.gate.stats().blocked.get() == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    poller.send("1").await;
    assert_eq!(poller.packets().await, ["6"]);
    emptied(&house).await;
    assert_eq!(house.closes(), [1000]);
}

#[tokio::test]
async fn a_close_of_the_servers_comes_behind_what_was_said_before() {
    let house = house();
    let poller = Poller::open(&house).await;
    poller.send("4a\x1e4{\"do\": \"close\"}\x1e4late").await;
    let mut packets = poller.packets().await;
    while packets.last().is_some_and(|packet| packet != "1") {
        packets.extend(poller.packets().await);
    }
    assert_eq!(packets.len(), 2, "{packets:?}");
    emptied(&house).await;
    assert_eq!(house.closes(), [1008]);
}

#[tokio::test]
async fn a_drain_tells_every_poll_and_leaves_nothing() {
    let restarting = "4{\"fault\":\"Restarting\",\"type\":\"fault\"}\x1e1";
    drain_twenty(Fault::Restarting, &CloseReason::RESTART, restarting).await;
    // Nobody is there for a poll of the close alone.
    let going_down = "4{\"fault\":\"GoingDown\",\"type\":\"fault\"}";
    drain_twenty(Fault::GoingDown, &CloseReason::GOING_DOWN, going_down).await;
}

async fn drain_twenty(fault: Fault, reason: &CloseReason, told: &str) {
    let house = house();
    let mut pollers = Vec::new();
    for _ in 0..20 {
        pollers.push(Poller::open(&house).await);
    }
    let waiting: Vec<_> = pollers
        .into_iter()
        .map(|poller| tokio::spawn(async move { poller.poll().await }))
        .collect();
    while house.gate.stats().polls.get() < 20 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let server = house.server.as_ref().unwrap();
    server.stop_accepting();
    server.close_all(Some(fault), reason, Duration::from_secs(2));
    house.pass_until(|| house.closes().len() == 20).await;
    for poll in waiting {
        assert_eq!(poll.await.unwrap().body, told);
    }
    emptied(&house).await;
    assert_eq!(house.closes(), [reason.code; 20]);
}

#[tokio::test]
async fn who_polls_and_never_answers_a_ping_is_gone() {
    let house = house();
    let poller = Poller::open(&house).await;
    let dying = house.pass_until(|| house.closes() == [1006]);
    let polling = async {
        assert_eq!(poller.packets().await, ["2"]);
        poller.poll().await
    };
    let ((), last) = tokio::join!(dying, polling);
    assert_eq!((last.status, last.body.as_str()), (200, "1"));
    assert_eq!(poller.poll().await.status, 400);
    emptied(&house).await;
}

#[tokio::test]
async fn a_session_is_over_at_the_very_time_that_its_silence_is() {
    let house = house();
    let poller = Poller::open(&house).await;
    house.clock.advance(Duration::from_millis(44_999));
    poller.send("3").await;
    house.clock.advance(Duration::from_secs(45));
    // The timers have not looked yet.
    assert_eq!(poller.post("3").await.status, 400);
    emptied(&house).await;
    assert_eq!(house.closes(), [1006]);
}

#[tokio::test]
async fn who_takes_nothing_for_ten_seconds_is_too_slow() {
    let house = house();
    let poller = Poller::open(&house).await;
    poller.send(r#"4{"do": "join"}"#).await;
    poller.packets().await;
    for offset in 1..=3 {
        house.publish(offset, 50_000);
    }
    house.pass_until(|| house.closes() == [1013]).await;
    assert_eq!(poller.poll().await.status, 400);
    emptied(&house).await;
}

#[tokio::test]
async fn a_ping_behind_much_else_has_its_time_when_that_is_taken() {
    let house = house();
    let poller = Poller::open(&house).await;
    poller.send(r#"4{"do": "join"}"#).await;
    poller.packets().await;
    for offset in 1..=20 {
        house.publish(offset, 50_000);
    }
    // A minute and more, in which at least one ping is sent and none can be answered.
    for _ in 0..9 {
        for _ in 0..16 {
            house.clock.advance(Duration::from_millis(500));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(!poller.packets().await.contains(&"2".to_owned()));
    }
    let mut packets = Vec::new();
    while packets.last().is_none_or(|packet| packet != "2") {
        packets.extend(poller.packets().await);
    }
    poller.send("3").await;
    assert!(house.closes().is_empty());
}

#[tokio::test]
async fn a_thousand_sessions_come_and_go_and_nothing_is_left() {
    let house = house();
    let mut vanished = 0;
    for batch in 0..20 {
        let pollers = (0..50).map(|_| Poller::open(&house));
        let mut opened = tokio::task::JoinSet::new();
        for (nth, poller) in pollers.enumerate() {
            let poller = poller.await;
            opened.spawn(async move {
                match nth % 3 {
                    0 => poller.send("1").await,
                    1 => poller.send("4vanishing").await,
                    _ => assert_eq!(poller.post("garbage").await.status, 400),
                }
                usize::from(nth % 3 == 1)
            });
        }
        vanished += opened.join_all().await.into_iter().sum::<usize>();
        assert!(house.gate.polling_sessions() <= 50 * (batch + 1));
    }
    assert!(vanished > 300);
    house.pass_until(|| house.closes().len() == 1000).await;
    emptied(&house).await;
    let closes = house.closes();
    assert_eq!(closes.iter().filter(|code| **code == 1006).count(), vanished);
}
