//! Repositories that somebody made to be hard to read, or to lead out of themselves.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;

use proptest::prelude::*;
use repository::{Facts, SurveyOptions, Tree, TreeError, survey};

use crate::repository::{Repo, assert_sound};

fn read(repo: &Repo) -> (Tree, Facts) {
    let tree = Tree::open(repo.path(), None).unwrap();
    let facts = survey(&tree, &SurveyOptions::default()).unwrap();
    assert_sound(&tree, &facts);
    (tree, facts)
}

#[test]
fn secrets_are_counted_and_stand_nowhere_in_the_facts() {
    let key = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    let embedded =
        format!("KEY = '''-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----'''\n");
    let repo = Repo::of(&[
        (".env", "TOKEN=hunter2\n"),
        ("deploy/.env.production", "TOKEN=hunter2\n"),
        ("certs/server.key", "hunter2\n"),
        ("app/settings_key.py", &embedded),
        ("app/main.py", "import os\nTOKEN = os.environ['TOKEN']\n"),
        (".env.example", "TOKEN=\n"),
    ]);
    let (tree, facts) = read(&repo);
    assert_eq!(facts.skipped.secrets, 4);
    let paths: Vec<&str> = facts.files.iter().map(|file| &*file.path).collect();
    assert_eq!(paths, [".env.example", "app/main.py"]);
    assert!(!format!("{facts:?}").contains("hunter2") && !format!("{facts:?}").contains(key));
    for path in [".env", "deploy/.env.production", "certs/server.key", "app/settings_key.py"] {
        assert!(!tree.contains(path) && tree.line_count(path).is_none(), "{path}");
        assert_eq!(tree.read(path).unwrap(), None, "{path}");
        assert_eq!(tree.lines(path, 1, 1).unwrap(), None, "{path}");
    }
}

#[test]
fn symbolic_links_are_counted_and_never_followed() {
    let repo = Repo::of(&[("a.py", "a = 1\n"), ("folder/b.py", "b = 1\n")]);
    for (target, name) in [
        ("/etc/passwd", "passwd.py"),
        ("../../../etc", "etc"),
        ("a.py", "alias.py"),
        ("folder", "other"),
    ] {
        std::os::unix::fs::symlink(target, repo.path().join(name)).unwrap();
    }
    repo.commit("Link");
    let (tree, facts) = read(&repo);
    assert_eq!((facts.skipped.symlinks, facts.files.len()), (4, 2));
    for path in ["passwd.py", "etc/passwd", "alias.py", "other/b.py", "etc"] {
        assert!(!tree.contains(path), "{path}");
    }
}

#[test]
fn names_that_no_citation_could_hold_are_counted() {
    let repo = Repo::of(&[("a.py", "a = 1\n"), ("s\u{fc}\u{df}/\u{65e5}\u{672c}.py", "b = 1\n")]);
    let odd = std::ffi::OsStr::from_bytes(b"caf\xe9.py");
    std::fs::write(repo.path().join(odd), "c = 1\n").unwrap();
    std::fs::write(repo.path().join("line\nbreak.py"), "d = 1\n").unwrap();
    repo.commit("Add odd names");
    let (tree, facts) = read(&repo);
    assert_eq!((facts.skipped.names, facts.files.len()), (2, 2));
    assert!(tree.contains("s\u{fc}\u{df}/\u{65e5}\u{672c}.py"));
}

#[test]
fn submodules_are_listed_and_not_entered() {
    let repo = Repo::of(&[
        ("a.py", "a = 1\n"),
        (".gitmodules", "[submodule \"x\"]\n\tpath = lib/x\n\turl = file:///etc\n"),
    ]);
    let commit = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},lib/x")]);
    repo.git(&[
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@b",
        "commit",
        "--quiet",
        "-m",
        "Add a submodule",
    ]);
    let (_, facts) = read(&repo);
    assert_eq!(facts.skipped.submodules, ["lib/x"]);
}

#[test]
fn what_is_too_large_binary_or_minified_is_counted() {
    let repo = Repo::new();
    repo.write("a.py", b"a = 1\r\nb = 2\r\n");
    repo.write("huge.py", "a = 1\n".repeat(400_000).as_bytes());
    repo.write("zeros.txt", &vec![0; 100 << 20]);
    repo.write("one_line.json", format!("[{}1]", "1,".repeat(300_000)).as_bytes());
    repo.write("hidden.min.js", b"a();");
    repo.write("hidden.js", "a(1);".repeat(20_000).as_bytes());
    repo.write("program", b"\x7fELF\0\0");
    repo.commit("Add files");
    let (tree, facts) = read(&repo);
    let skipped = &facts.skipped;
    assert_eq!((skipped.too_large, skipped.binary, skipped.excluded), (2, 1, 2));
    let paths: Vec<_> = facts.files.iter().map(|file| (&*file.path, file.lines)).collect();
    assert_eq!(paths, [("a.py", 2), ("one_line.json", 1)]);
    assert!(!tree.contains("huge.py") && !tree.contains("hidden.js"));
}

#[test]
fn twenty_thousand_files_are_read() {
    let repo = Repo::new();
    let mut stream =
        String::from("commit refs/heads/main\ncommitter A <a@b> 1700000000 +0000\ndata 3\nAll\n");
    for index in 0..20_000 {
        let text = format!("import os\n\ndef f{index}():\n    return {index}\n");
        write!(stream, "M 644 inline p{}/m{index}.py\ndata {}\n{text}\n", index % 100, text.len())
            .unwrap();
    }
    repo.feed(&["fast-import", "--quiet"], &stream);
    let tree = Tree::open(repo.path(), None).unwrap();
    let facts = survey(&tree, &SurveyOptions::default()).unwrap();
    assert_eq!((facts.files.len(), facts.modules.len()), (20_000, 100));
    assert_eq!((facts.languages[0].code, facts.skipped.too_many), (60_000, 0));
}

#[test]
fn folders_that_hold_each_other_without_end_are_cut() {
    let repo = Repo::of(&[("a.py", "a = 1\n")]);
    let leaf = repo.feed(&["hash-object", "-w", "--stdin"], "png");
    let mut tree = repo.feed(&["mktree"], &format!("100644 blob {leaf}\tf.png\n"));
    for _ in 0..20 {
        let entries = (0..10).map(|name| format!("040000 tree {tree}\td{name}\n"));
        tree = repo.feed(&["mktree"], &entries.collect::<String>());
    }
    let source = repo.git(&["rev-parse", "HEAD:a.py"]);
    let root = format!("100644 blob {source}\ta.py\n040000 tree {tree}\tz\n");
    let root = repo.feed(&["mktree"], &root);
    let commit = repo.git(&[
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@b",
        "commit-tree",
        "-m",
        "Bomb",
        &root,
    ]);
    repo.git(&["update-ref", "refs/heads/main", &commit]);
    let (_, facts) = read(&repo);
    assert!(facts.skipped.too_many > 0 && facts.files.len() == 1);
}

#[test]
fn a_missing_object_is_an_error_and_no_panic() {
    let repo = Repo::of(&[("a.py", "a = 1\n"), ("b.py", "b = 1\n")]);
    let tree = Tree::open(repo.path(), None).unwrap();
    let blob = repo.git(&["rev-parse", "HEAD:b.py"]);
    let object = repo.path().join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    std::fs::remove_file(object).unwrap();
    assert!(matches!(survey(&tree, &SurveyOptions::default()), Err(TreeError::Damaged(_))));
    assert!(tree.contains("a.py") && !tree.contains("b.py"));
    assert!(matches!(tree.read("b.py"), Err(TreeError::Damaged(_))));
}

#[test]
fn settings_of_the_repository_start_no_program() {
    let repo = Repo::of(&[("a.py", "a = 1\n"), (".gitattributes", "* filter=evil diff=evil\n")]);
    let trace = repo.path().join("ran");
    let program = format!("touch {}", trace.display());
    for key in [
        "filter.evil.smudge",
        "filter.evil.clean",
        "diff.evil.textconv",
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
    ] {
        repo.git(&["config", key, &program]);
    }
    std::fs::remove_file(&trace).ok();
    read(&repo);
    assert!(!trace.exists());
}

/// Endings that lead to every reader there is.
const NAMES: [&str; 16] = [
    "a.py",
    "b.js",
    "c.ts",
    "d.tsx",
    "e.rs",
    "F.java",
    "g.go",
    "Cargo.toml",
    "package.json",
    "pom.xml",
    "build.gradle",
    "go.mod",
    "index.html",
    "h.ipynb",
    "i.md",
    "LICENSE",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_content_is_too_odd(contents in prop::collection::vec(prop::collection::vec(any::<u8>().prop_map(|byte| byte | 1), 0..600), NAMES.len())) {
        let repo = Repo::new();
        for (name, bytes) in NAMES.iter().zip(&contents) {
            repo.write(name, bytes);
        }
        repo.commit("Odd");
        read(&repo);
    }
}
