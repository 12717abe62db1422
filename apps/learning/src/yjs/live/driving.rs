//! What stands in line is worked on, one after the other.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use storage::Lane;

use super::{Ask, Author, Content, Live, Missing, Taken, Told, Trouble};
use crate::store::yjs as stored;
use crate::yjs::encoding::Malformed;
use crate::yjs::replica::{Applied, Fault, Recipe, Replica};
use crate::yjs::workshop::Unfinished;

/// Updates in the log before it is merged into a state.
const MERGED_EVERY: usize = 500;
/// Their bytes before that.
const MERGED_BYTES: usize = 1024 * 1024;
const SUSPECT: Fault =
    Fault::Malformed(Malformed("an earlier one took too long; try again in ten minutes"));

/// What a piece of work came to.
enum Worked<T> {
    /// It was done, or refused.
    Done(Result<T, Fault>),
    /// The replica could not be made from what is stored.
    Unmade,
}

/// Why work on a document came to nothing.
#[derive(Clone, Copy, Debug)]
enum Stop {
    /// It was refused, or broke.
    Fault(Fault),
    /// It took too long.
    GivenUp,
    /// No thread came to it.
    NotBegun,
    /// The replica could not be made from what is stored.
    Unmade,
}

/// What came of an update.
struct Change {
    applied: Applied,
    /// How much is known now, where the author is to be asked for the rest.
    known: Option<Vec<u8>>,
    /// The whole state, where the log is to be merged.
    merged: Option<Bytes>,
}

impl Live {
    /// Works until the line is empty.
    pub(super) async fn drive(self: Arc<Self>) {
        let mut content = self.line().content.take();
        loop {
            let ask = {
                let mut line = self.line();
                let Some(ask) = line.asks.pop_front() else {
                    line.content = content;
                    line.is_driven = false;
                    return;
                };
                line.bytes -= ask.bytes();
                ask
            };
            content = self.work(content, ask).await;
        }
    }

    /// Does what is asked; the content that is left.
    async fn work(self: &Arc<Self>, content: Option<Content>, ask: Ask) -> Option<Content> {
        let mut content = match self.current(content).await {
            Ok(content) => content,
            Err(trouble) => {
                ask.refuse(trouble);
                return None;
            }
        };
        match ask {
            Ask::Missing(known, told) => self.find_missing(&mut content, known, told).await,
            Ask::Update(update, author, told) => {
                self.update(&mut content, update, author, told).await;
            }
        }
        Some(content)
    }

    /// The content, read where there is none that is still good.
    async fn current(&self, content: Option<Content>) -> Result<Content, Trouble> {
        let generation = {
            let state = self.state();
            if state.is_failing {
                return Err(Trouble::Busy);
            }
            state.generation
        };
        if let Some(content) = content.filter(|content| content.generation == generation) {
            return Ok(content);
        }
        let place = self.place;
        let loaded = self.tools.store.read(move |db| stored::load(db, place)).await;
        let loaded = loaded.map_err(|error| {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, document = %self.id, "a Yjs document was not read");
            Trouble::Busy
        })?;
        let base = loaded.state.unwrap_or_default();
        let recipe = Recipe { base, changes: loaded.updates };
        let content = Content::new(&self.tools, generation, loaded.version, recipe);
        self.state().stored = loaded.version;
        Ok(content)
    }

    async fn find_missing(&self, content: &mut Content, known: Bytes, told: Told<Missing>) {
        let find =
            move |replica: &mut Replica| Ok((replica.missing(&known)?, replica.state_vector()?));
        let found = self.on_replica(content, find).await;
        let (version, generation) = (content.version, content.generation);
        match found {
            Ok((update, known)) => self.when_stored(version, generation, move |outcome| {
                told(outcome.map(|()| Missing { update, known, version }));
            }),
            Err(stop) => told(Err(self.trouble(stop))),
        }
    }

    async fn update(
        self: &Arc<Self>,
        content: &mut Content,
        update: Bytes,
        author: Author,
        told: Told<Taken>,
    ) {
        let row = match self.tools.store.reserve(Lane::Interactive) {
            Ok(row) => row,
            Err(refused) => return told(Err(refused.into())),
        };
        let is_full = content.recipe.changes.len() + 1 >= MERGED_EVERY
            || content.recipe.change_bytes() + update.len() > MERGED_BYTES;
        let (tools, user) = (Arc::clone(&self.tools), Arc::clone(&author.user));
        let apply = move |replica: &mut Replica| {
            // Judged now: while it stood in line another one of theirs may have been given up.
            if tools.suspects.has(&user, tools.hub.clock().monotonic()) {
                return Err(SUSPECT);
            }
            apply(replica, &update, is_full)
        };
        let Change { applied, known, merged } = match self.on_replica(content, apply).await {
            Ok(change) => change,
            Err(stop) => {
                self.count(stop);
                if matches!(stop, Stop::GivenUp) {
                    self.tools.suspects.add(&author.user, self.tools.hub.clock().monotonic());
                }
                return told(Err(self.trouble(stop)));
            }
        };
        let Applied::Change { update, .. } = applied else {
            return told(Ok(Taken { is_change: false, lacking: known }));
        };
        if !self.begin_storing(content.generation) {
            // What was applied is not to be stored: the content is out of date, or too much is on its way.
            content.replica = None;
            return told(Err(Trouble::Busy));
        }
        content.version += 1;
        match &merged {
            Some(state) => content.recipe = Recipe { base: state.clone(), changes: Vec::new() },
            None => content.recipe.changes.push(update.clone()),
        }
        content.count();
        let taken = Taken { is_change: true, lacking: known };
        self.store(row, content.version, update, merged, author, move |outcome| {
            told(outcome.map(|()| taken));
        });
    }

    /// Has a thread work on the replica, which is made anew where it broke.
    async fn on_replica<T: Send + 'static>(
        &self,
        content: &mut Content,
        work: impl FnOnce(&mut Replica) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Stop> {
        let replica = content.replica.take();
        let recipe = if replica.is_none() { Some(content.recipe.clone()) } else { None };
        let worked = self.tools.workshop.run(self.tools.time_max, move || {
            let made = recipe.map_or(Ok(None), |recipe| Replica::of(&recipe).map(Some));
            let Some(mut replica) = made.map_or(None, |made| made.or(replica)) else {
                return (None, Worked::Unmade);
            };
            let done = work(&mut replica);
            let is_whole = done.as_ref().err().is_none_or(|fault| fault.leaves_it_whole());
            (is_whole.then_some(replica), Worked::Done(done))
        });
        match worked.await {
            Ok((replica, Worked::Done(done))) => {
                content.replica = replica;
                done.map_err(Stop::Fault)
            }
            Ok((_, Worked::Unmade)) => Err(Stop::Unmade),
            Err(Unfinished::NotBegun) => Err(Stop::NotBegun),
            Err(Unfinished::Panicked) => Err(Stop::Fault(Fault::Broken)),
            Err(Unfinished::GivenUp) => Err(Stop::GivenUp),
        }
    }

    /// Counts an update that was not taken, where that is its own fault.
    fn count(&self, stop: Stop) {
        let counters = &self.tools.counters;
        let counter = match stop {
            Stop::Fault(_) => &counters.refused,
            Stop::GivenUp => &counters.given_up,
            Stop::NotBegun | Stop::Unmade => return,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// What whoever asked is told, and the log.
    fn trouble(&self, stop: Stop) -> Trouble {
        let fault = match stop {
            Stop::NotBegun => return Trouble::Busy,
            Stop::Unmade => {
                tracing::error!(document = %self.id, "a Yjs document cannot be made from its log");
                return Trouble::Failed;
            }
            Stop::GivenUp => Fault::Broken,
            Stop::Fault(fault) => fault,
        };
        if !fault.leaves_it_whole() {
            tracing::warn!(document = %self.id, ?stop, "work on a Yjs document was thrown away");
        }
        Trouble::Refused(fault)
    }
}

/// Applies an update, and does with the replica what follows from it.
fn apply(replica: &mut Replica, update: &[u8], is_full: bool) -> Result<Change, Fault> {
    let applied = replica.apply(update)?;
    let (is_change, lacks) = match &applied {
        Applied::Nothing => (false, false),
        Applied::Lacking => (false, true),
        Applied::Change { lacks, .. } => (true, *lacks),
    };
    let known = if lacks { Some(replica.state_vector()?) } else { None };
    let merged = if is_change && is_full { Some(replica.state()?.into()) } else { None };
    Ok(Change { applied, known, merged })
}
