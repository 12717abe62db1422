//! Repositories made with git: of given files, and of published packages.

use std::path::{Path, PathBuf};
use std::process::Command;

use appraisal::{Question, questions};
use repository::{Facts, SurveyOptions, Tree};
use tempfile::TempDir;

/// A repository that lives as long as this.
pub struct Sample {
    pub name: String,
    pub facts: Facts,
    pub tree: Tree,
    _folder: TempDir,
}

impl Sample {
    /// One commit of these files.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self::committed("sample", folder)
    }

    fn of_folder(name: &str, from: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let copy = Command::new("cp").arg("-r").arg(from.join(".")).arg(folder.path()).status();
        assert!(copy.unwrap().success());
        Self::committed(name, folder)
    }

    fn committed(name: &str, folder: TempDir) -> Self {
        git(folder.path(), &["init", "-q", "-b", "main"]);
        git(folder.path(), &["add", "-A", "-f"]);
        git(folder.path(), &["commit", "-q", "-m", "Begin"]);
        let tree = Tree::open(folder.path(), None).unwrap();
        let facts = repository::survey(&tree, &SurveyOptions::default()).unwrap();
        Self { name: name.to_owned(), facts, tree, _folder: folder }
    }

    pub fn questions(&self) -> Vec<Question> {
        questions(&self.facts, &self.tree, "an analysis")
    }
}

/// Published packages, one of each language that is parsed; `.ci/need samples` fetches those that are no
/// dependency of the workspace.
pub fn published() -> Vec<Sample> {
    let cache = std::env::home_dir().unwrap().join(".cache/quintet/samples");
    let fetched = ["flask-3.1.0", "rxjs-7.8.2", "capacitor-android-7.4.3", "cobra"].map(|name| {
        let folder = cache.join(name);
        assert!(folder.is_dir(), "{} is missing: run .ci/need samples", folder.display());
        Sample::of_folder(name, &folder)
    });
    fetched.into_iter().chain([Sample::of_folder("serde_json", &serde_json())]).collect()
}

fn serde_json() -> PathBuf {
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

fn git(folder: &Path, arguments: &[&str]) {
    let who =
        ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"];
    let done = Command::new("git").args(who).args(arguments).current_dir(folder).status().unwrap();
    assert!(done.success(), "git {arguments:?}");
}

/// What holds for the questions about any repository.
pub fn assert_sound(sample: &Sample, questions: &[Question]) {
    let name = &sample.name;
    assert!((5..=10).contains(&questions.len()), "{name}: {} questions", questions.len());
    for (at, question) in questions.iter().enumerate() {
        assert!((3..=6).contains(&question.key_points.len()), "{name}: {question:?}");
        assert!(!question.file_references.is_empty(), "{name}: {question:?}");
        for reference in &question.file_references {
            assert!(exists(&sample.tree, reference), "{name}: {reference} of {question:?}");
        }
        for other in &questions[at + 1..] {
            assert_ne!(question.question_id, other.question_id, "{name}");
            assert_ne!(question.question, other.question, "{name}");
            assert_ne!(question.key_points, other.key_points, "{name}: {question:?}");
        }
    }
}

/// Opens a reference.
fn exists(tree: &Tree, reference: &str) -> bool {
    if tree.contains(reference) {
        return true;
    }
    let Some((path, place)) = reference.rsplit_once(':') else { return false };
    let (from, to) = place.split_once('-').unwrap_or((place, place));
    let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
    tree.line_count(path).is_some_and(|count| 1 <= from && from <= to && to <= count.max(1))
}
