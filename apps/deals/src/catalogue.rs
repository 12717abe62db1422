//! Deals, their prices and the alerts on them: what producers put and what people ask for.
//!
//! **Invariants.** A change is stored before anybody hears of it, and told in the order of the commits.
//! No two commits share a time: whoever has seen all changes up to a time, and asks for what was changed
//! after it, misses none. What was put and is put again changes nothing and tells nobody anything.
//!
//! **Bounds.** A change is taken only with a place at the matcher and one at the committer; without
//! either it is refused as busy. Of both kinds of places batches leave some to single changes. [`alerting`] has the bounds of what alerts leave to do.

mod alerting;
mod offer;
mod times;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use hub::Hub;
use storage::rusqlite::{Result, Transaction};
use storage::{CommitError, Lane, Store};
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};

pub(crate) use offer::{Fields, Offer, Wrong, amount, deal_id};
use times::Times;

use crate::mail::Mail;
use crate::matching::{self, Matcher};
use crate::store::{alerts, deals};
use crate::{Change, Deal, DealEvent};

/// All deals, and who is told of their changes.
pub(crate) struct Catalogue {
    store: Store,
    matcher: Arc<Matcher>,
    mail: Arc<Mail>,
    times: Times,
    /// There is something left to do about alerts.
    work: Arc<Notify>,
    counts: Counts,
}

/// What became of what was put.
#[derive(Default)]
struct Counts {
    created: AtomicU64,
    updated: AtomicU64,
    unchanged: AtomicU64,
    removed: AtomicU64,
    prices_changed: AtomicU64,
    alerts_told: AtomicU64,
}

/// What became of what was put, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CatalogueStats {
    /// Deals that were new.
    pub created: u64,
    /// Deals that were changed.
    pub updated: u64,
    /// Deals that were put as they were already.
    pub unchanged: u64,
    /// Deals that were removed.
    pub removed: u64,
    /// Prices that were changed.
    pub prices_changed: u64,
    /// Price alerts that were stored for somebody.
    pub alerts_told: u64,
}

/// Places for one change: at the matcher and at the committer.
pub(crate) struct Places {
    matcher: matching::Place,
    store: storage::Place,
}

/// What became of one change.
pub(crate) type Outcome<T> = oneshot::Receiver<Result<T, CommitError>>;

/// What a put did.
#[derive(Clone, Debug)]
pub(crate) struct Put {
    /// The deal as it stands now.
    pub(crate) deal: Arc<Deal>,
    /// What happened to it; `None` where it was just so.
    pub(crate) event: Option<DealEvent>,
}

impl Catalogue {
    /// Begins with the deals of the store, and goes on with what the last stop left to be told.
    pub(crate) fn start(
        store: Store,
        hub: &Hub,
        matcher: Arc<Matcher>,
        mail: Arc<Mail>,
        runtime: &Handle,
    ) -> Arc<Self> {
        let times = Times::new(Arc::clone(hub.clock()));
        let (work, counts) = Default::default();
        let catalogue = Arc::new(Self { store, matcher, mail, times, work, counts });
        drop(runtime.spawn(alerting::work(&catalogue)));
        catalogue
    }

    /// Places for one change.
    ///
    /// # Errors
    /// [`CommitError::Busy`] when as many changes wait as may, and what the store says.
    pub(crate) fn reserve(&self, lane: Lane) -> Result<Places, CommitError> {
        let matcher = self.matcher.reserve(lane).ok_or(CommitError::Busy)?;
        Ok(Places { matcher, store: self.store.reserve(lane)? })
    }

    /// Makes a deal what the offer says; done whether or not anybody waits for the outcome.
    pub(crate) fn put(self: &Arc<Self>, places: Places, offer: Offer) -> Outcome<Put> {
        let (told, hears) = oneshot::channel();
        let (writer, teller) = (Arc::clone(self), Arc::clone(self));
        let apply = move |tx: &Transaction<'_>| writer.apply(tx, &offer);
        places.store.write(apply, move |outcome| {
            let put = outcome.map(|(put, told)| {
                teller.note(&put, places.matcher);
                teller.tell(told);
                Put { deal: put.deal, event: put.event }
            });
            let _gone = told.send(put);
        });
        hears
    }

    /// Writes what the offer changes, and what is to be told of its price.
    fn apply(&self, tx: &Transaction<'_>, offer: &Offer) -> Result<(deals::Put, alerting::Told)> {
        let put = deals::put(tx, offer, self.times.next(tx)?)?;
        let told = match put.price {
            Some(_) => alerting::price_changed(tx, put.place, &put.deal)?,
            None => alerting::Told::default(),
        };
        Ok((put, told))
    }

    /// A put was committed.
    fn note(&self, put: &deals::Put, place: matching::Place) {
        let Some(event) = put.event else {
            self.counts.unchanged.fetch_add(1, Relaxed);
            return;
        };
        let counter = match event {
            DealEvent::Created => &self.counts.created,
            DealEvent::Updated | DealEvent::Removed => &self.counts.updated,
        };
        counter.fetch_add(1, Relaxed);
        self.counts.prices_changed.fetch_add(u64::from(put.price.is_some()), Relaxed);
        self.times.told(put.deal.updated_at);
        place.publish(Change { event, deal: Arc::clone(&put.deal), price: put.price });
    }

    /// Removes a deal with its prices and the alerts on it; whether it was there.
    pub(crate) fn remove(self: &Arc<Self>, places: Places, id: Arc<str>) -> Outcome<bool> {
        let (told, hears) = oneshot::channel();
        let catalogue = Arc::clone(self);
        let apply = move |tx: &Transaction<'_>| {
            let Some(removed) = deals::remove(tx, &id)? else { return Ok(None) };
            match alerts::has_any(tx, removed.place)? {
                true => alerts::add_job(tx, removed.place)?,
                false => alerts::end_job(tx, removed.place)?,
            }
            Ok(Some(Arc::new(removed.deal)))
        };
        places.store.write(apply, move |removed| {
            let removed = removed.map(|removed| {
                let Some(deal) = removed else { return false };
                catalogue.counts.removed.fetch_add(1, Relaxed);
                catalogue.work.notify_one();
                let event = DealEvent::Removed;
                places.matcher.publish(Change { event, deal, price: None });
                true
            });
            let _gone = told.send(removed);
        });
        hears
    }

    /// Where people's questions are answered from.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// What became of what was put.
    pub(crate) fn stats(&self) -> CatalogueStats {
        let of = |counter: &AtomicU64| counter.load(Relaxed);
        CatalogueStats {
            created: of(&self.counts.created),
            updated: of(&self.counts.updated),
            unchanged: of(&self.counts.unchanged),
            removed: of(&self.counts.removed),
            prices_changed: of(&self.counts.prices_changed),
            alerts_told: of(&self.counts.alerts_told),
        }
    }
}

impl Drop for Catalogue {
    /// Lets whoever waits for work see that there will be none.
    fn drop(&mut self) {
        self.work.notify_one();
    }
}

#[cfg(test)]
pub(crate) mod tests;
