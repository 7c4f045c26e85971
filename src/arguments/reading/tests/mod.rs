//! Reads the arguments of whole calls.

mod changes;
mod places;
mod values;

use backlog_client::BacklogUrl;
use serde_json::json;

use super::*;
use crate::{
    calls::{options::ToolOptions, registry::Registry},
    mcp::{server::HubServer, tests::server},
    toolkit::{input_kind::READ, name_kind},
};

fn space() -> BacklogUrl {
    BacklogUrl::parse("acme.backlog.com").unwrap()
}

fn read_by(
    server: &HubServer,
    tool: &str,
    arguments: Value,
) -> Result<(Value, Vec<String>), String> {
    let Value::Object(mut arguments) = arguments else {
        panic!("an object");
    };
    let notes = server.read_arguments(tool, &mut arguments, &space());
    notes.expect(tool).map(|notes| (arguments.into(), notes))
}

fn read(tool: &str, arguments: Value) -> Result<(Value, Vec<String>), String> {
    read_by(&server(), tool, arguments)
}

/// Returns the arguments as read, without any notes.
fn meant(tool: &str, arguments: Value) -> Value {
    let shown = arguments.to_string();
    let (meant, notes) = read(tool, arguments).unwrap_or_else(|error| panic!("{shown}: {error}"));
    assert_eq!(notes, Vec::<String>::new(), "{shown}");
    meant
}

fn refused(tool: &str, arguments: Value) -> String {
    let shown = arguments.to_string();
    match read(tool, arguments) {
        Ok((meant, _)) => panic!("{shown} was read as {meant}"),
        Err(error) => error,
    }
}

#[test]
fn valid_arguments_are_unchanged() {
    for (tool, arguments) in [
        ("get_issue", json!({"issueKey": "HARBOR-12"})),
        ("get_issue", json!({"issueId": 5})),
        ("get_space", json!({})),
        (
            "get_issues",
            json!({
                "projectId": [1, "HARBOR"], "statusId": ["In Progress"], "count": 100,
                "sort": "dueDate", "dueDateSince": "2026-10-20", "attachment": false,
                "customFields": [{"type": "list", "id": 9, "value": [3]}], "hasDueDate": false,
            }),
        ),
        (
            "update_issue",
            json!({"issueKey": "HARBOR-12", "summary": " as it is ", "estimatedHours": 1.5}),
        ),
        ("get_project", json!({"projectKey": "HARBOR"})),
    ] {
        assert_eq!(meant(tool, arguments.clone()), arguments);
    }
}

#[test]
fn an_error_about_an_id_names_the_tool_that_has_it() {
    for (tool, arguments, expected) in [
        (
            "add_star",
            json!({"kind": "issue", "id": "HARBOR-12"}),
            "id: expected an integer, received string \"HARBOR-12\" (get_issue, \
             get_issue_comments, get_wiki_pages, get_pull_request or get_pull_request_comments \
             returns its id)",
        ),
        (
            "get_wiki",
            json!({"wikiId": "Home"}),
            "received string \"Home\" (get_wiki_pages returns its id)",
        ),
        (
            "get_issue_comment",
            json!({"issueKey": "A-1", "commentId": "last"}),
            "received string \"last\" (get_issue_comments returns its id)",
        ),
        (
            "get_issue_attachment",
            json!({"issueKey": "A-1", "attachmentId": "a.png"}),
            "received string \"a.png\" (get_issue_attachments returns its id)",
        ),
    ] {
        let error = refused(tool, arguments);
        assert!(error.ends_with(expected), "{error}");
    }
    let id = json!({"documentId": "0192F3A4-B5C6-0718-293A-4B5C6D7E8F90"});
    let expected = json!({"documentId": "0192f3a4b5c60718293a4b5c6d7e8f90"});
    assert_eq!(meant("get_document", id), expected);
}

#[test]
fn meaningless_arguments_are_reported() {
    for (tool, arguments, expected) in [
        (
            "get_issues",
            json!({"count": "many"}),
            "count: expected an integer, received string",
        ),
        (
            "get_issues",
            json!({"count": [1, 2]}),
            "count: expected one value, received a list of 2",
        ),
        (
            "get_issues",
            json!({"statusId": [[1]]}),
            "statusId[0]: expected one value",
        ),
        (
            "get_issues",
            json!({"order": "up"}),
            "order: expected one of asc, desc, received",
        ),
        (
            "get_issues",
            json!({"attachment": "maybe"}),
            "attachment: expected a boolean",
        ),
        (
            "get_issues",
            json!({"hasDueDate": true}),
            "hasDueDate: Backlog accepts only false",
        ),
        (
            "get_issues",
            json!({"hasDueDate": "true"}),
            "hasDueDate: Backlog accepts only false",
        ),
        (
            "get_issues",
            json!({"dueDateSince": "2026-02-31"}),
            "there is no 31 February 2026",
        ),
        (
            "get_space_activities",
            json!({"activityTypeId": ["issueMade"]}),
            "activityTypeId[0]: unknown activity type \"issueMade\"; the nearest are issue",
        ),
        (
            "get_issue",
            json!({"issueKey": "HARBOR"}),
            "issueKey: expected an issue key such as",
        ),
        (
            "get_issue",
            json!({"issueKey": {"key": 1}}),
            "received an object",
        ),
        (
            "get_wiki",
            json!({"wikiId": "Home"}),
            "wikiId: expected a numeric id",
        ),
        ("get_wiki", json!({"wikiId": null}), "wikiId: is required"),
        (
            "add_issue",
            json!({"projectId": "", "summary": "s"}),
            "projectId: is required",
        ),
    ] {
        let error = refused(tool, arguments.clone());
        assert!(error.contains(expected), "{arguments}: {error}");
    }
}

#[test]
fn inputs_that_are_offered_beside_the_tools_own_are_read_too() {
    let options = ToolOptions {
        field_selection: true,
        ..ToolOptions::default()
    };
    let server = server().with_options(options);
    let arguments = json!({"projectId": 1, "fields": "{ id }"});
    let (meant, _) = read_by(&server, "get_issues", arguments).unwrap();
    assert_eq!(meant, json!({"projectId": [1], "fields": "{ id }"}));
    let arguments = json!({"fields": "[\"id\"]"});
    let (meant, _) = read_by(&server, "get_issues", arguments).unwrap();
    assert_eq!(meant, json!({"fields": ["id"]}));

    let mut inputs = Inputs::new(Vec::new(), None, "");
    let published = json!({"properties": {"textOffset": {"type": "number"}}});
    inputs.extend(published.as_object().unwrap());
    let mut arguments = JsonObject::from_iter([("textOffset".to_owned(), json!("5"))]);
    let space = CallSpace {
        url: &space(),
        now: chrono::DateTime::UNIX_EPOCH.with_timezone(&chrono_tz::Tz::UTC),
    };
    inputs.read(&mut arguments, &space).unwrap();
    assert_eq!(arguments["textOffset"], 5);
}

#[test]
fn no_keyword_of_ours_is_published() {
    let registry = Registry::new(&ToolOptions::default());
    for tool in registry.tools() {
        let schema = tool.listed.schema_as_json_value().to_string();
        for keyword in [READ, name_kind::KEYWORD, name_kind::CLEARABLE] {
            assert!(!schema.contains(keyword), "{}: {keyword}", tool.meta.name);
        }
    }
}
