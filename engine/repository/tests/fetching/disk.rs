//! Cloning from this machine's disk: only what stands below a root, with all that belongs to it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use repository::{FetchError, Sources};

use crate::Desk;
use crate::sample::Sample;

fn sources_below(root: &Path) -> Sources {
    Sources { local_roots: vec![root.to_owned()], ..Sources::default() }
}

async fn fetch(sample: &Sample, path: impl AsRef<Path>) -> Result<(), FetchError> {
    let url = sample.root().join(path);
    Desk::new().fetch(&sources_below(&sample.root()), url.to_str().unwrap()).await
}

fn is_not_allowed(fetched: &Result<(), FetchError>) -> bool {
    matches!(fetched, Err(FetchError::NotAllowed(_)))
}

#[tokio::test]
async fn a_repository_below_a_root_comes_however_it_is_named() {
    for name in ["a", "a b", "a:b", "a%20b", "it's \"a\"", "schön", "-a"] {
        let sample = Sample::new(name);
        let path = sample.path();
        let by_url = url::Url::from_file_path(&path).unwrap().to_string();
        let by_path = path.to_str().unwrap().to_owned();
        let inner = format!("{by_path}/.git");
        for given in [by_path, by_url, inner] {
            let desk = Desk::new();
            desk.fetch(&sources_below(&sample.root()), &given).await.unwrap();
            assert_eq!(desk.git(&["rev-list", "--count", "HEAD"]), "1", "{given}");
        }
    }
}

#[tokio::test]
async fn a_bare_repository_comes_with_as_much_history_as_is_asked_for() {
    let sample = Sample::new("a");
    for number in 0..7 {
        sample.commit("counter", number.to_string());
    }
    sample.git(&["clone", "--quiet", "--bare", ".", "../b.git"]);
    let desk = Desk::new();
    let sources = Sources { history_commits: 3, ..sources_below(&sample.root()) };
    desk.fetch(&sources, sample.root().join("b.git").to_str().unwrap()).await.unwrap();
    assert_eq!(desk.git(&["rev-list", "--count", "HEAD"]), "3");
}

#[tokio::test]
async fn what_is_no_repository_is_not_found() {
    let sample = Sample::new("a");
    fs::create_dir(sample.root().join("plain")).unwrap();
    fs::write(sample.root().join("file"), "x").unwrap();
    for path in ["none", "plain", "file", "a/src", "", "a/none"] {
        assert_eq!(fetch(&sample, path).await, Err(FetchError::NotFound), "{path}");
    }
    assert_eq!(fetch(&Sample::empty("b"), "b").await, Err(FetchError::Empty));
}

#[tokio::test]
async fn links_are_followed_only_as_far_as_the_roots_go() {
    let (sample, other) = (Sample::new("a"), Sample::new("secret"));
    symlink("a", sample.root().join("within")).unwrap();
    symlink(other.path(), sample.root().join("out")).unwrap();
    symlink(other.root(), sample.root().join("folder")).unwrap();
    assert_eq!(fetch(&sample, "within").await, Ok(()));
    for path in ["out", "out/.git", "folder/secret"] {
        let fetched = fetch(&sample, path).await;
        assert!(is_not_allowed(&fetched), "{path}: {fetched:?}");
    }
}

#[tokio::test]
async fn a_repository_that_refers_to_another_folder_is_not_read() {
    let other = Sample::new("secret");
    let objects = other.path().join(".git/objects");

    let linked = Sample::empty("a");
    fs::remove_dir_all(linked.path().join(".git")).unwrap();
    symlink(other.path().join(".git"), linked.path().join(".git")).unwrap();

    let pointing = Sample::empty("a");
    fs::remove_dir_all(pointing.path().join(".git")).unwrap();
    let to = format!("gitdir: {}\n", other.path().join(".git").display());
    fs::write(pointing.path().join(".git"), to).unwrap();

    let borrowing = Sample::new("a");
    let alternates = borrowing.path().join(".git/objects/info/alternates");
    fs::create_dir_all(alternates.parent().unwrap()).unwrap();
    fs::write(alternates, format!("{}\n", objects.display())).unwrap();

    let elsewhere = Sample::empty("a");
    fs::remove_dir_all(elsewhere.path().join(".git/objects")).unwrap();
    symlink(&objects, elsewhere.path().join(".git/objects")).unwrap();

    let branch = Sample::new("a");
    let heads = branch.path().join(".git/refs/heads/main");
    fs::remove_file(&heads).unwrap();
    symlink(other.path().join(".git/refs/heads/main"), heads).unwrap();

    let common = Sample::new("a");
    let to = other.path().join(".git");
    fs::write(common.path().join(".git/commondir"), to.to_str().unwrap()).unwrap();

    let nested = Sample::new("a");
    let to = format!("gitdir: {}\n", other.path().join(".git").display());
    fs::write(nested.path().join(".git/.git"), to).unwrap();

    for (what, sample) in [
        ("a link for its folder", linked),
        ("a file for its folder", pointing),
        ("objects borrowed", borrowing),
        ("objects elsewhere", elsewhere),
        ("a branch elsewhere", branch),
        ("a common folder", common),
        ("a folder in its folder", nested),
    ] {
        let fetched = fetch(&sample, "a").await;
        assert!(is_not_allowed(&fetched), "{what}: {fetched:?}");
    }
}

#[tokio::test]
async fn nothing_that_a_repositorys_own_configuration_names_is_run() {
    let sample = Sample::new("a");
    let ran = sample.root().join("ran");
    let script = sample.root().join("script");
    fs::write(&script, format!("#!/bin/sh\ntouch {}\nexit 1\n", ran.display())).unwrap();
    Command::new("chmod").arg("+x").arg(&script).status().unwrap();
    let script = script.to_str().unwrap();
    for key in [
        "uploadpack.packObjectsHook",
        "core.fsmonitor",
        "core.sshCommand",
        "core.alternateRefsCommand",
        "core.pager",
        "core.editor",
        "core.askPass",
        "credential.helper",
        "gpg.program",
        "diff.external",
        "filter.x.smudge",
    ] {
        sample.git(&["config", key, script]);
    }
    sample.git(&["config", "extensions.partialClone", "origin"]);
    sample.git(&["config", "remote.origin.promisor", "true"]);
    sample.git(&["config", "remote.origin.url", &format!("ext::{script}")]);
    for hook in ["post-checkout", "post-upload-pack", "pre-upload-pack", "reference-transaction"] {
        let hooks = sample.path().join(".git/hooks");
        fs::create_dir_all(&hooks).unwrap();
        fs::copy(script, hooks.join(hook)).unwrap();
    }
    assert_eq!(fetch(&sample, "a").await, Ok(()));
    assert!(!ran.exists());
}

#[tokio::test]
async fn a_repository_of_somebody_else_comes_though_git_alone_would_refuse_it() {
    let sample = Sample::new("a");
    let owner = ["-R", "65534:65534", sample.path().to_str().unwrap()].map(str::to_owned);
    let given = Command::new("chown").args(&owner).output().unwrap();
    // Only root may give files away; elsewhere there is no repository of somebody else's to test.
    if !given.status.success() {
        return;
    }
    let alone = Command::new("git")
        .args(["upload-pack", sample.path().to_str().unwrap()])
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&alone.stderr).contains("dubious ownership"));
    assert_eq!(fetch(&sample, "a").await, Ok(()));
}
