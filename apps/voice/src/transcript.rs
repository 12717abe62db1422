//! What is said in a session, in one order: partial results are told, final ones stored and then told.
//!
//! **Invariants.** An item takes its place, and learns which one came before it, with the first result
//! that is told of it; neither changes afterwards. A final result is told once, after its commit; nothing
//! of its item is told behind it.
//!
//! **Bounds.** [`ITEMS_MAX`] items a session; past that what is said is refused. Of items that the backend
//! told partial results of, the last [`OPEN_MAX`] are remembered; an older one counts as new. A text has
//! at most [`TEXT_CHARS_MAX`] characters.

pub(crate) mod shown;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hub::Except;
use model::message_id;
use storage::rusqlite::{Connection, Transaction};
use storage::{CommitError, Lane, ReadError, Store};
use tokio::sync::OnceCell;

use crate::protocol::{Code, Refusal, TranscriptionResult};
use crate::room::Room;
use crate::store::transcript::{self, Inserted, SaidRow};

/// Items a session may have.
pub(crate) const ITEMS_MAX: u64 = 20_000;
/// Characters of what somebody said at once.
pub(crate) const TEXT_CHARS_MAX: usize = 20_000;
/// Items of the backend's without a final result that are remembered.
const OPEN_MAX: usize = 64;
/// How often a final result is given to a store that is busy, and how long it waits in between.
const TRIES: u32 = 5;
const TRY_AFTER: Duration = Duration::from_millis(200);

/// Where an utterance stands among those of its session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// Its id.
    pub(crate) id: String,
    /// The item before it.
    pub(crate) previous: Option<String>,
    place: u64,
}

/// Why something that was said is not in the transcript.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TranscriptError {
    /// The session has [`ITEMS_MAX`] items.
    #[error("the session's transcript is full")]
    Full,
    /// What came before was not read.
    #[error("the transcript was not read")]
    Read(#[from] ReadError),
    /// It was not stored.
    #[error("the result was not stored")]
    Commit(#[from] CommitError),
    /// The item has another final result.
    #[error("the item has another final result already")]
    Finished,
}

impl TranscriptError {
    /// What the speaker is told.
    pub(crate) fn refusal(&self) -> Refusal {
        let (code, message) = match self {
            Self::Full => (Code::Unavailable, "The session's transcript is full"),
            Self::Read(_) | Self::Commit(CommitError::Busy) => {
                (Code::Unavailable, "The store is busy; try again")
            }
            Self::Commit(CommitError::StorageFull) => {
                (Code::Unavailable, "The store is full; try again later")
            }
            Self::Commit(_) => (Code::InternalError, "Something went wrong"),
            Self::Finished => (Code::ValidationError, "The item has a final result already"),
        };
        Refusal::new(code, message)
    }
}

/// The order of a session's items, for as long as the session is in memory.
#[derive(Default)]
pub(crate) struct Chain(OnceCell<Mutex<State>>);

struct State {
    place: u64,
    last: Option<String>,
    open: VecDeque<Item>,
}

impl State {
    fn next(&mut self, id: String) -> Result<Item, TranscriptError> {
        if self.place >= ITEMS_MAX {
            return Err(TranscriptError::Full);
        }
        self.place += 1;
        let item = Item { previous: self.last.replace(id.clone()), id, place: self.place };
        Ok(item)
    }
}

impl Chain {
    /// The next item.
    pub(crate) async fn next(
        &self,
        store: &Store,
        session: &Arc<str>,
    ) -> Result<Item, TranscriptError> {
        self.state(store, session).await?.next(message_id())
    }

    /// The item that the backend calls so, or the next one.
    pub(crate) async fn named(
        &self,
        store: &Store,
        session: &Arc<str>,
        id: Option<&str>,
        is_final: bool,
    ) -> Result<Item, TranscriptError> {
        let mut state = self.state(store, session).await?;
        if let Some(index) = state.open.iter().position(|item| Some(&*item.id) == id) {
            let item = state.open[index].clone();
            if is_final {
                state.open.remove(index);
            }
            return Ok(item);
        }
        let item = state.next(id.map_or_else(message_id, ToOwned::to_owned))?;
        if !is_final {
            if state.open.len() >= OPEN_MAX {
                state.open.pop_front();
            }
            state.open.push_back(item.clone());
        }
        Ok(item)
    }

    async fn state(
        &self,
        store: &Store,
        session: &Arc<str>,
    ) -> Result<MutexGuard<'_, State>, TranscriptError> {
        let read = || async {
            let session = Arc::clone(session);
            let read = move |db: &Connection| transcript::last(db, &session);
            let (place, last) = store.read(read).await?;
            Ok::<_, ReadError>(Mutex::new(State { place, last, open: VecDeque::new() }))
        };
        let state = self.0.get_or_try_init(read).await?;
        Ok(state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Tells a partial result. Nobody misses it who does not hear it.
pub(crate) fn tell(room: &Room, result: &TranscriptionResult) {
    room.tell(result, Except::Nobody);
}

/// Stores a final result and tells everybody in the session; gives what is stored, and whether it is new.
pub(crate) async fn conclude(
    store: &Store,
    room: &Room,
    item: &Item,
    user_name: &str,
    result: TranscriptionResult,
) -> Result<(TranscriptionResult, bool), TranscriptError> {
    let user_name = user_name.to_owned();
    let row = SaidRow { place: item.place, user_name, result };
    match keep(store, &row).await? {
        Inserted::New => {
            room.tell(&row.result, Except::Nobody);
            Ok((row.result, true))
        }
        Inserted::Already(known) if known.result.text == row.result.text => {
            Ok((known.result, false))
        }
        Inserted::Already(_) => Err(TranscriptError::Finished),
    }
}

async fn keep(store: &Store, row: &SaidRow) -> Result<Inserted, CommitError> {
    let mut tries = 1;
    loop {
        let row = row.clone();
        let write = move |tx: &Transaction<'_>| transcript::insert(tx, &row);
        match store.commit(Lane::Interactive, write).await {
            Err(CommitError::Busy) if tries < TRIES => tries += 1,
            outcome => return outcome,
        }
        tokio::time::sleep(TRY_AFTER).await;
    }
}

#[cfg(test)]
mod tests {
    use model::SystemClock;
    use storage::Options;

    use super::*;

    fn store() -> (Store, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(SystemClock::new());
        let options = Options::default();
        let store = Store::open(directory.path(), crate::MIGRATIONS, &options, clock).unwrap();
        (store, directory)
    }

    #[tokio::test]
    async fn each_item_knows_the_one_before_it_and_named_ones_are_found_again() {
        let (store, _directory) = store();
        let (chain, session) = (Chain::default(), Arc::<str>::from("s"));
        let first = chain.next(&store, &session).await.unwrap();
        let second = chain.named(&store, &session, Some("x"), false).await.unwrap();
        let third = chain.next(&store, &session).await.unwrap();
        assert_eq!((first.previous, second.previous.as_ref()), (None, Some(&first.id)));
        assert_eq!((&*second.id, third.previous.as_deref()), ("x", Some("x")));
        assert_eq!(chain.named(&store, &session, Some("x"), true).await.unwrap(), second);
        let unnamed = chain.named(&store, &session, None, true).await.unwrap();
        assert_eq!((unnamed.place, unnamed.previous), (4, Some(third.id)));
    }

    #[tokio::test]
    async fn items_and_open_ones_have_a_bound() {
        let (store, _directory) = store();
        let (chain, session) = (Chain::default(), Arc::<str>::from("s"));
        for number in 0..=OPEN_MAX {
            let name = number.to_string();
            chain.named(&store, &session, Some(&name), false).await.unwrap();
        }
        assert_eq!(chain.state(&store, &session).await.unwrap().open.len(), OPEN_MAX);
        chain.state(&store, &session).await.unwrap().place = ITEMS_MAX - 1;
        assert_eq!(chain.next(&store, &session).await.unwrap().place, ITEMS_MAX);
        let full = chain.next(&store, &session).await.unwrap_err();
        assert!(matches!(full, TranscriptError::Full));
        assert_eq!(full.refusal().code, Code::Unavailable);
    }
}
