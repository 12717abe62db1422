//! Python: names of modules to files.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Places, join, split, told};
use crate::{File, Import, Role};

/// Folders from which absolute names start: the root, `src`, and wherever a package lies that is not in
/// another.
pub(super) fn roots<'a>(files: &'a [File], paths: &HashSet<&str>) -> BTreeSet<&'a str> {
    let mut roots = BTreeSet::from(["", "src"]);
    for file in files.iter().filter(|file| file.role == Role::Source) {
        let (folder, name) = split(&file.path);
        if name != "__init__.py" || folder.is_empty() {
            continue;
        }
        let (above, _) = split(folder);
        if !paths.contains(&*join(above, "__init__.py")) {
            roots.insert(above);
        }
    }
    roots
}

/// Roots above one file from which it is named, the outermost first.
const ROOTS_ABOVE_MAX: usize = 8;

/// Files by their paths below a root, each with the first root that has it and its whole path.
pub(super) struct Modules<'a>(HashMap<&'a str, (&'a str, &'a str)>);

impl<'a> Modules<'a> {
    pub(super) fn new(files: &'a [File], roots: &BTreeSet<&str>) -> Self {
        let mut modules: HashMap<&str, (&str, &str)> = HashMap::new();
        let paths = files.iter().map(|file| &*file.path);
        for path in paths.filter(|path| path.ends_with(".py") || path.ends_with(".pyi")) {
            let below = path.match_indices('/').map(|(at, _)| (&path[..at], &path[at + 1..]));
            let below = [("", path)].into_iter().chain(below);
            let named = below.filter(|(root, _)| roots.contains(root));
            for (root, name) in named.take(ROOTS_ABOVE_MAX) {
                let known = modules.entry(name).or_insert((root, path));
                *known = (*known).min((root, path));
            }
        }
        Self(modules)
    }

    /// The file of the first root that has one at a place.
    fn file(&self, place: &str) -> Option<String> {
        let files = candidates(place);
        let known = files.iter().filter_map(|name| self.0.get(&**name));
        known.min_by_key(|(root, _)| *root).map(|(_, path)| (*path).to_owned())
    }
}

/// Adds what one import names: a module, or each member that is a module itself.
pub(super) fn resolve(
    places: &Places<'_>,
    path: &str,
    import: &code::Import,
    resolved: &mut Vec<Import>,
) {
    let before = resolved.len();
    for member in &import.members {
        let dot = if import.name.ends_with('.') { "" } else { "." };
        let name = format!("{}{dot}{member}", import.name);
        if let Some(target) = target(places, path, &name) {
            resolved.push(told(path, import.line, name, Some(target)));
        }
    }
    // What else is taken comes out of the package itself.
    if resolved.len() - before < import.members.len().max(1) {
        let target = target(places, path, &import.name);
        resolved.push(told(path, import.line, import.name.clone(), target));
    }
}

fn target(places: &Places<'_>, path: &str, name: &str) -> Option<String> {
    let (own, _) = split(path);
    let absolute = name.trim_start_matches('.');
    let relative = absolute.replace('.', "/");
    let dots = name.len() - absolute.len();
    if dots > 0 {
        let folder = (1..dots).fold(own, |folder, _| split(folder).0);
        return file(places, &join(folder, &relative));
    }
    places.modules.file(&relative).or_else(|| file(places, &join(own, &relative)))
}

fn file(places: &Places<'_>, place: &str) -> Option<String> {
    places.first(candidates(place))
}

/// The files that a module at a place may be, in the order of who wins.
fn candidates(place: &str) -> [String; 3] {
    [format!("{place}.py"), join(place, "__init__.py"), format!("{place}.pyi")]
}
