//! The only SQL: free functions over an executor, one file per table.
//!
//! A function does one statement and decides no policy; a caller that needs
//! several as one begins and commits the transaction. Times of windows are the
//! database's (`clock_timestamp()`), so replicas need not agree on the time.

pub mod access_tokens;
pub mod accounts;
pub mod admin;
pub mod audit_events;
pub mod authorization_codes;
pub mod authorization_requests;
pub mod browser_spaces;
pub mod chain;
pub mod check_key;
pub mod cleanup;
pub mod client_assertions;
pub mod clients;
pub mod consents;
pub mod database;
pub mod given_secrets;
pub mod grants;
pub mod last_uses;
pub mod migrate;
pub mod people;
pub mod pool;
pub mod probe;
pub mod refresh_tokens;
pub mod sealed;
pub mod spaces;
pub mod url;

use crate::oauth::{Scopes, token::TokenHash};

/// A stored value that the code cannot read: a newer version's, or a hand's.
fn unreadable(what: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(format!("hub.{what} holds a value this version cannot read").into())
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

fn hash_from_sql(bytes: &[u8], what: &'static str) -> Result<TokenHash, sqlx::Error> {
    TokenHash::from_slice(bytes).ok_or_else(|| unreadable(what))
}
