//! Rules that hold for every tool.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{concise, full, problems, read};
use crate::{
    calls::{registry, response_format::ResponseFormat},
    mcp::tests::{caller_of, calls::sample, reading_on::responding, result, work::World},
    toolkit::tokens::tokens,
};

/// Results of the simulated space, which has every kind of item.
#[actix_web::test]
async fn a_result_is_shorter_and_keeps_names_and_keys() {
    let world = World::start().await;
    let mut found = Vec::new();
    for (tool, arguments) in [
        ("get_space", json!({})),
        ("get_users", json!({})),
        ("get_myself", json!({})),
        ("get_space_activities", json!({})),
        ("get_project_list", json!({})),
        ("get_project", json!({"projectKey": "HARBOR"})),
        ("get_issues", json!({"projectId": ["HARBOR"], "count": 50})),
        ("get_issue", json!({"issueKey": "HARBOR-1"})),
        ("get_issue_comments", json!({"issueKey": "HARBOR-1"})),
        ("get_issue_types", json!({"projectKey": "HARBOR"})),
        ("get_categories", json!({"projectKey": "HARBOR"})),
        ("get_custom_fields", json!({"projectKey": "HARBOR"})),
        ("get_statuses", json!({"projectKey": "HARBOR"})),
        (
            "get_version_milestone_list",
            json!({"projectKey": "HARBOR"}),
        ),
        ("get_wiki_pages", json!({"projectIdOrKey": "KURA"})),
        ("get_wiki", json!({"wikiId": 640_015})),
        (
            "get_document",
            json!({"documentId": "0199c5d07a1e7f0b9d3f5a6b7c8d9e01"}),
        ),
        (
            "get_documents",
            json!({"projectIds": ["HARBOR"], "offset": 0}),
        ),
        ("get_git_repositories", json!({"projectKey": "HARBOR"})),
        ("get_notifications", json!({})),
        ("get_watching_list_items", json!({"userId": "me"})),
        ("get_project_users", json!({"projectKey": "HARBOR"})),
    ] {
        let full = full(&world, tool, arguments.clone()).await;
        let (short, notes) = concise(&world, tool, arguments).await;
        found.extend(problems(tool, &short, false));
        let text = short.to_string();
        let missing = names(&full).into_iter().filter(|name| !text.contains(name));
        found.extend(missing.map(|name| format!("{tool} has no {name:?}: {text}")));
        let (before, after) = (tokens(&full.to_string()), tokens(&text) + tokens(&notes));
        if after >= before {
            found.push(format!("{tool} has {after} of {before} tokens"));
        }
    }
    assert_eq!(found, [""; 0]);
}

/// The names and keys of the items of a result and of what they refer to.
fn names(full: &Value) -> BTreeSet<String> {
    let items = match full {
        Value::Array(items) => items.iter().collect(),
        item => vec![item],
    };
    let mut names = BTreeSet::new();
    for item in items {
        names.extend(name(item));
        let fields = item.as_object().into_iter().flat_map(|item| item.values());
        names.extend(fields.filter_map(name));
    }
    names
}

fn name(item: &Value) -> Option<String> {
    let fields = ["issueKey", "projectKey", "name", "title"];
    let name = fields.iter().find_map(|field| item[*field].as_str())?;
    let json = Value::from(name).to_string();
    Some(json.trim_matches('"').to_owned())
}

/// An item with a field of each kind that results have.
fn thing(id: &Value) -> Value {
    let user = json!({
        "id": 2, "userId": "maja", "name": "Maja", "roleType": 2, "nulabAccount": null,
        "mailAddress": "maja@example.com", "lastLoginTime": "2026-10-01T08:12:30Z",
    });
    let status =
        json!({"id": 1, "projectId": 3, "name": "Open", "color": "#ed8077", "displayOrder": 1000});
    json!({
        "id": id, "projectId": 3, "issueKey": "AB-1", "keyId": 1, "number": 7, "repositoryId": 6,
        "summary": "S", "name": "N", "description": "", "status": status, "assignee": user,
        "resolution": null, "category": [], "versions": [{"id": 4, "name": "1.0", "archived": false}],
        "dueDate": "2026-10-19T15:00:00Z", "created": "2026-10-01T08:12:30Z", "createdUser": user,
        "updated": "2026-10-01T08:12:30Z", "updatedUser": null,
        "customFields": [{"id": 9, "fieldTypeId": 5, "name": "F", "value": {"id": 1, "name": "V"}}],
        "attachments": [{"id": 5, "name": "a.txt", "size": 3}], "stars": [], "sharedFiles": [],
    })
}

#[actix_web::test]
async fn no_tool_returns_what_the_concise_form_leaves_out() {
    for in_list in [false, true] {
        let [numbered, named] = [json!(5), json!("0a")].map(|id| {
            let thing = thing(&id);
            let body = if in_list { json!([thing]) } else { thing };
            responding(&body)
        });
        let mut shortened = 0;
        for tool in registry::all() {
            let name = tool.meta.name;
            let is_document = name.ends_with("_document") || name == "get_documents";
            let mut caller = caller_of(if is_document { &named } else { &numbered });
            caller.policy.format = Some(ResponseFormat::Concise);
            let mut arguments = sample(&tool.listed.schema_as_json_value());
            let given = arguments.as_object_mut().unwrap();
            for ours in ["textOffset", "textLength", "itemOffset", "offset", "count"] {
                given.remove(ours);
            }
            if name == "upload_attachment" {
                // The tool has two inputs for the same content.
                given.remove("content");
            }
            let result = result(&caller, name, arguments).await;
            let is_json = result["content"][0]["text"]
                .as_str()
                .is_some_and(|text| text.starts_with(['{', '[']) && result["isError"] != true);
            if !is_json {
                continue;
            }
            let (short, _) = read(&result);
            assert_eq!(problems(name, &short, false), [""; 0]);
            shortened += usize::from(short.to_string().contains("AB-1"));
        }
        assert!(shortened > 100, "only {shortened} tools");
    }
}
