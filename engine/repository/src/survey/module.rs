//! Folders of source as modules: their layers, their imports of each other, and rings among these.
//!
//! **Invariants.** A module's name is its own. A folder of Rust's `x/` and the file `x.rs` beside it are one
//! module. What a module only hands on from the folders below it (`pub use`, `export … from`) is no link.
//!
//! **Bounds.** [`MODULES_MAX`] modules, those past them left out; [`LINKS_MAX`] links; a ring for each
//! group of modules that reach each other, the shortest that is found.

mod layer;
mod ring;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::places::{is_in, join, split};
use crate::{File, Link, Module, Role};

pub(super) use layer::layers;
pub(super) use ring::rings;

/// Modules that are told.
const MODULES_MAX: usize = 2000;
/// Links that are told.
const LINKS_MAX: usize = 20_000;

/// Gives each source its module, and tells the modules by path.
pub(super) fn modules(files: &mut [File]) -> Vec<Module> {
    let sources = || files.iter().filter(|file| file.role == Role::Source && file.code > 0);
    let folders: BTreeSet<String> = sources().map(|file| split(&file.path).0.to_owned()).collect();
    let place = |path: &str| {
        let (folder, name) = split(path);
        let beside = name.strip_suffix(".rs").map(|stem| join(folder, stem));
        beside.filter(|beside| folders.contains(beside)).unwrap_or_else(|| folder.to_owned())
    };
    let mut modules: BTreeMap<String, Module> = BTreeMap::new();
    for file in sources() {
        let path = place(&file.path);
        let module = modules.entry(path).or_default();
        module.files += 1;
        module.code += file.code;
    }
    let mut modules: Vec<Module> = modules
        .into_iter()
        .take(MODULES_MAX)
        .map(|(path, module)| Module { path, ..module })
        .collect();
    let index_of: HashMap<String, usize> =
        modules.iter().enumerate().map(|(index, module)| (module.path.clone(), index)).collect();
    let own: Vec<Option<usize>> = files
        .iter()
        .map(|file| {
            let is_source = file.role == Role::Source && file.code > 0;
            is_source.then(|| index_of.get(&place(&file.path)).copied()).flatten()
        })
        .collect();
    for (file, module) in files.iter_mut().zip(own) {
        file.module = module;
    }
    name(&mut modules);
    modules
}

/// Gives each module the shortest end of its path that no other one has.
fn name(modules: &mut [Module]) {
    let end = |path: &str, parts: usize| {
        let all: Vec<&str> = path.split('/').collect();
        all[all.len().saturating_sub(parts)..].join("/")
    };
    let mut counts: HashMap<String, usize> = HashMap::new();
    for module in modules.iter() {
        for parts in 1..=module.path.split('/').count() {
            *counts.entry(end(&module.path, parts)).or_default() += 1;
        }
    }
    for module in modules {
        let depth = module.path.split('/').count();
        let shortest = (1..=depth).map(|parts| end(&module.path, parts));
        let name = shortest.into_iter().find(|name| counts.get(name) == Some(&1));
        module.name = match &*module.path {
            "" => "(root)".to_owned(),
            path => name.unwrap_or_else(|| path.to_owned()),
        };
    }
}

/// Which module imports which. `handed_on` holds, for each file, the lines on which it only hands on.
pub(super) fn links(files: &[File], handed_on: &[Vec<usize>]) -> Vec<Link> {
    let module_of: HashMap<&str, usize> =
        files.iter().filter_map(|file| Some((&*file.path, file.module?))).collect();
    let mut links: BTreeMap<(usize, usize), Link> = BTreeMap::new();
    for (file, handed_on) in files.iter().zip(handed_on) {
        let Some(from) = file.module else { continue };
        for import in &file.imports {
            let Some(target) = &import.target else { continue };
            let Some(&to) = module_of.get(&**target) else { continue };
            let is_face = handed_on.contains(&import.line) && is_in(target, split(&file.path).0);
            if from == to
                || is_face
                || (links.len() >= LINKS_MAX && !links.contains_key(&(from, to)))
            {
                continue;
            }
            let (path, line) = (&file.path, import.line);
            let link = links.entry((from, to)).or_insert_with(|| Link {
                from,
                to,
                count: 0,
                path: path.clone(),
                line,
            });
            link.count += 1;
        }
    }
    links.into_values().collect()
}

#[cfg(test)]
mod tests;
