//! Lookup of wiki pages, documents, repositories and pull requests in the user's projects.

use super::State;
use crate::{
    error::ApiError,
    model::{Document, Id, PullRequest, Repository, Wiki},
};

impl State {
    pub(crate) fn wiki(&self, user: Id, id: &str) -> Result<&Wiki, ApiError> {
        id.parse()
            .ok()
            .and_then(|id: Id| self.wikis.get(&id))
            .filter(|wiki| self.has_joined(user, wiki.project_id))
            .ok_or_else(|| ApiError::no_resource(format!("No wiki page. (id:{id})")))
    }

    pub(crate) fn document(&self, user: Id, id: &str) -> Result<&Document, ApiError> {
        self.documents
            .iter()
            .find(|document| document.id == id && self.has_joined(user, document.project_id))
            .ok_or_else(|| ApiError::no_resource(format!("No document. (id:{id})")))
    }

    /// A repository by id or name, in a project by id or key.
    pub(crate) fn repository(
        &self,
        user: Id,
        project: &str,
        id_or_name: &str,
    ) -> Result<&Repository, ApiError> {
        let project = self.project(user, project)?.project.id;
        self.repositories
            .values()
            .filter(|repository| repository.project_id == project)
            .find(|repository| {
                repository.name == id_or_name || id_or_name.parse() == Ok(repository.id)
            })
            .ok_or_else(|| ApiError::no_resource(format!("No repository. ({id_or_name})")))
    }

    pub(crate) fn pull_request(
        &self,
        user: Id,
        project: &str,
        repository: &str,
        number: &str,
    ) -> Result<&PullRequest, ApiError> {
        let repository = self.repository(user, project, repository)?.id;
        self.pull_requests
            .values()
            .find(|pull_request| {
                pull_request.repository_id == repository
                    && number.parse() == Ok(pull_request.number)
            })
            .ok_or_else(|| ApiError::no_resource(format!("No pull request. (number:{number})")))
    }
}
