//! The figures of one context: its windows, and what of its series is not written yet.
//!
//! **Invariants.** Nothing of a context is written before its past was read, so that what is read and what
//! is here never hold the same event. What is taken to be written is given back where that fails.
//!
//! **Bounds.** [`CUSTOM_MAX`] metrics of its own; [`UNWRITTEN_SECS_MAX`] seconds of a metric wait to be
//! written, past which the oldest are lost and counted. What the windows take stands in their files.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{Monotonic, Name};

use super::Unavailable;
use super::cell::{Cell, Sketch};
use super::distinct::Recent;
use super::ingest::{Declared, Event, Problem, judge};
use super::metric::{
    ACTIVITY, ACTIVITY_SECS, Aggregate, ENGAGEMENT, ENGAGEMENT_SECS, ONLINE, PERFORMANCE,
    PERFORMANCE_SECS,
};
use super::quantiles::bucket;
use super::window::Window;

/// Metrics of one context besides those that all have.
pub const CUSTOM_MAX: usize = 200;
/// Seconds of one metric that wait to be written.
const UNWRITTEN_SECS_MAX: usize = 900;
/// Seconds between two looks at who is online, for the series.
const ONLINE_EVERY_SECS: u32 = 5;

/// A context that is in memory.
pub(crate) struct Context {
    /// Its name.
    pub(crate) name: Arc<str>,
    /// When it was used last, in the clock's monotonic milliseconds.
    pub(crate) used: AtomicU64,
    /// How many of its metrics somebody watches, each lane counted.
    pub(crate) watched: AtomicUsize,
    state: Mutex<State>,
}

/// What happens once a context's past was read.
pub(crate) type Opened = Box<dyn FnOnce(Result<(), Unavailable>) + Send>;

/// What is known of a context's past.
pub(crate) enum Past {
    /// Nothing: it is to be read.
    Unread,
    /// It is being read, and these wait for it.
    Reading(Vec<Opened>),
    /// All of it.
    Read,
}

/// Those who watch a metric and are told of it at the same times.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Watch {
    pub(crate) metric: Name,
    pub(crate) lane: u8,
}

/// What they were told of it last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) value: Option<f64>,
    /// Whether some of them were told another value since, for they came later.
    pub(crate) is_mixed: bool,
    pub(crate) at: Monotonic,
}

/// What changes.
pub(crate) struct State {
    pub(crate) past: Past,
    crowd: Crowd,
    performance: Measure,
    online: Online,
    custom: BTreeMap<Name, Measure>,
    pub(crate) watched: HashMap<Watch, Told>,
    /// Seconds of series that were lost for want of room.
    pub(crate) lost: u64,
}

/// All events and who did them: [`ACTIVITY`] and [`ENGAGEMENT`].
struct Crowd {
    actions: Window,
    people: Recent,
    unwritten: Unwritten,
}

/// A metric of values.
struct Measure {
    aggregate: Aggregate,
    secs: u32,
    window: Window,
    unwritten: Unwritten,
}

#[derive(Default)]
struct Online {
    looked_at: u32,
    last: usize,
    unwritten: Unwritten,
}

/// Seconds that are not written yet.
#[derive(Default)]
struct Unwritten(BTreeMap<u32, Cell>);

/// A part of a metric's series that is to be written, or was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    /// The metric; [`ACTIVITY`] stands for [`ENGAGEMENT`] as well.
    pub(crate) metric: Arc<str>,
    /// What is made of its events.
    pub(crate) aggregate: Aggregate,
    /// Seconds of its window.
    pub(crate) window: u32,
    /// Its seconds.
    pub(crate) cells: BTreeMap<u32, Cell>,
}

impl Context {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            used: AtomicU64::new(0),
            watched: AtomicUsize::new(0),
            state: Mutex::new(State::new()),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new() -> Self {
        Self {
            past: Past::Unread,
            crowd: Crowd {
                actions: Window::new(Aggregate::Count, ACTIVITY_SECS),
                people: Recent::new(ENGAGEMENT_SECS),
                unwritten: Unwritten::default(),
            },
            performance: Measure::new(Aggregate::Mean, PERFORMANCE_SECS),
            online: Online::default(),
            custom: BTreeMap::new(),
            watched: HashMap::new(),
            lost: 0,
        }
    }

    /// Somebody did something in the second `at`.
    pub(crate) fn note(&mut self, user: u64, at: u32, now: u32) {
        self.crowd.actions.add(at, now, 0.0, None);
        self.crowd.people.note(user, at, now);
        self.lost += self.crowd.unwritten.with(at, |cell| cell.add_person(user));
    }

    /// An event was reported that counts in the second `at`.
    pub(crate) fn take(
        &mut self,
        event: &Event,
        declared: &Declared,
        user: u64,
        at: u32,
        now: u32,
    ) -> Result<(), Problem> {
        let there = self.custom.get(&event.name).map(|measure| (measure.aggregate, measure.secs));
        let wanted = judge(event, there.or_else(|| declared.get(&event.name)))?;
        let value = event.value.unwrap_or_default();
        if let Some((aggregate, secs)) = wanted.own {
            if there.is_none() {
                self.declare(&event.name, aggregate, secs)?;
            }
            if let Some(measure) = self.custom.get_mut(&event.name) {
                self.lost += measure.add(at, now, value);
            }
        }
        if wanted.is_performance {
            self.lost += self.performance.add(at, now, value);
        }
        self.note(user, at, now);
        Ok(())
    }

    fn declare(&mut self, name: &Name, aggregate: Aggregate, secs: u32) -> Result<(), Problem> {
        if self.custom.len() >= CUSTOM_MAX {
            let why = format!("is one too many: the context has {CUSTOM_MAX} metrics of its own");
            return Err(Problem::new("name", why));
        }
        self.custom.insert(name.clone(), Measure::new(aggregate, secs));
        Ok(())
    }

    /// The value and the window of a metric now; of [`ONLINE`] neither stands here.
    pub(crate) fn value(
        &mut self,
        metric: &str,
        declared: Option<u32>,
        now: u32,
    ) -> (Option<f64>, Option<u32>) {
        match metric {
            ENGAGEMENT => (Some(self.crowd.people.count(now)), Some(ENGAGEMENT_SECS)),
            ACTIVITY => (self.crowd.actions.value(now), Some(ACTIVITY_SECS)),
            PERFORMANCE => (self.performance.window.value(now), Some(PERFORMANCE_SECS)),
            ONLINE => (None, Some(0)),
            name => match Name::new(name).ok().and_then(|name| self.custom.get_mut(&name)) {
                Some(measure) => (measure.window.value(now), Some(measure.secs)),
                None => (None, declared),
            },
        }
    }

    /// The names of its own metrics.
    pub(crate) fn custom(&self) -> impl Iterator<Item = &Name> {
        self.custom.keys()
    }

    /// Whether the series is due to learn who is online.
    pub(crate) const fn is_online_due(&self, now: u32) -> bool {
        self.online.looked_at.abs_diff(now) >= ONLINE_EVERY_SECS
    }

    /// So many people are online now; nobody again and again is not worth a point.
    pub(crate) fn note_online(&mut self, count: usize, now: u32) {
        if count > 0 || self.online.last > 0 {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            self.lost += self.online.unwritten.with(now, |cell| cell.add(f64::from(count), None));
        }
        (self.online.looked_at, self.online.last) = (now, count);
    }

    /// Whether something waits to be written.
    pub(crate) fn is_unwritten(&mut self) -> bool {
        self.series().any(|(_, _, _, unwritten)| !unwritten.0.is_empty())
    }

    /// Takes what waits to be written.
    pub(crate) fn take_unwritten(&mut self) -> Vec<Series> {
        let waiting = self.series().filter(|(_, _, _, unwritten)| !unwritten.0.is_empty());
        let taken = waiting.map(|(metric, aggregate, window, unwritten)| {
            let cells = std::mem::take(&mut unwritten.0);
            Series { metric: metric.into(), aggregate, window, cells }
        });
        taken.collect()
    }

    /// Takes back what was not written.
    pub(crate) fn give_back(&mut self, series: &Series) {
        let mut lost = 0;
        for (metric, aggregate, _, unwritten) in self.series() {
            if *metric == *series.metric && aggregate == series.aggregate {
                for (at, cell) in &series.cells {
                    lost += unwritten.with(*at, |there| there.merge(cell));
                }
            }
        }
        self.lost += lost;
    }

    /// Adds what was stored of a metric before, as far as its window reaches back from `now`.
    pub(crate) fn restore(&mut self, series: &Series, declared: &Declared, now: u32) {
        match &*series.metric {
            ACTIVITY => {
                for (at, cell) in &series.cells {
                    self.crowd.actions.merge(*at, now, cell);
                    if let (Sketch::People(people), true) = (&cell.sketch, *at <= now) {
                        self.crowd.people.merge(people, *at, now);
                    }
                }
            }
            PERFORMANCE => self.performance.restore(series, now),
            ONLINE => {}
            name => {
                let Ok(name) = Name::new(name) else { return };
                let (aggregate, secs) =
                    declared.get(&name).unwrap_or((series.aggregate, series.window));
                let measure =
                    self.custom.entry(name).or_insert_with(|| Measure::new(aggregate, secs));
                measure.restore(series, now);
            }
        }
    }

    /// About how many bytes it takes.
    pub(crate) fn bytes(&mut self) -> usize {
        let crowd = self.crowd.actions.bytes() + self.crowd.people.bytes();
        let custom: usize =
            self.custom.values().map(|it| size_of::<Measure>() + it.window.bytes()).sum();
        let unwritten: usize = self.series().map(|(_, _, _, unwritten)| unwritten.bytes()).sum();
        size_of::<Self>() + crowd + self.performance.window.bytes() + custom + unwritten
    }

    fn series(&mut self) -> impl Iterator<Item = (&str, Aggregate, u32, &mut Unwritten)> {
        let Self { crowd, performance, online, custom, .. } = self;
        let everywhere = [
            (ACTIVITY, Aggregate::Count, ACTIVITY_SECS, &mut crowd.unwritten),
            (PERFORMANCE, Aggregate::Mean, PERFORMANCE_SECS, &mut performance.unwritten),
            (ONLINE, Aggregate::Mean, 0, &mut online.unwritten),
        ];
        let own = custom.iter_mut();
        everywhere
            .into_iter()
            .chain(own.map(|(name, it)| (name.as_str(), it.aggregate, it.secs, &mut it.unwritten)))
    }
}

impl Measure {
    fn new(aggregate: Aggregate, secs: u32) -> Self {
        let window = Window::new(aggregate, secs);
        Self { aggregate, secs, window, unwritten: Unwritten::default() }
    }

    /// Another event; how many seconds were lost for it.
    fn add(&mut self, at: u32, now: u32, value: f64) -> u64 {
        let bucket = (self.aggregate == Aggregate::P95).then(|| bucket(value));
        self.window.add(at, now, value, bucket);
        self.unwritten.with(at, |cell| cell.add(value, bucket))
    }

    fn restore(&mut self, series: &Series, now: u32) {
        series.cells.iter().for_each(|(at, cell)| self.window.merge(*at, now, cell));
    }
}

impl Unwritten {
    /// Changes the cell of the second `at`; how many seconds were lost for it.
    fn with(&mut self, at: u32, change: impl FnOnce(&mut Cell)) -> u64 {
        change(self.0.entry(at).or_default());
        if self.0.len() > UNWRITTEN_SECS_MAX {
            self.0.pop_first();
            return 1;
        }
        0
    }

    fn bytes(&self) -> usize {
        self.0.values().map(Cell::bytes).sum()
    }
}
