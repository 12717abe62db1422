//! Manifests of packages: what they are called, what they need, where their code begins.
//!
//! **Invariants.** A manifest that cannot be read still counts, without dependencies. Manifests of
//! tests and examples are not looked at: they say nothing about the program. No name and no version
//! carries the user or the password of an address.
//!
//! **Bounds.** [`MANIFESTS_MAX`] manifests with [`DEPENDENCIES_MAX`] dependencies and [`TARGETS_MAX`]
//! targets each; longer names and versions than [`NAME_CHARS_MAX`] are cut.

mod cargo;
mod go;
mod jvm;
mod lines;
mod npm;
mod python;
mod spans;

use std::borrow::Cow;

use crate::{Dependency, Manifest};

/// Manifests that are read.
pub(super) const MANIFESTS_MAX: usize = 200;
/// Dependencies told of one manifest.
const DEPENDENCIES_MAX: usize = 500;
/// Places told of one manifest where its code begins.
const TARGETS_MAX: usize = 50;
/// Characters of a name and of a version.
const NAME_CHARS_MAX: usize = 120;

/// A manifest, and what resolving imports and finding entry points needs of it.
pub(super) struct Package {
    pub(super) manifest: Manifest,
    /// The folder it stands in; empty for the root.
    pub(super) folder: String,
    /// Where its code begins.
    pub(super) targets: Vec<Target>,
}

/// A place where a package's code begins, as the manifest says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// `library`, `binary` or `command`.
    pub(super) kind: &'static str,
    /// What it is called.
    pub(super) name: String,
    /// A path in the package's folder, or for Python a module's name.
    pub(super) place: String,
    /// The function there, where one is named.
    pub(super) function: Option<String>,
    /// The line of the manifest.
    pub(super) line: usize,
}

/// What one reader found.
#[derive(Default)]
struct Found {
    name: Option<String>,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

impl Found {
    /// Whether no further dependency is told.
    fn is_full(&self) -> bool {
        self.dependencies.len() >= DEPENDENCIES_MAX
    }

    fn need(&mut self, name: &str, version: Option<&str>, line: usize, is_for_development: bool) {
        if self.is_full() {
            return;
        }
        let name = cut(name);
        if name.is_empty() || self.dependencies.iter().any(|known| known.name == name) {
            return;
        }
        let version = version.map(cut).filter(|version| !version.is_empty());
        self.dependencies.push(Dependency { name, version, line, is_for_development });
    }

    fn target(&mut self, target: Target) {
        if self.targets.len() < TARGETS_MAX {
            self.targets.push(target);
        }
    }
}

type Reader = fn(&str) -> Found;

/// The reader of a manifest's name, and whose manifest it is.
fn reader(name: &str, text: &str) -> Option<(&'static str, Reader)> {
    Some(match name {
        "Cargo.toml" => ("Cargo", cargo::read),
        "package.json" => ("npm", npm::read),
        "pyproject.toml" if text.contains("[tool.poetry") => ("Poetry", python::pyproject),
        "pyproject.toml" => ("pip", python::pyproject),
        "Pipfile" => ("pip", python::pipfile),
        "setup.cfg" => ("pip", python::setup_cfg),
        "setup.py" => ("pip", python::setup_py),
        "pom.xml" => ("Maven", jvm::pom),
        "build.gradle" | "build.gradle.kts" => ("Gradle", jvm::gradle),
        "libs.versions.toml" => ("Gradle", jvm::catalogue),
        "go.mod" => ("Go", go::read),
        _ if name.starts_with("requirements") && name.ends_with(".txt") => {
            ("pip", python::requirements)
        }
        _ => return None,
    })
}

/// The manifest at `path`, if it is one.
pub(super) fn package(path: &str, text: &str) -> Option<Package> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    // A folder `requirements` holds lists of what each job needs.
    let is_list = folder.ends_with("requirements") && name.ends_with(".txt");
    let (kind, read) =
        if is_list { ("pip", python::requirements as Reader) } else { reader(name, text)? };
    let mut found = read(text);
    let is_for_development = ["dev", "test", "tests", "doc", "docs", "build", "typing", "lint"];
    if kind == "pip" && name.ends_with(".txt") {
        let stem = name.trim_end_matches(".txt").trim_start_matches("requirements");
        let stem = stem.trim_start_matches(['-', '_', '.']);
        let is_so = is_for_development.contains(&stem);
        found.dependencies.iter_mut().for_each(|one| one.is_for_development |= is_so);
    }
    let Found { name, mut dependencies, targets } = found;
    dependencies.sort_by_key(|dependency| dependency.line);
    let name = name.filter(|name| !name.is_empty()).map(|name| cut(&name));
    let manifest = Manifest { path: path.to_owned(), kind, name, dependencies };
    Some(Package { manifest, folder: folder.to_owned(), targets })
}

fn cut(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    without_user(&clean).trim().chars().take(NAME_CHARS_MAX).collect()
}

/// A text without the users and passwords of the addresses in it: `scheme://user:password@host`.
fn without_user(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split("://");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (authority, rest) = part.split_at(part.find(['/', '?', '#']).unwrap_or(part.len()));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        kept.extend(["://", host, rest]);
    }
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests;
