//! The applications, and the conversations they share.

use std::sync::Arc;

use axum::Router;
use conversations::Conversations;
use storage::Migration;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::wiring::{Ground, StartError};
use crate::config::Config;

/// Every application, started.
#[derive(Clone)]
pub(crate) struct Applications {
    conversations: Arc<Conversations>,
}

impl Applications {
    /// Starts them. Blocks on the disk.
    ///
    /// # Errors
    /// What they keep cannot be read, or what they are told cannot be done.
    pub(super) fn start(ground: &Ground) -> Result<Self, StartError> {
        let conversations = Conversations::open(ground.store.clone(), Arc::clone(&ground.hub))?;
        Ok(Self { conversations })
    }

    /// Their HTTP routes.
    pub(super) fn routes(&self) -> Router {
        self.conversations.routes()
    }

    /// Starts what they do beside the connections.
    pub(super) fn start_jobs(&self, config: &Config, jobs: &mut JoinSet<()>, work: &Handle) {
        if let Some(kept) = config.storage.retention.messages {
            jobs.spawn_on(Arc::clone(&self.conversations).keep_for(kept), work);
        }
    }
}

/// The tables of all parts, in the order in which they are made.
pub(super) fn migrations() -> Vec<Migration> {
    [access::MIGRATIONS, conversations::MIGRATIONS].concat()
}
