//! The contexts in memory.
//!
//! **Invariants.** A context goes only when nobody holds it, nobody watches it, and all of it is written:
//! then reading it again gives the same.

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::Monotonic;

use super::context::{Context, Past};
use super::{BYTES_MAX, CONTEXTS_MAX, Unavailable};

/// Contexts that are left when some have to go.
const CONTEXTS_LEFT: usize = CONTEXTS_MAX / 10 * 9;
/// Bytes that are left when some have to go.
const BYTES_LEFT: usize = BYTES_MAX / 10 * 9;
/// Milliseconds after which an unused context goes in any case: its windows are empty then.
const UNUSED_MILLIS: u64 = 2 * 60 * 60 * 1000;

/// All contexts in memory, by name.
#[derive(Default)]
pub(crate) struct Table {
    contexts: Mutex<HashMap<Arc<str>, Arc<Context>>>,
    /// About how many bytes they took when they were looked through last.
    bytes: AtomicUsize,
}

impl Table {
    /// The context of this name, and whether it is new.
    pub(crate) fn get(
        &self,
        name: &str,
        now: Monotonic,
    ) -> Result<(Arc<Context>, bool), Unavailable> {
        let mut contexts = self.lock();
        if let Some(context) = contexts.get(name) {
            context.used.store(now.0, Relaxed);
            return Ok((Arc::clone(context), false));
        }
        if self.is_full() || contexts.len() >= CONTEXTS_MAX {
            return Err(Unavailable::Full);
        }
        let context = Arc::new(Context::new(name));
        context.used.store(now.0, Relaxed);
        contexts.insert(Arc::clone(&context.name), Arc::clone(&context));
        Ok((context, true))
    }

    /// The context of this name, if it is in memory.
    pub(crate) fn find(&self, name: &str) -> Option<Arc<Context>> {
        self.lock().get(name).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Context>> {
        self.lock().values().cloned().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether the contexts take so much memory that none of them may grow.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes() > BYTES_MAX
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Relaxed)
    }

    /// Lets go what nobody has used for long, and past the bounds what has not been used for the longest
    /// time.
    pub(crate) fn tidy_up(&self, now: Monotonic) {
        let mut sizes: Vec<(u64, usize, Arc<str>)> = Vec::new();
        for context in self.all() {
            let bytes = context.lock().bytes();
            sizes.push((context.used.load(Relaxed), bytes, Arc::clone(&context.name)));
        }
        sizes.sort_unstable();
        let (mut count, mut bytes) = (sizes.len(), sizes.iter().map(|(_, bytes, _)| bytes).sum());
        for (used, size, name) in sizes {
            let is_over = count > CONTEXTS_LEFT || bytes > BYTES_LEFT;
            if !is_over && now.0.saturating_sub(used) < UNUSED_MILLIS {
                break;
            }
            if self.let_go(&name) {
                count -= 1;
                bytes -= size;
            }
        }
        self.bytes.store(bytes, Relaxed);
    }

    fn let_go(&self, name: &str) -> bool {
        let mut contexts = self.lock();
        let Some(context) = contexts.get(name) else { return false };
        let is_free = Arc::strong_count(context) == 1 && context.watched.load(Relaxed) == 0;
        if !is_free {
            return false;
        }
        let mut state = context.lock();
        if !matches!(state.past, Past::Read) || state.is_unwritten() {
            return false;
        }
        drop(state);
        contexts.remove(name).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Context>>> {
        self.contexts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
