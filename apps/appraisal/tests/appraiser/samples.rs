//! Repositories made with git: a small one, and published packages.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use appraisal::Material;
use repository::{SurveyOptions, Tree};
use tempfile::TempDir;

/// Its files.
const FILES: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[package]\nname = \"shelf\"\nversion = \"0.1.0\"\n\n[dependencies]\naxum = \"0.8\"\nrusqlite = \"0.31\"\n",
    ),
    ("README.md", "# Shelf\n\nKeeps books and who borrowed them.\n"),
    (
        "src/main.rs",
        "mod loan;\nmod store;\nmod web;\n\nfn main() {\n    let store = store::Store::open(\"shelf.db\");\n    web::serve(store);\n}\n",
    ),
    (
        "src/loan.rs",
        "use crate::store::Store;\n\npub enum Refused {\n    Lent,\n    Unknown,\n}\n\npub fn lend(store: &mut Store, book: u32, reader: u32) -> Result<(), Refused> {\n    match store.reader_of(book) {\n        None => Err(Refused::Unknown),\n        Some(0) => {\n            store.set_reader(book, reader);\n            Ok(())\n        }\n        Some(_) => Err(Refused::Lent),\n    }\n}\n",
    ),
    (
        "src/store.rs",
        "use std::collections::BTreeMap;\n\npub struct Store {\n    readers: BTreeMap<u32, u32>,\n}\n\nimpl Store {\n    pub fn open(_path: &str) -> Self {\n        Self { readers: BTreeMap::new() }\n    }\n\n    pub fn reader_of(&self, book: u32) -> Option<u32> {\n        self.readers.get(&book).copied()\n    }\n\n    pub fn set_reader(&mut self, book: u32, reader: u32) {\n        self.readers.insert(book, reader);\n    }\n}\n",
    ),
    (
        "src/web.rs",
        "use crate::store::Store;\n\npub fn serve(store: Store) {\n    let _ = route(&store, \"/books/1\");\n}\n\nfn route(store: &Store, path: &str) -> u16 {\n    if path.starts_with(\"/books/\") {\n        match path[7..].parse().ok().and_then(|id| store.reader_of(id)) {\n            Some(_) => 200,\n            None => 404,\n        }\n    } else {\n        404\n    }\n}\n",
    ),
    ("src/report/mod.rs", "pub mod csv;\n"),
    ("src/report/csv.rs", "pub fn line(cells: &[&str]) -> String {\n    cells.join(\",\")\n}\n"),
    ("tests/lending.rs", "#[test]\nfn a_lent_book_is_refused() {\n    assert!(true);\n}\n"),
    (".env", "SECRET_TOKEN=canary-of-the-environment\n"),
];

/// The small repository, with these files as well and this message of its last commit.
pub(crate) fn sample(more: &[(&str, &str)], message: &str) -> Sample {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q", "-b", "main"]);
    write(folder.path(), FILES);
    commit(folder.path(), "Keep books");
    write(folder.path(), more);
    commit(folder.path(), message);
    read("shelf", folder)
}

/// Published packages, one of each language that is parsed.
pub(crate) fn published() -> Vec<Sample> {
    let fetched = std::env::home_dir().unwrap().join(".cache/quintet/samples");
    let fetched = ["flask-3.1.0", "rxjs-7.8.2", "capacitor-android-7.4.3", "cobra"].map(|name| {
        let folder = fetched.join(name);
        assert!(folder.is_dir(), "{} is missing: run .ci/need samples", folder.display());
        of_folder(name, &folder)
    });
    fetched.into_iter().chain([of_folder("serde_json", &serde_json())]).collect()
}

/// The sources of `serde_json`, which the workspace depends on.
fn serde_json() -> PathBuf {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--offline", "--filter-platform", "host-tuple"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&cargo.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "serde_json").unwrap();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().to_owned()
}

/// A folder's files, committed as they are.
fn of_folder(name: &str, from: &Path) -> Sample {
    let folder = tempfile::tempdir().unwrap();
    let copied =
        Command::new("cp").arg("-r").arg(from.join(".")).arg(folder.path()).status().unwrap();
    assert!(copied.success());
    git(folder.path(), &["init", "-q", "-b", "main"]);
    commit(folder.path(), "Import");
    read(name, folder)
}

fn read(name: &str, folder: TempDir) -> Sample {
    let tree = Tree::open(folder.path(), None).unwrap();
    let facts = repository::survey(&tree, &SurveyOptions::default()).unwrap();
    let material = Arc::new(Material { name: name.to_owned(), facts, tree });
    Sample { material, _folder: folder }
}

/// A repository that lives as long as this.
pub(crate) struct Sample {
    pub(crate) material: Arc<Material>,
    _folder: TempDir,
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn commit(folder: &Path, message: &str) {
    git(folder, &["add", "-A", "-f"]);
    git(folder, &["commit", "-q", "--allow-empty", "-m", message]);
}

fn git(folder: &Path, arguments: &[&str]) {
    let who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
    let done = Command::new("git").args(who).args(arguments).current_dir(folder).status().unwrap();
    assert!(done.success());
}
