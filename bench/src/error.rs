//! What stops a measurement. Losses are not errors: they are counted and reported.

use std::io;

/// Why a measurement could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The operating system refused something.
    #[error("{doing}")]
    System {
        /// What was being done.
        doing: String,
        /// The refusal.
        #[source]
        source: io::Error,
    },
    /// The server under test did not do its part; the text holds the end of its log.
    #[error("the server {0}")]
    Server(String),
    /// A connection of the load did not come to be, or broke.
    #[error("connection {index}: {what}")]
    Connection {
        /// Which of the load's connections.
        index: usize,
        /// What happened.
        what: String,
    },
    /// An argument is out of bounds, or this machine cannot run it.
    #[error("{0}")]
    Argument(String),
}

/// Names what was being done when the operating system refused.
pub fn system<E: Into<io::Error>>(doing: impl Into<String>) -> impl FnOnce(E) -> BenchError {
    let doing = doing.into();
    move |source| BenchError::System { doing, source: source.into() }
}
