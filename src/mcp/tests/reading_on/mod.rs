//! Anything that is too long for a result can be read to its end with the advice in the results
//! alone.

mod every_tool;
mod lists;
mod resource;

use actix_web::HttpResponse;
use backlog_client::fake::{FakeBacklog, Received};
use regex::Regex;
use serde_json::{Value, json};

use super::{caller_of, result};
use crate::{calls::options::ToolOptions, toolkit::tokens::tokens};

/// The number of characters of a long text.
const LENGTH: usize = 66_000;

/// A Backlog that responds to every request with this value.
pub(super) fn responding(value: &Value) -> FakeBacklog {
    let body = value.to_string();
    FakeBacklog::start(move |_| as_json(body.clone()))
}

fn as_json(body: String) -> HttpResponse {
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

fn shown(result: &Value) -> Value {
    assert_ne!(result["isError"], true, "{result}");
    let text = result["content"][0]["text"].as_str().expect("a text");
    assert!(tokens(text) <= ToolOptions::default().max_tokens);
    serde_json::from_str(text).expect("JSON")
}

/// Reads a text at `pointer` like a model that only follows the advice in the results.
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
        for (tool, arguments, response, pointer) in [
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
            // An issue in a list is read with another tool.
            let body = response.clone();
            let backlog = FakeBacklog::start(move |request: &Received| {
                let one = request.line.contains("/issues/A-1") && body.is_array();
                let is_comments = request.line.contains("/comments");
                let body = if one && !is_comments { &body[0] } else { &body };
                as_json(body.to_string())
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
    let backlog = responding(&issue);
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
    let note = "textOffset 100000 is past the end of its texts, the longest of which has 100000 \
                characters.";
    assert_eq!(after["content"][1]["text"], note);
    let arguments = json!({"issueKey": "A-1", "itemOffset": 9});
    let after = result(&caller, "get_issue", arguments).await;
    let note = "itemOffset 9 is past the end of its lists, which have 0 entries.";
    assert_eq!(after["content"][1]["text"], note);
    let arguments = json!({"issueKey": "A-1", "textLength": 5});
    let part = shown(&result(&caller, "get_issue", arguments).await);
    assert_eq!(part["issueKey"], "A-1");
    assert_eq!(part["status"]["name"], "Open");
    assert_eq!(part["updated"], "2026-10-01T08:12:30Z");
    assert_eq!(part["description"], "word ");

    for wrong in [json!(-1), json!(1.5), json!("x"), json!([1, 2])] {
        let arguments = json!({"issueKey": "A-1", "textOffset": wrong});
        let result = result(&caller, "get_issue", arguments).await;
        assert_eq!(result["isError"], true);
        let said = result["content"][0]["text"].as_str().unwrap();
        assert!(said.contains("textOffset: expected "), "{said}");
    }
    // None of these inputs is sent to Backlog.
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
    for (tool, arguments, response) in [
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
        let backlog = responding(&response);
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
