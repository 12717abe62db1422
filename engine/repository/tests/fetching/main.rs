//! Fetching with the real `git`, from a real host over TLS and from this machine's disk.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bounds;
mod disk;
mod host;
mod network;
mod processes;
mod sample;

use std::path::PathBuf;
use std::time::Duration;

use repository::{FetchError, Resolver, Sources, fetch_resolving};
use tempfile::TempDir;

use host::Host;

/// A folder to fetch into.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn place(&self) -> PathBuf {
        self.folder.path().join("fetched")
    }

    fn is_empty(&self) -> bool {
        std::fs::read_dir(self.folder.path()).unwrap().count() == 0
    }

    /// Fetches `url` with `sources`; whatever fails leaves nothing.
    async fn fetch(&self, sources: &Sources, url: &str) -> Result<(), FetchError> {
        self.fetch_resolving(sources, url, &Resolver::System).await
    }

    async fn fetch_resolving(
        &self,
        sources: &Sources,
        url: &str,
        resolver: &Resolver,
    ) -> Result<(), FetchError> {
        let source = sources.check(url).unwrap();
        let fetched = fetch_resolving(sources, &source, &self.place(), resolver).await;
        match &fetched {
            Ok(()) => assert_eq!(std::fs::read_dir(self.folder.path()).unwrap().count(), 1),
            Err(error) => {
                assert!(self.is_empty(), "a fetch that failed leaves nothing");
                assert!(!error.to_string().contains("fetch:"), "the proxy's secret: {error}");
            }
        }
        fetched
    }

    /// What `git` says of the fetched repository.
    fn git(&self, args: &[&str]) -> String {
        sample::git(&self.place(), args)
    }
}

/// Sources that know `host` as a private one, and its authority.
fn sources_of(host: &Host) -> Sources {
    Sources {
        private_hosts: vec![host.place()],
        ca_file: Some(host.ca_file()),
        within: Duration::from_secs(300),
        ..Sources::default()
    }
}
