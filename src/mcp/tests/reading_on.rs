//! Whatever is too long for an answer is read to its end by the advice in the answers alone.

use actix_web::HttpResponse;
use regex::Regex;
use serde_json::{Map, Value, json};

use super::{caller_of, calls::sample, exchange, post, resources::uri, result, rpc, server};
use crate::{
    backlog::fake::{FakeBacklog, Received},
    mcp::{
        ToolOptions,
        rest::{Rest, Way},
        tokens::tokens,
        tools,
    },
};

/// How many characters a long text has.
const LENGTH: usize = 66_000;

/// A Backlog that answers every request with this.
fn answering(value: &Value) -> FakeBacklog {
    let body = value.to_string();
    FakeBacklog::start(move |_| json(body.clone()))
}

fn json(body: String) -> HttpResponse {
    let kind = "application/json;charset=utf-8";
    HttpResponse::Ok().content_type(kind).body(body)
}

fn japanese(lines: bool) -> String {
    let sentence = "潮位を確認し、岸壁の照明を点検する😀";
    let text: String = (0..)
        .map(|number| format!("{number:04}{sentence}"))
        .take(3_000)
        .collect();
    let text = match lines {
        true => text.replace("する", "する\n"),
        false => text.replace("する", "します"),
    };
    text.chars().take(LENGTH).collect()
}

/// The call that the notes of a result advise.
fn advised(result: &Value) -> Option<(String, Value)> {
    let advice =
        Regex::new(r"(?:To read on|For the next entries), call (\S+) (\{.*?\})\.").unwrap();
    let notes = result["content"]
        .as_array()
        .expect("content")
        .iter()
        .skip(1);
    let mut notes = notes.filter_map(|note| note["text"].as_str());
    let found = notes.find_map(|note| advice.captures(note))?;
    Some((
        found[1].to_owned(),
        serde_json::from_str(&found[2]).expect("inputs"),
    ))
}

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

fn shown(result: &Value) -> Value {
    assert_ne!(result["isError"], true, "{result}");
    let text = result["content"][0]["text"].as_str().expect("a text");
    assert!(tokens(text) <= ToolOptions::default().max_tokens);
    serde_json::from_str(text).expect("JSON")
}

/// Reads a text at `pointer` as a model would that only does what the answers say.
async fn read_on(backlog: &FakeBacklog, call: (&str, Value), pointer: &str) -> String {
    let caller = caller_of(backlog);
    let (mut tool, mut inputs) = (call.0.to_owned(), call.1);
    let mut text = String::new();
    for parts in 1.. {
        let result = result(&caller, &tool, inputs.clone()).await;
        let shown = shown(&result);
        let thing = shown.get(0).unwrap_or(&shown);
        let part = thing.pointer(pointer).and_then(Value::as_str);
        text.push_str(part.unwrap_or_else(|| panic!("nothing at {pointer}: {result}")));
        match advised(&result) {
            Some((next, with)) => (tool, inputs) = (next, with),
            None => {
                assert!(parts > 2, "it was no long text: {parts} parts");
                break;
            }
        }
        assert!(parts < 20, "no end: {inputs}");
    }
    text
}

#[actix_web::test]
async fn a_text_of_66000_characters_is_read_to_its_last_one() {
    for lines in [true, false] {
        let text = japanese(lines);
        assert_eq!(text.chars().count(), LENGTH);
        let updated = "2026-10-01T08:12:30Z";
        let comment = json!([{"id": 5, "issueId": 1, "content": text, "updated": updated}]);
        let issue = json!({
            "id": 1, "issueKey": "A-1", "summary": "A", "description": text, "updated": updated,
            "customFields": [{"id": 7, "name": "Note", "value": null}], "assignee": {"name": "B"},
        });
        let of_texts_without_lines = [
            "get_wiki",
            "get_document",
            "get_issue",
            "get_issue_comments",
        ];
        for (tool, arguments, answer, pointer) in [
            (
                "get_wiki",
                json!({"wikiId": 12}),
                json!({"id": 12, "content": text}),
                "/content",
            ),
            (
                "get_document",
                json!({"documentId": "0a"}),
                json!({"id": "0a", "plain": text, "json": text}),
                "/plain",
            ),
            (
                "get_issue",
                json!({"issueKey": "A-1"}),
                issue.clone(),
                "/description",
            ),
            ("get_issues", json!({}), json!([issue]), "/description"),
            (
                "update_issue",
                json!({"issueKey": "A-1", "summary": "A"}),
                issue.clone(),
                "/description",
            ),
            (
                "get_issue_comments",
                json!({"issueKey": "A-1"}),
                comment.clone(),
                "/content",
            ),
            (
                "get_issue_comment",
                json!({"issueKey": "A-1", "commentId": 5}),
                comment[0].clone(),
                "/content",
            ),
            (
                "get_pull_request_comments",
                json!({"projectKey": "A", "repoName": "b", "number": 3}),
                comment.clone(),
                "/content",
            ),
            (
                "get_wiki_history",
                json!({"wikiId": 12}),
                json!([{"pageId": 12, "version": 4, "content": text}]),
                "/content",
            ),
            (
                "get_notifications",
                json!({}),
                json!([{"id": 9, "comment": {"id": 5, "content": text}}]),
                "/comment/content",
            ),
        ] {
            if !lines && !of_texts_without_lines.contains(&tool) {
                continue;
            }
            // The issue of a list is read by another tool.
            let body = answer.clone();
            let backlog = FakeBacklog::start(move |request: &Received| {
                let one = request.line.contains("/issues/A-1") && body.is_array();
                let is_comments = request.line.contains("/comments");
                let body = if one && !is_comments { &body[0] } else { &body };
                json(body.to_string())
            });
            let read = read_on(&backlog, (tool, arguments), pointer).await;
            assert_eq!(read, text, "{tool}");
        }
    }
}

#[actix_web::test]
async fn the_part_says_where_it_is_and_what_it_is_of() {
    let text = "word ".repeat(20_000);
    let issue = json!({
        "id": 1, "issueKey": "A-1", "summary": "Short", "description": text,
        "status": {"id": 1, "name": "Open"}, "updated": "2026-10-01T08:12:30Z",
    });
    let backlog = answering(&issue);
    let caller = caller_of(&backlog);
    let first = result(&caller, "get_issue", json!({"issueKey": "A-1"})).await;
    let whole = shown(&first);
    assert_eq!(whole["status"]["name"], "Open");
    let cut = whole["description"].as_str().unwrap().chars().count();
    assert!(cut > 50_000, "the budget is used: {cut}");
    let note = format!(
        "`description` was cut at character {cut} of 100000 (as of 2026-10-01T08:12:30Z). To read \
         on, call get_issue {{\"issueKey\":\"A-1\",\"textOffset\":{cut}}}."
    );
    assert_eq!(first["content"][1]["text"], note);

    let arguments = json!({"issueKey": "A-1", "textOffset": 99_000, "textLength": 500});
    let part = result(&caller, "get_issue", arguments).await;
    let expected = json!({
        "id": 1, "issueKey": "A-1", "summary": "Short", "description": "word ".repeat(100),
        "updated": "2026-10-01T08:12:30Z",
    });
    assert_eq!(shown(&part), expected);
    let note = "`description` is shown from character 99000 to 99500 of 100000 (as of \
                2026-10-01T08:12:30Z). To read on, call get_issue \
                {\"issueKey\":\"A-1\",\"textLength\":500,\"textOffset\":99500}.";
    assert_eq!(part["content"][1]["text"], note);

    let last = result(
        &caller,
        "get_issue",
        json!({"issueKey": "A-1", "textOffset": "99500"}),
    )
    .await;
    let note = last["content"][1]["text"].as_str().unwrap();
    assert!(note.starts_with("`description` is shown from character 99500 to its end at 100000"));
    let after = result(
        &caller,
        "get_issue",
        json!({"issueKey": "A-1", "textOffset": 100_000}),
    )
    .await;
    let note = "No text in it has a character 100000: all were read to the end.";
    assert_eq!(after["content"][1]["text"], note);

    for wrong in [json!(-1), json!(1.5), json!("x"), json!([1])] {
        let arguments = json!({"issueKey": "A-1", "textOffset": wrong});
        let result = result(&caller, "get_issue", arguments).await;
        assert_eq!(result["isError"], true);
        let said = result["content"][0]["text"].as_str().unwrap();
        assert!(
            said.contains("textOffset: expected a number from 0 on"),
            "{said}"
        );
    }
    // None of it is for Backlog.
    let lines = backlog.received().into_iter().map(|request| request.line);
    assert!(
        lines
            .into_iter()
            .all(|line| line == "GET /api/v2/issues/A-1")
    );
}

#[actix_web::test]
async fn a_document_comes_without_its_double() {
    let document = json!({"id": "0a", "title": "T", "plain": "text", "json": "{\"type\":\"doc\"}"});
    for (tool, arguments, answer) in [
        (
            "get_document",
            json!({"documentId": "0a"}),
            document.clone(),
        ),
        (
            "get_documents",
            json!({"projectIds": [1]}),
            json!([document]),
        ),
    ] {
        let backlog = answering(&answer);
        let caller = caller_of(&backlog);
        for (wanted, there) in [
            (None, false),
            (Some(json!(false)), false),
            (Some(json!(true)), true),
        ] {
            let mut arguments = arguments.clone();
            if let Some(wanted) = wanted {
                arguments["includeJson"] = wanted;
            }
            let shown = shown(&result(&caller, tool, arguments).await);
            let shown = shown.get(0).unwrap_or(&shown);
            assert_eq!(shown.get("json").is_some(), there, "{tool}");
            assert_eq!(shown["plain"], "text");
        }
        let lines = backlog.received().into_iter().map(|request| request.line);
        assert!(lines.into_iter().all(|line| !line.contains("includeJson")));
    }
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
    let backlog = answering(&json!(users));
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
        json(Value::from(versions).to_string())
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

/// Reads the lists inside of a thing by the calls in the notes; each answer goes to `each`.
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
    let backlog = answering(&json!([{"id": 1, "name": "Browsers", "items": items}]));
    let mut found = Vec::new();
    let call = ("get_custom_fields", json!({"projectKey": "A"}));
    all_entries(&backlog, call, |shown| {
        found.extend(shown[0]["items"].as_array().expect("items").clone());
    })
    .await;
    assert_eq!(found, items);

    let files: Vec<_> = (0..2_000).map(item).collect();
    let issue = json!({"id": 1, "issueKey": "A-1", "description": "a", "attachments": files});
    let backlog = answering(&issue);
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
    let backlog = answering(&tree);
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

/// A thing with whatever says which one it is, and a long text.
fn thing(id: Value, text: &str) -> Value {
    json!({
        "id": id, "projectId": 3, "issueId": 4, "issueKey": "A-1", "repositoryId": 6, "number": 7,
        "issue": {"issueKey": "A-1"}, "content": text, "updated": "2026-10-01T08:12:30Z",
    })
}

/// Tools that return no JSON.
const FILES: [&str; 6] = [
    "get_document_attachment",
    "get_icon",
    "get_issue_attachment",
    "get_pull_request_attachment",
    "get_shared_file",
    "get_wiki_attachment",
];

#[actix_web::test]
async fn no_tool_loses_a_text_without_a_way_on() {
    let text: String = japanese(true).chars().take(24_000).collect();
    for in_list in [false, true] {
        let [numbered, named] = [json!(5), json!("0a")].map(|id| match in_list {
            false => answering(&thing(id, &text)),
            true => answering(&json!([thing(id, &text)])),
        });
        for entry in tools::all() {
            let name = entry.spec.name;
            let is_document = name.ends_with("_document") || name == "get_documents";
            let caller = caller_of(if is_document { &named } else { &numbered });
            let schema = entry.route.attr.schema_as_json_value();
            let mut arguments = sample(&schema);
            let given = arguments.as_object_mut().unwrap();
            for ours in ["textOffset", "textLength", "itemOffset", "offset", "count"] {
                given.remove(ours);
            }
            if name == "upload_attachment" {
                // Two ways to give one thing.
                given.remove("content");
            }
            let result = super::result(&caller, name, arguments.clone()).await;
            if FILES.contains(&name) {
                continue;
            }
            assert_ne!(result["isError"], true, "{name}: {result}");
            let note = result["content"][1]["text"]
                .as_str()
                .unwrap_or_else(|| panic!("{name} says nothing"));
            if matches!(Rest::of(name).way, Way::None) {
                assert!(note.contains("No tool reads on"), "{name}: {note}");
                continue;
            }
            let (tool, inputs) = advised(&result).unwrap_or_else(|| panic!("{name}: {note}"));
            let tools = tools::all();
            let reader = tools.iter().find(|it| it.spec.name == tool).expect(&tool);
            let takes = reader.route.attr.schema_as_json_value();
            let inputs = inputs.as_object().unwrap();
            for input in inputs.keys() {
                assert!(
                    takes["properties"].get(input).is_some(),
                    "{name}: {tool} has no {input}"
                );
            }
            let next = shown(&super::result(&caller, &tool, Value::Object(inputs.clone())).await);
            let from = usize::try_from(inputs["textOffset"].as_u64().unwrap()).unwrap();
            let next = next.get(0).unwrap_or(&next)["content"]
                .as_str()
                .unwrap()
                .to_owned();
            let rest: String = text.chars().skip(from).collect();
            assert!(
                rest.starts_with(&next) && !next.is_empty(),
                "{name}: {tool}"
            );
        }
    }
}

#[actix_web::test]
async fn a_resource_is_read_to_its_end_by_the_addresses_in_it() {
    for lines in [true, false] {
        let text = japanese(lines);
        let updated = "2026-10-01T08:12:30Z";
        let backlog = answering(&json!({
            "id": 12, "name": "潮位", "issueKey": "AB-1", "title": "T", "content": text,
            "plain": text, "description": text, "updated": updated, "updatedUser": {"name": "佐藤"},
        }));
        let caller = caller_of(&backlog);
        let note = Regex::new(
            r"\n?\n\(Characters (\d+) to (\d+) of \d+ of this page, as of 2026-10-01T08:12:30Z\. (?:Read on at (\S+)|This is its end\.)\)\n$",
        )
        .unwrap();
        for path in ["wikis/12", "issues/AB-1", "documents/0a"] {
            let (mut uri, mut page) = (uri(&backlog, path), String::new());
            for parts in 1.. {
                let body = rpc(&caller, "resources/read", json!({ "uri": uri })).await;
                let contents = &body["result"]["contents"][0];
                assert_eq!(contents["uri"], uri);
                let part = contents["text"]
                    .as_str()
                    .unwrap_or_else(|| panic!("{body}"));
                assert!(tokens(part) <= ToolOptions::default().max_tokens);
                let note = note
                    .captures(part)
                    .unwrap_or_else(|| panic!("no note: {uri}"));
                let shown: usize =
                    note[2].parse::<usize>().unwrap() - note[1].parse::<usize>().unwrap();
                page.extend(part.chars().take(shown));
                match note.get(3) {
                    Some(next) => uri = next.as_str().trim_end_matches(')').to_owned(),
                    None => {
                        assert!(parts > 2);
                        break;
                    }
                }
                assert!(parts < 20, "no end");
            }
            assert!(page.contains(text.trim_end()), "{path}");
        }
    }
}

#[actix_web::test]
async fn half_a_surrogate_pair_of_backlog_reaches_no_client() {
    let thing = r#"{"id":1,"summary":"a\ud83d","description":"\ud83d\ude00 \\ud83d"}"#;
    let expected = json!({"id": 1, "summary": "a\u{fffd}", "description": "😀 \\ud83d"});
    for (tool, body) in [
        ("get_issue", thing.to_owned()),
        ("get_issues", format!("[{thing}]")),
    ] {
        let backlog = FakeBacklog::start(move |_| json(body.clone()));
        let options = ToolOptions {
            structured_content: true,
            ..ToolOptions::default()
        };
        let params = json!({"name": tool, "arguments": {"issueKey": "A-1"}});
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let server = server().with_options(options);
        let caller = caller_of(&backlog);
        // The response was read strictly on the way here.
        let (_, body) = exchange(server, Some(&caller), post("2025-06-18", &message)).await;
        let result = &body["result"];
        let shown = shown(result);
        assert_eq!(shown.get(0).unwrap_or(&shown), &expected);
        let structured = &result["structuredContent"];
        assert_eq!(
            structured.pointer("/items/0").unwrap_or(structured),
            &expected
        );
    }
}

#[actix_web::test]
async fn an_advice_repeats_the_call_with_its_organization_and_prefix() {
    let backlog = answering(&thing(json!(5), &japanese(false)));
    let options = ToolOptions {
        prefix: "acme_".parse().unwrap(),
        ..ToolOptions::default()
    };
    let mut arguments = Map::from_iter([("issueKey".to_owned(), json!("A-1"))]);
    for (name, tool) in [
        ("acme_get_issue", "acme_get_issue"),
        ("acme_update_issue", "acme_get_issue"),
    ] {
        arguments.insert("summary".to_owned(), json!("A"));
        let params = json!({"name": name, "arguments": arguments});
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let server = server().with_options(options.clone());
        let (_, body) = exchange(
            server,
            Some(&caller_of(&backlog)),
            post("2025-06-18", &message),
        )
        .await;
        let (advised, inputs) = advised(&body["result"]).expect("an advice");
        assert_eq!(advised, tool);
        assert_eq!(inputs["issueKey"], "A-1");
    }
}
