//! Wiki pages.

pub(super) mod attachment;
pub(super) mod history;
pub(super) mod shared_file;
pub(super) mod tag;

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{Markup, Project, ProjectId, ProjectKey, WikiId},
    project_binding::ProjectBinding,
    rest::Rest,
    tool::{ApiTool, Effect},
};

/// Lists the wiki pages of a project, without their texts.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetWikiPages {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    /// Text to search for in names and contents
    keyword: Option<String>,
}

impl ApiTool for GetWikiPages {
    const NAME: &'static str = "get_wiki_pages";
    const TITLE: &'static str = "List wiki pages";
    const CALL: Operation = Operation::get("wikis?projectIdOrKey={projectId|projectKey}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT.paged();
    const FIELDS: &'static [&'static str] = &[
        "id",
        "projectId",
        "name",
        "tags",
        "createdUser",
        "created",
        "updatedUser",
        "updated",
    ];
}

/// Counts the wiki pages of a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetWikisCount {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl ApiTool for GetWikisCount {
    const NAME: &'static str = "get_wikis_count";
    const TITLE: &'static str = "Count wiki pages";
    const CALL: Operation = Operation::get("wikis/count?projectIdOrKey={projectId|projectKey}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

/// Returns one wiki page with its text.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetWiki {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
}

impl ApiTool for GetWiki {
    const NAME: &'static str = "get_wiki";
    const TITLE: &'static str = "Get wiki page";
    const CALL: Operation = Operation::get("wikis/{wikiId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN;
}

/// Adds a wiki page to a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddWiki {
    /// Project key, name or id
    project_id: Project,
    /// Page name; slashes make a tree
    name: String,
    content: Markup,
    /// Notify the project's members by mail
    mail_notify: Option<bool>,
}

impl ApiTool for AddWiki {
    const NAME: &'static str = "add_wiki";
    const TITLE: &'static str = "Add wiki page";
    const CALL: Operation = Operation::post("wikis");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::WIKI;
}

/// Changes a wiki page. Omitted inputs stay unchanged; content replaces the whole text.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateWiki {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
    /// Page name; slashes make a tree
    name: Option<String>,
    content: Option<Markup>,
    /// Notify the project's members by mail
    mail_notify: Option<bool>,
}

impl ApiTool for UpdateWiki {
    const NAME: &'static str = "update_wiki";
    const TITLE: &'static str = "Update wiki page";
    const CALL: Operation = Operation::patch("wikis/{wikiId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::WIKI;
    // Backlog keeps every version.
    const EFFECT: Effect = Effect::of(Self::CALL.method()).recoverable();
}

/// Deletes a wiki page permanently.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeleteWiki {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
    /// Notify the project's members by mail
    mail_notify: Option<bool>,
}

impl ApiTool for DeleteWiki {
    const NAME: &'static str = "delete_wiki";
    const TITLE: &'static str = "Delete wiki page";
    const CALL: Operation = Operation::delete("wikis/{wikiId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}
