//! Who waits for an answer: a line of questions per session, and what is being answered.
//!
//! **Invariants.** A session has at most one worker, which takes its questions in the order they
//! came. A session without questions has no desk.
//!
//! **Bounds.** [`WAITING_MAX`] questions a session wait behind the one being answered, and all
//! sessions have [`QUESTIONS_MAX`] in all; one more is refused. A question is a name: what was
//! asked stays in the store until its turn.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::stop::{Stop, Why};

/// Questions of one session that wait behind the one being answered.
pub(crate) const WAITING_MAX: usize = 20;
/// Questions of all sessions, waiting or being answered.
const QUESTIONS_MAX: usize = 20_000;

/// A message that an agent is to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// The id of the stored message.
    pub(crate) message_id: Arc<str>,
    /// The project it was asked about, where it was said.
    pub(crate) project_id: Option<Box<str>>,
    /// Whether it was found in the store, when the session was joined: by its turn it may have
    /// been answered.
    pub(crate) is_found: bool,
}

/// What became of a question that was brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is the first: a worker must start.
    First,
    /// It waits.
    Waits,
    /// It was there already.
    Known,
    /// Too many wait.
    Busy,
    /// The server stops; the question is found again when the session is next joined.
    Stopping,
}

/// All sessions with questions.
#[derive(Default)]
pub(crate) struct Desks {
    by_session: HashMap<Arc<str>, Desk>,
    waiting: usize,
    stopping: bool,
}

struct Desk {
    waiting: VecDeque<Question>,
    /// The message being answered, once the worker took one.
    current: Option<Arc<str>>,
    stop: Stop,
}

impl Desk {
    fn has(&self, message_id: &str) -> bool {
        self.current.as_deref() == Some(message_id)
            || self.waiting.iter().any(|question| *question.message_id == *message_id)
    }

    /// The first question counts as being answered, also while its worker has not begun yet.
    fn is_full(&self) -> bool {
        self.waiting.len() >= WAITING_MAX + usize::from(self.current.is_none())
    }
}

impl Desks {
    /// Brings a question.
    pub(crate) fn bring(&mut self, session: &Arc<str>, question: Question) -> Taken {
        if self.stopping {
            return Taken::Stopping;
        }
        let is_full = self.waiting + self.by_session.len() >= QUESTIONS_MAX;
        let taken = match self.by_session.get_mut(session) {
            Some(desk) if desk.has(&question.message_id) => return Taken::Known,
            Some(desk) if is_full || desk.is_full() => return Taken::Busy,
            Some(desk) => {
                desk.waiting.push_back(question);
                Taken::Waits
            }
            None if is_full => return Taken::Busy,
            None => {
                let waiting = [question].into();
                let desk = Desk { waiting, current: None, stop: Stop::default() };
                self.by_session.insert(Arc::clone(session), desk);
                Taken::First
            }
        };
        self.waiting += 1;
        taken
    }

    /// The next question of the session's worker, with what stops it; without one, or when the
    /// server stops, the desk is gone.
    pub(crate) fn next(&mut self, session: &str) -> Option<(Question, Stop)> {
        let desk = self.by_session.get_mut(session)?;
        if !self.stopping
            && let Some(question) = desk.waiting.pop_front()
        {
            self.waiting -= 1;
            if desk.current.replace(Arc::clone(&question.message_id)).is_some() {
                desk.stop = Stop::default();
            }
            return Some((question, desk.stop.clone()));
        }
        self.close(session);
        None
    }

    /// The session's worker ended, whatever happened.
    pub(crate) fn close(&mut self, session: &str) {
        if let Some(desk) = self.by_session.remove(session) {
            self.waiting -= desk.waiting.len();
        }
    }

    /// Stops what is being answered in the session, if anything is.
    pub(crate) fn cancel(&self, session: &str) {
        if let Some(desk) = self.by_session.get(session) {
            desk.stop.stop(Why::Cancelled);
        }
    }

    /// Takes no further question and starts no further answer.
    pub(crate) fn stop_asking(&mut self) {
        self.stopping = true;
    }

    /// Stops every answer.
    pub(crate) fn stop_all(&self) {
        self.by_session.values().for_each(|desk| desk.stop.stop(Why::Draining));
    }

    /// Sessions with a worker.
    pub(crate) fn working(&self) -> usize {
        self.by_session.len()
    }

    /// Questions that wait for their turn.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(number: u32) -> Question {
        Question { message_id: number.to_string().into(), project_id: None, is_found: false }
    }

    fn next(desks: &mut Desks) -> Option<String> {
        desks.next("s").map(|(question, _)| question.message_id.to_string())
    }

    #[test]
    fn twenty_wait_behind_the_one_being_answered_and_come_in_order() {
        let mut desks = Desks::default();
        let session: Arc<str> = "s".into();
        assert_eq!(desks.bring(&session, question(1)), Taken::First);
        assert_eq!(next(&mut desks).as_deref(), Some("1"));
        for number in 2..22 {
            assert_eq!(desks.bring(&session, question(number)), Taken::Waits);
        }
        assert_eq!(desks.bring(&session, question(22)), Taken::Busy);
        assert_eq!(desks.bring(&session, question(21)), Taken::Known);
        assert_eq!(desks.bring(&session, question(1)), Taken::Known);
        for number in 2..22_u32 {
            assert_eq!(next(&mut desks), Some(number.to_string()));
        }
        assert_eq!(desks.working(), 1);
        assert_eq!(next(&mut desks), None);
        assert_eq!((desks.working(), desks.waiting()), (0, 0));
    }

    #[test]
    fn a_question_not_begun_yet_counts_as_being_answered() {
        let mut desks = Desks::default();
        let session: Arc<str> = "s".into();
        for number in 1..22 {
            assert_ne!(desks.bring(&session, question(number)), Taken::Busy);
        }
        assert_eq!(desks.bring(&session, question(22)), Taken::Busy);
    }

    #[test]
    fn all_sessions_together_have_a_bound_too() {
        let mut desks = Desks::default();
        let mut taken = 0;
        while desks.bring(&taken.to_string().into(), question(1)) == Taken::First {
            taken += 1;
            desks.next(&(taken - 1).to_string());
        }
        assert_eq!((taken, desks.working()), (20_000, 20_000));
        assert_eq!(desks.bring(&"7".into(), question(2)), Taken::Busy);
        assert!(desks.next("8").is_none());
        assert_eq!(desks.bring(&"7".into(), question(2)), Taken::Waits);
    }

    #[test]
    fn a_cancel_reaches_the_current_answer_only() {
        let mut desks = Desks::default();
        let session: Arc<str> = "s".into();
        desks.bring(&session, question(1));
        desks.bring(&session, question(2));
        desks.cancel("s");
        desks.cancel("other");
        let first = desks.next("s").unwrap().1;
        assert_eq!(first.why(), Some(Why::Cancelled));
        assert_eq!(desks.next("s").unwrap().1.why(), None);
    }

    #[test]
    fn a_stopping_server_starts_no_further_answer() {
        let mut desks = Desks::default();
        let session: Arc<str> = "s".into();
        desks.bring(&session, question(1));
        desks.bring(&session, question(2));
        let (_, current) = desks.next("s").unwrap();
        desks.stop_asking();
        assert_eq!(desks.bring(&session, question(3)), Taken::Stopping);
        desks.stop_all();
        assert_eq!(current.why(), Some(Why::Draining));
        assert!(desks.next("s").is_none());
        assert_eq!((desks.working(), desks.waiting()), (0, 0));
    }
}
