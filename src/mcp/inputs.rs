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
pub(super) mod several;
mod sort;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) use clearable::Clearable;
pub(super) use color::{IssueTypeColor, StatusColor};
pub(super) use custom_field::{CustomFieldFilter, CustomFieldValue};
pub(super) use entity_id::{
    ActivityId, AddedProjectKey, ChangedProjectKey, DocumentAttachmentId, DocumentId, HookUrl,
    IssueAttachmentId, IssueCommentId, IssueSharedFileId, ListedIssueId, NotificationId, PageBound,
    PullRequestAttachmentId, PullRequestCommentId, PullRequestNumber, SharedDirectory,
    SharedFileId, StarId, StarredId, UploadedFileId, UserId, WatchingId, WebhookId,
    WikiAttachmentId, WikiSharedFileId,
};
pub(super) use id::{ActivityType, IdOrKey, IssueIdOrKey, WikiId};
pub(super) use list::{Count, Offset, Order};
pub(super) use named::{
    Category, CustomField, CustomFieldItem, Issue, IssueType, Priority, Project, PullRequestStatus,
    RelatedIssue, Resolution, SpaceUser, Status, Team, User, Version,
};
pub(super) use plain::{Date, Decimal, Integer, Whole, is_date};
pub(super) use sort::{SORTS, Sort};

use super::{entity::Entity, input_kind::Mark, name_kind::NameKind};

/// Project id, key or name; or give projectKey
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct ProjectId(Project);

/// Project key such as PROJ, or name; or give projectId
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend(
    "x-read" = Mark::ProjectKey,
    "x-name" = NameKind::ProjectKey,
    "x-entity" = Entity::Project
))]
pub(super) struct ProjectKey(#[schemars(with = "String")] IdOrKey);

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
pub(super) struct ProjectIdOrKey(IdOrKey);

/// Numeric id; or give issueKey
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-read" = Mark::IssueId, "x-entity" = Entity::Issue))]
pub(super) struct IssueId(Integer);

/// Key such as PROJ-12; or give issueId
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-read" = Mark::IssueKey, "x-entity" = Entity::Issue))]
pub(super) struct IssueKey(String);

/// Markdown, or Backlog notation if the project's textFormattingRule is backlog (get_project)
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Markup(String);

/// Repository id; or give repoName
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-entity" = Entity::Repository))]
pub(super) struct RepoId(Integer);

/// Repository name; or give repoId
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-read" = Mark::RepositoryName, "x-entity" = Entity::Repository))]
pub(super) struct RepoName(String);
