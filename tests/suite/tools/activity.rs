use backlog_sim::seed::{self, document::LAUNCH_PLAN};
use serde_json::json;

use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    [comments(), pages(), stars()]
        .into_iter()
        .flatten()
        .collect()
}

fn comments() -> Vec<Row> {
    vec![
        row(
            "get_issue_comment",
            json!({"issueKey": "HARBOR-1", "commentId": 9_900_302}),
            "GET issues/HARBOR-1/comments/9900302",
            "",
            json!({"id": 9_900_302, "createdUser": {"id": seed::MAJA}}),
        ),
        row(
            "count_issue_comments",
            json!({"issueId": 5_520_101}),
            "GET issues/5520101/comments/count",
            "",
            json!({"count": 3}),
        ),
        row(
            "delete_issue_comment",
            json!({"issueKey": "HARBOR-1", "commentId": 9_900_301}),
            "DELETE issues/HARBOR-1/comments/9900301",
            "",
            json!({"id": 9_900_301}),
        ),
        row(
            "get_issue_comment_notifications",
            json!({"issueKey": "HARBOR-1", "commentId": 9_900_301}),
            "GET issues/HARBOR-1/comments/9900301/notifications",
            "",
            json!([]),
        ),
        row(
            "add_issue_comment_notifications",
            json!({"issueKey": "HARBOR-1", "commentId": 9_900_301, "notifiedUserId": [40226]}),
            "POST issues/HARBOR-1/comments/9900301/notifications",
            "notifiedUserId[]=40226",
            json!({"notifications": [{"user": {"id": 40226}, "alreadyRead": false}]}),
        ),
        row(
            "count_pull_request_comments",
            json!({"projectKey": "HARBOR", "repoName": "portal", "number": 2}),
            "GET projects/HARBOR/git/repositories/portal/pullRequests/2/comments/count",
            "",
            json!({"count": 2}),
        ),
        row(
            "get_issue_participants",
            json!({"issueKey": "HARBOR-1"}),
            "GET issues/HARBOR-1/participants",
            "",
            json!([{"id": seed::HARUKA}, {"id": seed::DANIEL}, {"id": seed::MAJA}]),
        ),
    ]
}

fn pages() -> Vec<Row> {
    vec![
        row(
            "get_wiki_history",
            json!({"wikiId": 640_015, "maxId": 3, "count": 5}),
            "GET wikis/640015/history",
            "maxId=3&count=5",
            json!([{"version": 2, "name": "棚卸し手順"}, {"version": 1}]),
        ),
        row(
            "get_wiki_tags",
            json!({"projectKey": "HARBOR"}),
            "GET wikis/tags",
            "projectIdOrKey=HARBOR",
            json!([{"name": "runbook"}, {"name": "payments"}]),
        ),
        row(
            "delete_wiki",
            json!({"wikiId": 640_013, "mailNotify": false}),
            "DELETE wikis/640013",
            "mailNotify=false",
            json!({"name": "Runbook/Refunds"}),
        ),
        row(
            "count_documents",
            json!({"projectKey": "HARBOR"}),
            "GET documents/count",
            "projectIdOrKey=HARBOR",
            json!({"count": 3}),
        ),
        row(
            "get_document_comments",
            json!({"documentId": LAUNCH_PLAN}),
            "GET documents/0199c5d07a1e7f0b9d3f5a6b7c8d9e01/comments",
            "",
            json!([{"plain": "十一月は無理です。", "replies": []}]),
        ),
        row(
            "add_document_tags",
            json!({"documentId": LAUNCH_PLAN, "tagNames": ["plan", "2026"]}),
            "POST documents/0199c5d07a1e7f0b9d3f5a6b7c8d9e01/tags",
            "tagNames[]=plan&tagNames[]=2026",
            json!([{"name": "plan"}, {"name": "2026"}]),
        ),
        row(
            "remove_document_tags",
            json!({"documentId": LAUNCH_PLAN, "tagNames": ["plan"]}),
            "DELETE documents/0199c5d07a1e7f0b9d3f5a6b7c8d9e01/tags",
            "tagNames[]=plan",
            json!({"success": true}),
        ),
    ]
}

fn stars() -> Vec<Row> {
    let one = |kind: &'static str, id: u64, form: &'static str| {
        let arguments = json!({"kind": kind, "id": id});
        let answer = json!({"success": true});
        row("add_star", arguments, "POST stars", form, answer)
    };
    vec![
        one("issue", 5_520_101, "issueId=5520101"),
        one("comment", 9_900_302, "commentId=9900302"),
        one("wiki", 640_012, "wikiId=640012"),
        one("pullRequest", 20_441, "pullRequestId=20441"),
        one(
            "pullRequestComment",
            9_902_103,
            "pullRequestCommentId=9902103",
        ),
        row(
            "remove_star",
            json!({"starId": 12_001}),
            "DELETE stars/12001",
            "",
            json!({"success": true}),
        )
        .by(seed::HARUKA),
        row(
            "get_user_stars",
            json!({"userId": 40218, "count": 1}),
            "GET users/40218/stars",
            "count=1",
            json!([{"id": 12_005, "presenter": {"id": seed::HARUKA}}]),
        ),
    ]
}
