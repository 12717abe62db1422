//! Protocol C's HTTP.

mod analytics;
mod contexts;
pub(crate) mod documents;

use std::sync::Arc;

use axum::Router;

use crate::service::Learning;

impl Learning {
    /// The routes of the application.
    pub fn routes(self: &Arc<Self>) -> Router {
        contexts::routes(self)
            .merge(analytics::routes(self))
            .merge(documents::routes(&self.documents))
    }
}
