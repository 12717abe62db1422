//! Many interviews at once: how long an answer's evaluation takes to come back.
//!
//! Each user has an analysis and an interview of their own. Answers are sent at fixed times, open loop,
//! interviews taking turns; each waits for the question that follows the one before. An interview that is
//! complete is begun again.

use std::time::Duration;

use serde_json::{Value, json};

use crate::crowd::{Crowd, contains};
use crate::error::BenchError;
use crate::histogram::Histogram;
use crate::report::{Report, latency, rounded};
use crate::school::School;
use crate::stage::Setup;
use crate::stopwatch::{Stopwatch, nanos, seconds};
use crate::traffic::due_after;

const ADMIT_MAX: Duration = Duration::from_secs(120);
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);
/// Answers of different worth, so that all ways of going on are taken.
const ANSWERS: [&str; 3] = [
    "I am not sure.",
    "The queue is bounded so that a producer that is faster than the worker cannot use up the memory.",
    "A bounded queue refuses an item instead of growing, because memory is finite and a slow consumer \
     must be felt by the producer: that is back-pressure. Push returns the item as an error, so that \
     nothing is lost and the caller decides whether to drain, wait or drop. The alternative is an \
     unbounded queue, which is simpler but hides the overload until the process is killed; for example \
     with 32 numbers and a bound of 16 the worker drains twice.",
];

/// How many interviews, how fast.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Options {
    /// Interviews at once.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub interviews: u32,
    /// Seconds between two answers of one interview.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub every: u64,
    /// Seconds of the measurement.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub secs: u64,
}

/// One interview as its user sees it.
#[derive(Clone, Debug, Default)]
struct Interview {
    analysis: String,
    session: String,
    question: Option<String>,
    sent_at: Option<u64>,
    answers: usize,
}

#[derive(Debug, Default)]
struct Books {
    interviews: Vec<Interview>,
    evaluated: Histogram,
    completed: u32,
    errors: Vec<String>,
    late: u64,
}

/// Measures it.
///
/// # Errors
/// As [`School::open`] and [`Crowd::admit`]; `Server` when an analysis fails or nothing begins.
pub fn run(options: Options, setup: &Setup) -> Result<Report, BenchError> {
    let school = School::open(setup)?;
    let mut crowd = Crowd::new(Stopwatch::start())?;
    let mut books = Books::default();
    for index in 0..options.interviews {
        let analysis = school.submit(&user(index))?;
        books.interviews.push(Interview { analysis, ..Interview::default() });
    }
    for (index, interview) in (0..).zip(&books.interviews) {
        school.wait_for(&user(index), &interview.analysis)?;
    }
    for index in 0..options.interviews {
        crowd.admit([school.door(&user(index))?], ADMIT_MAX)?;
    }
    // What comes while others are admitted is not heard.
    for index in 0..books.interviews.len() {
        begin(&mut crowd, &books, index)?;
    }
    settle(&mut crowd, &mut books, |books| {
        books.interviews.iter().all(|interview| interview.question.is_some())
    })?;
    let before = school.target.usage();
    let (sent, took) = answer_by_clock(options, &mut crowd, &mut books)?;
    let cpu = school.target.usage().cpu_seconds - before.cpu_seconds;
    Ok(report(options, &books, sent, cpu, took))
}

fn user(index: u32) -> String {
    format!("bench-{index}")
}

fn begin(crowd: &mut Crowd, books: &Books, index: usize) -> Result<(), BenchError> {
    let payload = json!({"analysisId": books.interviews[index].analysis, "sessionType": "live"});
    let text = json!({"type": "start_interview", "payload": payload}).to_string();
    crowd.queue_text(index, text.as_bytes());
    crowd.flush(index)
}

/// Sends answers as they are due, then waits for what is under way; how many, and for how long.
fn answer_by_clock(
    options: Options,
    crowd: &mut Crowd,
    books: &mut Books,
) -> Result<(u64, f64), BenchError> {
    let per_second =
        f64::from(options.interviews) / Duration::from_secs(options.every).as_secs_f64();
    let (began, mut sent) = (crowd.now(), 0_u64);
    let end = began + nanos(Duration::from_secs(options.secs));
    while crowd.now() < end {
        let due = began + due_after(sent, per_second);
        if due <= crowd.now() {
            let index = usize::try_from(sent % u64::from(options.interviews)).unwrap_or(0);
            answer(crowd, books, index, due)?;
            sent += 1;
            continue;
        }
        hear(crowd, books, Duration::from_nanos(due - crowd.now()).min(Duration::from_millis(20)))?;
    }
    let took = seconds(crowd.now() - began);
    settle(crowd, books, |books| {
        books.interviews.iter().all(|interview| interview.sent_at.is_none())
    })?;
    Ok((sent, took))
}

fn answer(crowd: &mut Crowd, books: &mut Books, index: usize, due: u64) -> Result<(), BenchError> {
    let interview = &mut books.interviews[index];
    let Some(question) = interview.question.take() else {
        books.late += 1;
        return Ok(());
    };
    let text = ANSWERS[(interview.answers + index) % ANSWERS.len()];
    interview.answers += 1;
    interview.sent_at = Some(due);
    let payload = json!({"sessionId": interview.session, "questionId": question, "answer": text});
    let text = json!({"type": "submit_answer", "payload": payload}).to_string();
    crowd.queue_text(index, text.as_bytes());
    crowd.flush(index)
}

/// Waits until `done`.
fn settle(
    crowd: &mut Crowd,
    books: &mut Books,
    done: impl Fn(&Books) -> bool,
) -> Result<(), BenchError> {
    let until = crowd.now() + nanos(ANSWERED_WITHIN);
    while !done(books) {
        if crowd.now() > until {
            return Err(BenchError::Server(format!("does not answer; {:?}", books.errors)));
        }
        hear(crowd, books, Duration::from_millis(20))?;
    }
    Ok(())
}

fn hear(crowd: &mut Crowd, books: &mut Books, wait: Duration) -> Result<(), BenchError> {
    let mut over = Vec::new();
    crowd.poll(wait, &mut |heard| {
        if contains(heard.text, b"\"pong\"") {
            return;
        }
        let Ok(message) = serde_json::from_slice::<Value>(heard.text) else { return };
        if books.note(heard.member, &message, heard.at) {
            over.push(heard.member);
        }
    })?;
    over.into_iter().try_for_each(|index| begin(crowd, books, index))
}

impl Books {
    /// Notes what a user heard; whether their interview is over.
    fn note(&mut self, index: usize, message: &Value, at: u64) -> bool {
        let payload = &message["payload"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let interview = &mut self.interviews[index];
        match message["type"].as_str() {
            Some("interview_started") => {
                interview.session = text(&payload["sessionId"]).unwrap_or_default();
                interview.question = text(&payload["firstQuestion"]["questionId"]);
            }
            Some("answer_evaluated") => {
                if let Some(due) = interview.sent_at.take() {
                    self.evaluated.record(at.saturating_sub(due));
                }
            }
            Some("follow_up_question" | "next_question") => {
                interview.question = text(&payload["questionId"]);
            }
            Some("interview_complete") => {
                self.completed += 1;
                return true;
            }
            _ if self.errors.len() < 3 => self.errors.push(message.to_string()),
            _ => {}
        }
        false
    }
}

fn report(options: Options, books: &Books, sent: u64, cpu: f64, took: f64) -> Report {
    let p99 = books.evaluated.quantile_millis(990);
    Report {
        line: format!(
            "interviews: {} at once, an answer every {} s each: answer_evaluated p50 {:.1} ms, p99 {p99:.1} ms; \
             {:.1} ms of CPU an answer; {} completed",
            options.interviews,
            options.every,
            books.evaluated.quantile_millis(500),
            cpu / crate::report::figure(sent).max(1.0) * 1e3,
            books.completed,
        ),
        figures: json!({
            "experiment": "interviews", "interviews": options.interviews, "answers": sent,
            "seconds": rounded(took), "cpu_seconds": rounded(cpu), "latency": latency(&books.evaluated),
            "completed": books.completed, "without_a_question": books.late, "errors": books.errors,
        }),
        sound: books.errors.is_empty() && books.late == 0,
    }
}
