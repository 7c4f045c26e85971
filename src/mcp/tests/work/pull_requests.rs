use backlog_sim::seed::{DANIEL, HARUKA, MAJA};
use serde_json::{Value, json};

use super::World;
use crate::{
    calls::caller::Caller,
    toolkit::{tokens::tokens, toolset::Toolset},
};

async fn list(world: &World, caller: &Caller, arguments: Value) -> String {
    let result = world.call(caller, "pull_requests", arguments).await;
    result.unwrap()
}

#[tokio::test]
async fn the_open_pull_requests_of_all_repositories_are_ready_for_a_review() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let text = list(&world, &daniel, json!({"project": "harbor"})).await;
    assert!(
        text.starts_with("Pull requests of HARBOR, open: 2 (portal, gateway.client)\n"),
        "{text}"
    );
    for part in [
        "# HARBOR/portal#2: Ask for the date at midnight",
        "fix/midnight → main",
        "See HARBOR-1.",
        "Could the timer use the harbour's own time?",
        "直しました。",
        "# HARBOR/portal#3: Constraint for berths",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("#1"), "{text}");
}

#[tokio::test]
async fn filters_choose_pull_requests() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    for (given, expected, other) in [
        (
            json!({"project": "HARBOR", "status": "all"}),
            "HARBOR/gateway.client#1",
            "KURA",
        ),
        (
            json!({"project": "HARBOR", "status": "Merged"}),
            "HARBOR/portal#1",
            "portal#2",
        ),
        (
            json!({"project": "HARBOR", "state": "closed"}),
            "HARBOR/gateway.client#1",
            "portal#1",
        ),
        (
            json!({"project": "HARBOR", "assignee": "me"}),
            "HARBOR/portal#2",
            "portal#3",
        ),
        (
            json!({"project": "HARBOR", "status": "all", "repository": "gateway"}),
            "gateway.client#1",
            "portal#1",
        ),
        (
            json!({"projectKey": "KURA"}),
            "# KURA/kura-web#1: ロックの順序を揃える",
            "HARBOR/",
        ),
    ] {
        let text = list(&world, &daniel, given.clone()).await;
        assert!(
            text.contains(expected) && !text.contains(other),
            "{given}: {text}"
        );
    }
    let text = list(&world, &daniel, json!({"project": "OPS"})).await;
    assert!(text.contains("Pull requests of OPS, open: 0 (the project has no repositories)"));
}

#[tokio::test]
async fn wrong_inputs_name_what_is_possible() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    for (given, expected) in [
        (json!({}), "project: is required"),
        (json!({"project": "PIER"}), "PIER"),
        (
            json!({"project": "HARBOR", "status": "draft"}),
            "status: expected open, closed, merged or all",
        ),
        (
            json!({"project": "HARBOR", "repository": "protal"}),
            "repository: unknown repository \"protal\"; available, nearest first: \"portal\"",
        ),
        (
            json!({"project": "HARBOR", "comments": 101}),
            "comments: expected an integer from 0 to 100",
        ),
        (json!({"project": "HARBOR", "assignee": "Zoe"}), "Zoe"),
    ] {
        let error = world.call(&daniel, "pull_requests", given.clone()).await;
        let error = error.unwrap_err();
        assert!(error.contains(expected), "{given}: {error}");
    }
}

#[tokio::test]
async fn the_rest_of_a_long_one_is_read_with_fetch() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    for number in 0..30 {
        let description: String = (0..2_000)
            .map(|line| format!("{number}: line {line}\n"))
            .collect();
        let given = json!({
            "projectKey": "HARBOR",
            "repoName": "portal",
            "summary": format!("Long {number}"),
            "description": description,
            "base": "main",
            "branch": format!("long/{number}"),
        });
        world
            .call(&daniel, "add_pull_request", given)
            .await
            .unwrap();
    }
    let text = list(&world, &daniel, json!({"project": "HARBOR"})).await;
    assert!(tokens(&text) <= 20_000, "{}", tokens(&text));
    assert!(
        text.contains("12 more are left out: read each with fetch: "),
        "{text}"
    );
    let rest = text.split("The rest, with fetch: ").nth(1).unwrap();
    let rest = rest.lines().next().unwrap();
    let fetched = world.json(&daniel, "fetch", json!({"id": rest})).await;
    let next = fetched["text"].as_str().unwrap();
    let line = next.lines().find(|line| line.contains(": line ")).unwrap();
    let (owner, number) = line.split_once(": line ").unwrap();
    let before = number.parse::<usize>().unwrap() - 1;
    assert!(text.contains(&format!("{owner}: line {before}\n")));
    assert!(!text.contains(&format!("{line}\n")));
}

#[tokio::test]
async fn only_what_the_caller_may_read_is_listed() {
    let world = World::start().await;
    let maja = world.caller(MAJA);
    let given = json!({"project": "KURA"});
    world
        .call(&maja, "pull_requests", given.clone())
        .await
        .unwrap_err();
    let mut bound = world.caller(HARUKA);
    bound.policy.projects = Some(["OPS".to_owned()].into());
    world
        .call(&bound, "pull_requests", given.clone())
        .await
        .unwrap_err();
    let mut bound = world.caller(HARUKA);
    bound.policy.toolsets = Some([Toolset::Work, Toolset::Issue].into());
    let error = world
        .call(&bound, "pull_requests", given)
        .await
        .unwrap_err();
    assert!(error.contains("leaves out the operations"), "{error}");
}
