//! Seals the client secrets that operators set, and erases the pending ones.
//!
//! 1. Check when notified of a new secret, and every minute: a lost notification costs no more
//!    than that.
//! 2. Seal each secret for its row and site; one that was sealed for transfer is opened first.
//! 3. Store it only if the space is still at that site and the secret is still pending. The row
//!    is locked meanwhile, so only one replica does it. The same statement erases the pending
//!    secret.

use std::{sync::Arc, time::Duration};

use sealing::{KeyRing, UnsealError};
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::{
    db::{self, given_secrets::GivenSecret},
    domain::space::{given_secret_place, secret_place},
};

const EVERY: Duration = Duration::from_mins(1);

/// Runs until the task is dropped; `given` wakes it.
pub async fn run(pool: PgPool, keys: Arc<KeyRing>, given: Arc<Notify>) {
    loop {
        if let Err(error) = seal_all(&pool, &keys).await {
            tracing::warn!(%error, "could not seal pending client secrets; will retry");
        }
        // A timeout only means that no notification came.
        let _ = tokio::time::timeout(EVERY, given.notified()).await;
    }
}

/// Seals every pending secret.
pub async fn seal_all(pool: &PgPool, keys: &KeyRing) -> Result<(), sqlx::Error> {
    for given in db::given_secrets::list(pool).await? {
        match open(keys, &given) {
            Ok(secret) => {
                if store(pool, keys, &given, &secret).await? {
                    tracing::info!(space = given.slug, "a client secret was sealed");
                }
            }
            Err(error) => {
                let problem = error.to_string();
                if db::given_secrets::note_problem(pool, given.version, &problem).await? {
                    tracing::error!(space = given.slug, %error, "rejected a pending client secret");
                }
            }
        }
    }
    Ok(())
}

fn open(keys: &KeyRing, given: &GivenSecret) -> Result<SecretString, UnsealError> {
    let text = given.value.expose_secret();
    if !KeyRing::is_sealed(text) {
        return Ok(given.value.clone());
    }
    keys.open(given_secret_place(&given.base_url), text)
}

/// Returns false if another replica sealed it first, or the operator replaced or removed it.
async fn store(
    pool: &PgPool,
    keys: &KeyRing,
    given: &GivenSecret,
    secret: &SecretString,
) -> Result<bool, sqlx::Error> {
    let row = given.space.to_string();
    let sealed = keys.seal(secret_place(&row, &given.base_url), secret);
    let mut transaction = pool.begin().await?;
    let is_current = db::spaces::lock_at(&mut *transaction, given.space, &given.base_url).await?
        && db::given_secrets::waits(&mut *transaction, given.space, given.version).await?;
    if !is_current {
        return Ok(false);
    }
    db::spaces::set_secret(&mut *transaction, given.space, &sealed).await?;
    transaction.commit().await?;
    Ok(true)
}
