//! The items that URLs name.

use crate::key::{IssueKey, PullRequest};

/// The item that a URL names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Page {
    /// A project.
    Project(String),
    /// A view of a project.
    View {
        /// The key of the project.
        project: String,
        /// The view.
        view: View,
    },
    /// A user, by the id of the sign-in.
    User(String),
    /// The page that shows the user's own work.
    Home,
    /// An issue, or a comment on it.
    Issue {
        /// Its key.
        key: IssueKey,
        /// The id of the comment.
        comment: Option<i64>,
    },
    /// A wiki page by its id.
    Wiki(i64),
    /// A wiki page by its name.
    WikiByName {
        /// The key of its project.
        project: String,
        /// Its name, which may contain `/`.
        name: String,
    },
    /// A document.
    Document {
        /// The key of its project.
        project: Option<String>,
        /// Its id.
        id: String,
    },
    /// A repository.
    Repository {
        /// The key of its project.
        project: String,
        /// Its name.
        name: String,
    },
    /// A pull request, or a comment on it.
    PullRequest {
        /// The pull request.
        pull_request: PullRequest,
        /// The id of the comment.
        comment: Option<i64>,
    },
    /// A shared file or folder by its path.
    SharedPath {
        /// The key of its project.
        project: String,
        /// The path without a slash at its start. That of a folder may end with one.
        path: String,
    },
    /// A shared file or folder by its id.
    SharedFile {
        /// The key or id of its project.
        project: Option<String>,
        /// Its id.
        id: i64,
    },
    /// A file attached to an issue.
    IssueAttachment(i64),
    /// A file attached to a wiki page.
    WikiAttachment(i64),
}

/// A view of a project: a page that lists things of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum View {
    /// Its issues: a list, a board or a chart.
    Issues,
    /// Its wiki.
    Wiki,
    /// Its documents.
    Documents,
    /// Its Git repositories.
    Repositories,
    /// Its shared files.
    Files,
    /// Its milestones.
    Milestones,
    /// Its Subversion repository.
    Subversion,
}

impl View {
    fn what(self) -> &'static str {
        match self {
            Self::Issues => "a list of issues",
            Self::Wiki => "the wiki of a project",
            Self::Documents => "the documents of a project",
            Self::Repositories => "the repositories of a project",
            Self::Files => "the shared files of a project",
            Self::Milestones => "the milestones of a project",
            Self::Subversion => "a Subversion repository",
        }
    }
}

impl Page {
    /// A description of the item, for errors.
    pub fn what(&self) -> &'static str {
        match self {
            Self::Project(_) => "a project",
            Self::View { view, .. } => view.what(),
            Self::User(_) => "a user",
            Self::Home => "the user's own page",
            Self::Issue { comment: None, .. } => "an issue",
            Self::Issue { .. } => "a comment on an issue",
            Self::Wiki(_) | Self::WikiByName { .. } => "a wiki page",
            Self::Document { .. } => "a document",
            Self::Repository { .. } => "a repository",
            Self::PullRequest { comment: None, .. } => "a pull request",
            Self::PullRequest { .. } => "a comment on a pull request",
            Self::SharedPath { .. } | Self::SharedFile { .. } => "a shared file",
            Self::IssueAttachment(_) => "a file attached to an issue",
            Self::WikiAttachment(_) => "a file attached to a wiki page",
        }
    }

    /// The key of the project, if the URL has it.
    pub fn project(&self) -> Option<&str> {
        match self {
            Self::Project(project)
            | Self::View { project, .. }
            | Self::WikiByName { project, .. }
            | Self::Repository { project, .. }
            | Self::SharedPath { project, .. } => Some(project),
            Self::Issue { key, .. } => Some(key.project()),
            Self::PullRequest { pull_request, .. } => Some(&pull_request.project),
            Self::Document { project, .. } | Self::SharedFile { project, .. } => project.as_deref(),
            Self::Wiki(_)
            | Self::IssueAttachment(_)
            | Self::WikiAttachment(_)
            | Self::User(_)
            | Self::Home => None,
        }
    }
}
