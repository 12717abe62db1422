//! Metrics and series against a recount of the same events, whatever happens between.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::*;

/// Metrics that are recounted: name, aggregate, window.
const OWN: [(&str, Aggregate, u32); 5] = [
    ("hands", Aggregate::Count, 30),
    ("mood", Aggregate::Mean, 300),
    ("coins", Aggregate::Sum, 3600),
    ("latency", Aggregate::P95, 120),
    ("score", Aggregate::Mean, 300),
];

#[derive(Clone, Debug)]
enum Move {
    /// Events: which metric, value, user, how many seconds late.
    Report(Vec<(usize, i32, u8, u32)>),
    /// Somebody does something.
    Note(u8),
    /// Seconds pass.
    Wait(u64),
    /// What waits is written.
    Write,
    /// Another process goes on.
    Restart,
    /// Contexts that are not in use are let go.
    Forget,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let reported = (0..OWN.len(), -500..500_i32, 0..30_u8, prop_oneof![Just(0), 0..300_u32]);
    let step = prop_oneof![
        6 => proptest::collection::vec(reported, 1..12).prop_map(Move::Report),
        3 => (0..30_u8).prop_map(Move::Note),
        4 => prop_oneof![0..5_u64, 0..200_u64].prop_map(Move::Wait),
        1 => Just(Move::Write),
        1 => Just(Move::Restart),
        1 => Just(Move::Forget),
    ];
    proptest::collection::vec(step, 1..60)
}

/// All events there ever were.
#[derive(Default)]
struct Recount(Vec<Counted>);

struct Counted {
    /// Its metric; none of what was noted.
    of: Option<usize>,
    value: f64,
    user: u8,
    at: u32,
}

impl Recount {
    fn values(&self, metric: &str, from: u32, to: u32) -> Vec<f64> {
        let is_of = |of: Option<usize>| match (metric, of.map(|of| OWN[of].0)) {
            ("activity" | "engagement", _) => true,
            ("performance", name) => name == Some("score"),
            (metric, name) => name == Some(metric),
        };
        let counted = self.0.iter().filter(|it| is_of(it.of) && it.at >= from && it.at < to);
        counted.map(|it| it.value).collect()
    }

    fn people(&self, from: u32, to: u32) -> f64 {
        let inside = self.0.iter().filter(|it| it.at >= from && it.at < to);
        inside.map(|it| it.user).collect::<HashSet<_>>().len() as f64
    }

    fn value(&self, metric: &str, aggregate: Aggregate, from: u32, to: u32) -> Option<f64> {
        let mut values = self.values(metric, from, to);
        values.sort_by(f64::total_cmp);
        let (count, sum) = (values.len() as f64, values.iter().sum::<f64>());
        match aggregate {
            _ if metric == "engagement" => Some(self.people(from, to)),
            Aggregate::Count => Some(count),
            Aggregate::Sum => Some(sum),
            Aggregate::Mean => (!values.is_empty()).then(|| sum / count),
            Aggregate::P95 => {
                values.get((values.len() * 95).div_ceil(100).checked_sub(1)?).copied()
            }
        }
    }
}

/// Every metric with its aggregate and window.
fn all() -> impl Iterator<Item = (&'static str, Aggregate, u32)> {
    let everywhere = [
        ("engagement", Aggregate::Count, 300),
        ("activity", Aggregate::Count, 60),
        ("performance", Aggregate::Mean, 900),
    ];
    everywhere.into_iter().chain(OWN)
}

fn is_near(told: Option<f64>, expected: Option<f64>, aggregate: Aggregate) -> bool {
    let within = if aggregate == Aggregate::P95 { 0.010_001 } else { 1e-9 };
    match (told, expected) {
        (Some(told), Some(expected)) => (told - expected).abs() <= expected.abs() * within + 1e-8,
        (told, expected) => told == expected,
    }
}

impl Play {
    fn do_it(self, step: &Move, recount: &mut Recount) -> Self {
        match step {
            Move::Report(events) => {
                let now = self.now();
                let reported: Vec<Event> = events.iter().map(|it| reported(it, now)).collect();
                assert!(self.ingest(&reported).is_empty());
                recount.0.extend(events.iter().map(|(of, value, user, late)| Counted {
                    of: Some(*of),
                    value: f64::from(*value) / 8.0,
                    user: *user,
                    at: now - late,
                }));
            }
            Move::Note(user) => {
                self.analytics.note("c", &user.to_string());
                recount.0.push(Counted { of: None, value: 0.0, user: *user, at: self.now() });
            }
            Move::Wait(secs) => self.advance(*secs),
            Move::Write => self.write(),
            Move::Restart => return self.restart(true),
            Move::Forget => {
                self.write();
                self.advance(2 * 60 * 60);
                while self.analytics.contexts.len() > 0 {
                    // A reader's thread may hold one for a moment more.
                    self.runtime.block_on(self.store.read(|_| Ok(()))).unwrap();
                    self.analytics.contexts.tidy_up(self.analytics.clock().monotonic());
                }
            }
        }
        self
    }

    fn compare(&self, recount: &Recount) {
        for (metric, aggregate, window) in all() {
            let (from, to) = (self.now() + 1 - window, self.now() + 1);
            let (told, expected) = (self.value(metric), recount.value(metric, aggregate, from, to));
            let is_unknown = told.is_none() && recount.values(metric, 0, to).is_empty();
            assert!(
                is_unknown || is_near(told, expected, aggregate),
                "{metric}: {told:?}, by recount {expected:?}"
            );
        }
    }

    fn compare_series(&self, recount: &Recount) {
        for (metric, aggregate, _) in all() {
            for step in Step::ALL {
                let points = self.series(metric, step);
                let expected: BTreeMap<u32, usize> = {
                    let mut counts = BTreeMap::new();
                    let ends = recount.0.iter().map(|it| it.at - it.at % step.secs());
                    for at in ends.collect::<HashSet<_>>() {
                        let count = recount.values(metric, at, at + step.secs()).len();
                        counts.insert(at, count);
                    }
                    counts.into_iter().filter(|(_, count)| *count > 0).collect()
                };
                let told: BTreeMap<u32, usize> = points
                    .iter()
                    .map(|it| (seconds(it.at), usize::try_from(it.count).unwrap()))
                    .collect();
                assert_eq!(told, expected, "{metric} {step:?}");
                for point in points {
                    let (from, to) = (seconds(point.at), seconds(point.at) + step.secs());
                    let value = recount.value(metric, aggregate, from, to);
                    assert!(is_near(point.value, value, aggregate), "{metric} {point:?} {value:?}");
                    let sum: f64 = recount.values(metric, from, to).iter().sum();
                    let sum =
                        if metric == "activity" || metric == "engagement" { 0.0 } else { sum };
                    assert!((point.sum - sum).abs() < 1e-6, "{metric} {point:?} {sum}");
                }
            }
        }
    }
}

fn reported((of, value, user, late): &(usize, i32, u8, u32), now: u32) -> Event {
    let (metric, aggregate, window) = OWN[*of];
    Event {
        at: Some(Timestamp::from_secs(i64::from(now - late))),
        aggregate: Some(aggregate),
        window: Some(window),
        ..event(metric, &user.to_string(), Some(f64::from(*value) / 8.0))
    }
}

proptest! {
    #![proptest_config(Config { cases: 48, ..Config::default() })]
    #[test]
    fn metrics_and_series_are_what_a_recount_says(moves in moves()) {
        let (mut play, mut recount) = (Play::new(), Recount::default());
        for step in &moves {
            play = play.do_it(step, &mut recount);
            play.compare(&recount);
        }
        play.compare_series(&recount);
    }
}

#[test]
fn what_windows_show_survives_a_restart_but_what_was_not_written() {
    let play = Play::new();
    play.ingest(&[event("score", "ann", Some(80.0)), event("click", "bob", None)]);
    let play = play.restart(true);
    play.analytics.note("c", "eve"); // Before its past was read.
    assert_eq!(play.value("engagement"), Some(3.0));
    assert_eq!([play.value("activity"), play.value("performance")], [Some(3.0), Some(80.0)]);
    let play = play.restart(false);
    assert_eq!([play.value("activity"), play.value("click")], [Some(2.0), Some(1.0)]);
    assert!(play.ingest(&[event("score", "ann", Some(40.0))]).is_empty());
    assert_eq!(play.value("performance"), Some(60.0));
}

#[test]
fn a_crowd_survives_a_restart_too() {
    let play = Play::new();
    let crowd: Vec<Event> =
        (0..15_000).map(|user| event("click", &user.to_string(), None)).collect();
    play.ingest(&crowd[..8000]);
    play.advance(1);
    play.ingest(&crowd);
    let near = |told: Option<f64>| (told.unwrap() / 15_000.0 - 1.0).abs() < 0.03;
    assert!(near(play.value("engagement")));
    let play = play.restart(true);
    assert!(near(play.value("engagement")));
    let points = play.series("engagement", Step::Second);
    assert_eq!(points[0].value, Some(8000.0));
    assert!(near(points[1].value));
    assert!(near(play.series("engagement", Step::Hour)[0].value));
    play.advance(298);
    assert!(near(play.value("engagement")));
    play.advance(2);
    assert_eq!(play.value("engagement"), Some(0.0));
}
