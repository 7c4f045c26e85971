//! The databases of a PostgreSQL server.

use sqlx::{AssertSqlSafe, PgConnection};

/// Creates the database if it does not exist.
pub async fn ensure(connection: &mut PgConnection, name: &'static str) -> Result<(), sqlx::Error> {
    let exists = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1) AS "exists!""#,
        name
    )
    .fetch_one(&mut *connection)
    .await?;
    if !exists {
        // A utility statement takes no parameters; the name is a constant in the code.
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE \"{name}\"")))
            .execute(connection)
            .await?;
    }
    Ok(())
}
