use std::fmt::Write;

use backlog_sim::{
    Matcher,
    seed::{DANIEL, HARUKA, MAJA, TOMASZ, document},
};
use oauth_values::{Scope, Scopes};
use serde_json::{Value, json};

use super::World;
use crate::calls::caller::Caller;

/// The text of a page as Backlog has it.
async fn content(world: &World, id: i64) -> String {
    let haruka = world.caller(HARUKA);
    let mut text = String::new();
    let mut offset = 0;
    loop {
        let given = json!({"wikiId": id, "textOffset": offset, "textLength": 10_000});
        let page = world.call(&haruka, "get_wiki", given).await.unwrap();
        let page: Value = serde_json::from_str(&page).unwrap();
        let part = page["content"].as_str().unwrap();
        let length = part.chars().count();
        text.push_str(part);
        offset += length;
        if length < 10_000 {
            return text;
        }
    }
}

/// What Backlog received as the text of a page.
fn sent(world: &World) -> Option<String> {
    let journal = world.sim.control().journal();
    let mut writes = journal
        .iter()
        .filter(|entry| entry.method == "PATCH" || entry.method == "POST");
    writes.next_back()?.param("content").map(str::to_owned)
}

async fn edit(world: &World, caller: &Caller, arguments: Value) -> Result<String, String> {
    world.call(caller, "edit_page", arguments).await
}

#[tokio::test]
async fn a_text_that_occurs_once_is_replaced() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let given = json!({
        "page": "Deployment",
        "project": "harbor",
        "old": "one pod",
        "new": "two pods",
    });
    let text = edit(&world, &daniel, given).await.unwrap();
    for part in [
        "Runbook/Deployment (wiki:640012): http",
        "one pod",
        "two pods",
        "→",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let expected = "1. Check the berth constraint migration.\n2. Roll out two pods at a time.";
    assert_eq!(content(&world, 640_012).await, expected);
}

#[tokio::test]
async fn a_section_gets_more_at_its_end() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let id = world
        .add_page(&daniel, "Log", "# A\n- one\n\n# B\nrest\n")
        .await;
    let given = json!({"page": format!("wiki:{id}"), "section": "a", "new": "- two"});
    let text = edit(&world, &daniel, given).await.unwrap();
    assert!(
        text.contains("Added at the end of the section a:"),
        "{text}"
    );
    assert_eq!(
        content(&world, id).await,
        "# A\n- one\n- two\n\n# B\nrest\n"
    );
}

#[tokio::test]
async fn markdown_is_converted_where_the_project_has_its_own_notation() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let given = json!({
        "page": "Home",
        "project": "KURA",
        "section": "倉庫管理システム",
        "new": "**重要**: 月末に確認",
    });
    let text = edit(&world, &daniel, given).await.unwrap();
    assert!(text.contains("converted to Backlog's notation"), "{text}");
    assert!(sent(&world).unwrap().ends_with("''重要'': 月末に確認"));
    // A replacement stands as it is.
    let given = json!({
        "page": "Home",
        "project": "KURA",
        "old": "用語集と棚卸し手順",
        "new": "**用語集**",
    });
    edit(&world, &daniel, given).await.unwrap();
    assert!(sent(&world).unwrap().contains("\n**用語集**はここから。"));
    let given = json!({"page": "新しい頁", "project": "KURA", "new": "# 見出し\n\n本文"});
    let text = edit(&world, &daniel, given).await.unwrap();
    assert!(
        text.contains("Added the wiki page 新しい頁 to KURA (wiki:"),
        "{text}"
    );
    assert_eq!(sent(&world).unwrap().lines().next(), Some("* 見出し"));
}

#[tokio::test]
async fn a_new_page_is_added_with_its_text_as_it_is() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let given =
        json!({"name": "Runbook/Tides", "project": "HARBOR", "content": "# Tides\r\n\r\ntext"});
    let text = edit(&world, &daniel, given.clone()).await.unwrap();
    assert!(
        text.contains("Added the wiki page Runbook/Tides to HARBOR"),
        "{text}"
    );
    assert_eq!(sent(&world).as_deref(), Some("# Tides\r\n\r\ntext"));
    let error = edit(&world, &daniel, given).await.unwrap_err();
    assert!(error.contains("exists; give old"), "{error}");
}

#[tokio::test]
async fn a_page_beside_one_with_a_similar_name_is_added_only_on_request() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let mut given = json!({"page": "Runbook/Deploymnet", "project": "HARBOR", "new": "# New"});
    for add in [json!(null), json!(false)] {
        given["add"] = add;
        let error = edit(&world, &daniel, given.clone()).await.unwrap_err();
        assert!(
            error.contains("almost the name of \"Runbook/Deployment\" (wiki:640012)"),
            "{error}"
        );
        assert!(error.contains("give add: true"), "{error}");
        assert!(sent(&world).is_none());
    }
    given["add"] = json!(true);
    let text = edit(&world, &daniel, given).await.unwrap();
    assert!(
        text.starts_with("Added the wiki page Runbook/Deploymnet"),
        "{text}"
    );
    let given = json!({"page": "wiki:640012", "old": "one pod", "new": "x", "add": true});
    let error = edit(&world, &daniel, given).await.unwrap_err();
    assert!(error.contains("add: is only for a new page"), "{error}");
}

#[tokio::test]
async fn a_text_is_removed_by_a_word_that_is_no_text() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let page = world
        .add_page(&daniel, "Texts", "Known issues: TBD (later).")
        .await;
    let page = format!("wiki:{page}");
    world.requests();
    for word in ["none", "なし", " None "] {
        let given = json!({"page": page, "old": " (later)", "new": word});
        let error = edit(&world, &daniel, given).await.unwrap_err();
        assert!(error.contains("may be a text or a removal"), "{error}");
    }
    assert!(sent(&world).is_none());
    let given = json!({"page": page, "old": " (later)", "new": "（なし）"});
    let text = edit(&world, &daniel, given).await.unwrap();
    assert!(
        text.contains("Removed:") && !text.contains("Added"),
        "{text}"
    );
    assert_eq!(sent(&world).as_deref(), Some("Known issues: TBD."));
    let given = json!({"page": page, "old": ": TBD", "new": ": none"});
    edit(&world, &daniel, given).await.unwrap();
    assert_eq!(sent(&world).as_deref(), Some("Known issues: none."));
    let given = json!({"page": "New page", "project": "HARBOR", "new": "(none)"});
    let error = edit(&world, &daniel, given).await.unwrap_err();
    assert!(error.contains("old, which is not given"), "{error}");
}

#[tokio::test]
async fn a_long_page_loses_nothing() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    for length in [66_000, 200_000] {
        let mut start = String::new();
        while start.chars().count() < length / 2 {
            let _ = writeln!(start, "{}: 潮位 \u{200b}and ''berth''\r", start.len());
        }
        let rest: String = start.chars().rev().collect();
        let page = format!("{start}THE PLACE{rest}");
        let id = world
            .add_page(&daniel, &format!("Long {length}"), &page)
            .await;
        let given = json!({"page": id.to_string(), "project": "HARBOR", "old": "THE PLACE", "new": "東\r\n"});
        edit(&world, &daniel, given).await.unwrap();
        assert!(
            sent(&world).unwrap() == format!("{start}東\r\n{rest}"),
            "{length}"
        );
    }
}

#[tokio::test]
async fn a_change_in_between_is_an_error_and_not_a_loss() {
    let world = World::start().await;
    let (daniel, maja) = (world.caller(DANIEL), world.caller(MAJA));
    let id = world.add_page(&daniel, "Shared", "one two").await;
    let control = world.sim.control();
    // The project is read between the two reads of the page.
    control.hold(Matcher::path("/api/v2/projects/88104"));
    let given = json!({"page": format!("wiki:{id}"), "old": "one", "new": "1"});
    let between = async {
        control.wait_for_held(1).await;
        let given = json!({"wikiId": id, "content": "one two three"});
        world.call(&maja, "update_wiki", given).await.unwrap();
        control.release();
    };
    let (edited, ()) = tokio::join!(edit(&world, &daniel, given.clone()), between);
    let error = edited.unwrap_err();
    assert!(
        error.contains("Maja Lindqvist changed wiki:") && error.contains("nothing was written")
    );
    assert_eq!(content(&world, id).await, "one two three");
    edit(&world, &daniel, given).await.unwrap();
    assert_eq!(content(&world, id).await, "1 two three");
}

#[tokio::test]
async fn any_other_change_is_an_error() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let plan = format!("document:{}", document::LAUNCH_PLAN);
    for (given, expected) in [
        (
            json!({"page": "wiki:640012", "old": "one pot", "new": "x"}),
            "old: the text to replace does not occur; the nearest is line 2",
        ),
        (
            json!({"page": "wiki:640012", "old": "e", "new": "x"}),
            "old: the text to replace occurs",
        ),
        (
            json!({"page": "wiki:640012", "old": "one pod", "new": "one pod"}),
            "nothing would change",
        ),
        (
            json!({"page": "wiki:640012", "section": "Rollback", "new": "x"}),
            "section: no heading matches",
        ),
        (
            json!({"page": "wiki:640012", "new": "x"}),
            "wiki:640012 exists; give old",
        ),
        (
            json!({"page": "wiki:640012", "old": "one pod"}),
            "new: is required",
        ),
        (
            json!({"page": "Home", "new": "x"}),
            "project: is required for a page by name",
        ),
        (
            json!({"page": "Hoem", "project": "HARBOR", "old": "a", "new": "x"}),
            "nearest: \"Home\"",
        ),
        (
            json!({"page": plan, "old": "Three", "new": "Four"}),
            "which Backlog's API cannot change",
        ),
        (
            json!({"page": "Launch plan", "project": "HARBOR", "old": "Three", "new": "Four"}),
            "which Backlog's API cannot change",
        ),
        (
            json!({"page": "HARBOR-1", "old": "a", "new": "b"}),
            "HARBOR-1 is an issue, not a wiki page",
        ),
        (
            json!({"page": "https://evil.example/alias/wiki/1", "old": "a", "new": "b"}),
            "the URL is of",
        ),
    ] {
        let error = edit(&world, &daniel, given.clone()).await.unwrap_err();
        assert!(error.contains(expected), "{given}: {error}");
        assert!(sent(&world).is_none(), "{given}");
    }
}

#[tokio::test]
async fn only_a_caller_who_may_write_changes_a_page() {
    let world = World::start().await;
    let given = json!({"page": "wiki:640012", "old": "one pod", "new": "x"});
    let mut reader = world.caller(DANIEL);
    reader.scopes = Scopes::from_iter([Scope::Read]);
    edit(&world, &reader, given.clone()).await.unwrap_err();
    let mut bound = world.caller(DANIEL);
    bound.policy.projects = Some(["OPS".to_owned()].into());
    edit(&world, &bound, given.clone()).await.unwrap_err();
    let mut read_only = world.caller(DANIEL);
    read_only.policy.read_only = true;
    edit(&world, &read_only, given.clone()).await.unwrap_err();
    edit(&world, &world.caller(TOMASZ), given)
        .await
        .unwrap_err();
    assert!(sent(&world).is_none());
}
