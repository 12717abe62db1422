//! How connections end.

use std::time::Duration;

use hub::Fault;
use model::CloseReason;
use serde_json::json;
use testkit::RawClient;
use transport::Policy;

use crate::house::House;

#[tokio::test]
async fn a_close_comes_behind_the_replies_before_it() {
    let house = House::open(Policy::default());
    let mut client = house.client().await;
    client.send(&json!({"do": "later"})).await;
    client.send(&json!({"do": "close"})).await;
    client.send_text("too late").await;
    house.tickets(1).await.pop().unwrap().reply(json!({"type": "done"}).to_string());
    assert_eq!(client.closed().await, (1008, "Rate limit exceeded".into()));
    assert_eq!(client.waiting(), [json!({"type": "done"})]);
}

#[tokio::test]
async fn a_client_that_closes_gets_its_answers_first_and_its_code_back() {
    let house = House::open(Policy::default());
    let mut client = RawClient::open(house.address(), &house.dial()).await;
    client.frame(0x81, br#"{"do": "later"}"#).await;
    client.frame(0x88, &[0x0f, 0xa1, b'b', b'y', b'e']).await;
    house.tickets(1).await.pop().unwrap().reply("done");
    assert_eq!(client.read_frame().await.unwrap().payload, b"done");
    assert_eq!(client.closed().await, (4001, "bye".into()));
    assert!(client.read_to_end().await.is_empty());
    assert_eq!(house.closes(), [4001]);
}

#[tokio::test]
async fn no_reset_eats_the_close_frame_of_a_client_that_goes_on_sending() {
    let house = House::open(Policy { message_bytes_max: 1000, ..Policy::default() });
    for _ in 0..20 {
        let mut client = RawClient::open(house.address(), &house.dial()).await;
        client.header(0x81, 900_000).await;
        // What was promised comes, although it is refused already.
        client.write(&vec![0; 900_000]).await;
        assert_eq!(client.closed().await.0, 1009);
    }
}

#[tokio::test]
async fn a_drain_closes_everybody_and_leaves_no_socket() {
    let house = House::open(Policy::default());
    let mut clients = Vec::new();
    for _ in 0..50 {
        clients.push(house.client().await);
    }
    let server = house.server.as_ref().unwrap();
    server.stop_accepting();
    let fault = Some(Fault::Restarting);
    server.close_all(fault, &CloseReason::RESTART, Duration::from_secs(2));
    let passing = house.pass_until(|| house.closes().len() == 50);
    let seeing = async {
        for client in &mut clients {
            assert_eq!(client.closed().await, (1012, "Service restart".into()));
            assert_eq!(client.expect("fault").await["fault"], "Restarting");
        }
    };
    tokio::join!(passing, seeing);
    drop(clients);
    server.emptied().await;
    assert!(tokio::net::TcpStream::connect(house.address()).await.is_err());
}

#[tokio::test]
async fn a_handshake_that_completes_during_a_drain_is_closed_like_the_others() {
    let house = House::open(Policy::default());
    let mut late = RawClient::connect(house.address()).await;
    let request = house.dial().request();
    let (head, tail) = request.split_at(request.len() - 2);
    late.write(head.as_bytes()).await;
    // Another shard may be asked first: both have to know.
    let mut known = house.client().await;
    let server = house.server.as_ref().unwrap();
    server.close_all(None, &CloseReason::GOING_DOWN, Duration::ZERO);
    assert_eq!(known.closed().await, (1001, "Server going down".into()));
    tokio::time::sleep(Duration::from_millis(50)).await;
    late.write(tail.as_bytes()).await;
    assert_eq!(late.head().await.status, 101);
    assert_eq!(late.closed().await, (1001, "Server going down".into()));
}

#[tokio::test]
async fn a_session_that_panics_ends_its_connection_alone() {
    let house = House::open(Policy::default());
    let mut other = house.client().await;
    let mut client = house.client().await;
    client.send(&json!({"do": "panic"})).await;
    assert_eq!(client.closed().await, (1011, "Server error".into()));
    other.send_text("I live").await;
    other.expect("echo").await;
}

#[tokio::test]
async fn a_handshake_that_is_refused_afterwards_completes_and_closes_at_once() {
    let house = House::open(Policy::default());
    let mut client = testkit::Dial::new(house.address(), "/refused").open().await;
    assert_eq!(client.closed().await, (1008, "Unauthorized".into()));
}

#[tokio::test]
async fn every_session_hears_once_how_it_ended() {
    let house = House::open(Policy::default());
    for _ in 0..10 {
        drop(house.client().await);
    }
    while house.closes().len() < 10 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(house.closes(), [1006; 10]);
    assert_eq!(house.hub.connections().count(), 0);
    assert_eq!(house.gate.stats().closes(), [(("test", 1006, "Connection lost"), 10)]);
}
