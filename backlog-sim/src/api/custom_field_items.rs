//! `/projects/{projectIdOrKey}/customFields/{id}/items`: the choices of a field of a list
//! type

use actix_web::web::{self, Data, Path};

use super::{
    custom_field_settings::{keep_items, place},
    responses::ok,
};
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::{CustomField, FieldItem, FieldSettings, Id},
    params::malformed,
    sim::Sim,
    state::State,
};

const ITEMS: &str = "/projects/{project}/customFields/{id}/items";
const ITEM: &str = "/projects/{project}/customFields/{id}/items/{item}";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route(ITEMS, web::post().to(add))
        .route(ITEM, web::patch().to(update))
        .route(ITEM, web::delete().to(delete));
}

/// Members may add items where the field allows it.
async fn add(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    let record = state.project(call.user, &path.0)?;
    let field = &record.custom_fields[place(record, &path.1)?];
    let field = match &field.settings {
        FieldSettings::List {
            allow_add_item: true,
            ..
        } => {
            state.may_edit(call.user)?;
            let record = state.project_mut(call.user, &path.0)?;
            let place = place(record, &path.1)?;
            &mut record.custom_fields[place]
        }
        _ => administrated(&mut state, &call, &path.0, &path.1)?,
    };
    let name = call.params.require("name")?;
    let items = items_of(field)?;
    free_name(items, name, None)?;
    let item = FieldItem {
        id: items.iter().map(|item| item.id).max().unwrap_or(0) + 1,
        name: name.to_owned(),
        display_order: items.last().map_or(0, |item| item.display_order + 1),
    };
    items.push(item);
    ok(field)
}

async fn update(sim: Data<Sim>, call: Call, path: Path<(String, String, String)>) -> ApiResult {
    let mut state = sim.write();
    let field = administrated(&mut state, &call, &path.0, &path.1)?;
    let items = items_of(field)?;
    let item = item(items, &path.2)?;
    let name = call.params.require("name")?;
    free_name(items, name, Some(items[item].id))?;
    name.clone_into(&mut items[item].name);
    ok(field)
}

/// Issues with this item lose it.
async fn delete(sim: Data<Sim>, call: Call, path: Path<(String, String, String)>) -> ApiResult {
    let mut state = sim.write();
    let field = administrated(&mut state, &call, &path.0, &path.1)?;
    let items = items_of(field)?;
    items.remove(item(items, &path.2)?);
    let field = field.clone();
    for issue in state.issues.values_mut() {
        keep_items(issue, &field);
    }
    ok(&field)
}

fn administrated<'a>(
    state: &'a mut State,
    call: &Call,
    project: &str,
    field: &str,
) -> Result<&'a mut CustomField, ApiError> {
    let record = state.administrated(call.user, project)?;
    let place = place(record, field)?;
    Ok(&mut record.custom_fields[place])
}

fn items_of(field: &mut CustomField) -> Result<&mut Vec<FieldItem>, ApiError> {
    field
        .items_mut()
        .ok_or_else(|| ApiError::invalid("The field is not a list."))
}

fn item(items: &[FieldItem], id: &str) -> Result<usize, ApiError> {
    items
        .iter()
        .position(|item| id.parse::<Id>() == Ok(item.id))
        .ok_or_else(|| ApiError::no_resource(format!("No item. (id:{id})")))
}

fn free_name(items: &[FieldItem], name: &str, own: Option<Id>) -> Result<(), ApiError> {
    let mut others = items.iter().filter(|item| Some(item.id) != own);
    match others.any(|item| item.name == name) {
        true => Err(malformed("name", name)),
        false => Ok(()),
    }
}
