//! `hub.audit_events`. Triggers record changes to grants in the same transaction; the hub records
//! users' actions in batches.

use std::time::{Duration, Instant};

use sqlx::{PgExecutor, postgres::types::PgInterval};

use crate::domain::{
    GrantId,
    audit_event::{AuditEvent, AuditEventKind},
    security::Tally,
};

/// Creates the partitions of this month and the next if they do not exist.
pub async fn ensure_months(db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT hub.ensure_audit_month((clock_timestamp() AT TIME ZONE 'UTC')::date),
                hub.ensure_audit_month(
                    (clock_timestamp() AT TIME ZONE 'UTC' + interval '1 month')::date)"
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Waits while an operator erases a user's data, and blocks erasures until the transaction ends.
pub async fn lock_to_write(db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT hub.lock_audit_to_write()")
        .execute(db)
        .await
        .map(|_| ())
}

/// Adds events, in a transaction that began at `began`. The database looks up the user and the
/// client; an event of a deleted grant is stored without them, because an operator may have
/// erased the user's data.
#[tracing::instrument(level = "debug", name = "db.audit_events.insert", skip_all, fields(db.system.name = "postgresql"))]
pub async fn insert(
    db: impl PgExecutor<'_>,
    began: Instant,
    done: &[AuditEvent],
) -> Result<(), sqlx::Error> {
    let age = |one: &AuditEvent| began.saturating_duration_since(one.at).as_secs_f64();
    let call = |one: &AuditEvent| match one.kind {
        AuditEventKind::ToolCalled {
            tool,
            outcome,
            took,
        } => Some((tool, outcome, took)),
        AuditEventKind::TokenRefreshed => None,
    };
    let ages: Vec<f64> = done.iter().map(age).collect();
    let events: Vec<String> = done.iter().map(|one| one.kind.event().to_owned()).collect();
    let grants: Vec<_> = done.iter().map(|one| one.actor.grant.0).collect();
    let clients: Vec<_> = done.iter().map(|one| one.actor.client.0).collect();
    let spaces: Vec<_> = done.iter().map(|one| one.actor.space.0).collect();
    let tools: Vec<Option<String>> = done
        .iter()
        .map(|one| call(one).map(|(tool, _, _)| tool.to_owned()))
        .collect();
    let outcomes: Vec<Option<String>> = done
        .iter()
        .map(|one| call(one).map(|(_, outcome, _)| outcome.as_str().to_owned()))
        .collect();
    let millis: Vec<Option<i32>> = done
        .iter()
        .map(|one| {
            call(one).map(|(_, _, took)| i32::try_from(took.as_millis()).unwrap_or(i32::MAX))
        })
        .collect();
    sqlx::query!(
        "SELECT hub.note_activity($1, $2, $3, $4, $5, $6, $7, $8)",
        &ages,
        &events,
        &spaces,
        &clients,
        &grants,
        &tools as &[Option<String>],
        &outcomes as &[Option<String>],
        &millis as &[Option<i32>],
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Adds security events, one row per tally.
pub async fn insert_security_events(
    db: impl PgExecutor<'_>,
    tallies: &[Tally],
) -> Result<(), sqlx::Error> {
    let kinds: Vec<String> = tallies
        .iter()
        .map(|tally| tally.event.as_str().to_owned())
        .collect();
    let networks: Vec<Option<String>> = tallies
        .iter()
        .map(|tally| tally.network.map(|network| network.to_string()))
        .collect();
    let occurrences: Vec<i32> = tallies
        .iter()
        .map(|tally| i32::try_from(tally.occurrences).unwrap_or(i32::MAX))
        .collect();
    sqlx::query!(
        "SELECT hub.note_security_events($1, $2::text[]::inet[], $3)",
        &kinds,
        &networks as &[Option<String>],
        &occurrences,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Adds an event for a repeated use of a grant's refresh token, with its outcome.
pub async fn note_repeated_refresh(
    db: impl PgExecutor<'_>,
    grant: GrantId,
    outcome: &str,
    late: Duration,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT hub.note_repeated_refresh($1, $2, $3)",
        grant.0,
        outcome,
        i32::try_from(late.as_millis()).unwrap_or(i32::MAX),
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// The audit events that are past their retention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Whole partitions.
    pub months: i64,
    /// Events outside monthly partitions.
    pub events: i64,
}

/// Counts the events that repeated calls of [`expire`] would delete.
pub async fn count_expired(
    db: impl PgExecutor<'_>,
    keep: Duration,
) -> Result<Expired, sqlx::Error> {
    sqlx::query_as!(
        Expired,
        r#"SELECT months AS "months!", events AS "events!" FROM hub.count_expired_audit($1)"#,
        PgInterval::try_from(keep).map_err(sqlx::Error::Encode)?,
    )
    .fetch_one(db)
    .await
}

/// Deletes months that ended more than `keep` ago, and up to 1,000 other events. Fails if `keep`
/// is shorter than the minimum that an operator has set (`admin.set_audit_floor`).
pub async fn expire(db: impl PgExecutor<'_>, keep: Duration) -> Result<Expired, sqlx::Error> {
    sqlx::query_as!(
        Expired,
        r#"SELECT months AS "months!", events AS "events!" FROM hub.expire_audit($1)"#,
        PgInterval::try_from(keep).map_err(sqlx::Error::Encode)?,
    )
    .fetch_one(db)
    .await
}
