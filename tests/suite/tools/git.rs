use backlog_sim::seed;
use serde_json::json;

use super::{Row, row};

#[expect(clippy::too_many_lines, reason = "a table of tools")]
pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            "get_git_repositories",
            json!({"projectKey": "HARBOR"}),
            "GET projects/HARBOR/git/repositories",
            "",
            json!([{"name": "portal"}, {"name": "gateway.client"}]),
        ),
        row(
            "get_git_repository",
            json!({"projectId": 88104, "repoName": "gateway.client"}),
            "GET projects/88104/git/repositories/gateway.client",
            "",
            json!({"id": 3308}),
        ),
        row(
            "get_pull_requests",
            json!({
                "projectKey": "HARBOR", "repoId": 3307, "statusId": [1, 2], "assigneeId": [40218],
                "issueId": [5_520_101], "createdUserId": [40226], "offset": 0, "count": 5,
            }),
            "GET projects/HARBOR/git/repositories/3307/pullRequests",
            "statusId[]=1&statusId[]=2&assigneeId[]=40218&issueId[]=5520101\
             &createdUserId[]=40226&offset=0&count=5",
            json!([{"number": 2, "issue": {"issueKey": "HARBOR-1"}}]),
        ),
        row(
            "get_pull_requests_count",
            json!({"projectKey": "HARBOR", "repoName": "portal", "statusId": [1]}),
            "GET projects/HARBOR/git/repositories/portal/pullRequests/count",
            "statusId[]=1",
            json!({"count": 2}),
        ),
        row(
            "get_pull_request",
            json!({"projectKey": "HARBOR", "repoName": "portal", "number": 1}),
            "GET projects/HARBOR/git/repositories/portal/pullRequests/1",
            "",
            json!({"status": {"name": "Merged"}}),
        ),
        row(
            "add_pull_request",
            json!({
                "projectKey": "HARBOR", "repoName": "portal", "summary": "Tides",
                "description": "Low & high", "base": "main", "branch": "feature/tides",
                "issueId": 5_520_101, "assigneeId": 40226, "notifiedUserId": [40211],
            }),
            "POST projects/HARBOR/git/repositories/portal/pullRequests",
            "summary=Tides&description=Low & high&base=main&branch=feature/tides\
             &issueId=5520101&assigneeId=40226&notifiedUserId[]=40211",
            json!({"number": 4, "branch": "feature/tides", "assignee": {"id": 40226}}),
        ),
        row(
            "update_pull_request",
            json!({
                "projectKey": "HARBOR", "repoId": 0, "repoName": "portal", "number": 2,
                "summary": "Midnight", "statusId": 2, "issueId": null,
            }),
            "PATCH projects/HARBOR/git/repositories/portal/pullRequests/2",
            "summary=Midnight&statusId=2",
            json!({"summary": "Midnight", "status": {"id": 2}, "issue": {"issueKey": "HARBOR-1"}}),
        ),
        row(
            "get_pull_request_comments",
            json!({
                "projectKey": "HARBOR", "repoName": "portal", "number": 2, "minId": 9_902_101,
                "maxId": 9_902_104, "count": 10, "order": "asc",
            }),
            "GET projects/HARBOR/git/repositories/portal/pullRequests/2/comments",
            "minId=9902101&maxId=9902104&count=10&order=asc",
            json!([{"id": 9_902_103}]),
        ),
        row(
            "add_pull_request_comment",
            json!({
                "projectKey": "HARBOR", "repoName": "portal", "number": 2, "content": "Ship it",
                "notifiedUserId": [40226],
            }),
            "POST projects/HARBOR/git/repositories/portal/pullRequests/2/comments",
            "content=Ship it&notifiedUserId[]=40226",
            json!({"content": "Ship it", "notifications": [{"reason": 11}]}),
        ),
        row(
            "update_pull_request_comment",
            json!({
                "projectKey": "HARBOR", "repoName": "portal", "number": 2,
                "commentId": 9_902_103, "content": "Harbour time, please",
            }),
            "PATCH projects/HARBOR/git/repositories/portal/pullRequests/2/comments/9902103",
            "content=Harbour time, please",
            json!({"id": 9_902_103, "content": "Harbour time, please"}),
        ),
        row(
            "update_pull_request",
            json!({"projectKey": "HARBOR", "repoName": "portal", "number": 2, "comment": "Soon"}),
            "PATCH projects/HARBOR/git/repositories/portal/pullRequests/2",
            "comment=Soon",
            json!({"number": 2}),
        ),
        row(
            "add_pull_request_comment",
            json!({
                "projectKey": "HARBOR", "repoName": "portal", "number": 3, "content": "See",
                "attachmentId": [seed::UPLOAD],
            }),
            "POST projects/HARBOR/git/repositories/portal/pullRequests/3/comments",
            "content=See&attachmentId[]=660407",
            json!({"content": "See"}),
        ),
        row(
            "add_pull_request",
            json!({
                "projectKey": "HARBOR", "repoName": "portal", "summary": "Tides",
                "description": "Low", "base": "main", "branch": "tides",
                "attachmentId": [seed::UPLOAD],
            }),
            "POST projects/HARBOR/git/repositories/portal/pullRequests",
            "summary=Tides&description=Low&base=main&branch=tides&attachmentId[]=660407",
            json!({"number": 4, "attachments": [{"name": "tides.png"}]}),
        ),
    ]
}
