//! Names in place of ids, against the simulated Backlog: the ids that arrive there, the lists that
//! are requested, and the errors for unknown names.

mod optional_rows;
mod prompts;
mod rows;
mod wrong;

use std::collections::BTreeSet;

use backlog_mcp_hub::{
    calls::{options::ToolOptions, policy::Policy},
    mcp::server::HubServer,
    toolkit::toolset::Toolset,
};
use backlog_sim::{BacklogSim, Id, Matcher, SimOptions, seed};
use serde_json::{Value, json};

use crate::support::agent::{Agent, server};
use rows::{Again, rows};

async fn sim() -> BacklogSim {
    BacklogSim::start(SimOptions::default())
        .await
        .expect("the simulated Backlog")
}

/// Every toolset.
fn everything() -> Policy {
    Policy {
        chosen: Some(Toolset::ALL.into()),
        ..Policy::default()
    }
}

/// The requests so far, decoded, as `GET issues?statusId[]=1`; and forgets them.
fn asked(sim: &BacklogSim) -> Vec<String> {
    let journal = sim.control().journal();
    sim.control().clear_journal();
    let lines = journal.iter().map(|entry| {
        let path = entry.path.trim_start_matches("/api/v2/");
        let pairs = entry.query.iter().chain(&entry.form);
        let pairs: Vec<_> = pairs.map(|(key, value)| format!("{key}={value}")).collect();
        match pairs.join("&") {
            pairs if pairs.is_empty() => format!("{} {path}", entry.method),
            pairs => format!("{} {path}?{pairs}", entry.method),
        }
    });
    lines.collect()
}

#[actix_web::test]
async fn names_become_ids_and_are_remembered() {
    for row in rows() {
        let (server, sim) = (server(), sim().await);
        let agent = Agent::new(&server, &sim, row.user).within(everything());
        agent.call(row.tool, row.arguments.clone()).await.json();
        let mut first = asked(&sim);
        let sent = first.pop().expect("a request");
        assert_eq!(sent, row.request, "{}", row.tool);
        let lookups: BTreeSet<_> = first.iter().map(String::as_str).collect();
        let expected: BTreeSet<_> = row.lookups.iter().copied().collect();
        assert_eq!(lookups, expected, "{}", row.tool);
        assert_eq!(first.len(), expected.len(), "{}: no list twice", row.tool);

        // Once more, whatever Backlog says of a second change.
        let expected = match row.again {
            Again::Remembered => vec![row.request],
            Again::ReadAnew => [row.lookups, &[row.request]].concat(),
            Again::Gone => vec![row.lookups[0]],
        };
        agent.call(row.tool, row.arguments).await;
        assert_eq!(asked(&sim), expected, "{}", row.tool);
        sim.stop().await;
    }
}

#[actix_web::test]
async fn every_input_that_takes_a_name_is_in_a_row() {
    // Both types are published by choice only.
    let options = ToolOptions {
        schema_unions: true,
        ..ToolOptions::default()
    };
    let (server, sim) = (server().with_options(options), sim().await);
    let agent = Agent::new(&server, &sim, seed::DANIEL).within(everything());
    let tools = agent.tools().await;
    let takes_both = |schema: &Value| {
        schema["type"] == json!(["number", "string"])
            || schema["items"]["type"] == json!(["number", "string"])
            || schema["items"]
                .to_string()
                .contains(r#"["number","string"]"#)
    };
    let mut inputs = BTreeSet::new();
    for tool in &tools {
        let properties = tool["inputSchema"]["properties"].as_object();
        for (input, schema) in properties.into_iter().flatten() {
            // Beside a key, an id needs no test for each tool.
            let is_pair =
                input == "projectId" && tool["inputSchema"]["properties"]["projectKey"].is_object();
            // A kind of activity is a word of ours, the same everywhere.
            let is_kind = input.starts_with("activityType");
            if takes_both(schema) && !is_pair && !is_kind {
                inputs.insert((
                    tool["name"].as_str().expect("a name").to_owned(),
                    input.clone(),
                ));
            }
        }
    }
    let mut tested = BTreeSet::new();
    for row in rows() {
        let arguments = row.arguments.as_object().expect("arguments").keys();
        tested.extend(arguments.map(|input| (row.tool.to_owned(), input.clone())));
    }
    let untested: Vec<_> = inputs.difference(&tested).collect();
    assert!(!inputs.is_empty());
    assert_eq!(untested, Vec::<&(String, String)>::new());
    sim.stop().await;
}

/// Adds a milestone behind the back of whoever has read the list.
async fn add_milestone(server: &HubServer, sim: &BacklogSim, name: &str) {
    let colleague = Agent::new(server, sim, seed::HARUKA);
    let arguments = json!({"projectKey": "HARBOR", "name": name});
    colleague
        .call("add_version_milestone", arguments)
        .await
        .json();
    sim.control().clear_journal();
}

#[actix_web::test]
async fn a_name_missing_from_a_cached_list_is_looked_up_again() {
    let (server, sim) = (server(), sim().await);
    let agent = Agent::new(&server, &sim, seed::DANIEL);
    let count = async |milestones: Value| {
        let arguments = json!({"projectId": [seed::HARBOR], "milestoneId": milestones});
        agent.call("count_issues", arguments).await
    };
    count(json!(["2026.11"])).await.json();
    sim.control().clear_journal();

    add_milestone(&server, &sim, "2027.03").await;
    assert_eq!(
        count(json!(["2027.03", "2026.11"])).await.json()["count"],
        8
    );
    let lookup = "GET projects/88104/versions";
    assert_eq!(asked(&sim).len(), 2, "the list, and the count");
    count(json!(["2027.03"])).await.json();
    assert_eq!(asked(&sim).len(), 1, "the count");

    // A name that stays unknown costs one more look, and no loop.
    let answer = count(json!(["2027.05"])).await;
    assert!(answer.error().contains("2027.03"), "{answer:?}");
    assert_eq!(asked(&sim), [lookup]);

    // Nothing is asked twice within one call.
    let fresh = Agent::new(&server, &sim, seed::DANIEL);
    let arguments = json!({"projectId": [seed::HARBOR], "milestoneId": ["2027.05"]});
    fresh.call("count_issues", arguments).await.error();
    assert_eq!(asked(&sim), [lookup]);
    sim.stop().await;
}

#[actix_web::test]
async fn a_list_is_reloaded_after_a_users_own_change() {
    let (server, sim) = (server(), sim().await);
    let agent = Agent::new(&server, &sim, seed::DANIEL);
    let milestone = async || {
        let arguments = json!({"issueKey": "HARBOR-1", "milestoneId": ["2027.01"]});
        let issue = agent.call("update_issue", arguments).await.json();
        issue["milestone"][0]["id"].clone()
    };
    assert_eq!(milestone().await, 73303);
    let version = json!({"projectKey": "HARBOR", "id": "2027.01"});
    agent.call("delete_version", version).await.json();
    let version = json!({"projectKey": "HARBOR", "name": "2027.01"});
    let made = agent.call("add_version_milestone", version).await.json();
    assert_eq!(milestone().await, made["id"]);

    // Other changes leave the lists alone.
    agent
        .call(
            "add_issue_comment",
            json!({"issueKey": "HARBOR-1", "content": "c"}),
        )
        .await
        .json();
    sim.control().clear_journal();
    milestone().await;
    assert_eq!(asked(&sim).len(), 1);
    sim.stop().await;
}

/// The lookups that a call needs, by somebody who may be no member.
async fn told(server: &HubServer, sim: &BacklogSim, user: Id, project: &str) -> String {
    let agent = Agent::new(server, sim, user);
    let arguments = json!({"projectId": [project], "statusId": ["nothing like it"]});
    let answer = agent.call("get_issues", arguments).await;
    answer.error().to_owned()
}

#[actix_web::test]
async fn cached_names_are_never_shown_to_another_user() {
    let (server, sim) = (server(), sim().await);
    let member = told(&server, &sim, seed::KENTA, "KURA").await;
    assert!(member.contains("レビュー待ち (218430)"), "{member}");

    // Maja has not joined KURA; its names are remembered for Kenta only.
    let stranger = told(&server, &sim, seed::MAJA, "KURA").await;
    assert!(stranger.contains("unknown project \"KURA\""), "{stranger}");
    assert!(
        stranger.contains("HARBOR") && stranger.contains("OPS"),
        "{stranger}"
    );
    let maja = Agent::new(&server, &sim, seed::MAJA);
    let projects = Matcher::path("/api/v2/projects/88117/statuses");
    for arguments in [
        json!({"projectId": [seed::KURA], "statusId": ["nothing like it"]}),
        json!({"projectId": [seed::HARBOR, seed::KURA], "statusId": ["nothing like it"]}),
    ] {
        let before = sim.control().count(&projects);
        let answer = maja.call("get_issues", arguments).await;
        let text = answer.error();
        assert!(text.contains("status: 404"), "{text}");
        assert!(
            !text.contains("レビュー待ち") && !text.contains("倉庫"),
            "{text}"
        );
        assert_eq!(
            sim.control().count(&projects),
            before + 1,
            "Backlog decides"
        );
    }
    let answer = maja
        .call(
            "update_issue",
            json!({"issueKey": "KURA-1", "statusId": "保留"}),
        )
        .await;
    let text = answer.error();
    assert!(
        text.contains("status: 404") && !text.contains("218431"),
        "{text}"
    );
    sim.stop().await;
}

#[actix_web::test]
async fn a_lookup_that_fails_is_no_unknown_name() {
    let (server, sim) = (server(), sim().await);
    let agent = Agent::new(&server, &sim, seed::DANIEL);
    let body = backlog_sim::Control::error_body(1, "Internal error.");
    let matcher = Matcher::path("/api/v2/priorities");
    sim.control().fail_next(matcher, 500, body, 1);
    let arguments = json!({"priorityId": ["High"]});
    let answer = agent.call("get_issues", arguments.clone()).await;
    assert!(
        answer.error().contains("status: 500) in GET priorities"),
        "{answer:?}"
    );
    agent.call("get_issues", arguments).await.json();
    sim.stop().await;
}

/// Each key would be a request.
#[actix_web::test]
async fn a_call_has_only_so_many_names() {
    let (server, sim) = (server(), sim().await);
    let agent = Agent::new(&server, &sim, seed::DANIEL);
    let keys = |count: usize| {
        (1..=count)
            .map(|n| format!("HARBOR-{n}"))
            .collect::<Vec<_>>()
    };
    let names = |count: usize| vec!["S1"; count];
    let numbers_and_a_name = |count: i64| {
        let numbers = (1..=count).map(Value::from);
        numbers.chain([json!("High")]).collect::<Vec<_>>()
    };
    for (tool, arguments, expected) in [
        (
            "get_issues",
            json!({"parentIssueId": keys(101)}),
            "parentIssueId: a call can have at most 100 names; give ids",
        ),
        // Over all arguments.
        (
            "get_issues",
            json!({
                "projectId": ["HARBOR"], "statusId": vec!["Open"; 40],
                "parentIssueId": keys(60),
            }),
            "Id: a call can have at most 100 names",
        ),
        (
            "get_issues",
            json!({
                "projectId": [seed::HARBOR],
                "customFields": [{"type": "list", "id": "Severity", "value": names(100)}],
            }),
            "customFields: a call can have at most 100 names",
        ),
        (
            "get_issues",
            json!({"priorityId": numbers_and_a_name(1000)}),
            "priorityId: lists with names can have at most 1000 elements in one call",
        ),
    ] {
        let answer = agent.call(tool, arguments).await;
        assert!(answer.error().contains(expected), "{answer:?}");
        assert_eq!(asked(&sim), Vec::<String>::new());
    }
    // One of many numbers is no name, and a number is not compared with every other one.
    let arguments = json!({"priorityId": numbers_and_a_name(999)});
    agent.call("count_issues", arguments).await;
    let sent = asked(&sim).pop().expect("a request");
    assert_eq!(sent.matches("priorityId[]=").count(), 999, "High is 2");
    let answer = agent
        .call("count_issues", json!({"statusId": ["x".repeat(5000)]}))
        .await;
    assert!(answer.error().len() < 500, "{answer:?}");
    sim.stop().await;
}

#[actix_web::test]
async fn few_names_are_looked_up_at_the_same_time() {
    let (server, sim) = (server(), sim().await);
    let agent = Agent::new(&server, &sim, seed::DANIEL);
    let keys: Vec<_> = (1..=18).map(|n| format!("HARBOR-{n}")).collect();
    // It says how many more requests there may be; otherwise the first key would.
    agent.call("get_priorities", json!({})).await.json();
    sim.control().hold(Matcher::path("/api/v2/issues/HARBOR-"));
    let call = agent.call("count_issues", json!({"parentIssueId": keys}));
    let (answer, ()) = tokio::join!(call, async {
        sim.control().wait_for_held(8).await;
        // Were there more, they would be under way by now.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        assert_eq!(sim.control().held(), 8);
        sim.control().release();
    });
    answer.json();
    assert_eq!(asked(&sim).len(), 1 + 18 + 1);
    sim.stop().await;
}

#[actix_web::test]
async fn names_are_looked_up_in_few_projects() {
    let (server, sim) = (server(), sim().await);
    let agent = Agent::new(&server, &sim, seed::DANIEL);
    let many: Vec<_> = (1..=11).collect();
    let arguments = json!({"projectId": many, "statusId": ["Open"]});
    let answer = agent.call("get_issues", arguments).await;
    assert!(
        answer.error().contains("in at most 10 projects"),
        "{answer:?}"
    );
    assert_eq!(asked(&sim), Vec::<String>::new());
    let arguments = json!({"projectId": many, "statusId": [1], "assigneeId": ["me"]});
    let answer = agent.call("get_issues", arguments).await;
    let sent = asked(&sim);
    assert_eq!(sent[0], "GET users/myself", "{answer:?}");
    sim.stop().await;
}
