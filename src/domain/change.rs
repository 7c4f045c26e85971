//! What the database tells of, so that nothing in memory outlives it.

use super::{AccountId, GrantId};
use crate::oauth::token::TokenHash;

/// A change of a row, or of the hearing of such changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Space,
    /// A client secret was given, and waits to be sealed.
    Secret,
    Grant(GrantId),
    /// An account ended, was restored, or has the tokens of a sign-in.
    Account(AccountId),
    Token(TokenHash),
    /// The listener has just begun: whatever happened before it is unknown.
    ListeningBegan,
    ListeningEnded,
}
