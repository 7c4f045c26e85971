//! `hub.audit_events`. The rows are written by triggers, with the change they tell of.

use sqlx::PgExecutor;

/// Makes the partitions of this month and the next, if they are not there.
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
