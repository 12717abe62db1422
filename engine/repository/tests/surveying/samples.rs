//! Code that others published, committed and read: one package of each language that is parsed.

use std::process::Command;

use repository::{Facts, Role, SurveyOptions, Tree, survey};

use crate::repository::{Repo, assert_sound, sample};

fn read(repo: &Repo) -> (Tree, Facts) {
    let tree = Tree::open(repo.path(), None).unwrap();
    let facts = survey(&tree, &SurveyOptions::default()).unwrap();
    assert_sound(&tree, &facts);
    (tree, facts)
}

fn functions(facts: &Facts) -> usize {
    facts.files.iter().map(|file| file.functions.len()).sum()
}

/// `from → to` of every link, by the modules' paths.
fn links(facts: &Facts) -> Vec<String> {
    let path = |index: usize| &*facts.modules[index].path;
    facts.links.iter().map(|link| format!("{} → {}", path(link.from), path(link.to))).collect()
}

fn points(facts: &Facts) -> Vec<(&str, &str, &str)> {
    facts.entry_points.iter().map(|point| (point.kind, &*point.path, &*point.name)).collect()
}

fn frameworks(facts: &Facts) -> Vec<&str> {
    facts.frameworks.iter().map(|framework| framework.name).collect()
}

/// The sources of `serde_json`, which the workspace depends on.
fn serde_json() -> Repo {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--offline", "--filter-platform", "host-tuple"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&cargo.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "serde_json").unwrap();
    let manifest = std::path::Path::new(package["manifest_path"].as_str().unwrap());
    Repo::of_folder(manifest.parent().unwrap())
}

#[test]
fn a_library_of_rust_is_read_with_its_modules_and_their_imports() {
    let repo = serde_json();
    let (tree, facts) = read(&repo);
    assert_eq!((facts.languages[0].name, facts.commit.len()), ("Rust", 40));
    assert!(facts.languages[0].code > 8000 && functions(&facts) > 800, "{:?}", facts.languages);
    assert_eq!(points(&facts), [("library", "src/lib.rs", "serde_json")]);
    let modules: Vec<&str> = facts.modules.iter().map(|module| &*module.path).collect();
    assert_eq!(modules, ["src", "src/io", "src/lexical", "src/value"]);
    let links = links(&facts);
    assert!(
        links.contains(&"src/value → src".to_owned()) && links.contains(&"src → src/io".to_owned())
    );
    assert!(!links.iter().any(|link| link.starts_with("src/lexical → src/value")), "{links:?}");
    assert_eq!(facts.manifests[0].name.as_deref(), Some("serde_json"));
    assert!(facts.practices.ci.contains(&".github/workflows/ci.yml".to_owned()));
    assert_eq!(facts.practices.licence, Some("Apache-2.0"));
    assert!(facts.history.is_one_big_commit && facts.history.hot_files.is_empty());
    let tests = facts.files.iter().filter(|file| file.role == Role::Test);
    assert!(tests.count() > 20 && tree.contains("src/de.rs"));
}

#[test]
fn a_framework_of_python_is_read_with_its_command_and_its_packages() {
    let repo = Repo::of_folder(&sample("flask-3.1.0"));
    let (_, facts) = read(&repo);
    assert_eq!(facts.languages[0].name, "Python");
    assert!(functions(&facts) > 1000);
    assert_eq!(frameworks(&facts)[..3], ["Werkzeug", "Jinja", "Click"]);
    let points = points(&facts);
    assert!(points.contains(&("command", "src/flask/cli.py", "main")), "{points:?}");
    assert!(points.contains(&("library", "src/flask/__init__.py", "Flask")), "{points:?}");
    assert!(points.iter().all(|(kind, ..)| *kind != "server"), "{points:?}");
    let expected = [
        "src/flask → src/flask/json",
        "src/flask → src/flask/sansio",
        "src/flask/sansio → src/flask",
    ];
    assert!(expected.iter().all(|link| links(&facts).contains(&(*link).to_owned())));
    assert_eq!(facts.practices.licence, Some("BSD-3-Clause"));
    assert!(facts.practices.tests.len() == 20 && facts.practices.documentation[0] == "README.md");
    let role = |path: &str| facts.files.iter().find(|file| file.path == path).map(|file| file.role);
    assert_eq!(role("examples/tutorial/flaskr/db.py"), Some(Role::Example));
    assert_eq!(role("docs/conf.py"), Some(Role::Documentation));
    assert_eq!(role("requirements/dev.txt"), Some(Role::Configuration));
}

#[test]
fn a_library_of_typescript_is_read_from_its_sources_and_not_from_what_was_built() {
    let repo = Repo::of_folder(&sample("rxjs-7.8.2"));
    let (tree, facts) = read(&repo);
    assert_eq!(facts.languages[0].name, "TypeScript");
    assert!(facts.skipped.excluded > 1000, "{:?}", facts.skipped);
    assert!(
        !tree.contains("dist/cjs/index.js")
            && !facts.files.iter().any(|file| file.path.starts_with("dist/"))
    );
    assert_eq!(points(&facts), [("library", "src/index.ts", "rxjs")]);
    let links = links(&facts);
    assert!(
        links.contains(&"src/internal/operators → src/internal/observable".to_owned()),
        "{links:?}"
    );
    assert!(
        !links.contains(&"src → src/internal/operators".to_owned()),
        "what an index hands on is no link"
    );
    assert!(!facts.cycles.is_empty());
    assert_eq!(facts.practices.licence, Some("Apache-2.0"));
}

#[test]
fn a_library_of_java_is_read_with_its_packages() {
    let repo = Repo::of_folder(&sample("capacitor-android-7.4.3"));
    let (_, facts) = read(&repo);
    assert_eq!(facts.languages[0].name, "Java");
    assert!(functions(&facts) > 500);
    let frameworks = frameworks(&facts);
    assert!(
        ["AndroidX", "JUnit", "Cordova"].iter().all(|name| frameworks.contains(name)),
        "{frameworks:?}"
    );
    let base = "capacitor/src/main/java/com/getcapacitor";
    assert!(links(&facts).contains(&format!("{base}/plugin → {base}")));
    assert_eq!(points(&facts)[0].0, "library");
    assert_eq!(facts.practices.licence, Some("MIT"));
}

#[test]
fn a_library_of_go_is_read_with_its_packages() {
    let repo = Repo::of_folder(&sample("cobra"));
    let (_, facts) = read(&repo);
    assert_eq!(facts.languages[0].name, "Go");
    assert!(functions(&facts) > 300);
    assert_eq!(points(&facts), [("library", "cobra.go", "github.com/spf13/cobra")]);
    assert!(frameworks(&facts).contains(&"pflag"));
    let tests = facts.files.iter().filter(|file| file.role == Role::Test);
    assert!(tests.flat_map(|file| &file.functions).any(|function| function.is_test));
}
