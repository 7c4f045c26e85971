//! `GET /`: the content of the space, to see the effect of a change. Backlog's own pages are not
//! simulated.

use std::cmp::Reverse;

use actix_web::{
    HttpResponse,
    web::{self, Data},
};
use askama::Template;

use crate::{model, page::page, sim::Sim, state::State};

/// The issues shown of each project, the latest change first.
const SHOWN: usize = 12;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.route("/", web::get().to(show));
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    space: String,
    projects: Vec<Project>,
}

struct Project {
    key: String,
    name: String,
    issues: Vec<Issue>,
}

struct Issue {
    key: String,
    summary: String,
    status: String,
    comments: usize,
    updated: String,
}

async fn show(sim: Data<Sim>) -> HttpResponse {
    let state = sim.read();
    let home = HomePage {
        space: state.space.name.clone(),
        projects: state
            .projects
            .values()
            .map(|record| project(&state, record))
            .collect(),
    };
    page(HttpResponse::Ok(), &home)
}

fn project(state: &State, record: &model::ProjectRecord) -> Project {
    let mut issues: Vec<&model::Issue> = state
        .issues
        .values()
        .filter(|issue| issue.project_id == record.project.id)
        .collect();
    issues.sort_by_key(|issue| Reverse((issue.updated, issue.id)));
    let status = |id| {
        record
            .statuses
            .iter()
            .find(|status| status.id == id)
            .map_or_else(String::new, |status| status.name.clone())
    };
    Project {
        key: record.project.project_key.clone(),
        name: record.project.name.clone(),
        issues: issues
            .into_iter()
            .take(SHOWN)
            .map(|issue| Issue {
                key: issue.issue_key.clone(),
                summary: issue.summary.clone(),
                status: status(issue.status),
                comments: issue.comments.len(),
                updated: issue.updated.format("%Y-%m-%d %H:%M UTC").to_string(),
            })
            .collect(),
    }
}
