//! `docs/connect.md` has every client of the connect page, with the same settings.

use backlog_mcp_hub::web::pages::{Locale, PartKind, client_settings};
use regex::Regex;
use serde_json::Value;
use url::Url;

use super::page::read;

/// The settings files in JSON of the page.
fn json_blocks(page: &str) -> Vec<Value> {
    let block = Regex::new(r"(?ms)^```json\n(.*?)^```$").unwrap();
    block
        .captures_iter(page)
        .map(|found| serde_json::from_str(&found[1]).expect("JSON"))
        .collect()
}

#[test]
fn the_page_of_clients_has_those_of_the_connect_page() {
    let page = read("docs/connect.md");
    let files = json_blocks(&page);
    let url = Url::parse("https://mcp.example.com/mcp").expect("a URL");
    let settings = client_settings(&url, Locale::En);
    assert!(settings.len() > 5, "{} clients", settings.len());
    for setting in settings {
        let mut headings = page.lines().filter(|line| line.starts_with('#'));
        let has_heading = headings.any(|line| line.contains(setting.name));
        assert!(has_heading, "no heading of {}", setting.name);
        for part in setting.parts {
            let text = &part.text;
            match part.kind {
                PartKind::Shell => assert!(page.contains(text.as_str()), "{text}"),
                PartKind::Json => {
                    let file: Value = serde_json::from_str(text).expect("JSON");
                    assert!(files.contains(&file), "{text}");
                }
                // Prose, of which the URL is checked by the page's own tests.
                PartKind::Steps => {}
            }
        }
    }
}
