//! Repositories so small that there is little to say.

use appraisal::{Priority, report, review};
use code::{Finding, Function, Severity};
use repository::{EntryPoint, Facts, File, History, Role};

use crate::drawn::{assert_report, assert_review};

fn source(path: &str, code: usize) -> File {
    File {
        path: path.to_owned(),
        language: Some("Python"),
        role: Role::Source,
        lines: code,
        code,
        ..File::default()
    }
}

fn function(name: &str, first_line: usize, last_line: usize, branches: usize) -> Function {
    Function {
        name: name.to_owned(),
        first_line,
        last_line,
        parameters: Vec::new(),
        nesting: 1,
        branches,
        is_test: false,
    }
}

#[test]
fn a_repository_of_one_text_has_a_report_and_no_invented_praise() {
    let readme = File {
        path: "README.md".to_owned(),
        role: Role::Documentation,
        lines: 2,
        ..File::default()
    };
    let mut facts = Facts { files: vec![readme], ..Facts::default() };
    facts.practices.documentation = vec!["README.md".to_owned()];
    let (review, report) = (review(&facts), report(&facts, "notes"));
    assert_review(&facts, &review);
    assert_report(&facts, &report);
    assert!(review.strengths.is_empty(), "{:?}", review.strengths);
    assert_eq!(
        report.system_architecture.overview,
        "notes holds 1 file and no source code that could be read."
    );
    assert_eq!(
        report.system_architecture.component_diagram,
        "flowchart TD\n    m0[\"notes<br/>1 file\"]\n"
    );
    assert_eq!(report.resume_bullets[0], "Put together notes, a collection of 1 file.");
}

#[test]
fn no_tests_is_the_first_thing_to_do_and_names_the_function_to_begin_with() {
    let mut file = source("app.py", 80);
    file.functions = vec![function("load", 1, 10, 1), function("price", 12, 60, 9)];
    let facts = Facts { files: vec![file], ..Facts::default() };
    let review = review(&facts);
    let first = &review.improvement_areas[0];
    assert_eq!((first.issue.as_str(), first.priority), ("No automated tests", Priority::High));
    assert!(first.actionable_suggestion.contains("`price`, which has 9 branches"), "{first:?}");
    assert_eq!(first.file_references, ["app.py:12-60", "app.py:1-10", "app.py"]);
}

#[test]
fn findings_of_one_rule_are_one_improvement_that_cites_several_files_first() {
    let found = |line| Finding {
        rule: "swallowed-error",
        line,
        column: None,
        severity: Severity::High,
        message: format!("Nothing hears of line {line}."),
        why: "It is lost.".into(),
        better: "Pass it on.".into(),
        example: None,
    };
    let mut files = [source("a.py", 40), source("b.py", 40)];
    files[0].findings = vec![found(3), found(9), found(12)];
    files[1].findings = vec![found(5)];
    let facts = Facts { files: files.to_vec(), ..Facts::default() };
    let areas = review(&facts).improvement_areas;
    let area =
        areas.iter().find(|area| area.issue.starts_with("Errors that are swallowed")).unwrap();
    assert_eq!(area.issue, "Errors that are swallowed, in 4 places of 2 files");
    assert_eq!(area.file_references, ["a.py:3", "b.py:5", "a.py:9", "a.py:12"]);
    assert_eq!(
        area.actionable_suggestion,
        "It is lost. Pass it on. First: Nothing hears of line 3."
    );
}

#[test]
fn a_test_by_name_among_pythons_source_is_source() {
    let mut file = source("app.py", 80);
    file.functions = vec![Function { is_test: true, ..function("test_client", 1, 70, 2) }];
    let facts = Facts { files: vec![file], ..Facts::default() };
    let review = review(&facts);
    assert!(
        review.code_quality.justification.contains("1 source file with 80 lines of code was read")
    );
    assert!(review.code_quality.justification.contains("no tests were found"));
}

#[test]
fn numbers_in_a_resume_are_those_of_the_repository() {
    let mut file = source("shop/app.py", 1_234);
    file.functions = vec![function("main", 1, 20, 3)];
    let test = File {
        path: "tests/test_app.py".to_owned(),
        role: Role::Test,
        code: 600,
        lines: 700,
        ..File::default()
    };
    let facts = Facts {
        files: vec![file, test],
        languages: vec![repository::Language {
            name: "Python",
            files: 2,
            code: 1_834,
            comments: 0,
        }],
        entry_points: vec![EntryPoint {
            path: "shop/app.py".to_owned(),
            line: 7,
            kind: "server",
            name: "main".to_owned(),
        }],
        history: History { commits: 40, active_days: 12, days: 30, ..History::default() },
        ..Facts::default()
    };
    let report = report(&facts, "shop");
    assert_report(&facts, &report);
    assert_eq!(
        report.resume_bullets[..3],
        [
            "Built shop, a server in Python: 1,234 lines of source code in 1 file.",
            "Wrote 600 lines of automated tests: 49 lines of test for every 100 of source.",
            "Developed it in 40 commits on 12 different days.",
        ]
    );
    assert!(
        report
            .system_architecture
            .data_flow
            .starts_with("The server begins at `shop/app.py:7`, in `main`.")
    );
}
