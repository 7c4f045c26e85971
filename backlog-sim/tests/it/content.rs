//! Wiki pages, documents, pull requests, files, links, watched issues, notifications, activities.

use backlog_sim::seed::{self, document, repository};
use reqwest::Method;
use serde_json::{Value, json};

use crate::common::{Space, code, each};

#[actix_web::test]
async fn a_wiki_page_is_written_and_keeps_its_history() {
    let space = Space::start().await;
    let daniel = space.user(seed::DANIEL);
    let (status, page) = daniel
        .send(
            Method::POST,
            "/wikis",
            &[
                ("projectId", "88104"),
                ("name", "Tides"),
                ("content", "Low"),
            ],
        )
        .await;
    assert_eq!(status, 201, "{page}");
    let path = format!("/wikis/{}", page["id"]);
    let (status, changed) = daniel
        .send(Method::PATCH, &path, &[("content", "High")])
        .await;
    assert_eq!((status, &changed["content"]), (200, &json!("High")));
    assert_eq!(changed["name"], "Tides");
    assert_eq!(daniel.get(&path).await, (200, changed));

    let (_, history) = daniel.get(&format!("{path}/history")).await;
    assert_eq!(each(&history, "content"), ["High", "Low"]);
    assert_eq!(each(&history, "version"), [2, 1]);
    let (_, count) = daniel.get("/wikis/count?projectIdOrKey=HARBOR").await;
    assert_eq!(count["count"], 4);
    let (_, found) = daniel
        .get("/wikis?projectIdOrKey=88104&keyword=refund")
        .await;
    assert_eq!(each(&found, "name"), ["Runbook/Refunds"]);
    assert_eq!(found[0].get("content"), None, "lists have no texts");

    let (status, body) = daniel.get("/wikis").await;
    assert_eq!((status, code(&body)), (400, 7));
    let (status, body) = space.user(seed::MAJA).get("/wikis/640014").await;
    assert_eq!((status, code(&body)), (404, 6), "KURA is not hers");
}

#[actix_web::test]
async fn documents_make_a_tree() {
    let space = Space::start().await;
    let daniel = space.user(seed::DANIEL);
    let form = [
        ("projectId", "88104"),
        ("title", "Tides"),
        ("content", "# Low"),
        ("parentId", document::LAUNCH_PLAN),
    ];
    let (status, added) = daniel.send(Method::POST, "/documents", &form).await;
    assert_eq!(
        (status, &added["createdUserId"]),
        (200, &json!(seed::DANIEL))
    );
    let (_, tree) = daniel.get("/documents/tree?projectIdOrKey=HARBOR").await;
    let top = &tree["activeTree"]["children"];
    assert_eq!(each(top, "name"), ["Launch plan", "Glossary"]);
    assert_eq!(
        each(&top[0]["children"], "name"),
        ["Tides", "Open questions"],
        "before its siblings"
    );
    let (_, plan) = daniel
        .get(&format!("/documents/{}", document::LAUNCH_PLAN))
        .await;
    assert_eq!(plan["childDocumentIds"].as_array().unwrap().len(), 2);

    let (_, list) = daniel.get("/documents?projectId[]=88131&offset=0").await;
    assert_eq!(each(&list, "title"), ["Supplier contacts"]);
    let (status, body) = daniel.get("/documents?projectId[]=88131").await;
    assert_eq!((status, code(&body)), (400, 7), "offset is required");

    let path = format!("/documents/{}", document::LAUNCH_PLAN);
    assert_eq!(daniel.send(Method::DELETE, &path, &[]).await.0, 200);
    let (_, count) = daniel.get("/documents/count?projectIdOrKey=HARBOR").await;
    assert_eq!(count["count"], 1, "those below it are gone as well");
}

#[actix_web::test]
async fn a_pull_request_is_opened_commented_on_and_merged() {
    let space = Space::start().await;
    let daniel = space.user(seed::DANIEL);
    let portal = "/projects/HARBOR/git/repositories/portal";
    let (_, found) = daniel.get(portal).await;
    assert_eq!(found["id"], repository::PORTAL);
    let requests = format!("{portal}/pullRequests");
    let form = [
        ("summary", "Tides"),
        ("description", ""),
        ("base", "main"),
        ("branch", "tides"),
    ];
    let (status, body) = daniel.send(Method::POST, &requests, &form).await;
    assert_eq!((status, code(&body)), (400, 7), "a description is required");
    let form = [
        ("summary", "Tides"),
        ("description", "Low and high"),
        ("base", "main"),
        ("branch", "tides"),
        ("assigneeId", "40226"),
        ("issueId", "5520101"),
    ];
    let (_, added) = daniel.send(Method::POST, &requests, &form).await;
    assert_eq!(added["number"], 4);
    assert_eq!(added["issue"]["issueKey"], "HARBOR-1");

    let one = format!("{requests}/4");
    let (_, merged) = daniel
        .send(Method::PATCH, &one, &[("statusId", "3"), ("comment", "Go")])
        .await;
    assert_eq!(merged["status"], json!({"id": 3, "name": "Merged"}));
    assert!(merged["mergeAt"].is_string());
    let comments = format!("{one}/comments");
    let (_, comment) = daniel
        .send(
            Method::POST,
            &comments,
            &[("content", "Thanks"), ("notifiedUserId[]", "40226")],
        )
        .await;
    assert_eq!(comment["notifications"][0]["user"]["id"], seed::MAJA);
    let path = format!("{comments}/{}", comment["id"]);
    let maja = space.user(seed::MAJA);
    let change = [("content", "Thank you")];
    assert_eq!(maja.send(Method::PATCH, &path, &change).await.0, 403);
    assert_eq!(daniel.send(Method::PATCH, &path, &change).await.0, 200);
    let (_, list) = daniel.get(&format!("{comments}?order=asc")).await;
    assert_eq!(each(&list, "content"), ["Go", "Thank you"]);
    assert_eq!(list[0]["changeLog"][0]["newValue"], "3");

    let (_, list) = daniel.get(&format!("{requests}?statusId[]=1")).await;
    assert_eq!(each(&list, "number"), [3, 2]);
    let (_, count) = daniel
        .get(&format!("{requests}/count?assigneeId[]=40226"))
        .await;
    assert_eq!(count["count"], 2);

    let (_, news) = maja.get("/notifications?count=2").await;
    assert_eq!(each(&news, "reason"), [11, 10]);
    assert_eq!(news[0]["pullRequestComment"]["content"], "Thank you");
}

#[actix_web::test]
async fn files_are_bytes_and_links_go_both_ways() {
    let space = Space::start().await;
    let daniel = space.user(seed::DANIEL);
    let (_, issue) = daniel.get("/issues/HARBOR-1").await;
    let files = &issue["attachments"];
    assert_eq!(
        daniel.get("/issues/HARBOR-1/attachments").await,
        (200, files.clone())
    );
    let path = format!("/issues/HARBOR-1/attachments/{}", files[0]["id"]);
    let response = daniel.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "image/png");
    assert_eq!(
        response.headers()["content-disposition"],
        "attachment;filename*=UTF-8''%E3%82%AB%E3%83%AC%E3%83%B3%E3%83%80%E3%83%BC%201.png"
    );
    let bytes = response.bytes().await.unwrap();
    assert_eq!(files[0]["size"], bytes.len());
    assert!(bytes.starts_with(b"\x89PNG"));

    let (_, related) = daniel.get("/issues/HARBOR-15/relatedIssues").await;
    assert_eq!(each(&related, "issueKey"), ["HARBOR-1"]);
    assert_eq!(related[0]["type"], "RELATES");
    let path = format!("/issues/HARBOR-15/relatedIssues/{}", related[0]["id"]);
    assert_eq!(daniel.send(Method::DELETE, &path, &[]).await.0, 200);
    assert_eq!(daniel.send(Method::DELETE, &path, &[]).await.0, 404);
    let (_, related) = daniel.get("/issues/HARBOR-1/relatedIssues").await;
    assert_eq!(related, json!([]));
}

#[actix_web::test]
async fn users_watch_issues_and_are_notified() {
    let space = Space::start().await;
    let (daniel, maja) = (space.user(seed::DANIEL), space.user(seed::MAJA));
    let (status, watching) = maja
        .send(
            Method::POST,
            "/watchings",
            &[("issueIdOrKey", "OPS-2"), ("note", "ports")],
        )
        .await;
    assert_eq!((status, &watching["note"]), (201, &json!("ports")));
    let path = format!("/watchings/{}", watching["id"]);
    let mine = format!("/users/{}/watchings", seed::MAJA);
    assert_eq!(
        maja.get(&format!("{mine}/count")).await.1,
        json!({"count": 2})
    );
    assert_eq!(
        daniel.get(&path).await.0,
        404,
        "others' watchings are not his"
    );
    let response = maja
        .request(Method::POST, &format!("{path}/markAsRead"))
        .send();
    assert_eq!(response.await.unwrap().status(), 204);
    maja.send(Method::PATCH, &path, &[("note", "done")]).await;
    let (_, list) = maja
        .get(&format!("{mine}?resourceAlreadyRead=true&sort=created"))
        .await;
    assert_eq!(each(&list, "note"), ["done"]);
    assert_eq!(maja.send(Method::DELETE, &path, &[]).await.0, 200);

    let unread = "/notifications/count?alreadyRead=false";
    let before = maja.get(unread).await.1["count"].as_u64().unwrap();
    daniel
        .send(
            Method::POST,
            "/issues/OPS-2/comments",
            &[("content", "Here"), ("notifiedUserId[]", "40226")],
        )
        .await;
    assert_eq!(maja.get(unread).await.1["count"], before + 1);
    let (_, news) = maja.get("/notifications?count=1").await;
    assert_eq!(news[0]["comment"]["content"], "Here");
    assert_eq!(news[0]["sender"]["id"], seed::DANIEL);
    let path = format!("/notifications/{}/markAsRead", news[0]["id"]);
    let response = maja.request(Method::POST, &path).send().await.unwrap();
    assert_eq!(response.status(), 204);
    let (_, reset) = maja
        .send(Method::POST, "/notifications/markAsRead", &[])
        .await;
    assert_eq!(reset["count"], before);
    assert_eq!(maja.get(unread).await.1["count"], 0);
}

#[actix_web::test]
async fn activities_are_recorded() {
    let space = Space::start().await;
    let daniel = space.user(seed::DANIEL);
    let newest = async |query: &str| daniel.get(query).await.1[0].clone();
    let form = [
        ("projectId", "88131"),
        ("issueTypeId", "301431"),
        ("priorityId", "3"),
        ("summary", "Moorings"),
    ];
    let (_, issue) = daniel.send(Method::POST, "/issues", &form).await;
    let activity = newest("/space/activities").await;
    assert_eq!(activity["type"], 1);
    assert_eq!(activity["content"]["key_id"], issue["keyId"]);
    assert_eq!(activity["project"]["projectKey"], "OPS");

    let path = format!("/issues/{}", issue["id"]);
    daniel
        .send(Method::PATCH, &path, &[("statusId", "2")])
        .await;
    let activity = newest("/users/40218/activities").await;
    assert_eq!(activity["type"], 2);
    assert_eq!(activity["content"]["changes"][0]["field"], "status");
    daniel.send(Method::DELETE, &path, &[]).await;
    let activity = newest("/projects/OPS/activities?activityTypeId[]=4").await;
    assert_eq!(activity["content"]["key_id"], issue["keyId"]);
    assert_eq!(
        newest("/projects/HARBOR/activities?activityTypeId[]=4").await,
        Value::Null
    );

    let (_, older) = daniel.get("/space/activities?count=100&order=asc").await;
    let times = each(&older, "created");
    assert!(times.is_sorted_by_key(|time| time.as_str().unwrap()));
    let (_, stars) = daniel
        .get("/users/40218/stars/count?since=2026-10-02&until=2026-10-03")
        .await;
    assert_eq!(stars["count"], 2);
}
