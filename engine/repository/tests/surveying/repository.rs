//! Git repositories that a test makes, and what holds for the facts of any.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use repository::{Facts, Role, Tree};

/// A repository in a folder that goes with it.
pub struct Repo {
    folder: tempfile::TempDir,
}

impl Repo {
    pub fn new() -> Self {
        let repo = Self { folder: tempfile::tempdir().unwrap() };
        repo.git(&["init", "--quiet", "--initial-branch=main"]);
        repo
    }

    /// One commit with these files.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let repo = Self::new();
        for (path, text) in files {
            repo.write(path, text.as_bytes());
        }
        repo.commit("Begin");
        repo
    }

    /// One commit with what lies in a folder, whatever its ignore files say.
    pub fn of_folder(folder: &Path) -> Self {
        let repo = Self::new();
        copy(folder, repo.path());
        repo.commit("Import");
        repo
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub fn commit(&self, message: &str) -> String {
        self.commit_as(message, "Ada", "2024-05-01T12:00:00Z")
    }

    pub fn commit_as(&self, message: &str, author: &str, date: &str) -> String {
        self.git(&["add", "--all", "--force"]);
        let author = format!("--author={author} <a@example.org>");
        self.run(&["commit", "--quiet", "--allow-empty", "-m", message, &author], date, "");
        self.git(&["rev-parse", "HEAD"])
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        self.run(arguments, "2024-05-01T12:00:00Z", "")
    }

    /// Runs git with something on its standard input.
    pub fn feed(&self, arguments: &[&str], input: &str) -> String {
        self.run(arguments, "2024-05-01T12:00:00Z", input)
    }

    fn run(&self, arguments: &[&str], date: &str, input: &str) -> String {
        let mut git = Command::new("git");
        git.current_dir(self.path()).args([
            "-c",
            "core.autocrlf=false",
            "-c",
            "commit.gpgsign=false",
        ]);
        git.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        git.env("GIT_COMMITTER_NAME", "Tester").env("GIT_COMMITTER_EMAIL", "t@example.org");
        git.env("GIT_AUTHOR_DATE", date).env("GIT_COMMITTER_DATE", date);
        let mut child = git.spawn().unwrap();
        let mut writer = child.stdin.take().unwrap();
        let input = input.to_owned();
        let feeding =
            std::thread::spawn(move || std::io::Write::write_all(&mut writer, input.as_bytes()));
        let output = child.wait_with_output().unwrap();
        feeding.join().unwrap().ok();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "git {arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else if kind.is_file() {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// The folder of a published package that `.ci/need samples` fetched.
pub fn sample(name: &str) -> PathBuf {
    let folder = std::env::home_dir().unwrap().join(".cache/quintet/samples").join(name);
    assert!(folder.is_dir(), "{} is missing: run .ci/need samples", folder.display());
    folder
}

/// Opens everything that the facts cite: nothing may name a file or a line that is not there.
pub fn assert_sound(tree: &Tree, facts: &Facts) {
    let has_line = |path: &str, line: usize| {
        let count = tree.line_count(path);
        let is_there = count.is_some_and(|count| line >= 1 && line <= count.max(1));
        assert!(is_there, "{path}:{line} is cited, the file has {count:?} lines");
    };
    assert!(facts.files.is_sorted_by(|one, other| one.path < other.path));
    for file in &facts.files {
        let path = &*file.path;
        assert_eq!(tree.line_count(path), Some(file.lines), "{path}");
        assert!(file.code + file.comments <= file.lines, "{path}");
        assert_eq!(file.module.is_some(), file.role == Role::Source && file.code > 0, "{path}");
        for function in &file.functions {
            let lines = tree.lines(path, function.first_line, function.last_line).unwrap().unwrap();
            assert_eq!(lines.len(), function.last_line - function.first_line + 1, "{path}");
            let name: String = function.name.chars().take(40).collect();
            assert!(lines.iter().any(|line| line.contains(&name)), "{path}: {name}");
        }
        file.types.iter().for_each(|one| has_line(path, one.last_line));
        file.findings.iter().for_each(|finding| has_line(path, finding.line));
        for import in &file.imports {
            has_line(path, import.line);
            assert!(
                import.target.as_deref().is_none_or(|target| tree.contains(target)),
                "{import:?}"
            );
        }
    }
    for manifest in &facts.manifests {
        for dependency in &manifest.dependencies {
            let line =
                tree.lines(&manifest.path, dependency.line, dependency.line).unwrap().unwrap();
            let name = dependency.name.rsplit(':').next().unwrap();
            assert!(
                line[0].contains(name) || manifest.kind == "Maven",
                "{}: {dependency:?}",
                manifest.path
            );
        }
    }
    facts.frameworks.iter().for_each(|one| has_line(&one.path, one.line));
    facts.entry_points.iter().for_each(|one| has_line(&one.path, one.line));
    facts.history.hot_files.iter().for_each(|one| has_line(&one.path, 1));
    assert_graph(tree, facts, has_line);
}

fn assert_graph(tree: &Tree, facts: &Facts, has_line: impl Fn(&str, usize)) {
    let has_link = |from, to| facts.links.iter().any(|link| link.from == from && link.to == to);
    for (index, module) in facts.modules.iter().enumerate() {
        let own: Vec<_> = facts.files.iter().filter(|file| file.module == Some(index)).collect();
        assert_eq!(own.len(), module.files, "{module:?}");
        assert_eq!(own.iter().map(|file| file.code).sum::<usize>(), module.code, "{module:?}");
        let same = facts.modules.iter().filter(|other| other.name == module.name);
        assert_eq!(same.count(), 1, "{module:?}");
    }
    for link in &facts.links {
        assert!(link.from != link.to && link.to < facts.modules.len() && link.count > 0);
        has_line(&link.path, link.line);
        let from = facts.files.iter().find(|file| file.path == link.path).unwrap().module;
        assert_eq!(from, Some(link.from));
    }
    for ring in &facts.cycles {
        assert!(ring.len() > 1);
        assert!((0..ring.len()).all(|at| has_link(ring[at], ring[(at + 1) % ring.len()])));
    }
    let practices = &facts.practices;
    let kinds = [
        &practices.tests,
        &practices.ci,
        &practices.documentation,
        &practices.containers,
        &practices.linters,
        &practices.configuration,
        &practices.licences,
    ];
    for paths in kinds {
        assert!(paths.len() <= 20 && paths.iter().all(|path| tree.contains(path)), "{paths:?}");
    }
}
