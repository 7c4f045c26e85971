//! Explains database errors to the operator, with a remedy.

use sqlx::postgres::PgDatabaseError;

use super::probe::POOLER;

/// The role that the service needs, as error texts name it.
pub const SERVICE_ROLE: &str = "the owner of the tables or a member of hub_service";

/// SQLSTATE `read_only_sql_transaction`.
const READ_ONLY: &str = "25006";
/// SQLSTATE `lock_not_available`.
const LOCKED: &str = "55P03";
/// SQLSTATE `duplicate_prepared_statement`, `invalid_sql_statement_name`: the statement was
/// prepared on another connection than the one that a pooler assigned to this transaction.
const PREPARED_ELSEWHERE: [&str; 2] = ["42P05", "26000"];
/// SQLSTATE `insufficient_privilege`, `undefined_table`, `invalid_schema_name`,
/// `undefined_function`.
const NOT_ALLOWED: &str = "42501";
const NOT_THERE: [&str; 3] = ["42P01", "3F000", "42883"];

/// The remedy for an error that the operator can correct, such as a role other than `required`;
/// `None` for any other error.
pub fn remedy(error: &sqlx::Error, required: &str) -> Option<String> {
    let cause = error.as_database_error()?;
    let (code, message) = (cause.code()?, cause.message());
    if code == NOT_ALLOWED {
        return Some(format!(
            "the role of DATABASE_URL lacks permission ({message}); it must be {required}"
        ));
    }
    if PREPARED_ELSEWHERE.contains(&code.as_ref()) {
        return Some(format!("{POOLER} ({message})"));
    }
    match code.as_ref() {
        READ_ONLY => Some(format!(
            "the database is read-only ({message}); if it is a standby, connect to the primary; if \
             not, turn off default_transaction_read_only for the database and for the role of \
             DATABASE_URL"
        )),
        LOCKED => Some(format!(
            "another database session held a lock for longer than lock_timeout allows ({message}); \
             try again, or set a longer lock_timeout for the role of DATABASE_URL"
        )),
        code if NOT_THERE.contains(&code) => Some(format!(
            "the database schema is of another release ({message}); run `backlog-mcp-hub migrate`"
        )),
        _ => None,
    }
}

/// The remedy, or else the database's own message and hint, without the position in a statement
/// that the reader has not written.
pub fn explain(error: &sqlx::Error, required: &str) -> String {
    let Some(cause) = error.as_database_error() else {
        return error.to_string();
    };
    let hint = cause
        .try_downcast_ref::<PgDatabaseError>()
        .and_then(PgDatabaseError::hint)
        .filter(|hint| !hint.is_empty());
    remedy(error, required).unwrap_or_else(|| match hint {
        Some(hint) => format!("{}. {hint}", cause.message()),
        None => cause.message().to_owned(),
    })
}
