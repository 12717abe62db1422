//! Facts that are drawn at random, and what holds for the facts of any repository.

use appraisal::{Citation, IntelligenceReport, ProjectReview};
use code::{Finding, Function, Severity, TypeFact};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::{prop_compose, prop_oneof};
use repository::{
    Author, Dependency, EntryPoint, Facts, File, Framework, History, HotFile, Link, Manifest,
    Module, Practices, Role, Skipped,
};

/// Paths and names as people and attackers write them.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}",
        "[a-z]{1,8}".prop_map(|name| format!("{name}.rs")),
        "\\PC{1,12}",
        Just("\"]; click m0 \"javascript:alert(1)\"".to_owned()),
        Just("end".to_owned()),
        Just("1. `x` <b>\n%% subgraph".to_owned()),
        Just("x".repeat(500)),
    ]
}

fn path() -> impl Strategy<Value = String> {
    vec(name(), 1..4).prop_map(|parts| parts.join("/"))
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![
        4 => Just(Role::Source),
        1 => Just(Role::Test),
        1 => Just(Role::Example),
        1 => Just(Role::Documentation),
        1 => Just(Role::Configuration),
        1 => Just(Role::Generated),
        1 => Just(Role::Other),
    ]
}

fn function() -> impl Strategy<Value = Function> {
    (name(), 1..300_usize, 0..200_usize, 0..8_usize, 0..40_usize, 0..9_usize, any::<bool>())
        .prop_map(|(name, first_line, lines, nesting, branches, parameters, is_test)| Function {
            name,
            first_line,
            last_line: first_line + lines,
            parameters: vec!["a".to_owned(); parameters],
            nesting,
            branches,
            is_test,
        })
}

pub fn finding() -> impl Strategy<Value = Finding> {
    let rules =
        ["unwrap", "sql-injection", "var-declaration", "mutable-global", "a-rule-of-tomorrow"];
    let severities = [Severity::High, Severity::Medium, Severity::Low];
    (0..rules.len(), 0..3_usize, 1..500_usize, name()).prop_map(
        move |(rule, severity, line, message)| Finding {
            rule: rules[rule],
            line,
            column: None,
            severity: severities[severity],
            message,
            why: "It bites.".into(),
            better: "Leave it.".into(),
            example: None,
        },
    )
}

fn file() -> impl Strategy<Value = File> {
    let kind = prop_oneof![Just("class"), Just("trait"), Just("struct"), Just("interface")];
    let one_type = (name(), kind, 1..300_usize).prop_map(|(name, kind, first_line)| TypeFact {
        name,
        kind,
        first_line,
        last_line: first_line + 5,
    });
    let sizes = (0..2_000_usize, 0..500_usize);
    (path(), role(), sizes, vec(function(), 0..6), vec(one_type, 0..4), vec(finding(), 0..5))
        .prop_map(|(path, role, (code, comments), functions, types, findings)| File {
            path,
            language: Some("Rust"),
            role,
            bytes: code * 30,
            lines: 600.max(code + comments),
            code,
            comments,
            functions,
            types,
            findings,
            ..File::default()
        })
}

prop_compose! {
    /// The facts of some repository: every place in them exists.
    pub fn facts()(
        mut files in vec(file(), 1..12),
        modules in vec((path(), 0..5_usize, 0..3_000_usize), 0..40),
        links in vec((0..40_usize, 0..40_usize, 1..9_usize), 0..60),
        ring in vec(0..40_usize, 0..5),
        places in vec(0..12_usize, 8),
        names in vec(name(), 4),
        purpose in prop_oneof![Just("web server"), Just("database"), Just("tests"), Just("something new")],
        history in (0..2_000_usize, 0..400_u32, any::<bool>(), 0.0..90.0_f64),
        secrets in 0..3_usize,
    ) -> Facts {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        let layers = [Some("interface"), Some("application"), Some("data"), Some("infrastructure"), None];
        let mut modules: Vec<Module> = modules.into_iter().map(|(path, layer, code)| Module {
            name: path.clone(), path, layer: layers[layer], files: 1, code,
        }).collect();
        modules.sort_by(|a, b| a.path.cmp(&b.path));
        modules.dedup_by(|a, b| a.path == b.path);
        let path_at = |at: usize| files[at % files.len()].path.clone();
        let paths: Vec<String> = places.into_iter().map(path_at).collect();
        let count = modules.len();
        let links = links.into_iter().filter(|(from, to, _)| *from < count && *to < count && from != to);
        let links: Vec<Link> = links
            .map(|(from, to, count)| Link { from, to, count, path: paths[0].clone(), line: 3 })
            .collect();
        let mut ring: Vec<usize> = ring.into_iter().filter(|at| *at < count).collect();
        ring.sort_unstable();
        ring.dedup();
        for file in &mut files {
            file.module = (count > 0 && file.role == Role::Source).then(|| file.code % count);
        }
        let dependency = |name: &String| Dependency { name: name.clone(), version: None, line: 2, is_for_development: false };
        let kinds = ["library", "binary", "server", "page"];
        Facts {
            commit: "0".repeat(40),
            skipped: Skipped { secrets, ..Skipped::default() },
            languages: vec![repository::Language { name: "Rust", files: 1, code: 10, comments: 1 }],
            manifests: vec![Manifest {
                path: paths[1].clone(), kind: "pip", name: Some(names[0].clone()), dependencies: names.iter().map(dependency).collect(),
            }],
            frameworks: vec![Framework { name: "Flask", purpose, path: paths[1].clone(), line: 2 }],
            entry_points: vec![EntryPoint {
                path: paths[2].clone(), line: 1, kind: kinds[history.0 % 4], name: names[1].clone(),
            }],
            modules,
            links,
            cycles: if ring.len() > 1 { vec![ring] } else { Vec::new() },
            practices: Practices {
                tests: vec![paths[3].clone()], ci: vec![paths[4].clone()], containers: vec![paths[5].clone()], ..Practices::default()
            },
            history: History {
                commits: history.0,
                is_cut: history.2,
                authors: vec![Author { name: names[2].clone(), commits: history.0 }],
                days: history.1,
                active_days: history.1,
                hot_files: vec![HotFile { path: paths[6].clone(), commits: history.0 / 2 }],
                is_one_big_commit: history.2,
                mean_subject_chars: history.3,
            },
            files,
        }
    }
}

/// What holds for a review of any repository.
pub fn assert_review(facts: &Facts, review: &ProjectReview) {
    let scores = [
        review.code_quality.score,
        review.code_quality.readability,
        review.code_quality.maintainability,
        review.code_quality.best_practices,
        review.architecture_clarity.score,
        review.architecture_clarity.component_organization,
        review.architecture_clarity.separation_of_concerns,
        review.employability_signal.score,
        review.employability_signal.production_readiness,
    ];
    assert!(scores.iter().all(|score| *score <= 100), "{scores:?}");
    assert!(review.strengths.len() <= 8 && review.improvement_areas.len() <= 8);
    assert!(review.improvement_areas.is_sorted_by_key(|area| area.priority), "most urgent first");
    for strength in &review.strengths {
        assert_references(facts, &strength.file_references);
    }
    for area in &review.improvement_areas {
        assert_references(facts, &area.file_references);
    }
}

/// What holds for a report of any repository.
pub fn assert_report(facts: &Facts, report: &IntelligenceReport) {
    assert!((5..=7).contains(&report.resume_bullets.len()), "{:?}", report.resume_bullets);
    assert!(report.design_decisions.len() <= 8 && report.tradeoffs.len() <= 6);
    assert!(report.scalability_bottlenecks.len() <= 6);
    for decision in &report.design_decisions {
        assert_references(facts, &decision.file_references);
    }
    assert_diagram(&report.system_architecture.component_diagram);
}

fn assert_references(facts: &Facts, references: &[String]) {
    assert!((1..=5).contains(&references.len()), "{references:?}");
    for reference in references {
        assert!(exists(facts, reference), "{reference} is not in the repository");
    }
}

/// Whether a reference can be read and names a file of the facts, and lines that it has.
fn exists(facts: &Facts, reference: &str) -> bool {
    let Ok(citation) = Citation::parse(reference) else { return false };
    let file = facts.files.iter().find(|file| file.path == citation.path);
    file.is_some_and(|file| {
        citation.lines.is_none_or(|(from, to)| (1..=to).contains(&from) && to <= file.lines)
    })
}

/// The grammar that our diagrams keep to, which is a small part of Mermaid's.
fn assert_diagram(diagram: &str) {
    let mut lines = diagram.lines();
    assert_eq!(lines.next(), Some("flowchart TD"));
    let (mut nodes, mut open) = (0, 0);
    for line in lines.map(str::trim) {
        let (id, label) = match line {
            "end" => {
                open -= 1;
                continue;
            }
            _ if line.starts_with("subgraph ") => {
                open += 1;
                continue;
            }
            _ if line.contains(" --> ") || line.contains(" -->|") => continue,
            _ => {
                nodes += 1;
                line.split_once('"').unwrap()
            }
        };
        assert!(
            id.trim_end_matches(['(', '[']).chars().all(|char| char.is_ascii_alphanumeric()),
            "{line}"
        );
        let label =
            label.trim_end_matches([']', ')']).strip_suffix('"').unwrap().replace("<br/>", " ");
        assert!(!label.contains(['"', '<', '>', '`', '[', ']', '{', '}', '|', '%', '&']), "{line}");
    }
    assert!((1..=25).contains(&nodes) && open == 0, "{diagram}");
}
