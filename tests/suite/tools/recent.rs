//! What happened in a project, and what the user looked at.

use serde_json::json;

use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            "get_project_activities",
            json!({
                "projectKey": "KURA", "activityTypeId": [5], "minId": 9_700_001,
                "maxId": 9_800_000, "count": 1, "order": "asc",
            }),
            "GET projects/KURA/activities",
            "activityTypeId[]=5&minId=9700001&maxId=9800000&count=1&order=asc",
            json!([{"type": 5, "project": {"projectKey": "KURA"}}]),
        ),
        row(
            "get_activity",
            json!({"activityId": 9_700_001}),
            "GET activities/9700001",
            "",
            json!({"id": 9_700_001}),
        ),
        row(
            "get_recently_viewed_issues",
            json!({"order": "asc", "offset": 1, "count": 5}),
            "GET users/myself/recentlyViewedIssues",
            "order=asc&offset=1&count=5",
            json!([{"issue": {"issueKey": "KURA-1"}}, {"issue": {"issueKey": "HARBOR-1"}}]),
        ),
        row(
            "get_recently_viewed_projects",
            json!({}),
            "GET users/myself/recentlyViewedProjects",
            "",
            json!([{"project": {"projectKey": "HARBOR"}}]),
        ),
        row(
            "get_recently_viewed_wikis",
            json!({"count": 2}),
            "GET users/myself/recentlyViewedWikis",
            "count=2",
            json!([{"page": {"projectId": 88104}}, {"page": {"projectId": 88117}}]),
        ),
    ]
}
