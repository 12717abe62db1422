//! Keys that operators may already use and whose features this version does not have.
//!
//! **Invariants.** A key that asks for another place to keep or carry data stops the start: running
//! without it would look like working. The others are checked and warned of, so that one
//! configuration can serve this version and the next.

use super::layers::Source;
use super::network::mask_url;
use super::reader::{Reader, section};
use super::value::Value;

/// The address of a message bus; none can be used in this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusUrl;

impl Value for Option<BusUrl> {
    const FORMAT: &'static str = "must be empty";

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "" => Ok(None),
            _ => {
                Err("not available in this version, which runs as a single node: remove it"
                    .to_owned())
            }
        }
    }

    fn show(&self) -> String {
        super::value::NONE.to_owned()
    }

    fn mask(text: &str) -> String {
        mask_url(text)
    }
}

section! {
    /// Several nodes as one. This version runs as a single node: a value set here stops the start.
    pub struct Cluster {
        /// The message bus (NATS) that joins the nodes.
        nats_url: Option<BusUrl> = "";
    }
}

/// The sections whose keys are accepted and have no effect.
const WITHOUT_EFFECT: [&str; 1] = ["ai.speech."];

/// What this version knows of and does not have.
#[derive(Clone, Debug)]
pub struct Later {
    /// `cluster.*`; empty.
    pub cluster: Cluster,
}

impl Later {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self { cluster: Cluster::read(reader, "cluster") }
    }
}

/// A warning for each key that was set and has no effect.
pub(super) fn warn(reader: &Reader<'_>, warnings: &mut Vec<String>) {
    let set = reader.entries.iter().filter(|entry| entry.source != Source::Default);
    let idle = set.filter(|entry| {
        WITHOUT_EFFECT.iter().any(|section| entry.definition.key.starts_with(section))
    });
    warnings.extend(idle.map(|entry| {
        format!("{} ({}) has no effect in this version", entry.definition.key, entry.source)
    }));
}
