//! `/projects/{projectIdOrKey}/webhooks`, for administrators. The simulator calls none of them.

use actix_web::web::{self, Data, Path};

use super::responses::ok;
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::{Id, Webhook},
    params::{Params, malformed},
    sim::Sim,
    view::admin,
};

const WEBHOOKS: &str = "/projects/{project}/webhooks";
const WEBHOOK: &str = "/projects/{project}/webhooks/{id}";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route(WEBHOOKS, web::get().to(list))
        .route(WEBHOOKS, web::post().to(add))
        .route(WEBHOOK, web::patch().to(update))
        .route(WEBHOOK, web::delete().to(delete));
}

async fn list(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let mut state = sim.write();
    let webhooks = state.administrated(call.user, &project)?.webhooks.clone();
    let views = webhooks
        .iter()
        .map(|webhook| admin::webhook(&state, webhook));
    ok(&views.collect::<Vec<_>>())
}

async fn add(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let now = sim.clock.now();
    let mut state = sim.write();
    let id = state.next_id();
    let record = state.administrated(call.user, &project)?;
    call.params.require("name")?;
    call.params.require("hookUrl")?;
    let mut webhook = Webhook {
        id,
        name: String::new(),
        description: String::new(),
        hook_url: String::new(),
        all_event: false,
        activity_types: Vec::new(),
        created_user: call.user,
        created: now,
        updated_user: call.user,
        updated: now,
    };
    apply(&call.params, &mut webhook)?;
    record.webhooks.push(webhook.clone());
    ok(&admin::webhook(&state, &webhook))
}

async fn update(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    let webhooks = &mut state.administrated(call.user, &path.0)?.webhooks;
    let place = place(webhooks, &path.1)?;
    let mut webhook = webhooks[place].clone();
    apply(&call.params, &mut webhook)?;
    webhook.updated_user = call.user;
    webhook.updated = sim.clock.now();
    webhooks[place] = webhook.clone();
    ok(&admin::webhook(&state, &webhook))
}

async fn delete(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    let webhooks = &mut state.administrated(call.user, &path.0)?.webhooks;
    let webhook = webhooks.remove(place(webhooks, &path.1)?);
    ok(&admin::webhook(&state, &webhook))
}

/// Sets the values that were sent.
fn apply(params: &Params, webhook: &mut Webhook) -> Result<(), ApiError> {
    if let Some(name) = params.filled("name") {
        name.clone_into(&mut webhook.name);
    }
    if let Some(description) = params.get("description") {
        description.clone_into(&mut webhook.description);
    }
    if let Some(url) = params.filled("hookUrl") {
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return Err(malformed("hookUrl", url));
        }
        url.clone_into(&mut webhook.hook_url);
    }
    if let Some(all_event) = params.parsed("allEvent")? {
        webhook.all_event = all_event;
    }
    if let Some(kinds) = params.ids("activityTypeIds")? {
        webhook.activity_types = kinds;
    }
    if webhook.all_event {
        webhook.activity_types.clear();
    }
    Ok(())
}

fn place(webhooks: &[Webhook], id: &str) -> Result<usize, ApiError> {
    webhooks
        .iter()
        .position(|webhook| id.parse::<Id>() == Ok(webhook.id))
        .ok_or_else(|| ApiError::no_resource(format!("No webhook. (id:{id})")))
}
