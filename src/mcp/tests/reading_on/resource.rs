//! Resources, by their URIs.

use regex::Regex;
use serde_json::json;

use super::{japanese, responding};
use crate::{
    calls::options::ToolOptions,
    mcp::tests::{caller_of, resources::uri, rpc},
    toolkit::tokens::tokens,
};

#[actix_web::test]
async fn a_resource_is_read_to_its_end_by_the_addresses_in_it() {
    let note = Regex::new(
        r"\n?\n\(Characters (\d+) to (\d+) of \d+ of this page, as of 2026-10-01T08:12:30Z\. (?:It continues at (\S+)|This is the end\.)\)\n$",
    )
    .unwrap();
    for lines in [true, false] {
        let text = japanese(lines);
        let updated = "2026-10-01T08:12:30Z";
        let backlog = responding(&json!({
            "id": 12, "name": "潮位", "issueKey": "AB-1", "title": "T", "content": text,
            "plain": text, "description": text, "updated": updated, "updatedUser": {"name": "佐藤"},
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
