//! The forms in which clients write an input, and the expected results.

use serde_json::{Value, json};

use crate::{
    arguments::reading::Mode,
    toolkit::{
        input_kind::{Input, InputKind, Mark},
        name_kind::NameKind as Name,
    },
};

use Class::*;

const DOCUMENT: &str = "0192f3a4b5c60718293a4b5c6d7e8f90";

/// A form in which an input is written.
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

/// The expected result.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Want {
    /// The request is the same as with the right value.
    Right,
    /// The request is the same as without the input.
    Absent,
    /// The request removes the current value.
    Removed,
    /// A request is sent, with the text unchanged.
    Sent,
    /// Nothing is sent, and the error contains this text.
    Refused(String),
    /// The input cannot be written in this form.
    None,
}

/// The exceptions from the classes, with their reasons.
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

/// Returns the right value.
pub(super) fn right(input: &Input) -> Value {
    let one = match &input.kind {
        InputKind::Text if input.name == "content" => json!("dGV4dA=="),
        InputKind::Text => json!("text"),
        InputKind::Boolean => json!(true),
        InputKind::Choice(words) => json!(words[0]),
        InputKind::Named(Name::Sort) => json!("created"),
        InputKind::Named(_) => json!(7),
        InputKind::Other => json!({"type": "singleList"}),
        InputKind::Marked(mark) => match mark {
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

fn is_number(kind: &InputKind) -> bool {
    matches!(
        kind,
        InputKind::Marked(
            Mark::Integer | Mark::IssueId | Mark::WikiPage | Mark::Activity | Mark::Decimal
        )
    ) || is_named(kind)
}

fn is_named(kind: &InputKind) -> bool {
    matches!(kind, InputKind::Named(kind) if *kind != Name::Sort)
}

pub(super) fn is_issue(kind: &InputKind) -> bool {
    matches!(
        kind,
        InputKind::Named(Name::Issue)
            | InputKind::Marked(Mark::IssueId | Mark::IssueKey | Mark::IssueIdOrKey)
    )
}

pub(super) fn is_project(kind: &InputKind) -> bool {
    matches!(
        kind,
        InputKind::Named(Name::Project) | InputKind::Marked(Mark::ProjectKey)
    )
}

/// Returns the URL that names the right value.
fn link(input: &Input) -> Option<String> {
    Some(match &input.kind {
        kind if is_issue(kind) => "view/PROJ-7".to_owned(),
        kind if is_project(kind) => "projects/PROJ".to_owned(),
        InputKind::Marked(Mark::RepositoryName) => "git/PROJ/repo".to_owned(),
        InputKind::Marked(Mark::WikiPage) => "alias/wiki/7".to_owned(),
        InputKind::Marked(Mark::Document) => format!("document/PROJ/{DOCUMENT}"),
        InputKind::Marked(Mark::Integer) if input.name == "commentId" => {
            "view/PROJ-7#comment-7".to_owned()
        }
        InputKind::Marked(Mark::Integer) if input.name == "number" => {
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

/// Returns one value of the input as text.
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

/// Returns the input as written in a class, and the expected result.
pub(super) fn case(input: &Input, mode: Mode, class: Class, space: &str) -> (Value, Want) {
    let name = &input.name;
    let free = input.kind == InputKind::Text;
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
        TextForNumber
            if matches!(
                input.kind,
                InputKind::Boolean | InputKind::Marked(Mark::OnlyFalse)
            ) =>
        {
            of_text(&|text| text, Want::Right)
        }
        NumberForText if free => (json!(7), Want::Sent),
        NumberForText if is_issue(&input.kind) || is_project(&input.kind) => (json!(7), Want::Sent),
        NumberForText => match input.kind {
            InputKind::Choice(_) | InputKind::Boolean | InputKind::Named(Name::Sort) => {
                (json!(7), refused())
            }
            InputKind::Marked(Mark::Date | Mark::OnlyFalse) => (json!(7), refused()),
            InputKind::Marked(Mark::RepositoryName | Mark::Document) => (json!(7), Want::Sent),
            _ => (Value::Null, Want::None),
        },
        OneForList if input.is_list => (right(input)[0].clone(), Want::Right),
        ListForOne if !input.is_list && input.kind != InputKind::Other => {
            (json!([right(input)]), Want::Right)
        }
        JsonText if input.is_list || input.kind == InputKind::Other => {
            (json!(right(input).to_string()), Want::Right)
        }
        FullWidth => of_text(&|text| full_width(&text), typed(Want::Right)),
        LowerCase if free || input.kind == InputKind::Named(Name::Sort) => {
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
            Want::Refused(format!("x_{name}_q: unknown input")),
        ),
        TextForNumber | OneForList | ListForOne | JsonText => (Value::Null, Want::None),
    }
}

/// A number just outside of the published range. Clients that fill in every input may send 0 where
/// it is out of range.
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
