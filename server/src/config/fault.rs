//! What is wrong with a configuration, told all at once.

use std::fmt;

use super::layers::Source;

/// One thing that is wrong: the key, its value, where it was written, and why it cannot be.
#[derive(Clone, Debug)]
pub struct Fault {
    key: String,
    value: Option<String>,
    source: Option<Source>,
    why: String,
}

impl Fault {
    /// `key` cannot be as it is because of `why`.
    pub(super) fn new(key: &str, why: &str) -> Self {
        Self { key: key.to_owned(), value: None, source: None, why: why.to_owned() }
    }

    /// Adds the value; it must be masked already.
    pub(super) fn value(mut self, shown: String) -> Self {
        self.value = Some(shown);
        self
    }

    /// Adds where it was written.
    pub(super) fn from(mut self, source: Source) -> Self {
        self.source = Some(source);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        if let Some(value) = &self.value {
            write!(f, " = {value:?}")?;
        }
        if let Some(source) = &self.source {
            write!(f, " ({source})")?;
        }
        write!(f, ": {}", self.why)
    }
}

/// Everything that is wrong with a configuration; never empty.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError {
    /// In the order of the keys on the reference page, unknown ones last.
    pub faults: Vec<Fault>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.faults.len() {
            1 => f.write_str("the configuration has an error:")?,
            count => write!(f, "the configuration has {count} errors:")?,
        }
        self.faults.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}
