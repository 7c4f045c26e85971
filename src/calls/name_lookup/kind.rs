//! The kinds of names, and where each is looked up.

use super::{
    list::{List, OfProject},
    project::{self, Project},
    words::is_me,
};
use crate::toolkit::name_kind::NameKind;

impl NameKind {
    /// The list of this kind that each project has.
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

    /// Returns the lists in which to look up a name; none if it needs a project and there is none,
    /// or if it is not an issue key.
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
                let key = project::prefix(text).map(|_| text.to_owned());
                key.map(List::Issue).into_iter().collect()
            }
            (Self::Priority, _) => vec![List::Priorities],
            (Self::Resolution, _) => vec![List::Resolutions],
            (Self::Team, _) => vec![List::Teams],
            _ => vec![List::PullRequestStatuses],
        }
    }
}
