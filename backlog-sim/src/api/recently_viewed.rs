//! `/users/myself/recentlyViewedIssues`, `…Projects`, `…Wikis`

use actix_web::web::{self, Data};
use serde_json::{Value, json};

use super::responses::ok;
use crate::{
    auth::Call,
    error::ApiResult,
    model::Thing,
    sim::Sim,
    state::State,
    view::{IssueView, content},
    wire::stamp,
};

const ISSUES: &str = "/users/myself/recentlyViewedIssues";
const PROJECTS: &str = "/users/myself/recentlyViewedProjects";
const WIKIS: &str = "/users/myself/recentlyViewedWikis";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route(ISSUES, web::get().to(issues))
        .route(PROJECTS, web::get().to(projects))
        .route(WIKIS, web::get().to(wikis));
}

async fn issues(sim: Data<Sim>, call: Call) -> ApiResult {
    page(&sim.read(), &call, |state, thing| match thing {
        Thing::Issue(id) => {
            let issue = state.issues.get(&id)?;
            let joined = state.has_joined(call.user, issue.project_id);
            joined.then(|| json!({ "issue": IssueView::of(state, issue) }))
        }
        _ => None,
    })
}

async fn projects(sim: Data<Sim>, call: Call) -> ApiResult {
    page(&sim.read(), &call, |state, thing| match thing {
        Thing::Project(id) => {
            let mut joined = state.joined(call.user);
            let record = joined.find(|record| record.project.id == id)?;
            Some(json!({ "project": record.project }))
        }
        _ => None,
    })
}

async fn wikis(sim: Data<Sim>, call: Call) -> ApiResult {
    page(&sim.read(), &call, |state, thing| match thing {
        Thing::Wiki(id) => {
            let wiki = state.wikis.get(&id)?;
            let joined = state.has_joined(call.user, wiki.project_id);
            joined.then(|| json!({ "page": content::wiki_item(state, wiki) }))
        }
        _ => None,
    })
}

/// A page of items that the caller viewed and can still see, with the times.
fn page(state: &State, call: &Call, view: impl Fn(&State, Thing) -> Option<Value>) -> ApiResult {
    let mine = state
        .viewed
        .iter()
        .filter(|viewed| viewed.user == call.user);
    let mut views: Vec<_> = mine
        .filter_map(|viewed| {
            let mut view = view(state, viewed.thing)?;
            view["updated"] = json!(stamp(viewed.at));
            Some(view)
        })
        .collect();
    if !call.params.ascending()? {
        views.reverse();
    }
    ok(&call.params.page(views)?)
}
