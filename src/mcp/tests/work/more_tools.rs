//! `find_tools` and `run_tool`.

use backlog_sim::seed::{DANIEL, HARUKA};
use oauth_values::{Scope, Scopes};
use serde_json::{Value, json};

use super::World;
use crate::{
    calls::{
        caller::Caller,
        options::ToolOptions,
        policy::Policy,
        registry::{self, Registry},
    },
    toolkit::toolset::Toolset,
};

/// What users ask for, and a tool that does it.
const QUERIES: &[(&str, &str)] = &[
    ("download an attachment", "get_issue_attachment"),
    ("rename a category", "update_category"),
    ("list webhooks", "get_webhooks"),
    ("add a member to the project", "add_project_user"),
    ("watch an issue", "add_watching"),
    ("star a comment", "add_star"),
    ("history of a wiki page", "get_wiki_history"),
    ("disk usage of the space", "get_space_disk_usage"),
    ("mark notification as read", "mark_notification_as_read"),
    ("delete a milestone", "delete_version"),
    (
        "add an item to a custom field list",
        "add_custom_field_item",
    ),
    ("recently viewed issues", "get_recently_viewed_issues"),
    ("how many requests are left, rate limit", "get_rate_limit"),
    ("delete a wiki page", "delete_wiki"),
    ("teams of a project", "get_project_teams"),
    ("添付ファイルをダウンロード", "get_issue_attachment"),
    ("カテゴリーを追加", "add_category"),
    ("課題を削除", "delete_issue"),
    ("ウォッチを一覧", "get_watching_list_items"),
    ("プロジェクトのメンバーを追加", "add_project_user"),
    ("状態を追加", "add_status"),
    ("ドキュメントのタグを追加", "add_document_tags"),
];

/// The text for `confirm` at the end of a preview.
fn confirmation(asked: &str) -> &str {
    let (_, confirm) = asked.rsplit_once("confirm: ").expect("a confirmation");
    confirm.trim_matches('"')
}

async fn run(world: &World, caller: &Caller, arguments: Value) -> Result<String, String> {
    world.call(caller, "run_tool", arguments).await
}

#[actix_web::test]
async fn a_tool_is_found_by_what_it_does_in_both_languages() {
    let world = World::start().await;
    let caller = world.caller(HARUKA);
    let known: Vec<_> = registry::all()
        .iter()
        .map(|entry| entry.meta.name)
        .collect();
    let mut missed = Vec::new();
    for (query, tool) in QUERIES {
        assert!(known.contains(tool), "{tool} is a tool");
        let found = world.call(&caller, "find_tools", json!({"query": query}));
        let found = found.await.unwrap();
        if !found.contains(&format!("## {tool}\n")) {
            let names: Vec<_> = found
                .lines()
                .filter(|line| line.starts_with("## "))
                .collect();
            missed.push(format!("{query}: {tool} is not in {names:?}"));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
    assert_eq!(world.requests(), 0, "a search needs no request");
}

#[actix_web::test]
async fn a_found_tool_has_its_inputs_and_its_effect() {
    let world = World::start().await;
    let found = world
        .call(
            &world.caller(DANIEL),
            "find_tools",
            json!({"query": "rename a category"}),
        )
        .await
        .unwrap();
    let category = found
        .split("## ")
        .find(|tool| tool.starts_with("update_category"));
    let category = category.unwrap();
    assert!(category.contains("- name (string, required)"), "{category}");
    assert!(category.contains("Effect: changes"), "{category}");
}

#[actix_web::test]
async fn run_tool_runs_a_tool_that_is_not_listed() {
    let world = World::start().await;
    let caller = world.caller(DANIEL);
    for arguments in [
        json!({"name": "get_categories", "arguments": "{\"projectKey\": \"HARBOR\"}"}),
        json!({"name": "get_categories", "arguments": {"projectKey": "HARBOR"}}),
        json!({"tool": "get_categories", "arguments": {"project": "harbor"}}),
    ] {
        let categories = run(&world, &caller, arguments.clone()).await;
        let categories = categories.unwrap_or_else(|error| panic!("{arguments}: {error}"));
        assert!(categories.contains("\"projectId\""), "{categories}");
    }
}

#[actix_web::test]
async fn a_wrong_name_or_form_is_an_error_with_the_way_on() {
    let world = World::start().await;
    let caller = world.caller(DANIEL);
    for (arguments, expected) in [
        (
            json!({"name": "rename_category"}),
            "available: update_category",
        ),
        (
            json!({"name": "find_tools"}),
            "find_tools is listed; call it directly",
        ),
        (
            json!({"name": "get_categories", "arguments": "HARBOR"}),
            "expected a JSON object",
        ),
        (
            json!({"name": "get_categories", "arguments": "{\"projct\": 1}"}),
            "projct",
        ),
        (json!({}), "name: is required"),
    ] {
        let error = run(&world, &caller, arguments.clone()).await.unwrap_err();
        assert!(error.contains(expected), "{arguments}: {error}");
    }
}

#[actix_web::test]
async fn a_deletion_asks_first() {
    let world = World::start().await;
    let caller = world.caller(HARUKA);
    let delete = |confirm: Option<&str>| json!({"name": "delete_issue", "arguments": {"issueKey": "HARBOR-2"}, "confirm": confirm});
    let deletions = || {
        let journal = world.sim.control().journal();
        let deleted = journal.iter().filter(|entry| entry.method == "DELETE");
        deleted.count()
    };
    let asked = run(&world, &caller, delete(None)).await.unwrap();
    assert!(asked.starts_with("Nothing is deleted yet."), "{asked}");
    assert!(
        asked.contains("HARBOR-2") && asked.contains("confirm"),
        "{asked}"
    );
    let asked = run(&world, &caller, delete(Some("HARBOR-3")))
        .await
        .unwrap();
    assert!(asked.starts_with("Nothing is deleted yet."), "{asked}");
    assert_eq!(deletions(), 0);
    let confirm = confirmation(&asked);
    run(&world, &caller, delete(Some(&format!(" {confirm}. "))))
        .await
        .unwrap();
    assert_eq!(deletions(), 1);
}

#[actix_web::test]
async fn a_tool_that_gives_access_or_sends_content_elsewhere_asks_first() {
    let world = World::start().await;
    let caller = world.caller(HARUKA);
    let changes = || {
        let journal = world.sim.control().journal();
        let changes = journal.iter().filter(|entry| entry.method != "GET");
        changes.count()
    };
    // A long argument does not hide the others.
    let webhook = json!({"projectKey": "HARBOR", "name": "Ours", "description": "a ".repeat(900),
        "hookUrl": "https://a.example/", "allEvent": true});
    let call = |confirm: Option<&str>| json!({"name": "add_webhook", "arguments": webhook, "confirm": confirm});
    let asked = run(&world, &caller, call(None)).await.unwrap();
    assert!(asked.starts_with("Nothing is done yet."), "{asked}");
    assert!(
        asked.contains("hookUrl: https://a.example/")
            && asked.contains("confirm: \"https://a.example/ "),
        "{asked}"
    );
    assert!(!asked.contains("no events"), "{asked}");
    assert_eq!(changes(), 0);
    run(&world, &caller, call(Some(confirmation(&asked))))
        .await
        .unwrap();
    assert_eq!(changes(), 1);
    let member = json!({"projectKey": "HARBOR", "userId": DANIEL});
    let member = json!({"name": "add_project_administrator", "arguments": member});
    let asked = run(&world, &caller, member).await.unwrap();
    assert!(asked.starts_with("Nothing is done yet."), "{asked}");
    assert_eq!(changes(), 1);
}

#[actix_web::test]
async fn a_webhook_without_events_is_noted() {
    let world = World::start().await;
    let webhook = json!({"projectKey": "HARBOR", "name": "Ours", "hookUrl": "https://a.example/"});
    for (events, is_noted) in [
        (json!({}), true),
        (json!({"allEvent": false}), true),
        (json!({"allEvent": true}), false),
        (json!({"activityTypeIds": [1]}), false),
    ] {
        let mut webhook = webhook.clone();
        let events = events.as_object().unwrap().clone();
        webhook.as_object_mut().unwrap().extend(events);
        let call = json!({"name": "add_webhook", "arguments": webhook});
        let asked = run(&world, &world.caller(HARUKA), call).await.unwrap();
        assert_eq!(
            asked.contains("Backlog will never call it"),
            is_noted,
            "{asked}"
        );
    }
}

/// The first element of a list that a classic tool returns.
async fn first(world: &World, tool: &str, arguments: Value) -> Value {
    let mut caller = world.caller(HARUKA);
    caller.policy.chosen = Some(Toolset::ALL.into());
    let list = world.call(&caller, tool, arguments).await;
    let list: Value = serde_json::from_str(&list.unwrap()).unwrap();
    list[0].clone()
}

/// The tool that deletes, that which lists the items, the argument with the id, and the argument
/// of the project if it is not `projectKey`.
const DELETIONS: &[(&str, &str, &str)] = &[
    ("delete_version", "get_version_milestone_list", "id"),
    ("delete_category", "get_categories", "id"),
    ("delete_issue_type", "get_issue_types", "id"),
    ("delete_status", "get_statuses", "id"),
    ("delete_custom_field", "get_custom_fields", "id"),
    ("delete_webhook", "get_webhooks", "webhookId"),
    ("remove_project_user", "get_project_users", "userId"),
    (
        "remove_project_administrator",
        "get_project_administrators",
        "userId",
    ),
];

#[actix_web::test]
async fn the_preview_of_a_deletion_names_the_item() {
    let world = World::start().await;
    let webhook = json!({
        "projectIdOrKey": "HARBOR", "name": "Ours", "hookUrl": "https://a.example/",
        "allEvent": true,
    });
    world
        .call(&world.caller(HARUKA), "add_webhook", webhook)
        .await
        .unwrap();
    for (delete, list, id) in DELETIONS {
        let item = first(&world, list, json!({"project": "HARBOR"})).await;
        let name = item["name"]
            .as_str()
            .unwrap_or_else(|| panic!("{list}: {item}"));
        let call = json!({"name": delete, "arguments": {"project": "HARBOR", *id: item["id"]}});
        let asked = run(&world, &world.caller(HARUKA), call).await;
        let asked = asked.unwrap_or_else(|error| panic!("{delete}: {error}"));
        assert!(
            asked.contains(&format!("would delete: {name}")),
            "{delete}: {asked}"
        );
        assert!(
            asked.contains(&format!("confirm: \"{name} ")),
            "{delete}: {asked}"
        );
    }
    let fields = first(&world, "get_custom_fields", json!({"project": "HARBOR"})).await;
    assert!(fields["name"].is_string(), "{fields}");
    let call = json!({"name": "delete_version", "arguments": {"project": "HARBOR", "id": 1}});
    let asked = run(&world, &world.caller(HARUKA), call).await.unwrap();
    assert!(
        asked.contains("id: 1"),
        "an item that is not in the list: {asked}"
    );
}

#[actix_web::test]
async fn the_result_is_short_unless_all_is_asked_for() {
    let world = World::start().await;
    let full = |mut caller: Caller| {
        caller.policy.format = Some(crate::calls::response_format::ResponseFormat::Full);
        caller
    };
    let issue = |format: Value| json!({"name": "get_issue", "arguments": {"issueKey": "HARBOR-2", "format": format}});
    let daniel = world.caller(DANIEL);
    for (caller, format, is_full) in [
        (daniel.clone(), Value::Null, false),
        (daniel.clone(), json!("full"), true),
        (full(daniel.clone()), Value::Null, true),
        (full(daniel), json!("concise"), false),
    ] {
        let found = run(&world, &caller, issue(format.clone())).await.unwrap();
        assert_eq!(found.contains("\"keyId\""), is_full, "{format}: {found}");
    }
}

#[actix_web::test]
async fn advice_names_a_tool_that_the_connection_lists() {
    let world = World::start().await;
    let with = |toolsets: Option<&[Toolset]>| {
        let mut caller = world.caller(DANIEL);
        caller.policy.chosen = toolsets.map(|toolsets| toolsets.iter().copied().collect());
        caller
    };
    let work = with(Some(&[Toolset::Work]));
    let both = with(Some(&[Toolset::Work, Toolset::Issue]));
    let missing = json!({"issueKey": "HARBOR-999"});
    let wrong_field = json!({"projectKey": "HARBOR", "webhookId": 9});
    for (caller, tool, arguments, expected, is_direct) in [
        (
            &work,
            "get_issue",
            &missing,
            "issueKey (see find_issues)",
            false,
        ),
        (
            &both,
            "get_issue",
            &missing,
            "issueKey (see get_issues)",
            true,
        ),
        (
            &with(None),
            "get_issue",
            &missing,
            "issueKey (see get_issues)",
            true,
        ),
        (
            &work,
            "delete_webhook",
            &wrong_field,
            "(see get_webhooks by run_tool)",
            true,
        ),
    ] {
        let called = match is_direct {
            true => world.call(caller, tool, arguments.clone()).await,
            false => {
                run(
                    &world,
                    caller,
                    json!({"name": tool, "arguments": arguments}),
                )
                .await
            }
        };
        let error = called.unwrap_err();
        assert!(error.contains(expected), "{tool}: {error}");
    }
    // The tool that was run keeps its name.
    let wrong = json!({"name": "get_issues", "arguments": {"cuont": 3}});
    let error = run(&world, &work, wrong).await.unwrap_err();
    assert!(error.contains("tool get_issues: "), "{error}");
}

#[actix_web::test]
async fn a_deletion_whose_item_cannot_be_read_deletes_nothing() {
    let world = World::start().await;
    let caller = world.caller(HARUKA);
    let arguments = json!({
        "name": "delete_issue", "arguments": {"issueKey": "HARBOR-99999"}, "confirm": "HARBOR-99999",
    });
    assert!(run(&world, &caller, arguments).await.is_err());
    let journal = world.sim.control().journal();
    assert!(journal.iter().all(|entry| entry.method != "DELETE"));
}

/// Every tool that deletes asks when it is run through `run_tool`, whatever it deletes.
#[actix_web::test]
async fn every_deletion_asks() {
    let world = World::start().await;
    let table = Registry::new(&ToolOptions::default());
    for entry in table.tools() {
        if entry.method != Some(backlog_client::Method::Delete) {
            continue;
        }
        let caller = world.caller(HARUKA);
        let given = entry.inputs.own().iter();
        let given = given.map(|input| (input.name.clone(), json!("1")));
        let arguments: serde_json::Map<_, _> = given.collect();
        let name = entry.meta.name;
        // An error is fine as well: the item does not exist.
        let _ = run(
            &world,
            &caller,
            json!({"name": name, "arguments": arguments}),
        )
        .await;
        let journal = world.sim.control().journal();
        let deleted = journal.iter().find(|entry| entry.method == "DELETE");
        assert!(deleted.is_none(), "{name}: {deleted:?}");
    }
}

#[actix_web::test]
async fn a_reading_caller_has_run_tool_as_a_reading_tool() {
    let world = World::start().await;
    let caller = Caller {
        scopes: Scopes::from_iter([Scope::Read]),
        ..world.caller(DANIEL)
    };
    let tools = world.rpc(&caller, "tools/list", json!({})).await;
    let tools = tools["tools"].as_array().unwrap();
    let run_tool = tools
        .iter()
        .find(|tool| tool["name"] == "run_tool")
        .unwrap();
    assert_eq!(run_tool["annotations"]["readOnlyHint"], true);
    assert_eq!(run_tool["annotations"]["destructiveHint"], false);
    let read = json!({"name": "get_categories", "arguments": {"projectKey": "HARBOR"}});
    run(&world, &caller, read).await.unwrap();
    let write = json!({
        "name": "add_category", "arguments": {"projectKey": "HARBOR", "name": "New"},
    });
    let error = run(&world, &caller, write).await.unwrap_err();
    assert!(error.contains("needs the scope"), "{error}");
}

#[actix_web::test]
async fn limits_of_operator_and_projects_hold_for_the_tool_that_is_run() {
    let world = World::start().await;
    let limited = |policy: Policy| Caller {
        policy,
        ..world.caller(DANIEL)
    };
    let only_wiki = limited(Policy {
        toolsets: Some([Toolset::Work, Toolset::Wiki].into()),
        ..Policy::default()
    });
    let categories = json!({"name": "get_categories", "arguments": {"projectKey": "HARBOR"}});
    let error = run(&world, &only_wiki, categories.clone())
        .await
        .unwrap_err();
    assert!(error.contains("`issue` is not enabled here"), "{error}");
    let found = world.call(&only_wiki, "find_tools", json!({"query": "category"}));
    assert!(!found.await.unwrap().contains("## get_categories"));

    let only_work = limited(Policy {
        toolsets: Some([Toolset::Work].into()),
        ..Policy::default()
    });
    run(&world, &only_work, categories).await.unwrap();

    let only_kura = limited(Policy {
        projects: Some(["KURA".to_owned()].into()),
        chosen: Some([Toolset::Work].into()),
        ..Policy::default()
    });
    let issue = json!({"name": "get_issue", "arguments": {"issueKey": "HARBOR-1"}});
    let error = run(&world, &only_kura, issue).await.unwrap_err();
    assert!(error.contains("KURA"), "{error}");
}

#[actix_web::test]
async fn without_the_toolset_neither_is_listed_nor_run() {
    let world = World::start().await;
    for policy in [
        Policy::default(),
        Policy {
            chosen: Some([Toolset::Issue].into()),
            ..Policy::default()
        },
        Policy {
            toolsets: Some([Toolset::Issue].into()),
            chosen: Some([Toolset::Work].into()),
            ..Policy::default()
        },
    ] {
        let caller = Caller {
            policy: policy.clone(),
            ..world.caller(DANIEL)
        };
        let listed = world.rpc(&caller, "tools/list", json!({})).await;
        assert!(!listed.to_string().contains("\"run_tool\""), "{policy:?}");
        let arguments = json!({"name": "get_myself"});
        assert!(run(&world, &caller, arguments).await.is_err(), "{policy:?}");
    }
}
