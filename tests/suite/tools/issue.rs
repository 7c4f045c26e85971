//! Issues, comments, files and links.

use backlog_sim::seed;
use serde_json::json;

use super::{Row, row};

#[expect(clippy::too_many_lines, reason = "a table of tools")]
pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            "get_issue",
            json!({"issueKey": "HARBOR-1"}),
            "GET issues/HARBOR-1",
            "",
            json!({"keyId": 1, "attachments": [{"id": 660_401}]}),
        ),
        row(
            "get_issues",
            json!({
                "projectId": [88104, 88131.0], "resolutionId": [], "statusId": [2], "keyword": null,
                "customFields": [{"type": "list", "id": 92014, "value": 2}],
                "sort": "created", "order": "asc", "offset": 0, "count": 100,
            }),
            "GET issues",
            "projectId[]=88104&projectId[]=88131&statusId[]=2&customField_92014[0]=2\
             &sort=created&order=asc&offset=0&count=100",
            json!([{"issueKey": "HARBOR-1"}]),
        ),
        row(
            "count_issues",
            json!({"projectId": [88104], "customFields": [
                {"type": "list", "id": 92015, "value": [1, 2]},
                {"type": "numeric", "id": 92012, "min": 42.5, "max": 200},
                {"type": "date", "id": 92013, "max": "2026-08-31"},
                {"type": "text", "id": 92010, "value": "hd-22"},
            ]}),
            "GET issues/count",
            "projectId[]=88104&customField_92015[0]=1&customField_92015[1]=2\
             &customField_92012_min=42.5&customField_92012_max=200\
             &customField_92013_max=2026-08-31&customField_92010=hd-22",
            json!({"count": 1}),
        ),
        row(
            "add_issue",
            json!({
                "projectId": 88104, "summary": "Tides & more", "issueTypeId": 301_413,
                "priorityId": 3, "dueDate": "2026-12-24", "estimatedHours": 1.5,
                "categoryId": [51701, 51702], "notifiedUserId": [40226],
                "customFields": [
                    {"id": 92015, "value": [1, 4]},
                    {"id": 92017, "value": 2, "otherValue": "walk-in"},
                ],
            }),
            "POST issues",
            "projectId=88104&summary=Tides & more&issueTypeId=301413&priorityId=3\
             &dueDate=2026-12-24&estimatedHours=1.5&categoryId[]=51701&categoryId[]=51702\
             &notifiedUserId[]=40226&customField_92015[0]=1&customField_92015[1]=4\
             &customField_92017=2&customField_92017_otherValue=walk-in",
            json!({
                "issueKey": "HARBOR-19", "summary": "Tides & more", "estimatedHours": 1.5,
                "category": [{"id": 51701}, {"id": 51702}],
            }),
        ),
        row(
            "update_issue",
            json!({
                "issueKey": "HARBOR-1", "statusId": 4, "resolutionId": 0, "dueDate": "",
                "categoryId": [], "versionId": [], "milestoneId": [73303], "notifiedUserId": [],
                "comment": "Done.",
            }),
            "PATCH issues/HARBOR-1",
            "dueDate=&categoryId[]=&versionId[]=&milestoneId[]=73303&statusId=4&resolutionId=0\
             &comment=Done.",
            json!({
                "resolution": {"id": 0}, "dueDate": null, "category": [],
                "milestone": [{"id": 73303}],
            }),
        ),
        clearing(
            "HARBOR-1",
            "assigneeId",
            "PATCH issues/HARBOR-1",
            "assigneeId=",
        ),
        clearing(
            "HARBOR-3",
            "resolutionId",
            "PATCH issues/HARBOR-3",
            "resolutionId=",
        ),
        clearing(
            "HARBOR-16",
            "parentIssueId",
            "PATCH issues/HARBOR-16",
            "parentIssueId=",
        ),
        clearing(
            "HARBOR-1",
            "estimatedHours",
            "PATCH issues/HARBOR-1",
            "estimatedHours=",
        ),
        clearing(
            "HARBOR-3",
            "actualHours",
            "PATCH issues/HARBOR-3",
            "actualHours=",
        ),
        clearing(
            "HARBOR-2",
            "startDate",
            "PATCH issues/HARBOR-2",
            "startDate=",
        ),
        // Every type of custom field, there and back.
        row(
            "add_issue",
            json!({
                "projectId": 88104, "summary": "s", "issueTypeId": 301_415, "priorityId": 3,
                "customFields": [
                    {"id": 92010, "value": "HD-1"}, {"id": 92011, "value": "09:02\n09:04"},
                    {"id": 92012, "value": 4.5}, {"id": 92013, "value": "2026-11-02"},
                    {"id": 92014, "value": 2}, {"id": 92015, "value": [1, 4]},
                    {"id": 92016, "value": [2], "otherValue": "braille"},
                    {"id": 92017, "value": 3},
                ],
            }),
            "POST issues",
            "projectId=88104&summary=s&issueTypeId=301415&priorityId=3&customField_92010=HD-1\
             &customField_92011=09:02\n09:04&customField_92012=4.5&customField_92013=2026-11-02\
             &customField_92014=2&customField_92015[0]=1&customField_92015[1]=4\
             &customField_92016[0]=2&customField_92016_otherValue=braille&customField_92017=3",
            json!({"customFields": [
                {"id": 92010, "fieldTypeId": 1, "value": "HD-1"},
                {"id": 92011, "fieldTypeId": 2, "value": "09:02\n09:04"},
                {"id": 92012, "fieldTypeId": 3, "value": 4.5},
                {"id": 92013, "fieldTypeId": 4, "value": "2026-11-02T00:00:00Z"},
                {"id": 92014, "fieldTypeId": 5, "value": {"id": 2, "name": "S2"}},
                {"id": 92015, "fieldTypeId": 6, "value": [{"name": "Firefox"}, {"name": "Edge"}]},
                {"id": 92016, "fieldTypeId": 7, "value": [{"id": 2}], "otherValue": "braille"},
                {"id": 92017, "fieldTypeId": 8, "value": {"id": 3, "name": "Chat"}},
            ]}),
        ),
        row(
            "delete_issue",
            json!({"issueId": 5_520_101}),
            "DELETE issues/5520101",
            "",
            json!({"issueKey": "HARBOR-1"}),
        ),
        row(
            "get_issue_comments",
            json!({"issueKey": "HARBOR-1", "minId": 9_900_301, "count": 2, "order": "asc"}),
            "GET issues/HARBOR-1/comments",
            "minId=9900301&count=2&order=asc",
            json!([{"id": 9_900_302}, {"id": 9_900_303}]),
        ),
        row(
            "add_issue_comment",
            json!({"issueKey": "KURA-1", "content": "確認 + 100 %", "notifiedUserId": [40237]}),
            "POST issues/KURA-1/comments",
            "content=確認 + 100 %&notifiedUserId[]=40237",
            json!({"content": "確認 + 100 %", "notifications": [{"user": {"id": 40237}}]}),
        ),
        row(
            "update_issue_comment",
            json!({"issueKey": "HARBOR-1", "commentId": 9_900_301, "content": "Changed"}),
            "PATCH issues/HARBOR-1/comments/9900301",
            "content=Changed",
            json!({"id": 9_900_301, "content": "Changed"}),
        ),
        row(
            "get_issue_attachment",
            json!({"issueKey": "HARBOR-1", "attachmentId": 660_401, "maxBytes": 1000}),
            "GET issues/HARBOR-1/attachments/660401",
            "",
            json!({"filename": "カレンダー 1.png", "contentType": "image/png", "size": 112}),
        ),
        row(
            "get_issue_attachment",
            json!({"issueKey": "HARBOR-1", "attachmentId": 660_402, "format": "base64"}),
            "GET issues/HARBOR-1/attachments/660402",
            "",
            json!({"filename": "console.txt", "contentType": "text/plain"}),
        ),
        row(
            "get_related_issues",
            json!({"issueKey": "HARBOR-1"}),
            "GET issues/HARBOR-1/relatedIssues",
            "",
            json!([{"type": "RELATES", "issueKey": "HARBOR-15"}]),
        ),
        row(
            "add_related_issue",
            json!({"issueKey": "HARBOR-1", "targetIssueId": 5_520_108}),
            "POST issues/HARBOR-1/relatedIssues",
            "targetIssueId=5520108",
            json!({"type": "RELATES", "issueKey": "HARBOR-2"}),
        ),
        row(
            "remove_related_issue",
            json!({"issueKey": "HARBOR-15", "relatedIssueId": 5_520_101}),
            "DELETE issues/HARBOR-15/relatedIssues/5520101",
            "",
            json!({"issueKey": "HARBOR-1"}),
        ),
        row(
            "get_watching_list_items",
            json!({"userId": 40218}),
            "GET users/40218/watchings",
            "",
            json!([{"issue": {"issueKey": "KURA-1"}}, {"issue": {"issueKey": "HARBOR-1"}}]),
        ),
        row(
            "get_watching_list_count",
            json!({"userId": 40226}),
            "GET users/40226/watchings/count",
            "",
            json!({"count": 1}),
        ),
        row(
            "add_watching",
            json!({"issueIdOrKey": "OPS-2"}),
            "POST watchings",
            "issueIdOrKey=OPS-2&note=",
            json!({"note": "", "issue": {"issueKey": "OPS-2"}}),
        ),
        row(
            "add_watching",
            json!({"issueIdOrKey": 5_520_101, "note": "weekly"}),
            "POST watchings",
            "issueIdOrKey=5520101&note=weekly",
            json!({"note": "weekly", "issue": {"issueKey": "HARBOR-1"}}),
        )
        .by(seed::MAJA),
        row(
            "update_watching",
            json!({"watchId": 81201, "note": ""}),
            "PATCH watchings/81201",
            "note=",
            json!({"id": 81201, "note": ""}),
        ),
        row(
            "delete_watching",
            json!({"watchId": 81201}),
            "DELETE watchings/81201",
            "",
            json!({"id": 81201}),
        ),
        row(
            "mark_watching_as_read",
            json!({"watchId": 81201}),
            "POST watchings/81201/markAsRead",
            "",
            json!({"success": true, "message": "Watch 81201 marked as read"}),
        ),
        row(
            "get_watching_list_items",
            json!({"userId": 40218, "offset": 1, "count": 1}),
            "GET users/40218/watchings",
            "offset=1&count=1",
            json!([{"issue": {"issueKey": "HARBOR-1"}}]),
        ),
        row(
            "get_issues",
            json!({
                "projectId": [88104], "parentChild": 1, "id": [5_520_101], "attachment": true,
                "hasDueDate": false,
            }),
            "GET issues",
            "projectId[]=88104&parentChild=1&id[]=5520101&attachment=true&hasDueDate=false",
            json!([]),
        ),
        row(
            "count_issues",
            json!({"attachment": true}),
            "GET issues/count",
            "attachment=true",
            json!({"count": 2}),
        ),
    ]
}

/// An empty text removes what an issue has there.
fn clearing(issue: &str, input: &str, request: &'static str, parameters: &'static str) -> Row {
    let arguments = json!({"issueKey": issue, input: ""});
    // `assigneeId` is `assignee` in the answer, but `parentIssueId` is itself.
    let field = match input {
        "parentIssueId" => input,
        input => input.trim_end_matches("Id"),
    };
    row(
        "update_issue",
        arguments,
        request,
        parameters,
        json!({field: null}),
    )
}
