//! Limits to tools by their names.

use super::*;

fn named(name: &'static str, toolset: Toolset) -> ToolMeta {
    ToolMeta {
        name,
        ..meta(toolset)
    }
}

#[test]
fn limits_by_name_only_narrow() {
    let only = |names: &[&str]| Policy::of_tools(ToolLimit::only(names.iter().copied()));
    let without =
        |names: &[&str]| Policy::of_tools(ToolLimit::default().without(names.iter().copied()));
    let both = only(&["get_issue", "add_issue"]).narrowed_by(&only(&["add_issue", "get_wiki"]));
    assert_eq!(both, only(&["add_issue"]));
    let none = only(&["get_issue"]).narrowed_by(&only(&["get_wiki"]));
    assert_eq!(none, only(&[]), "nothing in common allows nothing");
    let both = without(&["get_issue"]).narrowed_by(&without(&["get_wiki"]));
    assert_eq!(both, without(&["get_issue", "get_wiki"]));
    let mixed = only(&["get_issue"]).narrowed_by(&without(&["get_issue"]));
    let tool = named("get_issue", Toolset::Issue);
    assert_eq!(mixed.check(&tool), Err(Denied::Excluded));
    for policy in [only(&["a"]), without(&["a"]), mixed] {
        assert_eq!(policy.narrowed_by(&Policy::default()), policy);
        assert_eq!(Policy::default().narrowed_by(&policy), policy);
    }
}

#[test]
fn a_name_chooses_a_tool_that_no_toolset_limit_leaves_out() {
    use Toolset::{Issue, Webhooks, Work};
    let tools = [
        named("get_issue", Issue),
        named("add_webhook", Webhooks),
        named("find_issues", Work),
    ];
    let names = |is_in: &dyn Fn(&ToolMeta) -> bool| -> Vec<_> {
        tools
            .iter()
            .filter(|tool| is_in(tool))
            .map(|tool| tool.name)
            .collect()
    };
    let every = ["get_issue", "add_webhook", "find_issues"];
    for (usual, toolsets, tools, expected_list, expected_calls) in [
        // The names replace the usual list.
        (
            UsualList::Work,
            "",
            "add_webhook",
            &["add_webhook"][..],
            &["add_webhook"][..],
        ),
        (
            UsualList::Classic,
            "",
            "add_webhook",
            &["add_webhook"],
            &["add_webhook"],
        ),
        (
            UsualList::Classic,
            "",
            "find_issues",
            &["find_issues"],
            &["find_issues"],
        ),
        (
            UsualList::Work,
            "",
            "get_issue,find_issues",
            &["get_issue", "find_issues"],
            &["get_issue", "find_issues"],
        ),
        // Toolsets and names both apply.
        (UsualList::Classic, "issue", "add_webhook", &[], &[]),
        (
            UsualList::Work,
            "issue,webhooks",
            "add_webhook",
            &["add_webhook"],
            &["add_webhook"],
        ),
        (UsualList::Work, "work", "get_issue", &[], &["get_issue"]),
        (UsualList::Work, "", "", &["find_issues"], &every),
    ] {
        let headers = [("x-mcp-toolsets", toolsets), ("x-mcp-tools", tools)];
        let headers = headers.into_iter().filter(|(_, value)| !value.is_empty());
        let headers = headers.map(|(name, value)| (name, value.as_bytes()));
        let server = Policy {
            usual: Some(usual),
            ..Policy::default()
        };
        let policy = server.narrowed_by(&asked_for(headers, "").unwrap());
        let calls = names(&|tool| policy.check(tool).is_ok());
        assert_eq!(calls, expected_calls, "called: {toolsets} {tools}");
        let listed = names(&|tool| policy.check(tool).is_ok() && policy.lists(tool));
        assert_eq!(listed, expected_list, "listed: {toolsets} {tools}");
    }
    let space = Policy {
        toolsets: Some(limit(&[Issue])),
        ..Policy::default()
    };
    let asked = asked_for([("x-mcp-tools", &b"add_webhook"[..])], "").unwrap();
    assert!(space.narrowed_by(&asked).names_chosen && !space.names_chosen);
    let refused = space
        .narrowed_by(&asked)
        .check(&named("add_webhook", Webhooks));
    assert_eq!(refused, Err(Denied::Toolset(Webhooks)));
}

#[test]
fn an_operation_is_excluded_by_its_name_but_comes_with_a_named_work_tool() {
    let operation = named("update_issue", Toolset::Issue);
    let only = Policy::of_tools(ToolLimit::only(["change_issues"]));
    assert_eq!(only.check_operation(&operation), Ok(()));
    assert_eq!(only.check(&operation), Err(Denied::Tool));
    let excluded = Policy::of_tools(ToolLimit::default().without(["update_issue"]));
    assert_eq!(excluded.check_operation(&operation), Err(Denied::Excluded));
    assert_eq!(excluded.check(&operation), Err(Denied::Excluded));
}

#[test]
fn a_request_names_tools_by_header_or_query() {
    let asked = |headers: &[(&'static str, &'static str)], query| {
        let headers = headers
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()));
        asked_for(headers, query).map(|policy| policy.tools)
    };
    let get = || ToolLimit::only(["get_issue"]);
    for (headers, query, expected) in [
        (&[][..], "tools=get_issue", get()),
        (&[("x-mcp-tools", " get_issue ,")][..], "", get()),
        (
            &[("x-mcp-tools", "get_issue,get_wiki")],
            "tools=get_issue",
            get(),
        ),
        (
            &[
                ("x-mcp-exclude-tools", "get_wiki"),
                ("x-mcp-tools", "get_issue"),
            ],
            "exclude_tools=get_issue%2Cadd_wiki",
            get().without(["get_wiki", "get_issue", "add_wiki"]),
        ),
    ] {
        assert_eq!(asked(headers, query), Ok(expected), "{headers:?} {query}");
    }
    for (headers, query) in [(&[("x-mcp-tools", " , ")][..], ""), (&[], "tools=")] {
        assert_eq!(asked(headers, query), Err(BadRequest::NoTools));
    }
    for (headers, query) in [
        (&[("x-mcp-tools", "get_isue")][..], ""),
        (&[("x-mcp-exclude-tools", "get_isue")], ""),
        (&[], "tools=get_issue,get_isue"),
        (&[], "exclude_tools=get_isue"),
    ] {
        let error = asked(headers, query).unwrap_err();
        let expected = "unknown tool `get_isue`; the nearest is `get_issue`";
        assert_eq!(error.to_string(), expected);
    }
}
