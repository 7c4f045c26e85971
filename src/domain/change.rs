//! Changes that the database notifies the hub of, so that caches can drop stale entries.

use oauth_values::token::TokenHash;

use super::{AccountId, GrantId};

/// A change of a row, or of the listening state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Space,
    /// A client secret was set and is waiting to be sealed.
    Secret,
    Grant(GrantId),
    /// An account ended, was restored, or received tokens from a sign-in.
    Account(AccountId),
    Token(TokenHash),
    /// The listener has just started: earlier changes are unknown.
    ListeningBegan,
    ListeningEnded,
}
