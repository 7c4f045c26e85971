use serde_json::json;

use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            "get_documents",
            json!({"projectIds": [88104, 88131]}),
            "GET documents",
            "projectId[]=88104&projectId[]=88131&offset=0",
            json!([{"title": "Supplier contacts"}, {"title": "Glossary"}]),
        ),
        row(
            "get_documents",
            json!({"projectIds": [88104], "offset": 2}),
            "GET documents",
            "projectId[]=88104&offset=2",
            json!([{"title": "Launch plan"}]),
        ),
        row(
            "get_document_tree",
            json!({"projectIdOrKey": "HARBOR"}),
            "GET documents/tree",
            "projectIdOrKey=HARBOR",
            json!({"activeTree": {"children": [{"children": [{"name": "Open questions"}]}]}}),
        ),
        row(
            "get_document_tree",
            json!({"projectIdOrKey": 88117}),
            "GET documents/tree",
            "projectIdOrKey=88117",
            json!({"projectId": 88117}),
        ),
        row(
            "get_document",
            json!({"documentId": "0199c5d07a1e7f0b9d3f5a6b7c8d9e01"}),
            "GET documents/0199c5d07a1e7f0b9d3f5a6b7c8d9e01",
            "",
            json!({"title": "Launch plan", "emoji": "🚢"}),
        ),
        row(
            "add_document",
            json!({
                "projectId": 88104, "title": "Tides", "content": "# Low", "emoji": "🌊",
                "parentId": "0199c5d07a1e7f0b9d3f5a6b7c8d9e01", "addLast": true,
            }),
            "POST documents",
            "projectId=88104&title=Tides&content=# Low&emoji=🌊\
             &parentId=0199c5d07a1e7f0b9d3f5a6b7c8d9e01&addLast=true",
            json!({"title": "Tides", "createdUserId": 40218}),
        ),
        row(
            "get_documents",
            json!({
                "projectIds": [88104], "keyword": "boat", "count": 5, "sort": "created",
                "order": "asc",
            }),
            "GET documents",
            "projectId[]=88104&offset=0&keyword=boat&count=5&sort=created&order=asc",
            json!([{"title": "Glossary"}]),
        ),
    ]
}
