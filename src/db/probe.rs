//! Whether a notification reaches the connection that listens for it.
//!
//! A connection pooler in transaction mode lends a connection of PostgreSQL for one transaction.
//! `LISTEN` succeeds there, and what it asks for never comes: the replica would go on using what
//! another one changed. Hence:
//!
//! 1. Listen to a channel that no other session knows.
//! 2. Notify it over another connection.
//! 3. Wait for the notification. When the time is up, ask the listening connection for a sign of
//!    life: PostgreSQL delivers what it holds back with the response. So a slow machine is not
//!    taken for a pooler.

use std::{io, time::Duration};

use sqlx::{
    AssertSqlSafe, Executor, PgPool,
    postgres::{PgListener, PgNotification},
};
use tokio::time::timeout;

use crate::random::Random;

const PATIENCE: Duration = Duration::from_secs(2);
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// What is wrong, and what to do, where a session does not keep its connection.
pub const POOLER: &str = "a connection pooler in transaction or statement mode stands between \
                          the hub and PostgreSQL; put it in session mode, or connect directly";

/// Why a connection is not one to listen on.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error("a notification (NOTIFY) of the hub's own did not arrive: {POOLER}")]
    Unheard,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Proves that notifications arrive, with two connections of `pool`.
pub async fn probe(pool: &PgPool, random: &Random) -> Result<(), ProbeError> {
    let mut listener = PgListener::connect_with(pool).await?;
    hears(&mut listener, pool, random).await
}

/// Proves that `listener` hears what another connection of `pool` notifies. What it hears of
/// other channels meanwhile is lost.
pub async fn hears(
    listener: &mut PgListener,
    pool: &PgPool,
    random: &Random,
) -> Result<(), ProbeError> {
    let channel = format!("hub_probe_{:016x}", u64::from_be_bytes(random.bytes()));
    listener.listen(&channel).await?;
    notify(pool, &channel).await?;
    if !is_heard(listener, &channel).await? {
        return Err(ProbeError::Unheard);
    }
    listener.unlisten(&channel).await?;
    Ok(())
}

async fn notify(pool: &PgPool, channel: &str) -> Result<(), ProbeError> {
    let mut connection = pool.acquire().await?;
    let notified = connection
        .execute(AssertSqlSafe(format!("NOTIFY {channel}")))
        .await;
    match notified {
        Ok(_) => Ok(()),
        // A pooler that lent both sessions one connection: the notification came to this one.
        Err(sqlx::Error::Protocol(_)) => {
            connection.close_on_drop();
            Err(ProbeError::Unheard)
        }
        Err(error) => Err(error.into()),
    }
}

async fn is_heard(listener: &mut PgListener, channel: &str) -> Result<bool, ProbeError> {
    let is_own = |heard: &PgNotification| heard.channel() == channel;
    let heard = timeout(PATIENCE, async {
        while let Some(notification) = listener.try_recv().await? {
            if is_own(&notification) {
                return Ok(true);
            }
        }
        // The connection is lost.
        Err(sqlx::Error::from(io::Error::from(
            io::ErrorKind::UnexpectedEof,
        )))
    });
    if let Ok(heard) = heard.await {
        return Ok(heard?);
    }
    // Not a prepared statement, which a pooler might look for on another connection.
    timeout(SIGN_OF_LIFE, listener.execute("SELECT 1"))
        .await
        .map_err(|_| sqlx::Error::PoolTimedOut)??;
    while let Some(notification) = listener.next_buffered() {
        if is_own(&notification) {
            return Ok(true);
        }
    }
    Ok(false)
}
