//! What a tool's inputs say about projects, by their names.

use serde_json::Value;

/// Something that belongs to one project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::mcp) enum Kind {
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

/// What an input says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Names one or more of these.
    Names(Kind),
    /// Names something of the kind that another input says.
    NamesBy(&'static str),
    /// Means nothing but inside of what another input names.
    Inner,
    /// Says nothing of a project.
    Plain,
    /// Cannot be given under a bound, and why.
    Refused(&'static str),
}

/// The role of an input; `None` if it looks like a name of something and is not in the tables
/// below.
pub(super) fn role(tool: &str, input: &str, schema: &Value) -> Option<Role> {
    of_tool(tool, input)
        .or_else(|| named(input))
        .or_else(|| (!could_name_something(input, schema)).then_some(Role::Plain))
}

/// Names that mean something else in one tool than elsewhere.
fn of_tool(tool: &str, input: &str) -> Option<Role> {
    Some(match (tool, input) {
        ("add_star", "id") => Role::NamesBy("kind"),
        ("add_document", "parentId") => Role::Names(Kind::Document),
        ("mark_notification_as_read", "id") => Role::Names(Kind::Notification),
        ("add_project", "key") => Role::Plain,
        ("update_project", "key") => Role::Refused(
            "a key cannot be changed where the allowed projects are known by their keys",
        ),
        _ => return None,
    })
}

fn named(input: &str) -> Option<Role> {
    Some(match input {
        "projectId" | "projectIds" | "projectKey" | "projectIdOrKey" => Role::Names(Kind::Project),
        "issueId" | "issueKey" | "issueIdOrKey" | "parentIssueId" | "targetIssueId"
        | "relatedIssueId" => Role::Names(Kind::Issue),
        "wikiId" => Role::Names(Kind::Wiki),
        "documentId" => Role::Names(Kind::Document),
        "repoId" | "repoName" => Role::Names(Kind::Repository),
        "watchId" => Role::Names(Kind::Watching),
        "activityId" => Role::Names(Kind::Activity),

        "id"
        | "applicableIssueTypes"
        | "attachmentId"
        | "categoryId"
        | "commentId"
        | "customFieldId"
        | "customFields"
        | "fileId"
        | "issueTypeId"
        | "itemId"
        | "milestoneId"
        | "settings"
        | "sharedFileId"
        | "statusId"
        | "substituteIssueTypeId"
        | "substituteStatusId"
        | "versionId"
        | "webhookId" => Role::Inner,

        // People.
        "assigneeId" | "createdUserId" | "notifiedUserId" | "senderId" | "teamId" | "userId" => {
            Role::Plain
        }
        // What all projects share, places in a list, and what is a person's own.
        "activityTypeId" | "activityTypeIds" | "priorityId" | "resolutionId" => Role::Plain,
        "hookUrl" | "maxId" | "minId" | "starId" => Role::Plain,
        // Settings with a telling name.
        "projectLeaderCanEditProjectLeader" | "useWiki" => Role::Plain,
        _ => return None,
    })
}

/// Whether an input has a name, or a shape, with which it could name something.
fn could_name_something(input: &str, schema: &Value) -> bool {
    const ENDS: [&str; 6] = ["id", "ids", "key", "keys", "uri", "url"];
    const NOUNS: [&str; 9] = [
        "project",
        "issue",
        "wiki",
        "document",
        "repo",
        "watch",
        "notification",
        "activity",
        "pullrequest",
    ];
    let is_object = |schema: &Value| schema["type"] == "object";
    let name = input.to_ascii_lowercase();
    ENDS.iter().any(|end| name.ends_with(end))
        || NOUNS.iter().any(|noun| name.contains(noun))
        || is_object(schema)
        || is_object(&schema["items"])
}
