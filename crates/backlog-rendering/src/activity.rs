//! Activities: what was done on which thing, a line each.

use serde_json::Value;

use crate::{
    Renderer, inline, json, markdown::Markdown, notification::TEXT_CHARS,
    pull_request::pull_request_name,
};

/// The things of an activity that are written by name; the others are counted.
const NAMED: usize = 10;

impl Renderer {
    /// Writes activities in their order, with the form of the URL of an issue before them.
    pub fn activities(&self, activities: &[Value]) -> Markdown {
        let mut page = Markdown::default();
        if activities.is_empty() {
            return page;
        }
        page.line(&format!("URL of an issue: {}", self.url(&["view", "KEY"])));
        page.blank();
        for activity in activities {
            page.line(&format!("- {}", self.activity(activity)));
        }
        page
    }

    /// Writes an activity on one line:
    /// `2026-10-02 10:22 Mio Tanabe changed issue RIVER-7 “Login loops”: status: Open → Closed`.
    pub fn activity(&self, activity: &Value) -> String {
        let who = self.person(&activity["createdUser"]);
        let who = who.unwrap_or_else(|| "An unknown user".to_owned());
        let when = self
            .moment(&activity["created"])
            .map(|when| format!("{when} "));
        let mut line = format!(
            "{}{who} {}",
            when.unwrap_or_default(),
            verb(&activity["type"])
        );
        if let Some(about) = self.about(activity) {
            line.push(' ');
            line.push_str(&about);
        }
        let details = self.details(&activity["content"]);
        if !details.is_empty() {
            line.push_str(": ");
            line.push_str(&details.join("; "));
        }
        inline::at_start(line)
    }

    /// Names the thing, or the things, that the activity is about.
    fn about(&self, activity: &Value) -> Option<String> {
        let content = &activity["content"];
        let key = activity["project"]["projectKey"]
            .as_str()
            .unwrap_or_default();
        let things = match activity["type"].as_u64().unwrap_or_default() {
            1..=4 | 17 => issue(content, key),
            5..=7 | 22..=24 => titled(content, "name"),
            8..=10 => self.file(content),
            11 => json::id(&content["rev"]).map(|revision| format!("revision {revision}")),
            12 => pushed(content, key),
            13 => repository(content, key),
            14 | 35 | 47 => many(&content["link"], |link| issue(link, key)),
            15 | 16 => self.people(json::items(&content["users"])),
            18..=21 => {
                let repository = content["repository"]["name"].as_str().unwrap_or_default();
                Some(pull_request_name(content, key, repository))
            }
            25 | 26 => many(&content["parties"], json::text),
            34 => json::text(&content["deletedStatus"]),
            48 => many(&content["documents"], |document| titled(document, "title")),
            _ => titled(content, "title").or_else(|| titled(content, "name")),
        };
        let kind = activity["type"].as_u64();
        let has_key = matches!(kind, Some(1..=4 | 12..=14 | 17..=21 | 35 | 47)) && things.is_some();
        let project = json::text(&activity["project"]["projectKey"]).filter(|_| !has_key);
        let project = project.map(|project| format!("in {project}"));
        match (things, project) {
            (Some(things), Some(project)) => Some(format!("{things} {project}")),
            (things, project) => things.or(project),
        }
    }

    /// The changes, and the start of the comment.
    fn details(&self, content: &Value) -> Vec<String> {
        let mut details = self.changes(&content["changes"]);
        let comment = &content["comment"];
        let text = comment["content"]
            .as_str()
            .or(comment.as_str())
            .unwrap_or_default();
        if !text.trim().is_empty() {
            details.push(format!("“{}”", inline::excerpt(text, TEXT_CHARS)));
        }
        let files = json::items(&content["attachments"]).iter();
        details.extend(files.filter_map(|file| Some(format!("file {}", self.file(file)?))));
        details
    }
}

/// Writes `RIVER-7 “Login loops on Safari”`.
fn issue(content: &Value, project_key: &str) -> Option<String> {
    let number = json::id(&content["key_id"])?;
    let key = inline::line(&format!("{project_key}-{number}"));
    let summary = json::text(&content["summary"]).or_else(|| json::text(&content["title"]));
    Some(match summary {
        Some(summary) => format!("{key} “{summary}”"),
        None => key,
    })
}

fn titled(content: &Value, field: &str) -> Option<String> {
    let title = json::text(&content[field])?;
    Some(format!("“{title}”"))
}

fn repository(content: &Value, key: &str) -> Option<String> {
    let name = json::text(&content["repository"])?;
    Some(format!("{}/{name}", inline::line(key)))
}

/// Writes `RIVER/portal refs/heads/main (3 commits: Fix loop)`.
fn pushed(content: &Value, key: &str) -> Option<String> {
    let repository = repository(content, key)?;
    let reference = json::text(&content["ref"]).map(|reference| format!(" {reference}"));
    let commits = content["revision_count"]
        .as_u64()
        .map(|number| match number {
            1 => "1 commit".to_owned(),
            _ => format!("{number} commits"),
        });
    let comments = many(&content["revisions"], |revision| {
        let comment = json::long_text(&revision["comment"])?;
        Some(format!("“{}”", inline::excerpt(comment, TEXT_CHARS)))
    });
    let facts: Vec<_> = [commits, comments].into_iter().flatten().collect();
    let facts = if facts.is_empty() {
        String::new()
    } else {
        format!(" ({})", facts.join(": "))
    };
    Some(format!(
        "{repository}{}{facts}",
        reference.unwrap_or_default()
    ))
}

/// Writes the first things of a list, and the number of the others.
fn many(list: &Value, name: impl Fn(&Value) -> Option<String>) -> Option<String> {
    let mut names: Vec<_> = json::items(list).iter().filter_map(name).collect();
    let others = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    match (names.join(", "), others) {
        (first, _) if first.is_empty() => None,
        (first, 0) => Some(first),
        (first, others) => Some(format!("{first} and {others} more")),
    }
}

/// Backlog's number of a type of activities, in words.
pub(crate) fn verb(number: &Value) -> String {
    let words = match number.as_u64() {
        Some(1) => "added issue",
        Some(2) => "changed issue",
        Some(3) => "commented on issue",
        Some(4) => "deleted issue",
        Some(5) => "added wiki page",
        Some(6) => "changed wiki page",
        Some(7) => "deleted wiki page",
        Some(8) => "added file",
        Some(9) => "changed file",
        Some(10) => "deleted file",
        Some(11) => "committed to Subversion",
        Some(12) => "pushed to",
        Some(13) => "added repository",
        Some(14) => "changed issues",
        Some(15) => "added members",
        Some(16) => "removed members",
        Some(17) => "notified users of issue",
        Some(18) => "added pull request",
        Some(19) => "changed pull request",
        Some(20) => "commented on pull request",
        Some(21) => "merged pull request",
        Some(22) => "added milestone",
        Some(23) => "changed milestone",
        Some(24) => "deleted milestone",
        Some(25) => "added teams",
        Some(26) => "removed teams",
        Some(34) => "deleted status",
        Some(35) => "changed the dates of issues",
        Some(36) => "added document",
        Some(37) => "deleted document",
        Some(38) => "renamed document",
        Some(40) => "commented on document",
        Some(41) => "changed a comment on document",
        Some(42) => "deleted a comment on document",
        Some(43) => "replied to a comment on document",
        Some(44) => "changed a reply on document",
        Some(45) => "deleted a reply on document",
        Some(46) => "attached a file to document",
        Some(47) => "added issues",
        Some(48) => "added documents",
        Some(other) => return format!("did something of type {other}"),
        None => "did something",
    };
    words.to_owned()
}
