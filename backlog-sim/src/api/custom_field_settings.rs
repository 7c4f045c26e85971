//! `/projects/{projectIdOrKey}/customFields`, and the settings of the field types
//!
//! | types | parameters |
//! |---|---|
//! | all | `name`, `description`, `required`, `applicableIssueTypes[]` |
//! | 3, numbers | `min`, `max`, `initialValue`, `unit` |
//! | 4, dates | `min`, `max`, `initialValueType`, `initialShift`, `initialDate` |
//! | 5 to 8, lists | `items[]`, `allowAddItem`; 7 and 8 also `allowInput` |

use std::str::FromStr;

use actix_web::web::{self, Data, Path};

use super::responses::ok;
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::{
        CustomField, FieldItem, FieldSettings, FieldType, FieldValue, Id, InitialDate, Issue,
        ProjectRecord,
    },
    params::{Params, malformed},
    sim::Sim,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/projects/{project}/customFields", web::get().to(list))
        .route("/projects/{project}/customFields", web::post().to(add))
        .route(
            "/projects/{project}/customFields/{id}",
            web::patch().to(update),
        )
        .route(
            "/projects/{project}/customFields/{id}",
            web::delete().to(delete),
        );
}

async fn list(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    ok(&sim.read().project(call.user, &project)?.custom_fields)
}

async fn add(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let mut state = sim.write();
    let id = state.next_id();
    let record = state.administrated(call.user, &project)?;
    let type_id = field_type(call.params.require_id("typeId")?)?;
    let last = record.custom_fields.last();
    let mut field = CustomField {
        id,
        project_id: record.project.id,
        type_id,
        version: 1,
        name: call.params.require("name")?.to_owned(),
        description: String::new(),
        required: false,
        use_issue_type: false,
        applicable_issue_types: Vec::new(),
        display_order: last.map_or(0, |last| last.display_order + 1),
        settings: nothing_set(type_id),
    };
    apply(&call.params, record, &mut field)?;
    record.custom_fields.push(field.clone());
    ok(&field)
}

async fn update(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    let record = state.administrated(call.user, &path.0)?;
    let place = place(record, &path.1)?;
    let mut field = record.custom_fields[place].clone();
    field.version += 1;
    apply(&call.params, record, &mut field)?;
    record.custom_fields[place] = field.clone();
    for issue in state.issues.values_mut() {
        keep_items(issue, &field);
    }
    ok(&field)
}

/// Issues lose their values of this field.
async fn delete(sim: Data<Sim>, call: Call, path: Path<(String, String)>) -> ApiResult {
    let mut state = sim.write();
    let record = state.administrated(call.user, &path.0)?;
    let place = place(record, &path.1)?;
    let field = record.custom_fields.remove(place);
    for issue in state.issues.values_mut() {
        issue.custom_fields.remove(&field.id);
    }
    ok(&field)
}

pub(super) fn place(record: &ProjectRecord, id: &str) -> Result<usize, ApiError> {
    record
        .custom_fields
        .iter()
        .position(|field| id.parse::<Id>() == Ok(field.id))
        .ok_or_else(|| ApiError::no_resource(format!("No custom field. (id:{id})")))
}

/// Removes values from an issue that the field no longer offers.
pub(super) fn keep_items(issue: &mut Issue, field: &CustomField) {
    if let Some(FieldValue::Items { ids, other }) = issue.custom_fields.get_mut(&field.id) {
        ids.retain(|id| field.items().iter().any(|item| item.id == *id));
        if ids.is_empty() && other.is_none() {
            issue.custom_fields.remove(&field.id);
        }
    }
}

fn field_type(id: Id) -> Result<FieldType, ApiError> {
    Ok(match id {
        1 => FieldType::Text,
        2 => FieldType::TextArea,
        3 => FieldType::Numeric,
        4 => FieldType::Date,
        5 => FieldType::SingleList,
        6 => FieldType::MultipleList,
        7 => FieldType::CheckBox,
        8 => FieldType::Radio,
        _ => return Err(malformed("typeId", &id.to_string())),
    })
}

fn nothing_set(type_id: FieldType) -> FieldSettings {
    match type_id {
        FieldType::Text | FieldType::TextArea => FieldSettings::Text {},
        FieldType::Numeric => FieldSettings::Numeric {
            min: None,
            max: None,
            initial_value: None,
            unit: None,
        },
        FieldType::Date => FieldSettings::Date {
            min: None,
            max: None,
            initial_date: None,
        },
        FieldType::SingleList | FieldType::MultipleList => FieldSettings::List {
            items: Vec::new(),
            allow_add_item: false,
            allow_input: None,
        },
        FieldType::CheckBox | FieldType::Radio => FieldSettings::List {
            items: Vec::new(),
            allow_add_item: false,
            allow_input: Some(false),
        },
    }
}

/// Sets the values that were sent, and checks the whole.
fn apply(params: &Params, record: &ProjectRecord, field: &mut CustomField) -> Result<(), ApiError> {
    if let Some(name) = params.filled("name") {
        let mut others = record.custom_fields.iter().filter(|f| f.id != field.id);
        if others.any(|other| other.name == name) {
            return Err(malformed("name", name));
        }
        name.clone_into(&mut field.name);
    }
    if let Some(description) = params.get("description") {
        description.clone_into(&mut field.description);
    }
    if let Some(required) = params.parsed("required")? {
        field.required = required;
    }
    if let Some(types) = params.ids("applicableIssueTypes")? {
        let known = |id: &&Id| !record.issue_types.iter().any(|kind| kind.id == **id);
        if let Some(unknown) = types.iter().find(known) {
            return Err(malformed("applicableIssueTypes[]", &unknown.to_string()));
        }
        field.use_issue_type = !types.is_empty();
        field.applicable_issue_types = types;
    }
    only_its_own(params, field)?;
    match &mut field.settings {
        FieldSettings::Text {} => Ok(()),
        FieldSettings::Numeric {
            min,
            max,
            initial_value,
            unit,
        } => {
            set(params, "min", min)?;
            set(params, "max", max)?;
            set(params, "initialValue", initial_value)?;
            set(params, "unit", unit)?;
            in_order("max", *min, *max)?;
            in_order("initialValue", *min, *initial_value)?;
            in_order("initialValue", *initial_value, *max)
        }
        FieldSettings::Date {
            min,
            max,
            initial_date,
        } => {
            set(params, "min", min)?;
            set(params, "max", max)?;
            in_order("max", *min, *max)?;
            if params.get("initialValueType").is_some() {
                *initial_date = initial(params)?;
            }
            Ok(())
        }
        FieldSettings::List {
            items,
            allow_add_item,
            allow_input,
        } => {
            if let Some(names) = params.texts("items") {
                *items = renamed(items, &names);
            }
            *allow_add_item = params.parsed("allowAddItem")?.unwrap_or(*allow_add_item);
            if let Some(allow_input) = allow_input {
                *allow_input = params.parsed("allowInput")?.unwrap_or(*allow_input);
            }
            Ok(())
        }
    }
}

/// Rejects settings of other types.
fn only_its_own(params: &Params, field: &CustomField) -> Result<(), ApiError> {
    let own: &[&str] = match &field.settings {
        FieldSettings::Text {} => &[],
        FieldSettings::Numeric { .. } => &["min", "max", "initialValue", "unit"],
        FieldSettings::Date { .. } => &[
            "min",
            "max",
            "initialValueType",
            "initialShift",
            "initialDate",
        ],
        FieldSettings::List {
            allow_input: None, ..
        } => &["items[]", "allowAddItem"],
        FieldSettings::List { .. } => &["items[]", "allowAddItem", "allowInput"],
    };
    let all = [
        "typeId",
        "name",
        "description",
        "required",
        "applicableIssueTypes[]",
    ];
    let strange = |name: &&str| !own.contains(name) && !all.contains(name);
    let mut names = params.pairs().iter().map(|(name, _)| name.as_str());
    match names.find(strange) {
        Some(name) => Err(ApiError::invalid(format!(
            "{name} is not for fields of this type."
        ))),
        None => Ok(()),
    }
}

/// Sets a value; an empty one removes the setting.
fn set<T: FromStr>(params: &Params, name: &str, setting: &mut Option<T>) -> Result<(), ApiError> {
    if params.get(name).is_some() {
        *setting = params.parsed(name)?;
    }
    Ok(())
}

fn in_order<T: PartialOrd>(name: &str, low: Option<T>, high: Option<T>) -> Result<(), ApiError> {
    match (low, high) {
        (Some(low), Some(high)) if low > high => {
            Err(ApiError::invalid(format!("{name} is out of range.")))
        }
        _ => Ok(()),
    }
}

fn initial(params: &Params) -> Result<Option<InitialDate>, ApiError> {
    let Some(id) = params.parsed::<Id>("initialValueType")? else {
        return Ok(None);
    };
    let (mut shift, mut date) = (None, None);
    match id {
        1 => {}
        2 => {
            params.require("initialShift")?;
            shift = params.parsed("initialShift")?;
        }
        3 => {
            params.require("initialDate")?;
            date = params.date("initialDate")?;
        }
        _ => return Err(malformed("initialValueType", &id.to_string())),
    }
    Ok(Some(InitialDate { id, shift, date }))
}

/// The items with their new names; an item that keeps its name keeps its id.
fn renamed(items: &[FieldItem], names: &[&str]) -> Vec<FieldItem> {
    let mut next = items.iter().map(|item| item.id).max().unwrap_or(0);
    (0..)
        .zip(names)
        .map(|(display_order, name)| {
            let kept = items.iter().find(|item| item.name == *name);
            let id = kept.map_or_else(
                || {
                    next += 1;
                    next
                },
                |item| item.id,
            );
            FieldItem {
                id,
                name: (*name).to_owned(),
                display_order,
            }
        })
        .collect()
}
