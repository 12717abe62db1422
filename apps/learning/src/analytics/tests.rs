//! Analytics as a whole, on a store, with a clock that moves when told.

mod keeping;
mod recount;
mod telling;

use std::sync::Arc;
use std::time::Duration;

use hub::{Announce, Hub, Member, Membership, Person, RoomId};
use model::{ConnectionId, ManualClock, Name, Timestamp};
use storage::{Options, Store};
use tempfile::TempDir;
use testkit::Recorder;
use tokio::runtime::Runtime;

use super::*;

/// When tests begin: a full hour.
const BEGIN: i64 = 1_800_000_000;

/// A server's worth of analytics. Its runtime has one thread, the test's, so that nothing is told and
/// nothing written while a test does not wait.
struct Play {
    analytics: Arc<Analytics>,
    recorder: Arc<Recorder>,
    store: Store,
    clock: Arc<ManualClock>,
    runtime: Runtime,
    directory: TempDir,
    metrics: Vec<Metric>,
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn event(of: &str, user: &str, value: Option<f64>) -> Event {
    Event { name: name(of), value, user: user.into(), at: None, aggregate: None, window: None }
}

impl Play {
    fn new() -> Self {
        Self::with(Vec::new())
    }

    fn with(metrics: Vec<Metric>) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(BEGIN)));
        Self::open(TempDir::new().unwrap(), clock, metrics)
    }

    fn open(directory: TempDir, clock: Arc<ManualClock>, metrics: Vec<Metric>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let recorder = Recorder::new();
        let hub = Hub::new(recorder.clone(), clock.clone());
        let path = directory.path().join("data");
        let options = Options { readers: 1, ..Options::default() };
        let store = Store::open(&path, crate::MIGRATIONS, &options, clock.clone()).unwrap();
        let analytics = Analytics::start(Parts {
            store: store.clone(),
            hub,
            metrics: metrics.clone(),
            runtime: runtime.handle().clone(),
        });
        let analytics = analytics.unwrap();
        // The first look of those that write and tell comes at once: it finds nothing yet.
        runtime.block_on(async {
            tokio::time::sleep(Duration::from_millis(2)).await;
            tokio::task::yield_now().await;
        });
        Self { analytics, recorder, store, clock, runtime, directory, metrics }
    }

    /// The process ends, having written what waits or not, and another one starts.
    fn restart(self, is_written: bool) -> Self {
        if is_written {
            self.write();
        }
        let Self { analytics, store, clock, runtime, directory, metrics, .. } = self;
        drop((analytics, runtime));
        store.close();
        Self::open(directory, clock, metrics)
    }

    fn advance(&self, secs: u64) {
        self.clock.advance(Duration::from_secs(secs));
    }

    fn now(&self) -> u32 {
        seconds(self.clock.wall())
    }

    fn write(&self) {
        self.runtime.block_on(self.analytics.write());
    }

    fn ingest(&self, events: &[Event]) -> Vec<Refused> {
        self.runtime.block_on(self.analytics.ingest(&name("c"), events)).unwrap()
    }

    /// What a metric is now, once the past was read.
    fn value(&self, metric: &str) -> Option<f64> {
        self.runtime.block_on(self.analytics.opened("c")).unwrap();
        self.analytics.current("c", &name(metric)).unwrap().value
    }

    fn series(&self, metric: &str, step: Step) -> Vec<Point> {
        let range = Range {
            step,
            from: Timestamp::from_secs(0),
            to: Timestamp::from_secs(BEGIN * 2),
            count_max: usize::MAX / 2,
        };
        self.runtime.block_on(self.analytics.series(&name("c"), &name(metric), range)).unwrap()
    }

    /// Somebody enters a room of the hub.
    fn join(&self, room: &RoomId, user: &str, slot: u32) -> Membership {
        let connection = ConnectionId::new(0, slot, 1);
        let member = Member { connection, user_id: user.into(), username: user.into() };
        let announce: Arc<dyn Announce> = Arc::new(Silent);
        self.analytics.hub.join(room, &announce, member, false).membership
    }
}

struct Silent;

impl Announce for Silent {
    fn joined(&self, _room: &RoomId, _person: &Person<'_>) -> Option<bytes::Bytes> {
        None
    }

    fn left(&self, _room: &RoomId, _person: &Person<'_>) -> Option<bytes::Bytes> {
        None
    }
}

#[test]
fn what_people_do_and_what_is_reported_is_activity_and_engagement() {
    let play = Play::new();
    play.analytics.note("c", "ann");
    play.analytics.note("c", "ann");
    play.analytics.note("d", "eve");
    assert!(play.ingest(&[event("click", "bob", None), event("click", "ann", None)]).is_empty());
    assert_eq!([play.value("activity"), play.value("engagement")], [Some(4.0), Some(2.0)]);
    play.advance(59);
    assert_eq!(play.value("activity"), Some(4.0));
    play.advance(1);
    assert_eq!([play.value("activity"), play.value("engagement")], [Some(0.0), Some(2.0)]);
    play.advance(240);
    assert_eq!(play.value("engagement"), Some(0.0));
}

#[test]
fn performance_is_of_performance_and_score_and_nothing_without_them() {
    let play = Play::new();
    assert_eq!(play.value("performance"), None);
    play.ingest(&[
        event("performance", "ann", Some(60.0)),
        event("score", "bob", Some(90.0)),
        event("click", "bob", Some(1.0)),
    ]);
    assert_eq!(play.value("performance"), Some(75.0));
    assert_eq!(play.value("score"), Some(90.0));
    play.advance(300);
    assert_eq!([play.value("performance"), play.value("score")], [Some(75.0), None]);
    play.advance(600);
    assert_eq!(play.value("performance"), None);
}

#[test]
fn a_metric_is_what_its_first_event_or_the_operator_declares() {
    let declared = Metric { name: name("latency"), aggregate: Aggregate::P95, window: 10 };
    let play = Play::with(vec![declared]);
    let reading = |metric| play.analytics.current("c", &name(metric)).unwrap();
    assert_eq!((reading("latency").value, reading("latency").window), (None, 10));
    assert_eq!((reading("coins").value, reading("coins").window), (None, 300));
    let coins = |value| Event {
        aggregate: Some(Aggregate::Sum),
        window: Some(60),
        ..event("coins", "ann", Some(value))
    };
    let latencies = (1..=100).map(|at| event("latency", "ann", Some(f64::from(at))));
    let events: Vec<Event> = latencies.chain([coins(3.0), coins(4.0)]).collect();
    assert!(play.ingest(&events).is_empty());
    assert_eq!((reading("coins").value, reading("coins").window), (Some(7.0), 60));
    assert!((reading("latency").value.unwrap() - 95.0).abs() <= 0.95);
    let mean = Event { aggregate: Some(Aggregate::Mean), ..event("latency", "ann", Some(1.0)) };
    let refused = play.ingest(&[event("a", "ann", None), mean, event("coins", "ann", None)]);
    let told: Vec<_> = refused.iter().map(|it| (it.index, it.problem.field)).collect();
    assert_eq!(told, [(1, "aggregate"), (2, "value")]);
    // What was refused is no activity either.
    assert_eq!(play.value("activity"), Some(103.0));
    let all = play.runtime.block_on(play.analytics.metrics(&name("c"))).unwrap();
    let names: Vec<&str> = all.iter().map(|(name, _)| &**name).collect();
    let expected = ["engagement", "activity", "performance", "online", "a", "coins", "latency"];
    assert_eq!(names, expected);
}

#[test]
fn a_context_has_two_hundred_metrics_of_its_own_and_no_more() {
    let play = Play::new();
    let events: Vec<Event> = (0..250).map(|at| event(&format!("m{at}"), "ann", None)).collect();
    let refused = play.ingest(&events);
    let indexes: Vec<usize> = refused.iter().map(|it| it.index).collect();
    assert_eq!(indexes, (CUSTOM_MAX..250).collect::<Vec<_>>());
    assert!(refused.iter().all(|it| it.problem.field == "name"));
    assert!(play.ingest(&[event("m7", "ann", None)]).is_empty());
    let stats = play.analytics.stats();
    assert_eq!((stats.events, stats.refused), (201, 50));
}

#[test]
fn people_online_are_counted_once_wherever_they_are_connected() {
    let play = Play::new();
    assert_eq!(play.value("online"), Some(0.0));
    let chat = RoomId::new("chat", "c");
    let figures = rooms::dashboards("c");
    let ann = [play.join(&chat, "ann", 1), play.join(&figures, "ann", 2)];
    let _bob = play.join(&figures, "bob", 3);
    let _eve = play.join(&chat, "eve", 4);
    assert_eq!(play.value("online"), Some(3.0));
    let [chatting, looking] = ann;
    drop(chatting); // A drop: for five seconds still there.
    assert_eq!(play.value("online"), Some(3.0));
    looking.leave();
    assert_eq!(play.value("online"), Some(3.0));
    play.advance(6);
    play.analytics.hub.expire_absences();
    assert_eq!(play.value("online"), Some(2.0));
}

#[test]
fn events_count_where_they_belong_or_are_refused_by_name() {
    let play = Play::new();
    let at = |millis: i64| Event {
        at: Some(play.clock.wall().plus_millis(millis)),
        ..event("click", "ann", None)
    };
    let events = [at(-300_000), at(-61_000), at(-59_000), at(60_000), at(60_001), at(-300_001)];
    let refused: Vec<_> =
        play.ingest(&events).iter().map(|it| (it.index, it.problem.field)).collect();
    assert_eq!(refused, [(4, "at"), (5, "at")]);
    assert_eq!(play.value("activity"), Some(2.0));
    assert_eq!(play.value("click"), Some(3.0));
    let points: Vec<_> = play
        .series("click", Step::Second)
        .iter()
        .map(|it| (it.at.as_secs() - BEGIN, it.count))
        .collect();
    assert_eq!(points, [(-300, 1), (-61, 1), (-59, 1), (0, 1)]);
    let points: Vec<_> = play
        .series("click", Step::Minute)
        .iter()
        .map(|it| (it.at.as_secs() - BEGIN, it.count))
        .collect();
    assert_eq!(points, [(-300, 1), (-120, 1), (-60, 1), (0, 1)]);
}
