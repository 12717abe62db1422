//! Fetches a repository: checked again where it really is, by `git`, within bounds.
//!
//! A fetch works in a folder beside the one it is for, and moves the repository there when it is
//! whole.
//!
//! **Invariants.** `git` is given no name to resolve, no credentials, no configuration but ours, no
//! template, hook, filter or submodule, and one protocol. When [`fetch`] has failed or was dropped,
//! no process of it runs, nothing of it is on disk, and nothing stands at `into`.
//!
//! **Bounds.** [`Sources::bytes_max`] over the network, both ways together, and as much on disk;
//! [`Sources::within`] for everything; [`Sources::history_commits`] of one branch; two attempts at
//! one remote repository.
//!
//! **Pitfalls.** Dropping a fetch waits until the killed processes are gone, a second at most. One
//! that is dropped while its working folder is being made leaves removing it to who makes it.
//! If this process is killed the working folder stays, and its `git` goes on in it until it notices; the
//! next fetch for the same `into` works in another folder, and removes that one if it can.

mod command;
mod local;
mod outcome;
mod settings;
mod workplace;

use std::path::Path;

use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::debug;

use crate::proxy::{Proxy, Resolver, Verdict};
use crate::source::{Place, Remote, Source, Sources};

use command::Git;
use outcome::Outcome;
use settings::Protocol;
use workplace::Workplace;

/// Why a repository was not fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// There is none, or it is not public.
    #[error("there is no public repository at this address")]
    NotFound,
    /// It has more bytes than are allowed.
    #[error("the repository is too large")]
    TooLarge,
    /// Its `HEAD` leads to no commit.
    #[error("the repository has no commit")]
    Empty,
    /// Where it really is, is not allowed; the reason may be shown.
    #[error("the repository's address is not allowed: {0}")]
    NotAllowed(String),
    /// It took too long.
    #[error("the repository did not come in time")]
    Timeout,
    /// Anything else; the text is for a log.
    #[error("the repository could not be fetched: {0}")]
    Failed(String),
}

/// Fetches `source` and leaves a bare repository at `into`, where nothing may be yet. Its parent
/// folder is made when it is missing. One place is fetched to once at a time.
///
/// # Errors
/// [`FetchError`]; then nothing of the fetch is left.
pub async fn fetch(sources: &Sources, source: &Source, into: &Path) -> Result<(), FetchError> {
    fetch_resolving(sources, source, into, &Resolver::System).await
}

/// [`fetch`], with hosts resolved by `resolver`.
///
/// # Errors
/// [`FetchError`]; then nothing of the fetch is left.
pub async fn fetch_resolving(
    sources: &Sources,
    source: &Source,
    into: &Path,
    resolver: &Resolver,
) -> Result<(), FetchError> {
    let all = Box::pin(async {
        let workplace = Workplace::beside(into).await?;
        match source.place() {
            Place::Remote(remote) => from_remote(sources, remote, resolver, &workplace).await?,
            Place::Local { path, .. } => from_local(sources, path, &workplace).await?,
        }
        if workplace.is_over(sources.bytes_max).await {
            return Err(FetchError::TooLarge);
        }
        has_commit(&workplace).await?;
        workplace.hand_over(into)
    });
    timeout(sources.within, all).await.unwrap_or(Err(FetchError::Timeout))
}

/// Clones a repository of another machine. Some hosts have it under a name with `.git` only, and
/// redirect to that; redirects are not followed, so that name is tried instead.
async fn from_remote(
    sources: &Sources,
    remote: &Remote,
    resolver: &Resolver,
    workplace: &Workplace,
) -> Result<(), FetchError> {
    let mut outcome = clone_remote(sources, remote, resolver, workplace).await?;
    let is_short = Path::new(&remote.path).extension().is_none_or(|extension| extension != "git");
    if outcome == Outcome::Redirected && is_short {
        let longer = Remote { path: format!("{}.git", remote.path), ..remote.clone() };
        let second = clone_remote(sources, &longer, resolver, workplace).await?;
        outcome = if second == Outcome::NotFound { outcome } else { second };
    }
    outcome.into_result()
}

async fn clone_remote(
    sources: &Sources,
    remote: &Remote,
    resolver: &Resolver,
    workplace: &Workplace,
) -> Result<Outcome, FetchError> {
    let proxy = Proxy::start(remote.clone(), resolver.clone(), sources.bytes_max).await;
    let proxy = proxy.map_err(|error| FetchError::Failed(format!("no proxy: {error}")))?;
    let ca_file = sources.ca_file.as_deref().filter(|_| remote.is_private);
    let protocol = Protocol::Https { proxy: &proxy.url(), ca_file };
    workplace.settle(&protocol)?;
    let from = remote.to_string();
    let outcome = tokio::select! {
        outcome = clone(sources, from.as_ref(), &protocol, workplace) => outcome?,
        () = proxy.refused() => Outcome::Refused,
    };
    debug!(bytes = proxy.bytes(), ?outcome, "a clone ended");
    match (outcome, proxy.verdict()) {
        (Outcome::Cloned, None | Some(Verdict::Unreachable(_))) => Ok(Outcome::Cloned),
        (_, Some(verdict)) => Err(verdict.into()),
        (outcome, None) => Ok(outcome),
    }
}

async fn from_local(
    sources: &Sources,
    path: &Path,
    workplace: &Workplace,
) -> Result<(), FetchError> {
    let (path, roots) = (path.to_owned(), sources.local_roots.clone());
    let found = spawn_blocking(move || local::own_folder(&path, &roots)).await;
    let folder = found.map_err(|error| FetchError::Failed(error.to_string()))??;
    let protocol = Protocol::File { folder: &folder };
    workplace.settle(&protocol)?;
    clone(sources, &folder, &protocol, workplace).await?.into_result()
}

/// Runs `git clone` in the workplace, and stops it where it takes too much of the disk.
async fn clone(
    sources: &Sources,
    from: &Path,
    protocol: &Protocol<'_>,
    workplace: &Workplace,
) -> Result<Outcome, FetchError> {
    let depth = format!("--depth={}", sources.history_commits.max(1));
    let mut git = Git::new(workplace, protocol.name());
    git.args(["clone", "--bare", "--quiet", "--no-local", "--single-branch", "--no-tags"]);
    git.args(["--no-recurse-submodules", "--template=", &depth, "--"]);
    git.args([from.as_os_str(), workplace.repository().as_os_str()]);
    let mut running = git.start(sources.bytes_max)?;
    tokio::select! {
        ended = running.end() => Ok(Outcome::of(&ended?)),
        () = workplace.outgrown(sources.bytes_max) => Ok(Outcome::TooLarge),
    }
}

/// Cloning a repository without commits succeeds; this tells.
async fn has_commit(workplace: &Workplace) -> Result<(), FetchError> {
    let mut git = Git::new(workplace, "none");
    git.args([std::ffi::OsStr::new("--git-dir"), workplace.repository().as_os_str()]);
    git.args(["rev-parse", "--quiet", "--verify", "HEAD^{commit}"]);
    let ended = git.start(u64::MAX)?.end().await?;
    if ended.is_success { Ok(()) } else { Err(FetchError::Empty) }
}

impl From<Verdict> for FetchError {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::TooLarge => Self::TooLarge,
            Verdict::NotAllowed(reason) => Self::NotAllowed(reason),
            Verdict::Unreachable(reason) => Self::Failed(reason),
        }
    }
}
