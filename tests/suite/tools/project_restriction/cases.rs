//! Single cases of the project restriction: ids that are valid only inside of an allowed project,
//! the names of a project, lists, counts, searches, and parts of a response.

use backlog_mcp_hub::calls::policy::Policy;
use backlog_sim::{BacklogSim, seed};
use serde_json::{Value, json};

use super::{call, requests, tells_of_foreign_projects, within};
use crate::tools::{row, sim};

/// Calls a tool as Daniel, who may use HARBOR only: whether it failed, its text, and what it did
/// beside looking up what it was told.
async fn call_in_harbor(
    sim: &BacklogSim,
    tool: &str,
    arguments: &Value,
) -> (bool, String, Vec<String>) {
    sim.control().clear_journal();
    let arguments = arguments.as_object().expect("an object").clone();
    let (failed, text) = call(sim, within(&["HARBOR"]), tool, arguments).await;
    assert!(!tells_of_foreign_projects(&text), "{tool}: {text}");
    let look_ups = [
        "GET projects",
        "GET projects/HARBOR",
        "GET projects/88104",
        "GET projects/KURA",
        "GET projects/88117",
    ];
    let sent = requests(sim).into_iter();
    let sent = sent.filter(|request| !look_ups.contains(&request.as_str()));
    (failed, text, sent.collect())
}

#[actix_web::test]
async fn a_project_is_bound_by_each_of_its_names() {
    let sim = sim().await;
    for (arguments, sent) in [
        (json!({"projectIdOrKey": "HARBOR"}), Some("HARBOR")),
        (json!({"projectKey": "HARBOR"}), Some("HARBOR")),
        (json!({"projectId": seed::HARBOR}), Some("88104")),
        (json!({"projectKey": "KURA"}), None),
        (json!({"projectId": seed::KURA}), None),
        (json!({"projectIdOrKey": null, "projectKey": "KURA"}), None),
        (
            json!({"projectId": seed::KURA, "projectKey": "HARBOR"}),
            None,
        ),
        // Two projects are a contradiction, whichever of them goes into the request.
        (
            json!({"projectIdOrKey": "HARBOR", "projectId": seed::KURA, "projectKey": "KURA"}),
            None,
        ),
        (json!({}), None),
    ] {
        let (failed, text, requests) = call_in_harbor(&sim, "get_webhooks", &arguments).await;
        assert_eq!(failed, sent.is_none(), "{arguments}: {text}");
        let expected = sent.map(|project| format!("GET projects/{project}/webhooks"));
        assert_eq!(requests, Vec::from_iter(expected), "{arguments}");
    }
    sim.stop().await;
}

#[actix_web::test]
async fn an_inner_id_does_not_lead_out() {
    let sim = sim().await;
    // All of these are Backlog's to refuse, so the request must say HARBOR.
    for (tool, arguments, request) in [
        (
            "get_shared_file",
            json!({"projectKey": "HARBOR", "sharedFileId": 77_111}),
            "GET projects/HARBOR/files/77111",
        ),
        (
            "add_issue_shared_files",
            json!({"issueKey": "HARBOR-1", "fileId": [77_111]}),
            "POST issues/HARBOR-1/sharedFiles",
        ),
        (
            "get_issue_comment",
            json!({"issueKey": "HARBOR-1", "commentId": 1}),
            "GET issues/HARBOR-1/comments/1",
        ),
        (
            "delete_webhook",
            json!({"projectKey": "HARBOR", "webhookId": 1}),
            "DELETE projects/HARBOR/webhooks/1",
        ),
        (
            "update_custom_field_item",
            json!({"projectKey": "HARBOR", "customFieldId": 1, "itemId": 1, "name": "n"}),
            "PATCH projects/HARBOR/customFields/1/items/1",
        ),
        (
            "delete_status",
            json!({"projectKey": "HARBOR", "id": 1, "substituteStatusId": 2}),
            "DELETE projects/HARBOR/statuses/1",
        ),
    ] {
        let (failed, text, requests) = call_in_harbor(&sim, tool, &arguments).await;
        assert!(failed, "{tool}: {text}");
        let look_up = "GET issues/HARBOR-1".to_owned();
        let sent: Vec<_> = requests.into_iter().filter(|r| *r != look_up).collect();
        assert_eq!(sent, [request], "{tool}");
    }
    for path in ["../../../KURA/files/metadata", "designs/../..", "."] {
        let arguments = json!({"projectKey": "HARBOR", "path": path});
        let (failed, text, requests) = call_in_harbor(&sim, "get_shared_files", &arguments).await;
        assert!(failed && text.contains("path"), "{text}");
        assert_eq!(requests, [""; 0], "{path}");
    }
    sim.stop().await;
}

#[actix_web::test]
async fn recently_viewed_items_are_limited_to_the_allowed_projects() {
    let sim = sim().await;
    for (tool, pointer, of_harbor) in [
        (
            "get_recently_viewed_issues",
            "/issue/projectId",
            json!(seed::HARBOR),
        ),
        (
            "get_recently_viewed_projects",
            "/project/projectKey",
            json!("HARBOR"),
        ),
        (
            "get_recently_viewed_wikis",
            "/page/projectId",
            json!(seed::HARBOR),
        ),
    ] {
        let (failed, text, _) = call_in_harbor(&sim, tool, &json!({})).await;
        assert!(!failed && text.contains("left out"), "{tool}: {text}");
        // The note follows the list.
        let mut texts = serde_json::Deserializer::from_str(&text).into_iter::<Vec<Value>>();
        let list = texts.next().expect("a list").expect("JSON");
        let found: Vec<_> = list.iter().map(|entry| entry.pointer(pointer)).collect();
        assert_eq!(found, [Some(&of_harbor)], "{tool}: {text}");
    }
    sim.stop().await;
}

#[actix_web::test]
async fn tools_without_a_project_remain_usable() {
    let sim = sim().await;
    for (tool, arguments, requests) in [
        (
            "upload_attachment",
            json!({"filename": "a.txt", "text": "a"}),
            &["POST space/attachment"][..],
        ),
        (
            "get_icon",
            json!({"userId": seed::DANIEL}),
            &["GET users/40218/icon"],
        ),
        ("get_icon", json!({}), &["GET space/image"]),
        ("get_teams", json!({}), &["GET teams"]),
        ("get_rate_limit", json!({}), &["GET rateLimit"]),
        (
            "add_star",
            json!({"kind": "issue", "id": 5_520_101}),
            &["GET issues/5520101", "POST stars"],
        ),
    ] {
        let (failed, text, sent) = call_in_harbor(&sim, tool, &arguments).await;
        assert!(!failed, "{tool}: {text}");
        assert_eq!(sent, requests, "{tool}");
    }
    for (tool, arguments) in [
        ("get_icon", json!({"projectKey": "KURA"})),
        (
            "get_icon",
            json!({"userId": seed::DANIEL, "projectId": seed::KURA}),
        ),
        ("add_star", json!({"kind": "comment", "id": 9_900_301})),
        ("remove_star", json!({"starId": 12_001})),
        ("update_space_notification", json!({"content": "Hello"})),
        ("get_space_disk_usage", json!({})),
    ] {
        let (failed, text, sent) = call_in_harbor(&sim, tool, &arguments).await;
        assert!(failed && text.contains("only some projects"), "{text}");
        assert_eq!(sent, [""; 0], "{tool}");
    }
    sim.stop().await;
}

#[actix_web::test]
async fn counts_and_searches_go_to_the_allowed_projects() {
    let sim = sim().await;
    for (policy, arguments, sent) in [
        (&["HARBOR"][..], json!({}), Some("projectId[]=88104")),
        (
            &["HARBOR", "OPS"],
            json!({"projectId": null}),
            Some("projectId[]=88104&projectId[]=88131"),
        ),
        (
            &["HARBOR", "OPS"],
            json!({"projectId": []}),
            Some("projectId[]=88104&projectId[]=88131"),
        ),
        (
            &["HARBOR", "OPS"],
            json!({"projectId": [88131]}),
            Some("projectId[]=88131"),
        ),
        (&["HARBOR"], json!({"projectId": [88104, 88131]}), None),
        // Nothing is left, which must not read as no filter.
        (&["ELSEWHERE"], json!({}), None),
        (&[], json!({}), None),
    ] {
        for (tool, path) in [("get_issues", "issues"), ("count_issues", "issues/count")] {
            sim.control().clear_journal();
            let arguments = arguments.as_object().expect("an object").clone();
            let shown = format!("{tool} {policy:?} {}", json!(arguments));
            let (failed, text) = call(&sim, within(policy), tool, arguments).await;
            assert_eq!(failed, sent.is_none(), "{shown}: {text}");
            let journal = sim.control().journal();
            let is_it = |path: &str| format!("/api/v2/{path}");
            let asked = journal.iter().find(|entry| entry.path == is_it(path));
            let asked = asked.map(|entry| crate::tools::pairs(&entry.query));
            assert_eq!(asked.as_deref(), sent, "{shown}");
        }
    }
    sim.stop().await;
}

#[actix_web::test]
async fn parts_of_a_response_in_another_project_are_removed() {
    let sim = sim().await;
    let arguments = |more: Value| {
        let mut arguments = json!({"projectKey": "HARBOR", "repoName": "portal", "number": 1});
        for (name, value) in more.as_object().expect("an object") {
            arguments[name] = value.clone();
        }
        arguments.as_object().expect("an object").clone()
    };
    let link = arguments(json!({"issueId": 5_520_227}));
    let (failed, linked) = call(&sim, Policy::default(), "update_pull_request", link).await;
    assert!(!failed && linked.contains("\"KURA-1\""), "{linked}");
    let look = arguments(json!({}));
    let (failed, text) = call(&sim, within(&["HARBOR"]), "get_pull_request", look).await;
    assert!(!failed && text.contains("\"issue\":null"), "{text}");
    assert!(text.contains("left out"), "{text}");
    assert!(!tells_of_foreign_projects(&text), "{text}");
    sim.stop().await;
}

#[actix_web::test]
async fn an_argument_that_no_input_takes_does_not_slip_past() {
    let sim = sim().await;
    // The way in which the request is written is not an input of the tool.
    let arguments = json!({"projectIds": [seed::HARBOR], "projectId": [seed::KURA]});
    let arguments = arguments.as_object().expect("an object").clone();
    sim.control().clear_journal();
    let (failed, text) = call(&sim, within(&["HARBOR"]), "get_documents", arguments).await;
    assert!(failed && !tells_of_foreign_projects(&text), "{text}");
    assert!(text.contains("projectId: means projectIds"), "{text}");
    assert_eq!(requests(&sim), Vec::<String>::new());
    sim.stop().await;
}

#[actix_web::test]
async fn without_bounds_nothing_is_looked_up() {
    let sim = sim().await;
    let row = row(
        "get_issue",
        json!({"issueKey": "KURA-1"}),
        "GET issues/KURA-1",
        "",
        json!({}),
    );
    let arguments = row.arguments.as_object().expect("an object").clone();
    let (failed, text) = call(&sim, Policy::default(), row.tool, arguments).await;
    assert!(!failed, "{text}");
    assert_eq!(requests(&sim), [row.request]);
    sim.stop().await;
}
