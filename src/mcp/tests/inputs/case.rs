//! How clients write an input, and what is to become of it.

use serde_json::{Value, json};

use crate::mcp::{
    names::Kind as Name,
    reading::{Input, Kind, Mark, Mode},
};

use Class::*;

const DOCUMENT: &str = "0192f3a4b5c60718293a4b5c6d7e8f90";

/// How an input is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Null,
    Empty,
    EmptyList,
    TextForNumber,
    NumberForText,
    OneForList,
    ListForOne,
    JsonText,
    Unknown,
    FullWidth,
    LowerCase,
    Link,
    ForeignLink,
    Control,
    HalfSurrogate,
    Long,
    BelowLeast,
    AboveMost,
}

pub(super) const CLASSES: [Class; 18] = [
    Null,
    Empty,
    EmptyList,
    TextForNumber,
    NumberForText,
    OneForList,
    ListForOne,
    JsonText,
    Unknown,
    FullWidth,
    LowerCase,
    Link,
    ForeignLink,
    Control,
    HalfSurrogate,
    Long,
    BelowLeast,
    AboveMost,
];

/// What is to become of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Want {
    /// The same request as with the right value.
    Right,
    /// The same as without the input.
    Absent,
    /// A request that removes what is there.
    Removed,
    /// Any request: the text goes as it is.
    Sent,
    /// Nothing is sent, and the text has this.
    Refused(String),
    /// There is no such way to write this input.
    None,
}

/// What is not as the classes say, and why.
pub(super) const EXCEPTIONS: &[(&str, &str, Class, &str)] = &[
    (
        "upload_attachment",
        "content",
        FullWidth,
        "base64 is no text: what is none is refused",
    ),
    (
        "upload_attachment",
        "content",
        Control,
        "base64 is no text: what is none is refused",
    ),
    (
        "upload_attachment",
        "content",
        HalfSurrogate,
        "base64 is no text: what is none is refused",
    ),
    (
        "upload_attachment",
        "content",
        LowerCase,
        "base64 is no text: letters are values",
    ),
    (
        "upload_attachment",
        "filename",
        Control,
        "a file name has no control characters",
    ),
    ("upload_attachment", "filename", Empty, "a file has a name"),
    (
        "upload_attachment",
        "filename",
        Link,
        "a file name has no slashes",
    ),
    (
        "upload_attachment",
        "filename",
        ForeignLink,
        "a file name has no slashes",
    ),
    (
        "upload_attachment",
        "content",
        Link,
        "base64 is no text: what is none is refused",
    ),
    (
        "upload_attachment",
        "content",
        ForeignLink,
        "base64 is no text: what is none is refused",
    ),
    (
        "upload_attachment",
        "content",
        NumberForText,
        "7 is no base64",
    ),
    (
        "get_shared_files",
        "path",
        Control,
        "a directory has no control characters in its name",
    ),
    (
        "get_shared_files",
        "path",
        Link,
        "a URL is no directory: it has an empty part",
    ),
    (
        "get_shared_files",
        "path",
        ForeignLink,
        "a URL is no directory: it has an empty part",
    ),
];

/// The right value.
pub(super) fn right(input: &Input) -> Value {
    let one = match &input.kind {
        Kind::Text if input.name == "content" => json!("dGV4dA=="),
        Kind::Text => json!("text"),
        Kind::Boolean => json!(true),
        Kind::Choice(words) => json!(words[0]),
        Kind::Named(Name::Sort) => json!("created"),
        Kind::Named(_) => json!(7),
        Kind::Other => json!({"type": "singleList"}),
        Kind::Marked(mark) => match mark {
            Mark::Integer if input.name == "maxBytes" => json!(5000),
            Mark::Integer
                if input
                    .range
                    .is_some_and(|it| it.most.is_some_and(|most| most < 7)) =>
            {
                json!(2)
            }
            Mark::Integer | Mark::IssueId | Mark::WikiPage | Mark::Activity => json!(7),
            Mark::Decimal => json!(1.5),
            Mark::Date => json!("2026-01-31"),
            Mark::IssueKey | Mark::IssueIdOrKey => json!("PROJ-7"),
            Mark::ProjectKey => json!("PROJ"),
            Mark::RepositoryName => json!("repo"),
            Mark::Document => json!(DOCUMENT),
            Mark::OnlyFalse => json!(false),
            Mark::CustomFieldValues => json!({"id": 7, "value": "Seven"}),
            Mark::CustomFieldFilters => json!({"type": "list", "id": 7, "value": 7}),
        },
    };
    match input.is_list {
        true => json!([one]),
        false => one,
    }
}

fn is_number(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Marked(
            Mark::Integer | Mark::IssueId | Mark::WikiPage | Mark::Activity | Mark::Decimal
        )
    ) || is_named(kind)
}

fn is_named(kind: &Kind) -> bool {
    matches!(kind, Kind::Named(kind) if *kind != Name::Sort)
}

pub(super) fn is_issue(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Named(Name::Issue)
            | Kind::Marked(Mark::IssueId | Mark::IssueKey | Mark::IssueIdOrKey)
    )
}

pub(super) fn is_project(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Named(Name::Project) | Kind::Marked(Mark::ProjectKey)
    )
}

/// The address that names the right value.
fn link(input: &Input) -> Option<String> {
    Some(match &input.kind {
        kind if is_issue(kind) => "view/PROJ-7".to_owned(),
        kind if is_project(kind) => "projects/PROJ".to_owned(),
        Kind::Marked(Mark::RepositoryName) => "git/PROJ/repo".to_owned(),
        Kind::Marked(Mark::WikiPage) => "alias/wiki/7".to_owned(),
        Kind::Marked(Mark::Document) => format!("document/PROJ/{DOCUMENT}"),
        Kind::Marked(Mark::Integer) if input.name == "commentId" => {
            "view/PROJ-7#comment-7".to_owned()
        }
        Kind::Marked(Mark::Integer) if input.name == "number" => {
            "git/PROJ/repo/pullRequests/7".to_owned()
        }
        _ => return None,
    })
}

fn full_width(text: &str) -> String {
    let wide = |c: char| match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c),
        c => c,
    };
    text.chars().map(wide).collect()
}

/// One value of the input, as text.
fn text(input: &Input) -> Option<String> {
    let value = match right(input) {
        Value::Array(mut items) => items.remove(0),
        value => value,
    };
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(given) => Some(given.to_string()),
        _ => None,
    }
}

/// How the input is written in a class, and what is to become of it.
pub(super) fn case(input: &Input, mode: Mode, class: Class, space: &str) -> (Value, Want) {
    let name = &input.name;
    let free = input.kind == Kind::Text;
    let refused = || Want::Refused(name.clone());
    let in_list = |text: String| match input.is_list {
        true => json!([text]),
        false => json!(text),
    };
    let typed = |want: Want| if free { Want::Sent } else { want };
    let written = |change: &dyn Fn(String) -> String| text(input).map(|text| in_list(change(text)));
    let of_text = |change: &dyn Fn(String) -> String, want: Want| match written(change) {
        Some(value) => (value, want),
        None => (Value::Null, Want::None),
    };
    let empty = match (input.is_required, mode, input.is_clearable) {
        (true, ..) => Want::Refused(format!("{name}: is required")),
        (_, Mode::Changing, true) => Want::Removed,
        _ => Want::Absent,
    };
    match class {
        Null => (Value::Null, empty),
        Empty if free && input.is_required && !input.is_list => (json!(""), Want::Sent),
        Empty => (json!(""), empty),
        EmptyList => (json!([]), empty),
        TextForNumber if is_number(&input.kind) => of_text(&|text| text, Want::Right),
        TextForNumber if matches!(input.kind, Kind::Boolean | Kind::Marked(Mark::OnlyFalse)) => {
            of_text(&|text| text, Want::Right)
        }
        NumberForText if free => (json!(7), Want::Sent),
        NumberForText if is_issue(&input.kind) || is_project(&input.kind) => (json!(7), Want::Sent),
        NumberForText => match input.kind {
            Kind::Choice(_) | Kind::Boolean | Kind::Named(Name::Sort) => (json!(7), refused()),
            Kind::Marked(Mark::Date | Mark::OnlyFalse) => (json!(7), refused()),
            Kind::Marked(Mark::RepositoryName | Mark::Document) => (json!(7), Want::Sent),
            _ => (Value::Null, Want::None),
        },
        OneForList if input.is_list => (right(input)[0].clone(), Want::Right),
        ListForOne if !input.is_list && input.kind != Kind::Other => {
            (json!([right(input)]), Want::Right)
        }
        JsonText if input.is_list || input.kind == Kind::Other => {
            (json!(right(input).to_string()), Want::Right)
        }
        FullWidth => of_text(&|text| full_width(&text), typed(Want::Right)),
        LowerCase if free || input.kind == Kind::Named(Name::Sort) => {
            of_text(&|text| text.to_lowercase(), Want::Sent)
        }
        LowerCase => of_text(&|text| text.to_lowercase(), Want::Right),
        Link => match link(input) {
            Some(path) => (in_list(format!("{space}/{path}")), Want::Right),
            None if free => (in_list(format!("{space}/view/PROJ-7")), Want::Sent),
            None if text(input).is_some() => (in_list(format!("{space}/view/PROJ-7")), refused()),
            None => (json!(format!("{space}/view/PROJ-7")), refused()),
        },
        ForeignLink => {
            let value = in_list("https://other.backlog.com/view/PROJ-7".to_owned());
            match link(input) {
                Some(_) => (value, Want::Refused("for the space".to_owned())),
                None => (value, typed(refused())),
            }
        }
        Control => of_text(&|text| format!("\u{FEFF} {text}\r\n\0"), typed(Want::Right)),
        HalfSurrogate => of_text(&|text| format!("{text}\u{FFFD}"), typed(refused())),
        Long => (in_list("a".repeat(100_000)), typed(refused())),
        BelowLeast | AboveMost => beyond(input, class),
        Unknown => (
            right(input),
            Want::Refused(format!("x_{name}_q: is no input")),
        ),
        TextForNumber | OneForList | ListForOne | JsonText => (Value::Null, Want::None),
    }
}

/// A number just outside of what the input publishes. A 0 that cannot be meant is what clients
/// write that fill in every input.
fn beyond(input: &Input, class: Class) -> (Value, Want) {
    let Some(range) = input.range else {
        return (Value::Null, Want::None);
    };
    let number = match class {
        BelowLeast => range.least.map(|least| least - 1),
        _ => range.most.map(|most| most + 1),
    };
    let want = |number: i32| match number == 0 && !input.is_required {
        true => Want::Absent,
        false => Want::Refused(format!(
            "{}: expected {range}, received {number}",
            input.name
        )),
    };
    match number {
        Some(number) => (json!(number), want(number)),
        None => (Value::Null, Want::None),
    }
}
