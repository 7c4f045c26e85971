//! Resources, by their URIs.

use regex::Regex;
use serde_json::json;

use super::{japanese, responding};
use crate::{
    calls::options::ToolOptions,
    mcp::tests::{caller_of, resources::uri, rpc},
    toolkit::tokens::tokens,
};

/// The texts inside the fences of a part, without line breaks: a fence adds one at its end.
fn fenced(part: &str) -> String {
    let pieces = part.split("```\n").skip(1).step_by(2);
    pieces.collect::<String>().replace('\n', "")
}

#[actix_web::test]
async fn a_resource_is_read_to_its_end_by_the_uris_in_it() {
    let next =
        Regex::new(r"\nThe URI of the next part \(as of 2026-10-01 08:12\): (\S+)\n").unwrap();
    for lines in [true, false] {
        let text = japanese(lines);
        let backlog = responding(&json!({
            "id": 12, "name": "潮位", "issueKey": "AB-1", "title": "T", "content": text,
            "plain": text, "description": text, "updated": "2026-10-01T08:12:30Z",
            "updatedUser": {"name": "佐藤"},
        }));
        let caller = caller_of(&backlog);
        for path in ["wikis/12", "issues/AB-1", "documents/0a"] {
            let (mut uri, mut page) = (uri(&backlog, path), String::new());
            for parts in 1.. {
                let body = rpc(&caller, "resources/read", json!({ "uri": uri })).await;
                let contents = &body["result"]["contents"][0];
                assert_eq!(contents["uri"], uri);
                let part = contents["text"]
                    .as_str()
                    .unwrap_or_else(|| panic!("{body}"));
                assert!(part.starts_with("Part of a longer text: "), "{part}");
                assert!(tokens(part) <= ToolOptions::default().max_tokens);
                page.push_str(&fenced(part));
                match next.captures(part) {
                    Some(next) => next[1].clone_into(&mut uri),
                    None => {
                        assert!(parts > 2 && part.contains("; this is its end."), "{part}");
                        break;
                    }
                }
                assert!(parts < 20, "no end");
            }
            assert!(page == text.replace('\n', ""), "{path}");
        }
    }
}

#[actix_web::test]
async fn an_offset_past_the_end_says_so() {
    let backlog = responding(&json!({"id": 12, "name": "潮位", "content": "T"}));
    let uri = uri(&backlog, "wikis/12?textOffset=5000");
    let body = rpc(
        &caller_of(&backlog),
        "resources/read",
        json!({ "uri": uri }),
    )
    .await;
    let text = body["result"]["contents"][0]["text"].as_str().unwrap();
    assert!(
        text.starts_with("There is nothing at offset 5000"),
        "{text}"
    );
}
