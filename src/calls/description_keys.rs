//! The keys with which an operator overrides the texts of tools, as in backlog-mcp-server.
//!
//! A key follows from the names of tool and input, except where upstream's key was written by hand
//! and differs. Several places may share a key; an override then changes them all.

/// Inputs with a key that does not follow from their name.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "add_project",
        "projectLeaderCanEditProjectLeader",
        "TOOL_ADD_PROJECT_LEADER_CAN_EDIT",
    ),
    (
        "add_project",
        "textFormattingRule",
        "TOOL_ADD_PROJECT_TEXT_FORMATTING",
    ),
    (
        "update_project",
        "projectLeaderCanEditProjectLeader",
        "TOOL_UPDATE_PROJECT_LEADER_CAN_EDIT",
    ),
    (
        "update_project",
        "textFormattingRule",
        "TOOL_UPDATE_PROJECT_TEXT_FORMATTING",
    ),
    ("delete_issue", "issueKey", "TOOL_GET_ISSUE_ISSUE_KEY"),
    ("add_issue_comment", "issueId", "TOOL_ADD_ISSUE_COMMENT_ID"),
    (
        "add_issue_comment",
        "issueKey",
        "TOOL_ADD_ISSUE_COMMENT_KEY",
    ),
    (
        "get_categories",
        "projectKey",
        "TOOL_GET_CATEGORIES_PROJECT_ID",
    ),
    (
        "get_issue_types",
        "projectId",
        "TOOL_GET_GIT_REPOSITORIES_PROJECT_ID",
    ),
    (
        "get_issue_types",
        "projectKey",
        "TOOL_GET_GIT_REPOSITORIES_PROJECT_KEY",
    ),
    (
        "get_version_milestone_list",
        "projectId",
        "TOOL_GET_VERSION_MILESTONE_PROJECT_ID",
    ),
    (
        "get_version_milestone_list",
        "projectKey",
        "TOOL_GET_VERSION_MILESTONE_PROJECT_KEY",
    ),
    ("get_wiki", "wikiId", "TOOL_GET_WIKI_ID"),
    ("update_wiki", "wikiId", "TOOL_UPDATE_WIKI_ID"),
    (
        "get_pull_request_comments",
        "projectId",
        "TOOL_GET_PROJECT_PROJECT_ID",
    ),
    (
        "get_pull_request_comments",
        "projectKey",
        "TOOL_GET_PROJECT_PROJECT_KEY",
    ),
    (
        "get_pull_request_comments",
        "repoId",
        "TOOL_GET_PULL_REQUEST_COMMENTS_REPO_ID_OR_NAME",
    ),
    (
        "get_pull_request_comments",
        "repoName",
        "TOOL_GET_PULL_REQUEST_COMMENTS_REPO_ID_OR_NAME",
    ),
    (
        "add_pull_request_comment",
        "repoId",
        "TOOL_ADD_PULL_REQUEST_REPO_ID",
    ),
    (
        "add_pull_request_comment",
        "repoName",
        "TOOL_ADD_PULL_REQUEST_REPO_NAME",
    ),
    (
        "get_documents",
        "projectIds",
        "TOOL_GET_DOCUMENTS_PROJECT_ID_LIST",
    ),
    (
        "count_notifications",
        "alreadyRead",
        "TOOL_GET_NOTIFICATIONS_COUNT_ALREADY_READ",
    ),
    (
        "count_notifications",
        "resourceAlreadyRead",
        "TOOL_GET_NOTIFICATIONS_COUNT_RESOURCE_ALREADY_READ",
    ),
];

/// An error text that an operator can override.
pub(crate) struct ErrorText {
    pub key: &'static str,
    /// The one tool with this text; `None` for every tool without a text of its own.
    pub tool: Option<&'static str>,
    /// The built-in end of the error text.
    pub text: &'static str,
}

const fn error(key: &'static str, text: &'static str) -> ErrorText {
    ErrorText {
        key,
        tool: None,
        text,
    }
}

const fn error_of(tool: &'static str, key: &'static str, text: &'static str) -> ErrorText {
    ErrorText {
        key,
        tool: Some(tool),
        text,
    }
}

/// The error texts that have a key. The text of a specific tool precedes the general one.
pub(crate) const ERRORS: &[ErrorText] = &[
    error(
        "PROJECT_ID_OR_KEY_REQUIRED",
        "Project ID or key is required",
    ),
    error("ISSUE_ID_OR_KEY_REQUIRED", "Issue ID or key is required"),
    error_of(
        "update_pull_request",
        "REPOSITORY_ID_OR_KEY_REQUIRED",
        "Repository ID or name is required",
    ),
    error(
        "REPOSITORY_ID_OR_NAME_REQUIRED",
        "Repository ID or name is required",
    ),
    error_of(
        "delete_version",
        "TOOL_DELETE_VERSION_MISSING_ID",
        "ID is required",
    ),
    error(
        "TOOL_CUSTOM_FIELD_FILTER_NUMERIC_REQUIRED",
        "a numeric filter needs min or max",
    ),
    error(
        "TOOL_CUSTOM_FIELD_FILTER_DATE_REQUIRED",
        "a date filter needs min or max",
    ),
];

/// The key of a tool's description.
pub(crate) fn of_tool(tool: &str) -> String {
    format!("TOOL_{}_DESCRIPTION", tool.to_ascii_uppercase())
}

/// The key of an input's description.
///
/// An input that is itself named `description` has `…_INPUT_DESCRIPTION`. Upstream gives it the key
/// of the tool's description, so that both places have the same text.
pub(crate) fn of_input(tool: &str, input: &str) -> String {
    let exception = EXCEPTIONS
        .iter()
        .find(|(of_tool, of_input, _)| (*of_tool, *of_input) == (tool, input));
    match exception {
        Some((_, _, key)) => (*key).to_owned(),
        None if input == "description" => {
            format!("TOOL_{}_INPUT_DESCRIPTION", tool.to_ascii_uppercase())
        }
        None => format!("TOOL_{}_{}", tool.to_ascii_uppercase(), snake(input)),
    }
}

/// The key of a part of a custom field's value, such as `otherValue`.
pub(crate) fn of_value_part(tool: &str, part: &str) -> String {
    let tool = tool.to_ascii_uppercase();
    format!("TOOL_{tool}_CUSTOM_FIELD_{}", snake(part))
}

/// The key of a kind of filter by custom field (`text`, `numeric`, …), or of a part of it.
pub(crate) fn of_filter(kind: &str, part: Option<&str>) -> Option<String> {
    let kind = kind.to_ascii_uppercase();
    match part {
        None => Some(format!("TOOL_CUSTOM_FIELD_FILTER_{kind}")),
        // The discriminator is fixed.
        Some("type") => None,
        Some("id") => Some("TOOL_CUSTOM_FIELD_FILTER_ID".to_owned()),
        Some(part) => Some(format!("TOOL_CUSTOM_FIELD_FILTER_{kind}_{}", snake(part))),
    }
}

/// `projectId` → `PROJECT_ID`.
fn snake(name: &str) -> String {
    let mut words = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            words.push('_');
        }
        words.push(character.to_ascii_uppercase());
    }
    words
}
