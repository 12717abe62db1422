//! What is told of what was said when a session ends, or the server stops.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_keeps_what_was_said_in_it_and_tells_it_before_all_go() {
    let mut house = House::with(COUNTS);
    house.start(0);
    house.hear(0, Format::Pcm16, &speech(), 3200);
    house.room.end(Some("ann"), None, &Handle::current());
    house.listening.ended("talk");
    house.until("session:status:updated").await;
    let told = house.until("session:left").await;
    assert_eq!(finals(&told).len(), 1, "the last words come before one is out: {told:?}");
    assert_eq!((house.room.connection_count(), house.room.user_count()), (0, 0));
    house.settled().await;
    assert_eq!(house.stored().await.len(), 1);
    assert_eq!(house.until_now(), [], "and nothing comes behind that");
    assert!(house.listening.begin(&house.source(0), None).is_err());
    assert_eq!(house.listening.stats().speakers, 0);
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_want_to_wait_for_last_words_goes_and_nobody_waits_for_ever() {
    let mut house = House::with(COUNTS);
    let speaker = Speaker::new(Arc::clone(&house.room), "ann".into(), "Ann".into());
    house.room.end(Some("ann"), None, &Handle::current());
    house.until("session:status:updated").await;
    let enters = house.room.enter(ANN, &house.people[0].0);
    assert!(enters.is_err(), "nobody comes in, not even who is still there");
    assert!(house.room.leave(BOB, false));
    assert_eq!(house.room.connection_count(), 1);
    tokio::time::sleep(Duration::from_secs(59)).await;
    assert_eq!(house.until_now(), []);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let told = house.until_now();
    assert_eq!((told.len(), told[0].0.as_str()), (1, "session:left"));
    assert_eq!(house.room.connection_count(), 0);
    drop(speaker);
    assert_eq!(house.until_now(), [], "once");
}

#[tokio::test(start_paused = true)]
async fn who_dropped_out_a_moment_before_the_end_holds_nobody_up() {
    let house = House::with(COUNTS);
    house.start(0);
    house.room.leave(ANN, true);
    house.listening.left(&house.source(0), true);
    house.room.end(Some("bob"), None, &Handle::current());
    house.listening.ended("talk");
    // Ann is waited for as one who speaks for six seconds, which do not pass here: nothing is awaited.
    let mut told = std::iter::from_fn(|| house.told.recv_timeout(PATIENCE).ok());
    assert!(told.any(|(name, ..)| name == "session:left"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_waits_for_what_was_said_and_listens_to_nobody_more() {
    let house =
        House::with("sleep 0.3; cat >/dev/null; echo '{\"type\":\"final\",\"text\":\"late\"}'");
    house.start(0);
    house.hear(0, Format::Pcm16, &speech(), 3200);
    house.listening.drain(PATIENCE).await;
    assert_eq!(house.stored().await.len(), 1);
    assert!(house.listening.begin(&house.source(1), None).is_err());
}
