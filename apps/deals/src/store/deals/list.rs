//! Lists of deals in the order of their changes.
//!
//! What is wanted of a deal is asked of the deal itself, by the very code that judges subscriptions.
//! Indexes by category and by merchant narrow what is looked at, one stream for each that is named,
//! merged into one order; a page ends where it has looked at [`LOOKED_MAX`] deals, and says where to go on.

use storage::rusqlite::{CachedStatement, Connection, Result, Rows, params};

use super::{COLUMNS, Placed, placed};
use crate::Deal;
use crate::http::PAGE_BYTES_MAX;

/// Deals that are looked at for one page.
pub(super) const LOOKED_MAX: usize = 10_000;

/// What the deals to look at are narrowed by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By<'a> {
    /// Nothing: all of them.
    Nothing,
    /// One of these categories, folded; each once.
    Categories(&'a [Box<str>]),
    /// One of these merchants, folded; each once.
    Merchants(&'a [Box<str>]),
}

/// Which way a list goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// What was changed last comes first.
    NewestFirst,
    /// What was changed last comes last.
    OldestFirst,
}

/// Where a deal stands in the order of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// When it was changed, in milliseconds.
    pub(crate) updated_at: i64,
    /// Its place.
    pub(crate) place: i64,
}

impl Key {
    fn of(placed: &Placed) -> Self {
        Self { updated_at: placed.deal.updated_at.as_millis(), place: placed.place }
    }
}

/// A page that is asked for.
pub(crate) struct Listing<'a> {
    /// What to look at.
    pub(crate) by: By<'a>,
    /// What to take of that.
    pub(crate) wanted: &'a dyn Fn(&Deal) -> bool,
    /// Which way.
    pub(crate) order: Order,
    /// Past which deal; from the beginning without one.
    pub(crate) after: Option<Key>,
    /// How many, at least one.
    pub(crate) count_max: usize,
}

/// A page that was found.
#[derive(Debug)]
pub(crate) struct Found {
    /// The deals.
    pub(crate) deals: Vec<Deal>,
    /// Past which deal the next page begins, if there is more to look at.
    pub(crate) next: Option<Key>,
}

/// One page of deals.
pub(crate) fn list(db: &Connection, listing: &Listing<'_>) -> Result<Found> {
    let mut statements = statements(db, listing)?;
    let mut merged = Merged::new(&mut statements, listing)?;
    let (mut deals, mut bytes, mut last) = (Vec::new(), 0, None);
    for _ in 0..LOOKED_MAX {
        let Some((key, placed)) = merged.next()? else { return Ok(Found { deals, next: None }) };
        if (listing.wanted)(&placed.deal) {
            bytes += bytes_of(&placed.deal);
            if !deals.is_empty() && bytes > PAGE_BYTES_MAX {
                return Ok(Found { deals, next: last });
            }
            deals.push(placed.deal);
        }
        last = Some(key);
        if deals.len() >= listing.count_max {
            break;
        }
    }
    let next = if merged.is_over() { None } else { last };
    Ok(Found { deals, next })
}

fn bytes_of(deal: &Deal) -> usize {
    let texts = [&deal.id, &deal.title, &deal.category, &deal.merchant, &deal.url];
    texts.into_iter().map(|text| text.len()).sum()
}

/// One statement for each stream.
fn statements<'db>(
    db: &'db Connection,
    listing: &Listing<'_>,
) -> Result<Vec<CachedStatement<'db>>> {
    let sql = sql(listing.by, listing.order);
    let count = match listing.by {
        By::Nothing => 1,
        By::Categories(names) | By::Merchants(names) => names.len(),
    };
    (0..count).map(|_| db.prepare_cached(&sql)).collect()
}

pub(super) fn sql(by: By<'_>, order: Order) -> String {
    let narrowed = match by {
        By::Nothing => "",
        By::Categories(_) => "category_folded = ?3 AND",
        By::Merchants(_) => "merchant_folded = ?3 AND",
    };
    let (past, way) = match order {
        Order::NewestFirst => ("<", "DESC"),
        Order::OldestFirst => (">", "ASC"),
    };
    format!(
        "SELECT {COLUMNS} FROM deals WHERE {narrowed} (updated_at, place) {past} (?1, ?2)
         ORDER BY updated_at {way}, place {way}"
    )
}

/// Streams as one, in the order that is asked for.
struct Merged<'s> {
    streams: Vec<Rows<'s>>,
    heads: Vec<Option<(Key, Placed)>>,
    order: Order,
}

impl<'s> Merged<'s> {
    fn new(statements: &'s mut [CachedStatement<'_>], listing: &Listing<'_>) -> Result<Self> {
        let order = listing.order;
        let end = match order {
            Order::NewestFirst => i64::MAX,
            Order::OldestFirst => i64::MIN,
        };
        let Key { updated_at, place } =
            listing.after.unwrap_or(Key { updated_at: end, place: end });
        let names: Vec<Option<&str>> = match listing.by {
            By::Nothing => vec![None],
            By::Categories(names) | By::Merchants(names) => {
                names.iter().map(|name| Some(&**name)).collect()
            }
        };
        let (mut streams, mut heads) = (Vec::new(), Vec::new());
        for (statement, name) in statements.iter_mut().zip(names) {
            let all = params![updated_at, place, name];
            let values = if name.is_some() { all } else { &all[..2] };
            let mut stream = statement.query(values)?;
            heads.push(head(&mut stream)?);
            streams.push(stream);
        }
        Ok(Self { streams, heads, order })
    }

    fn is_over(&self) -> bool {
        self.heads.iter().all(Option::is_none)
    }

    fn next(&mut self) -> Result<Option<(Key, Placed)>> {
        let heads = self.heads.iter().enumerate();
        let heads = heads.filter_map(|(at, head)| head.as_ref().map(|(key, _)| (*key, at)));
        let first = match self.order {
            Order::NewestFirst => heads.max(),
            Order::OldestFirst => heads.min(),
        };
        let Some((_, at)) = first else { return Ok(None) };
        let next = head(&mut self.streams[at])?;
        Ok(std::mem::replace(&mut self.heads[at], next))
    }
}

fn head(stream: &mut Rows<'_>) -> Result<Option<(Key, Placed)>> {
    let Some(row) = stream.next()? else { return Ok(None) };
    let placed = placed(row)?;
    Ok(Some((Key::of(&placed), placed)))
}
