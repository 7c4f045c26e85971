//! What classifies issues: priorities, types, statuses, categories, custom fields, versions.

use serde_json::json;

use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            "get_priorities",
            json!({}),
            "GET priorities",
            "",
            json!([{"id": 2, "name": "High"}]),
        ),
        row(
            "get_resolutions",
            json!({}),
            "GET resolutions",
            "",
            json!([{"id": 0, "name": "Fixed"}]),
        ),
        row(
            "get_issue_types",
            json!({"projectKey": "HARBOR"}),
            "GET projects/HARBOR/issueTypes",
            "",
            json!([{"name": "Bug"}, {"name": "Task"}]),
        ),
        row(
            "get_statuses",
            json!({"projectKey": "KURA"}),
            "GET projects/KURA/statuses",
            "",
            json!([{"id": 1}, {"id": 2}, {"id": 3}, {"id": 218_430, "name": "レビュー待ち"}]),
        ),
        row(
            "get_categories",
            json!({"projectId": 88117}),
            "GET projects/88117/categories",
            "",
            json!([{"name": "入荷"}]),
        ),
        row(
            "add_category",
            json!({"projectKey": "OPS", "name": "Phones"}),
            "POST projects/OPS/categories",
            "name=Phones",
            json!({"name": "Phones", "projectId": 88131}),
        ),
        row(
            "get_custom_fields",
            json!({"projectKey": "HARBOR"}),
            "GET projects/HARBOR/customFields",
            "",
            json!([{"typeId": 1}, {"typeId": 2, "required": true}]),
        ),
        row(
            "get_version_milestone_list",
            json!({"projectKey": "HARBOR"}),
            "GET projects/HARBOR/versions",
            "",
            json!([{"id": 73301, "archived": true}]),
        ),
        row(
            "add_version_milestone",
            json!({
                "projectKey": "OPS", "name": "Q1", "description": "Quiet",
                "startDate": "2027-01-01", "releaseDueDate": "2027-03-31",
            }),
            "POST projects/OPS/versions",
            "name=Q1&description=Quiet&startDate=2027-01-01&releaseDueDate=2027-03-31",
            json!({"name": "Q1", "releaseDueDate": "2027-03-31T00:00:00Z"}),
        ),
        row(
            "update_version_milestone",
            json!({
                "projectKey": "HARBOR", "id": 73303, "name": "2027.02", "releaseDueDate": "",
                "archived": true,
            }),
            "PATCH projects/HARBOR/versions/73303",
            "name=2027.02&releaseDueDate=&archived=true",
            json!({"name": "2027.02", "releaseDueDate": null, "archived": true}),
        ),
        row(
            "delete_version",
            json!({"projectId": 88104, "id": 73301}),
            "DELETE projects/88104/versions/73301",
            "",
            json!({"id": 73301}),
        ),
    ]
}
