//! Notifications: who did what, and why the user is notified of it.

use serde_json::Value;

use crate::{
    Renderer, inline, issue::issue_name, json, markdown::Markdown, pull_request::pull_request_name,
};

/// The longest text of a comment in a line.
pub(crate) const TEXT_CHARS: usize = 200;

/// The thing that a notification is about.
#[derive(PartialEq, Eq)]
struct Subject {
    title: String,
    url: Option<String>,
}

impl Renderer {
    /// Writes notifications, grouped by what they are about, in the order of the first of each.
    pub fn notifications(&self, notifications: &[Value]) -> Markdown {
        let mut groups: Vec<(Subject, Vec<&Value>)> = Vec::new();
        for notification in notifications {
            let subject = self.subject(notification);
            match groups.iter_mut().find(|(known, _)| *known == subject) {
                Some((_, group)) => group.push(notification),
                None => groups.push((subject, vec![notification])),
            }
        }
        let mut page = Markdown::default();
        for (subject, group) in groups {
            page.blank();
            page.line(&format!("## {}", subject.title));
            if let Some(url) = subject.url {
                page.line(&url);
            }
            for notification in group {
                page.line(&format!("- {}", self.notification(notification)));
            }
        }
        page
    }

    /// Writes a notification on one line, with the id that marks it as read:
    /// `2026-10-02 10:22 Ren Okabe commented: “Reproduced on 18.1.” (id 980011)`.
    pub fn notification(&self, notification: &Value) -> String {
        let who = self.person(&notification["sender"]);
        let who = who.unwrap_or_else(|| "An unknown user".to_owned());
        let when = self
            .moment(&notification["created"])
            .map(|when| format!("{when} "));
        let mut line = format!(
            "{}{who} {}",
            when.unwrap_or_default(),
            reason(&notification["reason"])
        );
        let comments = ["comment", "pullRequestComment"];
        let changes = comments
            .iter()
            .flat_map(|field| self.changes(&notification[*field]["changeLog"]));
        let changes: Vec<_> = changes.collect();
        if !changes.is_empty() {
            line = format!("{line} ({})", changes.join("; "));
        }
        if let Some(text) = text(notification) {
            line = format!("{line}: “{}”", inline::excerpt(text, TEXT_CHARS));
        }
        let id = json::id(&notification["id"]).map(|id| format!("id {id}"));
        let read = (notification["alreadyRead"] == true).then(|| "read".to_owned());
        let facts: Vec<_> = [id, read].into_iter().flatten().collect();
        if !facts.is_empty() {
            line = format!("{line} ({})", facts.join(", "));
        }
        inline::at_start(line)
    }

    fn subject(&self, notification: &Value) -> Subject {
        let project = &notification["project"];
        let key = project["projectKey"].as_str();
        let (issue, document) = (&notification["issue"], &notification["document"]);
        let pull_request = &notification["pullRequest"];
        if let Some(title) = issue_name(issue) {
            let url = self.issue_url(issue);
            return Subject { title, url };
        }
        if pull_request.is_object() {
            let key = key.unwrap_or_default();
            let repository = notification["repository"]["name"]
                .as_str()
                .unwrap_or_default();
            let title = pull_request_name(pull_request, key, repository);
            let is_known = !key.is_empty() && !repository.is_empty();
            let url = is_known.then(|| self.pull_request_url(pull_request, key, repository));
            return Subject {
                title,
                url: url.flatten(),
            };
        }
        if let Some(title) = json::text(&document["title"]) {
            let id = json::id(&document["id"]);
            let url = key
                .zip(id)
                .map(|(key, id)| self.url(&["document", key, &id]));
            return Subject { title, url };
        }
        Subject {
            title: project_name(project).unwrap_or_else(|| "The space".to_owned()),
            url: key.map(|key| self.url(&["projects", key])),
        }
    }
}

/// Writes `RIVER: River portal`.
pub(crate) fn project_name(project: &Value) -> Option<String> {
    match (
        json::text(&project["projectKey"]),
        json::text(&project["name"]),
    ) {
        (Some(key), Some(name)) => Some(format!("{key}: {name}")),
        (key, name) => key.or(name),
    }
}

fn text(notification: &Value) -> Option<&str> {
    let texts = [
        &notification["comment"]["content"],
        &notification["pullRequestComment"]["content"],
        &notification["documentCommentReply"]["plain"],
        &notification["documentComment"]["plain"],
    ];
    texts.into_iter().find_map(json::long_text)
}

/// Backlog's number of a reason, in words.
pub(crate) fn reason(number: &Value) -> String {
    let words = match number.as_u64() {
        Some(1) => "assigned it to you",
        Some(2 | 11) => "commented",
        Some(3) => "added the issue",
        Some(4) => "changed the issue",
        Some(5) => "attached a file",
        Some(6) => "added you to the project",
        Some(9) | None => "notified you",
        Some(10) => "assigned the pull request to you",
        Some(12) => "added the pull request",
        Some(13) => "changed the pull request",
        Some(other) => return format!("notified you (reason {other})"),
    };
    words.to_owned()
}
