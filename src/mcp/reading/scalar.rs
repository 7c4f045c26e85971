//! One value of an input, whatever JSON it came as.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::{
    activity, date, key,
    kind::{Input, Kind, Mark},
    link::{self, Link},
    naming,
    right::is_whole,
    text::{clean, digits, is_none_word, quoted, written_id},
};
use crate::{
    backlog::BacklogUrl,
    mcp::{inputs::SORTS, names},
};

/// Largest integer that survives a JavaScript client.
const MAX_SAFE: i64 = 1 << 53;

/// What a value came to.
#[derive(Debug, PartialEq)]
pub(super) enum Given {
    Value(Value),
    /// Nothing was given.
    Empty,
    /// What is there is to be removed.
    None,
}

/// Reads one value.
///
/// # Errors
/// What was expected.
pub(super) fn read(input: &Input, value: Value, space: &BacklogUrl) -> Result<Given, String> {
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
        _ if input.kind == Kind::Marked(Mark::Integer) && !is_whole(number) => {
            Err(format!("expected an integer, received {number}"))
        }
        _ => Ok(given),
    }
}

/// A value as the input's type takes it, in its range or not.
fn converted(input: &Input, value: Value, space: &BacklogUrl) -> Result<Given, String> {
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
        // As Backlog answers with things.
        Value::Object(mut thing) if input.kind.is_thing() => match thing.shift_remove("id") {
            Some(id @ (Value::Number(_) | Value::String(_))) => converted(input, id, space),
            _ => Err(format!(
                "expected {}, received an object",
                input.kind.noun()
            )),
        },
        Value::Object(_) if input.kind == Kind::Other => Ok(Given::Value(value)),
        Value::Object(_) => Err(format!(
            "expected {}, received an object",
            input.kind.noun()
        )),
        Value::String(text) => of_text(input, text, space),
        Value::Bool(given) => of_boolean(&input.kind, given),
        // It names nothing, as in a path.
        Value::Number(number)
            if input.kind.is_id() && !input.is_required && number.as_f64() <= Some(0.0) =>
        {
            Ok(Given::Empty)
        }
        Value::Number(number) => of_number(&input.kind, number),
    }
}

fn of_boolean(kind: &Kind, given: bool) -> Result<Given, String> {
    match kind {
        Kind::Text => Ok(Given::Value(given.to_string().into())),
        Kind::Other => Ok(Given::Value(given.into())),
        Kind::Marked(Mark::OnlyFalse) => Err(ONLY_FALSE.to_owned()),
        kind => Err(format!(
            "expected {}, received boolean {given}",
            kind.noun()
        )),
    }
}

const ONLY_FALSE: &str = "Backlog takes only false, for what has no due date; for what has one, \
                          give dueDateSince and dueDateUntil";

fn of_number(kind: &Kind, number: Number) -> Result<Given, String> {
    match kind {
        Kind::Text => Ok(Given::Value(number.to_string().into())),
        Kind::Named(_) | Kind::Other => Ok(Given::Value(Value::Number(number))),
        Kind::Marked(
            Mark::IssueKey | Mark::IssueId | Mark::IssueIdOrKey | Mark::ProjectKey | Mark::WikiPage,
        ) => Ok(Given::Value(Value::Number(number))),
        // A repository or a document may be called by a number.
        Kind::Marked(Mark::RepositoryName | Mark::Document) => {
            Ok(Given::Value(number.to_string().into()))
        }
        Kind::Marked(Mark::Date) => {
            date::read(&number.to_string()).map(|day| Given::Value(day.into()))
        }
        kind => Err(format!(
            "expected {}, received number {number}",
            kind.noun()
        )),
    }
}

fn of_text(input: &Input, text: String, space: &BacklogUrl) -> Result<Given, String> {
    let kind = &input.kind;
    if kind.is_free_text() || *kind == Kind::Other {
        return Ok(match text.is_empty() {
            true => Given::Empty,
            false => Given::Value(text.into()),
        });
    }
    let expected = || {
        let received = match kind {
            Kind::Marked(Mark::Decimal) => "received",
            _ => "received string",
        };
        format!("expected {}, {received} {}", kind.noun(), quoted(&text))
    };
    let plain = clean(&text).ok_or_else(expected)?;
    if plain.is_empty() || plain.eq_ignore_ascii_case("null") {
        return Ok(Given::Empty);
    }
    // Half of a character that was cut: of no key, word or name.
    if plain.contains(char::REPLACEMENT_CHARACTER) {
        return Err(expected());
    }
    // A list of names may have one of this name.
    let is_name = matches!(kind, Kind::Named(_)) && input.is_list;
    if is_none_word(&plain) && !is_name {
        return Ok(Given::None);
    }
    if kind.is_numbered()
        && let Some(id) = written_id(&plain)
    {
        return converted(input, id.into(), space);
    }
    let link = match kind.takes_link() {
        true => Link::read(&plain, space).transpose()?,
        false => None,
    };
    if let Some(link) = link {
        return of_link(input, &link).map(Given::Value);
    }
    let value = match kind {
        Kind::Boolean | Kind::Marked(Mark::OnlyFalse) => of_boolean_word(kind, &plain)?,
        Kind::Choice(words) => chosen(words, &plain).map(Value::from),
        Kind::Named(names::Kind::Issue) => issue(&plain),
        Kind::Named(names::Kind::Project) => Some(project(&plain).into()),
        Kind::Named(names::Kind::Sort) => Some(sort(&plain).into()),
        Kind::Named(_) => Some(plain.as_str().into()),
        Kind::Marked(mark) => marked(*mark, &plain)?,
        Kind::Text | Kind::Other => None,
    };
    value.map(Given::Value).ok_or_else(expected)
}

fn of_boolean_word(kind: &Kind, word: &str) -> Result<Option<Value>, String> {
    let given = match word.to_ascii_lowercase().as_str() {
        "true" => true,
        "false" => false,
        _ => return Ok(None),
    };
    match (kind, given) {
        (Kind::Marked(Mark::OnlyFalse), true) => Err(ONLY_FALSE.to_owned()),
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
        Mark::Date => Some(date::read(text)?.into()),
        Mark::IssueId | Mark::IssueKey | Mark::IssueIdOrKey => issue(text),
        Mark::ProjectKey => Some(project(text).into()),
        Mark::RepositoryName => Some(text.into()).filter(|_| !text.contains(char::is_control)),
        Mark::WikiPage => digits(text.trim_start_matches('#')).map(Value::from),
        Mark::Document => {
            let id = document(text);
            link::is_document(&id).then(|| id.into_owned().into())
        }
        Mark::Activity => match integer(text).or_else(|| activity::number(text)) {
            Some(number) => Some(number.into()),
            None => return Err(activity::unknown(text)),
        },
        Mark::OnlyFalse | Mark::CustomFieldValues | Mark::CustomFieldFilters => None,
    })
}

/// The id or key of an issue.
fn issue(text: &str) -> Option<Value> {
    let bare = key::bare(text);
    match digits(bare) {
        Some(0) | None => key::issue(text).map(Value::from),
        Some(id) => Some(id.into()),
    }
}

/// The id, key or name of a project; brackets may be part of a name.
fn project(text: &str) -> &str {
    let bare = key::bare(text);
    match key::is_project(&bare.to_ascii_uppercase()) {
        true => bare,
        false => text,
    }
}

/// Backlog writes them in small letters, and without hyphens.
pub(super) fn document(id: &str) -> Cow<'_, str> {
    let bare = match id.len() {
        36 if id.split('-').map(str::len).eq([8, 4, 4, 4, 12]) => Cow::Owned(id.replace('-', "")),
        _ => Cow::Borrowed(id),
    };
    let is_hex = bare.len() == 32 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
    match is_hex {
        true => bare.to_ascii_lowercase().into(),
        false => id.into(),
    }
}

/// `5`, `-5`, `+5` and `5.0`.
pub(super) fn integer(text: &str) -> Option<i64> {
    let whole = text.split_once('.').map_or(text, |(whole, rest)| {
        let is_zero = !rest.is_empty() && rest.bytes().all(|byte| byte == b'0');
        if is_zero { whole } else { text }
    });
    let number = whole.strip_prefix('+').unwrap_or(whole);
    let is_number = number
        .trim_start_matches('-')
        .bytes()
        .all(|b| b.is_ascii_digit());
    let number = number.parse().ok().filter(|_| is_number)?;
    (-MAX_SAFE..=MAX_SAFE).contains(&number).then_some(number)
}

/// `2.5`; a comma could be either sign.
pub(in crate::mcp) fn decimal(text: &str) -> Option<Number> {
    if let Some(number) = integer(text) {
        return Some(number.into());
    }
    let is_number = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    let number: f64 = text.parse().ok().filter(|_| is_number)?;
    Number::from_f64(number)
}

/// The word of a choice in any case, with or without separators.
fn chosen<'a>(words: &'a [String], text: &str) -> Option<&'a str> {
    let text = naming::folded(text);
    let words = words.iter().map(String::as_str);
    words.into_iter().find(|word| naming::folded(word) == text)
}

/// What to sort by: a word of Backlog's own, or the name of a custom field.
fn sort(text: &str) -> &str {
    let folded = naming::folded(text);
    let mut words = SORTS.iter();
    words
        .find(|word| naming::folded(word) == folded)
        .copied()
        .unwrap_or(text)
}

/// What of a link an input takes.
fn of_link(input: &Input, link: &Link) -> Result<Value, String> {
    let value = match &input.kind {
        Kind::Named(names::Kind::Issue)
        | Kind::Marked(Mark::IssueId | Mark::IssueKey | Mark::IssueIdOrKey) => {
            link.issue.clone().map(Value::from)
        }
        Kind::Named(names::Kind::Project) | Kind::Marked(Mark::ProjectKey) => {
            link.project.clone().map(Value::from)
        }
        Kind::Marked(Mark::RepositoryName) => link.repository.clone().map(Value::from),
        Kind::Marked(Mark::WikiPage) => link.wiki.map(Value::from),
        Kind::Marked(Mark::Document) => link.document.clone().map(Value::from),
        Kind::Marked(Mark::Integer) if input.name == "commentId" => link.comment.map(Value::from),
        Kind::Marked(Mark::Integer) if input.name == "number" => link.pull_request.map(Value::from),
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

impl Kind {
    /// Whether it names one thing, as an address may.
    fn is_thing(&self) -> bool {
        match self {
            Self::Named(kind) => *kind != names::Kind::Sort,
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

    /// Whether what it names has a number, which may be written as `id:12`.
    fn is_numbered(&self) -> bool {
        let is_text = matches!(self, Self::Marked(Mark::RepositoryName | Mark::Document));
        self.is_thing() && !is_text
    }

    /// Whether an address is read, and not what something is called.
    fn takes_link(&self) -> bool {
        match self {
            Self::Named(kind) => matches!(kind, names::Kind::Issue | names::Kind::Project),
            kind => kind.is_thing() || *kind == Self::Marked(Mark::Integer),
        }
    }

    fn noun(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Text => "a string",
            Self::Boolean => "a boolean",
            Self::Choice(words) => return format!("one of {}", words.join(", ")).into(),
            Self::Named(names::Kind::Issue) => "an id or a key such as PROJ-12",
            Self::Named(_) => "an id or a name",
            Self::Other => "an object",
            Self::Marked(mark) => match mark {
                Mark::Integer => "an integer",
                Mark::Decimal => "a number such as 2.5",
                Mark::Date => "a date as yyyy-MM-dd",
                Mark::IssueId | Mark::IssueKey | Mark::IssueIdOrKey => {
                    "an issue key such as PROJ-12, or an id"
                }
                Mark::ProjectKey => "a project key such as PROJ",
                Mark::RepositoryName => "the name of a repository",
                Mark::WikiPage => "a numeric id",
                Mark::Document => "the id of a document (get_documents)",
                Mark::Activity => "a kind of activity",
                Mark::OnlyFalse => "false",
                Mark::CustomFieldValues | Mark::CustomFieldFilters => "a list of custom fields",
            },
        })
    }
}
