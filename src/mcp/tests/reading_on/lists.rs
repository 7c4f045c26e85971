//! Lists: in pages of the hub, and inside an item.

use backlog_client::fake::{FakeBacklog, Received};
use regex::Regex;
use serde_json::{Value, json};

use super::{advised, as_json, responding, shown};
use crate::mcp::tests::{caller_of, result};

/// The offset that the notes of a list advise.
fn next_offset(result: &Value) -> Option<u64> {
    let advice = Regex::new(r"call again with offset (\d+)").unwrap();
    let notes = result["content"]
        .as_array()
        .expect("content")
        .iter()
        .skip(1);
    let mut notes = notes.filter_map(|note| note["text"].as_str());
    notes.find_map(|note| advice.captures(note))?[1]
        .parse()
        .ok()
}

/// Reads a list to its end by the offsets in the notes.
async fn all_pages(backlog: &FakeBacklog, tool: &str, arguments: Value) -> Vec<Value> {
    let caller = caller_of(backlog);
    let (mut found, mut arguments) = (Vec::new(), arguments);
    for pages in 1.. {
        let result = result(&caller, tool, arguments.clone()).await;
        found.extend(shown(&result).as_array().expect("a list").clone());
        match next_offset(&result) {
            Some(offset) => arguments["offset"] = offset.into(),
            None => {
                assert!(pages > 1, "it was no long list");
                break;
            }
        }
        assert!(pages < 100, "no end");
    }
    found
}

#[actix_web::test]
async fn a_list_that_backlog_gives_whole_is_read_in_pages() {
    let user =
        |id: u64| json!({"id": id, "name": format!("人 {id}"), "mailAddress": "a@b.example"});
    let users: Vec<_> = (0..3_000).map(user).collect();
    let backlog = responding(&json!(users));
    for (tool, arguments) in [
        ("get_users", json!({})),
        ("get_project_users", json!({"projectKey": "A"})),
        ("get_wiki_pages", json!({"projectKey": "A"})),
        ("get_categories", json!({"projectKey": "A", "count": 100})),
    ] {
        assert_eq!(all_pages(&backlog, tool, arguments).await, users, "{tool}");
    }
    let lines = backlog.received().into_iter().map(|request| request.line);
    let mut asked = lines
        .into_iter()
        .filter(|line| line.contains("offset") || line.contains("count="));
    assert_eq!(asked.next(), None, "the pages are ours");
}

#[actix_web::test]
async fn the_versions_of_a_page_are_read_to_the_first() {
    let backlog = FakeBacklog::start(|request: &Received| {
        let query = request.line.split_once('?').map_or("", |(_, query)| query);
        let value = |name: &str| {
            let mut pairs = query.trim_end_matches(" HTTP/1.1").split('&');
            pairs.find_map(|pair| {
                pair.strip_prefix(name)?
                    .strip_prefix('=')?
                    .parse::<u64>()
                    .ok()
            })
        };
        let below = value("maxId").unwrap_or(u64::MAX);
        let count = usize::try_from(value("count").unwrap_or(20)).unwrap();
        assert!(count <= 100);
        let versions = (1..=101_u64)
            .rev()
            .filter(|version| *version < below)
            .take(count);
        let versions: Vec<_> = versions
            .map(|version| json!({"pageId": 1, "version": version, "content": "文".repeat(700)}))
            .collect();
        as_json(Value::from(versions).to_string())
    });
    let caller = caller_of(&backlog);
    let mut found = Vec::new();
    let mut arguments = json!({"wikiId": 1});
    let bound = Regex::new(r"maxId (\d+) and offset 0").unwrap();
    for _ in 0..30 {
        let result = result(&caller, "get_wiki_history", arguments.clone()).await;
        let versions = shown(&result);
        found.extend(
            versions
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it["version"].as_u64().unwrap()),
        );
        let note = result["content"][1]["text"].as_str().unwrap_or_default();
        match (next_offset(&result), bound.captures(note)) {
            (Some(offset), _) => arguments["offset"] = offset.into(),
            (None, Some(bound)) => {
                arguments["maxId"] = bound[1].parse::<u64>().unwrap().into();
                arguments["offset"] = 0.into();
            }
            (None, None) => break,
        }
    }
    assert_eq!(found, (1..=101).rev().collect::<Vec<_>>());
}

/// Reads the lists inside an item with the calls in the notes, and passes each result to `each`.
async fn all_entries(backlog: &FakeBacklog, call: (&str, Value), mut each: impl FnMut(&Value)) {
    let caller = caller_of(backlog);
    let (mut tool, mut inputs) = (call.0.to_owned(), call.1);
    for parts in 1.. {
        let result = result(&caller, &tool, inputs.clone()).await;
        each(&shown(&result));
        match advised(&result) {
            Some((next, with)) => (tool, inputs) = (next, with),
            None => {
                assert!(parts > 1, "it was no long list");
                return;
            }
        }
        assert!(parts < 100, "no end");
    }
}

#[actix_web::test]
async fn long_lists_inside_are_read_to_their_ends() {
    let item = |id: u64| json!({"id": id, "name": format!("項目 {id}"), "displayOrder": id});
    let items: Vec<_> = (0..3_000).map(item).collect();
    let backlog = responding(&json!([{"id": 1, "name": "Browsers", "items": items}]));
    let mut found = Vec::new();
    let call = ("get_custom_fields", json!({"projectKey": "A"}));
    all_entries(&backlog, call, |shown| {
        found.extend(shown[0]["items"].as_array().expect("items").clone());
    })
    .await;
    assert_eq!(found, items);

    let files: Vec<_> = (0..2_000).map(item).collect();
    let issue = json!({"id": 1, "issueKey": "A-1", "description": "a", "attachments": files});
    let backlog = responding(&issue);
    let mut found = Vec::new();
    let call = ("get_issue", json!({"issueKey": "A-1"}));
    all_entries(&backlog, call, |shown| {
        found.extend(
            shown["attachments"]
                .as_array()
                .expect("attachments")
                .clone(),
        );
    })
    .await;
    assert_eq!(found, files);

    let leaf =
        |id: u64| json!({"id": format!("{id:032x}"), "name": format!("頁 {id}"), "children": []});
    let folder = |id: u64| {
        let children: Vec<_> = (0..60).map(|child| leaf(id * 100 + child)).collect();
        json!({"id": format!("{id:032x}"), "name": "Folder", "children": children})
    };
    let folders: Vec<_> = (1..=25).map(folder).collect();
    let tree = json!({"projectId": 1, "activeTree": {"id": "Active", "children": folders}});
    let backlog = responding(&tree);
    let mut found = Vec::new();
    let call = ("get_document_tree", json!({"projectIdOrKey": "A"}));
    all_entries(&backlog, call, |shown| {
        for folder in shown["activeTree"]["children"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let children = folder["children"].as_array().into_iter().flatten();
            found.extend(children.map(|child| (folder["id"].clone(), child.clone())));
        }
    })
    .await;
    let children = |folder: &Value| {
        let id = folder["id"].clone();
        let children = folder["children"].as_array().unwrap().clone();
        children.into_iter().map(move |child| (id.clone(), child))
    };
    assert_eq!(found, folders.iter().flat_map(children).collect::<Vec<_>>());
}
