//! Selects fields of a result by the input `fields`, if the operator enables it.
//!
//! | `fields` | gives |
//! |---|---|
//! | absent, `null`, `[]`, `""` | everything |
//! | `["id", "name"]` | these fields of the object, or of each object of the list |
//! | `"{ id status { name } }"` | the same, also for nested objects |
//!
//! Fields are returned in the requested order; a field that a result does not have is left out.

use serde_json::{Map, Value};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    All,
    Fields(Vec<(String, Selection)>),
}

impl Selection {
    /// Parses the input. Names in a list must be among `known`, unless that is empty.
    ///
    /// # Errors
    /// The input is invalid; the text is for the model.
    pub(crate) fn parse(input: &Value, known: &[&str]) -> Result<Self, String> {
        match input {
            Value::Null => Ok(Self::All),
            Value::Array(names) if names.is_empty() => Ok(Self::All),
            Value::Array(names) => {
                let fields = names.iter().map(|name| match name.as_str() {
                    None => Err("fields: expected a list of names".to_owned()),
                    Some(name) if !known.is_empty() && !known.contains(&name) => Err(format!(
                        "fields: unknown field `{name}`; available: {}",
                        known.join(", ")
                    )),
                    Some(name) => Ok((name.to_owned(), Self::All)),
                });
                fields.collect::<Result<_, _>>().map(Self::Fields)
            }
            Value::String(text) if text.trim().is_empty() => Ok(Self::All),
            Value::String(text) => Parser(text).selection(),
            _ => Err("fields: expected a list of names".to_owned()),
        }
    }

    /// Returns the selected part of a result.
    pub(crate) fn apply(&self, value: Value) -> Value {
        match (self, value) {
            (Self::Fields(fields), Value::Object(mut object)) => {
                let chosen = fields.iter().filter_map(|(name, inner)| {
                    let value = object.shift_remove(name)?;
                    Some((name.clone(), inner.apply(value)))
                });
                Value::Object(chosen.collect::<Map<_, _>>())
            }
            (Self::Fields(_), Value::Array(items)) => {
                items.into_iter().map(|item| self.apply(item)).collect()
            }
            (_, value) => value,
        }
    }
}

/// The maximum depth of braces; Backlog nests four levels.
const MAX_DEPTH: usize = 16;

/// Parses `{ name name { … } }`; commas count as spaces.
struct Parser<'a>(&'a str);

impl Parser<'_> {
    fn selection(mut self) -> Result<Selection, String> {
        self.skip_space();
        let fields = self.braces(0)?;
        self.skip_space();
        match self.0 {
            "" => Ok(fields),
            _ => Err(self.unexpected("the end")),
        }
    }

    fn braces(&mut self, depth: usize) -> Result<Selection, String> {
        self.0 = match self.0.strip_prefix('{') {
            Some(rest) if depth < MAX_DEPTH => rest,
            Some(_) => return Err("fields: nested too deeply".to_owned()),
            None => return Err(self.unexpected("`{`")),
        };
        let mut fields = Vec::new();
        loop {
            self.skip_space();
            if let Some(rest) = self.0.strip_prefix('}') {
                self.0 = rest;
                break;
            }
            let name = self.name()?;
            self.skip_space();
            let inner = match self.0.starts_with('{') {
                true => self.braces(depth + 1)?,
                false => Selection::All,
            };
            fields.push((name, inner));
        }
        if fields.is_empty() {
            return Err("fields: `{ }` selects nothing; name at least one field".to_owned());
        }
        Ok(Selection::Fields(fields))
    }

    fn name(&mut self) -> Result<String, String> {
        let other = |c: char| !c.is_ascii_alphanumeric() && c != '_';
        let end = self.0.find(other).unwrap_or(self.0.len());
        let (name, rest) = self.0.split_at(end);
        if name.is_empty() {
            return Err(self.unexpected("a name or `}`"));
        }
        self.0 = rest;
        Ok(name.to_owned())
    }

    fn skip_space(&mut self) {
        self.0 = self
            .0
            .trim_start_matches(|c: char| c.is_whitespace() || c == ',');
    }

    fn unexpected(&self, expected: &str) -> String {
        match self.0.chars().next() {
            Some(found) => format!("fields: expected {expected}, found `{found}`"),
            None => format!("fields: expected {expected}, found the end"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[expect(
        clippy::needless_pass_by_value,
        reason = "a caller writes it with `json!`"
    )]
    fn select(fields: Value, value: Value) -> String {
        let selection = Selection::parse(&fields, &[]).unwrap();
        selection.apply(value).to_string()
    }

    #[test]
    fn fields_are_chosen() {
        let issue = json!({
            "id": 1, "status": {"id": 2, "name": "Open"}, "assignee": null,
            "category": [{"id": 3, "name": "a"}, {"id": 4, "name": "b"}],
        });
        for (fields, expected) in [
            (
                json!(["status", "id"]),
                r#"{"status":{"id":2,"name":"Open"},"id":1}"#,
            ),
            (json!(["id", "none"]), r#"{"id":1}"#),
            (
                json!("{ id, status { name } }"),
                r#"{"id":1,"status":{"name":"Open"}}"#,
            ),
            (
                json!("{assignee{id}category{id}}"),
                r#"{"assignee":null,"category":[{"id":3},{"id":4}]}"#,
            ),
            (json!("{ id { x } }"), r#"{"id":1}"#),
        ] {
            assert_eq!(select(fields.clone(), issue.clone()), expected);
            assert_eq!(select(fields, json!([issue])), format!("[{expected}]"));
        }
        for everything in [json!(null), json!([]), json!(""), json!("  ")] {
            assert_eq!(select(everything, issue.clone()), issue.to_string());
        }
        assert_eq!(select(json!(["id"]), json!(7)), "7");
    }

    #[test]
    fn an_invalid_selection_is_explained() {
        let error = |fields| Selection::parse(&fields, &["id", "name"]).unwrap_err();
        for (fields, expected) in [
            (
                json!(["id", "nam"]),
                "fields: unknown field `nam`; available: id, name",
            ),
            (json!([1]), "fields: expected a list of names"),
            (json!(true), "fields: expected a list of names"),
            (json!("id name"), "fields: expected `{`, found `i`"),
            (
                json!("{ id "),
                "fields: expected a name or `}`, found the end",
            ),
            (
                json!("{ }"),
                "fields: `{ }` selects nothing; name at least one field",
            ),
            (
                json!("{ id(a: 1) }"),
                "fields: expected a name or `}`, found `(`",
            ),
            (
                json!("{ id } { name }"),
                "fields: expected the end, found `{`",
            ),
            (json!("{a".repeat(99)), "fields: nested too deeply"),
        ] {
            assert_eq!(error(fields), expected);
        }
    }
}
