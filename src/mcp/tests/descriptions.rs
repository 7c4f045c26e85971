//! An operator's texts appear in the places of upstream's keys.

use super::{call, caller_of, exchange, post, server};
use crate::calls::{
    description_keys,
    descriptions::Descriptions,
    options::ToolOptions,
    registry::{self, Registry},
};
use std::collections::{BTreeMap, BTreeSet};

use backlog_client::fake::FakeBacklog;
use serde_json::{Value, json};

const UPSTREAM: &str = include_str!("../../../tests/fixtures/upstream_description_keys.json");

fn upstream() -> Value {
    serde_json::from_str(UPSTREAM).unwrap()
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap())
}

fn overriding(texts: &[(&str, &str)]) -> ToolOptions {
    let owned = texts
        .iter()
        .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()));
    ToolOptions {
        descriptions: Descriptions::new(owned),
        ..ToolOptions::default()
    }
}

/// A tool as it is listed.
fn tool(options: &ToolOptions, name: &str) -> Value {
    json!(Registry::new(options).get(name).unwrap().listed)
}

#[test]
fn every_key_is_upstreams() {
    let upstream = upstream();
    let mut expected = BTreeSet::new();
    let mut shared = Vec::new();
    for (tool, keys) in upstream["tools"].as_object().unwrap() {
        assert_eq!(description_keys::of_tool(tool), keys["key"], "{tool}");
        expected.insert(keys["key"].as_str().unwrap().to_owned());
        for (input, key) in keys["inputs"].as_object().unwrap() {
            let ours = description_keys::of_input(tool, input);
            if *key == keys["key"] {
                assert_eq!(ours, key.as_str().unwrap().replace("_DESC", "_INPUT_DESC"));
                shared.push(format!("{tool}.{input}"));
            } else {
                assert_eq!(ours, *key, "{tool}.{input}");
            }
            expected.insert(key.as_str().unwrap().to_owned());
        }
    }
    // The only difference: upstream shows the description of the tool for these.
    assert_eq!(shared.len(), 6, "{shared:?}");
    assert!(shared.iter().all(|place| place.ends_with(".description")));

    expected.extend(texts(&upstream["parts"]).map(str::to_owned));
    // Upstream prints these for one space: all keys except that of list_organizations.
    assert_eq!(expected.len() - 1, 357);
    expected.extend(texts(&upstream["errors"]).map(str::to_owned));
    let keys = Descriptions::keys();
    let lost: Vec<_> = expected.difference(&keys).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn every_key_changes_its_own_text() {
    let texts = Descriptions::keys().into_iter().map(|key| {
        let text = format!("Ours for {key}.");
        (key, text)
    });
    let texts: BTreeMap<_, _> = texts.collect();
    assert_eq!(Descriptions::new(texts.clone()).resolved(), texts);
    let empty = texts.into_keys().map(|key| (key, String::new()));
    assert_eq!(Descriptions::new(empty), Descriptions::default());
}

#[test]
fn a_text_replaces_only_the_description_of_its_key() {
    let options = overriding(&[
        ("TOOL_ADD_ISSUE_DESCRIPTION", "The tool."),
        ("TOOL_ADD_ISSUE_SUMMARY", "The input."),
        ("TOOL_ADD_ISSUE_CUSTOM_FIELD_OTHER_VALUE", "The part."),
        ("TOOL_GET_GIT_REPOSITORIES_PROJECT_KEY", "Shared."),
        ("TOOL_CUSTOM_FIELD_FILTER_NUMERIC_MIN", "The bound."),
    ]);
    let plain = ToolOptions::default();
    let mut added = tool(&plain, "add_issue");
    let inputs = &mut added["inputSchema"]["properties"];
    inputs["summary"]["description"] = json!("The input.");
    inputs["customFields"]["items"]["properties"]["otherValue"]["description"] = json!("The part.");
    added["description"] = json!("The tool.");
    assert_eq!(tool(&options, "add_issue"), added);

    for name in ["get_issue_types", "get_git_repositories"] {
        let mut shared = tool(&plain, name);
        shared["inputSchema"]["properties"]["projectKey"]["description"] = json!("Shared.");
        assert_eq!(tool(&options, name), shared);
    }
    for name in ["get_issues", "count_issues"] {
        let tool = tool(&options, name);
        let filter = &tool["inputSchema"]["properties"]["customFields"]["items"];
        let said = |part: &str| filter["properties"][part]["description"].as_str().unwrap();
        assert!(said("min").starts_with("The bound.; "), "{filter}");
        assert!(!said("max").contains("The bound."), "{filter}");
    }

    let touched = [
        "add_issue",
        "get_issue_types",
        "get_git_repositories",
        "get_issues",
        "count_issues",
    ];
    let (theirs, ours) = (Registry::new(&plain), Registry::new(&options));
    for tool in registry::all() {
        let name = tool.meta.name;
        if !touched.contains(&name) {
            let tool = |registry: &Registry| json!(registry.get(name).unwrap().listed);
            assert_eq!(tool(&ours), tool(&theirs));
        }
    }
}

#[test]
fn an_input_named_description_has_a_text_of_its_own() {
    let options = overriding(&[
        ("TOOL_UPDATE_ISSUE_DESCRIPTION", "The tool."),
        ("TOOL_UPDATE_ISSUE_INPUT_DESCRIPTION", "The input."),
    ]);
    let tool = tool(&options, "update_issue");
    assert_eq!(tool["description"], "The tool.");
    let input = &tool["inputSchema"]["properties"]["description"];
    assert_eq!(input["description"], "The input.");
}

#[actix_web::test]
async fn errors_have_texts_as_well() {
    let backlog = FakeBacklog::responding(200, "{}");
    let caller = caller_of(&backlog);
    let filter = |kind: &str| json!({"customFields": [{"type": kind, "id": 1}]});
    for (name, arguments, key) in [
        ("get_project", json!({}), "PROJECT_ID_OR_KEY_REQUIRED"),
        ("get_issue", json!({}), "ISSUE_ID_OR_KEY_REQUIRED"),
        (
            "get_git_repository",
            json!({"projectKey": "A"}),
            "REPOSITORY_ID_OR_NAME_REQUIRED",
        ),
        (
            "update_pull_request",
            json!({"projectKey": "A", "number": 1}),
            "REPOSITORY_ID_OR_KEY_REQUIRED",
        ),
        (
            "delete_version",
            json!({"projectKey": "A", "id": 0}),
            "TOOL_DELETE_VERSION_MISSING_ID",
        ),
        (
            "get_issues",
            filter("numeric"),
            "TOOL_CUSTOM_FIELD_FILTER_NUMERIC_REQUIRED",
        ),
        (
            "get_issues",
            filter("date"),
            "TOOL_CUSTOM_FIELD_FILTER_DATE_REQUIRED",
        ),
    ] {
        let (failed, built_in) = call(&caller, name, arguments.clone()).await;
        assert!(failed && !built_in.contains("Say which"), "{built_in}");
        let options = overriding(&[(key, "Say which.")]);
        let params = json!({"name": name, "arguments": arguments});
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let request = post("2025-06-18", &message);
        let (_, body) = exchange(server().with_options(options), Some(&caller), request).await;
        let text = body["result"]["content"][0]["text"].as_str().unwrap();
        assert_eq!(body["result"]["isError"], true);
        assert!(text.ends_with("Say which."), "{key}: {text}");
        let before = text.strip_suffix("Say which.").unwrap();
        assert!(built_in.starts_with(before), "{built_in}");
    }
    assert_eq!(backlog.received(), []);
}
