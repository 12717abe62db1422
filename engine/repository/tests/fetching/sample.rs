//! Repositories made for a test.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A repository with a work tree, alone in a folder that may be a local root or a host's root.
pub(crate) struct Sample {
    root: TempDir,
    name: String,
}

impl Sample {
    /// An empty repository.
    pub(crate) fn empty(name: &str) -> Self {
        let sample = Self { root: tempfile::tempdir().unwrap(), name: name.to_owned() };
        std::fs::create_dir(sample.path()).unwrap();
        sample.git(&["init", "--quiet", "--initial-branch=main"]);
        sample
    }

    /// A repository with one commit.
    pub(crate) fn new(name: &str) -> Self {
        let sample = Self::empty(name);
        sample.commit("src/main.rs", "fn main() {}\n");
        sample
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.root.path().canonicalize().unwrap()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.root().join(&self.name)
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        git(&self.path(), args)
    }

    /// Writes a file and commits it.
    pub(crate) fn commit(&self, path: &str, text: impl AsRef<[u8]>) {
        let file = self.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", path]);
    }

    /// Stores an object as it is, however wrong, and gives its id.
    pub(crate) fn object(&self, kind: &str, content: &[u8]) -> String {
        let file = self.root().join("object");
        std::fs::write(&file, content).unwrap();
        let file = file.to_str().unwrap();
        self.git(&["hash-object", "-t", kind, "-w", "--literally", file])
    }
}

/// Runs `git` in `folder` without anybody's configuration.
pub(crate) fn git(folder: &Path, args: &[&str]) -> String {
    let ran = Command::new("git")
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_NAME", "Ada")
        .env("GIT_AUTHOR_EMAIL", "ada@example.org")
        .env("GIT_AUTHOR_DATE", "2024-02-26T10:30:00Z")
        .env("GIT_COMMITTER_NAME", "Ada")
        .env("GIT_COMMITTER_EMAIL", "ada@example.org")
        .env("GIT_COMMITTER_DATE", "2024-02-26T10:30:00Z")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "git {args:?}: {said}");
    String::from_utf8(ran.stdout).unwrap().trim_end().to_owned()
}
