//! What is kept, for how long, and what happens where it cannot be.

use storage::rusqlite::Connection;

use super::*;

impl Play {
    fn count(&self, sql: &'static str) -> usize {
        let read = move |db: &Connection| db.query_row(sql, [], |row| row.get(0));
        self.runtime.block_on(self.store.read(read)).unwrap()
    }

    fn sweep(&self) {
        self.runtime.block_on(self.analytics.sweep()).unwrap();
    }
}

const SECONDS: &str = "SELECT count(*) FROM analytics_seconds";
const MINUTES: &str = "SELECT count(*) FROM analytics_points WHERE step = 60";
const HOURS: &str = "SELECT count(*) FROM analytics_points WHERE step = 3600";
const OPEN: &str = "SELECT count(*) FROM analytics_points WHERE sketch IS NOT NULL";
const SERIES: &str = "SELECT count(*) FROM analytics_series";

#[test]
fn points_are_kept_an_hour_a_week_and_four_hundred_days() {
    let play = Play::new();
    play.ingest(&[event("click", "ann", None)]);
    play.write();
    let counts = || [SECONDS, MINUTES, HOURS, SERIES].map(|sql| play.count(sql));
    assert_eq!(counts(), [2, 2, 2, 2]);
    let mut passed = 0;
    for (secs, expected) in [
        (3600, [2, 2, 2, 2]),
        (3601, [0, 2, 2, 2]),
        (7 * 86_400, [0, 2, 2, 2]),
        (7 * 86_400 + 1, [0, 0, 2, 2]),
        (400 * 86_400, [0, 0, 2, 2]),
        (400 * 86_400 + 1, [0, 0, 0, 0]),
    ] {
        play.advance(secs - passed);
        passed = secs;
        play.sweep();
        assert_eq!(counts(), expected, "after {secs} s");
    }
}

#[test]
fn many_points_are_swept_in_steps() {
    let play = Play::new();
    for minute in 0..600 {
        play.ingest(&[event(&format!("m{}", minute % 3), "ann", None)]);
        play.write();
        play.advance(60);
    }
    assert_eq!([play.count(SECONDS), play.count(MINUTES)], [1200, 1200]);
    play.advance(7 * 86_400);
    play.sweep();
    assert_eq!([play.count(SECONDS), play.count(MINUTES)], [0, 0]);
    assert_eq!(play.count(OPEN), 0);
}

#[test]
fn points_of_a_clock_that_was_ahead_do_not_keep_the_others() {
    let play = Play::new();
    play.clock.set_wall(Timestamp::from_secs(BEGIN + 1000 * 86_400));
    for _ in 0..600 {
        play.ingest(&[event("click", "ann", None)]);
        play.write();
    }
    play.clock.set_wall(Timestamp::from_secs(BEGIN));
    let ahead = play.count(SECONDS);
    play.ingest(&[event("click", "ann", None)]);
    play.write();
    play.advance(3601);
    play.sweep();
    assert_eq!((ahead, play.count(SECONDS)), (1200, 1200));
}

#[test]
fn points_that_are_over_keep_their_value_and_not_what_it_was_made_of() {
    let play = Play::new();
    let latency =
        |value| Event { aggregate: Some(Aggregate::P95), ..event("latency", "ann", Some(value)) };
    play.ingest(&[latency(5.0), latency(7.0)]);
    let before = ["latency", "engagement"].map(|it| play.series(it, Step::Minute));
    assert_eq!(play.count(OPEN), 4);
    play.advance(60 + 30 * 60);
    play.sweep();
    assert_eq!(play.count(OPEN), 4);
    play.advance(1);
    play.sweep();
    assert_eq!(play.count(OPEN), 2); // The hours.
    let after = ["latency", "engagement"].map(|it| play.series(it, Step::Minute));
    assert_eq!(before, after);
    play.clock.set_wall(Timestamp::from_secs(BEGIN)); // Another second, after the minute was over.
    play.ingest(&[latency(100.0)]);
    let after = play.series("latency", Step::Minute);
    assert_eq!((after[0].count, after[0].value), (3, before[0][0].value));
    let hour = &play.series("latency", Step::Hour)[0];
    assert!((hour.value.unwrap() - 100.0).abs() <= 1.0, "{hour:?}");
}

#[test]
fn a_range_is_of_the_points_that_begin_in_it() {
    let play = Play::new();
    for _ in 0..10 {
        play.ingest(&[event("click", "ann", None)]);
        play.advance(60);
    }
    let series = |step, from: i64, to: i64, count_max| {
        let (from, to) = (Timestamp::from_millis(from), Timestamp::from_millis(to));
        let range = Range { step, from, to, count_max };
        let (context, metric) = (name("c"), name("click"));
        let points = play.analytics.series(&context, &metric, range);
        let points = play.runtime.block_on(points).unwrap();
        points.iter().map(|point| point.at.as_secs() - BEGIN).collect::<Vec<_>>()
    };
    let begin = BEGIN * 1000;
    for step in [Step::Second, Step::Minute] {
        assert_eq!(series(step, begin, begin + 120_000, 9), [0, 60]);
        assert_eq!(series(step, begin + 1, begin + 120_001, 9), [60, 120]);
        assert_eq!(series(step, begin, begin + 600_000, 3), [0, 60, 120]);
        assert!(series(step, begin + 60_000, begin, 9).is_empty());
    }
    assert_eq!(series(Step::Hour, begin, begin + 1, 9), [0]);
    assert!(play.series("other", Step::Second).is_empty());
}

#[test]
fn who_is_online_is_a_series_while_somebody_is() {
    let play = Play::new();
    let places = [
        play.join(&rooms::dashboards("c"), "ann", 1),
        play.join(&rooms::dashboards("c"), "bob", 2),
    ];
    play.value("online");
    for _ in 0..4 {
        play.write();
        play.advance(5);
    }
    places.into_iter().for_each(Membership::leave);
    for _ in 0..4 {
        play.write();
        play.advance(5);
    }
    let points = play.series("online", Step::Second);
    let values: Vec<_> = points.iter().map(|point| point.value.unwrap()).collect();
    assert_eq!(values, [2.0, 2.0, 2.0, 2.0, 0.0]);
    assert_eq!(play.series("online", Step::Minute)[0].value, Some(1.6));
}

#[test]
fn what_cannot_be_written_waits_up_to_a_bound() {
    let play = Play::new();
    play.value("activity");
    play.store.close();
    for _ in 0..905 {
        play.analytics.note("c", "ann");
        play.advance(1);
    }
    play.write();
    play.write();
    let stats = play.analytics.stats();
    assert_eq!((stats.lost, stats.written, stats.events), (5, 0, 905));
    assert_eq!(play.value("activity"), Some(59.0));
    let context = play.analytics.contexts.find("c").unwrap();
    let waiting = context.lock().take_unwritten();
    assert_eq!((waiting.len(), waiting[0].cells.len()), (1, 900));
}

#[test]
fn nothing_is_written_before_the_past_was_read() {
    let play = Play::new();
    let (open, closed) = sync_channel::<()>(0);
    let wait = move |_: &Connection| {
        let _open = closed.recv();
        Ok(())
    };
    play.store.read_then(wait, |_| {}).unwrap(); // The one reader is busy.
    play.analytics.note("c", "ann");
    play.write();
    assert_eq!(play.analytics.stats().written, 0);
    drop(open);
    assert_eq!(play.value("activity"), Some(1.0));
    play.write();
    assert_eq!(play.analytics.stats().written, 1);
    assert_eq!(play.series("activity", Step::Second)[0].count, 1);
}

#[test]
fn a_past_that_cannot_be_read_is_read_later() {
    let play = Play::new();
    play.ingest(&[event("click", "ann", None)]);
    let play = play.restart(true);
    play.store.close();
    let opened = play.runtime.block_on(play.analytics.ingest(&name("c"), &[]));
    assert_eq!(opened, Err(Unavailable::Busy));
    play.analytics.note("c", "bob");
    let opened = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&opened);
    play.analytics.open("c", move |outcome| {
        assert_eq!(outcome, Err(Unavailable::Busy));
        counted.fetch_add(1, Relaxed);
    });
    assert_eq!(opened.load(Relaxed), 1);
    let context = play.analytics.contexts.find("c").unwrap();
    assert!(matches!(context.lock().past, Past::Unread));
    play.analytics.look_after(&context);
    assert_eq!(play.analytics.current("c", &name("activity")).unwrap().value, Some(1.0));
}

#[test]
fn what_was_given_back_is_written_later_and_once() {
    let play = Play::new();
    play.ingest(&[event("click", "ann", None)]);
    let context = play.analytics.contexts.find("c").unwrap();
    let taken = context.lock().take_unwritten();
    play.ingest(&[event("click", "bob", None)]);
    taken.iter().for_each(|series| context.lock().give_back(series));
    drop(context);
    assert_eq!(play.series("click", Step::Hour)[0].count, 2);
    assert_eq!(play.series("engagement", Step::Minute)[0].value, Some(2.0));
    assert_eq!(play.series("click", Step::Second)[0].count, 2);
}

#[test]
fn contexts_that_are_not_used_make_room_and_come_back_as_they_were() {
    let play = Play::new();
    play.ingest(&[event("score", "ann", Some(50.0))]);
    let join = |room: &RoomId| play.join(room, "ann", 1);
    let _place = play.analytics.watch("watched", &name("activity"), join).unwrap();
    for at in 0..CONTEXTS_MAX - 2 {
        play.clock.advance(Duration::from_millis(1));
        play.analytics.note(&format!("other {at}"), "ann");
    }
    assert_eq!(play.analytics.stats().contexts, CONTEXTS_MAX);
    play.analytics.note("one too many", "ann");
    assert_eq!(play.analytics.stats().missed, 1);
    let opened = play.runtime.block_on(play.analytics.ingest(&name("another"), &[]));
    assert_eq!(opened, Err(Unavailable::Full));
    play.write(); // Some pasts may still have been unread then.
    while play.analytics.stats().contexts == CONTEXTS_MAX {
        play.runtime.block_on(play.store.read(|_| Ok(()))).unwrap();
        play.write();
    }
    let find = |name| play.analytics.contexts.find(name).is_some();
    assert!(find("watched") && !find("c") && find(&format!("other {}", CONTEXTS_MAX - 3)));
    assert_eq!([play.value("performance"), play.value("score")], [Some(50.0), Some(50.0)]);
}
