//! Keys and URLs, and two inputs that identify the same item.

use serde_json::json;

use super::{meant, read, refused};

#[test]
fn keys_and_links_are_taken_wherever_they_are_an_issues() {
    for form in [
        "harbor-12",
        " HARBOR-12\n",
        "ＨＡＲＢＯＲ－１２",
        "#HARBOR-12",
        "HARBOR-012",
        "HARBOR-12 Fix the crane",
        "https://acme.backlog.com/view/HARBOR-12#comment-34",
        "backlog://acme.backlog.com/issues/HARBOR-12",
    ] {
        for (tool, input, read_as) in [
            ("get_issue", "issueKey", "issueKey"),
            ("get_issue", "issueId", "issueKey"),
            ("get_issue", "issue", "issueKey"),
            ("add_watching", "issueIdOrKey", "issueIdOrKey"),
        ] {
            let found = meant(tool, json!({ input: form }));
            assert_eq!(
                found,
                json!({ read_as: "HARBOR-12" }),
                "{tool} {input} {form}"
            );
        }
        let found = meant("get_issues", json!({"parentIssueId": form}));
        assert_eq!(found, json!({"parentIssueId": ["HARBOR-12"]}), "{form}");
    }
    assert_eq!(
        meant("get_issue", json!({"issueKey": "12"})),
        json!({"issueId": 12})
    );
    assert_eq!(
        meant("get_issue", json!({"issueId": "12"})),
        json!({"issueId": 12})
    );
    let error = refused("get_issue", json!({"issueId": "A-1", "issueKey": "A-2"}));
    assert_eq!(
        error,
        "issueId: names a different issue than issueKey; give only one of them"
    );
}

#[test]
fn other_items_are_read_from_links() {
    const PULL: &str = "https://acme.backlog.com/git/HARBOR/portal/pullRequests/2#comment-34";
    let pull = meant(
        "update_pull_request_comment",
        json!({"project": PULL, "repo": PULL, "pr": PULL, "commentId": PULL, "content": "c"}),
    );
    let expected = json!({
        "projectId": "HARBOR", "repoName": "portal", "number": 2, "commentId": 34, "content": "c",
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(pull[name], *value, "{name}");
    }
    let wiki = json!({"wikiId": "https://acme.backlog.com/alias/wiki/7"});
    assert_eq!(meant("get_wiki", wiki), json!({"wikiId": 7}));
    let document = json!({"documentId": "https://acme.backlog.com/document/HARBOR/0a9f"});
    assert_eq!(
        meant("get_document", document),
        json!({"documentId": "0a9f"})
    );
    for (tool, arguments, expected) in [
        (
            "get_issue",
            json!({"issueKey": "https://other.backlog.com/view/HARBOR-12"}),
            "issueKey: the URL is of \"other.backlog.com\", but this call is for the space \
             acme.backlog.com",
        ),
        (
            "get_issue",
            json!({"issueKey": "https://acme.backlog.com/alias/wiki/7"}),
            "issueKey: expected an issue key such as PROJ-12, or an id; the URL is of a wiki page",
        ),
        (
            "get_issue",
            json!({"issueKey": "HARBOR-12 and HARBOR-13"}),
            "issueKey: expected one issue key, received HARBOR-12 and HARBOR-13",
        ),
        (
            "add_issue",
            json!({"parentIssueId": "HARBOR-12 と harbor-13"}),
            "parentIssueId: expected one issue key, received HARBOR-12 and HARBOR-13",
        ),
        (
            "get_wiki",
            json!({"wikiId": "https://acme.backlog.com/wiki/HARBOR/Home"}),
            "the URL is of a wiki page by its name (get_wiki_pages returns its id)",
        ),
    ] {
        let error = refused(tool, arguments);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn the_place_of_a_link_is_filled_in() {
    const PULL: &str = "https://acme.backlog.com/git/HARBOR/portal/pullRequests/2#comment-34";
    for (tool, arguments, expected) in [
        (
            "get_pull_request",
            json!({"number": PULL}),
            json!({"number": 2, "projectKey": "HARBOR", "repoName": "portal"}),
        ),
        (
            "get_pull_request",
            json!({"number": PULL, "projectKey": "harbor", "repoId": 0}),
            json!({"number": 2, "projectKey": "harbor", "repoName": "portal"}),
        ),
        (
            "update_pull_request_comment",
            json!({"commentId": PULL, "content": "c"}),
            json!({
                "commentId": 34, "content": "c", "projectKey": "HARBOR", "repoName": "portal",
                "number": 2,
            }),
        ),
        (
            "get_issue_comment",
            json!({"commentId": "https://acme.backlog.com/view/HARBOR-12#comment-34"}),
            json!({"commentId": 34, "issueKey": "HARBOR-12"}),
        ),
    ] {
        let found = meant(tool, arguments.clone());
        for (name, value) in expected.as_object().unwrap() {
            let is_it = crate::arguments::project::is_same(&found[name], value);
            assert!(is_it, "{arguments}: {found}");
        }
    }
}

#[test]
fn the_place_of_a_link_is_that_of_the_call() {
    const PULL: &str = "https://acme.backlog.com/git/HARBOR/portal/pullRequests/2#comment-34";
    for (tool, arguments, expected) in [
        (
            "add_pull_request_comment",
            json!({
                "project": "HARBOR", "repo": "gateway.client", "number": PULL, "content": "c",
            }),
            "number: the URL is of HARBOR/portal, but repoName is \"gateway.client\"; give \
             only one of them",
        ),
        (
            "get_pull_request",
            json!({"projectId": 7, "number": PULL}),
            "number: the URL is of HARBOR/portal, but projectId is 7; give only one of",
        ),
        (
            "update_pull_request_comment",
            json!({"number": 3, "commentId": PULL, "content": "c"}),
            "commentId: the URL is of HARBOR/portal, pull request 2, but number is 3",
        ),
        (
            "get_issue_comment",
            json!({
                "issueKey": "HARBOR-1",
                "commentId": "https://acme.backlog.com/view/HARBOR-12#comment-34",
            }),
            "commentId: the URL is of HARBOR-12, but issueKey is \"HARBOR-1\"",
        ),
    ] {
        let error = refused(tool, arguments);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_change_is_of_what_is_named_once() {
    for (tool, arguments, names) in [
        (
            "delete_issue",
            json!({"issueId": 5, "issueKey": "A-2"}),
            "issueId and issueKey",
        ),
        (
            "update_project",
            json!({"projectId": 7, "projectKey": "A", "name": "n"}),
            "projectId and projectKey",
        ),
        (
            "update_pull_request",
            json!({
                "projectKey": "A", "repoId": 5, "repoName": "r", "number": 1, "summary": "s",
            }),
            "repoId and repoName",
        ),
    ] {
        let error = refused(tool, arguments);
        assert!(
            error.ends_with(&format!("; give only one of {names}")),
            "{error}"
        );
    }
    for (tool, arguments) in [
        ("delete_issue", json!({"issueId": 5, "issueKey": 5})),
        ("delete_issue", json!({"issueId": "A-2", "issueKey": "a-2"})),
        ("delete_issue", json!({"issueId": 0, "issueKey": "A-2"})),
        ("delete_issue", json!({"issueId": 5, "issueKey": ""})),
        (
            "update_project",
            json!({"projectId": "A", "projectKey": "A", "name": "n"}),
        ),
        // A tool that reads uses the id.
        ("get_issue", json!({"issueId": 5, "issueKey": "A-2"})),
        ("get_project", json!({"projectId": 7, "projectKey": "A"})),
    ] {
        let shown = arguments.to_string();
        let found = read(tool, arguments);
        assert!(found.is_ok(), "{shown}: {found:?}");
    }
    let error = refused(
        "get_webhooks",
        json!({"projectIdOrKey": "A", "projectId": 7}),
    );
    assert!(
        error.contains("which is also given; give only one of them"),
        "{error}"
    );
}
