//! What an operator can do about an error of the database.

use sqlx::postgres::PgDatabaseError;

use crate::db::probe::POOLER;

/// SQLSTATE `read_only_sql_transaction`.
const READ_ONLY: &str = "25006";
/// SQLSTATE `lock_not_available`.
const LOCKED: &str = "55P03";
/// SQLSTATE `duplicate_prepared_statement`, `invalid_sql_statement_name`: the statement was
/// prepared on another connection than the one that was lent for this transaction.
const PREPARED_ELSEWHERE: [&str; 2] = ["42P05", "26000"];
/// SQLSTATE `insufficient_privilege`, `undefined_table`, `invalid_schema_name`,
/// `undefined_function`.
const NOT_ALLOWED: &str = "42501";
const NOT_THERE: [&str; 3] = ["42P01", "3F000", "42883"];

/// What to do if the role is not `wanted`, or the schema is another; `None` for any other error.
pub fn remedy(error: &sqlx::Error, wanted: &str) -> Option<String> {
    let cause = error.as_database_error()?;
    let (code, message) = (cause.code()?, cause.message());
    if code == NOT_ALLOWED {
        return Some(format!(
            "the role of DATABASE_URL may not do this ({message}); it must be {wanted}"
        ));
    }
    if PREPARED_ELSEWHERE.contains(&code.as_ref()) {
        return Some(format!("{POOLER} ({message})"));
    }
    match code.as_ref() {
        READ_ONLY => Some(format!(
            "the database takes no changes ({message}); if it is a standby, connect to the \
             primary; if not, turn off default_transaction_read_only for the database and for \
             the role of DATABASE_URL"
        )),
        LOCKED => Some(format!(
            "another session holds a lock for longer than lock_timeout allows ({message}); try \
             again, or set a longer lock_timeout for the role of DATABASE_URL"
        )),
        code if NOT_THERE.contains(&code) => Some(format!(
            "the schema is not that of this release ({message}); run `backlog-mcp-hub migrate`"
        )),
        _ => None,
    }
}

/// The remedy, or else what the database said: its message and what it advises, without the
/// place in a statement that the reader has not written.
pub fn told(error: &sqlx::Error, wanted: &str) -> String {
    let Some(cause) = error.as_database_error() else {
        return error.to_string();
    };
    let hint = cause
        .try_downcast_ref::<PgDatabaseError>()
        .and_then(PgDatabaseError::hint)
        .filter(|hint| !hint.is_empty());
    remedy(error, wanted).unwrap_or_else(|| match hint {
        Some(hint) => format!("{}. {hint}", cause.message()),
        None => cause.message().to_owned(),
    })
}
