//! The scopes that each tool needs, and what a caller with fewer of them can list, find and call.

use std::collections::BTreeSet;

use backlog_client::{BacklogUrl, Credentials, Method, fake::FakeBacklog};
use oauth_values::{Scope, Scopes};
use serde_json::json;

use super::{call, caller, caller_of, work::World};
use crate::{
    accounts::access::FixedAccess,
    calls::{
        caller::{AuthChallenge, Caller},
        known_tools::KnownTools,
        options::ToolOptions,
        policy::{Policy, ToolLimit, UsualList},
        registered_tool::Handler,
        registry::{self, Registry},
        usable_scopes::usable_scopes,
    },
    toolkit::toolset::Toolset,
};

/// Every set of scopes that a token can have.
fn every_set() -> Vec<Scopes> {
    let sets = (0..16_usize).map(|bits| {
        let scopes = Scope::ALL.into_iter().enumerate();
        let chosen = scopes.filter(|(place, _)| bits & (1 << place) != 0);
        chosen.map(|(_, scope)| scope).collect::<Scopes>()
    });
    sets.filter(|scopes| scopes.effective() == *scopes)
        .collect()
}

fn local_caller() -> Caller {
    let url = BacklogUrl::parse("acme.backlog.com").unwrap();
    caller(FixedAccess::new(url, Credentials::ApiKey("k".into())))
}

#[test]
fn a_tool_that_deletes_or_removes_needs_the_scope_for_it_and_has_the_hint() {
    let mut destructive = BTreeSet::new();
    for tool in registry::all() {
        let (meta, name) = (&tool.meta, tool.meta.name);
        let is_named_so = name.starts_with("delete_") || name.starts_with("remove_");
        assert_eq!(meta.scopes().contains(Scope::Delete), is_named_so, "{name}");
        assert_eq!(tool.method == Some(Method::Delete), is_named_so, "{name}");
        assert!(!is_named_so || meta.effect.destructive, "{name}");
        if meta.effect.destructive && !is_named_so {
            destructive.insert(name);
        }
    }
    // These replace content, give access or clear marks, and remove nothing.
    let replacing: BTreeSet<_> = destructive
        .iter()
        .filter(|name| !name.starts_with("update_") && !name.starts_with("add_"))
        .collect();
    assert_eq!(replacing, [&"reset_unread_notification_count"].into());
}

#[test]
fn what_changes_settings_members_and_webhooks_needs_the_scope_for_administration() {
    for tool in registry::all() {
        let (meta, name) = (&tool.meta, tool.meta.name);
        let administers = matches!(
            meta.toolset,
            Toolset::Settings | Toolset::Members | Toolset::Webhooks | Toolset::Administration
        ) || matches!(name, "add_project" | "update_project");
        let expected = administers && !meta.effect.read_only;
        assert_eq!(meta.scopes().contains(Scope::Admin), expected, "{name}");
        assert_eq!(
            meta.scopes().contains(Scope::Write),
            !meta.effect.read_only,
            "{name}"
        );
        assert_eq!(
            meta.scopes().contains(Scope::Read),
            meta.effect.read_only,
            "{name}"
        );
        assert_eq!(meta.scopes().effective(), meta.scopes(), "{name}");
    }
}

/// Lists and allows each tool for each set of scopes within some limits.
#[test]
fn every_tool_is_offered_for_exactly_the_scopes_that_it_needs() {
    let registry = Registry::new(&ToolOptions::default());
    let everything = || Policy {
        chosen: Some(Toolset::NAMED.into()),
        ..Policy::default()
    };
    let limits = [
        everything(),
        Policy {
            read_only: true,
            ..everything()
        },
        Policy {
            toolsets: Some([Toolset::Issue, Toolset::Webhooks].into()),
            ..everything()
        },
        Policy {
            tools: ToolLimit::default().without(["delete_issue", "add_webhook"]),
            ..everything()
        },
        Policy {
            tools: ToolLimit::only(["delete_issue", "get_issue", "update_project"]),
            ..everything()
        },
    ];
    for policy in limits {
        for scopes in every_set() {
            let caller = Caller {
                scopes,
                policy: policy.clone(),
                ..local_caller()
            };
            let listed = registry.listed_for(&caller);
            for tool in registry.tools() {
                if !matches!(tool.handler, Handler::Backlog(_)) {
                    continue;
                }
                let name = tool.meta.name;
                let is_allowed = policy.check(&tool.meta).is_ok();
                let has_scopes = scopes.contains_all(tool.meta.scopes());
                let is_listed = listed.iter().any(|listed| listed.name == name);
                assert_eq!(is_listed, is_allowed && has_scopes, "{name}: {scopes}");
                assert!(
                    !(policy.read_only && is_allowed) || tool.meta.effect.read_only,
                    "{name}"
                );
            }
        }
    }
}

#[actix_web::test]
async fn a_call_without_a_scope_is_challenged_for_those_of_the_tool_alone() {
    let backlog = FakeBacklog::responding(200, "{}");
    for scopes in [
        "backlog:read",
        "backlog:read backlog:write",
        "backlog:read backlog:write backlog:delete",
        "backlog:read backlog:write backlog:admin",
    ] {
        let scopes = Scopes::parse(scopes);
        for tool in registry::all() {
            let needed = tool.meta.scopes();
            if scopes.contains_all(needed) {
                continue;
            }
            let caller = Caller {
                scopes,
                ..caller_of(&backlog)
            };
            let (failed, text) = call(&caller, tool.meta.name, json!({})).await;
            let expected = format!("{} needs the scope {needed};", tool.meta.name);
            assert!(failed && text.starts_with(&expected), "{text}");
            let challenge = Some(AuthChallenge::InsufficientScope(needed));
            assert_eq!(caller.challenge.get(), challenge, "{}", tool.meta.name);
            assert_eq!(backlog.received(), []);
        }
    }
}

#[actix_web::test]
async fn find_tools_shows_what_a_scope_withholds_and_run_tool_asks_for_it() {
    let world = World::start().await;
    let caller = || Caller {
        scopes: Scopes::parse("backlog:read backlog:write"),
        ..world.caller(backlog_sim::seed::DANIEL)
    };
    let finder = caller();
    let query = json!({"query": "delete an issue"});
    let found = world
        .call(&finder, "find_tools", query.clone())
        .await
        .unwrap();
    let delete = found
        .split("\n## ")
        .find(|tool| tool.starts_with("delete_issue\n"));
    let delete = delete.unwrap_or_else(|| panic!("{found}"));
    let needs = "Not allowed yet: it needs the scope backlog:write backlog:delete,";
    assert!(delete.contains(needs), "{delete}");
    let get = found.split("\n## ").find(|tool| tool.starts_with("get_"));
    assert!(
        get.is_none_or(|get| !get.contains("Not allowed yet")),
        "{found}"
    );
    assert!(finder.challenge.get().is_none());

    let runner = caller();
    let run = json!({"name": "delete_issue", "arguments": {"issueKey": "HARBOR-1"}});
    let error = world
        .call(&runner, "run_tool", run.clone())
        .await
        .unwrap_err();
    assert!(error.starts_with("delete_issue needs the scope"), "{error}");
    let needed = Scopes::parse("backlog:write backlog:delete");
    let challenge = Some(AuthChallenge::InsufficientScope(needed));
    assert_eq!(runner.challenge.get(), challenge);

    // Where the policy forbids it, a sign-in does not help, and it is not found.
    let excluded = Caller {
        policy: Policy {
            tools: ToolLimit::default().without(["delete_issue"]),
            ..caller().policy
        },
        ..caller()
    };
    let found = world.call(&excluded, "find_tools", query).await.unwrap();
    assert!(!found.contains("## delete_issue\n"), "{found}");
    let error = world.call(&excluded, "run_tool", run).await.unwrap_err();
    assert!(error.contains("it is excluded here"), "{error}");
    assert_eq!(excluded.challenge.get(), None);
    assert_eq!(world.requests(), 0);
}

#[test]
fn the_levels_that_are_of_use_follow_from_the_limits() {
    let tools = KnownTools::new(&ToolOptions::default().prefix);
    let usual = || Policy {
        usual: Some(UsualList::Work),
        ..Policy::default()
    };
    let delete_only = Policy {
        toolsets: Some([Toolset::Issue, Toolset::Work].into()),
        ..usual()
    };
    for (policy, expected) in [
        (usual(), "backlog:delete backlog:admin"),
        (
            Policy {
                read_only: true,
                ..usual()
            },
            "",
        ),
        (delete_only, "backlog:delete"),
        (
            Policy {
                toolsets: Some([Toolset::Document].into()),
                ..usual()
            },
            "",
        ),
        (
            Policy {
                tools: ToolLimit::only(["update_issue", "add_webhook"]),
                ..usual()
            },
            "backlog:admin",
        ),
    ] {
        let levels = usable_scopes(&tools, &policy).levels();
        assert_eq!(levels.to_string(), expected, "{policy:?}");
    }
}
