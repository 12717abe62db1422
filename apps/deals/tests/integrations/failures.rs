//! Handlers that fail in every way there is.

use std::sync::Arc;
use std::time::Duration;

use deals::integrations::{ANSWER_BYTES_MAX, Failure, Integrations};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};

use crate::support::{Handler, Manner, NEVER, SOON, answer, config, integrations, post};

const HEAD: &str = "HTTP/1.1 200 OK\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

/// What comes of a handler of this manner, which is asked once, and the bytes that it got rid of.
async fn ask_within(deadline: Duration, manner: Manner) -> (Result<usize, Failure>, usize) {
    let handler = Handler::start(manner).await;
    let mut config = config(&[("placeBid", &handler.url())]);
    config.deadline = deadline;
    let integrations = integrations(config);
    let answer = post(&integrations, "{}").await.unwrap();
    assert_eq!(handler.requests().len(), 1, "what was sent is not sent again");
    let stats = integrations.stats();
    assert_eq!((stats.in_flight, stats.retries), (0, 0));
    (answer.map(|body| body.map_or(0, |body| body.len())), handler.written())
}

async fn ask(manner: Manner) -> Result<usize, Failure> {
    ask_within(NEVER, manner).await.0
}

fn ended(integrations: &Arc<Integrations>) -> Vec<(&'static str, u64)> {
    let outcomes = integrations.stats().outcomes;
    outcomes.into_iter().filter(|(_, count)| *count > 0).collect()
}

/// All of them fail at the deadline; they are asked at once.
async fn all_fail_at_the_deadline(manners: impl IntoIterator<Item = Manner>) {
    let asked: Vec<_> = manners
        .into_iter()
        .map(|manner| (manner.clone(), tokio::spawn(ask_within(SOON, manner))))
        .collect();
    for (manner, asked) in asked {
        assert_eq!(asked.await.unwrap().0, Err(Failure::Timeout), "{manner:?}");
    }
}

#[tokio::test]
async fn one_that_hangs_fails_at_the_deadline_wherever_it_hangs() {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf";
    let starts = ["", "HTTP/1.1 20", HEAD, half];
    all_fail_at_the_deadline(starts.map(|start| Manner::Hang(start.to_owned()))).await;
}

#[tokio::test]
async fn one_that_goes_on_for_ever_by_a_little_fails_at_the_deadline() {
    let endless = [
        (CHUNKED, "1\r\nx\r\n"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n", "x"),
        (HEAD, "a: b\r\n"),
        ("", "HTTP/1.1 100 Continue\r\n\r\n"),
    ];
    let manner = |(start, unit): (&str, &str)| Manner::Drip(start.to_owned(), unit.to_owned());
    all_fail_at_the_deadline(endless.map(manner)).await;
}

#[tokio::test]
async fn one_that_refuses_or_breaks_fails_with_its_status() {
    for status in [400, 401, 404, 429, 500, 502, 503, 599] {
        assert_eq!(ask(Manner::Say(answer(status, "no"))).await, Err(Failure::Status(status)));
    }
}

#[tokio::test]
async fn a_redirect_is_followed_nowhere() {
    let elsewhere = Handler::start(Manner::Say(answer(200, "caught"))).await;
    for status in [301, 302, 303, 307, 308] {
        let location = elsewhere.url();
        let redirect =
            format!("HTTP/1.1 {status} Go\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(ask(Manner::Say(redirect)).await, Err(Failure::Status(status)));
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_gigabyte_is_left_after_what_an_answer_may_have() {
    let unit = "x".repeat(64 * 1024);
    let chunk = format!("10000\r\n{unit}\r\n");
    let announced = format!("{HEAD}content-length: 1073741824\r\n\r\n");
    for (start, unit) in
        [(announced.as_str(), &unit), (CHUNKED, &chunk), ("HTTP/1.1 200 OK\r\n\r\n", &unit)]
    {
        let manner = Manner::Pour(start.to_owned(), unit.clone());
        let (answer, written) = ask_within(NEVER, manner).await;
        assert_eq!(answer, Err(Failure::TooLarge));
        // What was taken beyond the bound lies in the buffers of the two sockets.
        assert!(written < 64 * 1024 * 1024, "{written} bytes were taken");
    }
}

#[tokio::test]
async fn a_gigabyte_that_is_announced_is_not_waited_for() {
    let announced = format!("{HEAD}content-length: 1073741824\r\n\r\n");
    assert_eq!(ask(Manner::Hang(announced)).await, Err(Failure::TooLarge));
}

#[tokio::test]
async fn an_answer_may_have_exactly_so_many_bytes() {
    let body = "x".repeat(ANSWER_BYTES_MAX);
    assert_eq!(ask(Manner::Say(format!("{HEAD}\r\n{body}"))).await, Ok(ANSWER_BYTES_MAX));
    assert_eq!(ask(Manner::Say(answer(200, &body))).await, Ok(ANSWER_BYTES_MAX));
    assert_eq!(ask(Manner::Say(format!("{HEAD}\r\n{body}x"))).await, Err(Failure::TooLarge));
    assert_eq!(ask(Manner::Say(answer(200, &format!("{body}x")))).await, Err(Failure::TooLarge));
}

#[tokio::test]
async fn half_an_answer_and_what_is_no_answer_are_failures_and_never_sent_back() {
    let halves = [
        "",
        "HTTP/1.1 200",
        HEAD,
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        "SSH-2.0-OpenSSH_9.9\r\n",
        "<html></html>",
    ];
    for half in halves {
        assert_eq!(ask(Manner::Say(half.to_owned())).await, Err(Failure::BrokeOff), "{half:?}");
    }
}

#[tokio::test]
async fn a_head_without_end_is_left_at_some_point() {
    let manner = Manner::Pour(HEAD.to_owned(), format!("a: {}\r\n", "x".repeat(4096)));
    let (answer, written) = ask_within(NEVER, manner).await;
    assert_eq!(answer, Err(Failure::BrokeOff));
    assert!(written < 64 * 1024 * 1024, "{written} bytes were taken");
}

#[tokio::test]
async fn an_answer_that_is_not_text_is_not_sent_back() {
    let manner = Manner::SayBytes(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\na\xffb");
    assert_eq!(ask(manner).await, Err(Failure::NotText));
    // A character that is cut off.
    let manner = Manner::SayBytes(b"HTTP/1.1 200 OK\r\n\r\na\xe2\x82");
    assert_eq!(ask(manner).await, Err(Failure::NotText));
}

#[tokio::test]
async fn nobody_there_is_tried_twice_and_then_a_failure() {
    let gone = Handler::start(Manner::Say(String::new())).await.url();
    // The handler is dropped; its listener goes with its task.
    tokio::task::yield_now().await;
    let integrations = integrations(config(&[("placeBid", &gone)]));
    assert_eq!(post(&integrations, "{}").await.unwrap(), Err(Failure::Unreachable));
    assert_eq!(integrations.stats().retries, 1);
    assert_eq!(ended(&integrations), [("unreachable", 1)]);
}

#[tokio::test]
async fn one_that_comes_back_in_time_is_reached_by_the_second_attempt() {
    // Bound and not yet listening: connections are refused.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/", socket.local_addr().unwrap());
    let integrations = integrations(config(&[("placeBid", &url)]));
    let posted = post(&integrations, "{}");
    while integrations.stats().retries == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let handler = Handler::serve(socket.listen(16).unwrap(), Manner::Say(answer(200, "back")));
    assert_eq!(posted.await.unwrap().unwrap().unwrap(), "back");
    assert_eq!(handler.requests().len(), 1);
    assert_eq!(ended(&integrations), [("ok", 1)]);
}

#[tokio::test]
async fn failures_are_counted_by_what_they_were() {
    let broken = Handler::start(Manner::Say(answer(500, ""))).await;
    let integrations = integrations(config(&[("placeBid", &broken.url())]));
    for _ in 0..3 {
        assert_eq!(post(&integrations, "{}").await.unwrap(), Err(Failure::Status(500)));
    }
    assert_eq!(ended(&integrations), [("status", 3)]);
}

#[tokio::test]
async fn an_https_url_is_never_spoken_to_in_clear() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let clock = Arc::new(model::SystemClock::new());
    let made =
        Integrations::new(config(&[("placeBid", &url)]), tokio::runtime::Handle::current(), clock);
    // A machine without root certificates makes no client.
    let Ok(integrations) = made else { return };
    let posted = post(&integrations, "{}");
    for _ in 0..2 {
        let (mut socket, _) = listener.accept().await.unwrap();
        let first = socket.read_u8().await.unwrap();
        assert_eq!(first, 0x16, "the first byte of a TLS handshake");
        socket.write_all(answer(200, "").as_bytes()).await.unwrap();
    }
    assert_eq!(posted.await.unwrap(), Err(Failure::Unreachable));
}
