//! The configuration: defaults, then `quintet.toml`, then the environment, then flags.
//!
//! Each key is defined once, in the file of its section; [`Config::load`] reads them all and knows
//! of each value where it comes from. What is wrong is told all at once ([`ConfigError`]).
//!
//! **Invariants.** Environment and configuration files are read here and nowhere else. A value that
//! a `Config` shows ([`Config::in_force`], its `Debug`) carries no secret.

mod access;
mod ai;
mod analysis;
mod auth;
mod check;
mod deals;
mod delivery;
mod duration;
mod fault;
mod file;
mod later;
mod layers;
mod learning;
mod limits;
mod log;
mod management;
mod network;
mod reader;
mod reference;
mod secret;
mod server;
mod storage;
mod value;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use access::Access;
pub use ai::{Ai, Speech, SpeechProvider, Text, TextProvider};
pub use analysis::Analysis;
pub use auth::Auth;
pub use deals::{Deals, Rooms, Route, Routes, Stage};
pub use delivery::{Compression, Delivery};
pub use fault::{ConfigError, Fault};
pub use later::{Cluster, Later};
pub use layers::{Flag, Inputs, Source};
pub use learning::{Learning, Metrics};
pub use limits::{Application, ApplicationLimits, HttpLimits, Limits};
pub use log::{Log, LogFilter, LogFormat};
pub use management::{AccessKeyId, Management};
pub use network::{Host, HttpUrl, Origin};
pub use reader::{Definition, Entry, SectionAbout};
pub use secret::{Secret, SecretError, load_or_create};
pub use server::Server;
pub use storage::{Retention, Storage, StorageKeys, StorageUrl};

use layers::Layers;
use reader::Reader;

/// Everything the server can be told, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// `server.*`.
    pub server: Server,
    /// `auth.*`.
    pub auth: Auth,
    /// `access.*`.
    pub access: Access,
    /// `limits.*`.
    pub limits: Limits,
    /// `storage.*`.
    pub storage: Storage,
    /// `ai.*`.
    pub ai: Ai,
    /// `analysis.*`.
    pub analysis: Analysis,
    /// `deals.*`.
    pub deals: Deals,
    /// `learning.*`.
    pub learning: Learning,
    /// `management.*`.
    pub management: Management,
    /// `compression.*`.
    pub compression: Compression,
    /// `delivery.*`.
    pub delivery: Delivery,
    /// `log.*`.
    pub log: Log,
    /// Keys of what this version does not have.
    pub later: Later,
    /// The file that was read, if one was.
    pub file: Option<PathBuf>,
    /// Every key with its value as it may be shown, in the order of the reference page.
    pub in_force: Vec<Entry>,
    /// What is allowed and unwise; to be logged at the start.
    pub warnings: Vec<String>,
}

impl Config {
    /// Reads all layers. Blocks on the disk.
    ///
    /// # Errors
    /// Everything that is wrong: a file that cannot be read, wrong values, unknown keys, keys that
    /// need each other.
    pub fn load(inputs: &Inputs) -> Result<Self, ConfigError> {
        let mut faults = Vec::new();
        let layers = Layers::gather(inputs, &mut faults);
        let mut reader = Reader::new(&layers, faults);
        let mut config = Self::read(&mut reader);
        config.check(&mut reader);
        reader.refuse_unknown();
        if !reader.faults.is_empty() {
            return Err(ConfigError { faults: reader.faults });
        }
        config.file.clone_from(&layers.path);
        config.in_force = reader.entries;
        Ok(config)
    }

    /// The defaults, with nothing read from anywhere.
    #[must_use]
    pub fn defaults() -> Self {
        Self::load(&Inputs::default()).expect("the defaults are valid")
    }

    /// The secret of HS256 tokens: the configured one, else the one kept in `server.data_dir`, which
    /// is made when there is none. Blocks on the disk.
    ///
    /// # Errors
    /// [`SecretError`] when the kept one cannot be read or made.
    pub fn jwt_secret(&self) -> Result<Secret, SecretError> {
        match &self.auth.jwt_secret {
            Some(secret) => Ok(secret.clone()),
            None => load_or_create(&self.server.data_dir),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            server: Server::read(reader, "server"),
            auth: Auth::read(reader, "auth"),
            access: Access::read(reader, "access"),
            limits: Limits::read(reader),
            storage: Storage::read(reader),
            ai: Ai {
                text: Text::read(reader, "ai.text"),
                speech: Speech::read(reader, "ai.speech"),
            },
            analysis: Analysis::read(reader, "analysis"),
            deals: Deals::read(reader, "deals"),
            learning: Learning::read(reader, "learning"),
            management: Management::read(reader, "management"),
            compression: Compression::read(reader, "compression"),
            delivery: Delivery::read(reader, "delivery"),
            log: Log::read(reader, "log"),
            later: Later::read(reader),
            file: None,
            in_force: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn check(&mut self, reader: &mut Reader<'_>) {
        check::server(&self.server, reader);
        check::auth(&self.auth, reader, &mut self.warnings);
        check::analysis(&self.analysis, reader);
        deals::check(&self.deals, reader, &mut self.warnings);
        management::check(&self.management, reader, &mut self.warnings);
        check::text(&self.ai.text, reader, &mut self.warnings);
        check::speech(&self.ai.speech, reader, &mut self.warnings);
    }
}
