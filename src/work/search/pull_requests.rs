//! Searches pull requests. Backlog has no search for them, so the newest of each repository are
//! read, and those with every word in their summary, description or branch are the hits.

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::{AT_ONCE, Found, Searching, hit::Hit, listed};
use crate::{
    toolkit::work::OperationError,
    work::{project_settings::Project, repositories::Repository},
};

/// The number of pull requests of a repository that are searched.
const SEARCHED: usize = 100;

impl Searching<'_> {
    pub(super) async fn pull_requests(&self) -> Result<Found, OperationError> {
        let projects: Vec<_> = self.projects.iter().filter(|it| it.has_git).collect();
        // A project has its list, and one request for each repository.
        let most = (self.requests / 2).max(1);
        let (searched, others) = projects.split_at(projects.len().min(most));
        let lists = searched
            .iter()
            .map(|project| Repository::all(self.operations, &project.key));
        let lists: Vec<_> = lists.collect();
        let lists: Vec<_> = stream::iter(lists).buffered(AT_ONCE).collect().await;
        let (mut repositories, mut error) = (Vec::new(), None);
        let mut left_out: Vec<Project> = others.iter().copied().cloned().collect();
        for (project, list) in searched.iter().zip(lists) {
            match list {
                Ok(list) => repositories.extend(list),
                Err(failed) => {
                    error = Some(failed);
                    left_out.push((*project).clone());
                }
            }
        }
        match error {
            Some(error) if left_out.len() == projects.len() => return Err(error),
            _ => {}
        }
        let mut found = Found::default();
        if !left_out.is_empty() {
            let projects = listed(&left_out);
            let note = format!("Pull requests were not searched in {projects}: name the project.");
            found.notes.push(note);
        }
        self.add_pull_requests(&mut found, &repositories).await?;
        Ok(found)
    }

    async fn add_pull_requests(
        &self,
        found: &mut Found,
        repositories: &[Repository],
    ) -> Result<(), OperationError> {
        let most = self.requests.saturating_sub(self.requests / 2).max(1);
        let (searched, others) = repositories.split_at(repositories.len().min(most));
        let reads: Vec<_> = searched.iter().map(|it| self.newest(it)).collect();
        let lists: Vec<_> = stream::iter(reads).buffered(AT_ONCE).collect().await;
        let mut is_part = false;
        for (repository, list) in searched.iter().zip(lists) {
            let list = list?;
            let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
            is_part |= list.len() >= SEARCHED;
            let hits = list
                .iter()
                .filter_map(|it| self.pull_request_hit(it, repository));
            found.hits.extend(hits);
        }
        if is_part {
            let note = format!(
                "Only the newest {SEARCHED} pull requests of each repository were searched."
            );
            found.notes.push(note);
        }
        if !others.is_empty() {
            let note = format!(
                "Pull requests of {} repositories were not searched: name the project.",
                others.len()
            );
            found.notes.push(note);
        }
        Ok(())
    }

    async fn newest(&self, repository: &Repository) -> Result<Value, OperationError> {
        let arguments = json!({
            "projectKey": repository.project,
            "repoName": repository.name,
            "count": SEARCHED,
        });
        let listed = self.operations.run("get_pull_requests", arguments).await?;
        Ok(listed.value)
    }

    fn pull_request_hit(&self, pull_request: &Value, repository: &Repository) -> Option<Hit> {
        let text = |field: &str| pull_request[field].as_str().unwrap_or_default();
        let (summary, description) = (text("summary"), text("description"));
        let id = repository.pull_request_id(pull_request);
        if !self
            .words
            .are_in([summary, description, text("branch"), &id])
        {
            return None;
        }
        let (project, name) = (&repository.project, &repository.name);
        Some(Hit {
            fit: Hit::fit(&self.words, summary),
            title: format!("{id}: {summary}"),
            id,
            url: self
                .renderer
                .pull_request_url(pull_request, project, name)?,
            kind: "pull request",
            project: project.clone(),
            updated: pull_request["updated"].clone(),
            users: Hit::users(pull_request),
            text: Some(description.to_owned()),
        })
    }
}
