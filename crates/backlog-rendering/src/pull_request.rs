//! A pull request with its comments.

use serde_json::Value;

use crate::{Renderer, comment::Comments, inline, issue::issue_name, json, markdown::Markdown};

/// A pull request, and what belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct PullRequestPage<'a> {
    /// The pull request.
    pub pull_request: &'a Value,
    /// The key of its project.
    pub project_key: &'a str,
    /// The name of its repository.
    pub repository: &'a str,
    /// The comments.
    pub comments: Comments<'a>,
}

impl Renderer {
    /// Writes the page of a pull request.
    pub fn pull_request(&self, content: &PullRequestPage<'_>) -> Markdown {
        let pull_request = content.pull_request;
        let (key, repository) = (content.project_key, content.repository);
        let title = pull_request_name(pull_request, key, repository);
        let mut page = Markdown::titled(&title);
        if let Some(url) = self.pull_request_url(pull_request, key, repository) {
            page.line(&url);
        }
        page.blank();
        self.pull_request_fields(&mut page, pull_request);
        self.files(&mut page, pull_request);
        if let Some(description) = json::long_text(&pull_request["description"]) {
            let credit = self.credit_of_description(pull_request, &content.comments);
            self.user_text(&mut page, ("Description", &credit), description);
        }
        self.comments(&mut page, &content.comments);
        page
    }

    /// The URL of a pull request, by the key of its project and the name of its repository.
    pub fn pull_request_url(
        &self,
        pull_request: &Value,
        key: &str,
        repository: &str,
    ) -> Option<String> {
        let number = json::id(&pull_request["number"])?;
        Some(self.url(&["git", key, repository, "pullRequests", &number]))
    }

    fn pull_request_fields(&self, page: &mut Markdown, pull_request: &Value) {
        page.field("Status", json::text(&pull_request["status"]));
        page.field("Branch", branches(pull_request));
        page.field("Assignee", self.person(&pull_request["assignee"]));
        let issue = &pull_request["issue"];
        let issue_id = || Some(format!("issue with id {}", json::id(&issue["id"])?));
        page.field("Issue", issue_name(issue).or_else(issue_id));
        page.field(
            "Created",
            self.event(&pull_request["created"], &pull_request["createdUser"]),
        );
        page.field(
            "Updated",
            self.event(&pull_request["updated"], &pull_request["updatedUser"]),
        );
        let merged = self.day_of_moment(&pull_request["mergeAt"]);
        if merged.is_none() {
            page.field("Closed", self.day_of_moment(&pull_request["closeAt"]));
        }
        page.field("Merged", merged);
    }
}

/// Writes `RIVER/portal#15: Fix cookie loop`.
pub(crate) fn pull_request_name(pull_request: &Value, key: &str, repository: &str) -> String {
    let place = inline::line(&format!("{key}/{repository}"));
    let number = json::id(&pull_request["number"]).unwrap_or_default();
    match json::text(&pull_request["summary"]) {
        Some(summary) => format!("{place}#{number}: {summary}"),
        None => format!("{place}#{number}"),
    }
}

/// Writes `fix/cookie → main`.
fn branches(pull_request: &Value) -> Option<String> {
    let branch = json::text(&pull_request["branch"]);
    match (branch, json::text(&pull_request["base"])) {
        (Some(branch), Some(base)) => Some(format!("{branch} → {base}")),
        (branch, base) => branch.or_else(|| Some(format!("into {}", base?))),
    }
}
