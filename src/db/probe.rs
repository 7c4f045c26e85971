//! Verifies that notifications reach the connection that listens for them.
//!
//! A connection pooler in transaction mode lends a PostgreSQL connection for one transaction.
//! `LISTEN` succeeds there, but no notification arrives, and the replica would keep using data
//! that another one has changed. The probe therefore:
//!
//! 1. listens to a channel that no other session knows;
//! 2. notifies it over another connection;
//! 3. waits for the notification. On a timeout it sends a statement over the listening
//!    connection: PostgreSQL delivers pending notifications with the response. A slow machine is
//!    thus not mistaken for a pooler.

use std::{io, time::Duration};

use sqlx::{
    AssertSqlSafe, Executor, PgPool,
    postgres::{PgListener, PgNotification},
};
use tokio::time::timeout;

use foundation::random::Random;

const NOTIFY_TIMEOUT: Duration = Duration::from_secs(2);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The problem and the remedy when a session does not keep its connection.
pub const POOLER: &str = "a connection pooler in transaction or statement mode is between the hub \
                          and PostgreSQL; switch it to session mode, or connect directly";

/// Why a connection cannot be used to listen.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error("the hub's own test notification (NOTIFY) did not arrive: {POOLER}")]
    Unheard,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Proves that notifications arrive, with two connections of `pool`.
pub async fn probe(pool: &PgPool, random: &Random) -> Result<(), ProbeError> {
    let mut listener = PgListener::connect_with(pool).await?;
    hears(&mut listener, pool, random).await
}

/// Proves that `listener` receives the notifications of another connection of `pool`.
/// Notifications on other channels are discarded meanwhile.
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
        // A pooler lent one connection to both sessions: the notification came to this one.
        Err(sqlx::Error::Protocol(_)) => {
            connection.close_on_drop();
            Err(ProbeError::Unheard)
        }
        Err(error) => Err(error.into()),
    }
}

async fn is_heard(listener: &mut PgListener, channel: &str) -> Result<bool, ProbeError> {
    let is_own = |heard: &PgNotification| heard.channel() == channel;
    let heard = timeout(NOTIFY_TIMEOUT, async {
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
    // Not a prepared statement, which a pooler might look up on another connection.
    timeout(RESPONSE_TIMEOUT, listener.execute("SELECT 1"))
        .await
        .map_err(|_| sqlx::Error::PoolTimedOut)??;
    while let Some(notification) = listener.next_buffered() {
        if is_own(&notification) {
            return Ok(true);
        }
    }
    Ok(false)
}
