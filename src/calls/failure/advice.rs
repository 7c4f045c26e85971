//! The advice after Backlog rejected a request: the administrator to ask, or the argument to look
//! up and the tool that lists it.

use std::fmt::Write;

use backlog_client::ErrorItem;

use crate::toolkit::input_kind::Input;

/// Returns the advice for an error code. `template` is that of the path of the request; its
/// placeholders are `inputs`.
pub(super) fn advice(code: u32, template: &str, inputs: &[Input]) -> Option<String> {
    let text = match code {
        ErrorItem::LICENCE => "The space's plan does not include this feature.",
        ErrorItem::LICENCE_EXPIRED => "The space's plan has expired.",
        ErrorItem::ACCESS_DENIED => {
            "The space does not accept requests from this server's address; an administrator of \
             the space has to allow it."
        }
        ErrorItem::FORBIDDEN => {
            "The Backlog account has no permission for this; a project or space administrator can \
             grant it."
        }
        ErrorItem::NOT_FOUND => return Some(not_found(template, inputs)),
        ErrorItem::INVALID_REQUEST => "Correct the arguments according to Backlog's message.",
        ErrorItem::SPACE_FULL => "The storage of the space is full; delete something first.",
        ErrorItem::TOO_MANY => "Backlog does not allow more of these; delete one first.",
        ErrorItem::FILE_TOO_LARGE => "The file is larger than the space's plan allows.",
        ErrorItem::AUTHENTICATION => {
            "The Backlog account has no access to this; an administrator of the space can grant it."
        }
        ErrorItem::MFA_REQUIRED => {
            "The space requires two-step verification; the user has to set it up in Backlog."
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// Lists the arguments in the path, each with the tool that lists its values.
pub(super) fn not_found(template: &str, inputs: &[Input]) -> String {
    let mut text = String::new();
    for names in placeholders(template) {
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}{}", names.replace('|', " or "));
        if let Some(tool) = names.split('|').find_map(|name| lister(name, inputs)) {
            let _ = write!(text, " (see {tool})");
        }
    }
    match text.as_str() {
        "" => "Check the ids and keys of this call: no such item exists, or the Backlog account cannot \
               see it."
            .to_owned(),
        arguments => format!(
            "Check {arguments}: no such item exists, or the Backlog account cannot see it."
        ),
    }
}

/// Returns the names of inputs in a template: `issueId|issueKey` of `issues/{issueId|issueKey}`.
fn placeholders(template: &str) -> impl Iterator<Item = &str> {
    let names = template.split(['{', '}']).skip(1).step_by(2);
    names.map(|names| names.trim_start_matches('*'))
}

/// Returns the tool that lists the values of an input.
fn lister(name: &str, inputs: &[Input]) -> Option<&'static str> {
    let input = inputs.iter().find(|input| input.name == name)?;
    input.entity?.listed_by()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::registry;

    #[test]
    fn a_missing_item_is_named_with_the_tool_that_lists_it() {
        let tools = registry::all();
        let find = |name: &str| tools.iter().find(|tool| tool.meta.name == name);
        for (tool, template, expected) in [
            (
                "get_issue",
                "issues/{issueId|issueKey}",
                "Check issueId or issueKey (see get_issues): no such item",
            ),
            (
                "get_pull_request_attachment",
                "projects/{projectId|projectKey}/git/repositories/{repoId|repoName}/pullRequests/\
                 {number}/attachments/{attachmentId}",
                "Check projectId or projectKey (see get_project_list), repoId or repoName (see \
                 get_git_repositories), number (see get_pull_requests), attachmentId (see \
                 get_pull_request): no such item",
            ),
            (
                "get_document_tree",
                "documents/tree?projectIdOrKey={projectIdOrKey}",
                "Check projectIdOrKey (see get_project_list): no such item",
            ),
            (
                "get_wiki_pages",
                "wikis?projectIdOrKey={projectId|projectKey}",
                "Check projectId or projectKey (see get_project_list): no such item",
            ),
            (
                "get_wiki_attachment",
                "wikis/{wikiId}/attachments/{attachmentId}",
                "Check wikiId (see get_wiki_pages), attachmentId (see get_wiki): no such item",
            ),
            (
                "update_custom_field_item",
                "projects/{projectIdOrKey}/customFields/{customFieldId}/items/{itemId}",
                "Check projectIdOrKey (see get_project_list), customFieldId (see \
                 get_custom_fields), itemId (see get_custom_fields): no such item",
            ),
            (
                "get_shared_files",
                "projects/{projectId|projectKey}/files/metadata/{*path}",
                "Check projectId or projectKey (see get_project_list), path (see \
                 get_shared_files): no such item",
            ),
            (
                "get_issues",
                "issues",
                "Check the ids and keys of this call: no such item",
            ),
            (
                "get_space",
                "",
                "Check the ids and keys of this call: no such item",
            ),
        ] {
            let inputs = find(tool).expect(tool).inputs.own();
            let text = advice(ErrorItem::NOT_FOUND, template, inputs).unwrap();
            assert!(text.starts_with(expected), "{text}");
        }
    }
}
