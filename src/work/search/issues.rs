//! Searches issues: Backlog finds the words in summaries, descriptions and comments.

use futures_util::future;
use serde_json::{Value, json};

use super::{
    Found, Searching,
    hit::{Fit, Hit},
};
use crate::{
    toolkit::work::{Operated, OperationError},
    work::reference::Item,
};

/// The number of issues to rank.
const RANKED: usize = 50;

impl Searching<'_> {
    pub(super) async fn issues(&self) -> Result<Found, OperationError> {
        let mut arguments = json!({
            "sort": "updated",
            "order": "desc",
            "count": RANKED,
        });
        if !self.are_all_projects {
            let ids = self.projects.iter().map(|project| project.id);
            arguments["projectId"] = ids.collect::<Vec<_>>().into();
        }
        let reads = self.forms.iter().map(|form| {
            let mut arguments = arguments.clone();
            arguments["keyword"] = form.as_str().into();
            self.operations.run("get_issues", arguments)
        });
        let (listed, named) = future::join(future::try_join_all(reads), self.named_issue()).await;
        let mut found = Found::default();
        for listed in listed? {
            found.notes.extend(listed.notes);
            let issues = listed.value.as_array().into_iter().flatten();
            found.hits.extend(issues.filter_map(|issue| {
                let summary = issue["summary"].as_str().unwrap_or_default();
                self.issue_hit(issue, Hit::fit(&self.words, summary))
            }));
        }
        let named = named.as_ref();
        let named = named.and_then(|issue| self.issue_hit(&issue.value, Fit::Key));
        found.hits.extend(named);
        Ok(found)
    }

    /// The issue that the query is the key of.
    async fn named_issue(&self) -> Option<Operated> {
        let item = Item::of_id(&self.query).or_else(|| Item::of_lenient(&self.query));
        let Some(Item::Issue(key)) = item else {
            return None;
        };
        let mut projects = self.projects.iter();
        let is_searched = projects.any(|project| project.key == key.project());
        if !is_searched || !self.operations.allows("get_issue") {
            return None;
        }
        let arguments = json!({"issueKey": key.to_string()});
        // A key that names nothing is only a word.
        self.operations.run("get_issue", arguments).await.ok()
    }

    fn issue_hit(&self, issue: &Value, fit: Fit) -> Option<Hit> {
        let key = issue["issueKey"].as_str()?;
        let summary = issue["summary"].as_str().unwrap_or_default();
        let project = key.rsplit_once('-').map_or(key, |(project, _)| project);
        Some(Hit {
            fit,
            id: key.to_owned(),
            title: format!("{key}: {summary}"),
            url: self.renderer.issue_url(issue)?,
            kind: "issue",
            project: project.to_owned(),
            updated: issue["updated"].clone(),
            users: Hit::users(issue),
            text: issue["description"].as_str().map(str::to_owned),
        })
    }
}
