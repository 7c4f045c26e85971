//! What a name can be the name of, and where it is looked up.

use serde::{Deserialize, Serialize};

use super::{
    about::{self, Project},
    lists::{List, OfProject},
    words::is_me,
};

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::mcp) enum Kind {
    Project,
    /// The same, in an input that takes its key as it is.
    ProjectKey,
    /// Known by its key.
    Issue,
    User,
    /// Also one who is not in the project that the call is about.
    SpaceUser,
    Priority,
    Resolution,
    IssueType,
    Status,
    Category,
    /// Milestones are versions.
    Version,
    PullRequestStatus,
    /// With the items that can be chosen.
    CustomField,
    /// Of the custom field that another input names.
    CustomFieldItem,
    Team,
    /// A custom field to sort by.
    Sort,
}

impl Kind {
    pub(super) fn noun(self) -> &'static str {
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

    /// The list that each project has of its own.
    pub(super) fn of_project(self) -> Option<OfProject> {
        Some(match self {
            Self::User => OfProject::Users,
            Self::IssueType => OfProject::IssueTypes,
            Self::Status => OfProject::Statuses,
            Self::Category => OfProject::Categories,
            Self::Version => OfProject::Versions,
            Self::CustomField | Self::CustomFieldItem | Self::Sort => OfProject::CustomFields,
            _ => return None,
        })
    }

    /// Where to look a name up; nowhere if it takes a project and there is none, or if it is no
    /// issue's key.
    pub(super) fn lists(self, text: &str, projects: &[Project]) -> Vec<List> {
        match (self, self.of_project()) {
            (Self::User | Self::SpaceUser, _) if is_me(text) => vec![List::Myself],
            (Self::User, _) if projects.is_empty() => vec![List::Users],
            (Self::SpaceUser, _) => vec![List::Users],
            (_, Some(of)) => {
                let projects = projects.iter().cloned();
                projects.map(|project| List::Of(project, of)).collect()
            }
            (Self::Project | Self::ProjectKey, _) => vec![List::Projects],
            (Self::Issue, _) => {
                let key = about::prefix(text).map(|_| text.to_owned());
                key.map(List::Issue).into_iter().collect()
            }
            (Self::Priority, _) => vec![List::Priorities],
            (Self::Resolution, _) => vec![List::Resolutions],
            (Self::Team, _) => vec![List::Teams],
            _ => vec![List::PullRequestStatuses],
        }
    }
}
