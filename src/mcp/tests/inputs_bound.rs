//! No form of a key bypasses a project restriction: every form × every tool that accepts an item of
//! a project.

use actix_web::HttpResponse;
use backlog_client::fake::{FakeBacklog, Received};
use rmcp::model::ProtocolVersion;
use serde_json::{Map, Value, json};

use super::{caller_of, server};
use crate::{
    calls::{
        caller::Caller, options::ToolOptions, registered_tool::RegisteredTool, registry::Registry,
    },
    mcp::plain::PlainCall,
    toolkit::{
        input_kind::{Input, InputKind, Mark},
        name_kind::NameKind as Name,
    },
};

const OURS: &str = "a0000000000000000000000000000007";
const THEIRS: &str = "b0000000000000000000000000000008";

/// A Backlog with the projects 7 (PROJ) and 8 (OTHER): every item of the first has the number 7,
/// and every item of the second the number 8.
fn two_projects() -> FakeBacklog {
    FakeBacklog::start(|request: &Received| {
        let path = request.line.split(['?', ' ']).nth(1).unwrap_or_default();
        let path: Vec<_> = path.trim_start_matches("/api/v2/").split('/').collect();
        let ours = json!({"id": 7, "projectKey": "PROJ", "name": "Project"});
        let theirs = json!({"id": 8, "projectKey": "OTHER", "name": "Other one"});
        let thing = |id: i64| json!({"id": id, "projectId": id, "name": "Seven"});
        let missing = || HttpResponse::NotFound().json(json!({"errors": [{"code": 6}]}));
        let found = match path.as_slice() {
            ["projects"] => json!([ours, theirs]),
            ["projects", "7" | "PROJ"] => ours,
            ["projects", "8" | "OTHER"] => theirs,
            ["projects", "7" | "PROJ", "git", "repositories", _]
            | ["issues", "7" | "PROJ-7", ..]
            | ["wikis", "7", ..]
            | ["documents", OURS, ..] => thing(7),
            ["projects", "8" | "OTHER", "git", "repositories", _]
            | ["issues", "8" | "OTHER-8", ..]
            | ["wikis", "8", ..]
            | ["documents", THEIRS, ..] => thing(8),
            ["projects", "7" | "PROJ", ..] => json!([thing(7)]),
            ["projects", "8" | "OTHER", ..] => json!([thing(8)]),
            ["projects" | "wikis" | "documents", _] => return missing(),
            ["issues", key] if key.contains('-') => return missing(),
            _ => json!({}),
        };
        HttpResponse::Ok().json(found)
    })
}

/// The kind of item of a project that an input names.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Thing {
    Issue,
    Project,
    Wiki,
    Document,
}

fn thing(input: &Input) -> Option<Thing> {
    Some(match input.kind {
        InputKind::Named(Name::Issue)
        | InputKind::Marked(Mark::IssueId | Mark::IssueKey | Mark::IssueIdOrKey) => Thing::Issue,
        InputKind::Named(Name::Project) | InputKind::Marked(Mark::ProjectKey) => Thing::Project,
        InputKind::Marked(Mark::WikiPage) => Thing::Wiki,
        InputKind::Marked(Mark::Document) => Thing::Document,
        _ => return None,
    })
}

/// Returns all forms of an item of the project with this key and number.
fn forms(thing: Thing, key: &str, number: u8, space: &str) -> Vec<Value> {
    let host = space.split("://").nth(1).unwrap_or_default();
    let document = if number == 7 { OURS } else { THEIRS };
    let texts = match thing {
        Thing::Issue => vec![
            format!("{key}-{number}"),
            format!("{}-{number}", key.to_lowercase()),
            format!(" #{key}-0{number}\n"),
            format!("[{key}-{number}] A title"),
            format!("{key} {number}"),
            format!("{space}/view/{key}-{number}#comment-1"),
            format!("{host}/view/{key}-{number}"),
            format!("backlog://{host}/issues/{key}-{number}"),
            number.to_string(),
        ],
        Thing::Project => vec![
            key.to_owned(),
            key.to_lowercase(),
            format!(" {key}\n"),
            format!("[{key}]"),
            format!("{space}/projects/{key}"),
            format!("{space}/view/{key}-{number}"),
            format!("{space}/git/{key}/repo"),
            format!("backlog://{host}/projects/{key}"),
            number.to_string(),
        ],
        Thing::Wiki => vec![
            format!("{space}/alias/wiki/{number}"),
            format!("backlog://{host}/wikis/{number}"),
            format!(" #{number}\n"),
        ],
        Thing::Document => vec![
            document.to_uppercase(),
            format!("{space}/document/PROJ/{document}"),
            format!("backlog://{host}/documents/{document}"),
        ],
    };
    let mut forms: Vec<Value> = texts.into_iter().map(Value::from).collect();
    forms.push(match thing {
        Thing::Document => json!(document),
        _ => json!(number),
    });
    let in_lists: Vec<_> = forms.iter().map(|form| json!([form])).collect();
    forms.extend(in_lists);
    forms
}

/// The other arguments that the tool requires, in the allowed project.
fn beside(tool: &RegisteredTool, input: &Input) -> Map<String, Value> {
    let keys = ["issueKey", "projectKey", "repoName"];
    let mut arguments = Map::new();
    for other in tool.inputs.own() {
        let is_wanted = other.is_required || keys.contains(&other.name.as_str());
        let is_same = thing(other).is_some() && thing(other) == thing(input);
        let is_target = tool.inputs.is_target(&other.name) && tool.inputs.is_target(&input.name);
        if !is_wanted || other.name == input.name || (is_same && is_target) {
            continue;
        }
        let value = match (&other.kind, thing(other)) {
            (_, Some(Thing::Issue)) => json!("PROJ-7"),
            (_, Some(Thing::Project)) => json!("PROJ"),
            (_, Some(Thing::Document)) => json!(OURS),
            (_, Some(Thing::Wiki)) => json!(7),
            (InputKind::Choice(words), _) => json!(words[0]),
            (InputKind::Boolean, _) => json!(true),
            (InputKind::Text | InputKind::Marked(Mark::RepositoryName), _) => json!("text"),
            (InputKind::Marked(Mark::Date), _) => json!("2026-01-31"),
            (InputKind::Other, _) => json!({"type": "text"}),
            _ => json!(7),
        };
        let value = if other.is_list { json!([value]) } else { value };
        arguments.insert(other.name.clone(), value);
    }
    arguments
}

async fn call(caller: &Caller, tool: &str, arguments: Value) -> (bool, String) {
    let version = ProtocolVersion::V_2025_06_18;
    let arguments = arguments.as_object().cloned().expect("an object");
    let server = server();
    let result = server.call_as_json(caller, Some(&version), PlainCall::new(tool, arguments));
    let result: Value = serde_json::from_slice(&result.await.expect("a tool")).expect("JSON");
    let text = result["content"][0]["text"].as_str().unwrap_or_default();
    (result["isError"] == true, text.to_owned())
}

#[actix_web::test]
async fn no_form_of_a_key_leads_out_of_the_allowed_projects() {
    let fake = two_projects();
    let mut caller = caller_of(&fake);
    caller.policy.projects = Some(["PROJ".to_owned()].into());
    let registry = Registry::new(&ToolOptions::default());
    let (mut inputs, mut wrong) = (0, Vec::new());
    for registered in registry.tools() {
        let tool = registered.meta.name;
        if registered.meta.projects.refusal().is_some() {
            continue;
        }
        for input in registered.inputs.own() {
            let Some(thing) = thing(input) else { continue };
            inputs += 1;
            let beside = beside(registered, input);
            for (key, number, is_allowed) in [("PROJ", 7, true), ("OTHER", 8, false)] {
                for form in forms(thing, key, number, fake.url.as_str()) {
                    let mut arguments = beside.clone();
                    arguments.insert(input.name.clone(), form);
                    let arguments = Value::Object(arguments);
                    let (failed, text) = call(&caller, tool, arguments.clone()).await;
                    let is_bound = text.contains("only some projects are allowed");
                    let received = fake.take();
                    // Only the project of the item in the other project may be looked up.
                    let is_look_up = |line: &str| {
                        let path = line.trim_start_matches("GET /api/v2/");
                        path.matches('/').count() <= 1 && !path.contains('?')
                    };
                    let leaked = received.iter().find(|it| {
                        let names_it = ["OTHER", "/8", "=8", THEIRS].iter();
                        names_it.into_iter().any(|name| it.line.contains(name))
                            && !is_look_up(&it.line)
                            || !it.line.starts_with("GET") && !is_allowed
                    });
                    let is_right = match is_allowed {
                        true => !is_bound,
                        false => failed && leaked.is_none() && !text.contains("Other one"),
                    };
                    if !is_right {
                        wrong.push(format!("{tool} {arguments}: {text} {leaked:?}"));
                    }
                }
            }
        }
    }
    let shown: Vec<_> = wrong.iter().take(40).cloned().collect();
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        shown.join("\n")
    );
    assert!(inputs > 150, "{inputs}");
}
