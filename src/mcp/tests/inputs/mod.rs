//! Every tool × every input × every form in which clients write one: a form with a clear meaning
//! reaches Backlog like the right value, and any other is an error before anything is sent.

mod case;

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use backlog_client::fake::{FakeBacklog, Received};
use rmcp::model::ProtocolVersion;
use serde_json::{Map, Value, json};

use super::{caller_of, server};
use crate::{
    arguments::reading::Mode,
    calls::{
        caller::Caller, options::ToolOptions, registered_tool::RegisteredTool, registry::Registry,
    },
    mcp::{plain::PlainCall, server::HubServer},
    toolkit::input_kind::{Input, InputKind},
};
use case::{
    CLASSES,
    Class::{self, *},
    EXCEPTIONS, Want, case, is_issue, is_project, right,
};

/// A Backlog in which everything is named 7 or Seven.
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

/// The outcome of a call.
#[derive(Clone, Debug, PartialEq)]
struct Came {
    is_error: bool,
    text: String,
    /// The last request, unless the call failed.
    sent: Option<(String, Option<String>)>,
    /// Whether a change was requested.
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
        let version = ProtocolVersion::V_2025_06_18;
        let result = self.server.call_as_json(
            &self.caller,
            Some(&version),
            PlainCall::new(tool, arguments),
        );
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

/// The arguments in addition to the input under test: the required ones, those that identify the
/// item, and a change if the tool makes changes.
fn beside(tool: &RegisteredTool, input: &Input) -> Map<String, Value> {
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
    let all = tool.inputs.own();
    let keys = ["issueKey", "projectKey", "repoName"];
    let mut arguments = Map::new();
    for other in all {
        let is_wanted = other.is_required || keys.contains(&other.name.as_str());
        if is_wanted && !is_sibling(other) && other.name != input.name {
            arguments.insert(other.name.clone(), right(other));
        }
    }
    if tool.inputs.mode() == Mode::Changing {
        let change = all.iter().find(|other| {
            other.kind == InputKind::Text
                && !other.is_list
                && tool.inputs.is_change(&other.name)
                && other.name != input.name
        });
        if let Some(change) = change {
            arguments.insert(change.name.clone(), json!("other"));
        }
    }
    if tool.meta.name == "upload_attachment" && input.name == "filename" {
        arguments.insert("text".to_owned(), json!("text"));
    }
    arguments
}

#[actix_web::test]
async fn every_form_of_an_input_is_accepted_or_reported() {
    let fake = sevens();
    let trial = Trial {
        server: server(),
        caller: caller_of(&fake),
        fake: &fake,
    };
    let registry = Registry::new(&ToolOptions::default());
    let (mut tried, mut wrong) = (BTreeMap::<Class, usize>::new(), Vec::new());
    for registered in registry.tools() {
        let tool = registered.meta.name;
        for input in registered.inputs.own() {
            let beside = beside(registered, input);
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
                let (value, want) = case(input, registered.inputs.mode(), class, fake.url.as_str());
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
}

/// Compares an outcome with the expected result, and returns the difference.
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
            // The error does not say which of several inputs is missing.
            true => came.is_error && !came.changed,
            false => came.sent == without.sent,
        },
        Want::Removed => {
            let says = format!("Removed: {}", input.name);
            !came.is_error && came.sent != without.sent && came.text.contains(&says)
        }
        // A text in a path may be too long for it.
        Want::Sent if class == Long && came.is_error => {
            came.text.contains(&format!("{}: is too long", input.name)) && !came.changed
        }
        Want::Sent => !came.is_error,
        Want::Refused(part) => came.is_error && !came.changed && came.text.contains(part.as_str()),
        Want::None => true,
    };
    (!is_so).then_some(shown)
}

/// Whether both requests ask for the same item, by its id or by its key.
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
