//! Forward-only changes of the schema, each in one transaction, each once.

use std::collections::HashMap;
use std::path::Path;

use model::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use crate::StorageError;

/// One change of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// The owner and a number, such as `conversations.0001`; unique, and never given anew.
    pub name: &'static str,
    /// Statements that neither begin nor end a transaction. Once released they do not change: a
    /// database on which other text ran under this name is refused.
    pub sql: &'static str,
}

/// Runs what `conn` has not seen of `migrations`, in their order.
pub(crate) fn migrate(
    conn: &mut Connection,
    file: &Path,
    migrations: &[Migration],
    now: Timestamp,
) -> Result<(), StorageError> {
    let mut known: HashMap<&str, &str> = HashMap::new();
    for migration in migrations {
        if known.insert(migration.name, migration.sql).is_some() {
            return Err(StorageError::MigrationTwice(migration.name.to_owned()));
        }
    }
    let applied =
        read_applied(conn).map_err(StorageError::database("read its migrations", file))?;
    for (name, sql) in &applied {
        match known.remove(name.as_str()) {
            None => return Err(StorageError::MigrationUnknown(name.clone())),
            Some(expected) if expected != sql => {
                return Err(StorageError::MigrationChanged(name.clone()));
            }
            Some(_) => {}
        }
    }
    for migration in migrations.iter().filter(|migration| known.contains_key(migration.name)) {
        apply(conn, *migration, now).map_err(|source| StorageError::Migration {
            name: migration.name.to_owned(),
            source,
        })?;
        tracing::info!(migration = migration.name, "migration applied");
    }
    Ok(())
}

fn read_applied(conn: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let mut statement = conn.prepare("SELECT name, sql FROM migrations ORDER BY rowid")?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

fn apply(conn: &mut Connection, migration: Migration, now: Timestamp) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(migration.sql)?;
    tx.execute(
        "INSERT INTO migrations(name, sql, applied_at) VALUES (?1, ?2, ?3)",
        (migration.name, migration.sql, now.as_millis()),
    )?;
    tx.commit()
}
