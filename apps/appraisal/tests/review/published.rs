//! Code that others published, committed and judged: every place that is cited is opened.

use std::path::{Path, PathBuf};
use std::process::Command;

use appraisal::{Citation, IntelligenceReport, ProjectReview, report, review};
use repository::{Facts, Role, SurveyOptions, Tree, survey};

use crate::drawn::{assert_report, assert_review};

/// A package as a repository, read.
struct Read {
    facts: Facts,
    tree: Tree,
    review: ProjectReview,
    report: IntelligenceReport,
    _folder: tempfile::TempDir,
}

fn read(name: &str, package: &Path) -> Read {
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.arg("--work-tree").arg(package).arg("--git-dir").arg(folder.path()).args(arguments);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{who}_NAME"), "Ada")
                .env(format!("GIT_{who}_EMAIL"), "a@example.org");
            git.env(format!("GIT_{who}_DATE"), "2024-05-01T12:00:00Z");
        }
        let output = git.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all", "--force"]);
    git(&["commit", "--quiet", "--message", "Import"]);
    let tree = Tree::open(folder.path(), None).unwrap();
    let facts = survey(&tree, &SurveyOptions::default()).unwrap();
    let (review, report) = (review(&facts), report(&facts, name));
    Read { facts, tree, review, report, _folder: folder }
}

/// A package that `.ci/need samples` fetched.
fn sample(name: &str) -> PathBuf {
    let folder = std::env::home_dir().unwrap().join(".cache/quintet/samples").join(name);
    assert!(folder.is_dir(), "{} is missing: run .ci/need samples", folder.display());
    folder
}

/// The sources of `serde_json`, which the workspace depends on.
fn serde_json_source() -> PathBuf {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--offline", "--filter-platform", "host-tuple"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&cargo.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "serde_json").unwrap();
    Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned()
}

impl Read {
    /// What holds for each of them.
    fn assert_sound(&self) {
        assert_review(&self.facts, &self.review);
        assert_report(&self.facts, &self.report);
        assert!((3..=8).contains(&self.review.strengths.len()), "{:?}", self.review.strengths);
        assert!((3..=8).contains(&self.review.improvement_areas.len()));
        assert!(self.report.design_decisions.len() >= 3 && self.report.tradeoffs.len() >= 3);
        assert!(self.report.scalability_bottlenecks.len() >= 2);
        let strengths = self.review.strengths.iter().flat_map(|one| &one.file_references);
        let areas = self.review.improvement_areas.iter().flat_map(|one| &one.file_references);
        let decisions = self.report.design_decisions.iter().flat_map(|one| &one.file_references);
        for reference in strengths.chain(areas).chain(decisions) {
            self.assert_opens(reference);
        }
        self.assert_prose();
    }

    fn assert_opens(&self, reference: &str) {
        let citation = Citation::parse(reference).unwrap();
        citation.check(&self.tree).unwrap();
    }

    /// Trade-offs and bottlenecks cite in the sentence itself; sentences end and have no holes.
    fn assert_prose(&self) {
        let architecture = &self.report.system_architecture;
        for told in self.report.tradeoffs.iter().chain(&self.report.scalability_bottlenecks) {
            let quoted = told.split('`').skip(1).step_by(2);
            let places: Vec<&str> = quoted.filter(|text| self.is_place(text)).collect();
            assert!(!places.is_empty(), "{told} cites nothing");
        }
        let all = [&architecture.overview, &architecture.data_flow]
            .into_iter()
            .chain(&self.report.tradeoffs)
            .chain(&self.report.scalability_bottlenecks)
            .chain(&self.report.resume_bullets)
            .chain([
                &self.review.code_quality.justification,
                &self.review.employability_signal.justification,
            ])
            .chain(self.review.strengths.iter().map(|one| &one.description))
            .chain(self.review.improvement_areas.iter().map(|one| &one.actionable_suggestion))
            .chain(self.report.design_decisions.iter().map(|one| &one.rationale));
        for text in all {
            assert!(text.ends_with(['.', ':', '`', ')']) || text.ends_with("..."), "{text}");
            for hole in ["  ", "``", " .", " ,", "()", "NaN", "..\u{20}", ". ."] {
                assert!(!text.contains(hole), "{hole:?} in {text}");
            }
        }
    }

    fn is_place(&self, text: &str) -> bool {
        Citation::parse(text).is_ok_and(|citation| citation.check(&self.tree).is_ok())
    }

    /// Lines of code of one role, from the facts alone.
    fn code(&self, role: Role) -> usize {
        self.facts.files.iter().filter(|file| file.role == role).map(|file| file.code).sum()
    }

    fn issues(&self) -> Vec<&str> {
        self.review.improvement_areas.iter().map(|area| area.issue.as_str()).collect()
    }

    fn patterns(&self) -> Vec<&str> {
        self.review.strengths.iter().map(|strength| strength.pattern.as_str()).collect()
    }
}

#[test]
fn serde_json_is_well_tested_and_readable_and_its_modules_are_drawn() {
    let read = read("serde_json", &serde_json_source());
    read.assert_sound();
    let quality = &read.review.code_quality;
    assert!(quality.readability >= 85 && quality.best_practices >= 65, "{quality:?}");
    assert!(
        read.patterns().contains(&"Automated tests")
            && read.patterns().contains(&"Continuous integration")
    );
    assert!(!read.issues().iter().any(|issue| issue.contains("never runs")), "{:?}", read.issues());
    let architecture = &read.report.system_architecture;
    assert!(architecture.overview.starts_with("serde_json is a library written mainly in Rust"));
    assert!(architecture.data_flow.contains("`src/lib.rs:1`"), "{}", architecture.data_flow);
    for module in ["src", "io", "lexical", "value"] {
        assert!(architecture.component_diagram.contains(&format!("[\"{module}<br/>")));
    }
    let error = read.report.design_decisions.iter().find(|one| one.decision.contains("`Error`"));
    assert!(error.unwrap().file_references[0].starts_with("src/error.rs:"));
}

#[test]
fn flask_stands_on_werkzeug_and_its_numbers_are_true() {
    let read = read("flask", &sample("flask-3.1.0"));
    read.assert_sound();
    let source = read.code(Role::Source);
    let grouped = format!("{},{:03} lines of source code", source / 1_000, source % 1_000);
    assert!(read.report.resume_bullets[0].contains(&grouped), "{:?}", read.report.resume_bullets);
    let decisions = &read.report.design_decisions;
    let werkzeug = decisions.iter().find(|one| one.decision.contains("Werkzeug")).unwrap();
    assert!(werkzeug.file_references[0].starts_with("pyproject.toml:"));
    assert!(read.issues().iter().any(|issue| issue.starts_with("Text that is run as code")));
}

#[test]
fn packages_of_typescript_java_and_go_are_judged_and_every_citation_opens() {
    let samples =
        [("rxjs", "rxjs-7.8.2"), ("capacitor", "capacitor-android-7.4.3"), ("cobra", "cobra")];
    let [rxjs, capacitor, cobra] = samples.map(|(name, folder)| read(name, &sample(folder)));
    for read in [&rxjs, &capacitor, &cobra] {
        read.assert_sound();
    }
    assert!(capacitor.issues().contains(&"No automated tests"), "{:?}", capacitor.issues());
    assert!(
        cobra.patterns().contains(&"Automated tests")
            && !capacitor.patterns().contains(&"Automated tests")
    );
    let practices = |read: &Read| read.review.code_quality.best_practices;
    assert!(practices(&cobra) > practices(&capacitor), "tests count");
}
