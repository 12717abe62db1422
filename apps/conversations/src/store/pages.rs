//! Reading pages of a log.

use std::sync::Arc;

use storage::rusqlite::{Connection, Result, Statement, params};

use super::lineage::{self, Lineage};
use super::messages::{self, COLUMNS};
use super::rooms;
use crate::page::Cut;
use crate::{Anchor, HistoryPage, Message, PageAsk, RoomRef};

/// The log a room shows, as one read sees it.
struct Shown<'a> {
    db: &'a Connection,
    lineage: Lineage,
    last_seq: u64,
}

/// The newest messages of a room, for keeping in memory.
pub(crate) struct Newest {
    pub(crate) page: HistoryPage,
    /// The newest `seq` that is no longer kept, or 0.
    pub(crate) floor: u64,
}

/// The page of `room` that `ask` is for; `epoch` is the store's.
pub(crate) fn read(
    db: &Connection,
    room: &RoomRef,
    ask: &PageAsk,
    epoch: &str,
) -> Result<HistoryPage> {
    let Some(shown) = Shown::of(db, room)? else {
        return Ok(HistoryPage {
            recovered: ask.is_from_the_start(epoch),
            ..HistoryPage::default()
        });
    };
    shown.answer(ask, epoch)
}

/// The newest messages of `room`, at most `limit`.
pub(crate) fn newest(db: &Connection, room: &RoomRef, limit: usize) -> Result<Newest> {
    Ok(match Shown::of(db, room)? {
        Some(shown) => Newest { page: shown.newest(limit)?, floor: shown.lineage.floor },
        None => Newest { page: HistoryPage::default(), floor: 0 },
    })
}

impl<'a> Shown<'a> {
    fn of(db: &'a Connection, room: &RoomRef) -> Result<Option<Self>> {
        let Some(place) = rooms::find(db, room)? else { return Ok(None) };
        let lineage = lineage::of(db, place.conversation)?;
        Ok(Some(Self { db, lineage, last_seq: place.last_seq }))
    }

    fn answer(&self, ask: &PageAsk, epoch: &str) -> Result<HistoryPage> {
        match ask {
            PageAsk::Newest { limit } => self.newest(*limit),
            PageAsk::Oldest { limit } => self.ascending(self.lineage.floor, None, *limit),
            PageAsk::Before { anchor, limit } => match self.seq_of(anchor)? {
                Some(before) => self.descending(before, *limit),
                None => Ok(self.nothing()),
            },
            PageAsk::After { anchor, epoch: of, limit } => {
                self.continued(anchor, is_same(of.as_deref(), epoch), None, *limit)
            }
            PageAsk::Between { after, before, epoch: of, limit } => match self.seq_of(before)? {
                Some(before) => {
                    self.continued(after, is_same(of.as_deref(), epoch), Some(before), *limit)
                }
                None => Ok(self.nothing()),
            },
        }
    }

    /// What follows `anchor`, or the newest page where that cannot be told without a gap.
    fn continued(
        &self,
        anchor: &Anchor,
        is_same_epoch: bool,
        before: Option<u64>,
        limit: usize,
    ) -> Result<HistoryPage> {
        let after = if is_same_epoch { self.known(anchor)? } else { None };
        match after {
            Some(after) => {
                let page = self.ascending(after, before, limit)?;
                Ok(HistoryPage { recovered: true, ..page })
            }
            None => self.newest(limit),
        }
    }

    /// The `seq` of an anchor from which everything later is kept.
    fn known(&self, anchor: &Anchor) -> Result<Option<u64>> {
        let floor = self.lineage.floor;
        Ok(match anchor {
            Anchor::Time(at) => {
                let later = at.plus_millis(1);
                let last = self.lineage.last_before(self.db, self.last_seq, later)?;
                // At the floor, what was dropped may have been later than that moment too.
                (floor == 0 || last > floor).then_some(last)
            }
            _ => self.seq_of(anchor)?.filter(|seq| (floor..=self.last_seq).contains(seq)),
        })
    }

    /// The `seq` of an anchor; of a moment, that of the first message since.
    fn seq_of(&self, anchor: &Anchor) -> Result<Option<u64>> {
        Ok(match anchor {
            Anchor::Seq(seq) => Some(*seq),
            Anchor::Id(id) => match messages::place_of(self.db, id)? {
                Some((conversation, seq)) if self.lineage.has(conversation, seq) => Some(seq),
                _ => None,
            },
            Anchor::Time(at) => Some(self.lineage.last_before(self.db, self.last_seq, *at)? + 1),
        })
    }

    fn nothing(&self) -> HistoryPage {
        HistoryPage { last_seq: self.last_seq, ..HistoryPage::default() }
    }

    fn newest(&self, limit: usize) -> Result<HistoryPage> {
        self.descending(self.last_seq + 1, limit)
    }

    fn descending(&self, before: u64, limit: usize) -> Result<HistoryPage> {
        let sql = format!(
            "SELECT {COLUMNS} FROM conversation_messages
             WHERE conversation = ?1 AND seq > ?2 AND seq < ?3 ORDER BY seq DESC"
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut cut = Cut::new(limit);
        for part in &self.lineage.parts {
            let range = (part.base, before.min(part.upto.saturating_add(1)));
            if !take(&mut statement, part.conversation, range, &mut cut)? {
                break;
            }
        }
        let mut page = cut.page(self.last_seq);
        page.messages.reverse();
        Ok(page)
    }

    fn ascending(&self, after: u64, before: Option<u64>, limit: usize) -> Result<HistoryPage> {
        let sql = format!(
            "SELECT {COLUMNS} FROM conversation_messages
             WHERE conversation = ?1 AND seq > ?2 AND seq < ?3 ORDER BY seq"
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut cut = Cut::new(limit);
        let before = before.unwrap_or(self.last_seq + 1);
        for part in self.lineage.parts.iter().rev() {
            let range = (after.max(part.base), before.min(part.upto.saturating_add(1)));
            if !take(&mut statement, part.conversation, range, &mut cut)? {
                break;
            }
        }
        Ok(cut.page(self.last_seq))
    }
}

/// Takes the messages between into `cut`; whether it took them all.
fn take(
    statement: &mut Statement<'_>,
    conversation: i64,
    (after, before): (u64, u64),
    cut: &mut Cut,
) -> Result<bool> {
    let signed = |seq: u64| i64::try_from(seq).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![conversation, signed(after), signed(before)])?;
    while let Some(row) = rows.next()? {
        let message: Arc<Message> = Arc::new(messages::message(row)?);
        if !cut.take(message) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_same(asked: Option<&str>, epoch: &str) -> bool {
    asked.is_none_or(|asked| asked == epoch)
}
