//! Small repositories that show one thing each.

use std::cell::Cell;

use repository::{SurveyOptions, Tree, TreeError, survey, survey_until};

use crate::repository::{Repo, assert_sound};

fn facts(repo: &Repo) -> repository::Facts {
    let tree = Tree::open(repo.path(), None).unwrap();
    let facts = survey(&tree, &SurveyOptions::default()).unwrap();
    assert_sound(&tree, &facts);
    facts
}

#[test]
fn reading_stops_wherever_it_is_told_to() {
    let repo =
        Repo::of(&[("a.py", "import b\n"), ("b.py", "b = 1\n"), ("test_a.py", "import a\n")]);
    let tree = Tree::open(repo.path(), None).unwrap();
    let options = SurveyOptions::default();
    let stopping_after = |count: u32| {
        let asked = Cell::new(0);
        let is_stopped = || asked.replace(asked.get() + 1) >= count;
        survey_until(&tree, &options, &is_stopped).map(|facts| facts.files.len())
    };
    let ends: Vec<_> = (0..20).map(stopping_after).collect();
    let stopped = ends.iter().take_while(|end| matches!(end, Err(TreeError::Stopped))).count();
    assert!((4..20).contains(&stopped), "each file and each part asks: {stopped}");
    assert!(ends[stopped..].iter().all(|end| matches!(end, Ok(3))));
}

#[test]
fn an_empty_repository_is_told_apart_from_none() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Tree::open(folder.path(), None), Err(TreeError::NotARepository(_))));
    assert!(matches!(Tree::open(Repo::new().path(), None), Err(TreeError::Empty)));
    let hollow = Repo::new();
    hollow.commit("Nothing");
    assert!(matches!(Tree::open(hollow.path(), None), Err(TreeError::Empty)));
    let secrets = Repo::of(&[(".env", "A=1\n"), ("node_modules/a.js", "a();\n")]);
    assert!(matches!(Tree::open(secrets.path(), None), Err(TreeError::Empty)));
    let binary = Repo::of(&[("program", "\0\0\0")]);
    let tree = Tree::open(binary.path(), None).unwrap();
    assert!(matches!(survey(&tree, &SurveyOptions::default()), Err(TreeError::Empty)));
}

#[test]
fn one_file_is_enough() {
    let facts = facts(&Repo::of(&[("main.py", "print('hello')\n")]));
    assert_eq!((facts.files.len(), facts.languages[0].name), (1, "Python"));
    assert_eq!((facts.modules.len(), &*facts.modules[0].name), (1, "(root)"));
    assert_eq!(facts.entry_points.len(), 1);
    assert_eq!((facts.history.commits, facts.history.days), (1, 1));
}

#[test]
fn a_commit_is_read_as_it_was_and_names_that_are_none_are_refused() {
    let repo = Repo::of(&[("a.rs", "fn a() {}\n")]);
    let first = repo.git(&["rev-parse", "HEAD"]);
    repo.write("a.rs", b"fn b() {}\nfn c() {}\n");
    repo.commit("Change");
    let old = Tree::open(repo.path(), Some(&first)).unwrap();
    assert_eq!((old.commit(), old.line_count("a.rs")), (&*first, Some(1)));
    let new = Tree::open(repo.path(), None).unwrap();
    assert_eq!(new.line_count("a.rs"), Some(2));
    let blob = repo.git(&["rev-parse", "HEAD:a.rs"]);
    for name in
        ["HEAD", "main", &first[..10], "", &"0".repeat(40), &blob, "../x", &"\u{e9}".repeat(20)]
    {
        assert!(
            matches!(Tree::open(repo.path(), Some(name)), Err(TreeError::NoCommit(_))),
            "{name}"
        );
    }
}

#[test]
fn lines_are_given_as_far_as_the_file_has_them() {
    let repo = Repo::of(&[("a.txt", "one\r\ntwo\r\nthree"), ("empty.txt", "")]);
    let tree = Tree::open(repo.path(), None).unwrap();
    let lines =
        |path: &str, from, to| tree.lines(path, from, to).unwrap().map(|lines| lines.join("|"));
    assert_eq!(tree.line_count("a.txt"), Some(3));
    assert_eq!(lines("a.txt", 1, 2).as_deref(), Some("one|two"));
    assert_eq!(lines("a.txt", 3, 900).as_deref(), Some("three"));
    for (from, to) in [(0, 1), (4, 5), (3, 2), (usize::MAX, usize::MAX)] {
        assert_eq!(lines("a.txt", from, to), None, "{from}-{to}");
    }
    assert_eq!((tree.line_count("empty.txt"), lines("empty.txt", 1, 1)), (Some(0), None));
    for path in ["", "/a.txt", "./a.txt", "x/../a.txt", "a.txt/", "A.txt"] {
        assert!(!tree.contains(path), "{path}");
    }
}

#[test]
fn a_web_service_shows_its_layers_and_where_it_begins() {
    let repo = Repo::of(&[
        (
            "Cargo.toml",
            "[package]\nname = \"shop\"\n\n[dependencies]\naxum = \"0.8\"\nrusqlite = \"0.3\"\n",
        ),
        (
            "src/main.rs",
            "mod api;\nmod orders;\nmod store;\n\nfn main() {\n    api::routes::serve();\n}\n",
        ),
        ("src/api.rs", "pub mod routes;\n"),
        (
            "src/api/routes.rs",
            "use axum::Router;\nuse crate::orders::Order;\n\npub fn serve() -> Router { Order::router() }\n",
        ),
        ("src/orders.rs", "use crate::store::rows::Row;\n\npub struct Order(Row);\n"),
        ("src/store.rs", "pub mod rows;\n"),
        ("src/store/rows.rs", "use rusqlite::Row as Raw;\n\npub struct Row(Raw);\n"),
        (".env.example", "PORT=1\n"),
        ("Dockerfile", "FROM scratch\n"),
    ]);
    let facts = facts(&repo);
    let modules: Vec<_> =
        facts.modules.iter().map(|module| (&*module.path, module.layer)).collect();
    assert_eq!(
        modules,
        [("src", None), ("src/api", Some("interface")), ("src/store", Some("data"))]
    );
    let point = &facts.entry_points[0];
    assert_eq!(
        (point.kind, &*point.path, point.line, &*point.name),
        ("server", "src/main.rs", 5, "main")
    );
    let links: Vec<_> = facts.links.iter().map(|link| (link.from, link.to, link.line)).collect();
    assert_eq!(links, [(0, 2, 1), (1, 0, 2)]);
    assert_eq!(facts.practices.configuration, [".env.example"]);
    assert_eq!(facts.practices.containers, ["Dockerfile"]);
}

#[test]
fn the_history_tells_authors_days_and_the_files_that_change_most() {
    let repo = Repo::new();
    for (day, text) in ["a = 1\n", "a = 2\n", "a = 3\n"].iter().enumerate() {
        repo.write("hot.py", text.as_bytes());
        repo.write(&format!("cold{day}.py"), b"b = 1\n");
        let author = if day == 1 { "Grace" } else { "Ada" };
        repo.commit_as("Twelve chars", author, &format!("2024-05-0{}T12:00:00Z", 2 * day + 1));
    }
    repo.git(&["checkout", "--quiet", "-b", "side", "HEAD~1"]);
    repo.write("side.py", b"c = 1\n");
    repo.commit_as("On the side!", "Ada", "2024-05-05T13:00:00Z");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.git(&[
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=a@b",
        "merge",
        "--quiet",
        "--no-ff",
        "-m",
        "Merge a side",
        "side",
    ]);
    let history = facts(&repo).history;
    assert_eq!((history.commits, history.is_cut), (5, false));
    let authors: Vec<_> =
        history.authors.iter().map(|author| (&*author.name, author.commits)).collect();
    assert_eq!(authors, [("Ada", 4), ("Grace", 1)]);
    assert_eq!((history.days, history.active_days), (5, 3));
    let hot: Vec<_> = history.hot_files.iter().map(|file| (&*file.path, file.commits)).collect();
    assert_eq!(hot, [("hot.py", 3)]);
    assert!(!history.is_one_big_commit);
    assert!((history.mean_subject_chars - 12.0).abs() < f64::EPSILON);
    let tree = Tree::open(repo.path(), None).unwrap();
    let cut = survey(&tree, &SurveyOptions { history_commits: 2 }).unwrap().history;
    assert_eq!((cut.commits, cut.is_cut), (2, true));
}

#[test]
fn a_shallow_clone_is_cut_and_its_last_commit_did_not_change_everything() {
    let repo = Repo::of(&[("a.py", "a = 1\n"), ("b.py", "b = 1\n")]);
    for value in 2..6 {
        repo.write("a.py", format!("a = {value}\n").as_bytes());
        repo.commit("Change a");
    }
    let clone = tempfile::tempdir().unwrap();
    let url = format!("file://{}", repo.path().display());
    let target = clone.path().join("bare");
    repo.git(&["clone", "--quiet", "--bare", "--depth=3", &url, target.to_str().unwrap()]);
    let tree = Tree::open(&target, None).unwrap();
    let facts = survey(&tree, &SurveyOptions::default()).unwrap();
    assert_sound(&tree, &facts);
    assert_eq!((facts.history.commits, facts.history.is_cut), (3, true));
    assert_eq!(facts.history.hot_files[0].commits, 2);
    assert!(!facts.history.is_one_big_commit);
}

#[test]
fn what_came_in_one_commit_is_said_to_and_what_was_rewritten_since_is_not() {
    let repo = Repo::of(&[("a.py", &"a = 1\n".repeat(100)), ("b.py", "b = 1\n")]);
    repo.write("b.py", b"b = 2\n");
    repo.commit("Change b");
    assert!(facts(&repo).history.is_one_big_commit);
    repo.write("a.py", "a = 2\n".repeat(100).as_bytes());
    repo.commit("Change a");
    assert!(!facts(&repo).history.is_one_big_commit);
}

#[test]
fn the_same_commit_gives_the_same_facts_to_many_threads_at_once() {
    let repo = Repo::of(&[
        ("src/lib.rs", "pub mod a;\n"),
        ("src/a.rs", "use crate::X;\nfn f() { x.unwrap(); }\n"),
        ("web/a.ts", "import './b';\n"),
        ("web/b.ts", "let b;\n"),
    ]);
    let tree = Tree::open(repo.path(), None).unwrap();
    let read = || format!("{:?}", survey(&tree, &SurveyOptions::default()).unwrap());
    let first = read();
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..4).map(|_| scope.spawn(read)).collect();
        readers.into_iter().for_each(|reader| assert_eq!(reader.join().unwrap(), first));
    });
}

#[test]
fn a_repository_named_by_sha_256_is_read_too() {
    let folder = tempfile::tempdir().unwrap();
    let repo = Repo::of(&[("x.py", "x = 1\n")]);
    let path = folder.path().to_str().unwrap();
    repo.git(&["init", "--quiet", "--object-format=sha256", path]);
    std::fs::write(folder.path().join("a.py"), "a = 1\n").unwrap();
    repo.git(&["-C", path, "add", "a.py"]);
    repo.git(&[
        "-C",
        path,
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@b",
        "commit",
        "--quiet",
        "-m",
        "One",
    ]);
    let tree = Tree::open(folder.path(), None).unwrap();
    assert_eq!((tree.commit().len(), tree.line_count("a.py")), (64, Some(1)));
}
