//! How long a renewal may take, and so how long its lease is.

use std::time::Duration;

use crate::backlog::TOKEN_TIMEOUT;

/// How long a statement may take, the wait for a connection included.
pub const STATEMENT: Duration = Duration::from_secs(5);
/// What comes before each attempt to store a pair under the lease. After the last one the pair is
/// kept (`keeping`), and stored without it.
pub const STORE_AFTER: [Duration; 2] = [Duration::ZERO, Duration::from_millis(200)];
/// Between two attempts to store a pair, beyond the lease.
pub const TRY_AGAIN_AFTER: Duration = Duration::from_millis(500);
/// How long whoever takes a lease over waits before Backlog is asked: a replica that has the pair
/// tries to store it within that time, if it can reach the database as well as the one that waits.
pub const YIELD: Duration = TRY_AGAIN_AFTER.saturating_add(STATEMENT);
/// Sealing, and a machine that is busy.
const MARGIN: Duration = Duration::from_secs(2);

/// The work from the moment when the database gives the lease: its answer, the wait for whoever
/// had the lease before, Backlog's answer, and the attempts to store that. Nobody else renews meanwhile.
pub const LEASE: Duration = work();

/// How long a caller waits for the renewals of others: if one of those died, its lease ends before
/// the caller gives up.
pub const PATIENCE: Duration = LEASE.saturating_add(STATEMENT);

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

/// A statement that is given up after [`STATEMENT`].
pub async fn in_time<T>(
    statement: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    tokio::time::timeout(STATEMENT, statement)
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// Tries to store something under the lease; the last error if it was in vain.
pub async fn store<T, F: Future<Output = Result<T, sqlx::Error>>>(
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

    /// What comes after one another under a lease, each at its longest: `AccountTokens::try_renewal`
    /// and `AccountTokens::keep`.
    #[test]
    fn the_lease_covers_the_longest_work() {
        let mut work = vec![
            ("the lease is read", STATEMENT),
            ("somebody else may store a pair", YIELD),
            ("the last look for it", STATEMENT),
            ("Backlog answers", TOKEN_TIMEOUT),
        ];
        for pause in STORE_AFTER {
            work.extend([("pause", pause), ("the pair is stored", STATEMENT)]);
        }
        let longest: Duration = work.iter().map(|(_, takes)| *takes).sum();
        assert!(longest < LEASE, "{longest:?} {work:?}");
        assert_eq!(longest + MARGIN, LEASE);
        assert!(
            PATIENCE > LEASE,
            "a caller outlives the lease of a dead process"
        );
    }

    #[tokio::test]
    async fn what_is_stored_is_not_tried_again_and_what_fails_is() {
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
