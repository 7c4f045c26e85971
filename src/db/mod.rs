//! The only SQL: free functions over an executor, one file per table.
//!
//! Each function runs one statement and makes no policy decision; a caller that needs
//! several statements as one begins and commits the transaction. Expiry uses the database's
//! clock (`clock_timestamp()`), so replicas need not agree on the time.

pub mod access_tokens;
pub mod account_sessions;
pub mod account_sign_ins;
pub mod accounts;
pub mod admin;
pub mod asserted_access;
pub mod audit_events;
pub mod authorization_codes;
pub mod authorization_requests;
pub mod browser_spaces;
pub mod chain;
pub mod check_key;
pub mod cleanup;
pub mod client_assertions;
pub mod clients;
pub mod confirmations;
pub mod consents;
pub mod device_codes;
pub mod error_hint;
pub mod given_secrets;
pub mod grants;
pub mod identity_assertions;
pub mod identity_links;
pub mod identity_providers;
pub mod last_uses;
pub mod migrate;
pub mod personal_tokens;
pub mod pool;
pub mod probe;
pub mod refresh_tokens;
pub mod sealed;
pub mod sign_ins;
pub mod spaces;
pub mod token_pairs;
pub mod upload_links;
pub mod url;
pub mod users;

use std::{collections::BTreeSet, time::Duration};

use oauth_values::{Scopes, token::TokenHash};
use sqlx::postgres::types::PgInterval;

/// A stored value that the code cannot parse: a newer version or an operator wrote it.
fn unreadable(column: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(
        format!("hub.{column} contains a value that this version cannot read").into(),
    )
}

fn scopes_to_sql(scopes: Scopes) -> Vec<String> {
    scopes
        .iter()
        .map(|scope| scope.as_str().to_owned())
        .collect()
}

fn scopes_from_sql(names: &[String]) -> Scopes {
    Scopes::parse(&names.join(" "))
}

/// Reads the scopes of a client, a grant or a token: the column `scopes`, and beside it `levels`,
/// which is null in a row from before the levels. Such a client may request and such a grant may do
/// what writing included then.
///
/// The levels have a column of their own, because replicas of the previous release drop scopes that
/// they do not know, and write the rest back.
fn scopes_with_levels(scopes: &[String], levels: Option<&[String]>) -> Scopes {
    let base = scopes_from_sql(scopes);
    match levels {
        None => base.with_levels(),
        Some(levels) => base.union(scopes_from_sql(levels).levels()).effective(),
    }
}

fn projects_to_sql(projects: Option<&BTreeSet<String>>) -> Option<Vec<String>> {
    Some(projects?.iter().cloned().collect())
}

fn hash_from_sql(bytes: &[u8], column: &'static str) -> Result<TokenHash, sqlx::Error> {
    TokenHash::from_slice(bytes).ok_or_else(|| unreadable(column))
}

fn interval(duration: Option<Duration>) -> Result<Option<PgInterval>, sqlx::Error> {
    duration
        .map(PgInterval::try_from)
        .transpose()
        .map_err(sqlx::Error::Encode)
}

/// A time that is left, from seconds; zero if it has passed.
fn time_left(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
