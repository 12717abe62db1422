//! Keys that operators may already use and whose features this version does not have.
//!
//! **Invariants.** A key that asks for another place to keep or carry data stops the start: running
//! without it would look like working.

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
