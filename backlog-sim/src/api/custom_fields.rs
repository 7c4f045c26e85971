//! Custom fields in parameters: the names `customField_{id}…`, and the values of issues.

use crate::{
    error::ApiError,
    model::{CustomField, FieldSettings, FieldType, FieldValue, Id, ProjectRecord},
    params::{Params, malformed, parse_date},
};

/// The part of a parameter's name after `customField_{id}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Empty.
    Bare,
    /// `[0]`: an element of a list.
    Element,
    /// `_min`
    Min,
    /// `_max`
    Max,
    /// `_otherValue`
    Other,
}

/// The field and the part in a parameter's name. `None` for other names, and for forms that
/// Backlog ignores, such as `customField_1[][0]`.
pub(super) fn parse_name(name: &str) -> Option<(Id, Part)> {
    let rest = name.strip_prefix("customField_")?;
    let digits = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let id = rest[..digits].parse().ok()?;
    let part = match &rest[digits..] {
        "" => Part::Bare,
        "_min" => Part::Min,
        "_max" => Part::Max,
        "_otherValue" => Part::Other,
        index => {
            let index = index.strip_prefix('[')?.strip_suffix(']')?;
            index.parse::<usize>().ok()?;
            Part::Element
        }
    };
    Some((id, part))
}

/// A field that a request sets; `None` clears it.
pub(super) struct Setting {
    pub field: Id,
    pub value: Option<FieldValue>,
}

/// The settings in a form, checked against the fields of the issue's project.
pub(super) fn settings(
    params: &Params,
    record: &ProjectRecord,
    issue_type: Id,
) -> Result<Vec<Setting>, ApiError> {
    let mut sent: Vec<(Id, Sent)> = Vec::new();
    for (name, value) in params.pairs() {
        let Some((id, part)) = parse_name(name) else {
            continue;
        };
        let place = match sent.iter().position(|(field, _)| *field == id) {
            Some(place) => place,
            None => {
                sent.push((id, Sent::default()));
                sent.len() - 1
            }
        };
        let field = &mut sent[place].1;
        match part {
            Part::Bare | Part::Element => field.values.push(value),
            Part::Other => field.other = Some(value),
            Part::Min | Part::Max => {}
        }
    }
    sent.into_iter()
        .map(|(id, sent)| {
            let field = record
                .custom_fields
                .iter()
                .find(|field| field.id == id && field.applies_to(issue_type))
                .ok_or_else(|| ApiError::invalid(format!("No such custom field. (id:{id})")))?;
            Ok(Setting {
                field: id,
                value: sent.read(field)?,
            })
        })
        .collect()
}

#[derive(Default)]
struct Sent<'a> {
    values: Vec<&'a str>,
    other: Option<&'a str>,
}

impl Sent<'_> {
    fn read(&self, field: &CustomField) -> Result<Option<FieldValue>, ApiError> {
        let name = format!("customField_{}", field.id);
        let filled: Vec<&str> = self
            .values
            .iter()
            .copied()
            .filter(|value| !value.is_empty())
            .collect();
        if !field.items().is_empty() {
            return self.read_items(field, &name, &filled);
        }
        let Some(value) = filled.first().copied() else {
            return Ok(None);
        };
        let read = match &field.settings {
            FieldSettings::Numeric { min, max, .. } => {
                let number: f64 = value.parse().map_err(|_| malformed(&name, value))?;
                if min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max) {
                    return Err(malformed(&name, value));
                }
                FieldValue::Number(number)
            }
            FieldSettings::Date { min, max, .. } => {
                let date = parse_date(&name, value)?;
                if min.is_some_and(|min| date < min) || max.is_some_and(|max| date > max) {
                    return Err(malformed(&name, value));
                }
                FieldValue::Date(date)
            }
            FieldSettings::Text {} | FieldSettings::List { .. } => {
                FieldValue::Text(value.to_owned())
            }
        };
        Ok(Some(read))
    }

    fn read_items(
        &self,
        field: &CustomField,
        name: &str,
        filled: &[&str],
    ) -> Result<Option<FieldValue>, ApiError> {
        let single = matches!(field.type_id, FieldType::SingleList | FieldType::Radio);
        if single && filled.len() > 1 {
            return Err(ApiError::invalid(format!("{name} takes one item.")));
        }
        let ids = filled
            .iter()
            .map(|value| {
                value
                    .parse()
                    .ok()
                    .filter(|id| field.items().iter().any(|item| item.id == *id))
                    .ok_or_else(|| malformed(name, value))
            })
            .collect::<Result<Vec<Id>, _>>()?;
        let other = self.other.filter(|text| !text.is_empty());
        if other.is_some() && !field.allows_input() {
            return Err(ApiError::invalid(format!("{name} takes no free text.")));
        }
        let empty = ids.is_empty() && other.is_none();
        Ok((!empty).then(|| FieldValue::Items {
            ids,
            other: other.map(str::to_owned),
        }))
    }
}

/// A value as shown in a change log.
pub(super) fn shown(field: &CustomField, value: Option<&FieldValue>) -> Option<String> {
    Some(match value? {
        FieldValue::Text(text) => text.clone(),
        FieldValue::Number(number) => number.to_string(),
        FieldValue::Date(date) => date.to_string(),
        FieldValue::Items { ids, other } => {
            let names = field
                .items()
                .iter()
                .filter(|item| ids.contains(&item.id))
                .map(|item| item.name.as_str());
            names.chain(other.as_deref()).collect::<Vec<_>>().join(", ")
        }
    })
}
