//! The tools of a connection: the default ones, those that it requests, and those of its space.

use std::collections::BTreeSet;

use backlog_sim::seed;
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::support::{
    hub::{TestHub, eventually},
    mcp::{call, call_at, failure, message, request},
    person::Person,
    reply::Reply,
};

async fn listed(request: RequestBuilder) -> BTreeSet<String> {
    let reply = Reply::to(request.json(&message("tools/list", json!({})))).await;
    let body = reply.json();
    let tools = body["result"]["tools"].as_array().expect("tools").iter();
    tools
        .filter_map(|tool| Some(tool["name"].as_str()?.to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_chooses_within_what_its_space_offers() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let token = Some(tokens.access_token.as_str());
    let with_query = |query: &str| request(&format!("{}?{query}", hub.mcp_url()), token);
    let with_header = |sets: &str| request(&hub.mcp_url(), token).header("X-MCP-Toolsets", sets);

    let work = listed(request(&hub.mcp_url(), token)).await;
    assert!(work.contains("find_issues") && !work.contains("get_issue"));
    assert_eq!(work.len(), 13);
    assert_eq!(listed(with_header("work")).await, work);
    let usual = listed(with_header("all")).await;
    assert!(usual.contains("get_issue") && usual.contains("upload_attachment"));
    assert!(!usual.contains("get_shared_file") && !usual.contains("find_issues"));
    assert_eq!(listed(with_query("toolsets=classic")).await, usual);
    let both = listed(with_header("work,classic")).await;
    assert_eq!(both, usual.union(&work).cloned().collect());
    let more = listed(with_query("toolsets=default,files")).await;
    assert!(more.is_superset(&usual) && more.contains("get_shared_file"));
    assert_eq!(listed(with_header("default, files")).await, more);
    assert!(listed(with_header("everything")).await.is_superset(&more));
    let only = listed(with_header("files")).await;
    let common: Vec<_> = only.intersection(&usual).collect();
    assert_eq!(common, ["upload_attachment"]);

    hub.sql("UPDATE hub.spaces SET toolsets = '{wiki,files}'")
        .await;
    eventually("the space offers less", async || {
        !listed(with_header("everything"))
            .await
            .contains("get_issue")
    })
    .await;
    let of_space = listed(request(&hub.mcp_url(), token)).await;
    assert!(of_space.contains("get_wiki") && of_space.contains("upload_attachment"));
    assert_eq!(listed(with_header("everything")).await, of_space);
    assert_eq!(listed(with_header("issue")).await, BTreeSet::new());
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_and_its_space_allow_and_exclude_tools_by_name() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let token = Some(tokens.access_token.as_str());
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let at = |query: &str| request(&format!("{}?{query}", hub.mcp_url()), token);
    let plain = || request(&hub.mcp_url(), token);

    let named: BTreeSet<_> = names(&["add_webhook", "search"]);
    assert_eq!(listed(at("tools=add_webhook,search")).await, named);
    let header = plain().header("X-MCP-Tools", "add_webhook,search");
    assert_eq!(listed(header).await, named);
    let without = plain().header("X-MCP-Exclude-Tools", "update_issue,search");
    let work = listed(plain()).await;
    let left: BTreeSet<_> = work
        .difference(&names(&["change_issues", "search"]))
        .cloned()
        .collect();
    assert_eq!(listed(without).await, left);
    for unknown in ["tools=get_isue", "exclude_tools=get_isue"] {
        let reply = Reply::to(at(unknown).json(&message("tools/list", json!({})))).await;
        assert_eq!(reply.status, 400, "{}", reply.body);
        assert!(
            reply.body.contains("the nearest is `get_issue`"),
            "{}",
            reply.body
        );
    }

    let limit = async |limits: &str| {
        let limit = format!("SELECT admin.limit_tools(slug, {limits}) FROM hub.spaces");
        hub.sql(&limit).await;
    };
    limit("tools => '{get_issue,search}', exclude_tools => '{add_issue}'").await;
    eventually("the space offers what it names", async || {
        listed(plain()).await == names(&["get_issue", "search"])
    })
    .await;
    assert_eq!(
        listed(at("toolsets=everything")).await,
        names(&["get_issue"])
    );
    assert_eq!(
        listed(at("tools=add_issue,search")).await,
        names(&["search"])
    );
    let issue = json!({"issueKey": "OPS-1"});
    let refused = call(&hub, token, "delete_issue", issue.clone()).await;
    assert!(failure(&refused).contains("not one of the tools that are enabled here"));
    let read = call(&hub, token, "get_issue", issue).await;
    assert_eq!(read.json()["result"]["isError"], false);
    limit("tools => '{all}', exclude_tools => '{}'").await;
    eventually("the limit is lifted", async || {
        listed(plain()).await == work
    })
    .await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uploaded_file_comes_back_from_the_issue_it_was_attached_to() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let token = Some(tokens.access_token.as_str());
    let file = json!({"filename": "潮.txt", "text": "low\r\nhigh"});
    let shared = json!({"projectKey": "HARBOR", "sharedFileId": 77_103});
    // Where the work tools are listed, any other can be called; a choice without them is a limit.
    let unlisted = call(&hub, token, "get_shared_file", shared.clone()).await;
    assert_eq!(unlisted.json()["result"]["isError"], false);
    let classic = format!("{}?toolsets=classic", hub.mcp_url());
    let refused = call_at(&classic, token, "get_shared_file", shared).await;
    let reason = failure(&refused);
    assert!(reason.contains("X-MCP-Toolsets: default,files"), "{reason}");
    let uploaded = call(&hub, token, "upload_attachment", file.clone()).await;
    assert_ne!(
        uploaded.json()["result"]["isError"],
        true,
        "{}",
        uploaded.body
    );

    let url = format!("{}?toolsets=default,files", hub.mcp_url());
    let answer = async |tool: &str, arguments: Value| {
        let reply = call_at(&url, token, tool, arguments).await;
        let mut body = reply.json();
        assert_ne!(body["result"]["isError"], true, "{body}");
        body["result"]["content"].take()
    };
    let uploaded = answer("upload_attachment", file).await;
    let text = uploaded[0]["text"].as_str().expect("a text");
    let uploaded: Value = serde_json::from_str(text).expect("JSON");
    let id = &uploaded["id"];
    let comment = json!({"issueKey": "OPS-1", "content": "The tides", "attachmentId": [id]});
    answer("add_issue_comment", comment).await;
    let attachment = json!({"issueKey": "OPS-1", "attachmentId": id});
    let content = answer("get_issue_attachment", attachment.clone()).await;
    assert_eq!(content[1]["resource"]["text"], "low\r\nhigh");
    answer("delete_issue_attachment", attachment.clone()).await;
    let gone = call_at(&url, token, "get_issue_attachment", attachment).await;
    assert!(failure(&gone).contains("No attachment"), "{}", gone.body);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_file_fits_into_a_request_and_a_larger_one_is_rejected() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let token = Some(tokens.access_token.as_str());
    let url = format!("{}?toolsets=files", hub.mcp_url());
    let upload = async |size: usize| {
        let content = STANDARD.encode(vec![0xff; size]);
        let file = json!({"filename": "noise.bin", "content": content});
        call_at(&url, token, "upload_attachment", file).await
    };
    let largest = upload(3_000_000).await;
    let text = largest.json()["result"]["content"][0]["text"].to_string();
    assert!(text.contains("3000000"), "{}", largest.body);
    let larger = failure(&upload(3_000_001).await);
    assert!(larger.contains("content: is larger than 3 MB"), "{larger}");
    hub.stop().await;
}
