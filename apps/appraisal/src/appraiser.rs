//! Who writes the stages and evaluates answers: rules of ours, a model, or nobody.
//!
//! Where a model fails, the rules stand in for it if that is configured; else the stage is
//! [`AppraisalError::Unavailable`].
//!
//! **Invariants.** Whatever a model says, what is told passed the same checks: scores within 0 to 100,
//! references that exist. Work for the processor never runs on a thread that serves others. An evaluation
//! ends within [`EVALUATION_WITHIN`], a follow-up within [`FOLLOW_UP_WITHIN`].
//!
//! **Bounds.** [`STAGES_MAX`] stages and [`EVALUATIONS_MAX`] evaluations are worked on by rules at once; the
//! others wait for them. A model's calls are bounded by `intelligence`, and a stage makes at most four.

mod bench;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use intelligence::{ModelError, SetupError, TextModel, TextProvider, TextStats};
use model::Clock;
use repository::{Facts, Tree};

pub(crate) use self::bench::Bench;
use crate::written::{self, Desk, Draft, ReportDraft, ReviewDraft, SimulationDraft, Unfit};
use crate::{
    Asked, Evaluation, FollowUp, IntelligenceReport, InterviewSimulation, ProjectReview, Question,
};

/// How long an evaluation may take in all.
pub const EVALUATION_WITHIN: Duration = Duration::from_secs(5);
/// How long of it a model may take; the rest is for the rules that stand in.
const MODEL_EVALUATION_WITHIN: Duration = Duration::from_secs(4);
/// How long a follow-up may take, waiting for its turn included; past it there is none.
pub const FOLLOW_UP_WITHIN: Duration = Duration::from_secs(1);
/// Stages that are written by rules, or prepared for a model, at once.
const STAGES_MAX: usize = 4;
/// Answers that are evaluated by rules at once.
const EVALUATIONS_MAX: usize = 4;

/// The names of who wrote something.
const BUILTIN: &str = "builtin";
const OPENAI: &str = "openai";

/// What is known of a repository.
pub struct Material {
    /// What it is called.
    pub name: String,
    /// What was read of it.
    pub facts: Facts,
    /// Its files at the analysed commit.
    pub tree: Tree,
}

/// A question as it was asked, for an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedOwned {
    /// The question.
    pub question: String,
    /// What a good answer says, a sentence each.
    pub key_points: Vec<String>,
}

/// Something that was written, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written<T> {
    /// What was written.
    pub value: T,
    /// `builtin` for the rules, `openai` for a model.
    pub provider: &'static str,
    /// A model's claims that were dropped for want of a reference that holds, or for what they held.
    pub dropped: usize,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum AppraisalError {
    /// There is no provider, or its model failed and nothing stands in for it; may pass.
    #[error("no model is available")]
    Unavailable,
    /// The rules have a fault.
    #[error("the rules failed: {0}")]
    Failed(String),
}

/// What was written and evaluated since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AppraisalStats {
    /// Stages and evaluations by rules, the failed ones and the stand-ins included.
    pub builtin_calls: u64,
    /// Of these, the failed ones.
    pub builtin_failures: u64,
    /// Milliseconds that they took in all, waiting for their turn included.
    pub builtin_millis: u64,
    /// Of these, the ones that stood in for a model's.
    pub fallbacks: u64,
    /// A model's claims that were dropped.
    pub dropped: u64,
    /// What was asked of the model, where there is one.
    pub openai: Option<TextStats>,
}

/// Writes stages and evaluates answers.
pub struct Appraiser {
    voice: Voice,
    may_stand_in: bool,
    clock: Arc<dyn Clock>,
    stages: Bench,
    evaluations: Bench,
    counts: Counts,
}

enum Voice {
    Rules,
    Model(Box<TextModel>),
    Off,
}

#[derive(Default)]
struct Counts {
    calls: AtomicU64,
    failures: AtomicU64,
    millis: AtomicU64,
    stand_ins: AtomicU64,
    dropped: AtomicU64,
}

impl Appraiser {
    /// An appraiser by `provider`; `fallback` lets the rules stand in for a failing model.
    ///
    /// # Errors
    ///
    /// What of the model's configuration can't be used.
    pub fn new(
        provider: &TextProvider,
        fallback: bool,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SetupError> {
        let voice = match provider {
            TextProvider::Builtin => Voice::Rules,
            TextProvider::Openai(config) => {
                Voice::Model(Box::new(TextModel::new(config, Arc::clone(&clock))?))
            }
            TextProvider::Off => Voice::Off,
        };
        Ok(Self {
            voice,
            may_stand_in: fallback,
            clock,
            stages: Bench::new(STAGES_MAX),
            evaluations: Bench::new(EVALUATIONS_MAX),
            counts: Counts::default(),
        })
    }

    /// Stage 1.
    ///
    /// # Errors
    ///
    /// Any [`AppraisalError`].
    pub async fn review(
        &self,
        material: &Arc<Material>,
    ) -> Result<Written<ProjectReview>, AppraisalError> {
        self.stage::<ReviewDraft>(material, "").await
    }

    /// Stage 2.
    ///
    /// # Errors
    ///
    /// Any [`AppraisalError`].
    pub async fn report(
        &self,
        material: &Arc<Material>,
    ) -> Result<Written<IntelligenceReport>, AppraisalError> {
        self.stage::<ReportDraft>(material, "").await
    }

    /// Stage 3. `seed`, such as the analysis' id, makes the ids of the questions.
    ///
    /// # Errors
    ///
    /// Any [`AppraisalError`].
    pub async fn simulation(
        &self,
        material: &Arc<Material>,
        seed: &str,
    ) -> Result<Written<InterviewSimulation>, AppraisalError> {
        self.stage::<SimulationDraft>(material, seed).await
    }

    /// Evaluates an answer, within [`EVALUATION_WITHIN`].
    ///
    /// # Errors
    ///
    /// Any [`AppraisalError`].
    pub async fn evaluate(
        &self,
        asked: AskedOwned,
        answer: String,
    ) -> Result<Written<Evaluation>, AppraisalError> {
        let given = Arc::new((asked, answer));
        let evaluated = tokio::time::timeout(EVALUATION_WITHIN, self.evaluate_given(&given));
        evaluated.await.unwrap_or_else(|_| {
            tracing::warn!("an answer was not evaluated in time");
            Err(AppraisalError::Unavailable)
        })
    }

    /// The follow-up that helps after an answer, if one does: by rules, whoever evaluated. `None` also where
    /// it is not made within [`FOLLOW_UP_WITHIN`], such as when many answers are evaluated at once.
    pub async fn follow_up(
        &self,
        question: Question,
        answer: String,
        evaluation: Evaluation,
    ) -> Option<FollowUp> {
        let made = self.evaluations.work(move || crate::follow_up(&question, &answer, &evaluation));
        // An interview goes on without a follow-up.
        let Ok(made) = tokio::time::timeout(FOLLOW_UP_WITHIN, made).await else {
            tracing::warn!("a follow-up was not made in time");
            return None;
        };
        made.inspect_err(|error| tracing::error!(%error, "a follow-up could not be made")).ok()?
    }

    /// What was done so far.
    #[must_use]
    pub fn stats(&self) -> AppraisalStats {
        let counts = &self.counts;
        AppraisalStats {
            builtin_calls: counts.calls.load(Relaxed),
            builtin_failures: counts.failures.load(Relaxed),
            builtin_millis: counts.millis.load(Relaxed),
            fallbacks: counts.stand_ins.load(Relaxed),
            dropped: counts.dropped.load(Relaxed),
            openai: match &self.voice {
                Voice::Model(model) => Some(model.stats()),
                Voice::Rules | Voice::Off => None,
            },
        }
    }

    async fn stage<D: Draft>(
        &self,
        material: &Arc<Material>,
        seed: &str,
    ) -> Result<Written<D::Stage>, AppraisalError> {
        if matches!(self.voice, Voice::Off) {
            return Err(AppraisalError::Unavailable);
        }
        let (material, seed) = (Arc::clone(material), seed.to_owned());
        let rules = move || {
            let by_rules = D::by_rules(&material, &seed);
            Arc::new(Desk { material, seed, by_rules })
        };
        let desk = self.by_rules(&self.stages, rules).await?;
        let mut dropped = 0;
        if let Voice::Model(model) = &self.voice {
            match written::write::<D>(model, &self.stages, &desk).await {
                Ok((stage, dropped)) => return Ok(self.by_model(stage, dropped)),
                Err(unfit) => dropped = self.stand_in(&unfit, D::NAME)?,
            }
        }
        Ok(Written { value: desk.by_rules.clone(), provider: BUILTIN, dropped })
    }

    async fn evaluate_given(
        &self,
        given: &Arc<(AskedOwned, String)>,
    ) -> Result<Written<Evaluation>, AppraisalError> {
        let mut dropped = 0;
        match &self.voice {
            Voice::Off => return Err(AppraisalError::Unavailable),
            Voice::Rules => {}
            Voice::Model(model) => {
                let asked = written::evaluate(model, &self.evaluations, given);
                let asked = tokio::time::timeout(MODEL_EVALUATION_WITHIN, asked).await;
                match asked.unwrap_or(Err(Unfit::Model(ModelError::Deadline))) {
                    Ok((evaluation, dropped)) => return Ok(self.by_model(evaluation, dropped)),
                    Err(unfit) => dropped = self.stand_in(&unfit, "evaluation")?,
                }
            }
        }
        let given = Arc::clone(given);
        let rules = move || {
            let (asked, answer) = &*given;
            let asked = Asked { question: &asked.question, key_points: &asked.key_points };
            crate::evaluate(&asked, answer)
        };
        let value = self.by_rules(&self.evaluations, rules).await?;
        Ok(Written { value, provider: BUILTIN, dropped })
    }

    /// Runs rules, and counts it.
    async fn by_rules<T: Send + 'static>(
        &self,
        bench: &Bench,
        rules: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AppraisalError> {
        let started = self.clock.monotonic();
        let made = bench.work(rules).await;
        let took = self.clock.monotonic().since(started).as_millis();
        self.counts.calls.fetch_add(1, Relaxed);
        self.counts.failures.fetch_add(u64::from(made.is_err()), Relaxed);
        self.counts.millis.fetch_add(u64::try_from(took).unwrap_or(u64::MAX), Relaxed);
        made.map_err(|error| AppraisalError::Failed(error.to_string()))
    }

    fn by_model<T>(&self, value: T, dropped: usize) -> Written<T> {
        self.count_dropped(dropped);
        Written { value, provider: OPENAI, dropped }
    }

    /// Lets the rules stand in for a model that failed, if they may; tells what of the model's was dropped.
    fn stand_in(&self, unfit: &Unfit, what: &'static str) -> Result<usize, AppraisalError> {
        self.count_dropped(unfit.dropped());
        let error = unfit as &dyn std::error::Error;
        if !self.may_stand_in {
            tracing::warn!(error, what, "the model failed and nothing stands in for it");
            return Err(AppraisalError::Unavailable);
        }
        tracing::warn!(error, what, "the rules stand in for the model");
        self.counts.stand_ins.fetch_add(1, Relaxed);
        Ok(unfit.dropped())
    }

    fn count_dropped(&self, dropped: usize) {
        self.counts.dropped.fetch_add(u64::try_from(dropped).unwrap_or(u64::MAX), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use model::SystemClock;

    use super::*;
    use crate::{Category, Difficulty};

    async fn followed_up(places: usize) -> Option<FollowUp> {
        let clock = Arc::new(SystemClock::new());
        let appraiser = Appraiser::new(&TextProvider::Builtin, true, clock).unwrap();
        let appraiser = Appraiser { evaluations: Bench::new(places), ..appraiser };
        let question = Question {
            question_id: "1".to_owned(),
            question: "What can go wrong in `load` (`cli.py`, lines 1 to 9)?".to_owned(),
            category: Category::Implementation,
            difficulty: Difficulty::Junior,
            file_references: vec!["cli.py:1-9".to_owned()],
            key_points: vec![
                "It catches `ImportError` itself, so its callers never see that.".to_owned(),
                "It fails with `RuntimeError` when `filepath` is `None`.".to_owned(),
            ],
        };
        let answer = "It catches `ImportError` itself, because the package is optional, so callers never see it.";
        let asked = Asked { question: &question.question, key_points: &question.key_points };
        let evaluation = crate::evaluate(&asked, answer);
        let made = appraiser.follow_up(question, answer.to_owned(), evaluation);
        tokio::time::timeout(FOLLOW_UP_WITHIN * 2, made).await.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_follow_up_that_finds_no_place_in_time_is_none() {
        assert_eq!(followed_up(0).await, None);
        assert!(followed_up(1).await.is_some());
    }
}
