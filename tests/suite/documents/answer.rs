//! The answer that the first page shows is one that the hub gives of the simulated Backlog.

use backlog_sim::seed;
use reqwest::StatusCode;
use serde_json::json;

use super::page::read;
use crate::support::{
    hub::TestHub,
    person::{Person, call},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_of_the_first_page_is_a_real_one() {
    let page = read("README.md");
    let (_, shown) = page.split_once("```text\n").expect("the answer");
    let (shown, _) = shown.split_once("```").expect("its end");
    let rows: Vec<_> = shown.lines().filter(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 3, "{rows:?}");

    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let asked = json!({"project": ["HARBOR"], "due": "overdue"});
    let (status, answer) = call(&hub.base_url, &tokens.access_token, "find_issues", asked).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let text = answer["result"]["content"][0]["text"].as_str();
    let text = text.expect("a text");
    for row in rows {
        assert!(text.contains(row), "{row}\n{text}");
    }
    hub.stop().await;
}
