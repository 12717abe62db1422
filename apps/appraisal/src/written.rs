//! What a model writes: asked with facts and excerpts, checked, repaired, and cut to what can be cited.
//!
//! A model fills in a *draft*: the stage's form, with a reference for every claim. References are mended
//! where it is plain what is meant; the model is asked again, at most three times, for those of claims that
//! have none left; claims without any are dropped and counted. What the protocol counts (ten questions, five
//! sentences for a résumé) is filled up by rules.
//!
//! **Invariants.** A draft is data: nothing in it is followed, and every text of it passes `prose.rs`. A stage
//! that is told holds only references that exist, scores of 0 to 100, and a diagram drawn by us.
//!
//! **Bounds.** See `tokens.rs` and the limits of each draft.

mod desk;
mod diagram;
mod digest;
mod evaluation;
mod excerpts;
mod prose;
mod repair;
mod report;
mod review;
mod secrets;
mod sieve;
mod simulation;
mod tokens;

use std::sync::Arc;

use intelligence::{ModelError, Prompt, TextModel};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use tokio::task::JoinError;

use crate::appraiser::Bench;
use crate::{AskedOwned, Citation, Evaluation, Material};

use self::evaluation::EvaluationDraft;
pub(crate) use report::ReportDraft;
pub(crate) use review::ReviewDraft;
pub(crate) use simulation::SimulationDraft;

/// Claims of a draft that are looked at; the others are dropped.
const CLAIMS_MAX: usize = 100;
/// References of a claim that are looked at.
const REFERENCES_MAX: usize = 8;

/// A stage as a model writes it.
pub(crate) trait Draft:
    JsonSchema + DeserializeOwned + Clone + Send + Sync + 'static
{
    /// The stage.
    type Stage: Clone + Send + Sync + 'static;
    /// Its name in logs.
    const NAME: &'static str;
    /// What the model is told to do.
    const TASK: &'static str;

    /// The stage by rules.
    fn by_rules(material: &Material, seed: &str) -> Self::Stage;
    /// Every claim, in an order that does not change.
    fn claims(&mut self) -> Vec<Claim<'_>>;
    /// The stage, of a draft whose references all hold; counts in `dropped` what it leaves out.
    ///
    /// # Errors
    ///
    /// What is missing, where too little is left.
    fn finish(
        self,
        desk: &Desk<Self::Stage>,
        dropped: &mut usize,
    ) -> Result<Self::Stage, &'static str>;
}

/// Something a draft says of the repository.
pub(crate) struct Claim<'a> {
    pub(crate) text: &'a str,
    pub(crate) references: &'a mut Vec<String>,
}

/// What a stage is written from.
pub(crate) struct Desk<S> {
    pub(crate) material: Arc<Material>,
    /// Makes the ids of questions.
    pub(crate) seed: String,
    /// The stage by rules.
    pub(crate) by_rules: S,
}

/// Why a model's stage can't be told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    /// The model gave no draft.
    #[error("the model gave no answer that fits")]
    Model(#[from] ModelError),
    /// Too little of the draft is left.
    #[error("of the model's answer too little could be cited: {missing}, {dropped} claims dropped")]
    Thin {
        /// What is missing.
        missing: &'static str,
        /// Claims that were dropped.
        dropped: usize,
    },
    /// Preparing or checking failed.
    #[error("the work on it failed")]
    Broken(#[from] JoinError),
}

impl Unfit {
    /// Claims that were dropped.
    pub(crate) fn dropped(&self) -> usize {
        match self {
            Self::Thin { dropped, .. } => *dropped,
            Self::Model(_) | Self::Broken(_) => 0,
        }
    }
}

/// Has a model write a stage; tells it with the number of claims dropped.
pub(crate) async fn write<D: Draft>(
    model: &TextModel,
    bench: &Bench,
    desk: &Arc<Desk<D::Stage>>,
) -> Result<(D::Stage, usize), Unfit> {
    let at_desk = Arc::clone(desk);
    let prompt = bench.work(move || desk::prompt(D::TASK, &at_desk.material)).await?;
    let mut draft: D = model.complete(&prompt).await?;
    for _ in 0..tokens::REPAIRS_MAX {
        let at_desk = Arc::clone(desk);
        let (checked, faults) = bench
            .work(move || {
                let faults = repair::faults(&mut draft, &at_desk.material);
                (draft, faults)
            })
            .await?;
        draft = checked;
        let Some(faults) = faults else { break };
        let Some(repairs) = asked(model, &faults.prompt, D::NAME).await else { break };
        if !repair::apply(&mut draft, &faults.claims, repairs) {
            break;
        }
    }
    let at_desk = Arc::clone(desk);
    bench
        .work(move || {
            keep_what_holds(&mut draft, &at_desk.material);
            let mut dropped = 0;
            match draft.finish(&at_desk, &mut dropped) {
                Ok(stage) => Ok((stage, dropped)),
                Err(missing) => Err(Unfit::Thin { missing, dropped }),
            }
        })
        .await?
}

/// Has a model evaluate an answer; tells it with the number of remarks dropped.
pub(crate) async fn evaluate(
    model: &TextModel,
    bench: &Bench,
    given: &Arc<(AskedOwned, String)>,
) -> Result<(Evaluation, usize), Unfit> {
    let (asked, answer) = &**given;
    let draft: EvaluationDraft = model.complete(&evaluation::prompt(asked, answer)).await?;
    let given = Arc::clone(given);
    Ok(bench.work(move || evaluation::finish(&draft, &given.0, &given.1)).await?)
}

/// A model's repairs; none where it fails: then what can't be cited is dropped.
async fn asked(model: &TextModel, prompt: &Prompt, stage: &str) -> Option<repair::Repairs> {
    let repairs = model.complete(prompt).await;
    repairs.inspect_err(|error| tracing::info!(%error, stage, "references were not repaired")).ok()
}

/// Leaves each claim the references that hold, in their one form, each once.
fn keep_what_holds<D: Draft>(draft: &mut D, material: &Material) {
    for (number, claim) in draft.claims().into_iter().enumerate() {
        let mut kept: Vec<String> = Vec::new();
        let count_max = if number < CLAIMS_MAX { REFERENCES_MAX } else { 0 };
        for reference in claim.references.iter().take(count_max) {
            let Ok(citation) = Citation::mend(reference, material) else { continue };
            let citation = citation.to_string();
            if !kept.contains(&citation) {
                kept.push(citation);
            }
        }
        *claim.references = kept;
    }
}
