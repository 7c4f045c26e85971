//! Projects.

pub(super) mod administrator;
pub(super) mod category;
pub(super) mod custom_field;
pub(super) mod issue_type;
pub(super) mod status;
pub(super) mod team;
pub(super) mod user;
pub(super) mod version;
pub(super) mod webhook;

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{AddedProjectKey, ChangedProjectKey, ProjectId, ProjectIdOrKey, ProjectKey},
    name_list::NameList,
    project_binding::{ProjectBinding, ProjectOf},
    rest::Rest,
    tool::{ApiTool, Effect},
};

/// Lists the projects that the user can see.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(super) struct GetProjectList {
    /// true for archived projects only, false for active ones only; default both
    archived: Option<bool>,
    /// true adds projects that a space administrator has not joined
    all: Option<bool>,
}

impl ApiTool for GetProjectList {
    const NAME: &'static str = "get_project_list";
    const TITLE: &'static str = "List projects";
    const CALL: Operation = Operation::get("projects");
    const PROJECTS: ProjectBinding = ProjectBinding::Filtered(ProjectOf::Key("/projectKey"));
    const REST: Rest = Rest::SHORT.paged();
    const FIELDS: &'static [&'static str] = &[
        "id",
        "projectKey",
        "name",
        "chartEnabled",
        "useResolvedForChart",
        "subtaskingEnabled",
        "projectLeaderCanEditProjectLeader",
        "useWiki",
        "useFileSharing",
        "useWikiTreeView",
        "useOriginalImageSizeAtWiki",
        "useSubversion",
        "useGit",
        "textFormattingRule",
        "archived",
        "displayOrder",
        "useDevAttributes",
        "grandchildIssueEnabled",
    ];
}

/// The notation of a project's texts
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum TextFormattingRule {
    Backlog,
    Markdown,
}

/// Adds a project; the user must be a space administrator.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddProject {
    /// Display name
    name: String,
    /// Key that prefixes the issue keys: capital letters, digits and underscores
    key: AddedProjectKey,
    /// Whether to offer charts
    #[schemars(extend("default" = false))]
    chart_enabled: Option<bool>,
    /// Whether issues can have child issues
    #[schemars(extend("default" = false))]
    subtasking_enabled: Option<bool>,
    /// Whether project administrators can appoint others
    #[schemars(extend("default" = false))]
    project_leader_can_edit_project_leader: Option<bool>,
    /// Notation of texts
    #[schemars(extend("default" = "backlog"))]
    text_formatting_rule: Option<TextFormattingRule>,
    /// Whether to enable the wiki
    use_wiki: Option<bool>,
    /// Whether to enable file sharing
    use_file_sharing: Option<bool>,
    /// Whether to enable Git
    use_git: Option<bool>,
}

impl ApiTool for AddProject {
    const NAME: &'static str = "add_project";
    const TITLE: &'static str = "Add project";
    const CALL: Operation = Operation::post("projects").defaulting(&[
        ("chartEnabled", "false"),
        ("subtaskingEnabled", "false"),
        ("projectLeaderCanEditProjectLeader", "false"),
        ("textFormattingRule", "backlog"),
    ]);
    const PROJECTS: ProjectBinding = ProjectBinding::Refused("it adds a project");
    const EFFECT: Effect = Effect::of(Self::CALL.method()).administers();
    const CHANGES: &'static [NameList] = &[NameList::Projects];
    const REST: Rest = Rest::SHORT;
}

/// Returns one project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetProject {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl ApiTool for GetProject {
    const NAME: &'static str = "get_project";
    const TITLE: &'static str = "Get project";
    const CALL: Operation = Operation::get("projects/{projectId|projectKey}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

/// Changes the settings of a project. Omitted inputs stay unchanged.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateProject {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    /// Display name
    name: Option<String>,
    /// New key; all issue keys change with it
    key: Option<ChangedProjectKey>,
    /// Whether to offer charts
    chart_enabled: Option<bool>,
    /// Whether issues can have child issues
    subtasking_enabled: Option<bool>,
    /// Whether project administrators can appoint others
    project_leader_can_edit_project_leader: Option<bool>,
    /// Notation of texts
    text_formatting_rule: Option<TextFormattingRule>,
    /// Whether to enable the wiki
    use_wiki: Option<bool>,
    /// Whether to enable file sharing
    use_file_sharing: Option<bool>,
    /// Whether to enable Git
    use_git: Option<bool>,
    /// true to archive the project, false to reopen it
    archived: Option<bool>,
}

impl ApiTool for UpdateProject {
    const NAME: &'static str = "update_project";
    const TITLE: &'static str = "Update project";
    const CALL: Operation = Operation::patch("projects/{projectId|projectKey}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const EFFECT: Effect = Effect::of(Self::CALL.method()).administers();
    const CHANGES: &'static [NameList] = &[NameList::Projects];
    const REST: Rest = Rest::SHORT;
}

/// Returns the disk usage of a project in bytes; for its administrators.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetProjectDiskUsage {
    project_id_or_key: ProjectIdOrKey,
}

impl ApiTool for GetProjectDiskUsage {
    const NAME: &'static str = "get_project_disk_usage";
    const TITLE: &'static str = "Get project disk usage";
    const CALL: Operation = Operation::get("projects/{projectIdOrKey}/diskUsage");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}
