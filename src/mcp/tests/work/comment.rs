use backlog_sim::{Matcher, seed};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use super::World;

#[tokio::test]
async fn a_comment_is_added_and_users_are_notified_by_name() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let text = world
        .call(
            &daniel,
            "comment",
            json!({
                "issue": "ｈarbor-5",
                "content": "Please **look** at this.",
                "notify": ["Maja", "佐藤さん", "k.yamaguchi"],
            }),
        )
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(
        text.starts_with("Added a comment to HARBOR-5 Label every field of the booking form: http"),
        "{text}"
    );
    assert!(text.contains("/view/HARBOR-5#comment-"), "{text}");
    assert!(
        text.contains("Notified: Maja Lindqvist, 佐藤 遥, 山口 健太"),
        "{text}"
    );
    assert!(
        text.contains("\"Maja\" was read as Maja Lindqvist"),
        "{text}"
    );
    // The issue, the members, the notation, and the comment.
    assert!(world.requests() <= 7);

    let comments = comments(&world, "HARBOR-5").await;
    assert!(comments.contains("Please **look** at this."), "{comments}");
}

/// The comments of an issue as a classic tool returns them.
async fn comments(world: &World, issue: &str) -> String {
    let mut caller = world.caller(seed::DANIEL);
    caller.policy.chosen = None;
    let arguments = json!({"issueKey": issue, "order": "desc", "count": 1});
    let found = world.call(&caller, "get_issue_comments", arguments).await;
    found.unwrap_or_else(|error| panic!("{error}"))
}

#[tokio::test]
async fn markdown_becomes_the_notation_of_the_project() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let arguments = json!({"on": "KURA-1", "text": "# 確認\n\n**至急**\n"});
    world.call(&daniel, "comment", arguments).await.unwrap();
    let comments = comments(&world, "KURA-1").await;
    assert!(comments.contains("* 確認\\n\\n''至急''"), "{comments}");
}

#[tokio::test]
async fn a_pull_request_takes_a_comment() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let url = format!(
        "{}/git/HARBOR/portal/pullRequests/2",
        world.sim.url().as_str().trim_end_matches('/')
    );
    for on in ["HARBOR/portal#2", &url] {
        let arguments = json!({"on": on, "text": "LGTM", "notify": "maja"});
        let text = world.call(&daniel, "comment", arguments).await;
        let text = text.unwrap_or_else(|error| panic!("{error}"));
        assert!(
            text.contains("HARBOR/portal#2 Ask for the date at midnight"),
            "{text}"
        );
        assert!(text.contains("Notified: Maja Lindqvist"), "{text}");
    }
}

#[tokio::test]
async fn files_are_attached_from_every_source() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let base = world.sim.url().as_str().trim_end_matches('/').to_owned();
    let text = world
        .call(
            &daniel,
            "comment",
            json!({"on": "HARBOR-5", "text": "Logs", "files": [
                {"name": "a.txt", "text": "潮"},
                {"name": "b.bin", "base64": STANDARD.encode([0, 159, 146])},
                {"from": "harbor-1/console.txt"},
                {"from": format!("{base}/file/HARBOR/designs/calendar%202.png")},
            ]}),
        )
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(text.contains("Files attached: 4"), "{text}");
    let comments = comments(&world, "HARBOR-5").await;
    for name in ["a.txt", "b.bin", "console.txt", "calendar 2.png"] {
        assert!(comments.contains(name), "{name}: {comments}");
    }
}

#[tokio::test]
async fn an_error_says_what_is_possible_and_nothing_is_written() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    for (arguments, expected) in [
        (
            json!({"on": "HARBOR-999", "text": "a"}),
            "on: HARBOR-999 does not exist",
        ),
        (
            json!({"on": "HARBOR", "text": "a"}),
            "on: expected an issue key",
        ),
        (
            json!({"on": "https://other.backlog.com/view/HARBOR-1", "text": "a"}),
            "on: the URL is of \"other.backlog.com\"",
        ),
        (json!({"on": "HARBOR-1", "text": " "}), "text: is required"),
        (
            json!({"on": "HARBOR-1", "text": "a", "notify": ["Tomasz"]}),
            "notify: unknown member of the project \"Tomasz\"",
        ),
        (
            json!({"on": "HARBOR-1", "text": "a", "files": [{"text": "a"}]}),
            "files[0]: name is required",
        ),
        (
            json!({"on": "HARBOR-1", "text": "a", "files": [{"name": "a", "base64": "%"}]}),
            "files[0]: base64: is not base64",
        ),
        (
            json!({"on": "HARBOR-1", "text": "a", "files": [{"name": "a", "text": "a", "from": "b"}]}),
            "files[0]: give one of text, base64 and from",
        ),
        (
            json!({"on": "HARBOR-1", "text": "a", "files": [{"from": "/etc/passwd"}]}),
            "expected the URL of a shared file, an issue and the name of a file",
        ),
        (
            json!({"on": "HARBOR-1", "text": "a", "files": [{"from": "HARBOR-1/nothing.txt"}]}),
            "HARBOR-1 has no file \"nothing.txt\"; available: ",
        ),
        (
            json!({"on": "HARBOR-1", "text": "a", "notfy": "me"}),
            "did you mean notify?",
        ),
    ] {
        let error = world
            .call(&daniel, "comment", arguments.clone())
            .await
            .unwrap_err();
        assert!(error.contains(expected), "{arguments}: {error}");
    }
    let writes = world.sim.control().count(&Matcher::any().method("POST"));
    assert_eq!(writes, 0);
}

#[tokio::test]
async fn a_restricted_caller_reaches_only_its_projects() {
    let world = World::start().await;
    let mut daniel = world.caller(seed::DANIEL);
    daniel.policy.projects = Some(["HARBOR".to_owned()].into());
    for (on, is_allowed) in [("HARBOR-1", true), ("KURA-1", false), ("KURA/web#1", false)] {
        let arguments = json!({"on": on, "text": "a"});
        let called = world.call(&daniel, "comment", arguments).await;
        assert_eq!(called.is_ok(), is_allowed, "{on}: {called:?}");
    }
    // A file of another project is not attached either.
    let arguments = json!({"on": "HARBOR-1", "text": "a", "files": [{"from": "KURA-1/a.txt"}]});
    assert!(world.call(&daniel, "comment", arguments).await.is_err());
    let writes = world.sim.control().count(&Matcher::any().method("POST"));
    assert_eq!(writes, 1);
}

#[tokio::test]
async fn a_comment_with_an_unknown_outcome_is_not_repeated() {
    let world = World::start().await;
    let daniel = world.caller(seed::DANIEL);
    let path = Matcher::path("/api/v2/issues/HARBOR-1/comments").method("POST");
    world.sim.control().drop_response(path.clone(), 1);
    let arguments = json!({"on": "HARBOR-1", "text": "a"});
    let error = world.call(&daniel, "comment", arguments).await.unwrap_err();
    assert!(error.contains("may have been made"), "{error}");
    assert_eq!(world.sim.control().count(&path), 1);
}
