//! The requests that inputs make.

use serde_json::json;

use super::*;
use crate::BacklogUrl;

fn fill(operation: Operation, inputs: Value) -> Result<Request, InputError> {
    let Value::Object(inputs) = inputs else {
        panic!("inputs are an object");
    };
    operation.fill(inputs)
}

fn path(request: &Request) -> String {
    let segments: Vec<_> = request.path.iter().map(Segment::as_str).collect();
    segments.join("/")
}

fn pairs(parameters: &[(String, String)]) -> String {
    let pairs: Vec<_> = parameters.iter().map(|(k, v)| format!("{k}={v}")).collect();
    pairs.join("&")
}

const ISSUE: Operation = Operation::get("issues/{issueId|issueKey}");

#[test]
fn the_first_usable_alternative_names_the_target() {
    for (inputs, expected) in [
        (json!({"issueId": 12, "issueKey": "A-1"}), "issues/12"),
        (json!({"issueId": 0, "issueKey": "A-1"}), "issues/A-1"),
        (json!({"issueId": -3, "issueKey": "A-1"}), "issues/A-1"),
        (json!({"issueId": null, "issueKey": "A-1"}), "issues/A-1"),
        (json!({"issueKey": "課題/../?"}), "issues/課題/../?"),
    ] {
        let request = fill(ISSUE, inputs).unwrap();
        assert_eq!(path(&request), expected);
        assert_eq!(request.path.len(), 2, "one segment each");
        assert!(request.query.is_empty());
    }
}

#[test]
fn without_a_target_there_is_no_request() {
    for inputs in [json!({}), json!({"issueId": 0}), json!({"issueKey": ""})] {
        let error = fill(ISSUE, inputs).unwrap_err();
        assert_eq!(error.to_string(), "Issue ID or key is required");
    }
    let repository = Operation::get("projects/{projectId|projectKey}/git/{repoId|repoName}");
    let error = fill(repository, json!({"projectId": 1})).unwrap_err();
    assert_eq!(error.to_string(), "Repository ID or name is required");
}

#[test]
fn a_target_cannot_climb() {
    for key in [".", ".."] {
        let error = fill(ISSUE, json!({"issueKey": key})).unwrap_err();
        assert_eq!(
            error.to_string(),
            "issueKey: cannot be empty, `.` or `..`, or contain control characters"
        );
    }
}

#[test]
fn parameters_are_in_the_query_or_form_by_method() {
    let inputs =
        json!({"a": 1, "b": true, "c": null, "d": [1, 2], "e": [], "f": "", "g": 1.5, "h": 2.0});
    let expected = "a=1&b=true&d[]=1&d[]=2&f=&g=1.5&h=2";
    let request = fill(Operation::get("x"), inputs.clone()).unwrap();
    assert_eq!(
        (pairs(&request.query).as_str(), request.form.len()),
        (expected, 0)
    );
    for operation in [
        Operation::post("x"),
        Operation::patch("x"),
        Operation::put("x"),
        Operation::delete("x"),
    ] {
        let request = fill(operation, inputs.clone()).unwrap();
        assert_eq!(
            (request.query.len(), pairs(&request.form).as_str()),
            (0, expected)
        );
    }
}

#[test]
fn a_target_can_be_a_parameter() {
    let operation = Operation::get("wikis?projectIdOrKey={projectId|projectKey}");
    let inputs = json!({"keyword": "a", "projectId": 0, "projectKey": "A/.."});
    let request = fill(operation, inputs).unwrap();
    assert_eq!(path(&request), "wikis");
    assert_eq!(pairs(&request.query), "projectIdOrKey=A/..&keyword=a");
    let error = fill(operation, json!({"keyword": "a"})).unwrap_err();
    assert_eq!(error.to_string(), "Project ID or key is required");
}

#[test]
fn defaults_stand_in_for_what_is_absent_or_null() {
    let operation = Operation::get("x").defaulting(&[("offset", "0")]);
    for (inputs, expected) in [
        (json!({}), "offset=0"),
        (json!({"offset": null}), "offset=0"),
        (json!({"offset": 5}), "offset=5"),
    ] {
        assert_eq!(pairs(&fill(operation, inputs).unwrap().query), expected);
    }
}

#[test]
fn only_what_an_operation_clears_is_cleared() {
    let operation = Operation::patch("x").clearing(&["categoryId"]);
    let request = fill(operation, json!({"categoryId": [], "attachmentId": []})).unwrap();
    assert_eq!(pairs(&request.form), "categoryId[]=");
}

#[test]
fn entries_of_objects_are_parameters_and_their_lists_indexed() {
    let inputs = json!({"customFields": [
        {"customField_1": "text"},
        {"customField_2_min": 1, "customField_2_max": null},
        {"customField_3": [7]},
    ]});
    let request = fill(Operation::get("x"), inputs).unwrap();
    assert_eq!(
        pairs(&request.query),
        "customField_1=text&customField_2_min=1&customField_3[0]=7"
    );
}

#[test]
fn a_directory_is_several_segments() {
    const OPERATION: Operation = Operation::get("projects/{projectKey}/files/metadata/{*path}");
    let path = |path: Value| {
        let inputs = json!({"projectKey": "A", "path": path, "count": 5});
        let request = OPERATION.fill(inputs.as_object().cloned().unwrap())?;
        assert_eq!(request.query, [("count".to_owned(), "5".to_owned())]);
        let url = BacklogUrl::parse("https://acme.backlog.com").unwrap();
        let url = url.api(&request.path).path().to_owned();
        Ok(url
            .trim_start_matches("/api/v2/projects/A/files")
            .to_owned())
    };
    for (given, expected) in [
        (Value::Null, "/metadata/"),
        (json!(""), "/metadata/"),
        (json!("//"), "/metadata/"),
        (json!("designs"), "/metadata/designs"),
        (json!("/designs/2026/"), "/metadata/designs/2026"),
        (json!("a b/図?#%2F"), "/metadata/a%20b/%E5%9B%B3%3F%23%252F"),
    ] {
        assert_eq!(path(given.clone()), Ok(expected.to_owned()), "{given}");
    }
    for wrong in ["..", "a/../b", "a//b", "./a", "a/\u{9}."] {
        let refused: Result<_, InputError> = path(json!(wrong));
        assert!(refused.is_err(), "{wrong}");
    }
}
