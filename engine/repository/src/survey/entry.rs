//! Where execution begins: what manifests name, what the sources' own marks say, and for a library its
//! face.
//!
//! **Bounds.** [`ENTRY_POINTS_MAX`] entry points; [`MARKS_MAX`] marks of one source.

use std::collections::HashMap;

use super::framework::{is_for, known};
use super::manifest::{Package, Target};
use super::places::{is_in, join, split};
use crate::{EntryPoint, File, Role};

/// Entry points that are told.
const ENTRY_POINTS_MAX: usize = 30;
/// Marks of one source that are kept.
const MARKS_MAX: usize = 3;
/// Kinds, the most likely beginning first.
const KINDS: [&str; 6] = ["server", "binary", "command", "page", "library", "script"];

/// A line of a source that says that execution begins there.
pub(super) struct Mark {
    line: usize,
    kind: &'static str,
    name: &'static str,
}

/// Texts that mark a beginning, by ending of the file's name: the text, the kind, what it is called.
const MARKS: &[(&[&str], &str, &str, &str)] = &[
    (&["py"], "if __name__ ==", "script", "__main__"),
    (&["py"], "= FastAPI(", "server", "FastAPI application"),
    (&["py"], "= Flask(", "server", "Flask application"),
    (&["py"], "get_wsgi_application()", "server", "WSGI application"),
    (&["py"], "get_asgi_application()", "server", "ASGI application"),
    (&["py"], "execute_from_command_line(", "command", "management commands"),
    (&["js", "ts", "mjs", "cjs", "jsx", "tsx"], ".listen(", "server", "listen"),
    (&["js", "ts", "jsx", "tsx"], "createRoot(", "page", "createRoot"),
    (&["js", "ts", "jsx", "tsx"], "ReactDOM.render(", "page", "render"),
    (&["js", "ts", "mjs"], "createApp(", "page", "createApp"),
    (&["ts"], "bootstrapApplication(", "page", "bootstrapApplication"),
    (&["ts"], "NestFactory.create(", "server", "NestFactory.create"),
    (&["java", "kt"], "@SpringBootApplication", "server", "Spring Boot application"),
    (&["go"], "package main", "binary", "main"),
];

/// The marks of a source.
pub(super) fn marks(path: &str, text: &str) -> Vec<Mark> {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let wanted: Vec<_> =
        MARKS.iter().filter(|(endings, ..)| endings.contains(&extension)).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<Mark> = Vec::new();
    let mut is_in_text = false;
    for (index, line) in text.lines().enumerate() {
        // Documentation in Python shows how an application begins; it does not begin one.
        let quotes = if extension == "py" { quotes(line) } else { 0 };
        is_in_text ^= quotes % 2 == 1;
        if is_in_text || quotes > 0 {
            continue;
        }
        let code = line.trim_start();
        if code.starts_with(['#', '*']) || code.starts_with("//") || line.len() > 400 {
            continue;
        }
        let mark = wanted.iter().find(|(_, text, ..)| begins(code, text));
        if let Some((_, _, kind, name)) = mark
            && found.len() < MARKS_MAX
        {
            found.push(Mark { line: index + 1, kind, name });
        }
    }
    found
}

/// Triple quotes in a line.
fn quotes(line: &str) -> usize {
    line.matches("\"\"\"").count() + line.matches("'''").count()
}

/// Whether a line has a mark: at its start where the mark is a statement, with an argument that is no
/// event's where it is `.listen(`.
fn begins(code: &str, mark: &str) -> bool {
    match mark {
        "if __name__ ==" | "package main" | "@SpringBootApplication" => code.starts_with(mark),
        ".listen(" => {
            let owner = code.split(".listen(").next().filter(|_| code.contains(mark));
            owner.is_some_and(|owner| {
                ["app", "server", "fastify", "http"].iter().any(|one| owner.ends_with(one))
            })
        }
        _ => code.contains(mark),
    }
}

/// Where execution begins, the most likely first.
pub(super) fn entry_points(
    files: &[File],
    marks: &[Vec<Mark>],
    packages: &[Package],
) -> Vec<EntryPoint> {
    let by_path: HashMap<&str, &File> = files.iter().map(|file| (&*file.path, file)).collect();
    let mut found = Vec::new();
    for package in packages {
        named_by(package, &by_path, &mut found);
    }
    for (file, marks) in files.iter().zip(marks).filter(|(file, _)| file.role == Role::Source) {
        marked(file, marks, packages, &mut found);
    }
    if found.iter().all(|point| point.kind == "script") {
        found.extend(face(files, packages, &by_path));
    }
    let rank = |point: &EntryPoint| {
        let kind = KINDS.iter().position(|kind| *kind == point.kind);
        (kind, point.path.matches('/').count())
    };
    found.sort_by(|one, other| {
        rank(one)
            .cmp(&rank(other))
            .then_with(|| (&one.path, one.line).cmp(&(&other.path, other.line)))
    });
    let mut told: Vec<EntryPoint> = Vec::new();
    for point in found {
        let is_known =
            told.iter().any(|known| known.path == point.path && known.line == point.line);
        if !is_known && told.len() < ENTRY_POINTS_MAX {
            told.push(point);
        }
    }
    told
}

/// What a manifest names.
fn named_by(package: &Package, by_path: &HashMap<&str, &File>, found: &mut Vec<EntryPoint>) {
    let mut has_library = false;
    for target in &package.targets {
        let Some(file) = target_file(package, target, by_path) else { continue };
        if target.kind == "library" && std::mem::replace(&mut has_library, true) {
            continue;
        }
        let kind = match target.kind {
            "binary" => program(package),
            kind => kind,
        };
        let function = target.function.as_deref().filter(|name| line_of(file, name).is_some());
        let line = function.and_then(|name| line_of(file, name)).unwrap_or(1);
        let name = function.unwrap_or(&target.name).to_owned();
        found.push(EntryPoint { path: file.path.clone(), line, kind, name });
    }
    if package.manifest.kind == "Cargo" {
        let folder = join(&package.folder, "src/bin");
        let programs = by_path.values().filter(|file| split(&file.path).0 == folder);
        found.extend(programs.filter_map(|file| {
            let line = line_of(file, "main")?;
            let (path, name) = (file.path.clone(), "main".to_owned());
            Some(EntryPoint { path, line, kind: program(package), name })
        }));
    }
}

/// What a program of a package is, by what the package needs.
fn program(package: &Package) -> &'static str {
    match (is_for(package, "web server"), is_for(package, "command line")) {
        (true, _) => "server",
        (_, true) => "command",
        _ => "binary",
    }
}

/// The source that a target of a manifest stands for.
fn target_file<'a>(
    package: &Package,
    target: &Target,
    by_path: &HashMap<&str, &'a File>,
) -> Option<&'a File> {
    let get = |path: String| by_path.get(&*path).copied().filter(|file| file.role == Role::Source);
    match package.manifest.kind {
        "Cargo" => get(join(&package.folder, &target.place)),
        "npm" => {
            let place = target.place.trim_start_matches("./");
            let stem = place.rsplit_once('.').map_or(place, |(stem, _)| stem);
            // What was built lies elsewhere than what it was built of.
            let (_, inner) = stem.split_once('/').unwrap_or(("", stem));
            let name = split(stem).1;
            let stems = [
                stem.to_owned(),
                format!("src/{stem}"),
                format!("src/{inner}"),
                format!("src/{name}"),
                name.to_owned(),
                "src/index".to_owned(),
            ];
            let direct = get(join(&package.folder, place));
            direct.or_else(|| {
                let endings = ["ts", "tsx", "mts", "js", "jsx", "mjs", "cjs"];
                let mut paths =
                    stems.iter().flat_map(|stem| endings.map(|ending| format!("{stem}.{ending}")));
                paths.find_map(|path| get(join(&package.folder, &path)))
            })
        }
        _ => {
            let place = target.place.replace('.', "/");
            let places = [
                format!("{place}.py"),
                format!("src/{place}.py"),
                format!("{place}/__init__.py"),
                format!("src/{place}/__init__.py"),
            ];
            places.into_iter().find_map(|path| get(join(&package.folder, &path)))
        }
    }
}

/// What the sources themselves say.
fn marked(file: &File, marks: &[Mark], packages: &[Package], found: &mut Vec<EntryPoint>) {
    let path = || file.path.clone();
    let name = split(&file.path).1;
    for mark in marks {
        let point = match (mark.name, line_of(file, "main")) {
            // Only a package `main` with a function `main` of Go's is a program.
            ("main", None) => continue,
            ("main", Some(line)) => {
                let kind = go_program(file, packages);
                EntryPoint { path: path(), line, kind, name: "main".to_owned() }
            }
            _ => EntryPoint {
                path: path(),
                line: mark.line,
                kind: mark.kind,
                name: mark.name.to_owned(),
            },
        };
        found.push(point);
    }
    if name == "__main__.py" {
        found.push(EntryPoint {
            path: path(),
            line: 1,
            kind: "command",
            name: split(split(&file.path).0).1.to_owned(),
        });
    }
    if name == "index.html" {
        found.push(EntryPoint { path: path(), line: 1, kind: "page", name: name.to_owned() });
    }
    if name.ends_with(".java") && marks.is_empty() {
        let main =
            file.functions.iter().find(|one| one.name == "main" && one.parameters.len() == 1);
        if let Some(main) = main {
            found.push(EntryPoint {
                path: path(),
                line: main.first_line,
                kind: "binary",
                name: "main".to_owned(),
            });
        }
    }
}

fn go_program(file: &File, packages: &[Package]) -> &'static str {
    let is_known_for = |wanted: &str| {
        file.imports.iter().any(|import| {
            known("Go", &import.name).is_some_and(|(_, _, purpose)| *purpose == wanted)
        })
    };
    let package = packages.iter().filter(|package| package.manifest.kind == "Go");
    let around = package
        .filter(|package| is_in(&file.path, &package.folder))
        .max_by_key(|package| package.folder.len());
    if is_known_for("web server") || file.imports.iter().any(|import| import.name == "net/http") {
        return "server";
    }
    if is_known_for("command line") {
        return "command";
    }
    around.map_or("binary", program)
}

/// The face of a library that no manifest names: Python's outermost package, the file that is called like
/// Go's module, else the source that others import most.
fn face(
    files: &[File],
    packages: &[Package],
    by_path: &HashMap<&str, &File>,
) -> Option<EntryPoint> {
    let library = |file: &File, name: &str| EntryPoint {
        path: file.path.clone(),
        line: first_line(file),
        kind: "library",
        name: name.to_owned(),
    };
    let sources = || files.iter().filter(|file| file.role == Role::Source);
    for package in packages.iter().filter(|package| package.manifest.kind == "Go") {
        let name = package.manifest.name.as_deref().unwrap_or_default();
        let stem = split(name).1;
        let own = [format!("{stem}.go"), "doc.go".to_owned()];
        let own = own.iter().find_map(|name| by_path.get(&*join(&package.folder, name)));
        if let Some(file) = own {
            return Some(library(file, name));
        }
    }
    let mut packages_of_python: Vec<&File> =
        sources().filter(|file| split(&file.path).1 == "__init__.py").collect();
    packages_of_python.sort_by_key(|file| (file.path.matches('/').count(), &file.path));
    if let Some(file) = packages_of_python.first() {
        return Some(library(file, split(split(&file.path).0).1));
    }
    let mut imported: HashMap<&str, usize> = HashMap::new();
    for target in
        files.iter().flat_map(|file| &file.imports).filter_map(|import| import.target.as_deref())
    {
        *imported.entry(target).or_default() += 1;
    }
    let weight = |file: &File| (imported.get(&*file.path).copied().unwrap_or(0), file.code);
    let most = sources().filter(|file| file.code > 0).max_by(|one, other| {
        weight(one).cmp(&weight(other)).then_with(|| other.path.cmp(&one.path))
    })?;
    let stem = split(&most.path).1.split('.').next().unwrap_or_default();
    Some(library(most, stem))
}

/// Where the first type or function begins, else the first line.
fn first_line(file: &File) -> usize {
    let types = file.types.iter().map(|one| one.first_line);
    types.chain(file.functions.iter().map(|one| one.first_line)).min().unwrap_or(1)
}

fn line_of(file: &File, function: &str) -> Option<usize> {
    file.functions.iter().find(|one| one.name == function).map(|one| one.first_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_seen_where_they_begin_something_and_not_in_comments() {
        let table = [
            ("a.py", "if __name__ == \"__main__\":\n    run()\n", Some((1, "script"))),
            ("a.py", "\napp = FastAPI(title='x')\n", Some((2, "server"))),
            ("a.py", "# app = FastAPI()\n", None),
            ("a.py", "\"\"\"Use it so:\n\n    app = Flask(x)\n\"\"\"\n", None),
            ("a.ts", "app.listen(3000);\n", Some((1, "server"))),
            ("a.ts", "emitter.listen('x');\n", None),
            ("a.go", "// x\npackage main\n", Some((2, "binary"))),
            ("a.rs", "package main\n", None),
        ];
        for (path, text, expected) in table {
            let found = marks(path, text);
            assert_eq!(
                found.first().map(|mark| (mark.line, mark.kind)),
                expected,
                "{path}: {text}"
            );
        }
    }
}
