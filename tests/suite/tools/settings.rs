//! Statuses, categories, issue types and custom fields, set up by administrators.

use backlog_sim::seed;
use serde_json::json;

use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    [statuses(), kinds(), custom_fields(), items()].concat()
}

fn statuses() -> Vec<Row> {
    vec![
        row(
            "add_status",
            json!({"projectKey": "OPS", "name": "Parked", "color": "#EDA62A"}),
            "POST projects/OPS/statuses",
            "name=Parked&color=#eda62a",
            json!({"name": "Parked", "color": "#eda62a"}),
        )
        .by(seed::HARUKA),
        row(
            "update_status",
            json!({"projectId": 88117, "id": 218_431, "name": "停止", "color": null}),
            "PATCH projects/88117/statuses/218431",
            "name=停止",
            json!({"id": 218_431, "name": "停止", "color": "#868cb7"}),
        )
        .by(seed::HARUKA),
        row(
            "delete_status",
            json!({"projectKey": "KURA", "id": 218_430, "substituteStatusId": 3}),
            "DELETE projects/KURA/statuses/218430",
            "substituteStatusId=3",
            json!({"name": "レビュー待ち"}),
        )
        .by(seed::HARUKA),
        row(
            "reorder_statuses",
            json!({"projectKey": "KURA", "statusId": [1, 218_431, 2, 218_430, 3, 4]}),
            "PATCH projects/KURA/statuses/updateDisplayOrder",
            "statusId[]=1&statusId[]=218431&statusId[]=2&statusId[]=218430&statusId[]=3\
             &statusId[]=4",
            json!([{"id": 1}, {"id": 218_431}, {"id": 2}, {"id": 218_430}]),
        )
        .by(seed::HARUKA),
    ]
}

fn kinds() -> Vec<Row> {
    vec![
        row(
            "update_category",
            json!({"projectKey": "HARBOR", "id": 51701, "name": "Berths"}),
            "PATCH projects/HARBOR/categories/51701",
            "name=Berths",
            json!({"id": 51701, "name": "Berths"}),
        ),
        row(
            "delete_category",
            json!({"projectKey": "HARBOR", "id": 51702}),
            "DELETE projects/HARBOR/categories/51702",
            "",
            json!({"name": "Payments"}),
        ),
        row(
            "add_issue_type",
            json!({
                "projectKey": "HARBOR", "name": "Idea", "color": "#814fbc",
                "templateSummary": "As a …", "templateDescription": "I want & need",
            }),
            "POST projects/HARBOR/issueTypes",
            "name=Idea&color=#814fbc&templateSummary=As a …&templateDescription=I want & need",
            json!({"name": "Idea", "templateSummary": "As a …"}),
        ),
        row(
            "update_issue_type",
            json!({"projectId": 88104, "id": 301_413, "color": "#2779ca", "templateSummary": ""}),
            "PATCH projects/88104/issueTypes/301413",
            "color=#2779ca&templateSummary=",
            json!({"name": "Task", "color": "#2779ca", "templateSummary": null}),
        ),
        row(
            "delete_issue_type",
            json!({"projectKey": "HARBOR", "id": 301_415, "substituteIssueTypeId": 301_412}),
            "DELETE projects/HARBOR/issueTypes/301415",
            "substituteIssueTypeId=301412",
            json!({"name": "Incident"}),
        ),
    ]
}

fn custom_fields() -> Vec<Row> {
    let of_type = |settings, parameters, answer| {
        row(
            "add_custom_field",
            json!({"projectKey": "HARBOR", "name": "New", "settings": settings}),
            "POST projects/HARBOR/customFields",
            parameters,
            answer,
        )
    };
    vec![
        row(
            "add_custom_field",
            json!({
                "projectKey": "HARBOR", "name": "Weather", "settings": {"type": "singleList"},
                "items": ["Fair", "Foul"], "description": "At the quay", "required": true,
                "applicableIssueTypes": [301_412, 301_413],
            }),
            "POST projects/HARBOR/customFields",
            "name=Weather&items[]=Fair&items[]=Foul&description=At the quay&required=true\
             &applicableIssueTypes[]=301412&applicableIssueTypes[]=301413&typeId=5",
            json!({
                "typeId": 5, "items": [{"name": "Fair"}, {"name": "Foul"}], "required": true,
                "applicableIssueTypes": [301_412, 301_413], "description": "At the quay",
            }),
        ),
        of_type(
            json!({"type": "multipleList", "allowAddItem": true}),
            "name=New&typeId=6&allowAddItem=true",
            json!({"typeId": 6, "allowAddItem": true}),
        ),
        of_type(
            json!({"type": "checkBox", "allowInput": true}),
            "name=New&typeId=7&allowInput=true",
            json!({"typeId": 7, "allowInput": true}),
        ),
        of_type(
            json!({"type": "radio"}),
            "name=New&typeId=8",
            json!({"typeId": 8, "allowInput": false}),
        ),
        of_type(
            json!({"type": "text"}),
            "name=New&typeId=1",
            json!({"typeId": 1}),
        ),
        of_type(
            json!({"type": "textArea"}),
            "name=New&typeId=2",
            json!({"typeId": 2}),
        ),
        of_type(
            json!({"type": "numeric", "min": 0, "max": 9.5, "initialValue": 1, "unit": "h"}),
            "name=New&typeId=3&min=0&max=9.5&initialValue=1&unit=h",
            json!({"typeId": 3, "min": 0, "max": 9.5, "initialValue": 1, "unit": "h"}),
        ),
        of_type(
            json!({"type": "date", "max": "2026-12-31", "initialShift": 7}),
            "name=New&typeId=4&max=2026-12-31&initialShift=7&initialValueType=2",
            json!({"typeId": 4, "initialDate": {"id": 2, "shift": 7}}),
        ),
        row(
            "update_custom_field",
            json!({
                "projectKey": "HARBOR", "id": seed::field::NUMERIC, "name": "People",
                "settings": {"type": "numeric", "max": 50},
            }),
            "PATCH projects/HARBOR/customFields/92012",
            "name=People&max=50",
            json!({"name": "People", "min": 0, "max": 50}),
        ),
        row(
            "update_custom_field",
            json!({"projectKey": "HARBOR", "id": seed::field::TEXT, "required": true}),
            "PATCH projects/HARBOR/customFields/92010",
            "required=true",
            json!({"name": "Ticket ref", "required": true}),
        ),
        row(
            "delete_custom_field",
            json!({"projectKey": "HARBOR", "id": seed::field::RADIO}),
            "DELETE projects/HARBOR/customFields/92017",
            "",
            json!({"typeId": 8}),
        ),
    ]
}

fn items() -> Vec<Row> {
    vec![
        row(
            "add_custom_field_item",
            json!({"projectKey": "HARBOR", "customFieldId": 92015, "name": "Lynx"}),
            "POST projects/HARBOR/customFields/92015/items",
            "name=Lynx",
            json!({"items": [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}, {"name": "Lynx"}]}),
        ),
        row(
            "update_custom_field_item",
            json!({"projectId": 88104, "customFieldId": 92014, "itemId": 1, "name": "S0"}),
            "PATCH projects/88104/customFields/92014/items/1",
            "name=S0",
            json!({"items": [{"id": 1, "name": "S0"}]}),
        ),
        row(
            "delete_custom_field_item",
            json!({"projectKey": "HARBOR", "customFieldId": 92014, "itemId": 1}),
            "DELETE projects/HARBOR/customFields/92014/items/1",
            "",
            json!({"items": [{"id": 2}, {"id": 3}]}),
        ),
    ]
}
