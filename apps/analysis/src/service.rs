//! The application as the server sees it: started once, asked for a connection's session, drained.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use access::{Leases, Tokens};
use appraisal::Appraiser;
use hub::Hub;
use model::Identity;
use repository::Sources;
use storage::Store;
use storage::rusqlite::{Connection, Result};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::interview::{Interviews, Turns};
use crate::pipeline::{self, Pipeline, PipelineStats};
use crate::session::Visit;
use crate::store::analyses::{self, AnalysisRow};

/// The application's name, in limits and in the list of connections.
pub(crate) const APPLICATION: &str = "analysis";

/// What the application needs.
pub struct Parts {
    /// The store, opened with this crate's [`crate::MIGRATIONS`].
    pub store: Store,
    /// The hub.
    pub hub: Arc<Hub>,
    /// Who verifies the tokens that come by message.
    pub tokens: Arc<Tokens>,
    /// Who counts the connections that authenticate by message.
    pub leases: Arc<Leases>,
    /// Who writes the stages and evaluates answers.
    pub appraiser: Arc<Appraiser>,
    /// Where repositories may come from.
    pub sources: Sources,
    /// The folder for what was fetched; nothing else may stand in it.
    pub data_dir: PathBuf,
    /// What connections are held to.
    pub limits: Limits,
    /// Analyses that one person may ask for in any 24 hours; `None` is off.
    pub per_user_per_day: Option<NonZeroU32>,
    /// Analyses that are carried out at once; at least one is.
    pub workers: usize,
    /// Where analyses are carried out and answers evaluated.
    pub runtime: Handle,
}

/// Answers that are evaluated and stored at once; past that an answer is refused as busy.
const SUBMISSIONS_MAX: u32 = 10_000;

/// What connections are held to; `None` is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Messages of one connection in any minute.
    pub messages_per_minute: Option<NonZeroU32>,
    /// Connections one person may have; asked here of those that authenticate by message.
    pub max_connections_per_user: Option<NonZeroU32>,
}

/// All analyses of this server, and the interviews about them.
pub struct Analyses {
    pub(crate) store: Store,
    pub(crate) hub: Arc<Hub>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) leases: Arc<Leases>,
    pub(crate) appraiser: Arc<Appraiser>,
    pub(crate) limits: Limits,
    pub(crate) runtime: Handle,
    pub(crate) interviews: Interviews,
    /// Whose answer is being evaluated.
    pub(crate) turns: Arc<Turns>,
    /// A permit for each answer that is being evaluated and stored; a stop waits for all of them.
    pub(crate) submissions: Arc<Semaphore>,
    pub(crate) per_user_per_day: Option<NonZeroU32>,
    pub(crate) pipeline: Arc<Pipeline>,
}

impl Analyses {
    /// Starts the application: analyses that are not over go on with the stage they were in, and
    /// interviews may go on. Blocks on one read.
    #[must_use]
    pub fn start(parts: Parts) -> Arc<Self> {
        let Parts { store, hub, tokens, leases, appraiser, sources, limits, runtime, .. } = parts;
        let pipeline = Pipeline::start(pipeline::Parts {
            store: store.clone(),
            hub: Arc::clone(&hub),
            appraiser: Arc::clone(&appraiser),
            sources,
            data_dir: parts.data_dir,
            workers: parts.workers,
            runtime: runtime.clone(),
        });
        let analyses = Arc::new(Self {
            store,
            hub,
            tokens,
            leases,
            appraiser,
            limits,
            runtime,
            interviews: Interviews::default(),
            turns: Arc::default(),
            submissions: Arc::new(Semaphore::new(SUBMISSIONS_MAX as usize)),
            per_user_per_day: parts.per_user_per_day,
            pipeline,
        });
        analyses.watch_interviews();
        analyses
    }

    /// The session of a new connection. Without an identity its first message must bring a token.
    #[must_use]
    pub fn session(self: &Arc<Self>, identity: Option<Arc<Identity>>) -> Box<dyn hub::Session> {
        Box::new(Visit::new(Arc::clone(self), identity))
    }

    /// No further analysis begins; running ones get `within`, then are stopped: the next start goes
    /// on with the stage they were in. Answers that are being evaluated get as long; one that is not
    /// stored by then has to be given again.
    pub async fn drain(&self, within: Duration) {
        let all = self.submissions.acquire_many(SUBMISSIONS_MAX);
        let answered = tokio::time::timeout(within, all);
        let (_permits, ()) = tokio::join!(answered, self.pipeline.drain(within));
        self.settle_interviews().await;
    }

    /// What became of analyses since the start, and what waits.
    #[must_use]
    pub fn stats(&self) -> PipelineStats {
        self.pipeline.stats()
    }
}

/// The analysis, if it is `user`'s. To others it does not exist.
pub(crate) fn owned(db: &Connection, id: &str, user: &str) -> Result<Option<AnalysisRow>> {
    Ok(analyses::find(db, id)?.filter(|row| row.owner_id == user))
}
