//! The values that tools accept: types that parse strictly, so that Backlog receives nothing
//! malformed, and describe themselves in the schema.
//!
//! The type of an input says what it names ([`Entity`]): an `Integer` or a `String` names nothing.

mod clearable;
mod color;
mod custom_field;
mod entity_id;
mod id;
mod list;
mod named;
mod plain;
pub(crate) mod several;
mod sort;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use clearable::Clearable;
pub(crate) use color::{IssueTypeColor, StatusColor};
pub(crate) use custom_field::{CustomFieldFilter, CustomFieldValue};
pub(crate) use entity_id::{
    ActivityId, AddedProjectKey, ChangedProjectKey, DocumentAttachmentId, DocumentId, HookUrl,
    IssueAttachmentId, IssueCommentId, IssueSharedFileId, ListedIssueId, NotificationId, PageBound,
    PullRequestAttachmentId, PullRequestCommentId, PullRequestNumber, SharedDirectory,
    SharedFileId, StarId, StarredId, UploadedFileId, UserId, WatchingId, WebhookId,
    WikiAttachmentId, WikiSharedFileId,
};
pub(crate) use id::{ActivityType, IdOrKey, IssueIdOrKey, WikiId};
pub(crate) use list::{Count, Offset, Order};
pub(crate) use named::{
    Category, CustomField, CustomFieldItem, Issue, IssueType, Priority, Project, PullRequestStatus,
    RelatedIssue, Resolution, SpaceUser, Status, Team, User, Version,
};
pub(crate) use plain::{Date, Decimal, Integer, Whole, is_date};
pub(crate) use sort::{SORTS, Sort};

use super::{entity::Entity, input_kind::Mark, name_kind::NameKind};

/// Project id, key or name; or give projectKey
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct ProjectId(Project);

/// Project key such as PROJ, or name; or give projectId
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend(
    "x-read" = Mark::ProjectKey,
    "x-name" = NameKind::ProjectKey,
    "x-entity" = Entity::Project
))]
pub(crate) struct ProjectKey(#[schemars(with = "String")] IdOrKey);

// One input instead of the two of the upstream server's tools, which would add 70 bytes to each
// tool's schema. `arguments::settle_project` accepts it under their names as well.
/// Project key such as PROJ, name or id
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend(
    "x-read" = Mark::ProjectKey,
    "x-name" = NameKind::ProjectKey,
    "x-entity" = Entity::Project
))]
pub(crate) struct ProjectIdOrKey(IdOrKey);

/// Numeric id; or give issueKey
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-read" = Mark::IssueId, "x-entity" = Entity::Issue))]
pub(crate) struct IssueId(Integer);

/// Key such as PROJ-12; or give issueId
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-read" = Mark::IssueKey, "x-entity" = Entity::Issue))]
pub(crate) struct IssueKey(String);

/// Markdown, or Backlog notation if the project's textFormattingRule is backlog (get_project)
#[expect(
    clippy::doc_markdown,
    reason = "the comment is a description that models read"
)]
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Markup(String);

/// Repository id; or give repoName
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-entity" = Entity::Repository))]
pub(crate) struct RepoId(Integer);

/// Repository name; or give repoId
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-read" = Mark::RepositoryName, "x-entity" = Entity::Repository))]
pub(crate) struct RepoName(String);
