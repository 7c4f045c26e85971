//! Versions, tags and deletion of wiki pages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    toolkit::{
        inputs::{Count, Order, PageBound, ProjectId, ProjectKey, WikiId},
        project_binding::ProjectBinding,
        rest::Rest,
        tool::Endpoint,
    },
};

/// Lists the versions of a wiki page with their texts, newest first.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetWikiHistory {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
    /// Only lower ids, which are not versions
    max_id: Option<PageBound>,
    /// Only higher ids, which are not versions
    min_id: Option<PageBound>,
    count: Option<Count>,
    order: Option<Order>,
}

impl Endpoint for GetWikiHistory {
    const NAME: &'static str = "get_wiki_history";
    const TITLE: &'static str = "List wiki history";
    const CALL: Operation = Operation::get("wikis/{wikiId}/history");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN.paged_by_version();
    const FIELDS: &'static [&'static str] = &[
        "pageId",
        "version",
        "name",
        "content",
        "createdUser",
        "created",
    ];
}

/// Lists the tags of a project's wiki pages.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetWikiTags {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl Endpoint for GetWikiTags {
    const NAME: &'static str = "get_wiki_tags";
    const TITLE: &'static str = "List wiki tags";
    const CALL: Operation = Operation::get("wikis/tags?projectIdOrKey={projectId|projectKey}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT.paged();
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

impl Endpoint for DeleteWiki {
    const NAME: &'static str = "delete_wiki";
    const TITLE: &'static str = "Delete wiki page";
    const CALL: Operation = Operation::delete("wikis/{wikiId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}
