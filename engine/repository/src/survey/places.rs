//! Which file of the repository an import names.
//!
//! **Invariants.** A target is a file that was read. What cannot be told is no target: aliases of bundlers
//! beyond `@/`, paths that programs make up, what macros expand to.

mod java;
mod python;
mod rust;
mod script;

use std::collections::{BTreeMap, HashMap, HashSet};

use super::manifest::Package;
use crate::{File, Import, Role};

/// Everything that imports may name.
pub(super) struct Places<'a> {
    paths: HashSet<&'a str>,
    packages: &'a [Package],
    /// Source files of each folder, by path.
    sources: BTreeMap<&'a str, Vec<&'a str>>,
    /// Java's types and packages.
    types: java::Types<'a>,
    /// Python's modules by their absolute names.
    modules: python::Modules<'a>,
    /// Rust's libraries by the name they are used by: the folder of their package and their root.
    crates: HashMap<&'a str, (&'a str, String)>,
}

impl<'a> Places<'a> {
    pub(super) fn new(files: &'a [File], packages: &'a [Package]) -> Self {
        let paths: HashSet<&str> = files.iter().map(|file| &*file.path).collect();
        let mut sources: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for file in files.iter().filter(|file| file.role == Role::Source) {
            sources.entry(split(&file.path).0).or_default().push(&file.path);
        }
        let known = files.iter().filter(|file| file.role != Role::Other);
        let types = java::Types::new(known.map(|file| &*file.path), &sources);
        let modules = python::Modules::new(files, &python::roots(files, &paths));
        let crates = rust::crates(packages, &paths);
        Self { paths, packages, sources, types, modules, crates }
    }

    /// The imports of the file at `path`, with what they name.
    pub(super) fn resolve(&self, path: &str, imports: &[code::Import]) -> Vec<Import> {
        let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
        let Some(language) = code::Language::from_tag(extension) else { return Vec::new() };
        let mut resolved = Vec::new();
        for import in imports {
            if language == code::Language::Python {
                python::resolve(self, path, import, &mut resolved);
                continue;
            }
            let target = match language {
                code::Language::Rust => rust::target(self, path, &import.name),
                code::Language::Java => self.types.target(&import.name),
                code::Language::Go => self.go(&import.name),
                _ => script::target(self, path, &import.name),
            };
            resolved.push(told(path, import.line, import.name.clone(), target));
        }
        resolved
    }

    fn has(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// The first of these paths that is a file.
    fn first<const N: usize>(&self, candidates: [String; N]) -> Option<String> {
        candidates.into_iter().find(|path| self.has(path))
    }

    /// Go: the file of the package's folder that is called like it, else the first.
    fn go(&self, name: &str) -> Option<String> {
        let modules = self.packages.iter().filter(|package| package.manifest.kind == "Go");
        let below = modules.filter_map(|package| {
            let rest = name.strip_prefix(package.manifest.name.as_deref()?)?;
            let rest = if rest.is_empty() { rest } else { rest.strip_prefix('/')? };
            Some(join(&package.folder, rest))
        });
        let mut found = below.filter_map(|folder| {
            let files = self.sources.get(&*folder)?;
            let own = format!("{}/{}.go", folder, split(&folder).1);
            let named = files.iter().find(|path| **path == own);
            named
                .or_else(|| files.iter().find(|path| path.ends_with(".go")))
                .map(|path| (*path).to_owned())
        });
        found.next()
    }

    /// The package of a kind in whose folder a path lies, the innermost.
    fn package_of(&self, kind: &str, path: &str) -> Option<&'a Package> {
        let of_kind = self.packages.iter().filter(|package| package.manifest.kind == kind);
        let around = of_kind.filter(|package| is_in(path, &package.folder));
        around.max_by_key(|package| package.folder.len())
    }
}

/// An import; a file does not import itself.
fn told(path: &str, line: usize, name: String, target: Option<String>) -> Import {
    Import { line, name, target: target.filter(|target| target != path) }
}

/// Folder and name of a path.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// A path below a folder; the root's is empty.
pub(super) fn join(folder: &str, rest: &str) -> String {
    match (folder.is_empty(), rest.is_empty()) {
        (true, _) => rest.to_owned(),
        (_, true) => folder.to_owned(),
        _ => format!("{folder}/{rest}"),
    }
}

/// Whether a path lies in a folder.
pub(super) fn is_in(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests;
