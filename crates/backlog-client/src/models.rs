//! Backlog's entities, limited to the fields that the code reads.

use serde::Deserialize;

/// A user of a space (`GET /users/myself`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Unique in the space.
    pub id: i64,
    /// The sign-in name; absent in spaces with accounts that are managed elsewhere.
    #[serde(default)]
    pub user_id: Option<String>,
    /// The display name.
    pub name: String,
    /// `ja`, `en` or absent.
    #[serde(default)]
    pub lang: Option<String>,
    /// Absent where the space does not show it.
    #[serde(default)]
    pub mail_address: Option<String>,
}
