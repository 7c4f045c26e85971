//! Reads one value of an input from any JSON type.

use std::borrow::Cow;

use backlog_words::key::{self, IssueKeyError};
use serde_json::{Number, Value};

use super::{
    activity, day, document_id,
    link::Link,
    number::{decimal, integer, is_whole},
    similarity::folded,
    space::CallSpace,
    text::{clean, digits, is_none_word, quoted, written_id},
};
use crate::toolkit::{
    input_kind::{Input, InputKind, Mark},
    inputs::SORTS,
    name_kind::NameKind,
};

/// The result of reading a value.
#[derive(Debug, PartialEq)]
pub(super) enum Given {
    Value(Value),
    /// The value is absent.
    Empty,
    /// The current value is to be removed.
    None,
}

/// Reads one value.
///
/// # Errors
/// The value is invalid; the error says what was expected.
pub(super) fn read(input: &Input, value: Value, space: &CallSpace<'_>) -> Result<Given, String> {
    let given = converted(input, value, space)?;
    let Given::Value(Value::Number(number)) = &given else {
        return Ok(given);
    };
    match input.range {
        Some(range) if !range.has(number) => {
            let is_nothing = number.as_f64() == Some(0.0) && range.has_no_zero();
            match is_nothing && !input.is_required {
                true => Ok(Given::Empty),
                false => Err(format!("expected {range}, received {number}")),
            }
        }
        _ if input.kind == InputKind::Marked(Mark::Integer) && !is_whole(number) => {
            Err(format!("expected an integer, received {number}"))
        }
        _ => Ok(given),
    }
}

/// Converts a value to the form that the input's type expects, without checking the range.
fn converted(input: &Input, value: Value, space: &CallSpace<'_>) -> Result<Given, String> {
    if input.kind.is_right(&value) {
        return Ok(Given::Value(value));
    }
    match value {
        Value::Null => Ok(Given::Empty),
        Value::Array(mut items) => match items.len() {
            0 => Ok(Given::Empty),
            1 => converted(input, items.remove(0), space),
            several => Err(format!("expected one value, received a list of {several}")),
        },
        // Items may be given as objects, as Backlog returns them.
        Value::Object(mut thing) if input.kind.is_thing() => match thing.shift_remove("id") {
            Some(id @ (Value::Number(_) | Value::String(_))) => converted(input, id, space),
            _ => Err(format!(
                "expected {}, received an object",
                input.kind.noun()
            )),
        },
        Value::Object(_) if input.kind == InputKind::Other => Ok(Given::Value(value)),
        Value::Object(_) => Err(format!(
            "expected {}, received an object",
            input.kind.noun()
        )),
        Value::String(text) => of_text(input, text, space),
        Value::Bool(given) => of_boolean(&input.kind, given),
        // 0 or less names nothing, as in a path.
        Value::Number(number)
            if input.kind.is_id() && !input.is_required && number.as_f64() <= Some(0.0) =>
        {
            Ok(Given::Empty)
        }
        Value::Number(number) if input.is_day() => of_text(input, number.to_string(), space),
        Value::Number(number) => of_number(&input.kind, number),
    }
}

fn of_boolean(kind: &InputKind, given: bool) -> Result<Given, String> {
    match kind {
        InputKind::Text => Ok(Given::Value(given.to_string().into())),
        InputKind::Other => Ok(Given::Value(given.into())),
        InputKind::Marked(Mark::OnlyFalse) => Err(ONLY_FALSE.to_owned()),
        kind => Err(format!(
            "expected {}, received boolean {given}",
            kind.noun()
        )),
    }
}

const ONLY_FALSE: &str = "Backlog accepts only false, for issues without a due date; for others, \
                          give dueDateSince and dueDateUntil";

fn of_number(kind: &InputKind, number: Number) -> Result<Given, String> {
    match kind {
        InputKind::Named(_)
        | InputKind::Other
        | InputKind::Marked(
            Mark::IssueKey | Mark::IssueId | Mark::IssueIdOrKey | Mark::ProjectKey | Mark::WikiPage,
        ) => Ok(Given::Value(Value::Number(number))),
        // The name of a repository and the id of a document may consist of digits.
        InputKind::Text | InputKind::Marked(Mark::RepositoryName) => {
            Ok(Given::Value(number.to_string().into()))
        }
        InputKind::Marked(Mark::Document) if document_id::is_valid(&number.to_string()) => {
            Ok(Given::Value(number.to_string().into()))
        }
        kind => Err(format!(
            "expected {}, received number {number}",
            kind.noun()
        )),
    }
}

fn of_text(input: &Input, text: String, space: &CallSpace<'_>) -> Result<Given, String> {
    let kind = &input.kind;
    if kind.is_free_text() || *kind == InputKind::Other {
        return Ok(match text.is_empty() {
            true => Given::Empty,
            false => Given::Value(text.into()),
        });
    }
    let expected = || {
        let received = match kind {
            InputKind::Marked(Mark::Decimal) => "received",
            _ => "received string",
        };
        format!("expected {}, {received} {}", kind.noun(), quoted(&text))
    };
    let plain = clean(&text).ok_or_else(expected)?;
    if plain.is_empty() || plain.eq_ignore_ascii_case("null") {
        return Ok(Given::Empty);
    }
    // The text has half of a cut character, which no key, word or name contains.
    if plain.contains(char::REPLACEMENT_CHARACTER) {
        return Err(expected());
    }
    // An entry may have this name in a list of names.
    let is_name = matches!(kind, InputKind::Named(_)) && input.is_list;
    if is_none_word(&plain) && !is_name {
        return Ok(Given::None);
    }
    if kind.is_numbered()
        && let Some(id) = written_id(&plain)
    {
        return converted(input, id.into(), space);
    }
    let link = match kind.takes_link() {
        true => Link::read(&plain, space.url).transpose()?,
        false => None,
    };
    if let Some(link) = link {
        return of_link(input, &link).map(Given::Value);
    }
    let value = match kind {
        InputKind::Boolean | InputKind::Marked(Mark::OnlyFalse) => of_boolean_word(kind, &plain)?,
        InputKind::Choice(words) => chosen(words, &plain).map(Value::from),
        InputKind::Named(NameKind::Issue) => issue(&plain)?,
        InputKind::Named(NameKind::Project) => Some(project(&plain).into()),
        InputKind::Named(NameKind::Sort) => Some(sort(&plain).into()),
        InputKind::Named(_) => Some(plain.as_str().into()),
        InputKind::Marked(Mark::Date) => {
            let toward = day::toward(&input.name);
            Some(day::read(&plain, &space.now, toward)?.into())
        }
        InputKind::Marked(mark) => marked(*mark, &plain)?,
        InputKind::Text | InputKind::Other => None,
    };
    value.map(Given::Value).ok_or_else(expected)
}

fn of_boolean_word(kind: &InputKind, word: &str) -> Result<Option<Value>, String> {
    let given = match word.to_ascii_lowercase().as_str() {
        "true" => true,
        "false" => false,
        _ => return Ok(None),
    };
    match (kind, given) {
        (InputKind::Marked(Mark::OnlyFalse), true) => Err(ONLY_FALSE.to_owned()),
        _ => Ok(Some(given.into())),
    }
}

fn marked(mark: Mark, text: &str) -> Result<Option<Value>, String> {
    Ok(match mark {
        Mark::Integer => {
            let number = text.trim_start_matches('#');
            let number = number.strip_prefix("comment-").unwrap_or(number);
            integer(number).map(Value::from)
        }
        Mark::Decimal => decimal(text).map(Value::Number),
        Mark::IssueId | Mark::IssueKey | Mark::IssueIdOrKey => issue(text)?,
        Mark::ProjectKey => Some(project(text).into()),
        Mark::RepositoryName => Some(text.into()).filter(|_| !text.contains(char::is_control)),
        Mark::WikiPage => digits(text.trim_start_matches('#')).map(Value::from),
        Mark::Document => {
            let id = document_id::normalized(text);
            document_id::is_valid(&id).then(|| id.into_owned().into())
        }
        Mark::Activity => match integer(text).or_else(|| activity::number(text)) {
            Some(number) => Some(number.into()),
            None => return Err(activity::unknown(text)),
        },
        Mark::Date | Mark::OnlyFalse | Mark::CustomFieldValues | Mark::CustomFieldFilters => None,
    })
}

/// Reads the id or key of an issue.
///
/// # Errors
/// The text has several keys.
fn issue(text: &str) -> Result<Option<Value>, String> {
    if let Some(id) = digits(key::bare(text)).filter(|id| *id != 0) {
        return Ok(Some(id.into()));
    }
    match key::issue(text) {
        Ok(key) => Ok(Some(key.to_string().into())),
        Err(error @ IssueKeyError::Several(_)) => Err(error.to_string()),
        Err(_) => Ok(None),
    }
}

/// Reads the id, key or name of a project; brackets may be part of a name.
fn project(text: &str) -> &str {
    let bare = key::bare(text);
    match key::is_project(&bare.to_ascii_uppercase()) {
        true => bare,
        false => text,
    }
}

/// Finds the word of a choice in any case, with or without separators.
fn chosen<'a>(words: &'a [String], text: &str) -> Option<&'a str> {
    let text = folded(text);
    let words = words.iter().map(String::as_str);
    words.into_iter().find(|word| folded(word) == text)
}

/// Reads a sort key: one of Backlog's own words, or the name of a custom field.
fn sort(text: &str) -> &str {
    let name = folded(text);
    let mut words = SORTS.iter();
    words
        .find(|word| folded(word) == name)
        .copied()
        .unwrap_or(text)
}

/// Returns the part of a link that an input accepts.
fn of_link(input: &Input, link: &Link) -> Result<Value, String> {
    let value = match &input.kind {
        InputKind::Named(NameKind::Issue)
        | InputKind::Marked(Mark::IssueId | Mark::IssueKey | Mark::IssueIdOrKey) => {
            link.issue.clone().map(Value::from)
        }
        InputKind::Named(NameKind::Project) | InputKind::Marked(Mark::ProjectKey) => {
            link.project.clone().map(Value::from)
        }
        InputKind::Marked(Mark::RepositoryName) => link.repository.clone().map(Value::from),
        InputKind::Marked(Mark::WikiPage) => link.wiki.map(Value::from),
        InputKind::Marked(Mark::Document) => link.document.clone().map(Value::from),
        InputKind::Marked(Mark::Integer) if input.name == "commentId" => {
            link.comment.map(Value::from)
        }
        InputKind::Marked(Mark::Integer) if input.name == "number" => {
            link.pull_request.map(Value::from)
        }
        _ => None,
    };
    value.ok_or_else(|| {
        format!(
            "expected {}; the URL is of {}",
            input.kind.noun(),
            link.what
        )
    })
}

impl InputKind {
    /// Whether it names one item, as a URL may.
    fn is_thing(&self) -> bool {
        match self {
            Self::Named(kind) => *kind != NameKind::Sort,
            Self::Marked(mark) => matches!(
                mark,
                Mark::IssueId
                    | Mark::IssueKey
                    | Mark::IssueIdOrKey
                    | Mark::ProjectKey
                    | Mark::RepositoryName
                    | Mark::WikiPage
                    | Mark::Document
            ),
            _ => false,
        }
    }

    /// Whether the item has a numeric id, which may be written as `id:12`.
    fn is_numbered(&self) -> bool {
        let is_text = matches!(self, Self::Marked(Mark::RepositoryName | Mark::Document));
        self.is_thing() && !is_text
    }

    /// Whether a URL is read as a link rather than as a name.
    fn takes_link(&self) -> bool {
        match self {
            Self::Named(kind) => matches!(kind, NameKind::Issue | NameKind::Project),
            kind => kind.is_thing() || *kind == Self::Marked(Mark::Integer),
        }
    }

    fn noun(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Text => "a string",
            Self::Boolean => "a boolean",
            Self::Choice(words) => return format!("one of {}", words.join(", ")).into(),
            Self::Named(NameKind::Issue) => "an id or a key such as PROJ-12",
            Self::Named(_) => "an id or a name",
            Self::Other => "an object",
            Self::Marked(mark) => match mark {
                Mark::Integer => "an integer",
                Mark::Decimal => "a number such as 2.5",
                Mark::Date => "a day such as 2026-12-18 or tomorrow",
                Mark::IssueId | Mark::IssueKey | Mark::IssueIdOrKey => {
                    "an issue key such as PROJ-12, or an id"
                }
                Mark::ProjectKey => "a project key such as PROJ",
                Mark::RepositoryName => "the name of a repository",
                Mark::WikiPage => "a numeric id",
                Mark::Document => "the id of a document (get_documents)",
                Mark::Activity => "an activity type",
                Mark::OnlyFalse => "false",
                Mark::CustomFieldValues | Mark::CustomFieldFilters => "a list of custom fields",
            },
        })
    }
}
