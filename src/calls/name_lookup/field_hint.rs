//! Explains custom fields after Backlog rejected a change for them: Backlog names a field by its
//! id, if at all, and reports neither its type nor its choices.
//!
//! 1. Before the call, [`FieldHint::of`] keeps the arguments that identify the fields.
//! 2. If Backlog rejects the values, the fields of the project are looked up, unless they are
//!    cached, with one request at most, and only if the user's rate limit allows it.
//! 3. The hint lists the required fields that a new issue lacks, and those that Backlog names.

use backlog_client::ErrorItem;
use rmcp::model::JsonObject;
use serde_json::Value;

use super::{
    about, allowance,
    entry::{Entry, candidates},
    list::{List, OfProject},
    lists::Reader,
};
use crate::{
    arguments::reading::text::digits,
    toolkit::{
        name_kind::{NameKind, Named},
        quoted::quoted,
    },
};

/// The maximum number of fields in a hint.
const MAX_FIELDS: usize = 5;
/// The arguments that identify the project and the type of an issue, and its fields.
const KEPT: [&str; 6] = [
    "projectId",
    "projectKey",
    "issueId",
    "issueKey",
    "issueTypeId",
    FIELDS,
];
const FIELDS: &str = "customFields";
const PARAMETER: &str = "customField_";

/// The arguments that identify the custom fields of a change.
pub(crate) struct FieldHint {
    arguments: JsonObject,
}

impl FieldHint {
    /// `named` are the inputs of the tool that accept names; `None` if no custom field is among
    /// them.
    pub(crate) fn of(named: &[Named], arguments: &JsonObject) -> Option<Self> {
        let mut named = named.iter();
        named.find(|input| input.kind == NameKind::CustomField)?;
        let kept = KEPT.iter().filter_map(|name| {
            let value = arguments.get(*name)?;
            Some(((*name).to_owned(), value.clone()))
        });
        Some(Self {
            arguments: kept.collect(),
        })
    }

    /// Describes the fields for which Backlog rejected the call; `None` if there are none, or if
    /// the fields cannot be looked up.
    pub(super) async fn text(&self, errors: &[ErrorItem], reader: &Reader<'_>) -> Option<String> {
        let is_said = errors.iter().any(|error| error.message.contains(PARAMETER));
        if !self.is_new() && !is_said {
            return None;
        }
        let projects = about::projects(&self.arguments, reader, true).await.ok()?;
        let list = List::Of(projects.into_iter().next()?, OfProject::CustomFields);
        if reader.must_ask(&list) {
            allowance::at_once(1, reader).await.ok()?;
        }
        let fields = reader.load(&list, false).await.ok()?;
        let lines = fields.entries.iter().filter_map(|field| {
            let what = expected(field);
            let (name, id) = (quoted(field.name()), field.id);
            match (self.lacks(field), is_named(errors, field)) {
                (true, _) => Some(format!(
                    "{FIELDS}: {name} ({id}) is required; expected {what}"
                )),
                (false, true) => Some(format!(
                    "{FIELDS}: {PARAMETER}{id} is {name}; expected {what}"
                )),
                (false, false) => None,
            }
        });
        let lines: Vec<_> = lines.take(MAX_FIELDS).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn is_new(&self) -> bool {
        !["issueId", "issueKey"]
            .iter()
            .any(|name| self.arguments.contains_key(*name))
    }

    /// Whether a new issue must have a field, and the call does not give it.
    fn lacks(&self, field: &Entry) -> bool {
        let issue_type = self.arguments.get("issueTypeId").and_then(Value::as_i64);
        let mut given = self
            .arguments
            .get(FIELDS)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        field.is_required
            && self.is_new()
            && issue_type.is_none_or(|issue_type| field.is_of(issue_type))
            && !given.any(|it| it["id"].as_i64() == Some(field.id) && it["value"] != "")
    }
}

/// Whether a message names the field's parameter, `customField_12`.
fn is_named(errors: &[ErrorItem], field: &Entry) -> bool {
    let id = |after: &str| {
        let end = after
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(after.len());
        digits(&after[..end])
    };
    let mut named = errors
        .iter()
        .flat_map(|error| error.message.split(PARAMETER).skip(1));
    named.any(|after| id(after) == Some(field.id))
}

/// Describes the values that a field accepts.
fn expected(field: &Entry) -> String {
    let items = candidates(field.items.iter(), "");
    match field {
        field if field.is_number() => "a number such as 2.5".to_owned(),
        field if field.is_date() => "a day such as 2026-12-18 or tomorrow".to_owned(),
        field if field.items.is_empty() => "a text".to_owned(),
        field if field.takes_several() => format!("a list of items; available: {items}"),
        _ => format!("an item; available: {items}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields() -> Vec<Entry> {
        let fields = serde_json::from_value(json!([
            {"id": 1, "typeId": 2, "name": "Timeline", "required": true,
             "applicableIssueTypes": [7]},
            {"id": 12, "typeId": 5, "name": "Severity", "required": true,
             "items": [{"id": 1, "name": "S1"}, {"id": 2, "name": "S2"}]},
            {"id": 120, "typeId": 3, "name": "Users"},
        ]));
        fields.expect("fields")
    }

    #[test]
    fn a_new_issue_lacks_what_its_type_requires() {
        for (arguments, expected) in [
            (json!({"issueTypeId": 7}), [true, true, false]),
            (json!({"issueTypeId": 8}), [false, true, false]),
            (
                json!({"issueTypeId": 7, "customFields": [{"id": 1, "value": "x"}]}),
                [false, true, false],
            ),
            (
                json!({"issueTypeId": 7, "customFields": [{"id": 1, "value": ""}]}),
                [true, true, false],
            ),
            (json!({"issueTypeId": 7, "issueKey": "A-1"}), [false; 3]),
        ] {
            let hint = FieldHint {
                arguments: arguments.as_object().cloned().expect("an object"),
            };
            let lacks: Vec<_> = fields().iter().map(|field| hint.lacks(field)).collect();
            assert_eq!(lacks, expected, "{arguments}");
        }
    }

    #[test]
    fn a_field_is_named_by_its_whole_number() {
        for (message, expected) in [
            ("Invalid value for customField_12: x", [false, true, false]),
            ("customField_120, customField_1", [true, false, true]),
            ("customField_: x", [false; 3]),
        ] {
            let errors: Vec<ErrorItem> =
                serde_json::from_value(json!([{"message": message, "code": 7}])).expect("errors");
            let named: Vec<_> = fields().iter().map(|it| is_named(&errors, it)).collect();
            assert_eq!(named, expected, "{message}");
        }
    }

    #[test]
    fn the_hint_lists_the_values_that_a_field_accepts() {
        let texts: Vec<_> = fields().iter().map(expected).collect();
        let choices = "an item; available: S1 (1), S2 (2)";
        assert_eq!(texts, ["a text", choices, "a number such as 2.5"]);
    }
}
