//! Each kind of manifest, as its users write it.

use proptest::prelude::*;

use super::*;

fn needs(path: &str, text: &str) -> (Manifest, Vec<String>) {
    let manifest = package(path, text).unwrap().manifest;
    let shown = manifest.dependencies.iter().map(|one| {
        let version = one.version.as_deref().unwrap_or("-");
        let development = if one.is_for_development { " dev" } else { "" };
        format!("{}:{} {version}{development}", one.line, one.name)
    });
    let shown = shown.collect();
    (manifest, shown)
}

#[test]
fn cargo_tells_its_dependencies_with_their_lines() {
    let text = "[package]\nname = \"a-b\"\n\n[dependencies]\nserde = { version = \"1\", features = [\"derive\"] }\n\
        tokio = \"1.2\"\nlocal.workspace = true\n\n[dev-dependencies]\nproptest = \"1\"\n\n\
        [target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n\n[[bin]]\nname = \"x\"\npath = \"tools/x.rs\"\n";
    let (manifest, needed) = needs("Cargo.toml", text);
    assert_eq!((manifest.kind, manifest.name.as_deref()), ("Cargo", Some("a-b")));
    assert_eq!(
        needed,
        ["5:serde 1", "6:tokio 1.2", "7:local -", "10:proptest 1 dev", "13:libc 0.2"]
    );
    let targets = package("Cargo.toml", text).unwrap().targets;
    let places: Vec<_> = targets.iter().map(|one| (one.kind, &*one.name, &*one.place)).collect();
    let expected = [
        ("library", "a_b", "src/lib.rs"),
        ("binary", "x", "tools/x.rs"),
        ("binary", "a-b", "src/main.rs"),
    ];
    assert_eq!(places, expected);
}

#[test]
fn npm_tells_its_dependencies_with_their_lines() {
    let text = "{\n  \"name\": \"@a/b\",\n  \"main\": \"./lib/index.js\",\n  \"scripts\": {\"react\": \"x\"},\n\
        \"dependencies\": {\n    \"react\": \"^19\"\n  },\n  \"devDependencies\": {\n    \"jest\": \"29\"\n  }\n}\n";
    let (manifest, needed) = needs("web/package.json", text);
    assert_eq!(manifest.name.as_deref(), Some("@a/b"));
    assert_eq!(needed, ["6:react ^19", "9:jest 29 dev"]);
    assert_eq!(package("package.json", text).unwrap().targets[0].place, "lib/index.js");
}

#[test]
fn python_tells_its_dependencies_in_every_dialect() {
    let project = "[project]\nname = \"a\"\ndependencies = [\n  \"flask[async]>=3.1; python_version < '4'\",\n]\n\
        [project.optional-dependencies]\ntest = [\"pytest\"]\n[project.scripts]\nrun = \"a.cli:main\"\n";
    assert_eq!(needs("pyproject.toml", project).1, ["4:flask >=3.1", "7:pytest - dev"]);
    let target = package("pyproject.toml", project).unwrap().targets.remove(1);
    assert_eq!((&*target.place, target.function.as_deref()), ("a.cli", Some("main")));
    let poetry = "[tool.poetry]\nname = \"p\"\n[tool.poetry.dependencies]\npython = \"^3\"\ndjango = \"^5\"\n\
        [tool.poetry.group.dev.dependencies]\nruff = \"*\"\n";
    let (manifest, needed) = needs("pyproject.toml", poetry);
    assert_eq!((manifest.kind, manifest.name.as_deref()), ("Poetry", Some("p")));
    assert_eq!(needed, ["5:django ^5", "7:ruff * dev"]);
    let list =
        "# comment\n-r base.txt\nDjango==5.0 # why\ngit+https://x/y\nrequests [socks] >=2 ; x\n";
    assert_eq!(needs("requirements.txt", list).1, ["3:Django ==5.0", "5:requests >=2"]);
    assert_eq!(needs("requirements-dev.txt", "pytest\n").1, ["1:pytest - dev"]);
    let cfg = "[metadata]\nname = c\n[options]\ninstall_requires =\n    click>=8\n    rich\n";
    assert_eq!(needs("setup.cfg", cfg).1, ["5:click >=8", "6:rich -"]);
    let setup = "setup(\n    name=\"s\",\n    install_requires=[\n        'numpy>=1',\n        \"scipy\",\n    ],\n    x=[\"no\"])\n";
    assert_eq!(needs("setup.py", setup).1, ["4:numpy >=1", "5:scipy -"]);
    assert_eq!(needs("Pipfile", "[packages]\nflask = \"*\"\n").1, ["2:flask *"]);
}

#[test]
fn maven_and_gradle_tell_their_dependencies() {
    let pom = "<?xml version=\"1.0\"?>\n<project>\n <parent><artifactId>no</artifactId></parent>\n\
        <artifactId>app</artifactId>\n <dependencies>\n  <dependency>\n   <groupId>g</groupId>\n\
        <artifactId>a</artifactId>\n   <version>1</version>\n  </dependency>\n  <dependency><groupId>junit</groupId>\
        <artifactId>junit</artifactId><scope>test</scope></dependency>\n </dependencies>\n</project>\n";
    let (manifest, needed) = needs("pom.xml", pom);
    assert_eq!(manifest.name.as_deref(), Some("app"));
    assert_eq!(needed, ["6:g:a 1", "11:junit:junit - dev"]);
    let gradle = "dependencies {\n    implementation \"androidx.core:core:$v\"\n    api(libs.x)\n\
        testImplementation('junit:junit:4')\n    implementation project(':core')\n}\n";
    assert_eq!(
        needs("app/build.gradle", gradle).1,
        ["2:androidx.core:core $v", "4:junit:junit 4 dev"]
    );
    let catalogue = "[libraries]\nktor = { module = \"io.ktor:ktor-core\", version = \"2\" }\n";
    assert_eq!(needs("gradle/libs.versions.toml", catalogue).1, ["2:io.ktor:ktor-core 2"]);
}

#[test]
fn go_tells_what_it_requires_itself() {
    let text = "module example.org/m\n\ngo 1.22\n\nrequire (\n\tgithub.com/a/b v1.2.3\n\tgithub.com/c/d v0.1.0 // indirect\n)\n\
        require github.com/e/f v2.0.0\n";
    let (manifest, needed) = needs("go.mod", text);
    assert_eq!(manifest.name.as_deref(), Some("example.org/m"));
    assert_eq!(needed, ["6:github.com/a/b v1.2.3", "9:github.com/e/f v2.0.0"]);
}

#[test]
fn no_dependency_carries_the_password_of_its_address() {
    let npm = "{\"dependencies\": {\"x\": \"git+https://user:token@host/x\", \"y\": \"https://t@k@en@host\",\n\
        \"z\": \"git+https://host/z@v1\"}}";
    assert_eq!(
        needs("package.json", npm).1,
        ["1:x git+https://host/x", "1:y https://host", "2:z git+https://host/z@v1"]
    );
    let list = "name @ git+https://user:token@host/x\nother @ https://user:to;k en@host/y ; x\n\
        git+https://user:token@host/z\n";
    assert_eq!(
        needs("requirements.txt", list).1,
        ["1:name @ git+https://host/x", "2:other @ https://host/y"]
    );
    let long = format!("x @ https://user:{}token@host/x", "t".repeat(NAME_CHARS_MAX));
    assert_eq!(needs("requirements.txt", &long).1, ["1:x @ https://host/x"]);
    for (name, text) in [
        ("Cargo.toml", "[dependencies]\n\"https://user:token@host\" = \"https://user:token@host\""),
        ("build.gradle", "api 'https://user:token@host:1'"),
        ("libs.versions.toml", "[libraries]\na = \"https://user:token@host:1\""),
        ("go.mod", "module https://user:token@host/m\nrequire https://user:token@host/x v1"),
        ("package.json", "{\"name\": \"ht\\ntps://user:token@host\"}"),
    ] {
        let told = format!("{:?}", package(name, text).unwrap().manifest);
        assert!(
            told.contains("host") && !told.contains("user") && !told.contains("token"),
            "{told}"
        );
    }
}

#[test]
fn keys_past_the_bound_are_not_told_and_cost_little() {
    let keys: Vec<String> = (0..50_000).map(|at| format!("\"k{at:05}\": \"1\"")).collect();
    let bin = keys.join(",\n");
    let text = format!("{{\"dependencies\": {{\n{bin}}},\n\"bin\": {{\n{bin}}}}}");
    let read = package("package.json", &text).unwrap();
    let told = &read.manifest.dependencies;
    assert_eq!((told.len(), read.targets.len()), (DEPENDENCIES_MAX, TARGETS_MAX));
    assert_eq!((&*told[499].name, told[499].line), ("k00499", 501));
    let toml = format!("[dependencies]\n{}", bin.replace(':', "=").replace(",\n", "\n"));
    let told = package("Cargo.toml", &toml).unwrap().manifest.dependencies;
    assert_eq!((told.len(), told[499].line), (DEPENDENCIES_MAX, 501));
}

#[test]
fn npms_keys_are_told_from_texts_and_escapes() {
    let text = "{\"description\": \"say \\\"react\\\": yes\",\n\"dependencies\": {\n\"a\": \"react\",\n\
        \"react\" : \"1\"}, \n\"main\": \"m.js\"}";
    assert_eq!(needs("package.json", text).1, ["3:a react", "4:react 1"]);
    assert_eq!(package("package.json", text).unwrap().targets[0].line, 5);
}

const NAMES: [&str; 11] = [
    "Cargo.toml",
    "package.json",
    "pyproject.toml",
    "Pipfile",
    "setup.cfg",
    "setup.py",
    "pom.xml",
    "build.gradle",
    "libs.versions.toml",
    "go.mod",
    "requirements.txt",
];

proptest! {
    #[test]
    fn no_text_is_too_odd_for_a_manifest(text in "(?s)[\\[\\]{}<>/='\":,.a-z0-9 \n\u{e9}]{0,300}") {
        for name in NAMES {
            let read = package(name, &text).unwrap();
            let lines = text.lines().count().max(1) + 1;
            prop_assert!(read.manifest.dependencies.iter().all(|one| (1..=lines).contains(&one.line)));
        }
    }
}
