//! Answering: evaluated first, then stored with what follows from it, then told.
//!
//! **Invariants.** An answer is taken where its question is the current one both before it is evaluated
//! and in the commit that stores it. Of two at once one is evaluated; the other waits for what becomes of it. A request that was answered before is
//! answered the same again, whatever the interview does now.

use std::sync::Arc;
use std::time::Duration;

use appraisal::{
    Answered, AppraisalError, AskedOwned, Evaluation, Question, Summary, example_answer, summary,
};
use bytes::Bytes;
use model::{Timestamp, message_id};
use storage::Lane;
use storage::rusqlite::{Connection, Result as Read};
use tokio::sync::OwnedSemaphorePermit;

use super::rest::{not_active, not_found};
use super::state::{Next, NotTaken};
use super::turn::Turn;
use super::{Asked, Interview, Phase, Posed, unread, unstored};
use crate::protocol::{
    self, Answer, AnswerEvaluated, AskedQuestion, Code, FollowUpQuestion, InterviewComplete,
    InterviewSummary, Judgement, NextAction, NextQuestion, Reason, Refusal, SessionType,
};
use crate::service::Analyses;
use crate::store::answers::{self, AnswerRow};
use crate::store::{interviews, stages};

/// An answer, and when it came.
pub(crate) struct Submission {
    pub(crate) answer: Answer,
    pub(crate) at: Timestamp,
    /// Counts it among those that a stop waits for.
    pub(crate) _counted: OwnedSemaphorePermit,
}

/// How an interview stands to an answer.
enum Look {
    NotFound,
    /// The request brought another answer before.
    Conflict,
    NotTaken(NotTaken),
    /// The answer is stored, now or since before.
    Given(Box<Given>),
    /// The answer may be taken.
    Open(Box<Open>),
}

/// A stored answer, and the interview as it stands.
struct Given {
    interview: Interview,
    questions: Vec<Question>,
    row: AnswerRow,
}

/// An interview whose current question is the one that is answered.
struct Open {
    interview: Interview,
    questions: Vec<Question>,
    /// The answers so far.
    before: Vec<AnswerRow>,
}

/// What an answer was found to be worth, and what is to follow.
struct Grade {
    judgement: Judgement,
    follow_up: Option<Posed>,
    /// How the interview went, if it ends here.
    summary: Option<Summary>,
    /// Since when the next thing waits.
    at: Timestamp,
}

impl Analyses {
    /// Evaluates an answer, stores it and answers; then tells what follows.
    pub(crate) async fn submit_answer(self: Arc<Self>, submission: Submission, asked: Asked) {
        let session_id = submission.answer.session_id.as_str();
        let turn = self.turns.take(&asked.user, session_id).await;
        let (answer, request_id) = (submission.answer.clone(), asked.request_id.clone());
        let user = Arc::clone(&asked.user);
        let read = move |db: &Connection| look(db, &user, &answer, request_id.as_deref());
        let looked = match self.store.read(read).await {
            Ok(looked) => looked,
            Err(error) => return asked.reply(&self, &unread(&error)),
        };
        let open = match looked {
            Look::Open(open) => open,
            Look::Given(given) => return self.tell_again(&given, asked),
            refused => return asked.reply(&self, &refusal(&refused)),
        };
        match self.grade(&open, &submission.answer.text).await {
            Ok(grade) => self.store_answer(submission, grade, (asked, turn)),
            Err(error) => asked.reply(&self, &unappraised(&error)),
        }
    }

    /// What the answer is worth and what follows from it.
    async fn grade(&self, open: &Open, text: &str) -> Result<Grade, AppraisalError> {
        let Open { interview, questions, before } = open;
        let Some(main) = interview.main(questions) else {
            return Err(AppraisalError::Failed("the interview is past its questions".to_owned()));
        };
        let question = question_asked(main, interview.follow_up.as_ref());
        let judgement = self.judge(&question, text, interview.session_type).await?;
        let evaluation = &judgement.evaluation;
        let follow_up = match interview.follow_up {
            Some(_) => None,
            None => {
                let (answer, evaluation) = (text.to_owned(), evaluation.clone());
                self.appraiser.follow_up(question, answer, evaluation).await
            }
        };
        let is_end = follow_up.is_none() && interview.index + 1 == questions.len();
        let summary = is_end.then(|| summarize(questions, before, interview.index, evaluation));
        let follow_up = follow_up.map(|follow_up| Posed { question_id: message_id(), follow_up });
        Ok(Grade { follow_up, summary, at: self.hub.clock().wall(), judgement })
    }

    /// What an answer to `question` is worth.
    pub(crate) async fn judge(
        &self,
        question: &Question,
        text: &str,
        session_type: SessionType,
    ) -> Result<Judgement, AppraisalError> {
        let asked = AskedOwned {
            question: question.question.clone(),
            key_points: question.key_points.clone(),
        };
        let written = self.appraiser.evaluate(asked, text.to_owned()).await?;
        let is_practice = session_type == SessionType::Practice;
        let example_answer = is_practice.then(|| example_answer(question));
        Ok(Judgement { evaluation: written.value, example_answer })
    }

    /// Stores the answer in its turn, which ends with that.
    fn store_answer(
        self: &Arc<Self>,
        submission: Submission,
        grade: Grade,
        (asked, turn): (Asked, Turn),
    ) {
        let place = match self.store.reserve(Lane::Interactive) {
            Ok(place) => place,
            Err(refused) => return asked.reply(self, &unstored(&refused.into())),
        };
        let (user, request_id) = (Arc::clone(&asked.user), asked.request_id.clone());
        let apply = move |tx: &storage::rusqlite::Transaction<'_>| match look(
            tx,
            &user,
            &submission.answer,
            request_id.as_deref(),
        )? {
            Look::Open(open) => {
                let given = take(tx, *open, &submission, &grade, request_id.as_deref())?;
                Ok((Look::Given(Box::new(given)), true))
            }
            other => Ok((other, false)),
        };
        let analyses = Arc::clone(self);
        place.write(apply, move |outcome| {
            drop(turn);
            match outcome {
                Ok((Look::Given(given), true)) => analyses.tell(&given, asked),
                Ok((Look::Given(given), false)) => analyses.tell_again(&given, asked),
                Ok((refused, _)) => asked.reply(&analyses, &refusal(&refused)),
                Err(error) => asked.reply(&analyses, &unstored(&error)),
            }
        });
    }

    /// The commit of an answer returned: its evaluation goes to who gave it, and what follows to who
    /// hears of the interview.
    fn tell(&self, given: &Given, asked: Asked) {
        let listener = self.interviews.listener(&given.interview.id);
        if given.interview.phase == Phase::Complete {
            self.interviews.end(&given.interview.id);
        }
        let elsewhere = listener.filter(|listener| *listener != asked.ticket.connection());
        let Some(listener) = elsewhere else { return self.tell_again(given, asked) };
        if let Some(text) = following(given, self.hub.clock().wall()) {
            self.send(listener, text);
        }
        asked.reply(self, &evaluated(given));
    }

    /// The evaluation, and what follows if that is still to be answered, in one place of the order.
    fn tell_again(&self, given: &Given, asked: Asked) {
        let wall = self.hub.clock().wall();
        let text = protocol::encode(&evaluated(given), wall, asked.request_id.as_deref());
        let following = following(given, wall);
        asked.resume(move |_, context| {
            context.reply(text);
            if let Some(following) = following {
                context.reply(following);
            }
        });
    }
}

/// How the interview stands to the answer, in one snapshot.
fn look(db: &Connection, user: &str, answer: &Answer, request_id: Option<&str>) -> Read<Look> {
    let Some(interview) = interviews::find(db, answer.session_id.as_str(), user)? else {
        return Ok(Look::NotFound);
    };
    let Some(questions) = stages::questions(db, &interview.analysis_id)? else {
        return Ok(Look::NotFound);
    };
    let given = match request_id {
        Some(request_id) => answers::brought_by(db, &interview.id, request_id)?,
        None => None,
    };
    if let Some(row) = given {
        let is_same = row.question_id == answer.question_id.as_str() && *row.answer == *answer.text;
        return Ok(match is_same {
            true => Look::Given(Box::new(Given { interview, questions, row })),
            false => Look::Conflict,
        });
    }
    if let Err(reason) = interview.takes(answer.question_id.as_str(), &questions) {
        return Ok(Look::NotTaken(reason));
    }
    let before = answers::of(db, &interview.id)?;
    Ok(Look::Open(Box::new(Open { interview, questions, before })))
}

/// Stores the answer and what follows from it.
fn take(
    db: &Connection,
    open: Open,
    submission: &Submission,
    grade: &Grade,
    request_id: Option<&str>,
) -> Read<Given> {
    let Open { mut interview, questions, before } = open;
    let response_time = interview.took(submission.at);
    let next = match (&grade.follow_up, &grade.summary) {
        (Some(posed), _) => Next::FollowUp(posed.clone()),
        (None, Some(summary)) => {
            let times = before.iter().map(|row| row.response_time).chain([response_time]);
            let mean = mean(&times.collect::<Vec<_>>());
            Next::Complete(InterviewSummary::new(summary.clone(), interview.index + 1, mean))
        }
        (None, None) => Next::Question,
    };
    let row = AnswerRow {
        index: interview.index,
        question_id: submission.answer.question_id.to_string(),
        follow_up: interview.follow_up.clone(),
        answer: submission.answer.text.to_string(),
        judgement: grade.judgement.clone(),
        next_action: next.action(),
        answered_at: submission.at,
        response_time,
    };
    interview.answered(&next, grade.at);
    answers::insert(db, &interview.id, &row, request_id)?;
    interviews::update(db, &interview)?;
    Ok(Given { interview, questions, row })
}

fn evaluated(given: &Given) -> AnswerEvaluated<'_> {
    AnswerEvaluated {
        session_id: &given.interview.id,
        question_id: &given.row.question_id,
        evaluation: &given.row.judgement,
        next_action: given.row.next_action,
    }
}

/// The message that the answer's next action announces; none where the interview went on since.
fn following(given: &Given, at: Timestamp) -> Option<Bytes> {
    let Given { interview, questions, row } = given;
    let session_id = &*interview.id;
    let is_over = interview.phase == Phase::Complete;
    match row.next_action {
        NextAction::FollowUp => {
            let posed = interview.follow_up.as_ref().filter(|_| interview.index == row.index)?;
            let event = FollowUpQuestion {
                session_id,
                question_id: &posed.question_id,
                question: &posed.follow_up.question,
                question_type: posed.follow_up.kind,
                related_to_question_id: &interview.main(questions)?.question_id,
            };
            Some(protocol::encode(&event, at, None))
        }
        NextAction::NextQuestion => {
            let is_next = interview.index == row.index + 1 && interview.follow_up.is_none();
            let question = interview.main(questions).filter(|_| is_next && !is_over)?;
            let event = NextQuestion {
                session_id,
                question: AskedQuestion::from(question),
                question_number: interview.index + 1,
                total_questions: questions.len(),
            };
            Some(protocol::encode(&event, at, None))
        }
        NextAction::Complete => {
            let (analysis_id, summary) = (&*interview.analysis_id, interview.summary.as_ref()?);
            let event = InterviewComplete { session_id, analysis_id, summary };
            Some(protocol::encode(&event, at, None))
        }
    }
}

/// The question that is answered: the main one, or its follow-up in its frame.
fn question_asked(main: &Question, posed: Option<&Posed>) -> Question {
    let Some(Posed { question_id, follow_up }) = posed else { return main.clone() };
    Question {
        question_id: question_id.clone(),
        question: follow_up.question.clone(),
        key_points: follow_up.key_points.clone(),
        ..main.clone()
    }
}

/// How the interview went, whose last answer, to the question at `index`, was worth `last`.
fn summarize(
    questions: &[Question],
    before: &[AnswerRow],
    index: usize,
    last: &Evaluation,
) -> Summary {
    let evaluations: Vec<Vec<Evaluation>> = (0..=index)
        .map(|number| {
            let of_it = before.iter().filter(|row| row.index == number);
            let mut all: Vec<_> = of_it.map(|row| row.judgement.evaluation.clone()).collect();
            all.extend((number == index).then(|| last.clone()));
            all
        })
        .collect();
    let scores: Vec<Vec<u8>> =
        evaluations.iter().map(|all| all.iter().map(|one| one.score).collect()).collect();
    let answered: Vec<Answered<'_>> = questions
        .iter()
        .zip(scores.iter().zip(&evaluations))
        .map(|(question, (scores, evaluations))| Answered { question, scores, evaluations })
        .collect();
    summary(&answered)
}

fn mean(times: &[Duration]) -> Duration {
    let count = u32::try_from(times.len()).unwrap_or(u32::MAX).max(1);
    times.iter().sum::<Duration>() / count
}

fn refusal(look: &Look) -> Refusal {
    match look {
        Look::Conflict => Refusal::invalid("requestId", "was used for another message of yours"),
        Look::NotTaken(NotTaken::NotActive) => not_active(),
        Look::NotTaken(NotTaken::Mismatch) => {
            Refusal::new(Code::QuestionMismatch, "This is not the current question")
        }
        Look::NotFound | Look::Given(_) | Look::Open(_) => not_found(),
    }
}

fn unappraised(error: &AppraisalError) -> Refusal {
    tracing::warn!(error = error as &dyn std::error::Error, "an answer was not evaluated");
    match error {
        AppraisalError::Unavailable => {
            Refusal::unavailable(Reason::AiUnavailable, "Answers cannot be evaluated now")
        }
        AppraisalError::Failed(_) => {
            Refusal::new(Code::InternalError, "The answer could not be evaluated")
        }
    }
}
