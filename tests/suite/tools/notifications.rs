use serde_json::json;

use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            "get_notifications",
            json!({"minId": 9_800_001, "maxId": 9_800_013, "count": 100, "order": "desc"}),
            "GET notifications",
            "minId=9800001&maxId=9800013&count=100&order=desc",
            json!([
                {"reason": 11, "alreadyRead": false, "sender": {"id": 40237}},
                {"reason": 11, "alreadyRead": false, "sender": {"id": 40226}},
            ]),
        ),
        row(
            "count_notifications",
            json!({"alreadyRead": false, "resourceAlreadyRead": true}),
            "GET notifications/count",
            "alreadyRead=false&resourceAlreadyRead=true",
            json!({"count": 0}),
        ),
        row(
            "reset_unread_notification_count",
            json!({}),
            "POST notifications/markAsRead",
            "",
            json!({"count": 3}),
        ),
        row(
            "mark_notification_as_read",
            json!({"id": 9_800_013}),
            "POST notifications/9800013/markAsRead",
            "",
            json!({"success": true, "message": "Notification 9800013 marked as read"}),
        ),
        row(
            "get_notifications",
            json!({"senderId": 40226, "count": 1}),
            "GET notifications",
            "count=1&senderId=40226",
            json!([{"sender": {"id": 40226}}]),
        ),
    ]
}
