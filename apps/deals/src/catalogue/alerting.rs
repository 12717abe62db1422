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
    let met = alerts::met(tx, place, deal.price, AT_ONCE_MAX + 1)?;
    if met.len() > AT_ONCE_MAX {
        alerts::add_job(tx, place)?;
        return Ok(Told { alerts: Vec::new(), has_job: true });
    }
    // Whom a job had still to tell of an earlier price is among them, or is not concerned any more.
    alerts::end_job(tx, place)?;
    Ok(Told { alerts: write(tx, deal, met)?, has_job: false })
}

fn write(tx: &Transaction<'_>, deal: &Deal, met: Vec<Met>) -> Result<Vec<Alert>> {
    let write = |Met { user_id, below }: Met| {
        let data = data(deal, below);
        let entry = Entry { user: &user_id, kind: Kind::Alert, key: &deal.id, data: &data };
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
            let met = job.go_on(tx, placed.deal.price, SLICE_MAX)?;
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
