//! Which crate may use which: arrows go down only.

use std::collections::BTreeSet;

use tidy::files_ending;
use toml::{Table, Value};

use crate::none;

/// Each crate and the crates of ours it may use. Server → apps → engine; inside the engine
/// transport → hub → model, socketio → hub, access → storage → model, repository → code, and the rest → model at most;
/// `conversations` and `appraisal` are for several applications.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("hub", &["model"]),
    ("transport", &["hub", "model"]),
    ("socketio", &["hub", "model"]),
    ("storage", &["model"]),
    ("access", &["storage", "model"]),
    ("intelligence", &["model"]),
    ("pocketsphinx", &[]),
    ("code", &["model"]),
    ("repository", &["model", "code"]),
    ("text", &["model"]),
    ("audio", &[]),
    ("web", &["model", "storage"]),
    ("conversations", &["model", "hub", "storage", "web"]),
    (
        "sessions",
        &[
            "model",
            "hub",
            "storage",
            "access",
            "web",
            "intelligence",
            "code",
            "text",
            "conversations",
        ],
    ),
    ("learning", &["model", "hub", "storage", "access", "web", "conversations"]),
    ("appraisal", &["model", "repository", "code", "text", "intelligence"]),
    (
        "analysis",
        &["model", "hub", "storage", "access", "web", "intelligence", "repository", "appraisal"],
    ),
    ("deals", &["model", "hub", "storage", "access", "web", "conversations"]),
    (
        "voice",
        &["model", "hub", "socketio", "audio", "storage", "access", "web", "intelligence", "text"],
    ),
    (
        "server",
        &[
            "model",
            "hub",
            "transport",
            "socketio",
            "audio",
            "storage",
            "access",
            "web",
            "intelligence",
            "pocketsphinx",
            "code",
            "text",
            "conversations",
            "sessions",
            "learning",
            "repository",
            "appraisal",
            "analysis",
            "deals",
            "voice",
        ],
    ),
    ("testkit", &["model", "hub"]),
    ("tidy", &[]),
    ("bench", &["model"]),
];

/// What the tests and examples of a crate use besides: a protocol is tried over real sockets.
const TRIED_WITH: [(&str, &str); 1] = [("socketio", "transport")];

/// Crates that know of sockets, which applications do not.
const OF_SOCKETS: [&str; 7] =
    ["transport", "hyper", "hyper-util", "tokio-rustls", "rustls", "yawc", "socket2"];

struct Package {
    path: String,
    name: String,
    manifest: Table,
}

impl Package {
    fn uses(&self, section: &str) -> BTreeSet<String> {
        let table = self.manifest.get(section).and_then(Value::as_table);
        table.into_iter().flat_map(Table::keys).cloned().collect()
    }
}

fn packages() -> Vec<Package> {
    let manifests = files_ending("Cargo.toml").into_iter();
    manifests
        .filter_map(|file| {
            let manifest: Table = file.text.parse().unwrap();
            let name = manifest.get("package")?.get("name")?.as_str()?.to_owned();
            Some(Package { path: file.path, name, manifest })
        })
        .filter(|package| !package.path.starts_with("fuzz/"))
        .collect()
}

fn allowed(name: &str) -> &'static [&'static str] {
    let known = MAY_USE.iter().find(|(known, _)| *known == name);
    known.unwrap_or_else(|| panic!("say in MAY_USE what {name} may use")).1
}

fn is_ours(name: &str) -> bool {
    MAY_USE.iter().any(|(known, _)| *known == name)
}

#[test]
fn crates_use_only_crates_below_them() {
    let breaches = packages().into_iter().flat_map(|package| {
        let ours = package.uses("dependencies").into_iter().filter(|used| is_ours(used));
        let name = package.name.clone();
        ours.filter(move |used| !allowed(&name).contains(&used.as_str()))
            .map(move |used| format!("{} uses {used}", package.name))
    });
    none("arrows go down only", breaches);
}

#[test]
fn tests_use_only_the_testkit_beside_what_their_crate_may_use() {
    let breaches = packages().into_iter().flat_map(|package| {
        let ours = package.uses("dev-dependencies").into_iter().filter(|used| is_ours(used));
        let name = package.name.clone();
        let may_use = move |used: &str| {
            used == "testkit"
                || allowed(&name).contains(&used)
                || TRIED_WITH.contains(&(&name, used))
        };
        ours.filter(move |used| !may_use(used))
            .map(move |used| format!("the tests of {} use {used}", package.name))
    });
    none("tests need no more of the project than what they test", breaches);
}

#[test]
fn applications_know_nothing_of_sockets() {
    let apps = packages().into_iter().filter(|package| package.path.starts_with("apps/"));
    let breaches = apps.flat_map(|package| {
        let used = package.uses("dependencies").into_iter();
        used.filter(|used| OF_SOCKETS.contains(&used.as_str()))
            .map(move |used| format!("{} uses {used}", package.name))
    });
    none("an application turns messages into effects and knows no socket", breaches);
}

#[test]
fn a_crate_is_named_as_its_folder_and_takes_the_workspaces_lints() {
    let breaches = packages().into_iter().filter_map(|package| {
        let folder = package.path.trim_end_matches("/Cargo.toml").rsplit('/').next()?.to_owned();
        let lints = package.manifest.get("lints").and_then(|lints| lints.get("workspace"));
        let holds = folder == package.name && lints == Some(&Value::Boolean(true));
        (!holds).then(|| format!("{} in {}", package.name, package.path))
    });
    none("the folder is the name, and the lints are the workspace's", breaches);
}

#[test]
fn versions_stand_in_the_workspace_alone() {
    let breaches = packages().into_iter().flat_map(|package| {
        let sections = ["dependencies", "dev-dependencies", "build-dependencies"];
        let path = package.path.clone();
        sections
            .into_iter()
            .filter_map(move |section| package.manifest.get(section)?.as_table().cloned())
            .flatten()
            .filter(|(_, value)| value.get("workspace") != Some(&Value::Boolean(true)))
            .map(move |(name, _)| format!("{name} in {path}"))
    });
    none("a dependency's version stands once, in the root Cargo.toml", breaches);
}

#[test]
fn the_locked_crates_come_from_the_public_registry() {
    let locks = files_ending("Cargo.lock");
    assert!(locks.iter().any(|file| file.path == "Cargo.lock"), "Cargo.lock is checked in");
    let breaches = locks.iter().flat_map(|file| {
        let sources = file.text.lines().filter(|line| line.starts_with("source = "));
        sources
            .filter(|line| !line.contains("registry+https://github.com/rust-lang/crates.io-index"))
            .map(|line| format!("{}: {line}", file.path))
    });
    none("crates come from crates.io", breaches);
}

#[test]
fn the_locked_packages_name_no_place_to_download_from() {
    let breaches = files_ending("package-lock.json").into_iter().filter_map(|file| {
        let resolved = file.text.lines().filter(|line| line.contains("\"resolved\""));
        // A package of ours resolves to its folder.
        let is_named = resolved.into_iter().any(|line| line.contains("://"));
        is_named.then(|| format!("{} names addresses", file.path))
    });
    none("npm asks the registry that is set up", breaches);
}
