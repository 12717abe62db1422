//! Imports of each language, and the files that they name.

use super::super::manifest::package;
use super::*;

fn file(path: &str) -> File {
    File { path: path.to_owned(), role: Role::Source, ..File::default() }
}

/// What an import in `from` names, among these files and manifests.
fn target(
    paths: &[&str],
    manifests: &[(&str, &str)],
    from: &str,
    name: &str,
    members: &[&str],
) -> Vec<String> {
    let files: Vec<File> = paths.iter().map(|path| file(path)).collect();
    let packages: Vec<Package> =
        manifests.iter().map(|(path, text)| package(path, text).unwrap()).collect();
    let members = members.iter().map(|member| (*member).to_owned()).collect();
    let import = code::Import { line: 1, name: name.to_owned(), members, is_handed_on: false };
    let resolved = Places::new(&files, &packages).resolve(from, &[import]);
    resolved.into_iter().filter_map(|import| import.target).collect()
}

#[test]
fn rusts_paths_lead_to_the_file_of_the_deepest_module() {
    let paths = [
        "src/lib.rs",
        "src/a.rs",
        "src/a/b.rs",
        "src/c/mod.rs",
        "src/c/d.rs",
        "other/src/lib.rs",
        "other/src/x.rs",
    ];
    let manifests = [
        ("Cargo.toml", "[package]\nname = \"own\""),
        ("other/Cargo.toml", "[package]\nname = \"the-other\""),
    ];
    let table = [
        ("src/c/d.rs", "crate::a::b::Thing", Some("src/a/b.rs")),
        ("src/c/d.rs", "crate::a::Thing", Some("src/a.rs")),
        ("src/c/d.rs", "crate::Error", Some("src/lib.rs")),
        ("src/c/d.rs", "super::Thing", Some("src/c/mod.rs")),
        ("src/a/b.rs", "super::Thing", Some("src/a.rs")),
        ("src/a/b.rs", "super::super::c::d::T", Some("src/c/d.rs")),
        ("src/a.rs", "self::b::T", Some("src/a/b.rs")),
        ("src/a.rs", "b::T", Some("src/a/b.rs")),
        ("src/a.rs", "the_other::x::T", Some("other/src/x.rs")),
        ("other/src/x.rs", "crate::T", Some("other/src/lib.rs")),
        ("src/a.rs", "std::io::Read", None),
    ];
    for (from, name, expected) in table {
        assert_eq!(
            target(&paths, &manifests, from, name, &[]).first().map(String::as_str),
            expected,
            "{from}: {name}"
        );
    }
}

#[test]
fn pythons_names_lead_to_modules_and_to_members_that_are_modules() {
    let paths =
        ["src/p/__init__.py", "src/p/a.py", "src/p/q/__init__.py", "src/p/q/b.py", "tool.py"];
    let table: &[(&str, &str, &[&str], &[&str])] = &[
        ("src/p/a.py", "p.q.b", &[], &["src/p/q/b.py"]),
        ("src/p/a.py", "p.q", &["b"], &["src/p/q/b.py"]),
        ("src/p/a.py", ".q", &["b", "f"], &["src/p/q/b.py", "src/p/q/__init__.py"]),
        ("src/p/q/b.py", "..", &["a"], &["src/p/a.py"]),
        ("src/p/q/b.py", "..a", &["f"], &["src/p/a.py"]),
        ("src/p/a.py", "os.path", &["join"], &[]),
        ("src/p/q/b.py", "tool", &[], &["tool.py"]),
        ("src/p/q/b.py", "src.p.a", &[], &["src/p/a.py"]),
        ("src/p/q/b.py", "q.b", &[], &[]),
        ("src/p/a.py", "q.b", &[], &["src/p/q/b.py"]),
    ];
    for (from, name, members, expected) in table {
        assert_eq!(
            target(&paths, &[], from, name, members),
            *expected,
            "{from}: {name} {members:?}"
        );
    }
}

#[test]
fn specifiers_lead_to_sources_whatever_ending_they_leave_out() {
    let paths = [
        "web/src/a.ts",
        "web/src/b/index.tsx",
        "web/src/main.ts",
        "kit/src/index.ts",
        "kit/src/c.ts",
    ];
    let manifests = [
        ("web/package.json", "{\"name\": \"web\"}"),
        ("kit/package.json", "{\"name\": \"@own/kit\"}"),
    ];
    let table = [
        ("./a", Some("web/src/a.ts")),
        ("./a.js", Some("web/src/a.ts")),
        ("./b", Some("web/src/b/index.tsx")),
        ("@/b", Some("web/src/b/index.tsx")),
        ("@own/kit", Some("kit/src/index.ts")),
        ("@own/kit/c", Some("kit/src/c.ts")),
        ("../../kit/src/c", Some("kit/src/c.ts")),
        ("../../../../etc/passwd", None),
        ("react", None),
    ];
    for (name, expected) in table {
        assert_eq!(
            target(&paths, &manifests, "web/src/main.ts", name, &[]).first().map(String::as_str),
            expected,
            "{name}"
        );
    }
}

#[test]
fn javas_and_gos_names_lead_to_files() {
    let java = ["app/src/main/java/a/b/C.java", "app/src/main/java/a/d/E.java"];
    let table = [
        ("a.b.C", Some(java[0])),
        ("a.b.C.Inner", Some(java[0])),
        ("a.b.*", Some(java[0])),
        ("b.*", Some(java[0])),
        ("a.*", None),
        ("x.*", None),
        ("a.b", None),
        ("x.b.C", None),
        ("va.a.b.C", None),
        ("ava.a.b.*", None),
        ("java.util.List", None),
    ];
    for (name, expected) in table {
        assert_eq!(
            target(&java, &[], java[1], name, &[]).first().map(String::as_str),
            expected,
            "{name}"
        );
    }
    let go = ["main.go", "store/a.go", "store/store.go"];
    let manifests = [("go.mod", "module example.org/m\n")];
    let found = target(&go, &manifests, "main.go", "example.org/m/store", &[]);
    assert_eq!(found, ["store/store.go"]);
    assert!(target(&go, &manifests, "main.go", "example.org/mx/store", &[]).is_empty());
}

#[test]
fn the_first_of_pythons_roots_that_has_a_module_wins() {
    let paths = ["a/m/__init__.py", "b/m.py", "b/n/__init__.py", "c/m/__init__.py", "c/x.py"];
    assert_eq!(target(&paths, &[], "c/x.py", "m", &[]), ["a/m/__init__.py"]);
    assert_eq!(target(&paths, &[], "c/x.py", "n", &[]), ["b/n/__init__.py"]);
    assert_eq!(target(&paths[1..], &[], "c/x.py", "m", &[]), ["b/m.py"]);
}

#[test]
fn javas_packages_are_whole_segments() {
    let paths = ["lib/xa/b/C.java", "lib/xa/b/D.java", "other/a/b/C.java"];
    assert_eq!(target(&paths, &[], "M.java", "a.b.C", &[]), ["other/a/b/C.java"]);
    assert_eq!(target(&paths, &[], "M.java", "a.b.*", &[]), ["other/a/b/C.java"]);
    assert!(target(&paths[..2], &[], "M.java", "a.b.C", &[]).is_empty());
    assert!(target(&paths[..2], &[], "M.java", "a.b.*", &[]).is_empty());
}
