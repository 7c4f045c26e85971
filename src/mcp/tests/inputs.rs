//! Every tool × every input × every way in which clients write one: what has one meaning arrives
//! at Backlog as if it had been written right, and what has none is said before anything is sent.

use std::{collections::BTreeMap, time::Instant};

use actix_web::HttpResponse;
use rmcp::model::ProtocolVersion;
use serde_json::{Map, Value, json};

use super::{caller_of, server};
use crate::{
    backlog::fake::{FakeBacklog, Received},
    mcp::{
        Caller, HubServer, ToolOptions,
        names::Kind as Name,
        reading::{Input, Kind, Mark, Mode},
        router::{Entry, Table},
    },
};

const DOCUMENT: &str = "0192f3a4b5c60718293a4b5c6d7e8f90";

/// A Backlog in which everything is called 7, or Seven.
pub(super) fn sevens() -> FakeBacklog {
    FakeBacklog::start(|request: &Received| {
        let path = request.line.split(['?', ' ']).nth(1).unwrap_or_default();
        let path: Vec<_> = path.trim_start_matches("/api/v2/").split('/').collect();
        let project = json!({"id": 7, "projectKey": "PROJ", "name": "Project"});
        let thing = json!({"id": 7, "name": "Seven", "userId": "seven", "projectId": 7});
        let field = json!({
            "id": 7, "name": "Seven", "typeId": 5, "items": [{"id": 7, "name": "Seven"}],
        });
        HttpResponse::Ok().json(match path.as_slice() {
            ["projects"] => json!([project]),
            ["projects", _] => project,
            ["projects", _, "customFields"] => json!([field]),
            ["projects", _, _] | ["users" | "teams" | "priorities" | "resolutions"] => {
                json!([thing])
            }
            _ => thing,
        })
    })
}

/// How an input is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
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
}

use Class::*;

const CLASSES: [Class; 16] = [
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
];

/// What is to become of it.
#[derive(Clone, Debug, PartialEq)]
enum Want {
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
const EXCEPTIONS: &[(&str, &str, Class, &str)] = &[
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
fn right(input: &Input) -> Value {
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
            Mark::Integer | Mark::IssueId | Mark::WikiPage | Mark::Activity => json!(7),
            Mark::Decimal => json!(1.5),
            Mark::Date => json!("2026-01-31"),
            Mark::IssueKey | Mark::IssueIdOrKey => json!("PROJ-7"),
            Mark::ProjectKey => json!("PROJ"),
            Mark::RepositoryName => json!("repo"),
            Mark::Document => json!(DOCUMENT),
            Mark::OnlyFalse => json!(false),
            Mark::CustomFieldValues => json!({"id": 7, "value": "text"}),
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

fn is_issue(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Named(Name::Issue)
            | Kind::Marked(Mark::IssueId | Mark::IssueKey | Mark::IssueIdOrKey)
    )
}

fn is_project(kind: &Kind) -> bool {
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
fn case(input: &Input, mode: Mode, class: Class, space: &str) -> (Value, Want) {
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
        Unknown => (
            right(input),
            Want::Refused(format!("x_{name}_q: is no input")),
        ),
        TextForNumber | OneForList | ListForOne | JsonText => (Value::Null, Want::None),
    }
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq)]
struct Came {
    is_error: bool,
    text: String,
    /// What was sent last, unless the call failed.
    sent: Option<(String, Option<String>)>,
    /// Whether anything was to be changed.
    changed: bool,
}

struct Trial<'a> {
    server: HubServer,
    caller: Caller,
    fake: &'a FakeBacklog,
}

impl Trial<'_> {
    async fn call(&self, tool: &str, arguments: Value) -> Came {
        let arguments = arguments.as_object().cloned().expect("an object");
        let revision = ProtocolVersion::V_2025_06_18;
        let result = self
            .server
            .call_as_json(&self.caller, Some(&revision), tool, arguments);
        let result = result.await.expect("a tool");
        let result: Value = serde_json::from_slice(&result).expect("JSON");
        let texts = result["content"].as_array().into_iter().flatten();
        let texts = texts.filter_map(|part| part["text"].as_str());
        let text = texts.collect::<Vec<_>>().join("\n");
        let received = self.fake.take();
        let is_error = result["isError"] == true;
        let sent = received.last().filter(|_| !is_error);
        Came {
            is_error,
            sent: sent.map(|it| (it.line.clone(), it.body.clone().map(|(_, body)| body))),
            changed: received.iter().any(|it| !it.line.starts_with("GET")),
            text,
        }
    }
}

/// What stands beside the input under test: what the tool requires, what says what it is about,
/// and a change where it changes something.
fn beside(entry: &Entry, input: &Input) -> Map<String, Value> {
    const SIBLINGS: [[&str; 2]; 3] = [
        ["issueId", "issueKey"],
        ["projectId", "projectKey"],
        ["repoId", "repoName"],
    ];
    let is_sibling = |other: &Input| {
        let pair = SIBLINGS
            .iter()
            .find(|pair| pair.contains(&other.name.as_str()));
        pair.is_some_and(|pair| pair.contains(&input.name.as_str()) && !input.is_list)
    };
    let all = entry.inputs.own();
    let keys = ["issueKey", "projectKey", "repoName"];
    let mut arguments = Map::new();
    for other in all {
        let is_wanted = other.is_required || keys.contains(&other.name.as_str());
        if is_wanted && !is_sibling(other) && other.name != input.name {
            arguments.insert(other.name.clone(), right(other));
        }
    }
    if entry.inputs.mode() == Mode::Changing {
        let change = all.iter().find(|other| {
            other.kind == Kind::Text
                && !other.is_list
                && entry.inputs.is_change(&other.name)
                && other.name != input.name
        });
        if let Some(change) = change {
            arguments.insert(change.name.clone(), json!("other"));
        }
    }
    if entry.spec.name == "upload_attachment" && input.name == "filename" {
        arguments.insert("text".to_owned(), json!("text"));
    }
    arguments
}

#[actix_web::test]
async fn every_input_is_taken_or_said_however_it_is_written() {
    let began = Instant::now();
    let fake = sevens();
    let trial = Trial {
        server: server(),
        caller: caller_of(&fake),
        fake: &fake,
    };
    let table = Table::new(&ToolOptions::default());
    let (mut tried, mut wrong) = (BTreeMap::<Class, usize>::new(), Vec::new());
    for entry in table.entries() {
        let tool = entry.spec.name;
        for input in entry.inputs.own() {
            let beside = beside(entry, input);
            let with = |value: Value, name: &str| {
                let mut arguments = beside.clone();
                arguments.insert(name.to_owned(), value);
                Value::Object(arguments)
            };
            let without = trial.call(tool, Value::Object(beside.clone())).await;
            let as_right = trial.call(tool, with(right(input), &input.name)).await;
            assert!(
                !as_right.is_error,
                "{tool} {}: {}",
                input.name, as_right.text
            );
            for class in CLASSES {
                let (value, want) = case(input, entry.inputs.mode(), class, fake.url.as_str());
                if want == Want::None {
                    continue;
                }
                *tried.entry(class).or_default() += 1;
                let is_exception = EXCEPTIONS
                    .iter()
                    .any(|it| (it.0, it.1, it.2) == (tool, input.name.as_str(), class));
                let name = match class {
                    Unknown => format!("x_{}_q", input.name),
                    _ => input.name.clone(),
                };
                let came = trial.call(tool, with(value, &name)).await;
                if let Some(problem) = judged(&came, &want, &as_right, &without, input, class)
                    && !is_exception
                {
                    wrong.push(format!(
                        "{tool} {} {class:?} {want:?}: {problem}",
                        input.name
                    ));
                }
            }
        }
    }
    let shown: Vec<_> = wrong.iter().take(60).cloned().collect();
    assert!(
        wrong.is_empty(),
        "{} of {tried:?}\n{}",
        wrong.len(),
        shown.join("\n")
    );
    assert!(EXCEPTIONS.len() <= 20);
    assert_eq!(tried.len(), CLASSES.len(), "{tried:?}");
    assert!(tried.values().sum::<usize>() > 5000, "{tried:?}");
    assert!(began.elapsed().as_secs() < 120, "{:?}", began.elapsed());
}

/// What is wrong with what came.
fn judged(
    came: &Came,
    want: &Want,
    as_right: &Came,
    without: &Came,
    input: &Input,
    class: Class,
) -> Option<String> {
    let shown: String = format!("{came:?}").chars().take(400).collect();
    if came.text.len() > 4000 {
        return Some(format!("{} bytes of text", came.text.len()));
    }
    let is_so = match want {
        Want::Right => !came.is_error && same(came, as_right, input),
        Want::Absent => match without.is_error {
            // Which of several inputs is missing is said alike.
            true => came.is_error && !came.changed,
            false => came.sent == without.sent,
        },
        Want::Removed => {
            let says = format!("Removed: {}", input.name);
            !came.is_error && came.sent != without.sent && came.text.contains(&says)
        }
        // What goes into an address may be too long for it.
        Want::Sent if class == Long && came.is_error => {
            came.text.contains(&format!("{}: is too long", input.name)) && !came.changed
        }
        Want::Sent => !came.is_error,
        Want::Refused(part) => came.is_error && !came.changed && came.text.contains(part.as_str()),
        Want::None => true,
    };
    (!is_so).then_some(shown)
}

/// Whether the same was asked, be it by the id or by the key.
fn same(came: &Came, right: &Came, input: &Input) -> bool {
    let plain = |came: &Came| {
        let (line, body) = came.sent.clone().unwrap_or_default();
        let by_id = |text: String| match is_issue(&input.kind) || is_project(&input.kind) {
            true => text.replace("PROJ-7", "7").replace("PROJ", "7"),
            false => text,
        };
        (by_id(line), body.map(by_id))
    };
    plain(came) == plain(right)
}
