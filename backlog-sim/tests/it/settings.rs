//! What administrators set up in a project: statuses, issue types, custom fields, webhooks.

use backlog_sim::seed::{self, field};
use reqwest::Method;
use serde_json::{Value, json};

use crate::common::{Space, code, each};

#[actix_web::test]
async fn a_project_has_statuses_of_its_own() {
    let space = Space::start().await;
    let haruka = space.user(seed::HARUKA);
    let statuses = "/projects/KURA/statuses";
    let form = [("name", "検証中"), ("color", "#3b9dbd")];
    let (status, added) = haruka.send(Method::POST, statuses, &form).await;
    assert_eq!((status, &added["color"]), (200, &json!("#3b9dbd")));
    let own = added["id"].to_string();
    let (_, list) = haruka.get(statuses).await;
    let names = [
        "未対応",
        "処理中",
        "処理済み",
        "レビュー待ち",
        "保留",
        "検証中",
        "完了",
    ];
    assert_eq!(each(&list, "name"), names, "before the last");

    let path = format!("{statuses}/{own}");
    let (_, renamed) = haruka
        .send(Method::PATCH, &path, &[("name", "確認中")])
        .await;
    assert_eq!(renamed["name"], "確認中");
    for wrong in [
        [("color", "#3B9DBD")],
        [("color", "#7ea800")],
        [("name", "保留")],
    ] {
        let (status, body) = haruka.send(Method::PATCH, &path, &wrong).await;
        assert_eq!((status, code(&body)), (400, 7), "{wrong:?}");
    }

    let order = async |ids: &[&str]| {
        let form: Vec<_> = ids.iter().map(|id| ("statusId[]", *id)).collect();
        let path = format!("{statuses}/updateDisplayOrder");
        haruka.send(Method::PATCH, &path, &form).await
    };
    let (status, list) = order(&["1", &own, "2", "3", "218431", "218430", "4"]).await;
    assert_eq!((status, &list[1]["name"]), (200, &json!("確認中")));
    assert_eq!(haruka.get(statuses).await.1, list);
    for wrong in [
        &["1", "2", "3", "4"][..],
        &["2", "1", &own, "3", "218431", "218430", "4"],
        &["1", &own, "3", "2", "218431", "218430", "4"],
        &["1", &own, "2", "3", "218431", "218431", "4"],
    ] {
        let (status, body) = order(wrong).await;
        assert_eq!((status, code(&body)), (400, 7), "{wrong:?}");
    }

    for number in 0..5 {
        let name = number.to_string();
        let form = [("name", name.as_str()), ("color", "#393939")];
        assert_eq!(haruka.send(Method::POST, statuses, &form).await.0, 200);
    }
    let form = [("name", "one too many"), ("color", "#393939")];
    let (status, body) = haruka.send(Method::POST, statuses, &form).await;
    assert_eq!((status, code(&body)), (400, 9));
}

#[actix_web::test]
async fn issues_of_a_deleted_status_get_another() {
    let space = Space::start().await;
    let haruka = space.user(seed::HARUKA);
    let count = async |status: &str| {
        let path = format!("/issues/count?projectId[]=88117&statusId[]={status}");
        haruka.get(&path).await.1["count"].as_u64().unwrap()
    };
    let (held, open) = (count("218431").await, count("1").await);
    assert!(held > 0);
    let path = "/projects/KURA/statuses/218431";
    for wrong in [
        &[][..],
        &[("substituteStatusId", "218431")],
        &[("substituteStatusId", "9")],
    ] {
        let (status, body) = haruka.send(Method::DELETE, path, wrong).await;
        assert_eq!((status, code(&body)), (400, 7), "{wrong:?}");
    }
    let form = [("substituteStatusId", "1")];
    let (status, deleted) = haruka.send(Method::DELETE, path, &form).await;
    assert_eq!((status, &deleted["name"]), (200, &json!("保留")));
    assert_eq!((count("218431").await, count("1").await), (0, open + held));
    let (_, activities) = haruka.get("/projects/KURA/activities?count=1").await;
    assert_eq!(activities[0]["type"], 34);
    assert_eq!(activities[0]["content"]["deletedStatus"]["name"], "保留");

    let closed = "/projects/KURA/statuses/4";
    let (status, body) = haruka.send(Method::DELETE, closed, &form).await;
    assert_eq!((status, code(&body)), (400, 7), "Backlog's own stay");
    let daniel = space.user(seed::DANIEL);
    let path = "/projects/HARBOR/statuses";
    let form = [("name", "x"), ("color", "#393939")];
    let (status, body) = daniel.send(Method::POST, path, &form).await;
    assert_eq!(
        (status, code(&body)),
        (403, 5),
        "not for project administrators"
    );
}

#[actix_web::test]
async fn issue_types_come_and_go() {
    let space = Space::start().await;
    let daniel = space.user(seed::DANIEL);
    let types = "/projects/HARBOR/issueTypes";
    let form = [
        ("name", "Idea"),
        ("color", "#814fbc"),
        ("templateSummary", "As a …"),
    ];
    let (status, added) = daniel.send(Method::POST, types, &form).await;
    assert_eq!((status, &added["templateSummary"]), (200, &json!("As a …")));
    let path = format!("{types}/{}", added["id"]);
    let form = [("name", "Wish"), ("templateSummary", "")];
    let (_, changed) = daniel.send(Method::PATCH, &path, &form).await;
    assert_eq!(changed["name"], "Wish");
    assert_eq!(changed["templateSummary"], Value::Null);
    let (status, body) = daniel
        .send(Method::PATCH, &path, &[("color", "#3b9dbd")])
        .await;
    assert_eq!((status, code(&body)), (400, 7), "a colour of statuses");

    let count = async |id: u64| {
        let path = format!("/issues/count?issueTypeId[]={id}");
        daniel.get(&path).await.1["count"].as_u64().unwrap()
    };
    let (incidents, bugs) = (count(seed::INCIDENT).await, count(seed::BUG).await);
    assert!(incidents > 0);
    let path = format!("{types}/{}", seed::INCIDENT);
    let (status, _) = daniel.send(Method::DELETE, &path, &[]).await;
    assert_eq!(status, 400, "what takes its place is required");
    let bug = seed::BUG.to_string();
    let form = [("substituteIssueTypeId", bug.as_str())];
    let (status, deleted) = daniel.send(Method::DELETE, &path, &form).await;
    assert_eq!((status, &deleted["name"]), (200, &json!("Incident")));
    assert_eq!(count(seed::BUG).await, bugs + incidents);
    let (_, fields) = daniel.get("/projects/HARBOR/customFields").await;
    let timeline = &fields[1]["applicableIssueTypes"];
    assert_eq!(
        timeline,
        &json!([seed::BUG]),
        "the field goes with the issues"
    );

    let maja = space.user(seed::MAJA);
    let form = [("name", "x"), ("color", "#814fbc")];
    let (status, body) = maja.send(Method::POST, types, &form).await;
    assert_eq!((status, code(&body)), (403, 5));
}

#[actix_web::test]
async fn custom_fields_of_every_type_are_added() {
    let space = Space::start().await;
    let daniel = space.user(seed::DANIEL);
    let fields = "/projects/HARBOR/customFields";
    let bug = seed::BUG.to_string();
    for (form, expected) in [
        (
            &[("typeId", "1"), ("description", "d"), ("required", "true")][..],
            json!({"typeId": 1, "description": "d", "required": true, "applicableIssueTypes": []}),
        ),
        (
            &[("typeId", "2"), ("applicableIssueTypes[]", &bug)],
            json!({"typeId": 2, "useIssueType": true, "applicableIssueTypes": [seed::BUG]}),
        ),
        (
            &[
                ("typeId", "3"),
                ("min", "0"),
                ("max", "9.5"),
                ("initialValue", "1"),
                ("unit", "h"),
            ],
            json!({"min": 0, "max": 9.5, "initialValue": 1, "unit": "h"}),
        ),
        (
            &[
                ("typeId", "4"),
                ("min", "2026-01-31"),
                ("initialValueType", "2"),
                ("initialShift", "-7"),
            ],
            json!({"min": "2026-01-31T00:00:00Z", "max": null, "initialDate": {"id": 2, "shift": -7}}),
        ),
        (
            &[
                ("typeId", "4"),
                ("initialValueType", "3"),
                ("initialDate", "2026-01-31"),
            ],
            json!({"initialDate": {"id": 3, "date": "2026-01-31T00:00:00Z"}}),
        ),
        (
            &[
                ("typeId", "5"),
                ("items[]", "a"),
                ("items[]", "b"),
                ("allowAddItem", "true"),
            ],
            json!({"items": [
                {"id": 1, "name": "a", "displayOrder": 0}, {"id": 2, "name": "b", "displayOrder": 1},
            ], "allowAddItem": true}),
        ),
        (
            &[("typeId", "6")],
            json!({"items": [], "allowAddItem": false}),
        ),
        (
            &[("typeId", "7")],
            json!({"items": [], "allowInput": false}),
        ),
        (
            &[("typeId", "8"), ("allowInput", "true")],
            json!({"items": [], "allowInput": true}),
        ),
    ] {
        let name = format!("{form:?}");
        let form = [form, &[("name", name.as_str())]].concat();
        let (status, added) = daniel.send(Method::POST, fields, &form).await;
        assert_eq!((status, &added["name"]), (200, &json!(name)), "{added}");
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(&added[key], value, "{name}: {key}");
        }
    }
    let (_, list) = daniel.get(fields).await;
    assert_eq!(list.as_array().unwrap().len(), 8 + 9);

    for wrong in [
        &[("typeId", "9")][..],
        &[("typeId", "1"), ("min", "1")],
        &[("typeId", "3"), ("min", "2"), ("max", "1")],
        &[("typeId", "3"), ("max", "1"), ("initialValue", "2")],
        &[("typeId", "4"), ("initialValueType", "2")],
        &[
            ("typeId", "4"),
            ("initialValueType", "3"),
            ("initialDate", ""),
        ],
        &[("typeId", "5"), ("allowInput", "true")],
        &[("typeId", "1"), ("applicableIssueTypes[]", "301421")],
    ] {
        let form = [wrong, &[("name", "wrong")]].concat();
        let (status, body) = daniel.send(Method::POST, fields, &form).await;
        assert_eq!((status, code(&body)), (400, 7), "{wrong:?}");
    }
}

#[actix_web::test]
async fn custom_fields_change_and_take_their_values_along() {
    let space = Space::start().await;
    let daniel = space.user(seed::DANIEL);
    let path = |id: u64| format!("/projects/HARBOR/customFields/{id}");
    let form = [("min", ""), ("max", "50"), ("description", "d")];
    let (_, changed) = daniel
        .send(Method::PATCH, &path(field::NUMERIC), &form)
        .await;
    assert_eq!(
        (&changed["min"], &changed["max"]),
        (&json!(null), &json!(50))
    );
    assert_eq!(
        (&changed["version"], &changed["unit"]),
        (&json!(2), &json!("people"))
    );
    let form = [("items[]", "S3"), ("items[]", "S0")];
    let (_, changed) = daniel
        .send(Method::PATCH, &path(field::SINGLE_LIST), &form)
        .await;
    assert_eq!(each(&changed["items"], "id"), [3, 4], "a name keeps its id");

    let browsers = async || {
        let (_, issue) = daniel.get("/issues/HARBOR-1").await;
        let mut fields = issue["customFields"].as_array().unwrap().iter();
        let field = fields.find(|value| value["id"] == field::MULTIPLE_LIST);
        let items = each(&field.unwrap()["value"], "name").into_iter();
        items.cloned().collect::<Vec<_>>()
    };
    let items = format!("{}/items", path(field::MULTIPLE_LIST));
    let (_, added) = daniel.send(Method::POST, &items, &[("name", "Lynx")]).await;
    assert_eq!(
        added["items"][4],
        json!({"id": 5, "name": "Lynx", "displayOrder": 4})
    );
    let form = [("customField_92015[0]", "5"), ("customField_92015[1]", "1")];
    daniel.send(Method::PATCH, "/issues/HARBOR-1", &form).await;
    let item = format!("{items}/5");
    daniel.send(Method::PATCH, &item, &[("name", "w3m")]).await;
    assert_eq!(browsers().await, ["Firefox", "w3m"]);
    daniel.send(Method::DELETE, &item, &[]).await;
    assert_eq!(browsers().await, ["Firefox"]);
    let texts = format!("{}/items", path(field::TEXT));
    let (status, _) = daniel.send(Method::POST, &texts, &[("name", "x")]).await;
    assert_eq!(status, 400, "not a list");

    let maja = space.user(seed::MAJA);
    assert_eq!(
        maja.send(Method::POST, &items, &[("name", "x")]).await.0,
        403
    );
    let form = [("allowAddItem", "true")];
    daniel
        .send(Method::PATCH, &path(field::MULTIPLE_LIST), &form)
        .await;
    assert_eq!(
        maja.send(Method::POST, &items, &[("name", "x")]).await.0,
        200
    );

    let (status, _) = daniel.send(Method::DELETE, &path(field::TEXT), &[]).await;
    assert_eq!(status, 200);
    let (_, issue) = daniel.get("/issues/HARBOR-1").await;
    assert!(!each(&issue["customFields"], "id").contains(&&json!(field::TEXT)));
}

#[actix_web::test]
async fn webhooks_are_for_administrators() {
    let space = Space::start().await;
    let daniel = space.user(seed::DANIEL);
    let webhooks = "/projects/HARBOR/webhooks";
    let form = [
        ("name", "chat"),
        ("hookUrl", "https://chat.example/hook"),
        ("activityTypeIds[]", "1"),
        ("activityTypeIds[]", "3"),
    ];
    let (status, added) = daniel.send(Method::POST, webhooks, &form).await;
    assert_eq!((status, &added["activityTypeIds"]), (200, &json!([1, 3])));
    assert_eq!(added["createdUser"]["id"], seed::DANIEL);
    let path = format!("{webhooks}/{}", added["id"]);
    let (_, changed) = daniel
        .send(Method::PATCH, &path, &[("allEvent", "true")])
        .await;
    assert_eq!(changed["activityTypeIds"], json!([]));
    assert_eq!(daniel.get(webhooks).await.1[1], changed);
    let (status, _) = daniel
        .send(Method::PATCH, &path, &[("hookUrl", "ftp://x")])
        .await;
    assert_eq!(status, 400);
    assert_eq!(each(&daniel.get(webhooks).await.1, "name"), ["ci", "chat"]);
    assert_eq!(daniel.send(Method::DELETE, &path, &[]).await.0, 200);
    assert_eq!(daniel.send(Method::DELETE, &path, &[]).await.0, 404);
    let (status, body) = space.user(seed::MAJA).get(webhooks).await;
    assert_eq!((status, code(&body)), (403, 5));
}
