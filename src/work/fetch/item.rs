//! Reads issues, pull requests and wiki pages.

use backlog_rendering::{Comments, IssuePage, Markdown, Notation, Older, PullRequestPage};
use backlog_words::key::{IssueKey, PullRequest};
use futures_util::future;
use serde_json::{Value, json};

use super::{fetched::Fetched, reading::Reading, section::section};
use crate::{
    toolkit::work::WorkError,
    work::{
        comments::{self, Newest},
        project_settings::Project,
        reference::{Item, Options},
    },
};

/// The number of comments, unless the call names one.
const COMMENTS: i64 = 20;
/// The maximum number of child issues on the page of an issue.
const CHILD_ISSUES: usize = 100;

pub(super) async fn read(reading: &Reading<'_>) -> Result<Fetched, WorkError> {
    let options = &reading.reference.options;
    let item = &reading.reference.item;
    let has_sections = matches!(item, Item::Wiki(_) | Item::Document(_));
    if options.section.is_some() && !has_sections {
        let text = "section: only wiki pages and documents are read by section; use offset";
        return Err(WorkError::Arguments(text.to_owned()));
    }
    match item {
        Item::Issue(key) => reading.issue(key).await,
        Item::PullRequest(pull_request) => reading.pull_request(pull_request).await,
        Item::Wiki(id) => reading.wiki(*id).await,
        Item::Document(id) => reading.document(id).await,
        Item::File(..) | Item::SharedPath { .. } | Item::Named { .. } => {
            unreachable!("files and names are read elsewhere")
        }
    }
}

impl Reading<'_> {
    async fn issue(&self, key: &IssueKey) -> Result<Fetched, WorkError> {
        let arguments = json!({"issueKey": key.to_string()});
        let asked = self.asked_comments();
        let (issue, comments, project) = future::join3(
            self.operations.run("get_issue", arguments.clone()),
            comments::newest(self.operations, "get_issue_comments", &arguments, asked),
            Project::read(self.operations, key.project()),
        )
        .await;
        let issue = issue?;
        let (comments, project) = (comments?, project.ok());
        let family = self.family(&issue.value, project.as_ref());
        let (family, related) = future::join(family, self.related(&arguments)).await;
        let (parent, children) = family?;
        let issue_page = IssuePage {
            issue: &issue.value,
            parent: parent.as_ref(),
            children: &children,
            related: &related,
            comments: shown(&comments),
        };
        let renderer = self
            .renderer
            .clone()
            .with_notation(notation(project.as_ref()));
        let page = renderer.issue(&issue_page);
        // An issue that was moved has another key.
        let key = issue.value["issueKey"].as_str().unwrap_or_default();
        let item = Item::of_id(key).unwrap_or_else(|| self.reference.item.clone());
        let url = renderer.issue_url(&issue.value);
        let mut fetched = self.fetched(item, url, page, &issue.value);
        fetched.title = title(
            &[key, issue.value["summary"].as_str().unwrap_or_default()],
            ": ",
        );
        fetched.fact("kind", "issue");
        self.add_comments(&mut fetched, &comments);
        fetched.notes.extend(issue.notes);
        if children.len() == CHILD_ISSUES {
            let note = format!("The first {CHILD_ISSUES} child issues are listed.");
            fetched.notes.push(note);
        }
        Ok(fetched)
    }

    /// The issues that are linked to an issue. Backlog may not have links.
    async fn related(&self, issue: &Value) -> Vec<Value> {
        if !self.operations.allows("get_related_issues") {
            return Vec::new();
        }
        let related = self.operations.run("get_related_issues", issue.clone());
        let related = related.await.map(|related| related.value);
        related
            .ok()
            .and_then(|it| it.as_array().cloned())
            .unwrap_or_default()
    }

    /// The parent of an issue, or else its children.
    async fn family(
        &self,
        issue: &Value,
        project: Option<&Project>,
    ) -> Result<(Option<Value>, Vec<Value>), WorkError> {
        if let Some(parent) = issue["parentIssueId"].as_i64() {
            let parent = self.operations.run("get_issue", json!({"issueId": parent}));
            // It may be in a project that is not allowed.
            return Ok((parent.await.ok().map(|parent| parent.value), Vec::new()));
        }
        let may_have_children = project.is_some_and(|project| project.has_child_issues);
        if !may_have_children || !self.operations.allows("get_issues") {
            return Ok((None, Vec::new()));
        }
        let arguments = json!({"parentIssueId": [issue["id"]], "count": CHILD_ISSUES});
        let children = self.operations.run("get_issues", arguments).await?.value;
        let children = children.as_array().cloned().unwrap_or_default();
        Ok((None, children))
    }

    async fn pull_request(&self, pull_request: &PullRequest) -> Result<Fetched, WorkError> {
        let PullRequest {
            project,
            repository,
            number,
        } = pull_request;
        let arguments = json!({"projectKey": project, "repoName": repository, "number": number});
        let asked = self.asked_comments();
        let tool = "get_pull_request_comments";
        let (found, comments, known) = future::join3(
            self.operations.run("get_pull_request", arguments.clone()),
            comments::newest(self.operations, tool, &arguments, asked),
            Project::read(self.operations, project),
        )
        .await;
        let (found, comments) = (found?, comments?);
        let renderer = self
            .renderer
            .clone()
            .with_notation(notation(known.ok().as_ref()));
        let page = renderer.pull_request(&PullRequestPage {
            pull_request: &found.value,
            project_key: project,
            repository,
            comments: shown(&comments),
        });
        let url = renderer.pull_request_url(&found.value, project, repository);
        let item = Item::PullRequest(pull_request.clone());
        let mut fetched = self.fetched(item, url, page, &found.value);
        let summary = found.value["summary"].as_str().unwrap_or_default();
        fetched.title = title(&[&pull_request.to_string(), summary], ": ");
        fetched.fact("kind", "pull request");
        self.add_comments(&mut fetched, &comments);
        fetched.notes.extend(found.notes);
        Ok(fetched)
    }

    async fn wiki(&self, id: i64) -> Result<Fetched, WorkError> {
        let found = self
            .operations
            .run("get_wiki", json!({"wikiId": id}))
            .await?;
        let mut wiki = found.value;
        let project = Project::of_id(self.operations, &wiki["projectId"])
            .await
            .ok();
        let notation = notation(project.as_ref());
        let lead = self.narrow(&mut wiki["content"], notation)?;
        let renderer = self.renderer.clone().with_notation(notation);
        let key = project.as_ref().map(|project| &*project.key);
        let page = renderer.page(&wiki, key);
        let url = Some(renderer.wiki_url(&id.to_string()));
        let mut fetched = self.fetched(Item::Wiki(id), url, page, &wiki);
        fetched.title = title(&[wiki["name"].as_str().unwrap_or("Wiki page")], "");
        fetched.lead = lead;
        fetched.fact("kind", "wiki page");
        fetched.notes.extend(found.notes);
        Ok(fetched)
    }

    /// Keeps only the section of a text that the call names; returns a line that says so.
    pub(super) fn narrow(
        &self,
        text: &mut Value,
        notation: Notation,
    ) -> Result<Option<String>, WorkError> {
        let Some(wanted) = &self.reference.options.section else {
            return Ok(None);
        };
        let whole = text.as_str().unwrap_or_default();
        let part = section(whole, wanted, notation).map_err(WorkError::Arguments)?;
        *text = part.into();
        Ok(Some(
            "Only one section of the page; the rest is left out.\n\n".to_owned(),
        ))
    }

    /// How many comments the call asks for, and the id that they are older than.
    fn asked_comments(&self) -> Newest {
        let Options {
            comments, before, ..
        } = self.reference.options;
        let of_url = self.reference.comment.map(|id| id.saturating_add(1));
        let number = comments.unwrap_or(COMMENTS);
        Newest {
            number: usize::try_from(number).unwrap_or(usize::MAX),
            before: before.or(of_url),
        }
    }

    pub(super) fn fetched(
        &self,
        item: Item,
        url: Option<String>,
        page: Markdown,
        thing: &Value,
    ) -> Fetched {
        let mut fetched = Fetched {
            options: Options {
                comments: None,
                before: None,
                ..self.reference.options.clone()
            },
            pinned_before: None,
            title: String::new(),
            url: url.unwrap_or_else(|| self.operations.space().as_str().to_owned()),
            lead: None,
            page,
            part: None,
            facts: Vec::new(),
            notes: Vec::new(),
            item,
        };
        if let Some(updated) = thing["updated"].as_str() {
            fetched.fact("updated", updated);
        }
        let is_empty = |files: &Value| files.as_array().is_none_or(Vec::is_empty);
        if !is_empty(&thing["attachments"]) {
            let files = format!("{}/file/ID with the id of a file", fetched.item);
            fetched.fact("files", &files);
        }
        fetched
    }

    /// Adds what the next parts, and older comments, are read by.
    fn add_comments(&self, fetched: &mut Fetched, comments: &comments::Found) {
        let given = &self.reference.options;
        fetched.options.comments = given.comments.filter(|number| *number != COMMENTS);
        fetched.options.before = self.asked_comments().before;
        fetched.pinned_before = comments.newest_id().map(|id| id.saturating_add(1));
        if let Some(oldest) = comments.oldest_id().filter(|_| comments.has_older) {
            let options = Options {
                comments: fetched.options.comments,
                before: Some(oldest),
                ..Options::default()
            };
            fetched.fact("older_comments", &format!("{}{options}", fetched.item));
        }
        if let Some(comment) = self.reference.comment {
            let note = format!("The comments up to comment {comment} are shown.");
            fetched.notes.push(note);
        }
    }
}

/// The comments for the renderer.
pub(crate) fn shown(comments: &comments::Found) -> Comments<'_> {
    Comments {
        shown: &comments.comments,
        older: match comments.has_older {
            true => Older::Some,
            false => Older::None,
        },
    }
}

fn notation(project: Option<&Project>) -> Notation {
    project.map(|project| project.notation).unwrap_or_default()
}

/// Joins the parts of a title, on one line and without hidden characters.
pub(super) fn title(parts: &[&str], separator: &str) -> String {
    let lines = parts
        .iter()
        .map(|part| backlog_rendering::inline::line(part));
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    lines.join(separator)
}
