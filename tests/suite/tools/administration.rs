use backlog_sim::seed;
use serde_json::json;

use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            "get_space_disk_usage",
            json!({}),
            "GET space/diskUsage",
            "",
            json!({"details": [{"projectId": 88104}, {"projectId": 88117}, {"projectId": 88131}]}),
        )
        .by(seed::HARUKA),
        row(
            "get_project_disk_usage",
            json!({"projectKey": "HARBOR"}),
            "GET projects/HARBOR/diskUsage",
            "",
            json!({"projectId": 88104}),
        ),
        row(
            "get_licence",
            json!({}),
            "GET space/licence",
            "",
            json!({"active": true, "attachmentLimitPerFile": 52_428_800}),
        )
        .by(seed::HARUKA),
        row(
            "get_space_notification",
            json!({}),
            "GET space/notification",
            "",
            json!({"content": "Maintenance on Sunday at 22:00"}),
        ),
        row(
            "update_space_notification",
            json!({"content": "Back & ready"}),
            "PUT space/notification",
            "content=Back & ready",
            json!({"content": "Back & ready"}),
        )
        .by(seed::HARUKA),
        row(
            "get_rate_limit",
            json!({}),
            "GET rateLimit",
            "",
            json!({"rateLimit": {"update": {"remaining": 10_000_000}}}),
        ),
    ]
}
