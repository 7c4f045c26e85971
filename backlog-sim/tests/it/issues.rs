//! Projects, issues and comments as the API shows and changes them.

use crate::common::{Space, code};
use backlog_sim::seed::{self, field};
use reqwest::Method;
use serde_json::{Value, json};

fn keys(issues: &Value) -> Vec<&str> {
    let issues = issues.as_array().unwrap().iter();
    issues
        .map(|issue| issue["issueKey"].as_str().unwrap())
        .collect()
}

#[actix_web::test]
async fn an_issue_is_created_changed_and_commented_on() {
    let space = Space::start().await;
    let daniel = space.user(seed::DANIEL);
    let (project, bug) = (seed::HARBOR.to_string(), seed::BUG.to_string());
    let (status, issue) = daniel
        .send(
            Method::POST,
            "/issues",
            &[
                ("projectId", &project),
                ("issueTypeId", &bug),
                ("priorityId", "3"),
                ("summary", "アンカー & チェーン"),
                ("dueDate", "2026-12-24"),
                ("categoryId[]", "51701"),
                ("categoryId[]", "51702"),
                ("customField_92012", "7"),
                ("customField_92015[0]", "1"),
                ("customField_92015[1]", "4"),
                ("customField_92016", "2"),
                ("customField_92016_otherValue", "magnifier"),
            ],
        )
        .await;
    assert_eq!(status, 201, "{issue}");
    assert_eq!(issue["issueKey"], "HARBOR-19");
    assert_eq!(issue["dueDate"], "2026-12-24T00:00:00Z");
    assert_eq!(issue["category"].as_array().unwrap().len(), 2);
    assert_eq!(issue["status"]["id"], 1);
    let value = |id: u64| {
        let fields = issue["customFields"].as_array().unwrap().iter();
        fields
            .clone()
            .find(|field| field["id"] == id)
            .unwrap()
            .clone()
    };
    assert_eq!(value(field::NUMERIC)["value"], 7);
    assert_eq!(value(field::MULTIPLE_LIST)["value"][1]["name"], "Edge");
    assert_eq!(value(field::CHECK_BOX)["otherValue"], "magnifier");
    assert_eq!(value(field::TEXT)["value"], Value::Null);

    space
        .sim
        .control()
        .advance_clock(std::time::Duration::from_secs(90));
    let (status, changed) = daniel
        .send(
            Method::PATCH,
            "/issues/HARBOR-19",
            &[
                ("statusId", "4"),
                ("resolutionId", "0"),
                ("dueDate", ""),
                ("categoryId[]", ""),
                ("comment", "Done."),
            ],
        )
        .await;
    assert_eq!(status, 200, "{changed}");
    assert_eq!(changed["resolution"]["name"], "Fixed");
    assert_eq!(changed["dueDate"], Value::Null);
    assert_eq!(changed["category"], json!([]));
    assert_ne!(changed["updated"], issue["updated"]);
    assert_eq!(daniel.get("/issues/HARBOR-19").await, (200, changed));

    let (_, comments) = daniel.get("/issues/HARBOR-19/comments").await;
    assert_eq!(comments[0]["content"], "Done.");
    let log = comments[0]["changeLog"].as_array().unwrap();
    let fields: Vec<_> = log
        .iter()
        .map(|change| change["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["status", "resolution", "component", "limitDate"]);
    assert_eq!(log[0]["originalValue"], "Open");
    assert_eq!(log[0]["newValue"], "Closed");

    let (status, comment) = daniel
        .send(
            Method::POST,
            "/issues/HARBOR-19/comments",
            &[("content", "ありがとう"), ("notifiedUserId[]", "40226")],
        )
        .await;
    assert_eq!(status, 201, "{comment}");
    assert_eq!(comment["notifications"][0]["user"]["id"], seed::MAJA);
    let path = format!("/issues/HARBOR-19/comments/{}", comment["id"]);
    let (status, _) = daniel
        .send(Method::PATCH, &path, &[("content", "どうも")])
        .await;
    assert_eq!(status, 200);
    assert_eq!(daniel.get(&path).await.1["content"], "どうも");
    let maja = space.user(seed::MAJA);
    let (status, body) = maja.send(Method::PATCH, &path, &[("content", "x")]).await;
    assert_eq!((status, code(&body)), (403, 5), "only the writer");
    let (status, _) = daniel.send(Method::DELETE, &path, &[]).await;
    assert_eq!(status, 200);
    assert_eq!(
        daniel.get("/issues/HARBOR-19/comments/count").await.1["count"],
        1
    );

    let (status, _) = daniel.send(Method::DELETE, "/issues/HARBOR-19", &[]).await;
    assert_eq!(status, 200);
    let (status, body) = daniel.get("/issues/HARBOR-19").await;
    assert_eq!((status, code(&body)), (404, 6));
}

#[actix_web::test]
async fn lists_filter_sort_and_page() {
    let space = Space::start().await;
    let daniel = space.user(seed::DANIEL);
    let count = async |query: &str| {
        let (status, body) = daniel.get(&format!("/issues/count?{query}")).await;
        assert_eq!(status, 200, "{query}: {body}");
        body["count"].as_u64().unwrap()
    };
    assert_eq!(count("").await, 40);
    assert_eq!(count("projectId[]=88104").await, 18);
    assert_eq!(count("projectId[]=88104&projectId[]=88131").await, 26);
    assert_eq!(
        count("projectId[]=88104&statusId[]=4&resolutionId[]=0").await,
        3
    );
    assert_eq!(count("statusId[]=218430").await, 1);
    assert_eq!(count("parentIssueId[]=5520164").await, 2);
    assert_eq!(count("parentChild=4").await, 2);
    assert_eq!(count("parentChild=2").await, 4);
    assert_eq!(
        count("createdSince=2026-08-03&createdUntil=2026-08-03").await,
        1
    );
    let (_, found) = daniel
        .get("/issues?keyword=%E6%A3%9A%E5%8D%B8%E3%81%97")
        .await;
    assert_eq!(keys(&found), ["OPS-5", "KURA-1"]);

    assert_eq!(count("customField_92014[0]=1").await, 3);
    assert_eq!(
        count("customField_92015[0]=1&customField_92015[1]=2").await,
        2
    );
    assert_eq!(
        count("customField_92014=1").await,
        40,
        "without an index it is ignored"
    );
    assert_eq!(count("customField_92014[][0]=1").await, 40);
    assert_eq!(count("customField_92010=hd-22").await, 2);
    assert_eq!(
        count("customField_92012_min=42.5&customField_92012_max=100").await,
        1
    );
    assert_eq!(count("customField_92013_max=2026-08-31").await, 1);

    let (_, page) = daniel
        .get("/issues?projectId[]=88131&sort=dueDate&order=asc&offset=2&count=3")
        .await;
    assert_eq!(keys(&page), ["OPS-1", "OPS-2", "OPS-3"]);
    let (_, newest) = daniel.get("/issues").await;
    assert_eq!(newest.as_array().unwrap().len(), 20);
    assert_eq!(newest[0]["issueKey"], "OPS-8");

    for wrong in [
        "count=101",
        "count=0",
        "hasDueDate=true",
        "statusId[]=x",
        "sort=colour",
        "dueDateSince=2026/01/01",
    ] {
        let (status, body) = daniel.get(&format!("/issues?{wrong}")).await;
        assert_eq!((status, code(&body)), (400, 7), "{wrong}");
    }
}

#[actix_web::test]
async fn a_project_that_a_user_has_not_joined_does_not_exist() {
    let space = Space::start().await;
    let maja = space.user(seed::MAJA);
    for path in [
        "/projects/KURA",
        "/projects/88117/categories",
        "/issues/KURA-1",
        "/issues/KURA-1/comments",
    ] {
        let (status, body) = maja.get(path).await;
        assert_eq!((status, code(&body)), (404, 6), "{path}");
    }
    assert_eq!(maja.get("/issues/count").await.1["count"], 26);
    assert_eq!(
        maja.get("/issues/count?projectId[]=88117").await.1["count"],
        0
    );
    assert_eq!(maja.get("/projects").await.1.as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn wrong_requests_get_backlogs_errors() {
    let space = Space::start().await;
    let daniel = space.user(seed::DANIEL);
    let add = [
        ("projectId", "88104"),
        ("issueTypeId", "301412"),
        ("priorityId", "3"),
        ("summary", "x"),
    ];
    for left_out in 0..add.len() {
        let mut form = add.to_vec();
        form.remove(left_out);
        let (status, body) = daniel.send(Method::POST, "/issues", &form).await;
        assert_eq!(
            (status, code(&body)),
            (400, 7),
            "without {}",
            add[left_out].0
        );
    }
    for wrong in [
        ("assigneeId", "40251"),
        ("categoryId[]", "51711"),
        ("customField_92012", "-1"),
        ("customField_1", "1"),
        ("startDate", "tomorrow"),
    ] {
        let form = [&add[..], &[wrong]].concat();
        let (status, body) = daniel.send(Method::POST, "/issues", &form).await;
        assert_eq!((status, code(&body)), (400, 7), "{wrong:?}");
    }
    let incident = [
        ("projectId", "88104"),
        ("issueTypeId", "301415"),
        ("priorityId", "3"),
        ("summary", "x"),
    ];
    let (status, body) = daniel.send(Method::POST, "/issues", &incident).await;
    assert_eq!((status, code(&body)), (400, 7), "a required custom field");
    assert_eq!(
        daniel.get("/issues/count").await.1["count"],
        40,
        "nothing was added"
    );

    for path in [
        "/issues/NONE-1",
        "/issues/HARBOR-1%2Fcomments",
        "/issues/%2E%2E",
        "/projects/a%20b",
        "/nothing",
    ] {
        let (status, body) = daniel.get(path).await;
        assert_eq!((status, code(&body)), (404, 6), "{path}");
    }
    let tomasz = space.user(seed::TOMASZ);
    let (status, body) = tomasz
        .send(Method::POST, "/issues/OPS-1/comments", &[("content", "x")])
        .await;
    assert_eq!((status, code(&body)), (403, 5));

    let stranger = space
        .request(Method::GET, "/api/v2/space")
        .send()
        .await
        .unwrap();
    assert_eq!(stranger.status().as_u16(), 401);
    assert_eq!(code(&stranger.json().await.unwrap()), 11);
}

#[actix_web::test]
async fn settings_of_a_project_change() {
    let space = Space::start().await;
    let haruka = space.user(seed::HARUKA);
    let (status, category) = haruka
        .send(
            Method::POST,
            "/projects/HARBOR/categories",
            &[("name", "Moorings")],
        )
        .await;
    assert_eq!(status, 200);
    let path = format!("/projects/HARBOR/categories/{}", category["id"]);
    let (_, renamed) = haruka
        .send(Method::PATCH, &path, &[("name", "Berths")])
        .await;
    assert_eq!(renamed["name"], "Berths");
    haruka
        .send(Method::DELETE, "/projects/HARBOR/categories/51701", &[])
        .await;
    assert_eq!(
        haruka.get("/issues/HARBOR-1").await.1["category"],
        json!([])
    );

    let (status, version) = haruka
        .send(
            Method::POST,
            "/projects/OPS/versions",
            &[("name", "2027"), ("startDate", "2027-01-01")],
        )
        .await;
    assert_eq!(
        (status, &version["startDate"]),
        (200, &"2027-01-01T00:00:00Z".into())
    );

    let (status, project) = haruka
        .send(
            Method::POST,
            "/projects",
            &[("name", "New"), ("key", "NEW_1"), ("useGit", "false")],
        )
        .await;
    assert_eq!((status, &project["useGit"]), (201, &false.into()));
    assert_eq!(haruka.get("/projects/NEW_1").await, (200, project));
    haruka
        .send(Method::PATCH, "/projects/OPS", &[("key", "DESK")])
        .await;
    assert_eq!(haruka.get("/issues/DESK-1").await.0, 200);
    assert_eq!(haruka.get("/issues/OPS-1").await.0, 404);
}
