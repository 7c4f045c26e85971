//! Hears of changes that another process, or an operator with SQL, made.
//!
//! 1. Connect, and prove that a notification of the hub's own arrives; then listen, and only
//!    then say that listening began.
//! 2. Hand every notification on as a [`Change`].
//! 3. A silent connection is asked for a sign of life; a lost one is reported and
//!    opened again.

use std::time::Duration;

use sqlx::{PgPool, postgres::PgListener};

use crate::{
    db::probe::{self, ProbeError},
    domain::{AccountId, Change, GrantId},
    oauth::token::TokenHash,
    random::Random,
};

const CHANNEL: &str = "hub_changes";
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(5);
const RECONNECT: Duration = Duration::from_secs(1);
/// Somebody has to change something first.
const RETRY_UNHEARD: Duration = Duration::from_secs(30);

/// Listens until the task is dropped.
pub async fn run<F: AsyncFn(Change)>(pool: PgPool, random: Random, on_change: F) {
    loop {
        let ended = listen(&pool, &random, &on_change).await;
        on_change(Change::ListeningEnded).await;
        let pause = match ended {
            Err(ProbeError::Unheard) => RETRY_UNHEARD,
            Ok(()) | Err(ProbeError::Database(_)) => RECONNECT,
        };
        if let Err(error) = ended {
            tracing::warn!(%error, "not listening for changes; nothing in memory is used");
        }
        tokio::time::sleep(pause).await;
    }
}

async fn listen<F: AsyncFn(Change)>(
    pool: &PgPool,
    random: &Random,
    on_change: &F,
) -> Result<(), ProbeError> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.ignore_pool_close_event(true);
    probe::hears(&mut listener, pool, random).await?;
    listener.listen(CHANNEL).await?;
    on_change(Change::ListeningBegan).await;
    loop {
        match tokio::time::timeout(SIGN_OF_LIFE, listener.try_recv()).await {
            Ok(Ok(Some(notification))) => match read(notification.payload()) {
                Some(change) => on_change(change).await,
                None => tracing::warn!(
                    payload = notification.payload(),
                    "a change that this version does not know"
                ),
            },
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => tokio::time::timeout(PATIENCE, crate::db::pool::ping(&mut listener))
                .await
                .map_err(|_| sqlx::Error::PoolTimedOut)??,
        }
    }
}

/// `space:<id>`, `secret:<space id>`, `grant:<id>`, `account:<id>`, `token:<hash in hex>`.
fn read(payload: &str) -> Option<Change> {
    let (kind, name) = payload.split_once(':')?;
    match kind {
        "space" => Some(Change::Space),
        "secret" => Some(Change::Secret),
        "grant" => name.parse().ok().map(|id| Change::Grant(GrantId(id))),
        "account" => name.parse().ok().map(|id| Change::Account(AccountId(id))),
        "token" => TokenHash::from_hex(name).map(Change::Token),
        _ => None,
    }
}
