use backlog_sim::seed;
use serde_json::json;

use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            "get_user",
            json!({"userId": 40226}),
            "GET users/40226",
            "",
            json!({"name": "Maja Lindqvist"}),
        ),
        row(
            "add_project_user",
            json!({"projectKey": "HARBOR", "userId": 40251}),
            "POST projects/HARBOR/users",
            "userId=40251",
            json!({"id": 40251}),
        ),
        row(
            "remove_project_user",
            json!({"projectId": 88104, "userId": 40244}),
            "DELETE projects/88104/users",
            "userId=40244",
            json!({"id": 40244}),
        ),
        row(
            "get_project_administrators",
            json!({"projectKey": "HARBOR"}),
            "GET projects/HARBOR/administrators",
            "",
            json!([{"id": 40218}]),
        ),
        row(
            "add_project_administrator",
            json!({"projectKey": "HARBOR", "userId": 40226}),
            "POST projects/HARBOR/administrators",
            "userId=40226",
            json!({"id": 40226}),
        )
        .by(seed::HARUKA),
        row(
            "remove_project_administrator",
            json!({"projectKey": "HARBOR", "userId": 40218}),
            "DELETE projects/HARBOR/administrators",
            "userId=40218",
            json!({"id": 40218}),
        )
        .by(seed::HARUKA),
        row(
            "get_project_teams",
            json!({"projectKey": "HARBOR"}),
            "GET projects/HARBOR/teams",
            "",
            json!([{"name": "Web"}]),
        ),
        row(
            "add_project_team",
            json!({"projectKey": "HARBOR", "teamId": 902}),
            "POST projects/HARBOR/teams",
            "teamId=902",
            json!({"name": "Support"}),
        ),
        row(
            "remove_project_team",
            json!({"projectKey": "HARBOR", "teamId": 901}),
            "DELETE projects/HARBOR/teams",
            "teamId=901",
            json!({"name": "Web"}),
        ),
        row(
            "get_teams",
            json!({"order": "asc", "offset": 1, "count": 1}),
            "GET teams",
            "order=asc&offset=1&count=1",
            json!([{"name": "Support"}]),
        ),
    ]
}
