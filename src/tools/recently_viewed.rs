//! The items that the signed-in user viewed recently.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{Count, Offset, Order},
    project_binding::{ProjectBinding, ProjectOf},
    rest::Rest,
    tool::ApiTool,
};

/// Lists the issues that the user viewed recently.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(super) struct GetRecentlyViewedIssues {
    order: Option<Order>,
    offset: Option<Offset>,
    count: Option<Count>,
}

impl ApiTool for GetRecentlyViewedIssues {
    const NAME: &'static str = "get_recently_viewed_issues";
    const TITLE: &'static str = "List recently viewed issues";
    const CALL: Operation = Operation::get("users/myself/recentlyViewedIssues");
    const PROJECTS: ProjectBinding = ProjectBinding::Filtered(ProjectOf::Id("/issue/projectId"));
    const REST: Rest = Rest::ISSUE_INSIDE;
    const FIELDS: &'static [&'static str] = &["issue", "updated"];
}

/// Lists the projects that the user viewed recently.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(super) struct GetRecentlyViewedProjects {
    order: Option<Order>,
    offset: Option<Offset>,
    count: Option<Count>,
}

impl ApiTool for GetRecentlyViewedProjects {
    const NAME: &'static str = "get_recently_viewed_projects";
    const TITLE: &'static str = "List recently viewed projects";
    const CALL: Operation = Operation::get("users/myself/recentlyViewedProjects");
    const PROJECTS: ProjectBinding = ProjectBinding::Filtered(ProjectOf::Id("/project/id"));
    const REST: Rest = Rest::SHORT;
    const FIELDS: &'static [&'static str] = &["project", "updated"];
}

/// Lists the wiki pages that the user viewed recently.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(super) struct GetRecentlyViewedWikis {
    order: Option<Order>,
    offset: Option<Offset>,
    count: Option<Count>,
}

impl ApiTool for GetRecentlyViewedWikis {
    const NAME: &'static str = "get_recently_viewed_wikis";
    const TITLE: &'static str = "List recently viewed pages";
    const CALL: Operation = Operation::get("users/myself/recentlyViewedWikis");
    const PROJECTS: ProjectBinding = ProjectBinding::Filtered(ProjectOf::Id("/page/projectId"));
    const REST: Rest = Rest::SHORT;
    const FIELDS: &'static [&'static str] = &["page", "updated"];
}
