use serde_json::json;

use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            "get_space",
            json!({}),
            "GET space",
            "",
            json!({"spaceKey": "harbor-works", "timezone": "Asia/Tokyo"}),
        ),
        row(
            "get_space_activities",
            json!({"activityTypeId": [18, 5], "minId": 9_700_001, "maxId": null, "count": 2, "order": "asc"}),
            "GET space/activities",
            "activityTypeId[]=18&activityTypeId[]=5&minId=9700001&count=2&order=asc",
            json!([{"type": 5, "content": {"name": "Home"}}, {"type": 5}]),
        ),
        row(
            "get_users",
            json!({}),
            "GET users",
            "",
            json!([{"id": 40211}, {"id": 40218, "name": "Daniel Okafor"}]),
        ),
        row(
            "get_user_stars_count",
            json!({"userId": 40218, "since": "2026-10-02", "until": "2026-10-03"}),
            "GET users/40218/stars/count",
            "since=2026-10-02&until=2026-10-03",
            json!({"count": 2}),
        ),
        row(
            "get_myself",
            json!({}),
            "GET users/myself",
            "",
            json!({"id": 40218, "userId": "d.okafor"}),
        ),
        row(
            "get_user_recent_updates",
            json!({"userId": 40226, "activityTypeId": [20], "count": 1}),
            "GET users/40226/activities",
            "activityTypeId[]=20&count=1",
            json!([{"type": 20, "createdUser": {"id": 40226}}]),
        ),
    ]
}
