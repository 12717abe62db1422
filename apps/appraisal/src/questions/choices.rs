//! Questions about choices: what was taken from others, what is tested, what changes, what was left.

use code::Severity;
use repository::{Dependency, File, Manifest, Role};

use crate::{Category, Difficulty};

use super::body::is_telling;
use super::candidate::{Candidate, Kind};
use super::functions::small;
use super::phrase::{code, counted, listed};
use super::reading::{At, Reading};

/// Names in a sentence.
const NAMES_MAX: usize = 4;
/// Dependencies, findings and files that are looked at.
const LOOKED_AT_MAX: usize = 24;
/// Bytes of a line that says more than what is found there.
const LINE_BYTES_MIN: usize = 24;
/// How much there is to ask about tests, beside dependencies and findings.
const TESTS_INTEREST: f64 = 5.0;
/// Lines of code from which on a file's division is worth a question.
const LONG_FILE: usize = 250;

pub(super) fn candidates(reading: &Reading<'_>) -> Vec<Candidate> {
    dependencies(reading)
        .into_iter()
        .chain(findings(reading))
        .chain(hot_files(reading))
        .chain(divisions(reading))
        .chain(tests(reading))
        .filter_map(Candidate::checked)
        .collect()
}

fn dependencies(reading: &Reading<'_>) -> Vec<Candidate> {
    let facts = reading.facts;
    let all = facts.manifests.iter().flat_map(|manifest| {
        manifest.dependencies.iter().map(move |dependency| (manifest, dependency))
    });
    let needed = all.filter(|(_, dependency)| !dependency.is_for_development).take(LOOKED_AT_MAX);
    needed
        .filter_map(|(manifest, dependency)| self::dependency(reading, manifest, dependency))
        .collect()
}

fn dependency(
    reading: &Reading<'_>,
    manifest: &Manifest,
    dependency: &Dependency,
) -> Option<Candidate> {
    let name = code(&dependency.name);
    let place = format!("{}, line {}", code(&manifest.path), dependency.line);
    let wordings = [
        format!(
            "Why does this project depend on {name} ({place})? What would you weigh before replacing it or writing it yourself?"
        ),
        format!(
            "Imagine {name} ({place}) were no longer maintained. How much of this project would feel it, and what would you do?"
        ),
    ];
    let (users, taken) = uses_of(reading, dependency);
    let stems: Vec<&str> = users
        .iter()
        .take(NAMES_MAX)
        .map(|(path, _)| path.rsplit('/').next().unwrap_or(path))
        .collect();
    let framework = reading
        .facts
        .frameworks
        .iter()
        .find(|it| it.path == manifest.path && it.line == dependency.line);
    let mut points = Vec::new();
    points.extend(framework.map(|it| format!("It is here as {} ({}).", it.purpose, it.name)));
    points.push(match users.len() {
        0 => "No source imports it by name: it is reached through something else, is optional, or could go.".to_owned(),
        1 => format!("Only {} imports it, so replacing it touches one file.", listed(&stems)),
        some => format!("{some} files import it, among them {}, so replacing it touches all of them.", listed(&stems)),
    });
    points.extend(
        (!taken.is_empty()).then(|| format!("What is taken from it is {}.", listed(&taken))),
    );
    points.push(version(manifest, dependency));
    points.push("It saves writing, testing and maintaining that code here; in exchange its releases, its faults and its own dependencies come along.".to_owned());
    points.push("A thin wrapper of one's own around it, or the standard library, would keep the rest of the code from knowing it.".to_owned());
    let first = users.first().map(|(path, line)| format!("{path}:{line}"));
    let references = std::iter::once(format!("{}:{}", manifest.path, dependency.line)).chain(first);
    let is_told =
        4.0 * small(usize::from(framework.is_some())) + 3.0 * small(usize::from(!taken.is_empty()));
    Some(Candidate {
        kind: Kind::Dependency,
        subject: format!("dependency {}", dependency.name),
        category: Category::Tradeoffs,
        difficulty: if users.len() > 5 { Difficulty::Senior } else { Difficulty::MidLevel },
        wordings,
        references: references.collect(),
        key_points: points,
        interest: is_told + small(users.len().min(8)),
    })
}

fn version(manifest: &Manifest, dependency: &Dependency) -> String {
    match dependency.version.as_deref().map(str::trim).filter(|version| !version.is_empty()) {
        None => "No version is asked for, so a new release may change what is built without a commit here.".to_owned(),
        Some(version) if manifest.kind == "Go" => {
            format!("The version asked for is at least {}; a newer one comes only by a commit here.", code(version))
        }
        Some(version) if version.starts_with("==") || version.starts_with('=') => {
            format!("The version is pinned to {}: builds repeat, but fixes come only by hand.", code(version))
        }
        Some(version) => format!("The version asked for is {}; within that range updates come by themselves.", code(version)),
    }
}

/// The files that import a dependency, each with the first line, and what they take from it.
fn uses_of<'f>(
    reading: &Reading<'f>,
    dependency: &Dependency,
) -> (Vec<(&'f str, usize)>, Vec<String>) {
    let mut users: Vec<(&str, usize)> = Vec::new();
    let mut taken: Vec<String> = Vec::new();
    let root = import_root(&dependency.name);
    for file in reading.sources() {
        for import in file.imports.iter().filter(|import| import.target.is_none()) {
            let Some(rest) = below(&import.name, &root) else { continue };
            if users.last().is_none_or(|(path, _)| *path != file.path) {
                users.push((&file.path, import.line));
            }
            let last = text::words(rest).map(|word| word.text).last().unwrap_or_default();
            if is_telling(last) && !taken.iter().any(|name| name == last) {
                taken.push(last.to_owned());
            }
        }
    }
    taken.truncate(NAMES_MAX);
    (users, taken)
}

/// What imports of a package begin with: lower case, `_` for `-`, the group of `group:artifact`.
fn import_root(name: &str) -> String {
    let name = name.split_once(':').map_or(name, |(group, _)| group);
    name.to_lowercase().replace('-', "_")
}

/// What an import takes below a package; `None` for another package's.
fn below<'i>(import: &'i str, root: &str) -> Option<&'i str> {
    let bare = import.trim_start_matches("::");
    let comparable = bare.to_lowercase().replace('-', "_");
    let is_below = comparable.strip_prefix(root)?;
    let starts_new_part =
        is_below.is_empty() || is_below.starts_with(['.', ':', '/', ' ', ';', '{']);
    // Lower case may have another length; then nothing more is said of it.
    starts_new_part.then(|| bare.get(root.len()..).unwrap_or_default())
}

fn findings(reading: &Reading<'_>) -> Vec<Candidate> {
    let all =
        reading.sources().flat_map(|file| file.findings.iter().map(move |found| (file, found)));
    let mut grave: Vec<_> = all.filter(|(_, found)| found.severity != Severity::Low).collect();
    grave.sort_by(|a, b| {
        (a.1.severity, &a.0.path, a.1.line).cmp(&(b.1.severity, &b.0.path, b.1.line))
    });
    let mut rules: Vec<&str> = Vec::new();
    grave.retain(|(_, found)| {
        !rules.contains(&found.rule) && {
            rules.push(found.rule);
            true
        }
    });
    grave
        .into_iter()
        .take(LOOKED_AT_MAX)
        .filter_map(|(file, found)| finding(reading, file, found))
        .collect()
}

fn finding(reading: &Reading<'_>, file: &File, found: &code::Finding) -> Option<Candidate> {
    let place = format!("{}, line {}", code(&file.path), found.line);
    let message = found.message.trim_end_matches('.');
    let wordings = [
        format!(
            "A reviewer says of {place}: \"{message}.\" Is that a problem here, and what would you change?"
        ),
        format!("Defend or correct this place ({place}): \"{message}.\""),
    ];
    let around = reading.function_at(&file.path, found.line);
    let mut points = vec![found.why.to_string(), found.better.to_string()];
    points.extend(around.map(|function| {
        format!(
            "The place is in {}, so it matters to everybody who calls that.",
            code(&function.name)
        )
    }));
    let line = reading
        .lines(&file.path, found.line, found.line)
        .and_then(|lines| lines.into_iter().next());
    points.extend(
        line.filter(|line| line.trim().len() > LINE_BYTES_MIN)
            .map(|line| format!("The line in question is {}.", code(line.trim()))),
    );
    points.push("A test that goes through this place should come first, so that the change can be seen to be safe.".to_owned());
    Some(Candidate {
        kind: Kind::Finding,
        subject: format!("{}#{}", file.path, around.map_or("", |function| function.name.as_str())),
        category: Category::Tradeoffs,
        difficulty: if found.severity == Severity::High {
            Difficulty::MidLevel
        } else {
            Difficulty::Junior
        },
        wordings,
        references: vec![format!("{}:{}", file.path, found.line)],
        key_points: points,
        interest: if found.severity == Severity::High { 12.0 } else { 6.0 },
    })
}

fn hot_files(reading: &Reading<'_>) -> Vec<Candidate> {
    let history = &reading.facts.history;
    let often = history
        .hot_files
        .iter()
        .filter(|hot| hot.commits >= 3 && hot.commits * 10 >= history.commits);
    let sources = often.filter_map(|hot| Some((reading.file(&hot.path)?, hot.commits)));
    let sources = sources.filter(|(file, _)| file.role == Role::Source);
    sources.take(3).filter_map(|(file, commits)| hot_file(reading, file, commits)).collect()
}

fn hot_file(reading: &Reading<'_>, file: &File, commits: usize) -> Option<Candidate> {
    let path = code(&file.path);
    let total = reading.facts.history.commits;
    let wordings = [
        format!(
            "{path} was changed in {commits} of the last {total} commits. What keeps changing it, and what happens to it when the project grows?"
        ),
        format!(
            "Nearly every change of this project meets {path} ({commits} of {total} commits). How would you let people change things without meeting there?"
        ),
    ];
    let mut points = division_points(reading, file);
    points.push("When many people work on it, the same file in every change means conflicts, and reviews that must know all of it.".to_owned());
    Some(Candidate {
        kind: Kind::HotFile,
        subject: file.path.clone(),
        category: Category::Scalability,
        difficulty: Difficulty::Senior,
        wordings,
        references: vec![file.path.clone()],
        key_points: points,
        interest: 10.0 * small(commits) / small(total.max(1)),
    })
}

fn divisions(reading: &Reading<'_>) -> Vec<Candidate> {
    let mut files: Vec<&File> = reading.sources().filter(|file| file.code >= LONG_FILE).collect();
    files.sort_by(|a, b| b.code.cmp(&a.code).then_with(|| a.path.cmp(&b.path)));
    files.into_iter().take(4).filter_map(|file| division(reading, file)).collect()
}

fn division(reading: &Reading<'_>, file: &File) -> Option<Candidate> {
    let path = code(&file.path);
    let functions = file.functions.iter().filter(|it| !it.is_test).count();
    let wordings = [
        format!(
            "{path} has {} lines of code and {functions} functions. If it doubles, how would you divide it, and along which lines?",
            file.code
        ),
        format!(
            "Three people are to work on {path} at the same time ({} lines of code). What gets in their way, and how would you cut it?",
            file.code
        ),
    ];
    Some(Candidate {
        kind: Kind::Division,
        subject: file.path.clone(),
        category: Category::Scalability,
        difficulty: Difficulty::MidLevel,
        wordings,
        references: vec![file.path.clone()],
        key_points: division_points(reading, file),
        interest: small(file.code.min(4000)) / 400.0,
    })
}

/// What speaks for and against dividing a file.
fn division_points(reading: &Reading<'_>, file: &File) -> Vec<String> {
    let mut types: Vec<&code::TypeFact> =
        file.types.iter().filter(|it| is_telling(&it.name)).collect();
    types.sort_by(|a, b| {
        (b.last_line - b.first_line)
            .cmp(&(a.last_line - a.first_line))
            .then(a.first_line.cmp(&b.first_line))
    });
    let types: Vec<&str> = types.iter().map(|it| it.name.as_str()).take(NAMES_MAX).collect();
    let mut functions: Vec<&code::Function> =
        file.functions.iter().filter(|it| !it.is_test && is_telling(&it.name)).collect();
    functions.sort_by(|a, b| b.branches.cmp(&a.branches).then(a.first_line.cmp(&b.first_line)));
    let functions: Vec<&str> =
        functions.iter().map(|it| it.name.as_str()).take(NAMES_MAX).collect();
    let users = reading.sources().filter(|other| {
        other.path != file.path
            && other.imports.iter().any(|import| import.target.as_deref() == Some(&*file.path))
    });
    let users = users.count();
    let mut points = Vec::new();
    points.extend((types.len() > 1).then(|| {
        format!(
            "It gathers several concerns: {} could each have a file of their own.",
            listed(&types)
        )
    }));
    points.extend(
        (!functions.is_empty())
            .then(|| format!("Most of its decisions lie in {}.", listed(&functions))),
    );
    points.extend((users > 0).then(|| format!("{} {} it, so what they import has to stay where they find it, or be exported again from there.", counted(users, "other file", "other files"), if users == 1 { "imports" } else { "import" })));
    points.push(
        "What changes together belongs together: the commits of the past tell where to cut."
            .to_owned(),
    );
    points.push("Dividing costs too: more files to know, and private details that become visible between them.".to_owned());
    points
}

fn tests(reading: &Reading<'_>) -> Option<Candidate> {
    let practices = &reading.facts.practices;
    let mut weightiest: Vec<At<'_>> =
        reading.functions().filter(|at| is_telling(&at.function.name)).collect();
    weightiest.sort_by(|a, b| {
        let by_branches = b.function.branches.cmp(&a.function.branches);
        by_branches.then_with(|| a.reference().cmp(&b.reference()))
    });
    let names: Vec<&str> = weightiest.iter().map(|at| at.function.name.as_str()).take(3).collect();
    let mut points = Vec::new();
    points.extend((!names.is_empty()).then(|| {
        format!("The functions with the most branches need tests most: {}.", listed(&names))
    }));
    points.push(match practices.ci.first() {
        Some(ci) => format!(
            "{} sets up continuous integration, so what it tests cannot break unseen.",
            code(ci)
        ),
        None => {
            "No continuous integration runs the tests, so they help only whoever remembers them."
                .to_owned()
        }
    });
    points.push("Tests cost time to write and to keep: test what would hurt, at the boundary that changes least, not every line.".to_owned());
    let with_own = reading.sources().find(|file| file.functions.iter().any(|it| it.is_test));
    let own = with_own.map(|file| file.path.as_str());
    let tested = practices.tests.first().map(String::as_str).or(own);
    let (subject, wordings, reference) = match tested {
        Some(path) => {
            points.extend(tested_points(reading, path));
            (path, tested_wordings(path, practices.tests.len()), path.to_owned())
        }
        None => {
            let at = weightiest.first()?;
            points.push(
                "Without tests every change has to be tried by hand, or is not tried at all."
                    .to_owned(),
            );
            (at.file.path.as_str(), untested_wordings(&at.file.path), at.reference())
        }
    };
    Some(Candidate {
        kind: Kind::Tests,
        subject: format!("tests {subject}"),
        category: Category::Tradeoffs,
        difficulty: Difficulty::Junior,
        wordings,
        references: vec![reference],
        key_points: points,
        interest: TESTS_INTEREST,
    })
}

fn tested_points(reading: &Reading<'_>, path: &str) -> Vec<String> {
    let names = tested_names(reading, path);
    let checks = (!names.is_empty()).then(|| format!("{} checks {}.", code(path), listed(&names)));
    let rare =
        "What runs only in rare cases, errors above all, is the part that tests miss most easily.";
    checks.into_iter().chain([rare.to_owned()]).collect()
}

fn tested_wordings(path: &str, count: usize) -> [String; 2] {
    let place = code(path);
    let more = if count > 1 { " and the files like it" } else { "" };
    [
        format!(
            "The tests of this project are in {place}{more}. What do they protect, what do they leave open, and where is the next test worth most?"
        ),
        format!(
            "How far do you trust the tests in {place}{more} when you change the code below them?"
        ),
    ]
}

fn untested_wordings(path: &str) -> [String; 2] {
    let place = code(path);
    [
        format!(
            "There are no tests here. Would you start with {place}, which test would you write first, and which would you not write at all?"
        ),
        format!(
            "What would it have cost to test {place} from the start, and what does it cost now not to have done so?"
        ),
    ]
}

/// What a test file checks, by the names of its tests.
fn tested_names(reading: &Reading<'_>, path: &str) -> Vec<String> {
    let functions = reading.file(path).map(|file| file.functions.as_slice()).unwrap_or_default();
    let named =
        functions.iter().filter(|it| it.is_test || it.name.to_lowercase().starts_with("test"));
    named.map(|it| it.name.clone()).filter(|name| is_telling(name)).take(NAMES_MAX).collect()
}
