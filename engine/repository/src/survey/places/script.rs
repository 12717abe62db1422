//! JavaScript and TypeScript: specifiers to files.

use super::{Places, join, split};

/// Endings that a specifier may leave out, sources before what was made of them.
const ENDINGS: [&str; 9] = ["ts", "tsx", "mts", "js", "jsx", "mjs", "cjs", "vue", "svelte"];

/// The file that a specifier in the source at `path` names.
pub(super) fn target(places: &Places<'_>, path: &str, name: &str) -> Option<String> {
    let name = name.split(['?', '#']).next().unwrap_or_default();
    if name.starts_with("./") || name.starts_with("../") || name == "." || name == ".." {
        return file(places, &normal(&join(split(path).0, name))?);
    }
    let own = places.package_of("npm", path).map_or("", |package| &*package.folder);
    if let Some(rest) = name.strip_prefix("@/").or_else(|| name.strip_prefix("~/")) {
        let source = file(places, &join(own, &format!("src/{rest}")));
        return source.or_else(|| file(places, &join(own, rest)));
    }
    of_workspace(places, name).or_else(|| {
        // A `baseUrl` makes names start at the package or its sources.
        let is_inner = name.contains('/') && !name.starts_with('@');
        let bases = [join(own, name), join(own, &format!("src/{name}"))];
        is_inner.then(|| bases.iter().find_map(|place| file(places, place))).flatten()
    })
}

/// A package of the repository itself, or something below it.
fn of_workspace(places: &Places<'_>, name: &str) -> Option<String> {
    let packages = places.packages.iter().filter(|package| package.manifest.kind == "npm");
    let named = packages.filter_map(|package| {
        let rest =
            name.strip_prefix(package.manifest.name.as_deref().filter(|own| !own.is_empty())?)?;
        (rest.is_empty() || rest.starts_with('/'))
            .then_some((package, rest.trim_start_matches('/')))
    });
    let (package, rest) = named.max_by_key(|(package, _)| package.folder.len())?;
    let rest = if rest.is_empty() { "index" } else { rest };
    let sources = [format!("src/{rest}"), rest.to_owned(), format!("lib/{rest}")];
    sources.iter().find_map(|place| file(places, &join(&package.folder, place)))
}

/// The file at a place whose ending may be missing, or be that of what is made of it.
pub(super) fn file(places: &Places<'_>, place: &str) -> Option<String> {
    if places.has(place) {
        return Some(place.to_owned());
    }
    let (stem, ending) = place.rsplit_once('.').unwrap_or((place, ""));
    let is_made = matches!(ending, "js" | "jsx" | "mjs" | "cjs");
    let stems = [Some(place), is_made.then_some(stem)];
    stems.into_iter().flatten().find_map(|stem| {
        let direct = ENDINGS.iter().map(|ending| format!("{stem}.{ending}"));
        let inside = ENDINGS.iter().map(|ending| join(stem, &format!("index.{ending}")));
        direct.chain(inside).find(|path| places.has(path))
    })
}

/// A path without `.` and `..`; `None` if it leaves the repository.
fn normal(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
