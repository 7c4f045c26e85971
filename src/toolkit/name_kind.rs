//! The kinds of names that inputs accept, and the keywords that mark such inputs.

use serde::{Deserialize, Serialize};

/// The keywords that mark an input in the schemas of the types; they are not published.
pub(crate) const KEYWORD: &str = "x-name";

pub(crate) const CLEARABLE: &str = "x-clearable";

/// An input that accepts names, alone or in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub argument: String,
    pub kind: NameKind,
    /// Whether an empty text removes the value instead of being a name.
    pub clearable: bool,
    /// Whether a word such as `none` ([`is_none_word`](crate::arguments::reading::text::is_none_word)) empties
    /// its list, unless it is the name of an entry.
    pub takes_none: bool,
}

/// The kind of object that a name refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum NameKind {
    Project,
    /// A project, in an input that accepts its key.
    ProjectKey,
    /// An issue, by its key.
    Issue,
    User,
    /// A user of the space, not only of the call's project.
    SpaceUser,
    Priority,
    Resolution,
    IssueType,
    Status,
    Category,
    /// A version or milestone; Backlog has one list for both.
    Version,
    PullRequestStatus,
    /// A custom field, with its items.
    CustomField,
    /// An item of the custom field that another input names.
    CustomFieldItem,
    Team,
    /// A custom field to sort by.
    Sort,
}

impl NameKind {
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Project | Self::ProjectKey => "project",
            Self::Issue => "issue",
            Self::User | Self::SpaceUser => "user",
            Self::Priority => "priority",
            Self::Resolution => "resolution",
            Self::IssueType => "issue type",
            Self::Status | Self::PullRequestStatus => "status",
            Self::Category => "category",
            Self::Version => "version or milestone",
            Self::CustomField | Self::Sort => "custom field",
            Self::CustomFieldItem => "item",
            Self::Team => "team",
        }
    }
}
