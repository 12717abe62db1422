//! The facts of a repository in lines, for a model: the most telling first.
//!
//! **Bounds.** At most [`EACH_MAX`] lines of a kind; the caller cuts the whole.

use repository::{Facts, File, Role};

use super::secrets::without_secrets;

/// Lines of a kind.
const EACH_MAX: usize = 20;

/// The facts in lines, without what looks like keys and logins: versions of dependencies may hold some.
pub(super) fn facts(name: &str, facts: &Facts) -> Vec<String> {
    let mut lines = vec![format!("repository: {name}"), totals(facts)];
    lines.extend(facts.languages.iter().take(8).map(|it| {
        format!(
            "language: {}, {} files, {} lines of code, {} of comments",
            it.name, it.files, it.code, it.comments
        )
    }));
    lines.extend(
        facts
            .entry_points
            .iter()
            .take(EACH_MAX)
            .map(|it| format!("entry point: {} {} at {}:{}", it.kind, it.name, it.path, it.line)),
    );
    lines.extend(
        facts.frameworks.iter().take(EACH_MAX).map(|it| {
            format!("framework: {} ({}) by {}:{}", it.name, it.purpose, it.path, it.line)
        }),
    );
    structure(facts, &mut lines);
    practices(facts, &mut lines);
    history(facts, &mut lines);
    functions(facts, &mut lines);
    lines.extend(findings(facts));
    lines.extend(dependencies(facts));
    without_secrets(lines)
}

/// The files that can be cited, with their lines: what matters most first.
pub(super) fn files(facts: &Facts) -> Vec<String> {
    let is_central = |path: &str| facts.entry_points.iter().any(|it| it.path == path);
    let mut files: Vec<&File> = facts.files.iter().collect();
    files.sort_by_key(|file| {
        let rank = match file.role {
            _ if is_central(&file.path) => 0,
            Role::Source => 1,
            Role::Test | Role::Configuration => 2,
            Role::Documentation | Role::Example => 3,
            Role::Generated | Role::Other => 4,
        };
        (rank, std::cmp::Reverse(file.code), &file.path)
    });
    files.iter().map(|file| format!("{} ({} lines)", file.path, file.lines)).collect()
}

fn totals(facts: &Facts) -> String {
    let code: usize = facts.languages.iter().map(|it| it.code).sum();
    let functions: usize = facts.files.iter().map(|it| it.functions.len()).sum();
    let tests = facts.files.iter().flat_map(|it| &it.functions).filter(|it| it.is_test).count();
    let of = |role: Role| facts.files.iter().filter(|it| it.role == role).count();
    format!(
        "totals: {} files read, {} of source, {} of tests, {code} lines of code, {functions} functions, \
         {tests} of them tests",
        facts.files.len(),
        of(Role::Source),
        of(Role::Test),
    )
}

fn structure(facts: &Facts, lines: &mut Vec<String>) {
    let name = |module: usize| facts.modules.get(module).map_or("?", |it| it.name.as_str());
    let mut modules: Vec<_> = facts.modules.iter().collect();
    modules.sort_by_key(|it| (std::cmp::Reverse(it.code), &it.path));
    lines.extend(modules.into_iter().take(EACH_MAX).map(|it| {
        let layer = it.layer.unwrap_or("no layer");
        format!(
            "module: {} in folder {:?}, {layer}, {} files, {} lines of code",
            it.name, it.path, it.files, it.code
        )
    }));
    let mut links: Vec<_> = facts.links.iter().collect();
    links.sort_by_key(|it| (std::cmp::Reverse(it.count), &it.path, it.line));
    lines.extend(links.into_iter().take(EACH_MAX).map(|it| {
        format!(
            "{} imports {}: {} times, first at {}:{}",
            name(it.from),
            name(it.to),
            it.count,
            it.path,
            it.line
        )
    }));
    lines.extend(facts.cycles.iter().take(5).map(|ring| {
        let names: Vec<&str> = ring.iter().take(10).map(|it| name(*it)).collect();
        format!("cycle of modules: {}", names.join(", "))
    }));
}

fn practices(facts: &Facts, lines: &mut Vec<String>) {
    let practices = &facts.practices;
    let kinds = [
        ("tests", &practices.tests),
        ("continuous integration", &practices.ci),
        ("documentation", &practices.documentation),
        ("containers", &practices.containers),
        ("linters", &practices.linters),
        ("configuration", &practices.configuration),
    ];
    for (kind, paths) in kinds {
        let some: Vec<&str> = paths.iter().take(4).map(String::as_str).collect();
        let some = if some.is_empty() { "none found".to_owned() } else { some.join(", ") };
        lines.push(format!("{kind}: {some}"));
    }
    lines.push(format!("licence: {}", practices.licence.unwrap_or("none recognised")));
}

fn history(facts: &Facts, lines: &mut Vec<String>) {
    let history = &facts.history;
    let cut = if history.is_cut { " (older ones were not read)" } else { "" };
    lines.push(format!(
        "history: commits {}{cut}, authors {}, days {}, active days {}, nearly everything in one commit: {}",
        history.commits,
        history.authors.len(),
        history.days,
        history.active_days,
        history.is_one_big_commit,
    ));
    lines.extend(
        history
            .hot_files
            .iter()
            .take(8)
            .map(|it| format!("changed often: {} in {} commits", it.path, it.commits)),
    );
}

fn functions(facts: &Facts, lines: &mut Vec<String>) {
    let source = facts.files.iter().filter(|file| file.role == Role::Source);
    let mut all: Vec<_> =
        source.flat_map(|file| file.functions.iter().map(move |it| (file, it))).collect();
    all.sort_by_key(|(file, it)| {
        (std::cmp::Reverse((it.branches, it.nesting)), &file.path, it.first_line)
    });
    lines.extend(all.into_iter().filter(|(_, it)| !it.is_test).take(EACH_MAX).map(|(file, it)| {
        format!(
            "function: {} at {}:{}-{}, {} branches, nesting {}",
            it.name, file.path, it.first_line, it.last_line, it.branches, it.nesting
        )
    }));
}

fn findings(facts: &Facts) -> impl Iterator<Item = String> + '_ {
    let all = facts.files.iter().flat_map(|file| file.findings.iter().map(move |it| (file, it)));
    all.take(EACH_MAX)
        .map(|(file, it)| format!("finding: {}:{} {}", file.path, it.line, it.message))
}

fn dependencies(facts: &Facts) -> impl Iterator<Item = String> + '_ {
    let named = |is_for_development: bool| if is_for_development { " for development" } else { "" };
    let all =
        facts.manifests.iter().flat_map(|it| it.dependencies.iter().map(move |one| (it, one)));
    all.take(EACH_MAX).map(move |(manifest, it)| {
        let version = it.version.as_deref().unwrap_or("any version");
        format!(
            "dependency{}: {} {version} at {}:{}",
            named(it.is_for_development),
            it.name,
            manifest.path,
            it.line
        )
    })
}
