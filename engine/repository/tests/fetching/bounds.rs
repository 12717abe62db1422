//! Bounds of a fetch, and what is left when it reaches one.

use std::time::Duration;

use repository::{FetchError, Sources, fetch};
use rustix::process::{Pid, Signal, kill_process};
use tokio::task::JoinSet;

use crate::host::{Host, Manner};
use crate::sample::Sample;
use crate::{Desk, processes, sources_of};

/// Bytes that do not compress.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut noise = Vec::with_capacity(bytes + 8);
    while noise.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend(state.to_le_bytes());
    }
    noise
}

#[tokio::test]
async fn a_pack_without_end_is_cut_where_its_bytes_reach_the_bound() {
    let sample = Sample::new("a");
    let host = Host::start(Manner::NeverEnds(sample.root())).await;
    let sources = Sources { bytes_max: 20_000_000, ..sources_of(&host) };
    let fetched = Desk::new().fetch(&sources, &host.url("a")).await;
    assert_eq!(fetched, Err(FetchError::TooLarge));
    assert!(host.sent() < 60_000_000, "{} bytes were taken from the host", host.sent());
    assert!(processes::with(&host.place()).is_empty());
}

#[tokio::test]
async fn a_repository_over_the_bound_is_too_large_wherever_it_is() {
    let sample = Sample::new("a");
    sample.commit("noise", noise(3_000_000));
    let host = Host::start(Manner::Serves(sample.root())).await;
    for (bytes_max, fits) in [(1_000_000, false), (2_900_000, false), (6_000_000, true)] {
        let sources = Sources { bytes_max, local_roots: vec![sample.root()], ..sources_of(&host) };
        for url in [host.url("a"), sample.path().to_str().unwrap().to_owned()] {
            let fetched = Desk::new().fetch(&sources, &url).await;
            let wanted = if fits { Ok(()) } else { Err(FetchError::TooLarge) };
            assert_eq!(fetched, wanted, "{bytes_max} {url}");
        }
    }
}

#[tokio::test]
async fn a_blob_that_would_inflate_beyond_the_bound_is_kept_as_it_came() {
    let sample = Sample::new("a");
    sample.commit("zeros", vec![0; 120_000_000]);
    let host = Host::start(Manner::Serves(sample.root())).await;
    let sources = Sources { bytes_max: 5_000_000, ..sources_of(&host) };
    let desk = Desk::new();
    desk.fetch(&sources, &host.url("a")).await.unwrap();
    assert_eq!(desk.git(&["cat-file", "-s", "HEAD:zeros"]), "120000000");
}

#[tokio::test]
async fn a_host_that_never_answers_ends_at_the_deadline() {
    let host = Host::start(Manner::Hangs).await;
    let sources = Sources { within: Duration::from_millis(1500), ..sources_of(&host) };
    let fetched = Desk::new().fetch(&sources, &host.url("a")).await;
    assert_eq!(fetched, Err(FetchError::Timeout));
    assert!(processes::with(&host.place()).is_empty());
}

#[tokio::test]
async fn a_fetch_that_is_dropped_leaves_no_process_and_no_file() {
    let host = Host::start(Manner::Hangs).await;
    let desk = Desk::new();
    let sources = sources_of(&host);
    let source = sources.check(&host.url("a")).unwrap();
    let into = desk.place();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { fetch(&sources, &source, &into).await });
    host.asked().await;
    let running = processes::with(&host.place());
    assert!(running.len() >= 2, "git and its helper run: {running:?}");
    assert!(running.iter().all(|(_, line)| !line.contains("fetch:")), "{running:?}");
    assert!(!desk.is_empty());
    tasks.shutdown().await;
    assert!(processes::with(&host.place()).is_empty());
    assert!(desk.is_empty());
}

#[tokio::test]
async fn wherever_a_fetch_is_dropped_there_is_all_or_nothing() {
    let sample = Sample::new("a");
    sample.commit("noise", noise(2_000_000));
    let host = Host::start(Manner::Serves(sample.root())).await;
    let sources = Sources { local_roots: vec![sample.root()], ..sources_of(&host) };
    for url in [host.url("a"), sample.path().to_str().unwrap().to_owned()] {
        let source = sources.check(&url).unwrap();
        for millis in (0..30).chain((30..600).step_by(30)) {
            let desk = Desk::new();
            let place = desk.place();
            let fetching = fetch(&sources, &source, &place);
            let ended = tokio::time::timeout(Duration::from_millis(millis), fetching).await;
            assert!(processes::with(place.to_str().unwrap()).is_empty(), "after {millis} ms");
            if ended.is_ok() {
                assert_eq!(desk.git(&["rev-list", "--count", "HEAD"]), "2");
                std::fs::remove_dir_all(&place).unwrap();
            }
            settled(&desk).await;
        }
    }
}

/// Waits until nothing is on the desk: a working folder that was being made when its fetch was
/// dropped is removed by who made it.
async fn settled(desk: &Desk) {
    for _ in 0..500 {
        if desk.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(desk.is_empty(), "something is left");
}

#[tokio::test]
async fn a_git_that_somebody_kills_is_a_failure_that_leaves_nothing() {
    let host = Host::start(Manner::Hangs).await;
    for is_helper in [false, true] {
        let desk = Desk::new();
        let sources = sources_of(&host);
        let url = host.url("a");
        let killing = async {
            host.asked().await;
            let running = processes::with(&host.place());
            let found =
                running.iter().find(|(_, line)| line.contains("git-remote-https") == is_helper);
            let pid = Pid::from_raw(found.unwrap().0.cast_signed()).unwrap();
            kill_process(pid, Signal::KILL).unwrap();
        };
        let (fetched, ()) = tokio::join!(desk.fetch(&sources, &url), killing);
        assert!(matches!(fetched, Err(FetchError::Failed(_))), "{fetched:?}");
        assert!(processes::with(&host.place()).is_empty());
    }
}
