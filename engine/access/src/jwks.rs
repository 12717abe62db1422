//! The public keys of the configured issuer, fetched when they are needed.
//!
//! ```text
//!   key known, younger than 10 min ──────────────────────────► used
//!   key known, older, or unknown ── 30 s since the last try? ─► fetch (one at a time), then again
//!                                   else: known and under 1 h ─► used, though stale
//!                                         unknown ────────────► refused, or unavailable where
//!                                                                nothing could be fetched
//! ```
//!
//! **Invariants**
//! - One issuer, one URL, one set of keys: a key is only ever looked up among its issuer's own.
//! - At most one fetch at a time and one in [`REFETCH_AFTER`], whatever tokens say. Nothing is kept
//!   of key ids that are unknown, so that there is nothing for a flood of them to fill.
//! - A fetch runs as a task of its own: whoever asked for it may go away without stopping it.

mod fetch;
mod keys;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{Clock, Monotonic};
use tokio::sync::watch;

use crate::{JwksConfig, TokenError};
use fetch::Fetcher;
pub(crate) use keys::PublicKey;

/// Keys younger than this are used without asking.
const FRESH_FOR: Duration = Duration::from_secs(10 * 60);
/// Between two fetches.
const REFETCH_AFTER: Duration = Duration::from_secs(30);
/// Keys that cannot be fetched anew are used this long.
const STALE_FOR: Duration = Duration::from_secs(60 * 60);
/// Verifications that may wait for one fetch; further ones are told that it is unavailable.
const WAITING_MAX: usize = 1024;

/// What can be said of a key at once.
pub(crate) enum Look {
    /// The key, or that it will not be had now.
    Settled(Result<Arc<PublicKey>, TokenError>),
    /// Only a fetch can tell.
    Fetch,
    /// The fetch that is under way will tell.
    Wait,
}

/// An issuer and what is known of its keys.
pub(crate) struct Issuer {
    config: JwksConfig,
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Told at the end of each fetch.
    fetched: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    /// By key id; as many as a set may have.
    keys: HashMap<Box<str>, Arc<PublicKey>>,
    /// When `keys` was fetched.
    fetched_at: Option<Monotonic>,
    /// When a fetch last began.
    tried_at: Option<Monotonic>,
    is_fetching: bool,
}

impl Issuer {
    pub(crate) fn new(config: JwksConfig, clock: Arc<dyn Clock>) -> Arc<Self> {
        let fetcher = Fetcher::new(&config.url);
        let fetched = watch::Sender::new(());
        Arc::new(Self { config, fetcher, clock, state: Mutex::default(), fetched })
    }

    pub(crate) fn config(&self) -> &JwksConfig {
        &self.config
    }

    /// The key `kid`, as far as that can be said without waiting.
    pub(crate) fn look(&self, kid: &str) -> Look {
        self.lock().look(kid, self.clock.monotonic())
    }

    /// The key `kid`; waits for a fetch where only that can tell.
    pub(crate) async fn key(self: &Arc<Self>, kid: &str) -> Result<Arc<PublicKey>, TokenError> {
        let mut fetched = match self.look_or_fetch(kid) {
            Ok(fetched) => fetched,
            Err(settled) => return settled,
        };
        let _ended = fetched.changed().await;
        self.lock().settle(kid, self.clock.monotonic())
    }

    /// Either what is settled, as `Err`, or what tells of the end of a fetch that was begun here or
    /// before.
    fn look_or_fetch(
        self: &Arc<Self>,
        kid: &str,
    ) -> Result<watch::Receiver<()>, Result<Arc<PublicKey>, TokenError>> {
        let now = self.clock.monotonic();
        let mut state = self.lock();
        let look = state.look(kid, now);
        if let Look::Settled(key) = look {
            return Err(key);
        }
        if self.fetched.receiver_count() >= WAITING_MAX {
            return Err(Err(TokenError::Unavailable));
        }
        let fetched = self.fetched.subscribe();
        if matches!(look, Look::Fetch) {
            state.is_fetching = true;
            state.tried_at = Some(now);
            let flight = Flight(Arc::clone(self));
            tokio::spawn(flight.fly());
        }
        Ok(fetched)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn look(&self, kid: &str, now: Monotonic) -> Look {
        let known = self.keys.get(kid);
        if let Some(key) = known.filter(|_| self.is_within(FRESH_FOR, now)) {
            return Look::Settled(Ok(Arc::clone(key)));
        }
        let is_usable = known.is_some() && self.is_within(STALE_FOR, now);
        let may_fetch = self.tried_at.is_none_or(|at| now.since(at) >= REFETCH_AFTER);
        match (self.is_fetching, is_usable) {
            (true, false) => Look::Wait,
            (false, _) if may_fetch => Look::Fetch,
            _ => Look::Settled(self.settle(kid, now)),
        }
    }

    /// What there is to say without a fetch.
    fn settle(&self, kid: &str, now: Monotonic) -> Result<Arc<PublicKey>, TokenError> {
        if !self.is_within(STALE_FOR, now) {
            return Err(TokenError::Unavailable);
        }
        match self.keys.get(kid) {
            Some(key) => Ok(Arc::clone(key)),
            None if self.tried_at > self.fetched_at => Err(TokenError::Unavailable),
            None => Err(TokenError::Invalid),
        }
    }

    /// Whether the keys are there and younger than `span`.
    fn is_within(&self, span: Duration, now: Monotonic) -> bool {
        self.fetched_at.is_some_and(|at| now.since(at) < span)
    }
}

/// A fetch under way; dropped, it is over, however it ended.
struct Flight(Arc<Issuer>);

impl Flight {
    async fn fly(self) {
        let Self(issuer) = &self;
        let started = issuer.lock().tried_at;
        match issuer.fetcher.fetch().await {
            Ok(keys) => {
                let count = keys.len();
                let mut state = issuer.lock();
                state.keys = keys;
                state.fetched_at = started;
                drop(state);
                tracing::debug!(issuer = %issuer.config.issuer, count, "fetched the issuer's keys");
            }
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                let issuer = &issuer.config.issuer;
                tracing::warn!(%issuer, error, "cannot fetch the issuer's keys");
            }
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.lock().is_fetching = false;
        self.0.fetched.send_replace(());
    }
}
