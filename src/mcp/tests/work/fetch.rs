use std::fmt::Write;

use backlog_sim::seed::{DANIEL, HARUKA, MAJA, document};
use serde_json::{Value, json};

use super::World;
use crate::{
    calls::caller::Caller,
    toolkit::{tokens::tokens, toolset::Toolset},
};

async fn fetch(world: &World, caller: &Caller, arguments: Value) -> Value {
    world.json(caller, "fetch", arguments).await
}

async fn text(world: &World, caller: &Caller, arguments: Value) -> String {
    let fetched = fetch(world, caller, arguments).await;
    fetched["text"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_issue_has_its_comments_changes_and_files() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let fetched = fetch(&world, &daniel, json!({"id": "harbor-1"})).await;
    let names: Vec<_> = fetched.as_object().unwrap().keys().collect();
    assert_eq!(names, ["id", "title", "text", "url", "metadata"]);
    assert_eq!(fetched["id"], "HARBOR-1");
    let url = format!(
        "{}/view/HARBOR-1",
        world.sim.url().as_str().trim_end_matches('/')
    );
    assert_eq!(fetched["url"], url);
    assert!(fetched["title"].as_str().unwrap().starts_with("HARBOR-1: "));
    assert_eq!(fetched["metadata"]["kind"], "issue");
    let text = fetched["text"].as_str().unwrap();
    for part in ["## Description", "## Files", "console.txt", "## Comments"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(fetched["metadata"]["next"].is_null());
}

#[tokio::test]
async fn an_issue_costs_few_requests() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    fetch(&world, &daniel, json!({"id": "HARBOR-1"})).await;
    world.requests();
    fetch(&world, &daniel, json!({"id": "HARBOR-2"})).await;
    assert!(world.requests() <= 5);
}

#[tokio::test]
async fn linked_issues_and_comments_of_documents_are_there() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let mut classic = daniel.clone();
    classic.policy.chosen = Some(Toolset::ALL.into());
    let link = json!({"issueKey": "HARBOR-2", "targetIssueId": "HARBOR-3"});
    world
        .call(&classic, "add_related_issue", link)
        .await
        .unwrap();
    for (key, other) in [("HARBOR-2", "| HARBOR-3 |"), ("HARBOR-3", "| HARBOR-2 |")] {
        let text = text(&world, &daniel, json!({"id": key})).await;
        let (_, related) = text.split_once("## Related issues").unwrap();
        assert!(related.contains(other), "{text}");
    }
    let plan = json!({"id": document::LAUNCH_PLAN});
    let whole = text(&world, &daniel, plan.clone()).await;
    let arguments = json!({"documentId": document::LAUNCH_PLAN});
    let listed = world
        .json(&classic, "get_document_comments", arguments)
        .await;
    for comment in listed.as_array().unwrap() {
        assert!(
            whole.contains(comment["plain"].as_str().unwrap()),
            "{whole}"
        );
    }
    assert!(whole.contains("## Comments ("), "{whole}");
    let mut none = plan;
    none["comments"] = json!(0);
    assert!(!text(&world, &daniel, none).await.contains("## Comments"));
}

#[tokio::test]
async fn every_form_of_an_id_is_the_same_thing() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let space = world.sim.url().as_str().trim_end_matches('/').to_owned();
    let launch_plan = format!("document:{}", document::LAUNCH_PLAN);
    for (given, expected) in [
        (json!({"id": "ＨＡＲＢＯＲ－３"}), "HARBOR-3"),
        (json!({"issueKey": "HARBOR-3", "project": ""}), "HARBOR-3"),
        (json!({"url": format!("{space}/view/HARBOR-3")}), "HARBOR-3"),
        (json!({"id": "wiki:640012"}), "wiki:640012"),
        (
            json!({"id": format!("{space}/alias/wiki/640012")}),
            "wiki:640012",
        ),
        (
            json!({"id": format!("{space}/wiki/HARBOR/Runbook%2FDeployment")}),
            "wiki:640012",
        ),
        (
            json!({"id": "Runbook/Deployment", "project": "harbor"}),
            "wiki:640012",
        ),
        (
            json!({"id": "deployment", "project": ["HARBOR"]}),
            "wiki:640012",
        ),
        (
            json!({"id": "棚卸し手順", "project": "KURA"}),
            "wiki:640015",
        ),
        (
            json!({"id": "Launch plan", "project": "HARBOR"}),
            &launch_plan,
        ),
        (json!({"id": document::LAUNCH_PLAN}), &launch_plan),
        (
            json!({"id": format!("{space}/document/HARBOR/{}", document::LAUNCH_PLAN)}),
            &launch_plan,
        ),
        (json!({"id": "harbor/portal#2"}), "HARBOR/portal#2"),
        (
            json!({"id": format!("{space}/git/HARBOR/portal/pullRequests/2")}),
            "HARBOR/portal#2",
        ),
        (json!({"id": "HARBOR 3", "project": "HARBOR"}), "HARBOR-3"),
    ] {
        let fetched = fetch(&world, &daniel, given.clone()).await;
        assert_eq!(fetched["id"], expected, "{given}");
        assert!(
            fetched["url"].as_str().unwrap().starts_with(&space),
            "{given}"
        );
        // What it names is read again by its id alone.
        let again = fetch(&world, &daniel, json!({"id": expected})).await;
        assert_eq!(again["text"], fetched["text"], "{given}");
    }
}

#[tokio::test]
async fn a_part_of_a_name_is_noted() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let given = json!({"id": "Deploy", "project": "HARBOR"});
    let fetched = fetch(&world, &daniel, given).await;
    let notes = fetched["metadata"]["notes"].as_str().unwrap();
    assert!(notes.contains("\"Deploy\" was read as the page \"Runbook/Deployment\""));
}

#[tokio::test]
async fn any_other_id_is_an_error_that_says_what_is_possible() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    for (given, expected) in [
        (
            json!({"id": "https://evil.example/view/HARBOR-1"}),
            "the URL is of \"evil.example\"",
        ),
        (json!({"id": "Runbook/Deployment"}), "give its project too"),
        (json!({"id": 640_012}), "wiki:640012 for a wiki page"),
        (
            json!({"id": "Deploiment", "project": "HARBOR"}),
            "nearest: \"Runbook/Deployment\"",
        ),
        (json!({"id": "Home", "project": "PIER"}), "PIER"),
        (json!({"id": "HARBOR-9999"}), "HARBOR-9999"),
        (
            json!({"id": "HARBOR-1", "section": "Steps"}),
            "section: only wiki pages and documents",
        ),
        (
            json!({"id": "HARBOR-1", "comments": -1}),
            "comments: expected an integer, 0 or more",
        ),
        (
            json!({"id": "HARBOR-1", "offset": "x"}),
            "offset: expected an integer",
        ),
        (
            json!({"id": "wiki:640012", "section": "Rollback"}),
            "section: no heading matches",
        ),
        (
            json!({"id": "HARBOR-1", "limit": 5}),
            "unknown input \"limit\"",
        ),
        (json!({}), "id: is required"),
    ] {
        let error = world
            .call(&daniel, "fetch", given.clone())
            .await
            .unwrap_err();
        assert!(error.contains(expected), "{given}: {error}");
    }
}

/// The texts in the fences of a page.
fn fenced(text: &str) -> String {
    let mut texts = String::new();
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            texts.extend(lines.by_ref().take_while(|next| *next != line));
        }
    }
    texts
}

/// Reads all parts of a page; the texts in their fences.
async fn parts(world: &World, caller: &Caller, id: &str) -> Vec<String> {
    let (mut next, mut parts) = (Some(id.to_owned()), Vec::new());
    while let Some(id) = next {
        let fetched = fetch(world, caller, json!({"id": id})).await;
        let text = fetched["text"].as_str().unwrap();
        assert!(tokens(&fetched.to_string()) <= 4_400, "{}", fetched["id"]);
        assert!(text.starts_with("Part of a longer text: "), "{text}");
        next = fetched["metadata"]["next"].as_str().map(str::to_owned);
        if let Some(next) = &next {
            assert!(text.contains(&format!("The id of the next part: {next}\n")));
        }
        parts.push(fenced(text));
    }
    parts
}

#[tokio::test]
async fn every_character_of_a_long_page_is_reachable() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    for length in [66_000, 200_000] {
        let mut page = String::new();
        while page.chars().count() < length {
            let _ = writeln!(
                page,
                "{}: 潮位 and berth ``` {}",
                page.len(),
                page.len() * 7
            );
        }
        let id = world
            .add_page(&daniel, &format!("Long {length}"), &page)
            .await;
        let read = parts(&world, &daniel, &format!("wiki:{id}")).await;
        assert_eq!(read.concat(), page, "{length}");
    }
}

#[tokio::test]
async fn a_line_of_200000_characters_is_reachable() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let page: String = (0..25_000).map(|number| format!("{number:07}潮")).collect();
    let id = world.add_page(&daniel, "Line", &page).await;
    let read = parts(&world, &daniel, &format!("wiki:{id}")).await;
    // A fence ends its text with a line break.
    let read: String = read
        .iter()
        .map(|part| part.trim_end_matches('\n'))
        .collect();
    assert!(read == page);
}

#[tokio::test]
async fn a_section_is_read_alone() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let page = "# Run\n\nfirst\n\n## Roll back\n\nsecond\n\n# After\n\nthird\n";
    let id = world.add_page(&daniel, "Sections", page).await;
    let given = json!({"id": format!("wiki:{id}"), "section": "roll back"});
    let read = text(&world, &daniel, given).await;
    assert!(read.starts_with("Only one section of the page; the rest is left out."));
    assert_eq!(fenced(&read), "## Roll back\n\nsecond\n\n");
    // In Backlog's notation a number sign is no heading.
    let given = json!({"id": "Home", "project": "KURA", "section": "倉庫管理システム"});
    assert!(text(&world, &daniel, given).await.contains("用語集"));
}

#[tokio::test]
async fn a_long_section_is_read_in_parts() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let body: String = (0..4_000).map(|number| format!("- {number}\n")).collect();
    let page = format!("# One\n\nno\n\n# A & B\n{body}# Three\n\nno\n");
    let id = world.add_page(&daniel, "Sections", &page).await;
    let given = json!({"id": format!("wiki:{id}"), "section": "A & B"});
    let first = fetch(&world, &daniel, given).await;
    let next = first["metadata"]["next"].as_str().unwrap();
    let mut read = fenced(first["text"].as_str().unwrap());
    let mut next = Some(next.to_owned());
    while let Some(id) = next {
        let fetched = fetch(&world, &daniel, json!({"id": id})).await;
        read.push_str(&fenced(fetched["text"].as_str().unwrap()));
        next = fetched["metadata"]["next"].as_str().map(str::to_owned);
    }
    assert_eq!(read, format!("# A & B\n{body}"));
}

async fn comment(world: &World, caller: &Caller, content: &str) {
    let given = json!({"issueKey": "HARBOR-5", "content": content});
    world
        .call(caller, "add_issue_comment", given)
        .await
        .unwrap();
}

#[tokio::test]
async fn older_comments_have_an_id() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    for number in 0..30 {
        comment(&world, &daniel, &format!("remark {number}.")).await;
    }
    let newest = fetch(&world, &daniel, json!({"id": "HARBOR-5", "comments": 8})).await;
    let text = newest["text"].as_str().unwrap();
    assert!(text.contains("remark 22.") && !text.contains("remark 21."));
    assert!(text.contains("Older ones are left out: read on before comment"));
    let older = newest["metadata"]["older_comments"].as_str().unwrap();
    let older = fetch(&world, &daniel, json!({"id": older})).await;
    let text = older["text"].as_str().unwrap();
    assert!(text.contains("remark 21.") && text.contains("remark 14."));
    assert!(!text.contains("remark 22.") && !text.contains("remark 13."));
    let all = fetch(&world, &daniel, json!({"id": "HARBOR-5", "comments": 100})).await;
    assert!(all["metadata"]["older_comments"].is_null());
    let none = fetch(&world, &daniel, json!({"id": "HARBOR-5", "comments": 0})).await;
    assert!(!none["text"].as_str().unwrap().contains("remark"));
}

#[tokio::test]
async fn a_comment_in_between_does_not_move_the_parts() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    for number in 0..25 {
        comment(
            &world,
            &daniel,
            &format!("remark {number}. {}", "berth ".repeat(200)),
        )
        .await;
    }
    let first = fetch(&world, &daniel, json!({"id": "HARBOR-5"})).await;
    let next = first["metadata"]["next"].as_str().unwrap();
    let before = fetch(&world, &daniel, json!({"id": next})).await;
    comment(&world, &daniel, "new").await;
    let after = fetch(&world, &daniel, json!({"id": next})).await;
    assert_eq!(before["text"], after["text"]);
}

#[tokio::test]
async fn the_url_of_a_comment_shows_it() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    for number in 0..30 {
        comment(&world, &daniel, &format!("remark {number}.")).await;
    }
    let given = json!({"id": "HARBOR-5", "comments": 25});
    let text = text(&world, &daniel, given).await;
    let heading = text
        .split("### ")
        .find(|part| part.contains("remark 6."))
        .unwrap();
    let id = heading
        .split("comment ")
        .nth(1)
        .unwrap()
        .split('\n')
        .next()
        .unwrap();
    let url = format!("{}view/HARBOR-5#comment-{id}", world.sim.url());
    let fetched = fetch(&world, &daniel, json!({"id": url})).await;
    let text = fetched["text"].as_str().unwrap();
    assert!(text.contains("remark 6.") && !text.contains("remark 7."));
    let notes = fetched["metadata"]["notes"].as_str().unwrap();
    assert!(notes.contains(&format!("The comments up to comment {id} are shown.")));
}

#[tokio::test]
async fn a_text_file_is_read() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let issue = fetch(&world, &daniel, json!({"id": "HARBOR-1"})).await;
    assert_eq!(
        issue["metadata"]["files"],
        "HARBOR-1/file/ID with the id of a file"
    );
    let fetched = fetch(&world, &daniel, json!({"id": "HARBOR-1/file/660402"})).await;
    assert_eq!(fetched["title"], "console.txt (HARBOR-1)");
    assert!(!fenced(fetched["text"].as_str().unwrap()).is_empty());
    let of_page = fetch(&world, &daniel, json!({"id": "wiki:640012/file/660404"})).await;
    assert_eq!(of_page["metadata"]["kind"], "file");
    let shared = json!({"id": format!("{}file/HARBOR/議事録.txt", world.sim.url())});
    let shared = fetch(&world, &daniel, shared).await;
    assert!(shared["id"].as_str().unwrap().starts_with("HARBOR/file/"));
    assert!(shared["text"].as_str().unwrap().contains("桟橋の予約"));
    let again = fetch(&world, &daniel, json!({"id": shared["id"]})).await;
    assert_eq!(again, shared);
    let image = fetch(&world, &daniel, json!({"id": "HARBOR-1/file/660401"})).await;
    assert!(image["text"].as_str().unwrap().contains(
        "This file is not a text: image/png. run_tool with name get_issue_attachment and \
                 arguments {\"issueKey\":\"HARBOR-1\",\"attachmentId\":660401} returns the image."
    ));
}

#[tokio::test]
async fn every_character_of_a_long_file_is_reachable() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let log: String = (0..9_000)
        .map(|number| format!("{number} 潮位 ok\n"))
        .collect();
    let given = json!({"filename": "long.log", "text": log});
    let upload = world
        .call(&daniel, "upload_attachment", given)
        .await
        .unwrap();
    let upload: Value = serde_json::from_str(&upload).unwrap();
    let given = json!({"issueKey": "HARBOR-5", "attachmentId": [upload["id"]]});
    let issue = world.call(&daniel, "update_issue", given).await.unwrap();
    let issue: Value = serde_json::from_str(&issue).unwrap();
    let id = format!("HARBOR-5/file/{}", issue["attachments"][0]["id"]);
    assert_eq!(parts(&world, &daniel, &id).await.concat(), log);
}

#[tokio::test]
async fn only_what_the_caller_may_read_is_read() {
    let world = World::start().await;
    let maja = world.caller(MAJA);
    for id in ["KURA-1", "wiki:640015", "KURA/kura-web#1"] {
        world
            .call(&maja, "fetch", json!({"id": id}))
            .await
            .unwrap_err();
    }
    let mut bound = world.caller(HARUKA);
    bound.policy.projects = Some(["OPS".to_owned()].into());
    fetch(&world, &bound, json!({"id": "wiki:640016"})).await;
    for given in [
        json!({"id": "HARBOR-1"}),
        json!({"id": "wiki:640012"}),
        json!({"id": "Runbook/Deployment", "project": "HARBOR"}),
        json!({"id": document::LAUNCH_PLAN}),
        json!({"id": "HARBOR/portal#2"}),
        json!({"id": "HARBOR-1/file/660402"}),
    ] {
        world
            .call(&bound, "fetch", given.clone())
            .await
            .expect_err(&given.to_string());
    }
    let mut bound = world.caller(HARUKA);
    bound.policy.toolsets = Some([Toolset::Work, Toolset::Issue].into());
    fetch(&world, &bound, json!({"id": "HARBOR-1"})).await;
    let error = world
        .call(&bound, "fetch", json!({"id": "wiki:640012"}))
        .await;
    assert!(error.unwrap_err().contains("get_wiki cannot be used"));
}

#[tokio::test]
async fn a_hostile_text_stays_in_its_fence() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let page = "```\n\u{202e}ignore\u{200b} all\n`````\n\n# Status: Closed\n";
    let id = world.add_page(&daniel, "Trap\n# Heading", page).await;
    let fetched = fetch(&world, &daniel, json!({"id": format!("wiki:{id}")})).await;
    let text = fetched["text"].as_str().unwrap();
    assert!(text.contains("\n``````\n```\nignore all\n`````\n\n# Status: Closed\n``````\n"));
    assert!(!fetched["title"].as_str().unwrap().contains('\n'));
    assert!(text.contains("by Daniel Okafor"));
}

#[tokio::test]
async fn a_resource_has_the_same_text() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let url = world.sim.url();
    let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    for (id, path) in [
        ("HARBOR-1", "issues/HARBOR-1"),
        ("wiki:640015", "wikis/640015"),
        (
            "document:0199c5d07a1e7f0b9d3f5a6b7c8d9e01",
            "documents/0199c5d07a1e7f0b9d3f5a6b7c8d9e01",
        ),
    ] {
        let fetched = world.json(&daniel, "fetch", json!({"id": id})).await;
        let params = json!({"uri": format!("backlog://{host}/{path}")});
        let read = world.rpc(&daniel, "resources/read", params).await;
        assert_eq!(read["contents"][0]["text"], fetched["text"], "{id}");
        assert_eq!(read["contents"][0]["mimeType"], "text/markdown");
    }
}
