//! Empty values, and which of them are changes.

use serde_json::{Value, json};

use super::{meant, read, refused};
use crate::{
    arguments::reading::Mode,
    calls::{options::ToolOptions, registry::Registry},
    toolkit::input_kind::{Input, InputKind, Mark},
};

#[test]
fn empty_arguments_count_as_absent() {
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
fn on_a_change_an_empty_value_removes_if_the_input_allows_it() {
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

/// The arguments of a client that fills everything in, as strict modes do.
fn full(tool: &str, of: impl Fn(&Input) -> Value) -> Value {
    let registry = Registry::new(&ToolOptions::default());
    let inputs = &registry.own(tool).expect(tool).inputs;
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
        (InputKind::Text | InputKind::Marked(Mark::Date | Mark::IssueKey), _) => json!(""),
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
                     gives every input: ";
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
    let registry = Registry::new(&ToolOptions::default());
    let mut changing = 0;
    for tool in registry.tools() {
        let inputs = &tool.inputs;
        if inputs.mode != Mode::Changing {
            continue;
        }
        changing += 1;
        let name = tool.meta.name;
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
            InputKind::Boolean => json!(true),
            InputKind::Text => json!("text"),
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
fn clearable_inputs_are_described_as_such() {
    let registry = Registry::new(&ToolOptions::default());
    for tool in registry.tools() {
        let description = tool.listed.description.as_deref().unwrap_or_default();
        for input in tool.inputs.all.iter().filter(|input| input.is_clearable) {
            let schema = &tool.listed.input_schema["properties"][&input.name];
            let text = schema["description"].as_str().unwrap_or_default();
            let name = (tool.meta.name, &input.name);
            assert!(
                text.contains("empty to remove") || description.contains("an empty"),
                "{name:?}"
            );
            assert_eq!(tool.inputs.mode, Mode::Changing, "{name:?}");
        }
    }
}
