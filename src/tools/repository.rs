//! Git repositories, their pull requests, and the comments on pull requests.

mod comment;
mod pull_request;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    toolkit::{
        declaration::Declaration,
        inputs::{ProjectId, ProjectKey, RepoId, RepoName},
        project_binding::ProjectBinding,
        rest::Rest,
        tool::Endpoint,
        toolset::Toolset,
    },
};

pub(super) fn tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<GetGitRepositories>(Toolset::Git),
        Declaration::of::<GetGitRepository>(Toolset::Git),
        Declaration::of::<pull_request::GetPullRequests>(Toolset::Git),
        Declaration::of::<pull_request::GetPullRequestsCount>(Toolset::Git),
        Declaration::of::<pull_request::GetPullRequest>(Toolset::Git),
        Declaration::of::<pull_request::AddPullRequest>(Toolset::Git),
        Declaration::of::<pull_request::UpdatePullRequest>(Toolset::Git),
        Declaration::of::<comment::GetPullRequestComments>(Toolset::Git),
        Declaration::of::<comment::AddPullRequestComment>(Toolset::Git),
        Declaration::of::<comment::UpdatePullRequestComment>(Toolset::Git),
    ]
}

/// Lists the Git repositories of a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetGitRepositories {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl Endpoint for GetGitRepositories {
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
struct GetGitRepository {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    repo_id: Option<RepoId>,
    repo_name: Option<RepoName>,
}

impl Endpoint for GetGitRepository {
    const NAME: &'static str = "get_git_repository";
    const TITLE: &'static str = "Get Git repository";
    const CALL: Operation =
        Operation::get("projects/{projectId|projectKey}/git/repositories/{repoId|repoName}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN;
}
