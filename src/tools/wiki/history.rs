//! The versions of a wiki page.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{Count, Order, PageBound, WikiId},
    project_binding::ProjectBinding,
    rest::Rest,
    tool::ApiTool,
};

/// Lists the versions of a wiki page with their texts, newest first.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetWikiHistory {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
    /// Only lower ids, which are not versions
    max_id: Option<PageBound>,
    /// Only higher ids, which are not versions
    min_id: Option<PageBound>,
    count: Option<Count>,
    order: Option<Order>,
}

impl ApiTool for GetWikiHistory {
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
