//! Users whose tokens were revoked: kept in the store, held in memory.
//!
//! **Invariants.** A revocation counts once it is committed, and never before; it counts from then
//! on even where whoever asked for it went away. One row a user; a later one only moves the time
//! forward. **Bound**: [`USERS_MAX`] users; past that a revocation of another user is refused rather
//! than an old one forgotten.

use std::collections::HashMap;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, PoisonError, RwLock};

use model::{Identity, Name, Timestamp};
use storage::rusqlite::{self, Connection};
use storage::{CommitError, Lane, Migration, ReadError, Store};
use tokio::sync::oneshot;

/// The most users with a revocation.
const USERS_MAX: usize = 100_000;

/// The tables of this crate.
pub const MIGRATIONS: &[Migration] = &[Migration {
    name: "access.0001",
    sql: "CREATE TABLE revocations(
              user_id TEXT PRIMARY KEY NOT NULL,
              issued_before INTEGER NOT NULL -- milliseconds since 1970
          ) STRICT, WITHOUT ROWID;",
}];

/// A revocation was not made, or the earlier ones could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RevocationError {
    /// The user id is none: 1–256 characters, no control characters.
    #[error("the user id {0}")]
    User(#[from] model::NameError),
    /// There are revocations of 100,000 other users already.
    #[error("there are too many revocations")]
    Full,
    /// The store did not take it.
    #[error("the revocation was not stored")]
    Commit(#[from] CommitError),
    /// The store did not give them.
    #[error("the revocations cannot be read")]
    Read(#[from] ReadError),
}

/// All revocations.
pub struct Revocations {
    store: Store,
    users: Arc<RwLock<Users>>,
}

/// By user id, the time before which tokens are revoked.
type Users = HashMap<Arc<str>, Timestamp>;

impl Revocations {
    /// Reads what was revoked. Blocks on the disk.
    ///
    /// # Errors
    /// [`RevocationError::Read`].
    pub fn open(store: &Store) -> Result<Arc<Self>, RevocationError> {
        let (told, answer) = sync_channel(1);
        let done = move |outcome| {
            let _gone = told.send(outcome);
        };
        store.read_then(read_all, done).map_err(ReadError::Refused)?;
        let users = answer.recv().unwrap_or(Err(ReadError::Panicked))?;
        Ok(Arc::new(Self { store: store.clone(), users: Arc::new(RwLock::new(users)) }))
    }

    /// Revokes the tokens of a user that were issued before a time, and those that do not say when
    /// they were issued.
    ///
    /// # Errors
    /// All of [`RevocationError`] but `Read`; then nothing is revoked.
    pub async fn revoke(&self, user_id: &str, before: Timestamp) -> Result<(), RevocationError> {
        Name::new(user_id)?;
        let user: Arc<str> = user_id.into();
        if !self.has_room_for(&user) {
            return Err(RevocationError::Full);
        }
        let (told, outcome) = oneshot::channel();
        let (row, users) = (Arc::clone(&user), Arc::clone(&self.users));
        let place = self.store.reserve(Lane::Interactive).map_err(CommitError::from)?;
        place.write(
            move |tx| write(tx, &row, before),
            move |committed| {
                if committed.is_ok() {
                    apply(&users, user, before);
                }
                let _gone = told.send(committed);
            },
        );
        Ok(outcome.await.unwrap_or(Err(CommitError::Failed))?)
    }

    /// Whether the tokens of this identity's user were revoked after this one was issued.
    #[must_use]
    pub fn is_revoked(&self, identity: &Identity) -> bool {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        let before = users.get(&identity.user_id);
        before.is_some_and(|before| identity.issued_at.is_none_or(|at| at < *before))
    }

    fn has_room_for(&self, user: &Arc<str>) -> bool {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        users.len() < USERS_MAX || users.contains_key(user)
    }
}

fn read_all(conn: &Connection) -> rusqlite::Result<Users> {
    let mut statement = conn.prepare("SELECT user_id, issued_before FROM revocations")?;
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, String>(0)?.into(), Timestamp::from_millis(row.get(1)?)))
    })?;
    rows.collect()
}

fn write(tx: &Connection, user: &str, before: Timestamp) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO revocations(user_id, issued_before) VALUES (?1, ?2)
         ON CONFLICT(user_id) DO UPDATE SET issued_before = max(issued_before, excluded.issued_before)",
    )?
    .execute((user, before.as_millis()))?;
    Ok(())
}

fn apply(users: &RwLock<Users>, user: Arc<str>, before: Timestamp) {
    let mut users = users.write().unwrap_or_else(PoisonError::into_inner);
    let at = users.entry(user).or_insert(before);
    *at = before.max(*at);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use model::SystemClock;
    use storage::Options;

    use super::*;

    fn store(dir: &Path) -> Store {
        Store::open(dir, MIGRATIONS, &Options::default(), Arc::new(SystemClock::new())).unwrap()
    }

    fn identity(user: &str, issued_at: Option<i64>) -> Identity {
        Identity {
            user_id: user.into(),
            username: user.into(),
            roles: Vec::new(),
            contexts: None,
            issued_at: issued_at.map(Timestamp::from_secs),
            is_ours: true,
            expires_at: Timestamp::from_secs(9_000),
        }
    }

    #[tokio::test]
    async fn a_revocation_survives_a_restart_and_takes_only_older_tokens_of_its_user() {
        let dir = tempfile::tempdir().unwrap();
        let opened = store(dir.path());
        let revocations = Revocations::open(&opened).unwrap();
        revocations.revoke("ann", Timestamp::from_secs(100)).await.unwrap();
        revocations.revoke("ann", Timestamp::from_secs(50)).await.unwrap();
        opened.close();
        drop((opened, revocations));
        let again = Revocations::open(&store(dir.path())).unwrap();
        assert!(again.is_revoked(&identity("ann", Some(99))));
        assert!(again.is_revoked(&identity("ann", None)));
        assert!(!again.is_revoked(&identity("ann", Some(100))));
        assert!(!again.is_revoked(&identity("bob", None)));
    }

    #[tokio::test]
    async fn what_was_not_committed_is_not_revoked() {
        let dir = tempfile::tempdir().unwrap();
        let opened = store(dir.path());
        let revocations = Revocations::open(&opened).unwrap();
        opened.close();
        assert!(matches!(
            revocations.revoke("ann", Timestamp::from_secs(100)).await,
            Err(RevocationError::Commit(_))
        ));
        assert!(!revocations.is_revoked(&identity("ann", None)));
        assert!(matches!(
            revocations.revoke("a\nb", Timestamp::from_secs(1)).await,
            Err(RevocationError::User(_))
        ));
    }

    #[tokio::test]
    async fn past_the_bound_only_users_known_already_are_revoked_again() {
        let dir = tempfile::tempdir().unwrap();
        let revocations = Revocations::open(&store(dir.path())).unwrap();
        {
            let mut users = revocations.users.write().unwrap();
            users.extend((0..USERS_MAX).map(|n| (n.to_string().into(), Timestamp::default())));
        }
        let at = Timestamp::from_secs(100);
        assert!(matches!(revocations.revoke("ann", at).await, Err(RevocationError::Full)));
        revocations.revoke("7", at).await.unwrap();
        assert!(revocations.is_revoked(&identity("7", Some(99))));
    }
}
