//! What to do after Backlog refused a request: whom to ask, or which argument to look up, and how.

use std::fmt::Write;

use crate::backlog::ErrorItem;

/// Collections in a path, the argument that says which of them, and what lists them.
const COLLECTIONS: [(&str, &str, &str); 13] = [
    ("projects", "projectId or projectKey", "get_project_list"),
    ("issues", "issueId or issueKey", "get_issues"),
    ("comments", "commentId", "the tool that lists comments"),
    ("attachments", "attachmentId", "get_issue"),
    ("relatedIssues", "relatedIssueId", "get_related_issues"),
    ("versions", "id", "get_version_milestone_list"),
    ("users", "userId", "get_users"),
    ("watchings", "watchId", "get_watching_list_items"),
    ("wikis", "wikiId", "get_wiki_pages"),
    ("documents", "documentId", "get_document_tree"),
    ("repositories", "repoId or repoName", "get_git_repositories"),
    ("pullRequests", "number", "get_pull_requests"),
    ("notifications", "id", "get_notifications"),
];

/// `request` is method and path, as `GET issues/ABC-1`.
pub(super) fn advice(code: u32, request: &str) -> Option<String> {
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
        ErrorItem::NOT_FOUND => return Some(not_found(request)),
        ErrorItem::INVALID_REQUEST => {
            "Correct the argument that the message names and try again. Where an id is wanted, a \
             name is accepted as well, and checked before the call."
        }
        ErrorItem::SPACE_FULL => "The storage of the space is full; something has to be deleted.",
        ErrorItem::TOO_MANY => "There are as many of these as Backlog allows; delete one first.",
        ErrorItem::FILE_TOO_LARGE => "The file is larger than the space's plan allows.",
        ErrorItem::MFA_REQUIRED => {
            "The space requires two-step verification; the person has to set it up in Backlog."
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// Names the arguments that the path is made of.
fn not_found(request: &str) -> String {
    let path = request.split_once(' ').map_or("", |(_, path)| path);
    let segments: Vec<_> = path.split('/').collect();
    let mut text = String::new();
    for pair in segments.windows(2) {
        let [collection, _] = pair else { continue };
        let found = COLLECTIONS.iter().find(|(name, ..)| name == collection);
        if let Some((_, argument, list)) = found {
            let comma = if text.is_empty() { "" } else { ", " };
            let _ = write!(text, "{comma}{argument} (see {list})");
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::tools;

    #[test]
    fn what_was_not_found_is_named_with_what_lists_it() {
        for (request, expected) in [
            (
                "GET issues/ABC-1",
                "Check issueId or issueKey (see get_issues): nothing has that",
            ),
            (
                "PATCH projects/A/git/repositories/b/pullRequests/7",
                "Check projectId or projectKey (see get_project_list), repoId or repoName (see \
                 get_git_repositories), number (see get_pull_requests): nothing",
            ),
            (
                "POST issues",
                "Check the ids and keys of this call: nothing",
            ),
        ] {
            let text = advice(ErrorItem::NOT_FOUND, request).unwrap();
            assert!(text.starts_with(expected), "{text}");
        }
    }

    #[test]
    fn the_tools_that_are_named_exist() {
        let tools = tools::all();
        for (_, _, list) in COLLECTIONS {
            let exists = tools.iter().any(|tool| tool.spec.name == list);
            assert!(exists || list.contains(' '), "{list}");
        }
    }
}
