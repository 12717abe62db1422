//! Deals and the history of their prices.
//!
//! **Invariants.** A deal has the price that its history ends with. The history is numbered from 1
//! without a gap; of it the newest [`PRICES_MAX`] are kept. A deal's place is its own for ever: one that
//! was removed and put again has another.

mod list;

use std::sync::Arc;

use model::Timestamp;
use storage::Migration;
use storage::rusqlite::{Connection, OptionalExtension, Result, Row, params};

pub(crate) use list::{By, Key, Listing, Order, list};

use crate::catalogue::Offer;
use crate::deal::folded;
use crate::{Deal, DealEvent, PriceChange};

/// Deals, prices, alerts and the work that alerts leave.
pub(crate) const CATALOGUE: Migration = Migration {
    name: "deals.catalogue.0001",
    sql: "
CREATE TABLE deals(
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    deal_id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    category TEXT NOT NULL,
    merchant TEXT NOT NULL,
    category_folded TEXT NOT NULL,
    merchant_folded TEXT NOT NULL,
    price REAL NOT NULL,
    original_price REAL NOT NULL,
    currency TEXT NOT NULL,
    url TEXT NOT NULL,
    price_number INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX deals_by_time ON deals(updated_at, place);
CREATE INDEX deals_by_category ON deals(category_folded, updated_at, place);
CREATE INDEX deals_by_merchant ON deals(merchant_folded, updated_at, place);
CREATE TABLE deals_prices(
    deal INTEGER NOT NULL,
    number INTEGER NOT NULL,
    price REAL NOT NULL,
    original_price REAL NOT NULL,
    currency TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (deal, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE deals_alerts(
    deal INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    below REAL NOT NULL,
    PRIMARY KEY (deal, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX deals_alerts_by_user ON deals_alerts(user_id, deal);
CREATE INDEX deals_alerts_by_below ON deals_alerts(deal, below);
CREATE TABLE deals_alert_jobs(
    deal INTEGER NOT NULL PRIMARY KEY,
    begun_after TEXT NOT NULL,
    reached TEXT NOT NULL,
    has_wrapped INTEGER NOT NULL
) STRICT;
",
};

/// Alerts are in a currency. Those of before are in the one that their deal had then.
pub(crate) const ALERT_CURRENCIES: Migration = Migration {
    name: "deals.catalogue.0002",
    sql: "
ALTER TABLE deals_alerts ADD COLUMN currency TEXT NOT NULL DEFAULT '';
UPDATE deals_alerts SET currency =
    coalesce((SELECT currency FROM deals WHERE place = deals_alerts.deal), '');
DROP INDEX deals_alerts_by_below;
CREATE INDEX deals_alerts_by_below ON deals_alerts(deal, currency, below);
",
};

/// Prices kept of one deal; the oldest go.
pub(crate) const PRICES_MAX: i64 = 1_000;

/// A deal and where it stands in the store.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Placed {
    /// Its place, which is its own for ever.
    pub(crate) place: i64,
    /// How many prices it has had.
    pub(crate) price_number: i64,
    /// The deal.
    pub(crate) deal: Deal,
}

const COLUMNS: &str = "place, price_number, deal_id, title, category, merchant, price, \
                       original_price, currency, url, updated_at";

fn placed(row: &Row<'_>) -> Result<Placed> {
    let (price, original_price) = (row.get(6)?, row.get(7)?);
    let deal = Deal {
        id: row.get(2)?,
        title: row.get(3)?,
        category: row.get(4)?,
        merchant: row.get(5)?,
        price,
        original_price,
        discount: Deal::discount_of(price, original_price),
        currency: row.get(8)?,
        url: row.get(9)?,
        updated_at: Timestamp::from_millis(row.get(10)?),
    };
    Ok(Placed { place: row.get(0)?, price_number: row.get(1)?, deal })
}

/// The deal of this id.
pub(crate) fn find(db: &Connection, id: &str) -> Result<Option<Placed>> {
    let sql = format!("SELECT {COLUMNS} FROM deals WHERE deal_id = ?1");
    db.prepare_cached(&sql)?.query_row([id], placed).optional()
}

/// The deal at this place.
pub(crate) fn at(db: &Connection, place: i64) -> Result<Option<Placed>> {
    let sql = format!("SELECT {COLUMNS} FROM deals WHERE place = ?1");
    db.prepare_cached(&sql)?.query_row([place], placed).optional()
}

/// When a deal was changed last, if there is any.
pub(crate) fn last_change(db: &Connection) -> Result<Option<Timestamp>> {
    let sql = "SELECT max(updated_at) FROM deals";
    let last: Option<i64> = db.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(last.map(Timestamp::from_millis))
}

/// What putting an offer did.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Put {
    /// The deal as it stands now.
    pub(crate) deal: Arc<Deal>,
    /// Its place.
    pub(crate) place: i64,
    /// What happened to it; `None` where it was just so.
    pub(crate) event: Option<DealEvent>,
    /// Its price, where that changed.
    pub(crate) price: Option<PriceChange>,
}

/// Makes the deal what the offer says, changed at `now`, if it is anything else.
pub(crate) fn put(db: &Connection, offer: &Offer, now: Timestamp) -> Result<Put> {
    let Some(old) = find(db, offer.id())? else { return insert(db, offer.at(now)) };
    if offer.at(old.deal.updated_at) == old.deal {
        let (deal, place) = (Arc::new(old.deal), old.place);
        return Ok(Put { deal, place, event: None, price: None });
    }
    update(db, &old, offer.at(now))
}

fn insert(db: &Connection, deal: Deal) -> Result<Put> {
    let sql = "INSERT INTO deals(deal_id, title, category, merchant, category_folded,
                   merchant_folded, price, original_price, currency, url, price_number, updated_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1, ?11)";
    db.prepare_cached(sql)?.execute(params![
        deal.id,
        deal.title,
        deal.category,
        deal.merchant,
        folded(&deal.category),
        folded(&deal.merchant),
        deal.price,
        deal.original_price,
        deal.currency,
        deal.url,
        deal.updated_at.as_millis(),
    ])?;
    let place = db.last_insert_rowid();
    add_price(db, place, 1, &deal)?;
    Ok(Put { deal: Arc::new(deal), place, event: Some(DealEvent::Created), price: None })
}

fn update(db: &Connection, old: &Placed, deal: Deal) -> Result<Put> {
    let has_new_number = deal.price.to_bits() != old.deal.price.to_bits();
    let has_new_price = has_new_number || deal.currency != old.deal.currency;
    let price_number = old.price_number + i64::from(has_new_price);
    let sql = "UPDATE deals SET title = ?2, category = ?3, merchant = ?4, category_folded = ?5,
                   merchant_folded = ?6, price = ?7, original_price = ?8, currency = ?9, url = ?10,
                   price_number = ?11, updated_at = ?12
               WHERE place = ?1";
    db.prepare_cached(sql)?.execute(params![
        old.place,
        deal.title,
        deal.category,
        deal.merchant,
        folded(&deal.category),
        folded(&deal.merchant),
        deal.price,
        deal.original_price,
        deal.currency,
        deal.url,
        price_number,
        deal.updated_at.as_millis(),
    ])?;
    if has_new_price {
        add_price(db, old.place, price_number, &deal)?;
    }
    let price = has_new_number.then_some(PriceChange {
        old_price: old.deal.price,
        new_price: deal.price,
        changed_at: deal.updated_at,
    });
    let event = Some(DealEvent::Updated);
    Ok(Put { deal: Arc::new(deal), place: old.place, event, price })
}

fn add_price(db: &Connection, place: i64, number: i64, deal: &Deal) -> Result<()> {
    let sql = "INSERT INTO deals_prices(deal, number, price, original_price, currency, changed_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    db.prepare_cached(sql)?.execute(params![
        place,
        number,
        deal.price,
        deal.original_price,
        deal.currency,
        deal.updated_at.as_millis(),
    ])?;
    let sql = "DELETE FROM deals_prices WHERE deal = ?1 AND number <= ?2";
    db.prepare_cached(sql)?.execute(params![place, number - PRICES_MAX])?;
    Ok(())
}

/// Removes the deal and its prices; what it was, if it was there.
pub(crate) fn remove(db: &Connection, id: &str) -> Result<Option<Placed>> {
    let Some(removed) = find(db, id)? else { return Ok(None) };
    db.prepare_cached("DELETE FROM deals WHERE place = ?1")?.execute([removed.place])?;
    db.prepare_cached("DELETE FROM deals_prices WHERE deal = ?1")?.execute([removed.place])?;
    Ok(Some(removed))
}

/// A price that a deal has or had.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PriceRow {
    /// Which of the deal's prices, from 1.
    pub(crate) number: i64,
    /// What it cost.
    pub(crate) price: f64,
    /// What it was said to have cost before.
    pub(crate) original_price: f64,
    /// The currency.
    pub(crate) currency: String,
    /// Since when.
    pub(crate) changed_at: Timestamp,
}

/// Prices of the deal at this place, newest first, before number `before`.
pub(crate) fn prices(
    db: &Connection,
    place: i64,
    before: Option<i64>,
    count_max: usize,
) -> Result<Vec<PriceRow>> {
    let sql = "SELECT number, price, original_price, currency, changed_at FROM deals_prices
               WHERE deal = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3";
    let mut statement = db.prepare_cached(sql)?;
    let values = params![place, before.unwrap_or(i64::MAX), count_max];
    let rows = statement.query_map(values, |row| {
        Ok(PriceRow {
            number: row.get(0)?,
            price: row.get(1)?,
            original_price: row.get(2)?,
            currency: row.get(3)?,
            changed_at: Timestamp::from_millis(row.get(4)?),
        })
    })?;
    rows.collect()
}

#[cfg(test)]
pub(crate) mod tests;
