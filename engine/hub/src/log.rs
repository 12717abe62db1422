//! The recent end of a history, kept in memory within bounds.

use std::collections::VecDeque;

/// What is asked for is older than what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooOld;

/// The newest entries of a history whose offsets are dense and start at 1.
///
/// **Bounds**: at most `entries_max` entries and about `bytes_max` bytes; the oldest go first, but
/// the newest always stays.
#[derive(Debug)]
pub struct Log<T> {
    entries: VecDeque<(u64, usize, T)>,
    bytes: usize,
    entries_max: usize,
    bytes_max: usize,
}

impl<T: Clone> Log<T> {
    /// An empty log with these bounds.
    #[must_use]
    pub const fn new(entries_max: usize, bytes_max: usize) -> Self {
        Self { entries: VecDeque::new(), bytes: 0, entries_max, bytes_max }
    }

    /// Appends the entry at `offset`, which weighs `bytes`. A gap before it empties the log first,
    /// so that what is kept is always dense; an offset already passed is ignored.
    pub fn append(&mut self, offset: u64, bytes: usize, entry: T) {
        match self.last_offset() {
            Some(last) if offset <= last => return,
            Some(last) if offset > last + 1 => self.clear(),
            _ => {}
        }
        self.entries.push_back((offset, bytes, entry));
        self.bytes += bytes;
        while self.entries.len() > 1
            && (self.entries.len() > self.entries_max || self.bytes > self.bytes_max)
        {
            if let Some((_, dropped, _)) = self.entries.pop_front() {
                self.bytes -= dropped;
            }
        }
    }

    /// The offset of the newest entry.
    #[must_use]
    pub fn last_offset(&self) -> Option<u64> {
        self.entries.back().map(|(offset, _, _)| *offset)
    }

    /// The offset of the oldest entry kept.
    #[must_use]
    pub fn first_offset(&self) -> Option<u64> {
        self.entries.front().map(|(offset, _, _)| *offset)
    }

    /// All entries after `offset`, in order: every one, or none.
    ///
    /// # Errors
    /// [`TooOld`] where some of them are not kept any more.
    pub fn since(&self, offset: u64) -> Result<Vec<T>, TooOld> {
        let Some(first) = self.first_offset() else { return Ok(Vec::new()) };
        if first > offset.saturating_add(1) {
            return Err(TooOld);
        }
        let skip = usize::try_from(offset + 1 - first).unwrap_or(usize::MAX);
        Ok(self.entries.iter().skip(skip).map(|(_, _, entry)| entry.clone()).collect())
    }

    /// The entries kept, oldest first, with their offsets.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &T)> {
        self.entries.iter().map(|(offset, _, entry)| (*offset, entry))
    }

    /// How many entries are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn since_gives_every_later_entry_or_says_too_old(
            count in 0_u64..60, entries_max in 1_usize..20, bytes_max in 1_usize..200,
            weight in 1_usize..40, asked in 0_u64..70,
        ) {
            let mut log = Log::new(entries_max, bytes_max);
            for offset in 1..=count {
                log.append(offset, weight, offset);
            }
            prop_assert!(log.len() <= entries_max);
            match log.since(asked) {
                Ok(missed) => {
                    let all: Vec<u64> = (asked + 1..=count).collect();
                    prop_assert_eq!(missed, all);
                }
                Err(TooOld) => prop_assert!(log.first_offset().unwrap() > asked + 1),
            }
        }
    }

    #[test]
    fn a_gap_empties_the_log_and_a_repeat_is_ignored() {
        let mut log = Log::new(10, 1000);
        log.append(1, 1, 'a');
        log.append(2, 1, 'b');
        log.append(2, 1, 'x');
        assert_eq!(log.since(0), Ok(vec!['a', 'b']));
        log.append(9, 1, 'i');
        assert_eq!(log.since(8), Ok(vec!['i']));
        assert_eq!(log.since(2), Err(TooOld));
    }
}
