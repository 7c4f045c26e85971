//! A user of a Backlog space, as the space itself names them.

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BacklogUser {
    pub id: i64,
    pub name: String,
}
