//! The published inputs: in a form that every provider accepts, with Backlog's limits, and in a
//! list that stays small.

use backlog_client::fake::FakeBacklog;

use super::{call, caller_of};
use crate::{
    calls::{
        options::ToolOptions,
        registered_tool::RegisteredTool,
        registry::{self, Registry},
    },
    toolkit::{rest::Paging, schema::KEYWORDS, toolset::Toolset},
};
use serde_json::{Value, json};
use tiktoken_rs::o200k_base_singleton;

fn published(registry: &Registry, name: &str) -> Value {
    let tool = registry
        .get(name)
        .unwrap_or_else(|| panic!("no tool {name}"));
    tool.listed.schema_as_json_value()
}

/// The tools with every combination of options.
fn registries() -> Vec<Registry> {
    let mut registries = Vec::new();
    for field_selection in [false, true] {
        for prefix in ["", "p_"] {
            let options = ToolOptions {
                field_selection,
                prefix: prefix.parse().expect("a prefix"),
                ..ToolOptions::default()
            };
            registries.push(Registry::new(&options));
            registries.push(Registry::new(&options).with_organizations(&options));
        }
    }
    registries
}

/// Returns the parts of a schema that not every provider accepts.
fn refused(place: &str, schema: &Value) -> Vec<String> {
    let Some(object) = schema.as_object() else {
        return vec![format!("{place} is no object")];
    };
    let unknown = object
        .keys()
        .filter(|key| !KEYWORDS.contains(&key.as_str()));
    let mut problems: Vec<_> = unknown.map(|key| format!("{place} has {key}")).collect();
    let mut claim = |holds: bool, problem: &str| {
        if !holds {
            problems.push(format!("{place} {problem}: {schema}"));
        }
    };
    let kind = schema["type"].as_str().unwrap_or_default();
    claim(
        ["string", "number", "integer", "boolean", "array", "object"].contains(&kind),
        "has no single type",
    );
    if let Some(values) = object.get("enum") {
        let texts = values
            .as_array()
            .is_some_and(|values| !values.is_empty() && values.iter().all(Value::is_string));
        claim(kind == "string" && texts, "has an enum of other than texts");
    }
    claim(
        (kind == "array") == object.contains_key("items"),
        "is no list with items",
    );
    for name in schema["required"].as_array().into_iter().flatten() {
        let known = name
            .as_str()
            .is_some_and(|name| schema["properties"].get(name).is_some());
        claim(known, "requires what it does not have");
    }
    if let Some(items) = object.get("items") {
        claim(items["type"] != "array", "has lists in a list");
        problems.extend(refused(&format!("{place}[]"), items));
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        problems.extend(refused(&format!("{place}.{name}"), property));
    }
    problems
}

#[test]
fn every_input_has_a_shape_that_every_provider_takes() {
    for registry in registries() {
        let tools = registry.tools().iter();
        let mut count = 0;
        for tool in tools {
            let schema = tool.listed.schema_as_json_value();
            assert_eq!(schema["type"], "object", "{}", tool.meta.name);
            assert_eq!(refused(tool.meta.name, &schema), Vec::<String>::new());
            count += 1;
        }
        assert!(count >= 141, "{count} tools");
    }
}

#[test]
fn schemas_that_a_provider_rejects_are_found() {
    for wide in [
        json!({"type": ["number", "string"]}),
        json!({"oneOf": [{"type": "string"}]}),
        json!({"type": "string", "const": "a"}),
        json!({"type": "number", "enum": [1]}),
        json!({"type": "array"}),
        json!({"type": "array", "items": {"type": ["number", "string"]}}),
        json!({"type": "object", "properties": {"a": {"anyOf": []}}}),
        json!({"type": "string", "minLength": 1}),
    ] {
        assert!(!refused("x", &wide).is_empty(), "{wide}");
    }
    for tool in registry::all() {
        // The schema as derived from the types of the inputs.
        let wide = tool.listed.schema_as_json_value();
        if tool.meta.name == "get_issues" {
            assert!(refused("get_issues", &wide).len() > 10, "{wide}");
        }
    }
}

#[test]
fn ids_and_names_are_texts_and_numbers_are_numbers() {
    let registry = Registry::new(&ToolOptions::default());
    for (tool, input, expected) in [
        ("add_issue", "projectId", "string"),
        ("add_issue", "assigneeId", "string"),
        ("add_issue", "estimatedHours", "number"),
        ("update_issue", "estimatedHours", "string"),
        ("update_issue", "dueDate", "string"),
        ("get_issue", "issueId", "number"),
        ("get_wiki", "wikiId", "string"),
        ("get_issues", "count", "number"),
        ("get_issues", "parentChild", "number"),
    ] {
        let kind = &published(&registry, tool)["properties"][input]["type"];
        assert_eq!(kind, expected, "{tool}.{input}");
    }
    let list = &published(&registry, "get_issues")["properties"]["statusId"];
    assert_eq!(
        (&list["type"], &list["items"]["type"]),
        (&json!("array"), &json!("string"))
    );
}

#[test]
fn custom_fields_are_flat_objects() {
    let registry = Registry::new(&ToolOptions::default());
    let names = |schema: &Value| {
        let properties = schema["properties"].as_object().expect("properties");
        let mut names: Vec<_> = properties.keys().cloned().collect();
        names.sort_unstable();
        names
    };
    for (tool, expected) in [
        ("add_issue", vec!["id", "otherValue", "value", "values"]),
        ("update_issue", vec!["id", "otherValue", "value", "values"]),
        (
            "get_issues",
            vec!["id", "max", "min", "type", "value", "values"],
        ),
        (
            "count_issues",
            vec!["id", "max", "min", "type", "value", "values"],
        ),
    ] {
        let items = &published(&registry, tool)["properties"]["customFields"]["items"];
        assert_eq!(names(items), expected, "{tool}");
    }
    let filter = &published(&registry, "get_issues")["properties"]["customFields"]["items"];
    assert_eq!(
        filter["properties"]["type"]["enum"],
        json!(["text", "numeric", "date", "list"])
    );
    assert_eq!(filter["required"], json!(["type", "id"]));
    let settings = &published(&registry, "add_custom_field")["properties"]["settings"];
    assert_eq!(
        settings["properties"]["type"]["enum"]
            .as_array()
            .map(Vec::len),
        Some(8)
    );
}

#[actix_web::test]
async fn several_items_of_a_custom_field_are_sent() {
    let fields = json!([{"id": 9, "values": [1, 2]}, {"id": 8, "value": "a", "values": []}]);
    let filters = json!([{"type": "list", "id": 9, "values": [1, 2], "value": ""}]);
    for (tool, arguments, expected) in [
        (
            "update_issue",
            json!({"issueKey": "A-1", "customFields": fields}),
            "customField_9%5B0%5D=1&customField_9%5B1%5D=2&customField_8=a",
        ),
        (
            "count_issues",
            json!({"customFields": filters}),
            "GET /api/v2/issues/count?customField_9%5B0%5D=1&customField_9%5B1%5D=2",
        ),
    ] {
        let backlog = FakeBacklog::responding(200, "{}");
        let (failed, text) = call(&caller_of(&backlog), tool, arguments).await;
        assert!(!failed, "{tool}: {text}");
        // The type of a field with a text is looked up before.
        let received = backlog.received().pop().expect("a request");
        let sent = received.body.map_or(received.line, |(_, body)| body);
        assert_eq!(sent, expected, "{tool}");
    }
    let backlog = FakeBacklog::responding(200, "{}");
    let both = json!([{"id": 9, "value": 1, "values": [2]}]);
    let arguments = json!({"issueKey": "A-1", "customFields": both});
    let (failed, text) = call(&caller_of(&backlog), "update_issue", arguments).await;
    assert!(failed && text.contains("give one of them"), "{text}");
    assert_eq!(backlog.received(), []);
}

/// Hours are a text where an empty text removes them.
#[actix_web::test]
async fn hours_are_taken_as_the_text_that_is_published() {
    let backlog = FakeBacklog::responding(200, "{}");
    let arguments = json!({"issueKey": "A-1", "estimatedHours": "2", "actualHours": "1.5"});
    let (failed, text) = call(&caller_of(&backlog), "update_issue", arguments).await;
    assert!(!failed, "{text}");
    let (_, form) = backlog.only().body.expect("a form");
    assert_eq!(form, "estimatedHours=2&actualHours=1.5");
}

#[actix_web::test]
async fn every_kind_of_activity_that_is_described_is_taken() {
    let registry = Registry::new(&ToolOptions::default());
    let input = &published(&registry, "get_space_activities")["properties"]["activityTypeId"];
    assert_eq!(input["items"]["type"], "string");
    let described = input["description"].as_str().expect("a description");
    let (_, names) = described.split_once("Names: ").expect("the names");
    let names: Vec<_> = names.split(", ").collect();
    assert_eq!(names.len(), 40);
    let backlog = FakeBacklog::responding(200, "[]");
    let arguments = json!({"activityTypeId": names});
    let (failed, text) = call(&caller_of(&backlog), "get_space_activities", arguments).await;
    assert!(!failed, "{text}");
    let line = backlog.only().line;
    assert_eq!(
        line.matches("activityTypeId%5B%5D=").count(),
        names.len(),
        "{line}"
    );
}

/// Backlog's limits on list requests, and those of the upstream server's tools.
#[test]
fn bounds_and_defaults_are_published() {
    let registry = Registry::new(&ToolOptions::default());
    let classic = registry.tools().iter();
    for tool in classic.filter(|tool| tool.meta.toolset != Toolset::Work) {
        let (name, schema) = (tool.meta.name, tool.listed.schema_as_json_value());
        let of = |input: &str, keyword: &str| schema["properties"][input].get(keyword).cloned();
        let has = |input: &str| schema["properties"].get(input).is_some();
        let is_paged_by_hub = tool.meta.paging == Paging::Whole;
        if has("count") && is_paged_by_hub {
            assert_eq!(of("count", "minimum"), Some(json!(1)), "{name}");
            let rest = ["maximum", "default"].map(|keyword| of("count", keyword));
            assert_eq!(rest, [None, None], "{name}: all come");
        } else if has("count") {
            let most = if name == "get_shared_files" {
                1000
            } else {
                100
            };
            assert_eq!(of("count", "minimum"), Some(json!(1)), "{name}");
            assert_eq!(of("count", "maximum"), Some(json!(most)), "{name}");
            let usual = Some(json!(tool.meta.usual_count));
            assert_eq!(of("count", "default"), usual, "{name}");
        }
        if has("offset") {
            assert_eq!(of("offset", "minimum"), Some(json!(0)), "{name}");
            assert_eq!(of("offset", "default"), Some(json!(0)), "{name}");
        }
        if has("order") {
            assert_eq!(of("order", "enum"), Some(json!(["asc", "desc"])), "{name}");
            assert_eq!(of("order", "default"), Some(json!("desc")), "{name}");
        }
    }
    for (tool, input, keyword, expected) in [
        ("get_issues", "parentChild", "minimum", json!(1)),
        ("get_issues", "parentChild", "maximum", json!(4)),
        ("get_issue_attachment", "maxBytes", "minimum", json!(1)),
        (
            "get_issue_attachment",
            "maxBytes",
            "maximum",
            json!(7_340_032),
        ),
        (
            "get_issue_attachment",
            "format",
            "enum",
            json!(["auto", "base64"]),
        ),
        ("get_issue_attachment", "format", "default", json!("auto")),
        ("add_watching", "note", "default", json!("")),
        (
            "add_project",
            "textFormattingRule",
            "enum",
            json!(["backlog", "markdown"]),
        ),
        ("add_project", "chartEnabled", "default", json!(false)),
    ] {
        let found = &published(&registry, tool)["properties"][input][keyword];
        assert_eq!(*found, expected, "{tool}.{input} {keyword}");
    }
}

#[test]
fn the_unions_are_a_choice_of_the_operator() {
    let options = ToolOptions {
        schema_unions: true,
        ..ToolOptions::default()
    };
    let wide = published(&Registry::new(&options), "get_issues");
    assert_eq!(
        wide["properties"]["statusId"]["items"]["type"],
        json!(["number", "string"])
    );
    assert!(wide["properties"]["customFields"]["items"]["oneOf"].is_array());
    let bare = published(&Registry::new(&options), "get_space");
    assert_eq!(
        bare,
        published(&Registry::new(&ToolOptions::default()), "get_space")
    );
}

#[test]
fn an_input_with_an_alternative_names_it() {
    let registry = Registry::new(&ToolOptions::default());
    let pairs = [
        ("projectId", "projectKey"),
        ("issueId", "issueKey"),
        ("repoId", "repoName"),
    ];
    for tool in registry.tools() {
        let schema = tool.listed.schema_as_json_value();
        let described = |input: &str| {
            let text = schema["properties"][input]["description"].as_str();
            text.unwrap_or_default().to_owned()
        };
        for (one, other) in pairs {
            if schema["properties"].get(one).is_none() || schema["properties"].get(other).is_none()
            {
                continue;
            }
            for (input, instead) in [(one, other), (other, one)] {
                let expected = format!("; or give {instead}");
                let text = described(input);
                assert!(
                    text.ends_with(&expected),
                    "{}: {input}: {text}",
                    tool.meta.name
                );
            }
        }
    }
}

/// A description that only repeats the input's name is useless.
#[test]
fn no_description_only_repeats_the_name() {
    let registry = Registry::new(&ToolOptions::default());
    for tool in registry.tools() {
        let schema = tool.listed.schema_as_json_value();
        for (name, input) in schema["properties"].as_object().into_iter().flatten() {
            let said = input["description"].as_str().unwrap_or_default();
            let fold = |text: &str| {
                let letters = text.chars().filter(char::is_ascii_alphabetic);
                letters.collect::<String>().to_ascii_lowercase()
            };
            let (said, name) = (fold(said), fold(name.trim_end_matches("Id")));
            let repeats = said == name || said == format!("{name}s") || said == format!("{name}es");
            let short = ["title", "content", "comment"].contains(&name.as_str());
            assert!(!repeats || short, "{}: {name}: {said}", tool.meta.name);
        }
    }
}

/// The JSON of the list of tools in some toolsets.
fn list(registry: &Registry, toolsets: &[Toolset]) -> String {
    let listed = registry.tools().iter();
    let chosen = listed.filter(|tool| toolsets.contains(&tool.meta.toolset));
    let tools: Vec<_> = chosen.map(|tool: &RegisteredTool| &tool.listed).collect();
    json!(tools).to_string()
}

/// Every model reads the list in each conversation.
#[test]
fn the_list_stays_small() {
    let registry = Registry::new(&ToolOptions::default());
    // docs/using-tools.md states the approximate size.
    let classic = list(&registry, &Toolset::DEFAULT);
    let tokens = o200k_base_singleton().encode_ordinary(&classic).len();
    assert!(tokens < 14_000, "{tokens} tokens");
    assert!(classic.len() < 62_000, "{} bytes", classic.len());
    let work = list(&registry, &[Toolset::Work]);
    let tokens = o200k_base_singleton().encode_ordinary(&work).len();
    assert!(tokens <= 4_500, "{tokens} tokens");
    let everything = list(&registry, &Toolset::ALL);
    assert!(everything.len() < 110_000, "{} bytes", everything.len());
    // With options that make it longer.
    for registry in registries() {
        let everything = list(&registry, &Toolset::ALL);
        assert!(everything.len() < 120_000, "{} bytes", everything.len());
        let classic = list(&registry, &Toolset::DEFAULT);
        assert!(classic.len() < 75_000, "{} bytes", classic.len());
    }
}
