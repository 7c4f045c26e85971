//! The calls that the prompts name, made as they stand there.

use backlog_sim::seed;
use regex::Regex;
use serde_json::{Value, json};

use super::{everything, sim};
use crate::support::agent::{Agent, server};

/// The calls of a prompt whose arguments it gives, in its order.
async fn calls(agent: &Agent, prompt: &str, given: &Value) -> Vec<(String, Value)> {
    let params = json!({"name": prompt, "arguments": given});
    let prompt = agent.rpc("prompts/get", params).await;
    let text = prompt["messages"][0]["content"]["text"]
        .as_str()
        .expect("a text");
    let pattern = Regex::new(r"`([a-z_]+)\((\{[^`]*\})\)`").expect("a pattern");
    let found = pattern.captures_iter(text).map(|found| {
        let arguments = serde_json::from_str(&found[2]).expect("JSON");
        (found[1].to_owned(), arguments)
    });
    found.collect()
}

#[actix_web::test]
async fn a_prompts_calls_work_as_they_stand() {
    let (server, sim) = (server(), sim().await);
    let agent = Agent::new(&server, &sim, seed::DANIEL).within(everything());
    let given = json!({
        "project": "HARBOR", "report": "It broke", "milestone": "2026.11", "since": "2026-08-01",
    });
    for prompt in [
        "triage",
        "issue_from_report",
        "release_notes",
        "daily_summary",
    ] {
        let calls = calls(&agent, prompt, &given).await;
        assert!(calls.len() >= 2, "{prompt}: {calls:?}");
        for (tool, arguments) in calls {
            assert_ne!(tool, "get_project", "{prompt}: names need no ids");
            let found = agent.call(&tool, arguments.clone()).await.json();
            let is_there = found.as_array().is_some_and(|found| !found.is_empty());
            assert!(is_there, "{prompt}: {tool} {arguments}: {found}");
        }
    }
    let anywhere = calls(&agent, "daily_summary", &json!({"since": "2026-08-01"})).await;
    for (tool, arguments) in anywhere {
        agent.call(&tool, arguments).await.json();
    }
    sim.stop().await;
}

/// An issue may be in a status that only its project has.
#[actix_web::test]
async fn a_users_own_issues_include_custom_statuses() {
    let (server, sim) = (server(), sim().await);
    let agent = Agent::new(&server, &sim, seed::KENTA).within(everything());
    let in_review = |issues: &Value| {
        let issues = issues.as_array().expect("a list").iter();
        let mut statuses = issues.map(|issue| issue["status"]["id"].as_i64());
        statuses.any(|status| status == Some(218_430))
    };
    for given in [json!({"project": "KURA"}), json!({})] {
        let calls = calls(&agent, "daily_summary", &given).await;
        let is_mine = |(_, arguments): &&(String, Value)| arguments["assigneeId"].is_array();
        let (tool, mut arguments) = calls.iter().find(is_mine).expect("a call").clone();
        let statuses = calls.iter().find(|(tool, _)| tool == "get_statuses");
        assert_eq!(statuses.is_some(), given["project"].is_string());
        if let Some((tool, of)) = statuses {
            let all = agent.call(tool, of.clone()).await.json();
            let open = all.as_array().expect("a list").iter();
            let open = open.filter(|status| status["id"] != 4);
            arguments["statusId"] = open.map(|status| status["name"].clone()).collect();
        }
        let mine = agent.call(&tool, arguments).await.json();
        assert!(in_review(&mine), "{mine}");
    }
    sim.stop().await;
}
