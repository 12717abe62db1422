//! `log.*`: what is logged, and how it looks.

use tracing_subscriber::EnvFilter;

use super::reader::section;
use super::value::{Value, choice};

choice! {
    /// How a log line looks.
    pub enum LogFormat {
        /// For people.
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
}

/// Which log lines are written, as directives of `tracing`, such as `info,security=debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// The directives.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for LogFilter {
    const FORMAT: &'static str = "level, or comma-separated target=level";

    fn parse(text: &str) -> Result<Self, String> {
        match EnvFilter::builder().parse(text) {
            Ok(_) if !text.is_empty() => Ok(Self(text.to_owned())),
            _ => Err("not a level (error, warn, info, debug, trace, off) nor a list of \
                      target=level"
                .to_owned()),
        }
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

section! {
    /// What is logged (on standard error), and how it looks.
    pub struct Log {
        /// `text` for people, `json` for machines.
        format: LogFormat = "text";
        /// Which lines are written.
        filter: LogFilter = "info";
    }
}
