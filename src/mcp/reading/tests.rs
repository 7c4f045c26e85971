//! Whole calls, read.

use serde_json::json;

use super::*;
use crate::mcp::{HubServer, ToolOptions, names, router::Table, tests::server};

fn space() -> BacklogUrl {
    BacklogUrl::parse("acme.backlog.com").unwrap()
}

fn read_by(
    server: &HubServer,
    tool: &str,
    arguments: Value,
) -> Result<(Value, Vec<String>), String> {
    let mut arguments = arguments.as_object().cloned().expect("an object");
    let notes = server.read_arguments(tool, &mut arguments, &space());
    notes.expect(tool).map(|notes| (arguments.into(), notes))
}

fn read(tool: &str, arguments: Value) -> Result<(Value, Vec<String>), String> {
    read_by(&server(), tool, arguments)
}

/// What is read in place of the arguments; nothing is said of it.
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
fn what_is_right_stays_as_it_is() {
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
fn values_in_any_json_are_taken() {
    for (tool, given, expected) in [
        (
            "get_issues",
            json!({"projectId": 2}),
            json!({"projectId": [2]}),
        ),
        (
            "get_issues",
            json!({"projectId": "[2, 3]"}),
            json!({"projectId": [2, 3]}),
        ),
        (
            "get_issues",
            json!({"statusId": "1,2"}),
            json!({"statusId": ["1", "2"]}),
        ),
        (
            "get_issues",
            json!({"statusId": [{"id": 1, "name": "Open"}]}),
            json!({"statusId": [1]}),
        ),
        (
            "get_issues",
            json!({"attachment": "True"}),
            json!({"attachment": true}),
        ),
        (
            "get_issues",
            json!({"order": "DESC"}),
            json!({"order": "desc"}),
        ),
        (
            "get_issues",
            json!({"sort": "due_date"}),
            json!({"sort": "dueDate"}),
        ),
        ("get_issues", json!({"keyword": 5}), json!({"keyword": "5"})),
        ("get_issues", json!({"count": "５"}), json!({"count": 5})),
        ("get_issues", json!({"count": [5]}), json!({"count": 5})),
        (
            "get_issues",
            json!({"dueDateSince": 20_261_020}),
            json!({"dueDateSince": "2026-10-20"}),
        ),
        ("get_wiki", json!({"wikiId": "7"}), json!({"wikiId": 7})),
        (
            "get_space_activities",
            json!({"activityTypeId": ["issueCreated", 3, "4", "wiki updated"]}),
            json!({"activityTypeId": [1, 3, 4, 6]}),
        ),
        (
            "add_document_tags",
            json!({"documentId": "0A9F", "tagNames": "[\"a\", \"b\"]"}),
            json!({"documentId": "0A9F", "tagNames": ["a", "b"]}),
        ),
        (
            "add_custom_field",
            json!({"projectKey": "A", "name": "n", "settings": "{\"type\":\"text\"}"}),
            json!({"projectIdOrKey": "A", "name": "n", "settings": {"type": "text"}}),
        ),
        (
            "add_status",
            json!({"projectIdOrKey": "A", "name": "n", "color": "#EA2C00"}),
            json!({"projectIdOrKey": "A", "name": "n", "color": "#ea2c00"}),
        ),
    ] {
        let shown = given.to_string();
        let mut meant = meant(tool, given);
        let mut expected = expected;
        // The order says nothing.
        meant.sort_all_objects();
        expected.sort_all_objects();
        assert_eq!(meant, expected, "{shown}");
    }
}

#[test]
fn keys_and_links_are_taken_wherever_they_are_an_issues() {
    for form in [
        "harbor-12",
        " HARBOR-12\n",
        "ＨＡＲＢＯＲ－１２",
        "#HARBOR-12",
        "HARBOR-012",
        "HARBOR-12 Fix the crane",
        "https://acme.backlog.com/view/HARBOR-12#comment-34",
        "backlog://acme.backlog.com/issues/HARBOR-12",
    ] {
        for (tool, input, read_as) in [
            ("get_issue", "issueKey", "issueKey"),
            ("get_issue", "issueId", "issueKey"),
            ("get_issue", "issue", "issueKey"),
            ("add_watching", "issueIdOrKey", "issueIdOrKey"),
        ] {
            let found = meant(tool, json!({ input: form }));
            assert_eq!(
                found,
                json!({ read_as: "HARBOR-12" }),
                "{tool} {input} {form}"
            );
        }
        let found = meant("get_issues", json!({"parentIssueId": form}));
        assert_eq!(found, json!({"parentIssueId": ["HARBOR-12"]}), "{form}");
    }
    assert_eq!(
        meant("get_issue", json!({"issueKey": "12"})),
        json!({"issueId": 12})
    );
    assert_eq!(
        meant("get_issue", json!({"issueId": "12"})),
        json!({"issueId": 12})
    );
    let error = refused("get_issue", json!({"issueId": "A-1", "issueKey": "A-2"}));
    assert_eq!(
        error,
        "issueId: names another issue than issueKey; give one of them"
    );
}

#[test]
fn other_things_are_taken_from_links() {
    const PULL: &str = "https://acme.backlog.com/git/HARBOR/portal/pullRequests/2#comment-34";
    let pull = meant(
        "update_pull_request_comment",
        json!({"project": PULL, "repo": PULL, "pr": PULL, "commentId": PULL, "content": "c"}),
    );
    let expected = json!({
        "projectId": "HARBOR", "repoName": "portal", "number": 2, "commentId": 34, "content": "c",
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(pull[name], *value, "{name}");
    }
    let wiki = json!({"wikiId": "https://acme.backlog.com/alias/wiki/7"});
    assert_eq!(meant("get_wiki", wiki), json!({"wikiId": 7}));
    let document = json!({"documentId": "https://acme.backlog.com/document/HARBOR/0a9f"});
    assert_eq!(
        meant("get_document", document),
        json!({"documentId": "0a9f"})
    );
    for (tool, arguments, expected) in [
        (
            "get_issue",
            json!({"issueKey": "https://other.backlog.com/view/HARBOR-12"}),
            "issueKey: the URL is of \"other.backlog.com\", and this call is for the space \
             acme.backlog.com",
        ),
        (
            "get_issue",
            json!({"issueKey": "https://acme.backlog.com/alias/wiki/7"}),
            "issueKey: expected an issue key such as PROJ-12, or an id; the URL is of a wiki page",
        ),
        (
            "get_wiki",
            json!({"wikiId": "https://acme.backlog.com/wiki/HARBOR/Home"}),
            "the URL is of a wiki page by its name (get_wiki_pages has its id)",
        ),
    ] {
        let error = refused(tool, arguments);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn the_place_of_a_link_is_filled_in() {
    const PULL: &str = "https://acme.backlog.com/git/HARBOR/portal/pullRequests/2#comment-34";
    for (tool, arguments, expected) in [
        (
            "get_pull_request",
            json!({"number": PULL}),
            json!({"number": 2, "projectKey": "HARBOR", "repoName": "portal"}),
        ),
        (
            "get_pull_request",
            json!({"number": PULL, "projectKey": "harbor", "repoId": 0}),
            json!({"number": 2, "projectKey": "harbor", "repoName": "portal"}),
        ),
        (
            "update_pull_request_comment",
            json!({"commentId": PULL, "content": "c"}),
            json!({
                "commentId": 34, "content": "c", "projectKey": "HARBOR", "repoName": "portal",
                "number": 2,
            }),
        ),
        (
            "get_issue_comment",
            json!({"commentId": "https://acme.backlog.com/view/HARBOR-12#comment-34"}),
            json!({"commentId": 34, "issueKey": "HARBOR-12"}),
        ),
    ] {
        let found = meant(tool, arguments.clone());
        for (name, value) in expected.as_object().unwrap() {
            let is_it = crate::mcp::arguments::is_same(&found[name], value);
            assert!(is_it, "{arguments}: {found}");
        }
    }
}

#[test]
fn the_place_of_a_link_is_that_of_the_call() {
    const PULL: &str = "https://acme.backlog.com/git/HARBOR/portal/pullRequests/2#comment-34";
    for (tool, arguments, expected) in [
        (
            "add_pull_request_comment",
            json!({
                "project": "HARBOR", "repo": "gateway.client", "number": PULL, "content": "c",
            }),
            "number: the URL is of HARBOR/portal, and this call names \"gateway.client\" \
             (repoName); give one of them",
        ),
        (
            "get_pull_request",
            json!({"projectId": 7, "number": PULL}),
            "number: the URL is of HARBOR/portal, and this call names 7 (projectId); give one of",
        ),
        (
            "update_pull_request_comment",
            json!({"number": 3, "commentId": PULL, "content": "c"}),
            "commentId: the URL is of HARBOR/portal, pull request 2, and this call names 3",
        ),
        (
            "get_issue_comment",
            json!({
                "issueKey": "HARBOR-1",
                "commentId": "https://acme.backlog.com/view/HARBOR-12#comment-34",
            }),
            "commentId: the URL is of HARBOR-12, and this call names \"HARBOR-1\" (issueKey)",
        ),
    ] {
        let error = refused(tool, arguments);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_change_is_of_what_is_named_once() {
    for (tool, arguments, names) in [
        (
            "delete_issue",
            json!({"issueId": 5, "issueKey": "A-2"}),
            "issueId and issueKey",
        ),
        (
            "update_project",
            json!({"projectId": 7, "projectKey": "A", "name": "n"}),
            "projectId and projectKey",
        ),
        (
            "update_pull_request",
            json!({
                "projectKey": "A", "repoId": 5, "repoName": "r", "number": 1, "summary": "s",
            }),
            "repoId and repoName",
        ),
    ] {
        let error = refused(tool, arguments);
        assert!(
            error.ends_with(&format!("; give one of {names}")),
            "{error}"
        );
    }
    for (tool, arguments) in [
        ("delete_issue", json!({"issueId": 5, "issueKey": 5})),
        ("delete_issue", json!({"issueId": "A-2", "issueKey": "a-2"})),
        ("delete_issue", json!({"issueId": 0, "issueKey": "A-2"})),
        ("delete_issue", json!({"issueId": 5, "issueKey": ""})),
        (
            "update_project",
            json!({"projectId": "A", "projectKey": "A", "name": "n"}),
        ),
        // A tool that reads takes the id.
        ("get_issue", json!({"issueId": 5, "issueKey": "A-2"})),
        ("get_project", json!({"projectId": 7, "projectKey": "A"})),
    ] {
        let shown = arguments.to_string();
        let found = read(tool, arguments);
        assert!(found.is_ok(), "{shown}: {found:?}");
    }
    let error = refused(
        "get_webhooks",
        json!({"projectIdOrKey": "A", "projectId": 7}),
    );
    assert!(
        error.contains("which is given as well; give one of them"),
        "{error}"
    );
}

#[test]
fn an_error_about_an_id_names_the_tool_that_has_it() {
    for (tool, arguments, expected) in [
        (
            "get_wiki",
            json!({"wikiId": "Home"}),
            "received string \"Home\" (get_wiki_pages has its id)",
        ),
        (
            "get_issue_comment",
            json!({"issueKey": "A-1", "commentId": "last"}),
            "received string \"last\" (get_issue_comments has its id)",
        ),
        (
            "get_issue_attachment",
            json!({"issueKey": "A-1", "attachmentId": "a.png"}),
            "received string \"a.png\" (get_issue_attachments has its id)",
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
fn what_has_no_meaning_is_said() {
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
            "hasDueDate: Backlog takes only false",
        ),
        (
            "get_issues",
            json!({"hasDueDate": "true"}),
            "hasDueDate: Backlog takes only false",
        ),
        (
            "get_issues",
            json!({"dueDateSince": "2026-02-31"}),
            "there is no 31 February 2026",
        ),
        (
            "get_space_activities",
            json!({"activityTypeId": ["issueMade"]}),
            "activityTypeId[0]: no kind of activity is called \"issueMade\"; the nearest are issue",
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
fn what_is_empty_was_not_given() {
    for empty in [json!(null), json!(""), json!([]), json!("null"), json!(" ")] {
        let arguments = json!({
            "issueId": empty, "issueKey": "A-1", "order": empty, "minId": empty, "count": 5,
        });
        let expected = json!({"issueKey": "A-1", "count": 5});
        assert_eq!(meant("get_issue_comments", arguments), expected, "{empty}");
        let arguments = json!({
            "projectId": 1, "summary": "s", "issueTypeId": 2, "priorityId": 3, "startDate": empty,
            "assigneeId": empty, "categoryId": empty, "customFields": empty,
        });
        let expected = json!({"projectId": 1, "summary": "s", "issueTypeId": 2, "priorityId": 3});
        assert_eq!(meant("add_issue", arguments), expected, "{empty}");
    }
    let listed = json!({"statusId": ["", null, 1]});
    assert_eq!(meant("get_issues", listed), json!({"statusId": [1]}));
}

#[test]
fn on_a_change_what_is_empty_removes_where_the_input_says_so() {
    for empty in [
        json!(null),
        json!(""),
        json!([]),
        json!("none"),
        json!("なし"),
    ] {
        let arguments = json!({
            "issueKey": "A-1", "assigneeId": empty, "dueDate": empty, "estimatedHours": empty,
        });
        let (meant, notes) = read("update_issue", arguments).unwrap();
        let expected = json!({
            "issueKey": "A-1", "assigneeId": "", "dueDate": "", "estimatedHours": "",
        });
        assert_eq!(meant, expected, "{empty}");
        assert_eq!(notes, ["Removed: assigneeId, dueDate, estimatedHours."]);
    }
    let arguments = json!({
        "issueKey": "A-1", "summary": "s", "statusId": null, "categoryId": [], "description": "",
    });
    let (meant, notes) = read("update_issue", arguments).unwrap();
    let expected = json!({"issueKey": "A-1", "summary": "s", "categoryId": [], "description": ""});
    assert_eq!(meant, expected);
    assert_eq!(
        notes,
        ["Changed: summary. Removed: categoryId, description. Ignored, because empty: statusId."]
    );
    // A text may be any word.
    let arguments = json!({"issueKey": "A-1", "description": "none"});
    assert_eq!(
        read("update_issue", arguments.clone()).unwrap().0,
        arguments
    );
    let error = refused(
        "update_issue",
        json!({"issueKey": "A-1", "statusId": "none"}),
    );
    assert_eq!(error, "statusId: cannot be removed");
}

/// A client that fills everything in, as strict modes do.
fn full(tool: &str, of: impl Fn(&Input) -> Value) -> Value {
    let table = Table::new(&ToolOptions::default());
    let inputs = &table.own(tool).expect(tool).inputs;
    let all = inputs
        .all
        .iter()
        .map(|input| (input.name.clone(), of(input)));
    Value::Object(all.collect())
}

#[test]
fn a_call_that_names_every_input_means_nothing_by_what_is_empty() {
    let typed = |input: &Input| match (&input.kind, input.is_list) {
        (_, true) => json!([]),
        (Kind::Text | Kind::Marked(Mark::Date | Mark::IssueKey), _) => json!(""),
        _ => json!(0),
    };
    let calls = [
        full("update_issue", |_| Value::Null),
        full("update_issue", typed),
    ];
    for mut arguments in calls {
        arguments["issueKey"] = "A-1".into();
        arguments["summary"] = "s".into();
        let (meant, notes) = read("update_issue", arguments.clone()).unwrap();
        assert_eq!(
            meant,
            json!({"issueKey": "A-1", "summary": "s"}),
            "{arguments}"
        );
        let start = "Changed: summary. Inputs that are empty or 0 were ignored, because the call \
                     names every input: ";
        assert!(notes[0].starts_with(start), "{}", notes[0]);
        assert!(notes[0].contains(" more. To remove "), "{}", notes[0]);
        assert!(notes[0].ends_with(", give \"none\"."), "{}", notes[0]);
        arguments["dueDate"] = "none".into();
        let (meant, _) = read("update_issue", arguments).unwrap();
        assert_eq!(
            meant,
            json!({"issueKey": "A-1", "summary": "s", "dueDate": ""})
        );
    }
}

#[test]
fn a_change_of_nothing_is_an_error() {
    let table = Table::new(&ToolOptions::default());
    let mut changing = 0;
    for entry in table.entries() {
        let inputs = &entry.inputs;
        if inputs.mode != Mode::Changing {
            continue;
        }
        changing += 1;
        let name = entry.spec.name;
        let changes = inputs
            .all
            .iter()
            .filter(|input| inputs.is_change(&input.name));
        assert!(changes.count() > 0, "{name}");
        let targets = inputs
            .all
            .iter()
            .filter(|input| !inputs.is_change(&input.name));
        let value = |input: &Input| match input.kind {
            Kind::Boolean => json!(true),
            Kind::Text => json!("text"),
            _ => json!(7),
        };
        let targets = targets.map(|input| (input.name.clone(), value(input)));
        let error = refused(name, Value::Object(targets.collect()));
        let is_said = error.contains("nothing to change: give at least one of ")
            || error.contains(": is required");
        assert!(is_said, "{name}: {error}");
    }
    assert!(changing >= 12, "{changing}");
    let error = refused("update_issue", json!({"issueKey": "A-1", "statusId": null}));
    assert!(
        error.contains("; statusId is empty, which changes nothing"),
        "{error}"
    );
    // A comment is a change.
    read("update_issue", json!({"issueKey": "A-1", "comment": "c"})).unwrap();
}

#[test]
fn what_can_be_removed_is_said_to_be() {
    let table = Table::new(&ToolOptions::default());
    for entry in table.entries() {
        let tool = entry.route.attr.description.as_deref().unwrap_or_default();
        for input in entry.inputs.all.iter().filter(|input| input.is_clearable) {
            let schema = &entry.route.attr.input_schema["properties"][&input.name];
            let text = schema["description"].as_str().unwrap_or_default();
            let name = (entry.spec.name, &input.name);
            assert!(
                text.contains("empty to remove") || tool.contains("an empty"),
                "{name:?}"
            );
            assert_eq!(entry.inputs.mode, Mode::Changing, "{name:?}");
        }
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
    inputs.read(&mut arguments, &space()).unwrap();
    assert_eq!(arguments["textOffset"], 5);
}

#[test]
fn no_keyword_of_ours_is_published() {
    let table = Table::new(&ToolOptions::default());
    for entry in table.entries() {
        let schema = entry.route.attr.schema_as_json_value().to_string();
        for keyword in [READ, names::KEYWORD, names::CLEARABLE] {
            assert!(!schema.contains(keyword), "{}: {keyword}", entry.spec.name);
        }
    }
}
