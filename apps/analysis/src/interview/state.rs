//! One interview as a state machine.
//!
//! ```text
//!            ┌── pause ──▶ Paused ── resume ──┐
//!  start ▶ Active ◀─────────────────────────────┘
//!            │  answered: its follow-up, else the next question
//!            └── answered the last ──▶ Complete
//! ```
//!
//! **Invariants.** A main question has at most one follow-up. Time counts while the interview is active
//! only, and not while an answer is evaluated. A complete interview never changes.

use std::time::Duration;

use appraisal::{FollowUp, Question};
use model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::protocol::{AskedQuestion, CurrentQuestion, InterviewSummary, NextAction, SessionType};

/// What an interview is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    /// A question waits for its answer.
    Active,
    /// It rests.
    Paused,
    /// It is over.
    Complete,
}

impl Phase {
    /// Its name in the store.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Complete => "complete",
        }
    }

    /// The phase of this name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let all = [Self::Active, Self::Paused, Self::Complete];
        all.into_iter().find(|phase| phase.as_str() == name)
    }
}

/// One interview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interview {
    pub(crate) id: String,
    pub(crate) analysis_id: String,
    pub(crate) user_id: String,
    pub(crate) session_type: SessionType,
    pub(crate) phase: Phase,
    /// How often a connection started or resumed it; tells a later one from an earlier.
    pub(crate) attachment: u64,
    /// The main question it is at, from 0; the last one, once it is complete.
    pub(crate) index: usize,
    /// The follow-up that is to be answered, if one is.
    pub(crate) follow_up: Option<Posed>,
    /// Time that the current question took before [`Self::since`].
    pub(crate) spent: Duration,
    /// Since when time counts, while active; when it ended, once it is complete.
    pub(crate) since: Timestamp,
    pub(crate) started_at: Timestamp,
    /// How it went, once it is complete.
    pub(crate) summary: Option<InterviewSummary>,
}

/// A follow-up that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Posed {
    /// Its id.
    pub(crate) question_id: String,
    /// What is asked.
    pub(crate) follow_up: FollowUp,
}

/// What follows an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A follow-up.
    FollowUp(Posed),
    /// The next main question.
    Question,
    /// The end.
    Complete(InterviewSummary),
}

impl Next {
    pub(crate) fn action(&self) -> NextAction {
        match self {
            Self::FollowUp(_) => NextAction::FollowUp,
            Self::Question => NextAction::NextQuestion,
            Self::Complete(_) => NextAction::Complete,
        }
    }
}

/// Why an answer is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotTaken {
    /// The interview is paused or over.
    NotActive,
    /// Another question is the current one.
    Mismatch,
}

/// The interview is paused or over already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotActive;

impl Interview {
    /// A new one, at its first question.
    pub(crate) fn start(
        id: String,
        (user_id, analysis_id): (&str, &str),
        session_type: SessionType,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            analysis_id: analysis_id.to_owned(),
            user_id: user_id.to_owned(),
            session_type,
            phase: Phase::Active,
            attachment: 1,
            index: 0,
            follow_up: None,
            spent: Duration::ZERO,
            since: now,
            started_at: now,
            summary: None,
        }
    }

    /// The main question it is at; `None` past the end, where there is none.
    pub(crate) fn main<'a>(&self, questions: &'a [Question]) -> Option<&'a Question> {
        questions.get(self.index)
    }

    /// What is to be answered.
    pub(crate) fn current<'a>(&'a self, questions: &'a [Question]) -> Option<CurrentQuestion<'a>> {
        Some(shown(self.main(questions)?, self.follow_up.as_ref()))
    }

    /// Whether an answer to this question is taken now.
    pub(crate) fn takes(&self, question_id: &str, questions: &[Question]) -> Result<(), NotTaken> {
        if self.phase != Phase::Active {
            return Err(NotTaken::NotActive);
        }
        match self.current(questions) {
            Some(current) if current.question.question_id == question_id => Ok(()),
            _ => Err(NotTaken::Mismatch),
        }
    }

    /// How long an answer that came `at` took, pauses left out.
    pub(crate) fn took(&self, at: Timestamp) -> Duration {
        self.spent + between(self.since, at)
    }

    /// How long the current question has waited for its answer, pauses left out; `None` where none does.
    pub(crate) fn elapsed(&self, at: Timestamp) -> Option<Duration> {
        match self.phase {
            Phase::Active => Some(self.took(at)),
            Phase::Paused => Some(self.spent),
            Phase::Complete => None,
        }
    }

    /// Main questions that were answered, also where a follow-up to the last of them waits.
    pub(crate) fn questions_answered(&self) -> usize {
        let is_at_next = self.phase != Phase::Complete && self.follow_up.is_none();
        self.index + usize::from(!is_at_next)
    }

    /// When its last answer was evaluated, once it is complete.
    pub(crate) fn ended_at(&self) -> Option<Timestamp> {
        (self.phase == Phase::Complete).then_some(self.since)
    }

    /// The current question was answered; from `now` on the next thing waits.
    pub(crate) fn answered(&mut self, next: &Next, now: Timestamp) {
        self.spent = Duration::ZERO;
        self.since = now;
        match next {
            Next::FollowUp(posed) => self.follow_up = Some(posed.clone()),
            Next::Question => {
                self.follow_up = None;
                self.index += 1;
            }
            Next::Complete(summary) => {
                self.follow_up = None;
                self.phase = Phase::Complete;
                self.summary = Some(summary.clone());
            }
        }
    }

    /// It rests from `now` on.
    pub(crate) fn pause(&mut self, now: Timestamp) -> Result<(), NotActive> {
        if self.phase != Phase::Active {
            return Err(NotActive);
        }
        self.phase = Phase::Paused;
        self.settle(now);
        Ok(())
    }

    /// It goes on, with another connection or the same one; if it was paused, from `now`.
    pub(crate) fn resume(&mut self, now: Timestamp) -> Result<(), NotActive> {
        match self.phase {
            Phase::Complete => return Err(NotActive),
            Phase::Paused => self.since = now,
            Phase::Active => {}
        }
        self.phase = Phase::Active;
        self.attachment += 1;
        Ok(())
    }

    /// Adds the time up to `now` to what was spent.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        self.spent += between(self.since, now);
        self.since = now;
    }

    /// Nobody could answer until `now`: the server was down.
    pub(crate) fn skip_to(&mut self, now: Timestamp) {
        self.since = now;
    }
}

/// A main question, or its follow-up, as it is shown.
pub(crate) fn shown<'a>(main: &'a Question, posed: Option<&'a Posed>) -> CurrentQuestion<'a> {
    let question = AskedQuestion::from(main);
    let Some(Posed { question_id, follow_up }) = posed else {
        return CurrentQuestion { question, question_type: None, related_to_question_id: None };
    };
    CurrentQuestion {
        question: AskedQuestion { question_id, question: &follow_up.question, ..question },
        question_type: Some(follow_up.kind),
        related_to_question_id: Some(&main.question_id),
    }
}

/// Zero where the wall clock was set back.
fn between(from: Timestamp, to: Timestamp) -> Duration {
    let millis = to.as_millis().saturating_sub(from.as_millis());
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use appraisal::{Category, CategoryScores, Difficulty, FollowUpKind, Summary};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    fn questions() -> Vec<Question> {
        let question = |number: usize| Question {
            question_id: format!("q{number}"),
            question: format!("Question {number}?"),
            category: Category::Tradeoffs,
            difficulty: Difficulty::Senior,
            file_references: vec!["a.rs:1".into()],
            key_points: vec!["It is so.".into()],
        };
        (0..2).map(question).collect()
    }

    fn posed() -> Posed {
        let follow_up = FollowUp {
            question: "And then?".into(),
            kind: FollowUpKind::Clarifying,
            key_points: Vec::new(),
        };
        Posed { question_id: "f".into(), follow_up }
    }

    fn end() -> Next {
        let scores =
            CategoryScores { architecture: 1, implementation: 2, tradeoffs: 3, scalability: 4 };
        let summary = Summary {
            overall_score: 50,
            category_scores: scores,
            key_strengths: Vec::new(),
            key_weaknesses: Vec::new(),
            improvement_areas: Vec::new(),
        };
        Next::Complete(InterviewSummary::new(summary, 2, Duration::from_millis(1499)))
    }

    fn started() -> Interview {
        Interview::start("i".into(), ("u", "a"), SessionType::Live, at(0))
    }

    #[test]
    fn a_follow_up_stands_in_for_its_question_until_it_is_answered() {
        let (mut interview, questions) = (started(), questions());
        assert_eq!(interview.takes("q0", &questions), Ok(()));
        assert_eq!(interview.takes("q1", &questions), Err(NotTaken::Mismatch));
        interview.answered(&Next::FollowUp(posed()), at(1));
        assert_eq!(interview.takes("q0", &questions), Err(NotTaken::Mismatch));
        assert_eq!(interview.takes("f", &questions), Ok(()));
        let current = interview.current(&questions).unwrap();
        assert_eq!(current.question.question, "And then?");
        assert_eq!(current.question.file_references, ["a.rs:1"]);
        assert_eq!(current.related_to_question_id, Some("q0"));
        interview.answered(&Next::Question, at(2));
        assert_eq!(interview.takes("f", &questions), Err(NotTaken::Mismatch));
        assert_eq!(interview.takes("q1", &questions), Ok(()));
        assert_eq!(interview.current(&questions).unwrap().question_type, None);
    }

    #[test]
    fn time_counts_while_it_is_active_and_from_when_the_question_was_asked() {
        let mut interview = started();
        interview.pause(at(5)).unwrap();
        interview.resume(at(100)).unwrap();
        // Resumed while active, as from another connection: the time goes on.
        interview.resume(at(103)).unwrap();
        assert_eq!(interview.took(at(104)), Duration::from_secs(9));
        interview.answered(&Next::Question, at(110));
        assert_eq!(interview.took(at(112)), Duration::from_secs(2));
        interview.settle(at(113));
        interview.skip_to(at(500));
        assert_eq!(interview.took(at(501)), Duration::from_secs(4));
    }

    #[test]
    fn the_time_of_a_question_is_told_while_it_waits_and_stands_while_the_interview_rests() {
        let mut interview = started();
        assert_eq!(interview.elapsed(at(3)), Some(Duration::from_secs(3)));
        interview.pause(at(5)).unwrap();
        assert_eq!(interview.elapsed(at(50)), Some(Duration::from_secs(5)));
        interview.resume(at(100)).unwrap();
        assert_eq!(interview.elapsed(at(102)), Some(Duration::from_secs(7)));
        interview.answered(&Next::FollowUp(posed()), at(110));
        assert_eq!(interview.elapsed(at(110)), Some(Duration::ZERO));
        assert_eq!((interview.questions_answered(), interview.ended_at()), (1, None));
        interview.answered(&Next::Question, at(120));
        assert_eq!(interview.questions_answered(), 1);
        interview.answered(&end(), at(130));
        assert_eq!(interview.elapsed(at(140)), None);
        assert_eq!((interview.questions_answered(), interview.ended_at()), (2, Some(at(130))));
    }

    #[test]
    fn a_wall_clock_set_back_takes_no_time_and_panics_nowhere() {
        let mut interview = started();
        interview.pause(at(-50)).unwrap();
        interview.resume(at(-100)).unwrap();
        assert_eq!(interview.took(Timestamp::from_millis(i64::MIN)), Duration::ZERO);
        assert_eq!(interview.took(at(-99)), Duration::from_secs(1));
    }

    #[test]
    fn a_complete_interview_neither_rests_nor_goes_on_nor_takes_an_answer() {
        let (mut interview, questions) = (started(), questions());
        interview.answered(&Next::Question, at(1));
        interview.answered(&end(), at(2));
        let before = interview.clone();
        assert_eq!(interview.pause(at(3)), Err(NotActive));
        assert_eq!(interview.resume(at(3)), Err(NotActive));
        assert_eq!(interview.takes("q1", &questions), Err(NotTaken::NotActive));
        assert_eq!(interview, before);
        assert_eq!(interview.summary.unwrap().average_response_time, "1 seconds");
    }

    #[test]
    fn each_attachment_has_a_number_of_its_own() {
        let mut interview = started();
        let first = interview.attachment;
        interview.resume(at(1)).unwrap();
        interview.pause(at(2)).unwrap();
        interview.resume(at(3)).unwrap();
        assert_eq!(interview.attachment, first + 2);
    }
}
