//! Keys that operators may already use and whose features this version does not have.
//!
//! **Invariants.** A key that asks for another place to keep or carry data stops the start: running
//! without it would look like working. The others are checked and warned of, so that one
//! configuration can serve this version and the next.

use super::layers::Source;
use super::network::mask_url;
use super::reader::{Reader, section};
use super::secret::Secret;
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

section! {
    /// The management API that speaks like API Gateway's. This version has none: a value set here is
    /// warned of, and has no effect.
    pub struct Management {
        /// The access key id that requests are signed with.
        access_key_id: Option<String> = "";
        /// The secret access key that requests are signed with.
        secret_access_key: Option<Secret> = "";
    }
}

/// The sections whose keys are accepted and have no effect.
const WITHOUT_EFFECT: [&str; 2] = ["management.", "ai.speech."];

/// What this version knows of and does not have.
#[derive(Clone, Debug)]
pub struct Later {
    /// `management.*`; without effect.
    pub management: Management,
    /// `cluster.*`; empty.
    pub cluster: Cluster,
}

impl Later {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            management: Management::read(reader, "management"),
            cluster: Cluster::read(reader, "cluster"),
        }
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
