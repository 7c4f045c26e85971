//! Rotates the master keys while the service runs.
//!
//! 1. The operator adds the new key to the ring of every replica before anything is sealed with it.
//! 2. Column by column, batch by batch, text that another key sealed is opened and sealed with the
//!    first key of the ring.
//! 3. The new text replaces only the one that was read: if the service renewed a token in the
//!    meantime, it also sealed the new one.
//! 4. Text that does not open is counted and not changed.

use sealing::{KeyRing, Place};
use sqlx::PgPool;

use crate::db::{
    given_secrets,
    sealed::{self, SealedColumn, SealedText},
};

/// Texts read at once; each is written in a statement of its own.
const BATCH: i64 = 500;

/// The result of a rotation or a verification.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Texts that a rotation sealed with the first key, or a verification opened.
    pub good: u64,
    /// Texts that another process changed or removed in the meantime.
    pub overtaken: u64,
    pub failed: Vec<Unopened>,
}

/// A text that its key does not open.
#[derive(Debug, PartialEq, Eq)]
pub struct Unopened {
    pub column: SealedColumn,
    pub row: String,
    pub reason: String,
}

/// How many texts are sealed with another key than the first one, including secrets from operators
/// that wait for a replica.
///
/// # Errors
/// If the database fails.
pub async fn pending(db: &PgPool, keys: &KeyRing) -> Result<u64, sqlx::Error> {
    let first = keys.sealing_id();
    let given = given_secrets::count_sealed_without(db, first).await?;
    let mut pending = given.unsigned_abs();
    for column in SealedColumn::ALL {
        let uses = sealed::key_uses(db, column).await?;
        let others = uses.iter().filter(|used| used.key_id != first);
        pending += others.map(|used| used.count.unsigned_abs()).sum::<u64>();
    }
    Ok(pending)
}

/// Seals everything with the first key of the ring, and calls `done` after each text.
///
/// # Errors
/// If the database fails; finished texts stay sealed, and another run continues from there.
pub async fn rotate(db: &PgPool, keys: &KeyRing, done: impl Fn()) -> Result<Counts, sqlx::Error> {
    let mut counts = Counts::default();
    for column in SealedColumn::ALL {
        let mut after: Option<String> = None;
        loop {
            let first = Some(keys.sealing_id());
            let page = sealed::page(db, column, after.as_deref(), first, BATCH).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.row.clone());
            for text in page {
                match keys.open(place(column, &text), &text.sealed) {
                    Err(error) => counts.fail(column, text, &error),
                    Ok(opened) => {
                        let resealed = keys.seal(place(column, &text), &opened);
                        let row = &text.row;
                        match sealed::replace(db, column, row, &text.sealed, &resealed).await? {
                            true => counts.good += 1,
                            false => counts.overtaken += 1,
                        }
                    }
                }
                done();
            }
        }
    }
    Ok(counts)
}

/// Opens everything without changing it, and calls `done` after each text.
///
/// # Errors
/// If the database fails.
pub async fn verify(db: &PgPool, keys: &KeyRing, done: impl Fn()) -> Result<Counts, sqlx::Error> {
    let mut counts = Counts::default();
    for column in SealedColumn::ALL {
        let mut after: Option<String> = None;
        loop {
            let page = sealed::page(db, column, after.as_deref(), None, BATCH).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.row.clone());
            for text in page {
                match keys.open(place(column, &text), &text.sealed) {
                    Ok(_) => counts.good += 1,
                    Err(error) => counts.fail(column, text, &error),
                }
                done();
            }
        }
    }
    Ok(counts)
}

impl Counts {
    fn fail(&mut self, column: SealedColumn, text: SealedText, error: &sealing::UnsealError) {
        self.failed.push(Unopened {
            column,
            row: text.row,
            reason: error.to_string(),
        });
    }
}

fn place(column: SealedColumn, text: &SealedText) -> Place<'_> {
    let (table, column) = column.names();
    Place {
        table,
        column,
        row: &text.row,
        bound_to: &text.bound_to,
    }
}
