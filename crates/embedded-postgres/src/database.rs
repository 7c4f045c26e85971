//! The databases of a PostgreSQL server.

use sqlx::{AssertSqlSafe, PgConnection};

/// Creates the database if it does not exist.
pub(crate) async fn ensure(
    connection: &mut PgConnection,
    name: &'static str,
) -> Result<(), sqlx::Error> {
    let exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(name)
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
