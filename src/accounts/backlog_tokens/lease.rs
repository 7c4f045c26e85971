//! How long a renewal may take, and therefore how long its lease is.

use std::time::Duration;

use backlog_client::TOKEN_TIMEOUT;

/// The timeout of a statement, including the wait for a connection.
pub(super) const STATEMENT: Duration = Duration::from_secs(5);
/// The delay before each attempt to store a pair under the lease. After the last one the pair is
/// kept (`keeping`) and stored without the lease.
pub(super) const STORE_AFTER: [Duration; 2] = [Duration::ZERO, Duration::from_millis(200)];
/// The delay between two attempts to store a pair without the lease.
pub(super) const TRY_AGAIN_AFTER: Duration = Duration::from_millis(500);
/// How long the process that takes over a lease waits before its request to Backlog. A replica that
/// holds the pair stores it within that time, if it too can reach the database.
pub(super) const YIELD: Duration = TRY_AGAIN_AFTER.saturating_add(STATEMENT);
/// Time for sealing, and for a busy machine.
const MARGIN: Duration = Duration::from_secs(2);

/// The time from the moment when the database grants the lease: its response, the wait for the
/// previous holder, Backlog's response, and the attempts to store it. No other process renews
/// meanwhile.
pub(super) const LEASE: Duration = work();

/// How long a caller waits for another process to renew. If that process died, its lease ends
/// before the caller gives up.
pub(super) const RENEWAL_TIMEOUT: Duration = LEASE.saturating_add(STATEMENT);

/// How often a caller checks whether another process has renewed.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(50);

const fn work() -> Duration {
    let mut sum = STATEMENT
        .saturating_add(YIELD)
        .saturating_add(STATEMENT)
        .saturating_add(TOKEN_TIMEOUT)
        .saturating_add(MARGIN);
    let mut attempt = 0;
    while attempt < STORE_AFTER.len() {
        sum = sum
            .saturating_add(STORE_AFTER[attempt])
            .saturating_add(STATEMENT);
        attempt += 1;
    }
    sum
}

/// Runs a statement with the timeout [`STATEMENT`].
pub(super) async fn in_time<T>(
    statement: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    tokio::time::timeout(STATEMENT, statement)
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// Tries to store something under the lease; returns the last error if every attempt fails.
pub(super) async fn store<T, F: Future<Output = Result<T, sqlx::Error>>>(
    attempt: impl Fn() -> F,
) -> Result<T, sqlx::Error> {
    let mut outcome = Err(sqlx::Error::PoolTimedOut);
    for pause in STORE_AFTER {
        tokio::time::sleep(pause).await;
        outcome = in_time(attempt()).await;
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Every step under a lease at its longest: `AccountTokens::try_renewal` and
    /// `AccountTokens::keep`.
    #[test]
    fn the_lease_covers_the_longest_work() {
        let mut work = vec![
            ("the lease is read", STATEMENT),
            ("another process may store a pair", YIELD),
            ("the last look for it", STATEMENT),
            ("Backlog responds", TOKEN_TIMEOUT),
        ];
        for pause in STORE_AFTER {
            work.extend([("pause", pause), ("the pair is stored", STATEMENT)]);
        }
        let longest: Duration = work.iter().map(|(_, takes)| *takes).sum();
        assert!(longest < LEASE, "{longest:?} {work:?}");
        assert_eq!(longest + MARGIN, LEASE);
        assert!(
            RENEWAL_TIMEOUT > LEASE,
            "a caller outlives the lease of a dead process"
        );
    }

    #[tokio::test]
    async fn only_a_failed_store_is_retried() {
        let attempts = Cell::new(0);
        let stored = store(|| async {
            attempts.set(attempts.get() + 1);
            Ok(())
        });
        assert!(stored.await.is_ok());
        assert_eq!(attempts.get(), 1);
        let failed = store(|| async {
            attempts.set(attempts.get() + 1);
            Err::<(), _>(sqlx::Error::PoolClosed)
        });
        assert!(matches!(failed.await, Err(sqlx::Error::PoolClosed)));
        assert_eq!(attempts.get(), 1 + STORE_AFTER.len());
    }
}
