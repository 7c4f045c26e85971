//! Tools that are allowed and excluded by name: what is listed, what can be called by its own name
//! or by `run_tool`, what `find_tools` finds, and the work tools that need an excluded operation.

use backlog_sim::seed::DANIEL;
use serde_json::json;

use super::work::World;
use crate::{
    calls::{
        caller::Caller,
        known_tools::KnownTools,
        options::ToolOptions,
        policy::{Policy, ToolLimit, UsualList},
        registered_tool::Handler,
        registry::Registry,
    },
    toolkit::toolset::Toolset,
};

/// A caller of the shared service, with these limits by name.
fn limited(world: &World, tools: ToolLimit) -> Caller {
    Caller {
        policy: Policy {
            usual: Some(UsualList::Work),
            tools,
            ..Policy::default()
        },
        ..world.caller(DANIEL)
    }
}

fn listed(registry: &Registry, caller: &Caller) -> Vec<String> {
    let tools = registry.listed_for(caller).into_iter();
    tools.map(|tool| tool.name.into_owned()).collect()
}

#[actix_web::test]
async fn every_tool_can_be_the_only_one_or_be_excluded() {
    let world = World::start().await;
    let registry = Registry::with_uploads(&ToolOptions::default());
    let everything = Policy {
        chosen: Some(Toolset::NAMED.into()),
        ..Policy::default()
    };
    for tool in registry.tools() {
        let name = tool.meta.name;
        let only = limited(&world, ToolLimit::only([name]));
        assert_eq!(listed(&registry, &only), [name]);
        let excluded = Caller {
            policy: everything.narrowed_by(&Policy {
                tools: ToolLimit::default().without([name]),
                ..Policy::default()
            }),
            ..world.caller(DANIEL)
        };
        let left = listed(&registry, &excluded);
        for other in registry.tools() {
            let allows_only = only.policy.check(&other.meta).is_ok();
            assert_eq!(
                allows_only,
                other.meta.name == name,
                "{name}: {}",
                other.meta.name
            );
            let is_stopped = !registry.has_needs(other, &excluded);
            let is_listed = left.iter().any(|it| it == other.meta.name);
            let is_excluded = other.meta.name == name || is_stopped;
            assert_eq!(
                is_listed, !is_excluded,
                "without {name}: {}",
                other.meta.name
            );
        }
        let found = registry.find(tool.meta.title, &excluded);
        assert!(found.iter().all(|found| found.meta.name != name), "{name}");
    }
}

#[test]
fn a_work_tool_is_stopped_by_the_exclusion_of_what_it_cannot_do_without() {
    let registry = Registry::new(&ToolOptions::default());
    let stopped = |excluded: &[&str]| {
        let caller = super::caller(crate::accounts::access::FixedAccess::new(
            backlog_client::BacklogUrl::parse("acme.backlog.com").unwrap(),
            backlog_client::Credentials::ApiKey("k".into()),
        ));
        let caller = Caller {
            policy: Policy {
                usual: Some(UsualList::Work),
                tools: ToolLimit::default().without(excluded.iter().copied()),
                ..Policy::default()
            },
            ..caller
        };
        let listed = listed(&registry, &caller);
        let work = registry.tools().iter();
        let work = work.filter(|tool| matches!(tool.handler, Handler::Work(_)));
        work.map(|tool| tool.meta.name)
            .filter(|name| !listed.iter().any(|listed| listed == name))
            .collect::<Vec<_>>()
    };
    assert_eq!(stopped(&["update_issue"]), ["change_issues"]);
    assert_eq!(stopped(&["add_issue"]), ["create_issues"]);
    assert_eq!(
        stopped(&["add_wiki"]),
        [""; 0],
        "it can still change a page"
    );
    assert_eq!(stopped(&["add_wiki", "update_wiki"]), ["edit_page"]);
    assert_eq!(stopped(&["delete_issue"]), [""; 0]);
    assert_eq!(stopped(&["find_issues"]), ["find_issues"]);
}

#[actix_web::test]
async fn an_excluded_tool_is_refused_by_each_way_to_call_it() {
    let world = World::start().await;
    let caller = limited(
        &world,
        ToolLimit::default().without(["update_issue", "add_webhook"]),
    );
    let issue = json!({"issueKey": "HARBOR-1", "summary": "Another"});
    let refused = [
        (
            "update_issue",
            issue.clone(),
            "update_issue cannot be used: it is excluded here.",
        ),
        (
            "run_tool",
            json!({"name": "update_issue", "arguments": issue}),
            "update_issue cannot be used: it is excluded here.",
        ),
        (
            "run_tool",
            json!({"name": "add_webhook", "arguments": {"projectKey": "HARBOR"}}),
            "add_webhook cannot be used: it is excluded here.",
        ),
        (
            "change_issues",
            json!({"issues": ["HARBOR-1"], "set": {"status": "Closed"}}),
            "change_issues cannot be used: this connection leaves out",
        ),
    ];
    for (tool, arguments, expected) in refused {
        let error = world.call(&caller, tool, arguments).await.unwrap_err();
        assert!(error.starts_with(expected), "{tool}: {error}");
    }
    assert!(caller.challenge.get().is_none(), "a sign-in would not help");
    assert_eq!(world.requests(), 0);

    let only = limited(
        &world,
        ToolLimit::only(["find_tools", "run_tool", "get_project"]),
    );
    let error = world
        .call(&only, "get_issue", json!({"issueKey": "HARBOR-1"}))
        .await;
    let expected = "get_issue cannot be used: it is not one of the tools that are enabled here.";
    assert_eq!(error, Err(expected.to_owned()));
    let found = world
        .call(&only, "find_tools", json!({"query": "a project"}))
        .await
        .unwrap();
    assert_eq!(found.matches("\n## ").count(), 1, "{found}");
    let run = json!({"name": "get_project", "arguments": {"projectKey": "HARBOR"}});
    let project = world.call(&only, "run_tool", run).await.unwrap();
    assert!(project.contains("HARBOR"), "{project}");
}

#[actix_web::test]
async fn a_work_tool_leaves_out_an_excluded_operation() {
    let world = World::start().await;
    let get = json!({"id": "HARBOR-1"});
    let page = world.add_page(&world.caller(DANIEL), "Tides", "low").await;
    let caller = limited(&world, ToolLimit::default().without(["get_issue"]));
    let refused = world.call(&caller, "fetch", get).await.unwrap_err();
    assert!(
        refused.contains("get_issue cannot be used: it is excluded"),
        "{refused}"
    );
    let space = world.sim.url();
    let space = space.as_str().trim_end_matches('/');
    let page = json!({"id": format!("{space}/alias/wiki/{page}")});
    world.call(&caller, "fetch", page).await.unwrap();
}

#[test]
fn the_names_are_those_of_the_registry() {
    let options = ToolOptions::default();
    let registry = Registry::with_uploads(&options);
    let mut names: Vec<_> = registry.tools().iter().map(|tool| tool.meta.name).collect();
    names.push(crate::calls::list_organizations::META.name);
    names.sort_unstable();
    let tools = KnownTools::new(&options.prefix);
    assert_eq!(tools.names().all().collect::<Vec<_>>(), names);
}
