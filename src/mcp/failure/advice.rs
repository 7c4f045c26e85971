//! What to do after Backlog refused a request: whom to ask, or which argument to look up, and how.

use std::fmt::Write;

use crate::backlog::ErrorItem;

/// Collections in a path, below which other one if that matters, and the tool that lists what is
/// in them. An argument is of the collection that stands before it.
const LISTS: [(&str, &str, &str); 29] = [
    ("", "activities", "get_space_activities"),
    ("documents", "attachments", "get_document"),
    ("issues", "attachments", "get_issue"),
    ("pullRequests", "attachments", "get_pull_request"),
    ("wikis", "attachments", "get_wiki"),
    ("", "categories", "get_categories"),
    ("issues", "comments", "get_issue_comments"),
    ("pullRequests", "comments", "get_pull_request_comments"),
    ("", "customFields", "get_custom_fields"),
    ("", "documents", "get_document_tree"),
    ("", "files", "get_shared_files"),
    ("", "issueTypes", "get_issue_types"),
    ("", "issues", "get_issues"),
    ("customFields", "items", "get_custom_fields"),
    ("", "metadata", "get_shared_files"),
    ("", "notifications", "get_notifications"),
    ("", "projects", "get_project_list"),
    ("", "pullRequests", "get_pull_requests"),
    ("", "relatedIssues", "get_related_issues"),
    ("", "repositories", "get_git_repositories"),
    ("issues", "sharedFiles", "get_issue_shared_files"),
    ("wikis", "sharedFiles", "get_wiki_shared_files"),
    ("", "stars", "get_user_stars"),
    ("", "statuses", "get_statuses"),
    ("", "users", "get_users"),
    ("", "versions", "get_version_milestone_list"),
    ("", "watchings", "get_watching_list_items"),
    ("", "webhooks", "get_webhooks"),
    ("", "wikis", "get_wiki_pages"),
];

/// `template` is what the path of the request was made from.
pub(super) fn advice(code: u32, template: &str) -> Option<String> {
    let text = match code {
        ErrorItem::LICENCE => "The space's plan does not include this feature.",
        ErrorItem::LICENCE_EXPIRED => "The space's plan has expired.",
        ErrorItem::ACCESS_DENIED => {
            "The space does not accept requests from this server's address; an administrator of \
             the space has to allow it."
        }
        ErrorItem::FORBIDDEN => {
            "The Backlog account lacks the right to do this; a project or space administrator can \
             grant it."
        }
        ErrorItem::NOT_FOUND => return Some(not_found(template)),
        ErrorItem::INVALID_REQUEST => "Correct the arguments, as Backlog's message says.",
        ErrorItem::SPACE_FULL => "The storage of the space is full; something has to be deleted.",
        ErrorItem::TOO_MANY => "There are as many of these as Backlog allows; delete one first.",
        ErrorItem::FILE_TOO_LARGE => "The file is larger than the space's plan allows.",
        ErrorItem::AUTHENTICATION => {
            "The Backlog account has no access to this; an administrator of the space can grant it."
        }
        ErrorItem::MFA_REQUIRED => {
            "The space requires two-step verification; the person has to set it up in Backlog."
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// Names the arguments that the path is made of.
pub(super) fn not_found(template: &str) -> String {
    let mut text = String::new();
    // Of the argument before, and of the next one.
    let (mut outer, mut collection) = ("", "");
    let (path, target) = template.split_once('?').unwrap_or((template, ""));
    // A parameter that says what a path is about says which project it is of.
    let target = target.split_once('=').map(|(_, names)| ["projects", names]);
    for part in path.split('/').chain(target.into_iter().flatten()) {
        let Some(names) = placeholder(part) else {
            collection = part;
            continue;
        };
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}{}", names.replace('|', " or "));
        if let Some(tool) = lister(outer, collection) {
            let _ = write!(text, " (see {tool})");
        }
        outer = collection;
    }
    match text.as_str() {
        "" => "Check the ids and keys of this call: nothing has them, or it is not visible to the \
               Backlog account."
            .to_owned(),
        arguments => format!(
            "Check {arguments}: nothing has that, or it is not visible to the Backlog account."
        ),
    }
}

fn placeholder(part: &str) -> Option<&str> {
    let names = part.strip_prefix('{')?.strip_suffix('}')?;
    Some(names.trim_start_matches('*'))
}

/// What lists a collection that is below another one.
fn lister(outer: &str, collection: &str) -> Option<&'static str> {
    let mut lists = LISTS.iter();
    let fits = |below: &str| below.is_empty() || below == outer;
    let found = lists.find(|(below, name, _)| *name == collection && fits(below))?;
    Some(found.2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::tools;

    #[test]
    fn what_was_not_found_is_named_with_what_lists_it() {
        for (template, expected) in [
            (
                "issues/{issueId|issueKey}",
                "Check issueId or issueKey (see get_issues): nothing has that",
            ),
            (
                "projects/{projectId|projectKey}/git/repositories/{repoId|repoName}/pullRequests/\
                 {number}/attachments/{attachmentId}",
                "Check projectId or projectKey (see get_project_list), repoId or repoName (see \
                 get_git_repositories), number (see get_pull_requests), attachmentId (see \
                 get_pull_request): nothing",
            ),
            (
                "documents/tree?projectIdOrKey={projectIdOrKey}",
                "Check projectIdOrKey (see get_project_list): nothing",
            ),
            (
                "wikis?projectIdOrKey={projectId|projectKey}",
                "Check projectId or projectKey (see get_project_list): nothing",
            ),
            (
                "wikis/{wikiId}/attachments/{attachmentId}",
                "Check wikiId (see get_wiki_pages), attachmentId (see get_wiki): nothing",
            ),
            (
                "projects/{projectIdOrKey}/customFields/{customFieldId}/items/{itemId}",
                "Check projectIdOrKey (see get_project_list), customFieldId (see \
                 get_custom_fields), itemId (see get_custom_fields): nothing",
            ),
            ("issues", "Check the ids and keys of this call: nothing"),
            ("", "Check the ids and keys of this call: nothing"),
        ] {
            let text = advice(ErrorItem::NOT_FOUND, template).unwrap();
            assert!(text.starts_with(expected), "{text}");
        }
    }

    #[test]
    fn the_tools_that_are_named_exist() {
        let tools = tools::all();
        for (_, _, list) in LISTS {
            assert!(tools.iter().any(|tool| tool.spec.name == list), "{list}");
        }
    }
}
