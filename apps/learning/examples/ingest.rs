//! Prints what events cost: taking them, telling watchers, and writing series.
//!
//! `cargo run --release -p learning --example ingest -- [EVENTS]`: for three shapes of a class, how long a
//! processor takes for a million events, all of it: what takes the events, what tells watchers four times
//! a second, and what writes series every five, with its commits. The clock is moved as if the events came
//! over one minute; the processor's time is that of the whole process, so that no thread is left out. Each
//! line is a process of its own.
#![expect(clippy::print_stdout, reason = "it prints its figures")]

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hub::{Announce, Hub, Item, Member, Membership, Outlet, Person, RoomId};
use learning::analytics::{Aggregate, Analytics, Event, Parts};
use model::{ConnectionId, ManualClock, Name, Timestamp};
use rustix::time::{ClockId, clock_gettime};
use storage::{Options, Store};

const EVENTS_DEFAULT: u64 = 1_000_000;

/// How events are spread.
struct Shape {
    title: &'static str,
    contexts: u64,
    /// People of each.
    people: u64,
    /// Metrics of each.
    metrics: u64,
    /// Events of one request.
    at_once: u64,
}

const SHAPES: [Shape; 3] = [
    Shape {
        title: "1 context of 50,000 people, 20 metrics",
        contexts: 1,
        people: 50_000,
        metrics: 20,
        at_once: 1000,
    },
    Shape {
        title: "1,000 contexts of 30 people, 5 metrics",
        contexts: 1000,
        people: 30,
        metrics: 5,
        at_once: 100,
    },
    Shape {
        title: "9,000 contexts of 10 people, 2 metrics",
        contexts: 9000,
        people: 10,
        metrics: 2,
        at_once: 50,
    },
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [shape, events] = &arguments[..] {
        println!("{}", measure(shape.parse()?, events.parse()?)?);
        return Ok(());
    }
    let events = arguments.first().map_or(Ok(EVENTS_DEFAULT), |text| text.parse())?;
    let title = format!("{events} events in a minute");
    println!("{title:42}   CPU s  take s  tell s  ns/event  MiB  seconds written");
    for shape in 0..SHAPES.len() {
        let mut line = std::process::Command::new(std::env::current_exe()?);
        line.args([shape.to_string(), events.to_string()]);
        print!("{}", String::from_utf8(line.output()?.stdout)?);
    }
    Ok(())
}

fn measure(shape: usize, events: u64) -> Result<String, Box<dyn Error>> {
    let folder = Folder::new(shape)?;
    let shape = &SHAPES[shape];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_800_000_000)));
    let hub = Hub::new(Arc::new(Nowhere), clock.clone());
    let store = Store::open(&folder.0, learning::MIGRATIONS, &Options::default(), clock.clone())?;
    let analytics = Analytics::start(Parts {
        store,
        hub: Arc::clone(&hub),
        metrics: Vec::new(),
        runtime: runtime.handle().clone(),
    })?;
    let places = watch(&hub, &analytics, shape)?;
    let mut random = Random(1);
    let (begun, mut taking, mut telling) = (on_processor(), Duration::ZERO, Duration::ZERO);
    let requests = events / shape.at_once;
    for request in 0..requests {
        let context = Name::new(&format!("context {}", request % shape.contexts))?;
        let batch = batch(&mut random, shape)?;
        let started = on_processor();
        let refused = runtime.block_on(analytics.ingest(&context, &batch))?;
        taking += on_processor() - started;
        assert!(refused.is_empty(), "{:?}", refused.first());
        clock.advance(Duration::from_secs(60) / u32::try_from(requests)?);
        if is_due(request, requests, 240) {
            let started = on_processor();
            analytics.tell_watchers();
            telling += on_processor() - started;
        }
        if is_due(request, requests, 12) {
            runtime.block_on(analytics.write());
        }
    }
    runtime.block_on(analytics.write());
    let spent = on_processor() - begun;
    let stats = analytics.stats();
    drop(places);
    Ok(format!(
        "{:42}  {:6.2}  {:6.2}  {:6.2}  {:8.0}  {:3}  {:4}",
        shape.title,
        spent.as_secs_f64(),
        taking.as_secs_f64(),
        telling.as_secs_f64(),
        spent.as_secs_f64() * 1e9 / part(events),
        stats.bytes >> 20,
        stats.written,
    ))
}

/// Whether one of `times` moments, spread evenly over the requests, comes with this one.
const fn is_due(request: u64, requests: u64, times: u64) -> bool {
    (request + 1) * times / requests != request * times / requests
}

fn batch(random: &mut Random, shape: &Shape) -> Result<Vec<Event>, Box<dyn Error>> {
    let event = |_| {
        let metric = random.below(shape.metrics);
        let aggregate = Aggregate::ALL[usize::try_from(metric % 4)?];
        Ok(Event {
            name: Name::new(&format!("metric {metric}"))?,
            value: Some(part(random.below(10_000)) / 10.0),
            user: format!("0198f3c2-7d4e-7a10-9c55-{:012x}", random.below(shape.people)).into(),
            at: None,
            aggregate: Some(aggregate),
            window: None,
        })
    };
    (0..shape.at_once).map(event).collect()
}

/// Somebody watches engagement, activity and each metric of every context.
fn watch(
    hub: &Arc<Hub>,
    analytics: &Arc<Analytics>,
    shape: &Shape,
) -> Result<Vec<Membership>, Box<dyn Error>> {
    let announce: Arc<dyn Announce> = Arc::new(Silent);
    let mut places = Vec::new();
    for context in 0..shape.contexts {
        let context = format!("context {context}");
        let own = (0..shape.metrics).map(|metric| format!("metric {metric}"));
        for metric in own.chain(["engagement", "activity"].map(str::to_owned)) {
            let slot = u32::try_from(places.len())?;
            let connection = ConnectionId::new(0, slot, 1);
            let member = Member { connection, user_id: "ann".into(), username: "Ann".into() };
            let join = |room: &RoomId| hub.join(room, &announce, member, false).membership;
            places.push(analytics.watch(&context, &Name::new(&metric)?, join)?.1);
        }
    }
    Ok(places)
}

/// Where deliveries end.
struct Nowhere;

impl Outlet for Nowhere {
    fn push(&self, _shard: u8, item: Item) {
        std::hint::black_box(item);
    }
}

/// Tells nobody of comings and goings.
struct Silent;

impl Announce for Silent {
    fn joined(&self, _room: &RoomId, _person: &Person<'_>) -> Option<Bytes> {
        None
    }

    fn left(&self, _room: &RoomId, _person: &Person<'_>) -> Option<Bytes> {
        None
    }
}

/// A folder that goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(shape: usize) -> std::io::Result<Self> {
        let name = format!("quintet-ingest-{}-{shape}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

/// The generator splitmix64.
struct Random(u64);

impl Random {
    /// A number below `bound`, each as likely as the others.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// How long this process has been on processors.
fn on_processor() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn part(number: u64) -> f64 {
    number as f64
}
