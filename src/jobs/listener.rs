//! Receives notifications of changes by other processes and by operators with SQL.
//!
//! 1. Connect, and verify that the hub's own notification arrives. Then listen, and only then
//!    report that listening began.
//! 2. Pass on every notification as a [`Change`].
//! 3. Ping a silent connection; report a lost one and reconnect.

use std::time::Duration;

use foundation::random::Random;
use oauth_values::token::TokenHash;
use sqlx::{PgPool, postgres::PgListener};

use crate::{
    db::probe::{self, ProbeError},
    domain::{AccountId, Change, GrantId},
};

const CHANNEL: &str = "hub_changes";
const PING_AFTER: Duration = Duration::from_secs(10);
const PING_TIMEOUT: Duration = Duration::from_secs(5);
const RECONNECT: Duration = Duration::from_secs(1);
/// Long, because an operator has to change the setup first.
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
            tracing::warn!(%error, "cannot listen for changes; caches are disabled");
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
        match tokio::time::timeout(PING_AFTER, listener.try_recv()).await {
            Ok(Ok(Some(notification))) => match read(notification.payload()) {
                Some(change) => on_change(change).await,
                None => tracing::warn!(
                    payload = notification.payload(),
                    "ignored a change of a kind that this version does not know"
                ),
            },
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => tokio::time::timeout(PING_TIMEOUT, crate::db::pool::ping(&mut listener))
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
