//! The pages of a space that cannot be fetched, each with the tool that reads what they show.

use backlog_words::url::{Page, View};
use serde_json::json;

use crate::work::advice::run_tool;

/// Says why a page cannot be fetched, and what to use instead.
pub(super) fn refusal(page: &Page) -> String {
    let what = page.what();
    match advice(page) {
        Some(advice) => format!("the URL is of {what}; {advice}"),
        None => format!("the URL is of {what}, which cannot be fetched"),
    }
}

fn advice(page: &Page) -> Option<String> {
    Some(match page {
        Page::Project(project) => {
            format!("project_info with project {project} returns its names and settings")
        }
        Page::View { project, view } => of_view(project, *view),
        Page::Repository { project, name } => format!(
            "its code is not in Backlog's API: use git; pull_requests with project {project} and \
             repository {name} returns its pull requests"
        ),
        Page::User(id) => {
            format!("report with about activity and person {id} returns what the user did")
        }
        Page::Home => "inbox returns the unread notifications, and find_issues with assignee me \
                       the issues of the user"
            .to_owned(),
        Page::SharedPath { project, path } => of_folder(project, path),
        Page::SharedFile { id, .. } => format!(
            "it does not name the project of the file; give PROJ/file/{id} with the key of the \
             project"
        ),
        Page::IssueAttachment(id) => format!(
            "it does not name the issue of the file; give PROJ-12/file/{id} with the key of the \
             issue"
        ),
        Page::WikiAttachment(id) => format!(
            "it does not name the page of the file; give wiki:640012/file/{id} with the id of the \
             page"
        ),
        _ => return None,
    })
}

fn of_view(project: &str, view: View) -> String {
    let key = json!({"projectKey": project});
    match view {
        View::Issues => format!("find_issues with project {project} lists its issues"),
        View::Wiki => format!(
            "search with in wiki and project {project} finds its pages, and {} lists them",
            run_tool("get_wiki_pages", &key)
        ),
        View::Documents => format!(
            "search with in documents and project {project} finds them, and {} lists them",
            run_tool("get_document_tree", &json!({"projectIdOrKey": project}))
        ),
        View::Repositories => {
            format!("pull_requests with project {project} returns the pull requests of all")
        }
        View::Files => of_folder(project, ""),
        View::Milestones => {
            format!("report with about milestone, project {project} and a milestone sums it up")
        }
        View::Subversion => "Subversion is not in Backlog's API".to_owned(),
        _ => format!("project_info with project {project} returns its names and settings"),
    }
}

/// How to list a folder of shared files.
pub(crate) fn of_folder(project: &str, path: &str) -> String {
    let path = path.trim_end_matches('/');
    let arguments = json!({"projectKey": project, "path": path});
    format!(
        "{} lists the folder",
        run_tool("get_shared_files", &arguments)
    )
}
