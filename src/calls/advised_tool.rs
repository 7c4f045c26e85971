//! The work tools that do what classic tools do, for advice on a connection that lists only them.

/// Classic tools, each with the work tool to use instead.
const INSTEAD: &[(&str, &str)] = &[
    ("get_issue", "fetch"),
    ("get_issues", "find_issues"),
    ("count_issues", "find_issues"),
    ("get_issue_comments", "fetch"),
    ("get_issue_attachments", "fetch"),
    ("add_issue", "create_issues"),
    ("update_issue", "change_issues"),
    ("add_issue_comment", "comment"),
    ("get_wiki", "fetch"),
    ("get_wiki_pages", "search"),
    ("add_wiki", "edit_page"),
    ("update_wiki", "edit_page"),
    ("get_document", "fetch"),
    ("get_documents", "search"),
    ("get_pull_request", "fetch"),
    ("get_pull_requests", "pull_requests"),
    ("get_pull_request_comments", "fetch"),
    ("add_pull_request_comment", "comment"),
    ("get_notifications", "inbox"),
    ("get_project", "project_info"),
    ("get_project_list", "project_info"),
    ("get_project_users", "project_info"),
    ("get_issue_types", "project_info"),
    ("get_statuses", "project_info"),
    ("get_categories", "project_info"),
    ("get_version_milestone_list", "project_info"),
    ("get_custom_fields", "project_info"),
    ("get_git_repositories", "project_info"),
];

/// The work tool to use instead of a classic tool.
pub(super) fn instead_of(name: &str) -> Option<&'static str> {
    let mut pairs = INSTEAD.iter();
    pairs
        .find(|(classic, _)| *classic == name)
        .map(|(_, work)| *work)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{tools, work};

    #[test]
    fn every_name_is_that_of_a_tool() {
        let classic: Vec<_> = tools::all().iter().map(|tool| tool.meta.name).collect();
        let work: Vec<_> = work::all().iter().map(|tool| tool.meta.name).collect();
        for (one, other) in INSTEAD {
            assert!(classic.contains(one), "{one}");
            assert!(work.contains(other), "{other}");
        }
    }
}
