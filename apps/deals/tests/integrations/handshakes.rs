//! Whether a connection may open.

use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use deals::integrations::{CONNECT_WITHIN_MAX, ConnectRefused, Failure, Integrations};
use http::HeaderMap;

use crate::support::{Handler, Manner, NEVER, SOON, answer, config, integrations, opening};

async fn connect(manner: Manner) -> Result<(), ConnectRefused> {
    let handler = Handler::start(manner).await;
    let mut config = config(&[("$connect", &handler.url())]);
    config.deadline = SOON;
    let entered = integrations(config).connect(&opening(), &HeaderMap::new(), None).await;
    entered.map(|entered| assert!(entered.is_some()))
}

#[tokio::test]
async fn who_is_refused_is_refused_with_the_handlers_status() {
    for status in [200, 201, 204] {
        assert_eq!(connect(Manner::Say(answer(status, ""))).await, Ok(()));
    }
    for (status, told) in [(401, 401), (403, 403), (429, 429), (302, 502), (500, 502), (503, 502)] {
        let refused = connect(Manner::Say(answer(status, "why"))).await.unwrap_err();
        assert_eq!((refused.status.as_u16(), refused.failure), (told, Failure::Status(status)));
    }
}

#[tokio::test]
async fn a_handler_that_fails_lets_nobody_in() {
    let refused = connect(Manner::Hang(String::new())).await.unwrap_err();
    assert_eq!((refused.status.as_u16(), refused.failure), (502, Failure::Timeout));
    let refused = connect(Manner::Say("HTTP/1.1 2".to_owned())).await.unwrap_err();
    assert_eq!((refused.status.as_u16(), refused.failure), (502, Failure::BrokeOff));
}

#[tokio::test]
async fn of_an_answer_that_lets_in_only_the_status_is_read() {
    let endless = Manner::Hang("HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n".to_owned());
    assert_eq!(connect(endless).await, Ok(()));
}

#[tokio::test]
async fn without_a_route_everybody_may_open_and_nobody_is_told() {
    let handler = Handler::start(Manner::Say(answer(500, ""))).await;
    let integrations = integrations(config(&[("placeBid", &handler.url())]));
    let entered = integrations.connect(&opening(), &HeaderMap::new(), None).await.unwrap();
    assert!(entered.is_none());
    integrations.disconnect(&opening(), &model::CloseReason::NORMAL);
    integrations.drain(NEVER).await;
    assert!(handler.requests().is_empty());
}

#[tokio::test]
async fn a_handshake_that_nobody_waits_for_any_more_is_asked_to_its_end() {
    let handler = Handler::start(Manner::Held(answer(200, ""))).await;
    let integrations = integrations(config(&[("$connect", &handler.url())]));
    ask_and_leave(&integrations);
    handler.until_open(1).await;
    handler.go_on();
    integrations.drain(NEVER).await;
    assert_eq!(integrations.stats().ended("ok"), 1);
}

/// Asks whether a connection may open, and is gone before the answer.
fn ask_and_leave(integrations: &Arc<Integrations>) {
    let (opening, headers) = (opening(), HeaderMap::new());
    let mut asked = Box::pin(integrations.connect(&opening, &headers, None));
    assert!(asked.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

/// Integrations whose `$connect` is answered so, with whom they tell of ends.
async fn with_both(connect: Manner) -> (Handler, Handler, Arc<Integrations>) {
    let asked = Handler::start(connect).await;
    let told = Handler::start(Manner::Say(answer(200, ""))).await;
    let routes = [("$connect", &*asked.url()), ("$disconnect", &told.url())];
    let integrations = integrations(config(&routes));
    (asked, told, integrations)
}

#[tokio::test]
async fn who_was_let_in_and_left_before_is_told_to_have_gone() {
    let (asked, told, integrations) = with_both(Manner::Held(answer(200, ""))).await;
    ask_and_leave(&integrations);
    asked.until_open(1).await;
    asked.go_on();
    integrations.drain(NEVER).await;
    let event = told.only_request().event();
    let about = &event["requestContext"];
    assert_eq!(
        (&about["eventType"], &about["disconnectStatusCode"]),
        (&"DISCONNECT".into(), &1006.into())
    );
    assert_eq!(
        about["connectionId"],
        asked.only_request().event()["requestContext"]["connectionId"]
    );
}

#[tokio::test]
async fn who_was_let_in_and_never_opened_is_told_to_have_gone_and_who_opened_is_not() {
    let (_asked, told, integrations) = with_both(Manner::Say(answer(200, ""))).await;
    let opening = opening();
    let entered = || async {
        integrations.connect(&opening, &HeaderMap::new(), None).await.unwrap().unwrap()
    };
    entered().await.opened();
    integrations.drain(NEVER).await;
    assert!(told.requests().is_empty());
    drop(entered().await);
    integrations.drain(NEVER).await;
    assert_eq!(told.only_request().event()["requestContext"]["disconnectStatusCode"], 1006);
}

#[tokio::test]
async fn who_was_refused_is_not_told_to_have_gone() {
    let (asked, told, integrations) = with_both(Manner::Held(answer(403, ""))).await;
    ask_and_leave(&integrations);
    asked.until_open(1).await;
    asked.go_on();
    integrations.drain(NEVER).await;
    assert!(told.requests().is_empty());
}

#[tokio::test]
async fn a_handshake_is_answered_before_somebody_else_answers_it() {
    let handler = Handler::start(Manner::Hang(String::new())).await;
    // The deadline of the configuration is five minutes.
    let integrations = integrations(config(&[("$connect", &handler.url())]));
    let (opening, headers) = (opening(), HeaderMap::new());
    let asked = tokio::spawn({
        let integrations = Arc::clone(&integrations);
        async move { integrations.connect(&opening, &headers, None).await }
    });
    handler.until_open(1).await;
    tokio::time::pause();
    tokio::time::advance(CONNECT_WITHIN_MAX + Duration::from_secs(1)).await;
    let refused = asked.await.unwrap().unwrap_err();
    assert_eq!((refused.status.as_u16(), refused.failure), (502, Failure::Timeout));
    assert_eq!(integrations.stats().in_flight, 0);
    assert!(CONNECT_WITHIN_MAX < Duration::from_secs(60));
}
