//! The lists of names that tools can change.

/// A list of names that the hub caches ([`names`](crate::calls::name_lookup)) and that a tool can change. A
/// tool that changes one declares it, so that the cached list is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameList {
    /// The projects that the user can see.
    Projects,
    /// The members of a project.
    ProjectUsers,
    IssueTypes,
    Statuses,
    Categories,
    Versions,
    /// Custom fields with their items.
    CustomFields,
}
