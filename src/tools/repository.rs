//! The Git repositories of a project.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{ProjectId, ProjectKey, RepoId, RepoName},
    project_binding::ProjectBinding,
    rest::Rest,
    tool::ApiTool,
};

/// Lists the Git repositories of a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetGitRepositories {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl ApiTool for GetGitRepositories {
    const NAME: &'static str = "get_git_repositories";
    const TITLE: &'static str = "List Git repositories";
    const CALL: Operation = Operation::get("projects/{projectId|projectKey}/git/repositories");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN.paged();
    const FIELDS: &'static [&'static str] = &[
        "id",
        "projectId",
        "name",
        "description",
        "hookUrl",
        "httpUrl",
        "sshUrl",
        "displayOrder",
        "pushedAt",
        "createdUser",
        "created",
        "updatedUser",
        "updated",
    ];
}

/// Returns one Git repository of a project, with its URLs.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetGitRepository {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    repo_id: Option<RepoId>,
    repo_name: Option<RepoName>,
}

impl ApiTool for GetGitRepository {
    const NAME: &'static str = "get_git_repository";
    const TITLE: &'static str = "Get Git repository";
    const CALL: Operation =
        Operation::get("projects/{projectId|projectKey}/git/repositories/{repoId|repoName}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN;
}
