//! `/projects/{projectIdOrKey}/issueTypes`

use actix_web::web::{self, Data, Path};

use super::{palette, responses::ok};
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::{Id, IssueType},
    params::{Params, malformed},
    sim::Sim,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/projects/{project}/issueTypes", web::get().to(list))
        .route("/projects/{project}/issueTypes", web::post().to(add))
        .route(
            "/projects/{project}/issueTypes/{id}",
            web::patch().to(update),
        )
        .route(
            "/projects/{project}/issueTypes/{id}",
            web::delete().to(delete),
        );
}

async fn list(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    ok(&sim.read().project(call.user, &project)?.issue_types)
}

async fn add(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let mut state = sim.write();
    let id = state.next_id();
    let record = state.administrated(call.user, &project)?;
    let last = record.issue_types.last();
    let mut added = IssueType {
        id,
        project_id: record.project.id,
        name: call.params.require("name")?.to_owned(),
        color: call.params.require("color")?.to_owned(),
        display_order: last.map_or(0, |last| last.display_order + 1),
        template_summary: None,
        template_description: None,
    };
    apply(&call.params, &record.issue_types, &mut added)?;
    record.issue_types.push(added.clone());
    ok(&added)
}

async fn update(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    let record = state.administrated(call.user, &path.0)?;
    let place = place(&record.issue_types, &path.1)?;
    let mut changed = record.issue_types[place].clone();
    apply(&call.params, &record.issue_types, &mut changed)?;
    record.issue_types[place] = changed.clone();
    ok(&changed)
}

/// Issues and custom fields with this type get the substitute.
async fn delete(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    let substitute = call.params.require_id("substituteIssueTypeId")?;
    let record = state.administrated(call.user, &path.0)?;
    let place = place(&record.issue_types, &path.1)?;
    let id = record.issue_types[place].id;
    if substitute == id || !record.issue_types.iter().any(|t| t.id == substitute) {
        return Err(malformed("substituteIssueTypeId", &substitute.to_string()));
    }
    let deleted = record.issue_types.remove(place);
    for field in &mut record.custom_fields {
        let types = &mut field.applicable_issue_types;
        let had = types.contains(&id);
        types.retain(|kind| *kind != id);
        if had && !types.contains(&substitute) {
            types.push(substitute);
        }
    }
    for issue in state.issues.values_mut().filter(|i| i.issue_type == id) {
        issue.issue_type = substitute;
    }
    ok(&deleted)
}

/// Sets the values that were sent. An empty template removes it.
fn apply(params: &Params, all: &[IssueType], kind: &mut IssueType) -> Result<(), ApiError> {
    if let Some(name) = params.filled("name") {
        let mut others = all.iter().filter(|other| other.id != kind.id);
        if others.any(|other| other.name == name) {
            return Err(malformed("name", name));
        }
        name.clone_into(&mut kind.name);
    }
    if let Some(color) = params.get("color") {
        palette::issue_type(color)?.clone_into(&mut kind.color);
    }
    let template = |name| {
        let text = params.get(name)?;
        Some((!text.is_empty()).then(|| text.to_owned()))
    };
    if let Some(summary) = template("templateSummary") {
        kind.template_summary = summary;
    }
    if let Some(description) = template("templateDescription") {
        kind.template_description = description;
    }
    Ok(())
}

fn place(types: &[IssueType], id: &str) -> Result<usize, ApiError> {
    types
        .iter()
        .position(|kind| id.parse::<Id>() == Ok(kind.id))
        .ok_or_else(|| ApiError::no_resource(format!("No issue type. (id:{id})")))
}
