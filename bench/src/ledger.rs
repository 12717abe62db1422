//! Who has received which message: every one once, in order, or it is counted as a fault.
//!
//! **Invariants:** messages of a room are numbered 0, 1, 2 … as published; a member's numbers must come
//! in that order, each once. A number that comes too early leaves the ones before it *missing*; one
//! of those that comes later was *reordered*, one that never comes was *lost*; a number that comes
//! again was *doubled*; one that nobody published is *unknown*.
//!
//! Missing numbers are remembered up to [`MISSING_MAX`] a member; past that they count as lost at once.

use std::collections::VecDeque;

/// How many missing numbers are remembered for a member.
pub const MISSING_MAX: usize = 4096;

/// What went wrong, in deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Never came.
    pub lost: u64,
    /// Came more than once.
    pub doubled: u64,
    /// Came after a later one.
    pub reordered: u64,
    /// Were never published.
    pub unknown: u64,
}

impl Faults {
    /// Whether nothing went wrong.
    #[must_use]
    pub fn none(&self) -> bool {
        *self == Self::default()
    }

    /// Adds another count.
    pub fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.reordered += other.reordered;
        self.unknown += other.unknown;
    }
}

/// What one delivery told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Nanoseconds since the message was due; `None` when the delivery was a fault (which is counted).
    pub latency: Option<u64>,
    /// Every present member has the message now.
    pub completes: bool,
}

#[derive(Debug)]
struct Flight {
    due: u64,
    left: usize,
}

#[derive(Debug, Default)]
struct Member {
    next: u64,
    missing: Vec<u64>,
    away: bool,
}

/// The books of one room.
#[derive(Debug)]
pub struct Ledger {
    members: Vec<Member>,
    present: usize,
    flights: VecDeque<Flight>,
    first: u64,
    outstanding: usize,
    faults: Faults,
}

impl Ledger {
    /// Books for a room of `members` members, all present.
    #[must_use]
    pub fn new(members: usize) -> Self {
        Self {
            members: (0..members).map(|_| Member::default()).collect(),
            present: members,
            flights: VecDeque::new(),
            first: 0,
            outstanding: 0,
            faults: Faults::default(),
        }
    }

    /// Notes a message that was due at `due`; the number it goes out with.
    pub fn publish(&mut self, due: u64) -> u64 {
        let number = self.published();
        self.flights.push_back(Flight { due, left: self.present });
        self.outstanding += 1;
        number
    }

    /// How many messages were published; the next one's number.
    #[must_use]
    pub fn published(&self) -> u64 {
        self.first + self.flights.len() as u64
    }

    /// Messages that some present member does not have yet.
    #[must_use]
    pub fn outstanding(&self) -> usize {
        self.outstanding
    }

    /// The next number that `member` has not been given.
    #[must_use]
    pub fn expected(&self, member: usize) -> u64 {
        self.members[member].next
    }

    /// Notes that `member` received `number` at `now`.
    pub fn receive(&mut self, member: usize, number: u64, now: u64) -> Receipt {
        if number >= self.published() {
            self.faults.unknown += 1;
            return Receipt::default();
        }
        let books = &mut self.members[member];
        if number < books.next {
            return self.receive_late(member, number);
        }
        let room = MISSING_MAX - books.missing.len();
        books.missing.extend((books.next..number).take(room));
        self.faults.lost += (number - books.next).saturating_sub(room as u64);
        books.next = number + 1;
        match self.settle(number) {
            Some((due, completes)) => Receipt { latency: Some(now.saturating_sub(due)), completes },
            None => Receipt::default(),
        }
    }

    fn receive_late(&mut self, member: usize, number: u64) -> Receipt {
        let missing = &mut self.members[member].missing;
        let Some(at) = missing.iter().position(|missing| *missing == number) else {
            self.faults.doubled += 1;
            return Receipt::default();
        };
        missing.swap_remove(at);
        self.faults.reordered += 1;
        Receipt { latency: None, completes: self.settle(number).is_some_and(|(_, last)| last) }
    }

    /// `member` is not waited for from now on (it stopped reading); what it receives is not noted here.
    pub fn leave(&mut self, member: usize) {
        let books = &mut self.members[member];
        if books.away {
            return;
        }
        books.away = true;
        self.present -= 1;
        let from = books.next.max(self.first);
        for number in from..self.published() {
            self.settle(number);
        }
    }

    /// `member` is waited for again, from the next message that is published.
    pub fn rejoin(&mut self, member: usize) {
        let next = self.published();
        let books = &mut self.members[member];
        if books.away {
            books.away = false;
            self.present += 1;
        }
        books.next = next;
    }

    /// What went wrong so far; call it when nothing more can come: what is not there then is lost.
    #[must_use]
    pub fn faults(&self) -> Faults {
        let published = self.published();
        let present = self.members.iter().filter(|books| !books.away);
        let lost: u64 =
            present.map(|books| books.missing.len() as u64 + (published - books.next)).sum();
        Faults { lost: self.faults.lost + lost, ..self.faults }
    }

    /// Takes one delivery off what `number` waits for: when it was due, and whether that was the last.
    fn settle(&mut self, number: u64) -> Option<(u64, bool)> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let flight = self.flights.get_mut(at).filter(|flight| flight.left > 0)?;
        flight.left -= 1;
        let told = (flight.due, flight.left == 0);
        if told.1 {
            self.outstanding -= 1;
        }
        while self.flights.front().is_some_and(|flight| flight.left == 0) {
            self.flights.pop_front();
            self.first += 1;
        }
        Some(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Publishes `count` messages to two members, of whom the first receives `heard`, the second all.
    fn faults_of(count: u64, heard: &[u64]) -> Faults {
        let mut ledger = Ledger::new(2);
        for number in 0..count {
            assert_eq!(ledger.publish(number), number);
        }
        for number in heard {
            ledger.receive(0, *number, 100);
        }
        for number in 0..count {
            ledger.receive(1, number, 100);
        }
        ledger.faults()
    }

    #[test]
    fn every_message_once_and_in_order_is_no_fault() {
        assert!(faults_of(5, &[0, 1, 2, 3, 4]).none());
    }

    #[test]
    fn a_message_left_out_is_lost() {
        assert_eq!(faults_of(5, &[0, 1, 3, 4]), Faults { lost: 1, ..Faults::default() });
    }

    #[test]
    fn a_last_message_that_never_comes_is_lost() {
        assert_eq!(faults_of(5, &[0, 1, 2]), Faults { lost: 2, ..Faults::default() });
    }

    #[test]
    fn a_message_that_comes_twice_is_doubled() {
        assert_eq!(faults_of(3, &[0, 1, 1, 2]), Faults { doubled: 1, ..Faults::default() });
        assert_eq!(faults_of(3, &[0, 1, 2, 0]), Faults { doubled: 1, ..Faults::default() });
    }

    #[test]
    fn a_message_after_a_later_one_is_reordered_and_not_lost() {
        assert_eq!(faults_of(4, &[0, 2, 1, 3]), Faults { reordered: 1, ..Faults::default() });
    }

    #[test]
    fn a_reordered_message_that_comes_again_is_doubled_too() {
        let faults = faults_of(3, &[1, 0, 0, 2]);
        assert_eq!(faults, Faults { reordered: 1, doubled: 1, ..Faults::default() });
    }

    #[test]
    fn a_number_that_nobody_published_is_unknown() {
        assert_eq!(faults_of(2, &[0, 1, 7]), Faults { unknown: 1, ..Faults::default() });
    }

    #[test]
    fn a_gap_longer_than_what_is_remembered_is_lost_in_full() {
        let gap = MISSING_MAX as u64 + 100;
        let faults = faults_of(gap + 1, &[gap]);
        assert_eq!(faults, Faults { lost: gap, ..Faults::default() });
    }

    #[test]
    fn a_message_is_complete_with_its_last_present_member() {
        let mut ledger = Ledger::new(3);
        let number = ledger.publish(10);
        assert_eq!(ledger.receive(0, number, 25), Receipt { latency: Some(15), completes: false });
        assert!(!ledger.receive(1, number, 26).completes);
        assert_eq!(ledger.outstanding(), 1);
        ledger.leave(2);
        assert_eq!(ledger.outstanding(), 0);
        let next = ledger.publish(30);
        ledger.receive(0, next, 40);
        assert!(ledger.receive(1, next, 40).completes);
        ledger.rejoin(2);
        assert!(ledger.faults().none());
    }
}
