//! Wiki pages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    toolkit::{
        declaration::Declaration,
        inputs::{Markup, Project, ProjectId, ProjectKey, WikiId},
        project_binding::ProjectBinding,
        rest::Rest,
        tool::{Access, Endpoint},
        toolset::Toolset,
    },
};

pub(super) fn tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<GetWikiPages>(Toolset::Wiki),
        Declaration::of::<GetWikisCount>(Toolset::Wiki),
        Declaration::of::<GetWiki>(Toolset::Wiki),
        Declaration::of::<AddWiki>(Toolset::Wiki),
        Declaration::of::<UpdateWiki>(Toolset::Wiki),
    ]
}

/// Lists the wiki pages of a project, without their texts.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetWikiPages {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    /// Text to search for in names and contents
    keyword: Option<String>,
}

impl Endpoint for GetWikiPages {
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
struct GetWikisCount {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl Endpoint for GetWikisCount {
    const NAME: &'static str = "get_wikis_count";
    const TITLE: &'static str = "Count wiki pages";
    const CALL: Operation = Operation::get("wikis/count?projectIdOrKey={projectId|projectKey}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

/// Returns one wiki page with its text.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetWiki {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
}

impl Endpoint for GetWiki {
    const NAME: &'static str = "get_wiki";
    const TITLE: &'static str = "Get wiki page";
    const CALL: Operation = Operation::get("wikis/{wikiId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN;
}

/// Adds a wiki page to a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddWiki {
    /// Project key, name or id
    project_id: Project,
    /// Page name; slashes make a tree
    name: String,
    content: Markup,
    /// Notify the project's members by mail
    mail_notify: Option<bool>,
}

impl Endpoint for AddWiki {
    const NAME: &'static str = "add_wiki";
    const TITLE: &'static str = "Add wiki page";
    const CALL: Operation = Operation::post("wikis");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::WIKI;
}

/// Changes a wiki page. Omitted inputs stay unchanged; content replaces the whole text.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateWiki {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
    /// Page name; slashes make a tree
    name: Option<String>,
    content: Option<Markup>,
    /// Notify the project's members by mail
    mail_notify: Option<bool>,
}

impl Endpoint for UpdateWiki {
    const NAME: &'static str = "update_wiki";
    const TITLE: &'static str = "Update wiki page";
    const CALL: Operation = Operation::patch("wikis/{wikiId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::WIKI;
    // Backlog keeps every version.
    const ACCESS: Access = Access::of(Self::CALL.method()).recoverable();
}
