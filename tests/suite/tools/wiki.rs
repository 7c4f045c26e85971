use serde_json::json;

use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            "get_wiki_pages",
            json!({"projectKey": "HARBOR", "keyword": "refund"}),
            "GET wikis",
            "projectIdOrKey=HARBOR&keyword=refund",
            json!([{"id": 640_013, "name": "Runbook/Refunds"}]),
        ),
        row(
            "get_wikis_count",
            json!({"projectId": 88117}),
            "GET wikis/count",
            "projectIdOrKey=88117",
            json!({"count": 2}),
        ),
        row(
            "get_wiki",
            json!({"wikiId": 640_015}),
            "GET wikis/640015",
            "",
            json!({"name": "棚卸し手順", "tags": [{"name": "手順"}]}),
        ),
        row(
            "get_wiki",
            json!({"wikiId": "640015"}),
            "GET wikis/640015",
            "",
            json!({"id": 640_015}),
        ),
        row(
            "add_wiki",
            json!({"projectId": 88104, "name": "Tides", "content": "# Low", "mailNotify": false}),
            "POST wikis",
            "projectId=88104&name=Tides&content=# Low&mailNotify=false",
            json!({"name": "Tides", "content": "# Low"}),
        ),
        row(
            "update_wiki",
            json!({"wikiId": 640_013, "content": "New"}),
            "PATCH wikis/640013",
            "content=New",
            json!({"name": "Runbook/Refunds", "content": "New"}),
        ),
    ]
}
