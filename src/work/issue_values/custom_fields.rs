//! Custom fields by name, with values by the field's type. A value that Backlog would refuse is an
//! error with the possible ones.

use std::cmp::Ordering;

use backlog_rendering::inline;
use backlog_words::{
    day::{self, Shift},
    matching::{self, Candidate},
    removal::is_removal,
};
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

use super::{FieldInput, MAX_SHOWN, Setting, Target};
use crate::{
    toolkit::work::WorkError,
    work::{project_names::ProjectNames, space::Space},
};

pub(in crate::work) const NUMBER: i64 = 3;
pub(in crate::work) const DATE: i64 = 4;
/// Multiple lists and check boxes.
pub(in crate::work) const SEVERAL: [i64; 2] = [6, 7];
/// Single lists and radio buttons.
pub(in crate::work) const ONE: [i64; 2] = [5, 8];

/// The custom fields of a project, read when the first one is needed.
#[derive(Debug, Default)]
pub(crate) struct CustomFields(Option<Vec<Value>>);

impl CustomFields {
    async fn list(&mut self, names: &ProjectNames<'_>) -> Result<&[Value], WorkError> {
        if self.0.is_none() {
            let arguments = json!({"projectId": names.project});
            let found = names.operations.run("get_custom_fields", arguments).await?;
            self.0 = Some(found.value.as_array().cloned().unwrap_or_default());
        }
        Ok(self.0.as_deref().unwrap_or_default())
    }

    /// The names of the fields that issues of a type require. A space without custom fields has
    /// none.
    pub(crate) async fn required(
        &mut self,
        names: &ProjectNames<'_>,
        issue_type: i64,
    ) -> Vec<(i64, String)> {
        let Ok(fields) = self.list(names).await else {
            return Vec::new();
        };
        let is_required = |field: &&Value| field["required"] == true && is_of(field, issue_type);
        let required = fields.iter().filter(is_required);
        let named =
            required.filter_map(|field| Some((field["id"].as_i64()?, name(field).to_owned())));
        named.collect()
    }

    /// The problem of a field that issues of a type do not have, among those that were read.
    pub(crate) fn misplaced(&self, settings: &[Setting], issue_type: i64) -> Option<String> {
        let fields = self.0.as_deref().unwrap_or_default();
        settings.iter().find_map(|setting| {
            let Target::Field(id) = setting.target else {
                return None;
            };
            let field = fields.iter().find(|field| field["id"] == id)?;
            (!is_of(field, issue_type)).then(|| {
                let name = inline::line(name(field));
                format!("fields: issues of this type do not have the custom field {name}")
            })
        })
    }

    /// Reads a field and its value.
    ///
    /// # Errors
    /// The field or an item is unknown, or the value is not of the field's type.
    pub(super) async fn read(
        &mut self,
        names: &ProjectNames<'_>,
        space: &Space,
        path: &str,
        input: &FieldInput,
    ) -> Result<Setting, WorkError> {
        let fields = self.list(names).await?;
        let invalid =
            |error: &dyn std::fmt::Display| WorkError::Arguments(format!("{path}: {error}"));
        let candidates = candidates(fields);
        let found = matching::find("custom field", &input.name, &candidates);
        let id = found.map_err(|error| invalid(&error))?.candidate.id;
        let field = fields.iter().find(|field| field["id"] == id);
        let field = field.expect("the candidates are the fields");
        let (value, shown) = value(field, &input.value, space)
            .map_err(|reason| invalid(&format!("{}: {reason}", inline::line(name(field)))))?;
        Ok(Setting::new(Target::Field(id), name(field), value, shown))
    }
}

/// Whether issues of a type have a field.
fn is_of(field: &Value, issue_type: i64) -> bool {
    let types = field["applicableIssueTypes"].as_array();
    types.is_none_or(|types| types.is_empty() || types.contains(&json!(issue_type)))
}

pub(in crate::work) fn name(field: &Value) -> &str {
    field["name"].as_str().unwrap_or_default()
}

pub(in crate::work) fn candidates(entries: &[Value]) -> Vec<Candidate> {
    let candidate = |entry: &Value| Some(Candidate::new(entry["id"].as_i64()?, name(entry)));
    entries.iter().filter_map(candidate).collect()
}

/// Reads a value by the type of the field; returns it with the text that users read.
fn value(field: &Value, text: &str, space: &Space) -> Result<(Value, Option<String>), String> {
    let kind = field["typeId"].as_i64().unwrap_or_default();
    let items = items(field);
    let has_item = || items.iter().any(|item| item.name == text.trim());
    if is_removal(text) && !has_item() {
        return match field["required"] == true {
            true => Err("cannot be removed, because it is required".to_owned()),
            false => Ok((Value::Null, None)),
        };
    }
    match kind {
        NUMBER => {
            let number = number(text)?;
            within(field, text, |limit| {
                let limit = limit.as_f64()?;
                number.partial_cmp(&limit)
            })?;
            Ok((json!(number), Some(number.to_string())))
        }
        DATE => {
            // It would count from today, and not from the day of the field as it does in due.
            if Shift::read(text).is_some() {
                return Err(format!("expected a day, received {}", json!(text)));
            }
            let day = day::read(text, &space.now).map_err(|error| error.to_string())?;
            let day = day.to_string();
            within(field, text, |limit| {
                let limit = limit.as_str()?.get(..10)?;
                Some(day.as_str().cmp(limit))
            })?;
            Ok((day.clone().into(), Some(day)))
        }
        kind if ONE.contains(&kind) || SEVERAL.contains(&kind) => {
            let of = Items {
                known: &items,
                takes_several: SEVERAL.contains(&kind),
                takes_own_text: field["allowInput"] == true,
            };
            of.read(text)
        }
        _ => Ok((text.into(), Some(inline::excerpt(text, MAX_SHOWN)))),
    }
}

/// Reads a number in any width.
pub(in crate::work) fn number(text: &str) -> Result<f64, String> {
    let plain: String = text.nfkc().collect();
    let number = plain.trim().parse::<f64>().ok();
    let number = number.filter(|number| number.is_finite());
    number.ok_or_else(|| format!("expected a number such as 2.5, received {}", json!(text)))
}

/// Checks the limits of a field.
fn within(
    field: &Value,
    text: &str,
    compare: impl Fn(&Value) -> Option<Ordering>,
) -> Result<(), String> {
    let is_below = compare(&field["min"]) == Some(Ordering::Less);
    let is_above = compare(&field["max"]) == Some(Ordering::Greater);
    if !is_below && !is_above {
        return Ok(());
    }
    let shown = |limit: &Value| match limit {
        Value::String(day) => day.get(..10).unwrap_or(day).to_owned(),
        limit => limit.to_string(),
    };
    let expected = match (&field["min"], &field["max"]) {
        (Value::Null, max) => format!("at most {}", shown(max)),
        (min, Value::Null) => format!("at least {}", shown(min)),
        (min, max) => format!("{} to {}", shown(min), shown(max)),
    };
    Err(format!("expected {expected}, received {}", json!(text)))
}

/// The items of a list.
pub(in crate::work) fn items(field: &Value) -> Vec<Candidate> {
    let items = field["items"].as_array().map(Vec::as_slice);
    candidates(items.unwrap_or_default())
}

/// The values that a list takes.
struct Items<'a> {
    known: &'a [Candidate],
    takes_several: bool,
    /// Whether one text that is no item is taken as it stands.
    takes_own_text: bool,
}

impl Items<'_> {
    fn read(&self, text: &str) -> Result<(Value, Option<String>), String> {
        let (mut found, mut own) = (Vec::new(), None);
        for part in parts(self.known, text, self.takes_several) {
            match item(self.known, part) {
                Ok(item) => found.push(item),
                Err(_) if self.takes_own_text && own.is_none() => own = Some(part.trim()),
                Err(error) => return Err(error),
            }
        }
        if !self.takes_several && found.len() + usize::from(own.is_some()) > 1 {
            return Err(format!("expected one item, received {}", json!(text)));
        }
        found.sort_unstable_by_key(|item| item.id);
        found.dedup_by_key(|item| item.id);
        let ids: Vec<_> = found.iter().map(|item| item.id).collect();
        let ids = match (self.takes_several, ids.as_slice()) {
            (_, []) => Value::Null,
            (false, [only, ..]) => (*only).into(),
            (true, ids) => json!(ids),
        };
        let mut shown: Vec<_> = found.iter().map(|item| inline::line(&item.name)).collect();
        let Some(own) = own else {
            return Ok((ids, Some(shown.join(", "))));
        };
        shown.push(inline::excerpt(own, MAX_SHOWN));
        let both = json!({"value": ids, "otherValue": own});
        Ok((both, Some(shown.join(", "))))
    }
}

pub(in crate::work) fn item<'a>(
    items: &'a [Candidate],
    text: &str,
) -> Result<&'a Candidate, String> {
    let found = matching::find("item", text, items);
    found
        .map(|found| found.candidate)
        .map_err(|error| error.to_string())
}

/// The whole text if it names an item, or else the texts between its commas.
pub(in crate::work) fn parts<'a>(
    items: &[Candidate],
    text: &'a str,
    takes_several: bool,
) -> Vec<&'a str> {
    let is_list = takes_several && text.contains([',', '、']);
    if !is_list || item(items, text).is_ok() {
        return vec![text];
    }
    let parts = text.split([',', '、']).map(str::trim);
    parts.filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;

    #[test]
    fn a_value_is_read_by_the_type_of_its_field() {
        let now = "2026-12-02T01:00:00Z".parse().unwrap();
        let space = Space::new("https://acme.backlog.com", Tz::Asia__Tokyo, now);
        let items = json!([{"id": 1, "name": "S1"}, {"id": 2, "name": "S2, urgent"}, {"id": 3, "name": "None"}]);
        for (kind, text, expected) in [
            (1, "a, b", Ok((json!("a, b"), Some("a, b")))),
            (2, "none", Ok((Value::Null, None))),
            (3, "2.50", Ok((json!(2.5), Some("2.5")))),
            (
                3,
                "many",
                Err("expected a number such as 2.5, received \"many\""),
            ),
            (3, "NaN", Err("expected a number")),
            (4, "friday", Ok((json!("2026-12-04"), Some("2026-12-04")))),
            (4, "soon", Err("received \"soon\"")),
            (4, "+1 week", Err("expected a day, received \"+1 week\"")),
            (5, "s1", Ok((json!(1), Some("S1")))),
            (5, "None", Ok((json!(3), Some("None")))),
            (5, "なし", Ok((Value::Null, None))),
            (
                8,
                "S4",
                Err("unknown item \"S4\"; available, nearest first: \"S1\""),
            ),
            (6, "S2, urgent", Ok((json!([2]), Some("S2, urgent")))),
            (7, "none、S1, s1", Ok((json!([1, 3]), Some("S1, None")))),
            (7, "S1,S9", Err("unknown item \"S9\"")),
            (3, "４２", Ok((json!(42.0), Some("42")))),
            (3, "101", Err("expected 1 to 100, received \"101\"")),
            (3, "０", Err("expected 1 to 100")),
            (
                4,
                "2025-12-31",
                Err("expected at least 2026-01-01, received \"2025-12-31\""),
            ),
        ] {
            let limits = match kind {
                3 => json!([1, 100]),
                _ => json!(["2026-01-01T00:00:00Z", null]),
            };
            let field = json!({
                "id": 9, "name": "F", "typeId": kind, "items": items, "min": limits[0],
                "max": limits[1],
            });
            match (value(&field, text, &space), expected) {
                (Ok((value, shown)), Ok((expected, text))) => {
                    assert_eq!((value, shown.as_deref()), (expected, text));
                }
                (Err(error), Err(expected)) => assert!(error.contains(expected), "{error}"),
                (read, _) => panic!("{kind} {text}: {read:?}"),
            }
        }
    }

    #[test]
    fn a_list_that_takes_own_text_takes_one() {
        let now = "2026-12-02T01:00:00Z".parse().unwrap();
        let space = Space::new("https://acme.backlog.com", Tz::Asia__Tokyo, now);
        let items = json!([{"id": 1, "name": "Phone"}, {"id": 2, "name": "Mail"}]);
        for (kind, text, expected) in [
            (8, "mail", Ok((json!(2), "Mail"))),
            (
                8,
                "Fax",
                Ok((json!({"value": null, "otherValue": "Fax"}), "Fax")),
            ),
            (
                7,
                "mail, Fax",
                Ok((json!({"value": [2], "otherValue": "Fax"}), "Mail, Fax")),
            ),
            (7, "Letter, Fax", Err("unknown item \"Fax\"")),
            (
                5,
                "Fax",
                Err("unknown item \"Fax\"; available, nearest first:"),
            ),
            (5, "none", Err("cannot be removed, because it is required")),
        ] {
            let field = json!({
                "id": 9, "name": "F", "typeId": kind, "items": items, "required": true,
                "allowInput": matches!(kind, 7 | 8),
            });
            match (value(&field, text, &space), expected) {
                (Ok((value, shown)), Ok((expected, text))) => {
                    assert_eq!((value, shown.as_deref()), (expected, Some(text)));
                }
                (Err(error), Err(expected)) => assert!(error.contains(expected), "{error}"),
                (read, _) => panic!("{kind} {text}: {read:?}"),
            }
        }
    }
}
