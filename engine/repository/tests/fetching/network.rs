//! Cloning from a host: what comes, and what leads elsewhere.

use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use repository::{FetchError, Resolver, Sources, fetch};
use tokio::task::JoinSet;

use crate::host::{Host, Manner};
use crate::sample::{Sample, git};
use crate::{Desk, sources_of};

fn resolving(addresses: &[&str]) -> Resolver {
    let addresses: Vec<IpAddr> = addresses.iter().map(|it| it.parse().unwrap()).collect();
    Resolver::Function(Arc::new(move |_| addresses.clone()))
}

/// The bytes of an id in hexadecimal.
fn raw(id: &str) -> Vec<u8> {
    let digits = (0..id.len()).step_by(2).map(|at| &id[at..at + 2]);
    digits.map(|two| u8::from_str_radix(two, 16).unwrap()).collect()
}

fn is_not_allowed(fetched: &Result<(), FetchError>) -> bool {
    matches!(fetched, Err(FetchError::NotAllowed(_)))
}

#[tokio::test]
async fn a_repository_comes_bare_with_its_commit_and_nothing_of_ours() {
    let sample = Sample::new("a");
    let host = Host::start(Manner::Serves(sample.root())).await;
    let desk = Desk::new();
    desk.fetch(&sources_of(&host), &host.url("a")).await.unwrap();
    assert_eq!(desk.git(&["rev-parse", "HEAD"]), sample.git(&["rev-parse", "HEAD"]));
    assert_eq!(desk.git(&["rev-parse", "--is-bare-repository"]), "true");
    assert_eq!(desk.git(&["show", "HEAD:src/main.rs"]), "fn main() {}");
    let mode = std::fs::metadata(desk.place()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "it is its owner's alone");
    assert!(!desk.place().join("hooks").exists(), "no template is copied");
    let config = std::fs::read_to_string(desk.place().join("config")).unwrap();
    assert!(!config.contains("proxy") && !config.contains('@'), "{config}");
}

#[tokio::test]
async fn a_relative_place_is_as_good_as_an_absolute_one() {
    let sample = Sample::new("a");
    let host = Host::start(Manner::Serves(sample.root())).await;
    let (desk, sources) = (Desk::new(), sources_of(&host));
    let upwards = std::env::current_dir().unwrap().components().skip(1).map(|_| "..").collect();
    let upwards: std::path::PathBuf = upwards;
    let place = upwards.join(desk.place().strip_prefix("/").unwrap());
    let source = sources.check(&host.url("a")).unwrap();
    assert_eq!(fetch(&sources, &source, &place).await, Ok(()));
    assert_eq!(desk.git(&["rev-list", "--count", "HEAD"]), "1");
}

#[tokio::test]
async fn only_the_first_commits_of_one_branch_come_and_no_tags() {
    let sample = Sample::new("a");
    for number in 0..12 {
        sample.commit("counter", number.to_string());
    }
    sample.git(&["tag", "v1"]);
    sample.git(&["branch", "other", "HEAD~3"]);
    let host = Host::start(Manner::Serves(sample.root())).await;
    let desk = Desk::new();
    let sources = Sources { history_commits: 5, ..sources_of(&host) };
    desk.fetch(&sources, &host.url("a")).await.unwrap();
    assert_eq!(desk.git(&["rev-list", "--count", "HEAD"]), "5");
    assert_eq!(desk.git(&["for-each-ref", "--format=%(refname)"]), "refs/heads/main");
}

#[tokio::test]
async fn several_repositories_come_at_once() {
    let sample = Sample::new("a");
    let host = Host::start(Manner::Serves(sample.root())).await;
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let (sources, url) = (sources_of(&host), host.url("a"));
        tasks.spawn(async move { Desk::new().fetch(&sources, &url).await });
    }
    let fetched = tasks.join_all().await;
    assert_eq!(fetched, vec![Ok(()); 4]);
}

#[tokio::test]
async fn submodules_are_not_fetched() {
    let sample = Sample::new("a");
    let host = Host::start(Manner::Serves(sample.root())).await;
    let id = sample.git(&["rev-parse", "HEAD"]);
    let modules = format!("[submodule \"b\"]\n\tpath = b\n\turl = {}\n", host.url("b"));
    std::fs::write(sample.path().join(".gitmodules"), modules).unwrap();
    sample.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{id},b")]);
    sample.git(&["add", ".gitmodules"]);
    sample.git(&["commit", "--quiet", "--message", "submodule"]);
    let desk = Desk::new();
    desk.fetch(&sources_of(&host), &host.url("a")).await.unwrap();
    assert!(desk.git(&["ls-tree", "HEAD"]).contains("160000 commit"));
    assert!(host.paths().iter().all(|path| path.starts_with("/a/")), "{:?}", host.paths());
}

#[tokio::test]
async fn a_repository_without_a_commit_is_empty() {
    let empty = Sample::empty("a");
    let host = Host::start(Manner::Serves(empty.root())).await;
    let fetched = Desk::new().fetch(&sources_of(&host), &host.url("a")).await;
    assert_eq!(fetched, Err(FetchError::Empty));

    let unborn = Sample::new("a");
    unborn.git(&["symbolic-ref", "HEAD", "refs/heads/nothing"]);
    let host = Host::start(Manner::Serves(unborn.root())).await;
    let fetched = Desk::new().fetch(&sources_of(&host), &host.url("a")).await;
    assert_eq!(fetched, Err(FetchError::Empty));
}

#[tokio::test]
async fn what_is_not_there_or_not_public_is_not_found() {
    let sample = Sample::new("a");
    let host = Host::start(Manner::Serves(sample.root())).await;
    let fetched = Desk::new().fetch(&sources_of(&host), &host.url("b")).await;
    assert_eq!(fetched, Err(FetchError::NotFound));
    for (status, text) in
        [(401, ""), (403, ""), (404, ""), (410, ""), (200, "<html>\n<p>\tA page</p>\n</html>\n")]
    {
        let host = Host::start(Manner::Says(status, text)).await;
        let fetched = Desk::new().fetch(&sources_of(&host), &host.url("a")).await;
        assert_eq!(fetched, Err(FetchError::NotFound), "{status}");
    }
}

#[tokio::test]
async fn a_host_that_fails_is_told_with_gits_words() {
    let host = Host::start(Manner::Says(500, "")).await;
    let fetched = Desk::new().fetch(&sources_of(&host), &host.url("a")).await;
    let Err(FetchError::Failed(words)) = fetched else { panic!("{fetched:?}") };
    assert!(words.contains("returned error: 500"), "{words}");
}

#[tokio::test]
async fn a_redirect_leads_nowhere_whatever_it_says() {
    let sample = Sample::new("a");
    let inner = Host::start(Manner::Serves(sample.root())).await;
    for status in [301, 302, 303, 307, 308] {
        for to in [
            format!("https://{}", inner.place()),
            format!("http://127.0.0.1:{}", inner.port()),
            "http://169.254.169.254/latest".to_owned(),
            "file:///etc".to_owned(),
        ] {
            let host = Host::start(Manner::Redirects(status, to.clone())).await;
            let mut sources = sources_of(&host);
            sources.private_hosts.push(inner.place());
            let fetched = Desk::new().fetch(&sources, &host.url("a")).await;
            assert!(is_not_allowed(&fetched), "{status} to {to}: {fetched:?}");
        }
    }
    let late = Manner::RedirectsLate(sample.root(), format!("https://{}", inner.place()));
    let host = Host::start(late).await;
    let fetched = Desk::new().fetch(&sources_of(&host), &host.url("a")).await;
    assert!(is_not_allowed(&fetched), "{fetched:?}");
    assert_eq!(inner.connections(), 0, "nobody went there");
}

#[tokio::test]
async fn a_host_that_knows_a_repository_only_with_git_behind_its_name_gives_it() {
    let sample = Sample::new("a.git");
    let host = Host::start(Manner::ServesLongNames(sample.root())).await;
    let desk = Desk::new();
    desk.fetch(&sources_of(&host), &host.url("a")).await.unwrap();
    assert_eq!(desk.git(&["rev-list", "--count", "HEAD"]), "1");
}

#[tokio::test]
async fn plain_files_and_their_alternates_are_not_followed() {
    let sample = Sample::new("a");
    let inner = Host::start(Manner::Serves(sample.root())).await;
    sample.git(&["clone", "--quiet", "--bare", ".", "../b.git"]);
    let bare = sample.root().join("b.git");
    git(&bare, &["update-server-info"]);
    let info = bare.join("objects/info");
    std::fs::create_dir_all(&info).unwrap();
    std::fs::write(info.join("http-alternates"), inner.url("a/.git/objects")).unwrap();
    let id = git(&bare, &["rev-parse", "HEAD"]);
    let loose = bare.join("objects").join(&id[..2]).join(&id[2..]);
    std::fs::remove_file(loose).unwrap();
    let host = Host::start(Manner::Files(sample.root())).await;
    let fetched = Desk::new().fetch(&sources_of(&host), &host.url("b.git")).await;
    assert_eq!(fetched, Err(FetchError::NotFound));
    assert_eq!(inner.connections(), 0, "nobody went there");
}

#[tokio::test]
async fn a_listed_host_that_resolves_inside_is_refused_before_a_packet_goes_there() {
    let sample = Sample::new("a");
    let host = Host::named("git.example", Manner::Serves(sample.root())).await;
    let place = format!("git.example:{}", host.port());
    let sources = Sources { hosts: vec![place.clone()], ..sources_of(&host) };
    let url = format!("https://{place}/a");
    for inside in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "10.0.0.1", "0.0.0.0"]
    {
        for answer in [vec![inside], vec!["140.82.121.4", inside]] {
            let resolver = resolving(&answer);
            let fetched = Desk::new().fetch_resolving(&sources, &url, &resolver).await;
            assert!(is_not_allowed(&fetched), "{answer:?}: {fetched:?}");
        }
    }
    assert_eq!(host.connections(), 0);

    let named = Sources { private_hosts: vec![place], ..sources };
    let fetched = Desk::new().fetch_resolving(&named, &url, &resolving(&["127.0.0.1"])).await;
    assert_eq!(fetched, Ok(()), "the same host, named as private");
}

#[tokio::test]
async fn an_answer_that_changes_between_two_connections_is_checked_again() {
    let sample = Sample::new("a.git");
    let host = Host::named("git.example", Manner::ServesLongNames(sample.root())).await;
    let place = format!("git.example:{}", host.port());
    let sources = Sources { private_hosts: vec![place.clone()], ..sources_of(&host) };
    let turn = AtomicUsize::new(0);
    let changing = Resolver::Function(Arc::new(move |_| {
        let address = match turn.fetch_add(1, Ordering::SeqCst) {
            0 => "127.0.0.1",
            _ => "0.0.0.0",
        };
        vec![address.parse().unwrap()]
    }));
    let url = format!("https://{place}/a");
    let fetched = Desk::new().fetch_resolving(&sources, &url, &changing).await;
    assert!(is_not_allowed(&fetched), "{fetched:?}");
    assert!(host.paths().iter().all(|path| !path.starts_with("/a.git")), "{:?}", host.paths());
}

#[tokio::test]
async fn a_host_that_does_not_resolve_or_answer_fails() {
    let sources = Sources { hosts: vec!["git.example:1".into()], ..Sources::default() };
    let url = "https://git.example:1/a";
    let fetched = Desk::new().fetch_resolving(&sources, url, &resolving(&[])).await;
    let words = "git.example does not resolve".to_owned();
    assert_eq!(fetched, Err(FetchError::Failed(words)));

    let sources = Sources { private_hosts: vec!["git.example:1".into()], ..Sources::default() };
    let fetched = Desk::new().fetch_resolving(&sources, url, &resolving(&["127.0.0.1"])).await;
    let words = "git.example cannot be reached".to_owned();
    assert_eq!(fetched, Err(FetchError::Failed(words)));
}

#[tokio::test]
async fn a_certificate_of_another_authority_or_host_is_not_believed() {
    let sample = Sample::new("a");
    let host = Host::start(Manner::Serves(sample.root())).await;
    let other = Host::start(Manner::Hangs).await;
    let imposter = Host::named("github.com", Manner::Serves(sample.root())).await;
    for (sources, host) in [
        (Sources { ca_file: None, ..sources_of(&host) }, &host),
        (Sources { ca_file: Some(other.ca_file()), ..sources_of(&host) }, &host),
        (Sources { ca_file: Some(Path::new("/nowhere").into()), ..sources_of(&host) }, &host),
        (sources_of(&imposter), &imposter),
    ] {
        let fetched = Desk::new().fetch(&sources, &host.url("a")).await;
        assert!(matches!(fetched, Err(FetchError::Failed(_))), "{fetched:?}");
        assert!(host.paths().is_empty());
    }
}

#[tokio::test]
async fn marks_of_old_age_in_a_history_are_let_through() {
    let sample = Sample::new("a");
    let blob = sample.git(&["rev-parse", "HEAD:src/main.rs"]);
    let bytes = raw(&blob);
    let inner = sample.object("tree", &[b"100664 main.rs\0".as_slice(), &bytes].concat());
    let id = raw(&inner);
    let tree = sample.object("tree", &[b"040000 src\0".as_slice(), &id].concat());
    let commit = format!(
        "tree {tree}\nauthor Ada<ada@example.org> 1300000000 -51800\ncommitter Ada \
         <ada@example.org> 1300000000 +051800\n\nold\n"
    );
    let commit = sample.object("commit", commit.as_bytes());
    sample.git(&["update-ref", "refs/heads/main", &commit]);
    let host = Host::start(Manner::Serves(sample.root())).await;
    assert_eq!(Desk::new().fetch(&sources_of(&host), &host.url("a")).await, Ok(()));
}

#[tokio::test]
async fn objects_made_to_harm_are_refused() {
    let sample = Sample::new("a");
    let blob = sample.git(&["rev-parse", "HEAD:src/main.rs"]);
    let bytes = raw(&blob);
    for name in [".git", "..", ".GIT", "git~1", "a/b"] {
        let entry = format!("100644 {name}\0");
        let tree = sample.object("tree", &[entry.as_bytes(), &bytes].concat());
        let commit = sample.git(&["commit-tree", "-m", "evil", &tree]);
        sample.git(&["update-ref", "refs/heads/main", &commit]);
        let host = Host::start(Manner::Serves(sample.root())).await;
        let fetched = Desk::new().fetch(&sources_of(&host), &host.url("a")).await;
        assert!(matches!(fetched, Err(FetchError::Failed(_))), "{name}: {fetched:?}");
    }
}
