//! The entities of Backlog that the inputs of tools name.
//!
//! The type of an input carries its [`Entity`], as the keyword [`ENTITY`] of its schema. Two
//! things follow from it and from nothing else:
//!
//! 1. The role of the input in the project restriction ([`ProjectRole`],
//!    [`projects`](crate::calls::project_guard)).
//! 2. The tool that lists such entities, for the text about one that was not found.
//!
//! Both are a `match` over all entities, so an entity without either does not compile. An input
//! without an entity must not have the name of an input with one: the project restriction refuses a
//! tool with such an input.

use serde::{Deserialize, Serialize};

/// The keyword in a type's schema; it is not published.
pub(crate) const ENTITY: &str = "x-entity";

/// The kind of thing that the value of an input identifies, by id, key or name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Entity {
    Project,
    /// The key of a project that does not exist yet.
    AddedProjectKey,
    /// The key that a project gets instead of its own.
    ChangedProjectKey,
    Category,
    IssueType,
    Status,
    /// A version or a milestone; Backlog does not distinguish them.
    Version,
    CustomField,
    CustomFieldItem,
    Webhook,

    Issue,
    /// An issue that another issue is linked to.
    RelatedIssue,
    /// An issue among those of the projects that the call lists; any other one is not found.
    ListedIssue,
    IssueComment,
    IssueAttachment,
    /// A shared file that an issue links to.
    IssueSharedFile,
    Watching,

    Wiki,
    WikiAttachment,
    /// A shared file that a wiki page links to.
    WikiSharedFile,

    Document,
    DocumentAttachment,

    Repository,
    PullRequest,
    PullRequestStatus,
    PullRequestComment,
    PullRequestAttachment,

    SharedFile,
    /// A directory of the shared files.
    SharedDirectory,
    /// An uploaded file that is not attached yet.
    UploadedFile,

    Activity,
    ActivityType,
    Notification,
    Star,
    /// An item that a star is given to.
    StarredThing,
    User,
    Team,
    Priority,
    Resolution,
    /// An id that bounds a page of a list: nothing with this id is returned.
    PageBound,
    /// An address outside of Backlog.
    ExternalUrl,
}

/// An item of one project; Backlog returns the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ProjectItem {
    Project,
    Issue,
    Wiki,
    Document,
    /// Known by its name or id in the project that another input names.
    Repository,
    Watching,
    Notification,
    Activity,
}

/// The role of an input in the project restriction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProjectRole {
    /// It names one or more items, and their projects have to be allowed.
    Names(ProjectItem),
    /// It names an item of the kind that another input says.
    NamesBy(&'static str),
    /// It identifies something inside of an item that another input names, which Backlog checks.
    Inside,
    /// It says nothing about a project.
    Unrelated,
    /// It cannot be given where only some projects are allowed, for this reason.
    Refused(&'static str),
}

impl Entity {
    pub(crate) const fn project_role(self) -> ProjectRole {
        use ProjectRole::{Inside, Names, NamesBy, Refused, Unrelated};
        match self {
            Self::Project => Names(ProjectItem::Project),
            Self::Issue | Self::RelatedIssue => Names(ProjectItem::Issue),
            Self::Wiki => Names(ProjectItem::Wiki),
            Self::Document => Names(ProjectItem::Document),
            Self::Repository => Names(ProjectItem::Repository),
            Self::Watching => Names(ProjectItem::Watching),
            Self::Notification => Names(ProjectItem::Notification),
            Self::Activity => Names(ProjectItem::Activity),
            Self::StarredThing => NamesBy("kind"),

            Self::ChangedProjectKey => Refused(
                "a key cannot be changed where the allowed projects are known by their keys",
            ),

            Self::Category
            | Self::IssueType
            | Self::Status
            | Self::Version
            | Self::CustomField
            | Self::CustomFieldItem
            | Self::Webhook
            | Self::ListedIssue
            | Self::IssueComment
            | Self::IssueAttachment
            | Self::IssueSharedFile
            | Self::WikiAttachment
            | Self::WikiSharedFile
            | Self::DocumentAttachment
            | Self::PullRequest
            | Self::PullRequestStatus
            | Self::PullRequestComment
            | Self::PullRequestAttachment
            | Self::SharedFile
            | Self::SharedDirectory
            | Self::UploadedFile => Inside,

            Self::AddedProjectKey
            | Self::ActivityType
            | Self::Star
            | Self::User
            | Self::Team
            | Self::Priority
            | Self::Resolution
            | Self::PageBound
            | Self::ExternalUrl => Unrelated,
        }
    }

    /// The tool whose result has the ids, keys or names of such entities.
    pub(crate) const fn listed_by(self) -> Option<&'static str> {
        Some(match self {
            Self::Project => "get_project_list",
            Self::Category => "get_categories",
            Self::IssueType => "get_issue_types",
            Self::Status => "get_statuses",
            Self::Version => "get_version_milestone_list",
            Self::CustomField | Self::CustomFieldItem => "get_custom_fields",
            Self::Webhook => "get_webhooks",

            Self::Issue | Self::ListedIssue => "get_issues",
            Self::RelatedIssue => "get_related_issues",
            Self::IssueComment => "get_issue_comments",
            Self::IssueAttachment => "get_issue",
            Self::IssueSharedFile => "get_issue_shared_files",
            Self::Watching => "get_watching_list_items",

            Self::Wiki => "get_wiki_pages",
            Self::WikiAttachment => "get_wiki",
            Self::WikiSharedFile => "get_wiki_shared_files",

            Self::Document => "get_document_tree",
            Self::DocumentAttachment => "get_document",

            Self::Repository => "get_git_repositories",
            Self::PullRequest => "get_pull_requests",
            Self::PullRequestComment => "get_pull_request_comments",
            Self::PullRequestAttachment => "get_pull_request",

            Self::SharedFile | Self::SharedDirectory => "get_shared_files",

            Self::Activity => "get_space_activities",
            Self::Notification => "get_notifications",
            Self::Star => "get_user_stars",
            Self::User => "get_users",
            Self::Team => "get_teams",
            Self::Priority => "get_priorities",
            Self::Resolution => "get_resolutions",

            Self::AddedProjectKey
            | Self::ChangedProjectKey
            | Self::PullRequestStatus
            | Self::UploadedFile
            | Self::ActivityType
            | Self::StarredThing
            | Self::PageBound
            | Self::ExternalUrl => return None,
        })
    }

    /// The tools that return the id of such an entity, for the error about an invalid id; `None`
    /// where that error needs no source.
    pub(crate) const fn id_source(self) -> Option<&'static str> {
        match self {
            Self::IssueAttachment => Some("get_issue_attachments"),
            Self::WikiAttachment => Some("get_wiki_attachments"),
            Self::PullRequestAttachment => Some("get_pull_request_attachments"),
            Self::Wiki
            | Self::IssueComment
            | Self::PullRequestComment
            | Self::DocumentAttachment
            | Self::Notification => self.listed_by(),
            Self::StarredThing => Some(
                "get_issue, get_issue_comments, get_wiki_pages, get_pull_request or \
                 get_pull_request_comments",
            ),
            _ => None,
        }
    }
}
