//! `storage.*`: the database, its queues, and how long what is stored is kept.

use std::time::Duration;

use super::network::mask_url;
use super::reader::{Reader, section};
use super::value::Value;

/// Which store holds what must last. There is one: SQLite in `server.data_dir`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageUrl;

impl Value for StorageUrl {
    const FORMAT: &'static str = "`sqlite`";

    fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':').map_or(text, |(scheme, _)| scheme) {
            "sqlite" if text == "sqlite" => Ok(Self),
            "sqlite" => {
                Err("the database lies in server.data_dir: write `sqlite` alone".to_owned())
            }
            _ => Err("not available in this version, which stores in SQLite only: write `sqlite`"
                .to_owned()),
        }
    }

    fn show(&self) -> String {
        "sqlite".to_owned()
    }

    fn mask(text: &str) -> String {
        mask_url(text)
    }
}

section! {
    /// The database, and what waits for it.
    pub struct StorageKeys {
        /// The store: SQLite in `server.data_dir`, the only one in this version.
        url: StorageUrl = "sqlite";
        /// Rows that may wait for the next commit; past that a write is refused as busy.
        queue_rows: usize = "4096", within "1" to "1000000";
        /// Rows of bulk writes that may wait for a commit; past that they are refused as busy.
        bulk_queue_rows: usize = "16384", within "1" to "1000000";
        /// Bytes of the write-ahead log past which bulk writes wait for a checkpoint.
        wal_bytes_max: u64 = "268435456", within "1048576" to "1099511627776";
    }
}

section! {
    /// How long what is stored is kept; off is for good.
    pub struct Retention {
        /// Chat messages of all conversations, and those that wait for somebody who is away.
        messages: Option<Duration> = "0";
        /// Notifications that were acknowledged; others are kept until they are.
        notifications: Option<Duration> = "0";
        /// Edits of documents, and with them the versions before them. The newest text always stays.
        edits: Option<Duration> = "0";
        /// Voice sessions that ended, with who was in them and what was said; their ids are free afterwards.
        transcripts: Option<Duration> = "0";
    }
}

/// The database, and how long what it holds is kept.
#[derive(Clone, Debug)]
pub struct Storage {
    /// The store and its bounds.
    pub keys: StorageKeys,
    /// `storage.retention.*`.
    pub retention: Retention,
}

impl Storage {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let keys = StorageKeys::read(reader, "storage");
        Self { keys, retention: Retention::read(reader, "storage.retention") }
    }
}
