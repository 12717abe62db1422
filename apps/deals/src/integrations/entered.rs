//! A connection that a handler let in and that may never open.

use std::fmt;
use std::sync::Arc;

use model::CloseReason;

use super::{Integrations, Opening};

/// What `$connect` let in. Until it opened, nobody would tell `$disconnect` of its end: dropped, this
/// does, as of a connection that was lost.
pub struct Entered {
    integrations: Arc<Integrations>,
    /// Who is to be told of; nobody once it opened.
    opening: Option<Arc<Opening>>,
}

impl Entered {
    pub(super) fn new(integrations: Arc<Integrations>, opening: Arc<Opening>) -> Self {
        Self { integrations, opening: Some(opening) }
    }

    /// The connection opened: its end is told by [`Integrations::disconnect`].
    pub fn opened(mut self) {
        self.opening = None;
    }
}

impl fmt::Debug for Entered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entered").field(&self.opening).finish()
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if let Some(opening) = self.opening.take() {
            self.integrations.disconnect(&opening, &CloseReason::LOST);
        }
    }
}
