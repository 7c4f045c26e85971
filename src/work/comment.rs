//! Comments on an issue or a pull request.
//!
//! 1. Read the issue or the pull request; its project has the notation and the members.
//! 2. Find the users and the files. Nothing is written before all are found.
//! 3. Upload the files, and add the comment with them.

use backlog_client::Method;
use backlog_rendering::inline;
use backlog_words::{key, key::PullRequest, url, url::Page};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    toolkit::{
        tool::Effect,
        work::{Needs, Operations, Problems, WorkError, WorkOutput, WorkTool, input::Synonyms},
    },
    work::{
        files::{self, FileInput},
        issue_reference::IssueReference,
        named::Named,
        project_names::ProjectNames,
        projects::Projects,
        space::Space,
    },
};

/// Adds a comment to an issue or a pull request, and notifies users by name.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Comment {
    /// PROJ-12, PROJ/repository#3, or a URL
    on: String,
    /// Markdown
    text: String,
    /// Names, parts of them, or mail addresses
    notify: Option<Vec<String>>,
    /// Files to attach
    files: Option<Vec<FileInput>>,
}

impl WorkTool for Comment {
    const NAME: &'static str = "comment";
    const TITLE: &'static str = "Comment";
    const EFFECT: Effect = Effect::of(Method::Post);
    const NEEDS: Needs = &[
        &["add_issue_comment", "add_pull_request_comment"],
        &["get_issue", "get_pull_request"],
    ];
    const SYNONYMS: Synonyms = &[
        ("issue", "on"),
        ("issueKey", "on"),
        ("issueIdOrKey", "on"),
        ("pullRequest", "on"),
        ("key", "on"),
        ("url", "on"),
        ("to", "on"),
        ("content", "text"),
        ("comment", "text"),
        ("body", "text"),
        ("message", "text"),
        ("notifiedUserId", "notify"),
        ("mention", "notify"),
        ("users", "notify"),
        ("attachments", "files"),
    ];

    async fn run(self, operations: &dyn Operations) -> Result<WorkOutput, WorkError> {
        let space = Space::read(operations).await?;
        let target = Target::read(&self.on, &space.host)?;
        let subject = target.fetch(operations, &space).await?;
        let mut names = ProjectNames::new(operations, subject.project);
        let mut problems = Problems::default();
        let notify = self.notify.unwrap_or_default();
        let people = problems.keep(names.people("notify", &notify).await)?;
        let text = names.notated(&self.text).await?;
        let near = Vec::from_iter(target.issue_key());
        let inputs = self.files.unwrap_or_default();
        let files = files::read(operations, &inputs, &space.host, &near).await;
        let files = problems.keep(files)?.unwrap_or_default();
        problems.end()?;
        let people = people.unwrap_or_default();
        let mut uploads = Vec::with_capacity(files.len());
        for file in &files {
            uploads.push(file.upload(operations).await?);
        }
        let (tool, mut arguments) = target.addressed();
        arguments["content"] = text.into();
        if !people.is_empty() {
            arguments["notifiedUserId"] = people.iter().map(|user| user.id).collect();
        }
        if !uploads.is_empty() {
            arguments["attachmentId"] = uploads.into();
        }
        let added = operations.run(tool, arguments).await?;
        let result = CommentResult {
            subject: &subject,
            comment: &added.value,
            people: &people,
            files: files.len(),
            notes: [names.into_notes(), added.notes].concat(),
        };
        Ok(WorkOutput::markdown(result.text()))
    }
}

/// An issue or a pull request that an input names.
enum Target {
    Issue(IssueReference),
    PullRequest(PullRequest),
}

/// The issue or the pull request.
struct Subject {
    key: String,
    title: String,
    url: String,
    project: i64,
}

impl Target {
    fn read(text: &str, host: &str) -> Result<Self, WorkError> {
        match url::read(text, host) {
            Some(Ok(Page::PullRequest { pull_request, .. })) => {
                return Ok(Self::PullRequest(pull_request));
            }
            Some(Ok(Page::Issue { .. }) | Err(_)) => {}
            Some(Ok(page)) => {
                let what = page.what();
                return Err(WorkError::Arguments(format!(
                    "on: expected an issue or a pull request, but the URL is of {what}"
                )));
            }
            None => {
                if let Ok(pull_request) = key::pull_request(text) {
                    return Ok(Self::PullRequest(pull_request));
                }
            }
        }
        IssueReference::read("on", text, host).map(Self::Issue)
    }

    fn issue_key(&self) -> Option<String> {
        match self {
            Self::Issue(IssueReference::Key(key)) => Some(key.to_string()),
            _ => None,
        }
    }

    async fn fetch(
        &self,
        operations: &dyn Operations,
        space: &Space,
    ) -> Result<Subject, WorkError> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match self {
            Self::Issue(issue) => {
                let issue = issue.fetch("on", operations).await?;
                let key = text(&issue["issueKey"]);
                Ok(Subject {
                    title: text(&issue["summary"]),
                    url: space.url(&["view", &key]),
                    project: issue["projectId"].as_i64().unwrap_or_default(),
                    key,
                })
            }
            Self::PullRequest(pull_request) => {
                let given = std::slice::from_ref(&pull_request.project);
                let projects = Projects::read(operations, space, given, &mut Vec::new()).await?;
                let (_, arguments) = self.addressed();
                let found = operations.run("get_pull_request", arguments).await;
                let found = found.map_err(|error| match error.is_not_found() {
                    true => WorkError::Arguments(format!(
                        "on: {pull_request} does not exist, or this user cannot see it"
                    )),
                    false => error.into(),
                })?;
                let number = pull_request.number.to_string();
                let path = ["git", &pull_request.project, &pull_request.repository];
                Ok(Subject {
                    key: pull_request.to_string(),
                    title: text(&found.value["summary"]),
                    url: space.url(&[&path[..], &["pullRequests", &number]].concat()),
                    project: projects.ids().first().copied().unwrap_or_default(),
                })
            }
        }
    }

    /// The tool that adds the comment, and the arguments that name what it is on.
    fn addressed(&self) -> (&'static str, Value) {
        match self {
            Self::Issue(issue) => {
                let mut arguments = json!({});
                issue.name_in(&mut arguments);
                ("add_issue_comment", arguments)
            }
            Self::PullRequest(it) => (
                "add_pull_request_comment",
                json!({
                    "projectKey": it.project, "repoName": it.repository, "number": it.number,
                }),
            ),
        }
    }
}

/// The text of the result.
struct CommentResult<'a> {
    subject: &'a Subject,
    /// Backlog's response.
    comment: &'a Value,
    people: &'a [Named],
    files: usize,
    notes: Vec<String>,
}

impl CommentResult<'_> {
    fn text(&self) -> String {
        let Subject {
            key, title, url, ..
        } = self.subject;
        let anchor = self.comment["id"].as_i64();
        let anchor = anchor
            .map(|id| format!("#comment-{id}"))
            .unwrap_or_default();
        let title = inline::excerpt(title, 100);
        let mut lines = vec![format!("Added a comment to {key} {title}: {url}{anchor}")];
        let names = |people: &[&Named]| {
            let names = people.iter().map(|user| inline::line(&user.name));
            names.collect::<Vec<_>>().join(", ")
        };
        let notified = self.comment["notifications"].as_array();
        let is_notified = |user: &&Named| {
            let mut users = notified.into_iter().flatten();
            notified.is_none() || users.any(|it| it["user"]["id"] == user.id)
        };
        let (notified, others): (Vec<_>, Vec<_>) = self.people.iter().partition(is_notified);
        if !notified.is_empty() {
            lines.push(format!("Notified: {}", names(&notified)));
        }
        if !others.is_empty() {
            lines.push(format!("Not notified by Backlog: {}", names(&others)));
        }
        if self.files > 0 {
            lines.push(format!("Files attached: {}", self.files));
        }
        lines.extend(self.notes.iter().map(|note| inline::line(note)));
        lines.join("\n")
    }
}
