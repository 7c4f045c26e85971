//! Changing the master keys while the service runs.
//!
//! 1. The new key is in the ring of every replica before anything is sealed with it.
//! 2. Column by column, batch by batch, what another key seals is opened and sealed
//!    with the first key of the ring.
//! 3. It replaces only the text that was read: a token renewed meanwhile was sealed
//!    anew by whoever renewed it.
//! 4. What does not open is left as it is and counted.

use sqlx::PgPool;

use crate::{
    crypto::{KeyRing, Place},
    db::{
        given_secrets,
        sealed::{self, SealedColumn, SealedText},
    },
};

/// Texts read at once; each is written in a statement of its own.
const BATCH: i64 = 500;

/// What came of a rotation or a check.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Sealed with the first key now; or, of a check, opened.
    pub good: u64,
    /// Changed or removed by somebody else meanwhile.
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

/// How many texts another key than the first one seals, those that operators gave and that
/// wait for a replica among them.
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

/// Seals everything with the first key of the ring. `done` is told after each text.
///
/// # Errors
/// If the database fails; what was done stays done, and another run goes on from there.
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
                        let anew = keys.seal(place(column, &text), &opened);
                        let row = &text.row;
                        match sealed::replace(db, column, row, &text.sealed, &anew).await? {
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

/// Opens everything, and changes nothing.
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
    fn fail(&mut self, column: SealedColumn, text: SealedText, error: &crate::crypto::UnsealError) {
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
