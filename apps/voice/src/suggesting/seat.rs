//! Whose turn it is to be told suggestions: for each user of a session, the newest generation.
//!
//! **Invariants.** A user's generations count up, without a gap, for as long as the session is in memory,
//! and go on above those of before when it comes back. Once a generation began, nothing of an older one is
//! told: both are done under one lock.
//!
//! **Lock order.** These locks → a room's. Whoever begins a generation holds no lock of a room.
//!
//! **Bounds.** [`SEATS_MAX`] users of a session; to others nothing is suggested. A user has one generation
//! that is worked on: the next one ends it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::AbortHandle;

/// Users of one session that suggestions are made for.
pub(crate) const SEATS_MAX: usize = 1000;

/// The seats of one session.
#[derive(Debug, Default)]
pub(crate) struct Seats {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    seats: HashMap<Arc<str>, Seat>,
    /// Above what generations of before the session came into memory counted to.
    base: Option<u64>,
}

#[derive(Debug, Default)]
struct Seat {
    /// Generations begun since the session is in memory.
    count: u64,
    /// Works on the newest.
    work: Option<AbortHandle>,
}

/// A generation of one user, since the session is in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn(u64);

impl Seats {
    /// Begins the user's next generation and ends the older; `None` where there is no seat left.
    pub(crate) fn begin(&self, user: &Arc<str>) -> Option<Turn> {
        let mut state = self.lock();
        if state.seats.len() >= SEATS_MAX && !state.seats.contains_key(user) {
            return None;
        }
        let seat = state.seats.entry(Arc::clone(user)).or_default();
        seat.count += 1;
        if let Some(older) = seat.work.take() {
            older.abort();
        }
        Some(Turn(seat.count))
    }

    /// What works on a generation; it is ended if a newer one began already.
    pub(crate) fn worked_on(&self, user: &str, turn: Turn, work: AbortHandle) {
        let mut state = self.lock();
        match state.seats.get_mut(user) {
            Some(seat) if seat.count == turn.0 => seat.work = Some(work),
            _ => work.abort(),
        }
    }

    /// Where generations count from: known once for as long as the session is in memory.
    pub(crate) fn count_from(&self, base: u64) {
        self.lock().base.get_or_insert(base);
    }

    /// Calls `tell` with the generation's number, if it is still the newest; whether it is.
    pub(crate) fn tell(&self, user: &str, turn: Turn, tell: impl FnOnce(u64)) -> bool {
        let state = self.lock();
        let is_newest = state.seats.get(user).is_some_and(|seat| seat.count == turn.0);
        if is_newest {
            tell(state.base.unwrap_or_default().saturating_add(turn.0));
        }
        is_newest
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(seats: &Seats, user: &str, turn: Turn) -> Option<u64> {
        let mut told = None;
        let is_newest = seats.tell(user, turn, |number| told = Some(number));
        assert_eq!(is_newest, told.is_some());
        told
    }

    #[test]
    fn nothing_of_an_older_generation_is_told_once_a_newer_began() {
        let seats = Seats::default();
        let (ann, ben) = (Arc::from("ann"), Arc::from("ben"));
        let first = seats.begin(&ann).unwrap();
        let bens = seats.begin(&ben).unwrap();
        assert_eq!(told(&seats, "ann", first), Some(1));
        assert_eq!(told(&seats, "ann", first), Some(1));
        let second = seats.begin(&ann).unwrap();
        assert_eq!(told(&seats, "ann", first), None);
        assert_eq!(told(&seats, "ann", second), Some(2));
        assert_eq!(told(&seats, "ben", bens), Some(1));
        assert_eq!(told(&seats, "eve", bens), None);
    }

    #[test]
    fn a_session_that_came_back_counts_on_from_where_it_was() {
        let seats = Seats::default();
        let turn = seats.begin(&Arc::from("ann")).unwrap();
        seats.count_from(7);
        seats.count_from(9);
        assert_eq!(told(&seats, "ann", turn), Some(8));
    }

    #[test]
    fn seats_are_bounded_and_who_has_one_keeps_it() {
        let seats = Seats::default();
        for number in 0..SEATS_MAX {
            assert!(seats.begin(&Arc::from(number.to_string())).is_some());
        }
        assert_eq!(seats.begin(&Arc::from("late")), None);
        assert!(seats.begin(&Arc::from("7")).is_some());
    }

    #[tokio::test]
    async fn the_work_on_an_older_generation_is_ended() {
        let seats = Seats::default();
        let ann = Arc::from("ann");
        let first = seats.begin(&ann).unwrap();
        let work = tokio::spawn(std::future::pending::<()>());
        seats.worked_on("ann", first, work.abort_handle());
        seats.begin(&ann).unwrap();
        assert!(work.await.unwrap_err().is_cancelled());
        let late = tokio::spawn(std::future::pending::<()>());
        seats.worked_on("ann", first, late.abort_handle());
        assert!(late.await.unwrap_err().is_cancelled());
    }
}
