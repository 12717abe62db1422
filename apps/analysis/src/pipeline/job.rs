//! What is done for one analysis: fetching, reading, and writing stage after stage.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use appraisal::{AppraisalError, Material, Written};
use repository::{Facts, Source, SurveyOptions, Tree, TreeError, fetch, survey_until};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::JoinError;
use tokio::time::timeout;

use super::Pipeline;
use super::failure::Failure;
use super::queue::Why;
use super::work::{ATTEMPTS_MAX, READ_WITHIN, STAGE_WITHIN};
use crate::protocol::Stage;
use crate::store::analyses::{self, AnalysisRow};
use crate::store::stages::{self, StageRow};

/// How a job ended that did not come to its end.
pub(super) enum End {
    /// It failed.
    Failed { failure: Failure },
    /// The analysis was deleted, or is over.
    Gone,
    /// It was stopped.
    Stopped(Why),
    /// The store takes nothing any more.
    NoStore,
}

/// Why a fetched repository was not read.
#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error("the repository cannot be read")]
    Tree(#[from] TreeError),
    #[error("reading the repository crashed")]
    Crashed(#[from] JoinError),
    #[error("reading the repository took too long")]
    TooSlow,
}

/// Set when it is dropped.
#[derive(Default)]
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

impl Unread {
    fn failure(&self) -> Failure {
        match self {
            Self::Tree(error) => Failure::tree(error),
            Self::Crashed(_) => Failure::internal(),
            Self::TooSlow => Failure::too_large("The repository takes too long to read"),
        }
    }
}

impl End {
    /// A failure; its cause is logged here.
    pub(super) fn failed(failure: Failure, cause: &(dyn Error + 'static)) -> Self {
        tracing::warn!(error = cause, code = failure.code, "an analysis cannot go on");
        Self::Failed { failure }
    }
}

impl Pipeline {
    /// Carries the analysis out from the first stage that is missing, and says which it stored.
    pub(super) async fn carry_out(
        self: Arc<Self>,
        id: Arc<str>,
        stored: mpsc::Sender<Stage>,
    ) -> Result<(), End> {
        let begun = {
            let id = Arc::clone(&id);
            self.commit(move |tx| analyses::begin(tx, &id)).await?
        };
        let Some((row, attempts)) = begun else { return Err(End::Gone) };
        if attempts > ATTEMPTS_MAX {
            tracing::error!(analysis = %id, attempts, "an analysis never got further");
            return Err(End::Failed { failure: Failure::internal() });
        }
        let material = Arc::new(self.material(&row).await?);
        for stage in Stage::ALL.into_iter().skip(usize::from(row.completed)) {
            let written = self.write(stage, &material, &id).await?;
            let id = Arc::clone(&id);
            if !self.commit(move |tx| stages::insert(tx, &id, &written)).await? {
                return Err(End::Gone);
            }
            // Its hearer outlives this, and has room for all stages.
            let _heard = stored.send(stage).await;
        }
        Ok(())
    }

    /// The repository as it was read: from what was fetched before a stop, else fetched now.
    async fn material(&self, row: &AnalysisRow) -> Result<Material, End> {
        let place = self.clones.place(&row.id);
        if let Some(commit) = &row.commit {
            match self.read(row, &place, Some(commit.clone())).await {
                Ok(material) => return Ok(material),
                Err(error) => {
                    let error = &error as &dyn Error;
                    tracing::warn!(error, analysis = row.id, "a repository is fetched once more");
                }
            }
        }
        self.clones.remove(&row.id).await;
        self.fetch(row).await?;
        // What was told cites that commit; before, the newest one is as good.
        let commit = row.commit.clone().filter(|_| row.completed > 0);
        let material = self.read(row, &place, commit).await;
        let material = material.map_err(|error| End::failed(error.failure(), &error))?;
        let (id, commit) = (row.id.clone(), material.tree.commit().to_owned());
        self.commit(move |tx| analyses::set_commit(tx, &id, &commit)).await?;
        Ok(material)
    }

    async fn fetch(&self, row: &AnalysisRow) -> Result<(), End> {
        let source = self.sources.check(&row.repository_url);
        let source: Source =
            source.map_err(|refused| End::failed(Failure::not_allowed(&refused), &refused))?;
        let fetched = fetch(&self.sources, &source, &self.clones.place(&row.id)).await;
        fetched.map_err(|error| End::failed(Failure::fetch(&error), &error))
    }

    /// Reads a repository at `commit`, or at its newest.
    async fn read(
        &self,
        row: &AnalysisRow,
        place: &Path,
        commit: Option<String>,
    ) -> Result<Material, Unread> {
        let name = row.name.clone();
        let history_commits = self.sources.history_commits as usize;
        let place: PathBuf = place.to_owned();
        // Dropped with this future, whatever ends it: then the thread stops at the next file.
        let stop = Stop::default();
        let is_stopped = Arc::clone(&stop.0);
        let reading = tokio::task::spawn_blocking(move || -> Result<Material, TreeError> {
            let tree = Tree::open(&place, commit.as_deref())?;
            let options = SurveyOptions { history_commits };
            let facts: Facts = survey_until(&tree, &options, &|| is_stopped.load(Relaxed))?;
            Ok(Material { name, facts, tree })
        });
        let read = timeout(READ_WITHIN, reading).await.map_err(|_| Unread::TooSlow)?;
        Ok(read??)
    }

    /// Has the stage written.
    async fn write(
        &self,
        stage: Stage,
        material: &Arc<Material>,
        id: &str,
    ) -> Result<StageRow, End> {
        let appraiser = &self.appraiser;
        let writing = async {
            match stage {
                Stage::ProjectReview => Text::of(appraiser.review(material).await),
                Stage::IntelligenceReport => Text::of(appraiser.report(material).await),
                Stage::InterviewSimulation => Text::of(appraiser.simulation(material, id).await),
            }
        };
        let Ok(written) = timeout(STAGE_WITHIN, writing).await else {
            tracing::warn!(analysis = id, stage = stage.as_str(), "a stage took too long");
            return Err(End::Failed { failure: Failure::internal() });
        };
        let Text { provider, content, dropped } = written?;
        if dropped > 0 {
            let stage = stage.as_str();
            tracing::info!(analysis = id, stage, provider, dropped, "claims without a citation");
            let dropped = u64::try_from(dropped).unwrap_or(u64::MAX);
            self.counts.dropped_claims.fetch_add(dropped, Relaxed);
        }
        Ok(StageRow { stage, provider: provider.to_owned(), content })
    }
}

/// A stage as text.
struct Text {
    provider: &'static str,
    content: String,
    dropped: usize,
}

impl Text {
    fn of<T: Serialize>(written: Result<Written<T>, AppraisalError>) -> Result<Self, End> {
        let Written { value, provider, dropped } =
            written.map_err(|error| End::failed(Failure::appraisal(&error), &error))?;
        let content = serde_json::to_string(&value)
            .map_err(|error| End::failed(Failure::internal(), &error))?;
        Ok(Self { provider, content, dropped })
    }
}
