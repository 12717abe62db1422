//! Rust: paths of modules to files.

use std::collections::{HashMap, HashSet};

use super::super::manifest::Package;
use super::{Places, is_in, join, split};

/// The libraries of packages by the name they are used by.
pub(super) fn crates<'a>(
    packages: &'a [Package],
    paths: &HashSet<&str>,
) -> HashMap<&'a str, (&'a str, String)> {
    let mut crates = HashMap::new();
    for package in packages.iter().filter(|package| package.manifest.kind == "Cargo") {
        let libraries = package.targets.iter().filter(|target| target.kind == "library");
        for library in libraries {
            let root = join(&package.folder, &library.place);
            if paths.contains(&*root) {
                crates.entry(&*library.name).or_insert((&*package.folder, root));
            }
        }
    }
    crates
}

/// The file that a path of the source at `path` leads to.
pub(super) fn target(places: &Places<'_>, path: &str, name: &str) -> Option<String> {
    let mut segments = name.trim_start_matches("::").split("::").peekable();
    let first = segments.next()?;
    let root = root(places, path);
    match first {
        "crate" => {
            let (folder, _) = split(&root);
            below(places, folder, segments).or_else(|| places.has(&root).then(|| root.clone()))
        }
        "self" => below(places, &children(path), segments),
        "super" => {
            let mut folder = split(&children(path)).0.to_owned();
            while segments.next_if_eq(&"super").is_some() {
                folder = split(&folder).0.to_owned();
            }
            below(places, &folder, segments).or_else(|| module(places, &folder, &root))
        }
        _ => {
            let known = places.crates.get(first);
            let inner = known.map(|(_, root)| {
                below(places, split(root).0, segments).unwrap_or_else(|| root.clone())
            });
            inner.or_else(|| below(places, &children(path), name.split("::")))
        }
    }
}

/// The root of the crate that a source belongs to: the library or the program of its package where it
/// lies beside one, else itself.
fn root(places: &Places<'_>, path: &str) -> String {
    let folder = places.package_of("Cargo", path).map_or("", |package| &*package.folder);
    let mut libraries = places.crates.values().filter(|(package, _)| *package == folder);
    if let Some((_, root)) = libraries.next()
        && is_in(path, split(root).0)
    {
        return root.clone();
    }
    let program = join(folder, "src/main.rs");
    if is_in(path, &join(folder, "src")) && places.has(&program) {
        program
    } else {
        path.to_owned()
    }
}

/// The folder in which the modules of a source lie.
fn children(path: &str) -> String {
    let (folder, name) = split(path);
    match name.trim_end_matches(".rs") {
        "mod" | "lib" | "main" => folder.to_owned(),
        stem => join(folder, stem),
    }
}

/// The deepest file that these segments lead to from a folder.
fn below<'s>(
    places: &Places<'_>,
    folder: &str,
    segments: impl Iterator<Item = &'s str>,
) -> Option<String> {
    let mut folder = folder.to_owned();
    let mut found = None;
    for segment in segments {
        folder = join(&folder, segment.trim_start_matches("r#"));
        match places.first([format!("{folder}.rs"), format!("{folder}/mod.rs")]) {
            Some(file) => found = Some(file),
            None => break,
        }
    }
    found
}

/// The file of the module whose children lie in a folder.
fn module(places: &Places<'_>, folder: &str, root: &str) -> Option<String> {
    if split(root).0 == folder {
        return places.has(root).then(|| root.to_owned());
    }
    places.first([format!("{folder}.rs"), format!("{folder}/mod.rs")])
}
