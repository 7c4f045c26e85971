//! The Git repositories of projects.

use serde_json::{Value, json};

use crate::toolkit::work::{OperationError, Operations};

/// A Git repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Repository {
    pub id: i64,
    /// The key of its project.
    pub project: String,
    pub name: String,
}

impl Repository {
    /// Reads the repositories of a project, by its key.
    ///
    /// # Errors
    /// They are not allowed, or Backlog does not return them.
    pub(super) async fn all(
        operations: &dyn Operations,
        project: &str,
    ) -> Result<Vec<Self>, OperationError> {
        let listed = operations.run("get_git_repositories", json!({"projectKey": project}));
        let listed = listed.await?.value;
        let listed = listed.as_array().into_iter().flatten();
        let repositories = listed.filter_map(|repository| {
            Some(Self {
                id: repository["id"].as_i64()?,
                project: project.to_owned(),
                name: repository["name"].as_str()?.to_owned(),
            })
        });
        Ok(repositories.collect())
    }

    /// The id of one of its pull requests for `fetch`.
    pub(super) fn pull_request_id(&self, pull_request: &Value) -> String {
        let number = pull_request["number"].as_i64().unwrap_or_default();
        format!("{}/{}#{number}", self.project, self.name)
    }
}
