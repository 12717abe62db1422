//! Everything that is measured, in one place for `/metrics`, `/api/stats` and `/readyz`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use analysis::Analyses;
use appraisal::Appraiser;
use deals::Deals;
use hub::Hub;
use intelligence::speech::Speech;
use learning::Learning;
use model::{Clock, Monotonic};
use sessions::Sessions;
use storage::Store;
use transport::Gate;
use voice::Voice;

use super::Readiness;

/// What is measured.
pub struct Sources {
    /// What passed through sockets.
    pub gate: Arc<Gate>,
    /// Rooms and open connections.
    pub hub: Arc<Hub>,
    /// What was stored.
    pub store: Store,
    /// What agents answered.
    pub sessions: Arc<Sessions>,
    /// What became of analyses.
    pub analyses: Arc<Analyses>,
    /// What was written about repositories and answers.
    pub appraiser: Arc<Appraiser>,
    /// The figures and documents of classes.
    pub learning: Arc<Learning>,
    /// What became of deals, mail and calls of handlers.
    pub deals: Arc<Deals>,
    /// What is going on in voice sessions.
    pub voice: Arc<Voice>,
    /// What was heard.
    pub speech: Arc<Speech>,
    /// Whether the server is ready.
    pub readiness: Arc<Readiness>,
    /// When the server started.
    pub started: Monotonic,
}

impl Sources {
    /// How long the server has run, in seconds.
    #[must_use]
    pub fn uptime_secs(&self) -> u64 {
        self.clock().monotonic().since(self.started).as_secs()
    }

    /// Open connections by application.
    #[must_use]
    pub fn connections(&self) -> BTreeMap<&'static str, u64> {
        let counts = RefCell::new(BTreeMap::new());
        // Counted while looking, so that nothing is collected.
        self.hub.connections().select(|connection| {
            *counts.borrow_mut().entry(connection.application).or_default() += 1;
            false
        });
        counts.into_inner()
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        self.hub.clock()
    }
}
