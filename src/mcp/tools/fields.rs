//! The fields of what lists hold, for callers to choose from.

type Fields = &'static [&'static str];

pub(super) const ACTIVITY: Fields = &[
    "id",
    "project",
    "type",
    "content",
    "notifications",
    "createdUser",
    "created",
];

pub(super) const USER: Fields = &[
    "id",
    "userId",
    "name",
    "roleType",
    "lang",
    "nulabAccount",
    "mailAddress",
    "lastLoginTime",
];

pub(super) const PROJECT: Fields = &[
    "id",
    "projectKey",
    "name",
    "chartEnabled",
    "useResolvedForChart",
    "subtaskingEnabled",
    "projectLeaderCanEditProjectLeader",
    "useWiki",
    "useFileSharing",
    "useWikiTreeView",
    "useOriginalImageSizeAtWiki",
    "useSubversion",
    "useGit",
    "textFormattingRule",
    "archived",
    "displayOrder",
    "useDevAttributes",
    "grandchildIssueEnabled",
];

pub(super) const ISSUE: Fields = &[
    "id",
    "projectId",
    "issueKey",
    "keyId",
    "issueType",
    "summary",
    "description",
    "resolution",
    "priority",
    "status",
    "assignee",
    "category",
    "versions",
    "milestone",
    "startDate",
    "dueDate",
    "estimatedHours",
    "actualHours",
    "parentIssueId",
    "createdUser",
    "created",
    "updatedUser",
    "updated",
    "customFields",
    "attachments",
    "sharedFiles",
    "stars",
    "childIssueSummary",
];

pub(super) const ISSUE_COMMENT: Fields = &[
    "id",
    "projectId",
    "issueId",
    "content",
    "changeLog",
    "createdUser",
    "created",
    "updated",
    "stars",
    "notifications",
];

pub(super) const RELATED_ISSUE: Fields = &[
    "type",
    "id",
    "projectId",
    "issueKey",
    "keyId",
    "issueType",
    "summary",
    "description",
    "resolution",
    "priority",
    "status",
    "assignee",
    "category",
    "versions",
    "milestone",
    "startDate",
    "dueDate",
    "estimatedHours",
    "actualHours",
    "parentIssueId",
    "createdUser",
    "created",
    "updatedUser",
    "updated",
    "customFields",
    "attachments",
    "sharedFiles",
    "stars",
    "childIssueSummary",
];

/// A priority or a resolution.
pub(super) const MASTER: Fields = &["id", "name"];

pub(super) const CATEGORY: Fields = &["id", "projectId", "name", "displayOrder"];

pub(super) const CUSTOM_FIELD: Fields = &[
    "id",
    "projectId",
    "typeId",
    "name",
    "description",
    "required",
    "useIssueType",
    "applicableIssueTypes",
    "displayOrder",
    "version",
    "min",
    "max",
    "initialValue",
    "unit",
    "initialDate",
    "items",
    "allowAddItem",
    "allowInput",
];

pub(super) const ISSUE_TYPE: Fields = &[
    "id",
    "projectId",
    "name",
    "color",
    "displayOrder",
    "templateSummary",
    "templateDescription",
];

pub(super) const STATUS: Fields = &["id", "projectId", "name", "color", "displayOrder"];

pub(super) const WATCHING: Fields = &[
    "id",
    "resourceAlreadyRead",
    "note",
    "type",
    "issue",
    "lastContentUpdated",
    "created",
    "updated",
];

pub(super) const VERSION: Fields = &[
    "id",
    "projectId",
    "name",
    "description",
    "startDate",
    "releaseDueDate",
    "archived",
    "displayOrder",
];

pub(super) const WIKI_PAGE: Fields = &[
    "id",
    "projectId",
    "name",
    "tags",
    "createdUser",
    "created",
    "updatedUser",
    "updated",
];

pub(super) const REPOSITORY: Fields = &[
    "id",
    "projectId",
    "name",
    "description",
    "hookUrl",
    "httpUrl",
    "sshUrl",
    "displayOrder",
    "pushedAt",
    "createdUser",
    "created",
    "updatedUser",
    "updated",
];

pub(super) const PULL_REQUEST: Fields = &[
    "id",
    "projectId",
    "repositoryId",
    "number",
    "summary",
    "description",
    "base",
    "branch",
    "status",
    "assignee",
    "issue",
    "baseCommit",
    "branchCommit",
    "mergeCommit",
    "closeAt",
    "mergeAt",
    "createdUser",
    "created",
    "updatedUser",
    "updated",
    "attachments",
    "stars",
];

pub(super) const PULL_REQUEST_COMMENT: Fields = &[
    "id",
    "content",
    "changeLog",
    "createdUser",
    "created",
    "updated",
    "stars",
    "notifications",
];

pub(super) const DOCUMENT: Fields = &[
    "id",
    "projectId",
    "title",
    "plain",
    "json",
    "statusId",
    "emoji",
    "attachments",
    "tags",
    "createdUser",
    "created",
    "updatedUser",
    "updated",
    "childDocumentIds",
];

pub(super) const NOTIFICATION: Fields = &[
    "id",
    "alreadyRead",
    "reason",
    "resourceAlreadyRead",
    "project",
    "issue",
    "comment",
    "pullRequest",
    "pullRequestComment",
    "repository",
    "document",
    "documentComment",
    "documentCommentReply",
    "sender",
    "created",
];

pub(super) const ATTACHMENT: Fields = &["id", "name", "size", "createdUser", "created"];

pub(super) const SHARED_FILE: Fields = &[
    "id",
    "projectId",
    "type",
    "dir",
    "name",
    "size",
    "createdUser",
    "created",
    "updatedUser",
    "updated",
];

pub(super) const TEAM: Fields = &[
    "id",
    "name",
    "members",
    "displayOrder",
    "createdUser",
    "created",
    "updatedUser",
    "updated",
];

pub(super) const STAR: Fields = &["id", "comment", "url", "title", "presenter", "created"];

pub(super) const WIKI_VERSION: Fields = &[
    "pageId",
    "version",
    "name",
    "content",
    "createdUser",
    "created",
];

pub(super) const WEBHOOK: Fields = &[
    "id",
    "name",
    "description",
    "hookUrl",
    "allEvent",
    "activityTypeIds",
    "createdUser",
    "created",
    "updatedUser",
    "updated",
];
