//! Backlog's entities, as far as the code reads them.

use serde::Deserialize;

/// A person of a space (`GET /users/myself`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Unique in the space.
    pub id: i64,
    /// The sign-in name; absent where accounts are not the space's own.
    #[serde(default)]
    pub user_id: Option<String>,
    /// The name to show.
    pub name: String,
    /// `ja`, `en` or absent.
    #[serde(default)]
    pub lang: Option<String>,
}
