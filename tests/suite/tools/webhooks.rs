use serde_json::json;

use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            "get_webhooks",
            json!({"projectKey": "HARBOR"}),
            "GET projects/HARBOR/webhooks",
            "",
            json!([{"id": 7001, "name": "ci"}]),
        ),
        row(
            "add_webhook",
            json!({
                "projectKey": "HARBOR", "name": "chat", "description": "",
                "hookUrl": "https://chat.example/hook?a=b", "allEvent": false,
                "activityTypeIds": [1, 3],
            }),
            "POST projects/HARBOR/webhooks",
            "name=chat&hookUrl=https://chat.example/hook?a=b&allEvent=false\
             &activityTypeIds[]=1&activityTypeIds[]=3",
            json!({"name": "chat", "activityTypeIds": [1, 3]}),
        ),
        row(
            "update_webhook",
            json!({"projectKey": "HARBOR", "webhookId": 7001, "allEvent": true}),
            "PATCH projects/HARBOR/webhooks/7001",
            "allEvent=true",
            json!({"name": "ci", "allEvent": true, "activityTypeIds": []}),
        ),
        row(
            "delete_webhook",
            json!({"projectKey": "HARBOR", "webhookId": 7001}),
            "DELETE projects/HARBOR/webhooks/7001",
            "",
            json!({"id": 7001}),
        ),
    ]
}
