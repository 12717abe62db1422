//! Where values come from: file, environment and flags, each as text with its place.
//!
//! **Invariants.** Nothing is interpreted here; whether a key exists is known once all sections have
//! asked for theirs. An environment variable that is set to nothing counts as not set, so that
//! `JWT_SECRET=${JWT_SECRET}` in a compose file does no harm.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use super::fault::Fault;
use super::file;

/// What the environment variables of this product start with.
pub(super) const PREFIX: &str = "QUINTET_";

/// The file that is taken when none is named and it is there.
pub(super) const FILE_NAME: &str = "quintet.toml";

/// What the process was started with.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// The file named by `--config`; without one, [`Inputs::folder`]'s `quintet.toml` if it exists.
    pub file: Option<PathBuf>,
    /// The folder to look in for `quintet.toml`; without one, no file is looked for.
    pub folder: Option<PathBuf>,
    /// The environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Values that flags gave.
    pub flags: Vec<Flag>,
}

impl Inputs {
    /// What this process was started with: its environment, its working directory, and `--config`.
    #[must_use]
    pub fn of_process(file: Option<PathBuf>, flags: Vec<Flag>) -> Self {
        let environment = std::env::vars_os().collect();
        Self { file, folder: Some(PathBuf::from(".")), environment, flags }
    }
}

/// A value given on the command line.
#[derive(Clone, Debug)]
pub struct Flag {
    /// The flag, such as `--listen`.
    pub name: &'static str,
    /// The key it sets, such as `server.listen`.
    pub key: &'static str,
    /// What was written behind it.
    pub text: String,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody set it.
    Default,
    /// A line of a file, counted from 1.
    File {
        /// The file as it was named.
        path: PathBuf,
        /// The line.
        line: usize,
    },
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// A value as it was written.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) text: String,
    pub(super) source: Source,
}

/// Everything that was written, by layer.
#[derive(Debug, Default)]
pub(super) struct Layers {
    /// The file that was read.
    pub(super) path: Option<PathBuf>,
    /// By key.
    pub(super) file: BTreeMap<String, Setting>,
    /// By the name of the variable.
    pub(super) environment: BTreeMap<String, String>,
    /// By key.
    pub(super) flags: BTreeMap<&'static str, Setting>,
}

impl Layers {
    /// Reads all layers; what cannot be read is told in `faults`. Blocks on the disk.
    pub(super) fn gather(inputs: &Inputs, faults: &mut Vec<Fault>) -> Self {
        let path = inputs.file.clone().or_else(|| lying_in(inputs.folder.as_deref()?));
        let file = path.as_deref().map(|path| file::read(path, faults)).unwrap_or_default();
        let environment = read_environment(&inputs.environment, faults);
        let flags = inputs.flags.iter().map(|flag| {
            let source = Source::Flag(flag.name);
            (flag.key, Setting { text: flag.text.clone(), source })
        });
        Self { path, file, environment, flags: flags.collect() }
    }

    /// The strongest setting of a key.
    pub(super) fn find(&self, key: &str, alias: Option<&str>) -> Option<Setting> {
        let variable = variable_of(key);
        let from_environment = |name: &str| {
            let (name, text) = self.environment.get_key_value(name)?;
            Some(Setting { text: text.clone(), source: Source::Environment(name.clone()) })
        };
        (self.flags.get(key).cloned())
            .or_else(|| from_environment(alias?))
            .or_else(|| from_environment(&variable))
            .or_else(|| self.file.get(key).cloned())
    }
}

/// The environment variable that sets `key`: `server.listen` is `QUINTET_SERVER__LISTEN`.
#[must_use]
pub fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

/// The file that is taken when none is named.
fn lying_in(folder: &Path) -> Option<PathBuf> {
    let path =
        if folder == Path::new(".") { PathBuf::from(FILE_NAME) } else { folder.join(FILE_NAME) };
    path.exists().then_some(path)
}

fn read_environment(
    variables: &[(OsString, OsString)],
    faults: &mut Vec<Fault>,
) -> BTreeMap<String, String> {
    let mut read = BTreeMap::new();
    for (name, text) in variables {
        let Some(name) = name.to_str() else { continue };
        match text.to_str() {
            Some("") => {}
            Some(text) => drop(read.insert(name.to_owned(), text.to_owned())),
            None if name.starts_with(PREFIX) => {
                let source = Source::Environment(name.to_owned());
                faults.push(Fault::new(name, "its value is not UTF-8").from(source));
            }
            None => {}
        }
    }
    read
}
