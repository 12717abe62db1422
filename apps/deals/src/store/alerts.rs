//! Price alerts, and the work that a price leaves that too many of them wait for.
//!
//! A deal has at most one job: to tell everybody whose alert its price meets, in the order of their user
//! ids. A price that changes meanwhile does not begin anew, or the last would never have their turn: the
//! job goes on from where it is, through the end, to where it was. Of a deal that is gone the job is to
//! remove its alerts.
//!
//! **Invariants.** An alert stands at its deal's place, so that it is not one on a deal that comes later
//! under the same id. It is in the currency that its deal had when it was set: no price in another one
//! meets it. Where a price was just told to all whom it concerns there is no job.

use storage::rusqlite::{Connection, OptionalExtension, Result, params};

use super::deals::Placed;

/// Alerts of one user.
pub(crate) const PER_USER_MAX: usize = 1_000;
/// Alerts that are looked at in one slice of a job.
pub(crate) const LOOKED_MAX: usize = 1_024;
/// Alerts that are removed in one slice of a job.
const REMOVED_MAX: usize = 256;

/// Whether an alert was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    /// It is new.
    Created,
    /// It was there, with this limit or another.
    Changed,
    /// The user has as many as one may.
    TooMany,
}

/// Sets the user's alert on the deal at this place, in this currency.
pub(crate) fn set(
    db: &Connection,
    deal: i64,
    user: &str,
    (below, currency): (f64, &str),
) -> Result<Set> {
    let sql = "UPDATE deals_alerts SET below = ?3, currency = ?4 WHERE deal = ?1 AND user_id = ?2";
    if db.prepare_cached(sql)?.execute(params![deal, user, below, currency])? > 0 {
        return Ok(Set::Changed);
    }
    let sql = "SELECT count(*) FROM deals_alerts WHERE user_id = ?1";
    let count: usize = db.prepare_cached(sql)?.query_row([user], |row| row.get(0))?;
    if count >= PER_USER_MAX {
        return Ok(Set::TooMany);
    }
    let sql = "INSERT INTO deals_alerts(deal, user_id, below, currency) VALUES (?1, ?2, ?3, ?4)";
    db.prepare_cached(sql)?.execute(params![deal, user, below, currency])?;
    Ok(Set::Created)
}

/// Removes the user's alert on the deal of this id; whether it was there.
pub(crate) fn remove(db: &Connection, deal_id: &str, user: &str) -> Result<bool> {
    let sql = "DELETE FROM deals_alerts WHERE user_id = ?2
               AND deal = (SELECT place FROM deals WHERE deal_id = ?1)";
    Ok(db.prepare_cached(sql)?.execute([deal_id, user])? > 0)
}

/// An alert with what it waits for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AlertRow {
    /// The place of its deal.
    pub(crate) deal: i64,
    /// The deal's id.
    pub(crate) deal_id: String,
    /// The deal's title.
    pub(crate) title: String,
    /// What its price is to be below.
    pub(crate) below: f64,
    /// The currency of that.
    pub(crate) below_currency: String,
    /// What it costs.
    pub(crate) price: f64,
    /// The currency of that.
    pub(crate) currency: String,
}

impl AlertRow {
    /// An alert on this deal, in its currency.
    pub(crate) fn on(placed: &Placed, below: f64) -> Self {
        let Placed { place, deal, .. } = placed;
        Self {
            deal: *place,
            deal_id: deal.id.to_string(),
            title: deal.title.to_string(),
            below,
            below_currency: deal.currency.to_string(),
            price: deal.price,
            currency: deal.currency.to_string(),
        }
    }
}

/// Alerts of the user, those on the newest deals first, on deals before place `before`.
pub(crate) fn of_user(
    db: &Connection,
    user: &str,
    before: Option<i64>,
    count_max: usize,
) -> Result<Vec<AlertRow>> {
    let sql = "SELECT alert.deal, deal_id, title, below, alert.currency, price, deals.currency
               FROM deals_alerts AS alert CROSS JOIN deals ON place = alert.deal
               WHERE alert.user_id = ?1 AND alert.deal < ?2 ORDER BY alert.deal DESC LIMIT ?3";
    let mut statement = db.prepare_cached(sql)?;
    let rows =
        statement.query_map(params![user, before.unwrap_or(i64::MAX), count_max], |row| {
            Ok(AlertRow {
                deal: row.get(0)?,
                deal_id: row.get(1)?,
                title: row.get(2)?,
                below: row.get(3)?,
                below_currency: row.get(4)?,
                price: row.get(5)?,
                currency: row.get(6)?,
            })
        })?;
    rows.collect()
}

/// An alert that a price meets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Met {
    /// Whose it is.
    pub(crate) user_id: String,
    /// What the price had to be below.
    pub(crate) below: f64,
}

/// Alerts on the deal at this place that `price` meets, in this currency; in no order that is promised.
pub(crate) fn met(
    db: &Connection,
    deal: i64,
    (price, currency): (f64, &str),
    count_max: usize,
) -> Result<Vec<Met>> {
    // By the index, or all alerts of a deal would be looked at for the few that are met.
    let sql = "SELECT user_id, below FROM deals_alerts INDEXED BY deals_alerts_by_below
               WHERE deal = ?1 AND currency = ?4 AND below > ?2 LIMIT ?3";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params![deal, price, count_max, currency], |row| {
        Ok(Met { user_id: row.get(0)?, below: row.get(1)? })
    })?;
    rows.collect()
}

/// What is left to do about the alerts on one deal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Job {
    /// The place of the deal.
    pub(crate) deal: i64,
    /// Past whom it began.
    begun_after: String,
    /// Whom it has reached.
    reached: String,
    /// Whether it has come to the end of the users and goes on from their beginning.
    has_wrapped: bool,
}

/// There is a price to be told to everybody whose alert it meets, or the deal is gone.
pub(crate) fn add_job(db: &Connection, deal: i64) -> Result<()> {
    let sql = "INSERT INTO deals_alert_jobs(deal, begun_after, reached, has_wrapped)
               VALUES (?1, '', '', 0)
               ON CONFLICT (deal) DO UPDATE SET begun_after = reached, has_wrapped = 0";
    db.prepare_cached(sql)?.execute([deal])?;
    Ok(())
}

/// Nothing is left to do about the alerts on this deal.
pub(crate) fn end_job(db: &Connection, deal: i64) -> Result<()> {
    db.prepare_cached("DELETE FROM deals_alert_jobs WHERE deal = ?1")?.execute([deal])?;
    Ok(())
}

/// The next job in turn past the deal at this place, if there is any.
pub(crate) fn next_job(db: &Connection, past: i64) -> Result<Option<Job>> {
    let next = first_job(db, past)?;
    if next.is_some() { Ok(next) } else { first_job(db, 0) }
}

/// The first job past the deal at this place; places begin at 1.
fn first_job(db: &Connection, past: i64) -> Result<Option<Job>> {
    let sql = "SELECT deal, begun_after, reached, has_wrapped FROM deals_alert_jobs
               WHERE deal > ?1 ORDER BY deal LIMIT 1";
    let job = db.prepare_cached(sql)?.query_row([past], |row| {
        Ok(Job {
            deal: row.get(0)?,
            begun_after: row.get(1)?,
            reached: row.get(2)?,
            has_wrapped: row.get(3)?,
        })
    });
    job.optional()
}

impl Job {
    /// Goes on by one slice: the alerts that are to be told now, at most `count_max`.
    pub(crate) fn go_on(
        mut self,
        db: &Connection,
        price: (f64, &str),
        count_max: usize,
    ) -> Result<Vec<Met>> {
        let (met, is_through) = self.look(db, price, count_max)?;
        if !is_through {
            self.save(db)?;
        } else if self.has_wrapped || self.begun_after.is_empty() {
            end_job(db, self.deal)?;
        } else {
            (self.has_wrapped, self.reached) = (true, String::new());
            self.save(db)?;
        }
        Ok(met)
    }

    /// Looks at the next alerts; those that are met, and whether none is left in this direction.
    fn look(
        &mut self,
        db: &Connection,
        (price, currency): (f64, &str),
        count_max: usize,
    ) -> Result<(Vec<Met>, bool)> {
        let all = params![self.deal, self.reached, self.begun_after];
        let (sql, values) = if self.has_wrapped {
            let sql = "SELECT user_id, below, currency FROM deals_alerts
                       WHERE deal = ?1 AND user_id > ?2 AND user_id <= ?3 ORDER BY user_id";
            (sql, all)
        } else {
            let sql = "SELECT user_id, below, currency FROM deals_alerts
                       WHERE deal = ?1 AND user_id > ?2 ORDER BY user_id";
            (sql, &all[..2])
        };
        let mut statement = db.prepare_cached(sql)?;
        let mut rows = statement.query(values)?;
        let mut met = Vec::new();
        for _ in 0..LOOKED_MAX {
            if met.len() == count_max {
                return Ok((met, false));
            }
            let Some(row) = rows.next()? else { return Ok((met, true)) };
            let (user_id, below): (String, f64) = (row.get(0)?, row.get(1)?);
            self.reached.clone_from(&user_id);
            let is_comparable = row.get_ref(2)?.as_str()? == currency;
            if price < below && is_comparable {
                met.push(Met { user_id, below });
            }
        }
        Ok((met, false))
    }

    fn save(&self, db: &Connection) -> Result<()> {
        let sql = "UPDATE deals_alert_jobs SET begun_after = ?2, reached = ?3, has_wrapped = ?4
                   WHERE deal = ?1";
        let values = params![self.deal, self.begun_after, self.reached, self.has_wrapped];
        db.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// Removes alerts of a deal that is gone, a slice of them; the job ends with the last.
    pub(crate) fn remove_alerts(self, db: &Connection) -> Result<()> {
        let sql = "DELETE FROM deals_alerts WHERE deal = ?1 AND user_id IN
                       (SELECT user_id FROM deals_alerts WHERE deal = ?1 LIMIT ?2)";
        let removed = db.prepare_cached(sql)?.execute(params![self.deal, REMOVED_MAX])?;
        if removed < REMOVED_MAX { end_job(db, self.deal) } else { Ok(()) }
    }
}

/// Whether there is an alert on the deal at this place.
pub(crate) fn has_any(db: &Connection, deal: i64) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM deals_alerts WHERE deal = ?1)";
    db.prepare_cached(sql)?.query_row([deal], |row| row.get(0))
}

#[cfg(test)]
mod tests;
