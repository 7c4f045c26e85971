//! The kinds of lists in which names are looked up, and the request that returns each.

use backlog_client::{InputError, Request, Segment, UNSAFE};

use super::project::Project;
use crate::toolkit::name_list::NameList;

/// A list in which names are looked up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum List {
    Projects,
    Myself,
    Users,
    Priorities,
    Resolutions,
    Teams,
    /// The same in every space; Backlog has no list of them.
    PullRequestStatuses,
    /// One issue, by id or key.
    Issue(String),
    Of(Project, OfProject),
}

/// A list that each project has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum OfProject {
    Users,
    IssueTypes,
    Statuses,
    Categories,
    Versions,
    CustomFields,
}

impl OfProject {
    const fn path(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::IssueTypes => "issueTypes",
            Self::Statuses => "statuses",
            Self::Categories => "categories",
            Self::Versions => "versions",
            Self::CustomFields => "customFields",
        }
    }
}

impl List {
    /// The list under which tools declare that they change it.
    pub(super) const fn declared_as(&self) -> Option<NameList> {
        Some(match self {
            Self::Projects => NameList::Projects,
            Self::Of(_, OfProject::Users) => NameList::ProjectUsers,
            Self::Of(_, OfProject::IssueTypes) => NameList::IssueTypes,
            Self::Of(_, OfProject::Statuses) => NameList::Statuses,
            Self::Of(_, OfProject::Categories) => NameList::Categories,
            Self::Of(_, OfProject::Versions) => NameList::Versions,
            Self::Of(_, OfProject::CustomFields) => NameList::CustomFields,
            Self::Myself
            | Self::Users
            | Self::Priorities
            | Self::Resolutions
            | Self::Teams
            | Self::PullRequestStatuses
            | Self::Issue(_) => return None,
        })
    }

    /// The request that returns the list; `None` if Backlog has none.
    pub(super) fn request(&self) -> Result<Option<Request>, InputError> {
        let segment = |text: String, argument: &str| {
            Segment::parse(text).map_err(|_| InputError::Invalid {
                argument: argument.to_owned(),
                reason: UNSAFE,
            })
        };
        let path = match self {
            Self::Projects => vec![Segment::fixed("projects")],
            Self::Myself => vec![Segment::fixed("users"), Segment::fixed("myself")],
            Self::Users => vec![Segment::fixed("users")],
            Self::PullRequestStatuses => return Ok(None),
            Self::Priorities => vec![Segment::fixed("priorities")],
            Self::Resolutions => vec![Segment::fixed("resolutions")],
            Self::Teams => vec![Segment::fixed("teams")],
            Self::Issue(key) => vec![Segment::fixed("issues"), segment(key.clone(), "issueKey")?],
            Self::Of(project, of) => vec![
                Segment::fixed("projects"),
                segment(project.to_string(), "projectKey")?,
                Segment::fixed(of.path()),
            ],
        };
        Ok(Some(Request::get(path)))
    }
}
