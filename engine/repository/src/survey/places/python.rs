//! Python: names of modules to files.

use std::collections::{BTreeSet, HashSet};

use super::{Places, join, split, told};
use crate::{File, Import, Role};

/// Folders from which absolute names start: the root, `src`, and wherever a package lies that is not in
/// another.
pub(super) fn roots<'a>(files: &'a [File], paths: &HashSet<&str>) -> Vec<&'a str> {
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
    roots.into_iter().collect()
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
    let roots = places.python_roots.iter().copied().chain([own]);
    roots.map(|root| join(root, &relative)).find_map(|place| file(places, &place))
}

fn file(places: &Places<'_>, place: &str) -> Option<String> {
    places.first([format!("{place}.py"), join(place, "__init__.py"), format!("{place}.pyi")])
}
