//! Many at once.

use deals::integrations::{Failure, LEAVING_MAX};
use http::HeaderMap;
use model::CloseReason;
use tokio::sync::oneshot::error::TryRecvError;

use crate::support::{
    Handler, Manner, NEVER, SOON, answer, config, integrations, opening, opening_of, post, post_of,
};

#[tokio::test]
async fn past_as_many_as_may_run_a_message_and_a_handshake_fail_at_once() {
    let handler = Handler::start(Manner::Held(answer(200, "done"))).await;
    let mut config = config(&[("placeBid", &handler.url()), ("$connect", &handler.url())]);
    config.concurrency = 3;
    let integrations = integrations(config);
    let mut running: Vec<_> = (0..3).map(|_| post(&integrations, "{}")).collect();
    assert_eq!(post(&integrations, "{}").try_recv().unwrap(), Err(Failure::Busy));
    handler.until_open(3).await;
    assert_eq!(post(&integrations, "{}").try_recv().unwrap(), Err(Failure::Busy));
    let refused = integrations.connect(&opening(), &HeaderMap::new(), None).await.unwrap_err();
    assert_eq!((refused.status.as_u16(), refused.failure), (503, Failure::Busy));
    let stats = integrations.stats();
    assert_eq!((stats.in_flight, stats.ended("busy"), stats.ended("ok")), (3, 3, 0));
    assert!(running.iter_mut().all(|one| one.try_recv() == Err(TryRecvError::Empty)));
    handler.go_on();
    for one in running {
        assert_eq!(one.await.unwrap().unwrap().unwrap(), "done");
    }
    assert_eq!(post(&integrations, "{}").await.unwrap().unwrap().unwrap(), "done");
    let stats = integrations.stats();
    assert_eq!((stats.in_flight, stats.ended("busy"), stats.ended("ok")), (0, 3, 4));
    assert_eq!((handler.requests().len(), handler.open_most()), (4, 3));
}

#[tokio::test]
async fn one_user_takes_an_eighth_of_the_places_with_messages_and_handshakes_together() {
    let handler = Handler::start(Manner::Held(answer(200, "done"))).await;
    let mut config = config(&[("placeBid", &handler.url()), ("$connect", &handler.url())]);
    config.concurrency = 16;
    let integrations = integrations(config);
    let mut running: Vec<_> = (0..2).map(|_| post_of(&integrations, "eve", "{}")).collect();
    assert_eq!(post_of(&integrations, "eve", "{}").try_recv().unwrap(), Err(Failure::Busy));
    let refused = integrations.connect(&opening_of("eve"), &HeaderMap::new(), None).await;
    assert_eq!(refused.unwrap_err().failure, Failure::Busy);
    running.extend((0..14).map(|_| post(&integrations, "{}")));
    handler.until_open(16).await;
    assert_eq!(integrations.stats().ended("busy"), 2, "the others have the rest");
    handler.go_on();
    for one in running {
        assert!(one.await.unwrap().is_ok());
    }
    assert!(post_of(&integrations, "eve", "{}").await.unwrap().is_ok());
}

#[tokio::test]
async fn a_place_is_free_again_however_a_call_ended() {
    for manner in [
        Manner::Hang(String::new()),
        Manner::Say(String::new()),
        Manner::Say(answer(500, "")),
        Manner::Pour("HTTP/1.1 200 OK\r\n\r\n".to_owned(), "x".repeat(65_536)),
    ] {
        let handler = Handler::start(manner).await;
        let mut config = config(&[("placeBid", &handler.url())]);
        (config.concurrency, config.deadline) = (1, SOON);
        let integrations = integrations(config);
        for _ in 0..2 {
            let failure = post(&integrations, "{}").await.unwrap().unwrap_err();
            assert_ne!(failure, Failure::Busy);
        }
    }
}

#[tokio::test]
async fn hundreds_at_once_are_each_answered_once() {
    let handler = Handler::start(Manner::Say(answer(200, "done"))).await;
    let mut config = config(&[("placeBid", &handler.url())]);
    config.concurrency = 50;
    let integrations = integrations(config);
    let posted: Vec<_> = (0..400).map(|_| post(&integrations, "{}")).collect();
    let (mut done, mut busy) = (0, 0);
    for one in posted {
        match one.await.unwrap() {
            Ok(body) => done += usize::from(body.unwrap() == "done"),
            Err(failure) => busy += usize::from(failure == Failure::Busy),
        }
    }
    assert_eq!((done, busy), (50, 350));
    assert_eq!(handler.requests().len(), 50);
}

#[tokio::test]
async fn when_many_connections_end_all_are_told_and_messages_have_most_of_the_places() {
    let leaving = Handler::start(Manner::Held(answer(200, ""))).await;
    let bids = Handler::start(Manner::Held(answer(200, "done"))).await;
    let mut config = config(&[("$disconnect", &leaving.url()), ("placeBid", &bids.url())]);
    config.concurrency = 8;
    let integrations = integrations(config);
    for _ in 0..40 {
        integrations.disconnect(&opening(), &CloseReason::RESTART);
    }
    leaving.until_open(2).await;
    let running: Vec<_> = (0..6).map(|_| post(&integrations, "{}")).collect();
    bids.until_open(6).await;
    assert_eq!(post(&integrations, "{}").await.unwrap(), Err(Failure::Busy));
    let stats = integrations.stats();
    assert_eq!((stats.in_flight, stats.leaving), (8, 40));
    bids.go_on();
    for one in running {
        assert!(one.await.unwrap().is_ok());
    }
    leaving.go_on();
    integrations.drain(NEVER).await;
    assert_eq!((leaving.requests().len(), leaving.open_most()), (40, 2));
    let stats = integrations.stats();
    assert_eq!((stats.in_flight, stats.leaving, stats.ended("ok")), (0, 0, 46));
}

#[tokio::test]
async fn past_as_many_ends_as_may_wait_one_is_counted_and_not_told() {
    let handler = Handler::start(Manner::Held(answer(200, ""))).await;
    let mut config = config(&[("$disconnect", &handler.url())]);
    config.concurrency = 1;
    let integrations = integrations(config);
    let opening = opening();
    for _ in 0..LEAVING_MAX {
        integrations.disconnect(&opening, &CloseReason::LOST);
    }
    assert_eq!(integrations.stats().ended("busy"), 0);
    integrations.disconnect(&opening, &CloseReason::LOST);
    let stats = integrations.stats();
    assert_eq!((stats.ended("busy"), stats.leaving), (1, u64::try_from(LEAVING_MAX).unwrap()));
}

#[tokio::test]
async fn waiting_for_the_last_calls_ends_in_time_though_they_hang() {
    let handler = Handler::start(Manner::Hang(String::new())).await;
    let integrations = integrations(config(&[("placeBid", &handler.url())]));
    let mut hanging = post(&integrations, "{}");
    integrations.drain(SOON).await;
    assert_eq!(hanging.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(integrations.stats().in_flight, 1);
}
