//! Whether a connection may open.

use std::task::{Context, Waker};

use deals::integrations::{ConnectRefused, Failure};
use http::HeaderMap;

use crate::support::{Handler, Manner, NEVER, SOON, answer, config, integrations, opening};

async fn connect(manner: Manner) -> Result<(), ConnectRefused> {
    let handler = Handler::start(manner).await;
    let mut config = config(&[("$connect", &handler.url())]);
    config.deadline = SOON;
    integrations(config).connect(&opening(), &HeaderMap::new(), None).await
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
    assert_eq!(integrations.connect(&opening(), &HeaderMap::new(), None).await, Ok(()));
    integrations.disconnect(&opening(), &model::CloseReason::NORMAL);
    integrations.drain(NEVER).await;
    assert!(handler.requests().is_empty());
}

#[tokio::test]
async fn a_handshake_that_nobody_waits_for_any_more_is_asked_to_its_end() {
    let handler = Handler::start(Manner::Held(answer(200, ""))).await;
    let integrations = integrations(config(&[("$connect", &handler.url())]));
    {
        let (opening, headers) = (opening(), HeaderMap::new());
        let mut asked = Box::pin(integrations.connect(&opening, &headers, None));
        assert!(asked.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    handler.until_open(1).await;
    handler.go_on();
    integrations.drain(NEVER).await;
    assert_eq!(integrations.stats().ended("ok"), 1);
}
