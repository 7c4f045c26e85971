//! The same for the toolsets that are off unless asked for.

use backlog_sim::seed;
use serde_json::json;

use super::rows::{Row, row};

const STATUSES: &[&str] = &["GET projects/KURA/statuses"];
const CATEGORIES: &[&str] = &["GET projects/88104/categories"];
const ISSUE_TYPES: &[&str] = &["GET projects/HARBOR/issueTypes"];
const CUSTOM_FIELDS: &[&str] = &["GET projects/HARBOR/customFields"];
const MEMBERS: &[&str] = &["GET projects/HARBOR/users"];
const USERS: &[&str] = &["GET users"];

pub(super) fn optional_rows() -> Vec<Row> {
    let rows = [lists(), issue_types(), custom_fields(), people()];
    rows.into_iter().flatten().collect()
}

fn lists() -> Vec<Row> {
    vec![
        row(
            "update_status",
            json!({"projectIdOrKey": "KURA", "id": "保留", "name": "停止"}),
            STATUSES,
            "PATCH projects/KURA/statuses/218431?name=停止",
        )
        .by(seed::HARUKA)
        .gone(),
        row(
            "delete_status",
            json!({"projectIdOrKey": "KURA", "id": "保留", "substituteStatusId": "完了"}),
            STATUSES,
            "DELETE projects/KURA/statuses/218431?substituteStatusId=4",
        )
        .by(seed::HARUKA)
        .gone(),
        row(
            "reorder_statuses",
            json!({
                "projectKey": "KURA",
                "statusId": ["未対応", "保留", 2, "レビュー待ち", "処理済み", "完了"],
            }),
            STATUSES,
            "PATCH projects/KURA/statuses/updateDisplayOrder?statusId[]=1&statusId[]=218431\
             &statusId[]=2&statusId[]=218430&statusId[]=3&statusId[]=4",
        )
        .by(seed::HARUKA)
        .reload(),
        // The project by its id, alone and as what takes both.
        row(
            "update_category",
            json!({"projectId": 88104, "id": "booking", "name": "Berths"}),
            CATEGORIES,
            "PATCH projects/88104/categories/51701?name=Berths",
        )
        .gone(),
        row(
            "delete_category",
            json!({"projectIdOrKey": 88104, "id": "Payments"}),
            CATEGORIES,
            "DELETE projects/88104/categories/51702",
        )
        .gone(),
    ]
}

fn issue_types() -> Vec<Row> {
    vec![
        row(
            "update_issue_type",
            json!({"projectIdOrKey": "HARBOR", "id": "Task", "name": "Chore"}),
            ISSUE_TYPES,
            "PATCH projects/HARBOR/issueTypes/301413?name=Chore",
        )
        .gone(),
        row(
            "delete_issue_type",
            json!({
                "projectIdOrKey": "HARBOR", "id": "Incident", "substituteIssueTypeId": "Bug",
            }),
            ISSUE_TYPES,
            "DELETE projects/HARBOR/issueTypes/301415?substituteIssueTypeId=301412",
        )
        .gone(),
        row(
            "add_custom_field",
            json!({
                "projectIdOrKey": "HARBOR", "name": "New", "settings": {"type": "text"},
                "applicableIssueTypes": ["Bug", 301_413],
            }),
            ISSUE_TYPES,
            "POST projects/HARBOR/customFields?name=New&applicableIssueTypes[]=301412\
             &applicableIssueTypes[]=301413&typeId=1",
        ),
    ]
}

fn custom_fields() -> Vec<Row> {
    vec![
        row(
            "update_custom_field",
            json!({
                "projectIdOrKey": "HARBOR", "id": "Ticket ref", "name": "Ticket",
                "applicableIssueTypes": ["Bug"],
            }),
            &[
                "GET projects/HARBOR/customFields",
                "GET projects/HARBOR/issueTypes",
            ],
            "PATCH projects/HARBOR/customFields/92010?name=Ticket&applicableIssueTypes[]=301412",
        )
        .gone(),
        row(
            "delete_custom_field",
            json!({"projectIdOrKey": "HARBOR", "id": "Reported by"}),
            CUSTOM_FIELDS,
            "DELETE projects/HARBOR/customFields/92017",
        )
        .gone(),
        row(
            "add_custom_field_item",
            json!({"projectIdOrKey": "HARBOR", "customFieldId": "Browsers", "name": "Lynx"}),
            CUSTOM_FIELDS,
            "POST projects/HARBOR/customFields/92015/items?name=Lynx",
        )
        .reload(),
        row(
            "update_custom_field_item",
            json!({
                "projectIdOrKey": "HARBOR", "customFieldId": "Severity", "itemId": "s1",
                "name": "S0",
            }),
            CUSTOM_FIELDS,
            "PATCH projects/HARBOR/customFields/92014/items/1?name=S0",
        )
        .gone(),
        row(
            "delete_custom_field_item",
            json!({"projectIdOrKey": "HARBOR", "customFieldId": "Severity", "itemId": 1}),
            CUSTOM_FIELDS,
            "DELETE projects/HARBOR/customFields/92014/items/1",
        )
        .reload(),
        row(
            "delete_custom_field_item",
            json!({"projectIdOrKey": "HARBOR", "customFieldId": 92015, "itemId": "Safari"}),
            CUSTOM_FIELDS,
            "DELETE projects/HARBOR/customFields/92015/items/2",
        )
        .gone(),
    ]
}

fn people() -> Vec<Row> {
    vec![
        row(
            "add_project_team",
            json!({"projectKey": "HARBOR", "teamId": "support"}),
            &["GET teams?count=100&offset=0"],
            "POST projects/HARBOR/teams?teamId=902",
        )
        .by(seed::HARUKA)
        .reload(),
        row(
            "remove_project_team",
            json!({"projectKey": "HARBOR", "teamId": "Web"}),
            &["GET teams?count=100&offset=0"],
            "DELETE projects/HARBOR/teams?teamId=901",
        )
        .by(seed::HARUKA),
        row(
            "get_user",
            json!({"userId": "Maja Lindqvist"}),
            USERS,
            "GET users/40226",
        ),
        // Whoever is to join is not in the project yet.
        row(
            "add_project_user",
            json!({"projectIdOrKey": "HARBOR", "userId": "t.nowak"}),
            USERS,
            "POST projects/HARBOR/users?userId=40251",
        ),
        row(
            "remove_project_user",
            json!({"projectIdOrKey": "HARBOR", "userId": "Lucía Reyes"}),
            MEMBERS,
            "DELETE projects/HARBOR/users?userId=40244",
        )
        .gone(),
        row(
            "add_project_administrator",
            json!({"projectIdOrKey": "HARBOR", "userId": "Maja Lindqvist"}),
            MEMBERS,
            "POST projects/HARBOR/administrators?userId=40226",
        )
        .by(seed::HARUKA),
        row(
            "remove_project_administrator",
            json!({"projectIdOrKey": "HARBOR", "userId": "Daniel Okafor"}),
            MEMBERS,
            "DELETE projects/HARBOR/administrators?userId=40218",
        )
        .by(seed::HARUKA),
        row(
            "add_issue_comment_notifications",
            json!({
                "issueKey": "HARBOR-1", "commentId": 9_900_301,
                "notifiedUserId": ["Maja Lindqvist"],
            }),
            MEMBERS,
            "POST issues/HARBOR-1/comments/9900301/notifications?notifiedUserId[]=40226",
        ),
        row(
            "get_user_stars",
            json!({"userId": "me", "count": 1}),
            &["GET users/myself"],
            "GET users/40218/stars?count=1",
        ),
        row(
            "get_icon",
            json!({"userId": "m.lindqvist"}),
            USERS,
            "GET users/40226/icon",
        ),
    ]
}
