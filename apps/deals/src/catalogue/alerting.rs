//! Telling people of prices below what they wait for.
//!
//! Where a price meets few alerts, they become mail in the very commit of the price. Where it meets many
//! they are a job, which is stored in that commit and carried out behind, slice by slice: each slice one
//! commit that writes mail and moves the job on, so that after a stop nobody is told twice or left out.
//!
//! **Bounds.** [`AT_ONCE_MAX`] alerts with a price, [`SLICE_MAX`] with a slice; a deal has one job. A
//! price that changes again before all were told: those who were not told yet hear of the newest alone.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use hub::Except;
use serde_json::value::{RawValue, to_raw_value};
use storage::rusqlite::{Result, Transaction};
use storage::{CommitError, Lane};

use super::Catalogue;
use crate::Deal;
use crate::mail::{self, Entry, Kind};
use crate::protocol::{Number, PriceAlert};
use crate::store::alerts::{self, Met};
use crate::store::deals;

/// Alerts that become mail in the commit of the price.
pub(super) const AT_ONCE_MAX: usize = 16;
/// Alerts that become mail in one slice of a job.
pub(super) const SLICE_MAX: usize = 64;
/// The first and the longest wait for a store that is busy or full.
const STORE_WAITS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// What was written and is told once it is committed.
#[derive(Default)]
pub(super) struct Told {
    alerts: Vec<Alert>,
    /// There is a job to carry out.
    has_job: bool,
}

/// One alert that became mail.
struct Alert {
    user_id: String,
    position: u64,
    data: Box<RawValue>,
}

/// Writes the alerts that a deal's new price meets, or the job to do so.
pub(super) fn price_changed(tx: &Transaction<'_>, place: i64, deal: &Deal) -> Result<Told> {
    let met = alerts::met(tx, place, price_of(deal), AT_ONCE_MAX + 1)?;
    if met.len() > AT_ONCE_MAX {
        alerts::add_job(tx, place)?;
        return Ok(Told { alerts: Vec::new(), has_job: true });
    }
    // Whom a job had still to tell of an earlier price is among them, or is not concerned any more.
    alerts::end_job(tx, place)?;
    Ok(Told { alerts: write(tx, deal, met)?, has_job: false })
}

/// What alerts are compared with.
fn price_of(deal: &Deal) -> (f64, &str) {
    (deal.price, &deal.currency)
}

fn write(tx: &Transaction<'_>, deal: &Deal, met: Vec<Met>) -> Result<Vec<Alert>> {
    let write = |Met { user_id, below }: Met| {
        let data = data(deal, below);
        let (user, key, stored_at) = (&user_id, &deal.id, deal.updated_at);
        let entry = Entry { user, kind: Kind::Alert, key, data: &data, stored_at };
        let position = mail::put(tx, &entry)?;
        Ok(Alert { user_id, position, data })
    };
    met.into_iter().map(write).collect()
}

fn data(deal: &Deal, below: f64) -> Box<RawValue> {
    let alert = PriceAlert {
        deal_id: &deal.id,
        title: &deal.title,
        below: Number(below),
        price: Number(deal.price),
        currency: &deal.currency,
    };
    to_raw_value(&alert).expect("texts and numbers are JSON")
}

impl Catalogue {
    /// Tells what was committed. Does not block.
    pub(super) fn tell(&self, told: Told) {
        let count = told.alerts.len() as u64;
        self.counts.alerts_told.fetch_add(count, Relaxed);
        for Alert { user_id, position, data } in told.alerts {
            self.mail.tell(&user_id, position, Kind::Alert, &data, Except::Nobody);
        }
        if told.has_job {
            self.work.notify_one();
        }
    }

    /// Carries out the next slice of the job past the deal at place `past`; the place of its deal, or
    /// `None` where no job is left.
    async fn carry_out(self: &Arc<Self>, past: i64) -> Result<Option<i64>, CommitError> {
        let (told, hears) = tokio::sync::oneshot::channel();
        let catalogue = Arc::clone(self);
        self.store.reserve(Lane::Bulk)?.write(
            move |tx| slice(tx, past),
            move |outcome| {
                let place = outcome.map(|slice| {
                    let (place, told) = slice?;
                    catalogue.tell(told);
                    Some(place)
                });
                let _gone = told.send(place);
            },
        );
        hears.await.unwrap_or(Err(CommitError::Closed))
    }
}

/// One slice of the next job past the deal at place `past`.
fn slice(tx: &Transaction<'_>, past: i64) -> Result<Option<(i64, Told)>> {
    let Some(job) = alerts::next_job(tx, past)? else { return Ok(None) };
    let place = job.deal;
    let alerts = match deals::at(tx, place)? {
        Some(placed) => {
            let met = job.go_on(tx, price_of(&placed.deal), SLICE_MAX)?;
            write(tx, &placed.deal, met)?
        }
        None => {
            job.remove_alerts(tx)?;
            Vec::new()
        }
    };
    Ok(Some((place, Told { alerts, has_job: false })))
}

/// Carries jobs out, the deals in turn, until the catalogue or its store is gone.
pub(super) fn work(catalogue: &Arc<Catalogue>) -> impl Future<Output = ()> + Send + use<> {
    let (work, catalogue) = (Arc::clone(&catalogue.work), Arc::downgrade(catalogue));
    async move {
        let (mut past, mut wait) = (0, STORE_WAITS.0);
        loop {
            let Some(held) = catalogue.upgrade() else { return };
            let carried_out = held.carry_out(past).await;
            drop(held);
            match carried_out {
                Ok(Some(place)) => (past, wait) = (place, STORE_WAITS.0),
                Ok(None) => work.notified().await,
                Err(CommitError::Closed | CommitError::Failed) => return,
                Err(error) => {
                    tracing::warn!(%error, "price alerts wait for the store");
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(STORE_WAITS.1);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use model::Name;
    use serde_json::json;
    use storage::rusqlite::Connection;

    use super::*;
    use crate::catalogue::{Fields, Offer};
    use crate::store::deals::tests::database;

    fn put(tx: &Connection, price: f64) -> deals::Put {
        let fields = json!({
            "title": "A lamp", "category": "Home", "merchant": "Lumen", "price": price,
            "currency": "EUR", "url": "https://example.com/",
        });
        let fields: Fields = serde_json::from_str(&fields.to_string()).unwrap();
        let offer = Offer::new(&Name::new("lamp").unwrap(), &fields).unwrap();
        deals::put(tx, &offer, model::Timestamp::from_secs(1)).unwrap()
    }

    /// Whom each price tells at once, and whether it leaves a job.
    fn told(tx: &Transaction<'_>, price: f64) -> (Vec<String>, bool) {
        let put = put(tx, price);
        let told = price_changed(tx, put.place, &put.deal).unwrap();
        let has_job = alerts::next_job(tx, 0).unwrap().is_some();
        assert_eq!(has_job, told.has_job);
        let mut users: Vec<_> = told.alerts.into_iter().map(|alert| alert.user_id).collect();
        users.sort();
        (users, has_job)
    }

    #[test]
    fn who_is_told_at_once_is_not_told_again_by_the_job_of_an_earlier_price() {
        let mut db = database();
        let tx = db.transaction().unwrap();
        let place = put(&tx, 80.0).place;
        for number in 0..=AT_ONCE_MAX {
            alerts::set(&tx, place, &format!("user-{number}"), (50.0, "EUR")).unwrap();
        }
        alerts::set(&tx, place, "ann", (70.0, "EUR")).unwrap();
        assert_eq!(told(&tx, 40.0), (Vec::new(), true));
        assert_eq!(told(&tx, 60.0), (vec!["ann".to_owned()], false));
        assert_eq!(told(&tx, 75.0), (Vec::new(), false));
        assert!(slice(&tx, 0).unwrap().is_none());
        assert_eq!(told(&tx, 45.0), (Vec::new(), true));
        let (_, first) = slice(&tx, 0).unwrap().unwrap();
        assert_eq!(first.alerts.len(), AT_ONCE_MAX + 2);
        assert!(slice(&tx, 0).unwrap().is_none());
    }
}
