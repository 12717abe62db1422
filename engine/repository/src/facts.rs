//! What is known of a repository at one commit.
//!
//! **Invariants.** Paths are UTF-8, relative to the root, with `/`; every path that stands here is one of
//! [`Facts::files`], or of the places that say so. Lines count from 1. The same commit always gives the same
//! facts, in the same order.

use code::{Finding, Function, TypeFact};

/// Everything that was read.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The commit, 40 or 64 hexadecimal digits.
    pub commit: String,
    /// The files that were read, by path.
    pub files: Vec<File>,
    /// What was not read, and why.
    pub skipped: Skipped,
    /// Languages by lines of code, most first; without those of data and prose, such as JSON and Markdown.
    pub languages: Vec<Language>,
    /// Manifests of packages.
    pub manifests: Vec<Manifest>,
    /// What the manifests imply, each once.
    pub frameworks: Vec<Framework>,
    /// Where execution begins, the most likely first.
    pub entry_points: Vec<EntryPoint>,
    /// Folders of source, by path; tests, examples and documentation form none. Rust's `x.rs` belongs to the
    /// folder `x` beside it, where there is one with source.
    pub modules: Vec<Module>,
    /// Which module imports which.
    pub links: Vec<Link>,
    /// Rings of modules that import each other: indices into [`Facts::modules`], in the order of the imports,
    /// the last imports the first. Of each group of modules that reach each other the shortest ring.
    pub cycles: Vec<Vec<usize>>,
    /// What surrounds the code.
    pub practices: Practices,
    /// How it came to be.
    pub history: History,
}

/// One file.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// Its path.
    pub path: String,
    /// Its language's usual name, such as `Rust`; `None` for what is none.
    pub language: Option<&'static str>,
    /// What it is for.
    pub role: Role,
    /// Bytes.
    pub bytes: usize,
    /// All lines.
    pub lines: usize,
    /// Lines of code.
    pub code: usize,
    /// Lines of comment.
    pub comments: usize,
    /// Functions, in the languages that `code` parses.
    pub functions: Vec<Function>,
    /// Types, likewise.
    pub types: Vec<TypeFact>,
    /// What it imports, likewise.
    pub imports: Vec<Import>,
    /// What a reviewer would say of it, likewise.
    pub findings: Vec<Finding>,
    /// Its place in [`Facts::modules`]; source only.
    pub module: Option<usize>,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// What runs.
    Source,
    /// Tests and benchmarks.
    Test,
    /// Examples and samples.
    Example,
    /// Prose.
    Documentation,
    /// Settings, manifests, build scripts, CI.
    Configuration,
    /// Written by a program.
    Generated,
    /// Anything else.
    #[default]
    Other,
}

/// One import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its line.
    pub line: usize,
    /// What is imported, as it is written: `crate::store`, `./api`, `os.path`, `java.util.List`.
    pub name: String,
    /// The file of the repository that it names, where it names one.
    pub target: Option<String>,
}

/// Counts of what was not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Excluded folders' files, lock files, minified files.
    pub excluded: usize,
    /// Binary files.
    pub binary: usize,
    /// Secrets: `.env`, keys.
    pub secrets: usize,
    /// Files over the size that is read.
    pub too_large: usize,
    /// Symbolic links.
    pub symlinks: usize,
    /// Paths that are no UTF-8, have control characters, or are too long.
    pub names: usize,
    /// Files past the number that is read.
    pub too_many: usize,
    /// Submodules, by path; never fetched.
    pub submodules: Vec<String>,
}

/// One language's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language {
    /// Its usual name.
    pub name: &'static str,
    /// Files.
    pub files: usize,
    /// Lines of code.
    pub code: usize,
    /// Lines of comment.
    pub comments: usize,
}

/// A manifest of one package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Its path.
    pub path: String,
    /// Whose manifest it is: `Cargo`, `npm`, `pip`, `Poetry`, `Maven`, `Gradle`, `Go`.
    pub kind: &'static str,
    /// The package's name, where it says one.
    pub name: Option<String>,
    /// What the package needs, in the manifest's order.
    pub dependencies: Vec<Dependency>,
}

/// Something a package needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Its name; `group:artifact` in Maven and Gradle.
    pub name: String,
    /// The version asked for, as it is written.
    pub version: Option<String>,
    /// Where in the manifest.
    pub line: usize,
    /// Needed for development only.
    pub is_for_development: bool,
}

/// A framework that a dependency implies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framework {
    /// Its usual name, such as `axum`, `Django`, `React`, `Spring Boot`.
    pub name: &'static str,
    /// What it is for, in a few words: `web server`, `database`, `tests`, `user interface` …
    pub purpose: &'static str,
    /// The manifest that names it.
    pub path: String,
    /// The line there.
    pub line: usize,
}

/// Where execution begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPoint {
    /// The file.
    pub path: String,
    /// The line.
    pub line: usize,
    /// What it is: `binary`, `library`, `server`, `command`, `script`, `page`.
    pub kind: &'static str,
    /// The function or package, such as `main`.
    pub name: String,
}

/// A folder of source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Module {
    /// Its path; empty for the root.
    pub path: String,
    /// A short name that no other module has.
    pub name: String,
    /// Its layer by name or imports: `interface`, `application`, `domain`, `data`, `infrastructure`, or none.
    pub layer: Option<&'static str>,
    /// Files of source that are directly in it.
    pub files: usize,
    /// Their lines of code.
    pub code: usize,
}

/// One module's imports of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The importing one, an index into [`Facts::modules`].
    pub from: usize,
    /// The imported one.
    pub to: usize,
    /// Imports.
    pub count: usize,
    /// The first of them: a path.
    pub path: String,
    /// And its line.
    pub line: usize,
}

/// What surrounds the code: paths, the most telling first, at most 20 of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Practices {
    /// Test files.
    pub tests: Vec<String>,
    /// Continuous integration.
    pub ci: Vec<String>,
    /// Documentation; a README first.
    pub documentation: Vec<String>,
    /// Containers and deployment.
    pub containers: Vec<String>,
    /// Settings of linters and formatters.
    pub linters: Vec<String>,
    /// Configuration that the program reads, examples of environment files included.
    pub configuration: Vec<String>,
    /// Licences.
    pub licences: Vec<String>,
    /// The licence's name, where it could be told, such as `MIT`.
    pub licence: Option<&'static str>,
}

/// How the repository came to be, in the commits that were read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Commits that were read, merges included.
    pub commits: usize,
    /// Whether there are more.
    pub is_cut: bool,
    /// Authors by commits, most first, without addresses.
    pub authors: Vec<Author>,
    /// Days from the first commit read to the last, both included.
    pub days: u32,
    /// Different days (UTC) on which something was committed.
    pub active_days: u32,
    /// Files that the most commits changed, most first, at most 20; only files that were read, and that
    /// more than one commit changed.
    pub hot_files: Vec<HotFile>,
    /// Of the code, four fifths or more stand as one commit brought them.
    pub is_one_big_commit: bool,
    /// Mean characters of a commit's subject.
    pub mean_subject_chars: f64,
}

/// Somebody who committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// Name as committed.
    pub name: String,
    /// Commits.
    pub commits: usize,
}

/// A file that changes often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HotFile {
    /// Its path.
    pub path: String,
    /// Commits that changed it.
    pub commits: usize,
}
