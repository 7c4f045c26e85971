//! Uploads and what becomes of them; shared files; stars; who was told.

use backlog_sim::seed::{self, document, shared_file};
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::common::{Caller, Space, code};

async fn upload(caller: &Caller<'_>, name: &str, bytes: &'static [u8]) -> Value {
    let part = Part::bytes(bytes).file_name(name.to_owned());
    let request = caller.request(Method::POST, "/space/attachment");
    let response = request.multipart(Form::new().part("file", part)).send();
    let response = response.await.unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

#[actix_web::test]
async fn an_upload_becomes_an_attachment_where_it_is_used() {
    let space = Space::start().await;
    let (daniel, maja) = (space.user(seed::DANIEL), space.user(seed::MAJA));
    let portal = "/projects/HARBOR/git/repositories/portal/pullRequests";
    for (method, path, form, list) in [
        (
            Method::POST,
            "/issues/OPS-1/comments",
            vec![("content", "See")],
            "/issues/OPS-1/attachments",
        ),
        (
            Method::PATCH,
            "/issues/OPS-2",
            vec![],
            "/issues/OPS-2/attachments",
        ),
        (
            Method::POST,
            "/issues",
            vec![
                ("projectId", "88131"),
                ("issueTypeId", "301431"),
                ("priorityId", "3"),
                ("summary", "Moorings"),
            ],
            "/issues/OPS-9/attachments",
        ),
        (
            Method::POST,
            "/wikis/640011/attachments",
            vec![],
            "/wikis/640011/attachments",
        ),
        (
            Method::POST,
            &format!("{portal}/3/comments"),
            vec![("content", "See")],
            &format!("{portal}/3/attachments"),
        ),
        (
            Method::POST,
            portal,
            vec![
                ("summary", "Tides"),
                ("description", "Low"),
                ("base", "main"),
                ("branch", "tides"),
            ],
            &format!("{portal}/4/attachments"),
        ),
    ] {
        let uploaded = upload(&daniel, "潮 1.txt", b"low\r\nhigh").await;
        assert_eq!(
            (&uploaded["name"], &uploaded["size"]),
            (&json!("潮 1.txt"), &json!(9))
        );
        let id = uploaded["id"].to_string();
        let form = [form, vec![("attachmentId[]", id.as_str())]].concat();
        let others = maja.send(method.clone(), path, &form).await;
        assert_eq!((others.0, code(&others.1)), (400, 7), "{path}: not hers");
        let (status, body) = daniel.send(method.clone(), path, &form).await;
        assert!(status < 300, "{path}: {body}");
        let (status, _) = daniel.send(method, path, &form).await;
        assert_eq!(status, 400, "{path}: it is used up");

        let (_, files) = daniel.get(list).await;
        assert_eq!(files[0]["id"], uploaded["id"], "{list}: {files}");
        assert_eq!(files[0]["createdUser"]["id"], seed::DANIEL);
        let one = format!("{list}/{id}");
        let response = daniel.request(Method::GET, &one).send().await.unwrap();
        assert_eq!(response.bytes().await.unwrap(), "low\r\nhigh", "{one}");
        let (status, gone) = daniel.send(Method::DELETE, &one, &[]).await;
        assert_eq!((status, &gone["id"]), (200, &uploaded["id"]), "{one}");
        assert_eq!(daniel.send(Method::DELETE, &one, &[]).await.0, 404);
        assert_eq!(daniel.get(list).await.1, json!([]));
    }
    let (_, comments) = daniel.get("/issues/OPS-1/comments").await;
    let change = &comments[0]["changeLog"][0];
    assert_eq!(change["field"], "attachment");
    assert_eq!(change["attachmentInfo"]["name"], "潮 1.txt");
    let commented = "/projects/OPS/activities?activityTypeId[]=3&count=1";
    let (_, activities) = daniel.get(commented).await;
    assert_eq!(activities[0]["content"]["comment"]["content"], "See");

    let journal = space.sim.control().journal();
    assert_eq!(journal[0].form, [("file".into(), "潮 1.txt".into())]);
}

#[actix_web::test]
async fn files_are_found_by_filters_and_in_documents() {
    let space = Space::start().await;
    let daniel = space.user(seed::DANIEL);
    for (query, expected) in [("attachment=true", 2), ("sharedFile=true", 1)] {
        let (_, count) = daniel.get(&format!("/issues/count?{query}")).await;
        assert_eq!(count["count"], expected, "{query}");
    }
    let path = format!("/documents/{}", document::LAUNCH_PLAN);
    let (_, plan) = daniel.get(&path).await;
    let file = format!("{path}/attachments/{}", plan["attachments"][0]["id"]);
    let response = daniel.request(Method::GET, &file).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/pdf");
    let (_, comments) = daniel.get(&format!("{path}/comments")).await;
    assert_eq!(comments[0]["createdUser"]["id"], seed::KENTA);

    let tags = format!("{path}/tags");
    let form = [("tagNames[]", "plan"), ("tagNames[]", "2026")];
    let (_, tagged) = daniel.send(Method::POST, &tags, &form).await;
    assert_eq!(tagged[1]["name"], "2026");
    let request = daniel.request(Method::DELETE, &tags).form(&form[..1]);
    assert_eq!(request.send().await.unwrap().status(), 204);
    let (_, plan) = daniel.get(&path).await;
    assert_eq!(plan["tags"], json!([tagged[1]]));
    let (status, body) = daniel.send(Method::POST, &tags, &[]).await;
    assert_eq!((status, code(&body)), (400, 7));
}

#[actix_web::test]
async fn shared_files_are_listed_and_linked() {
    let space = Space::start().await;
    let daniel = space.user(seed::DANIEL);
    let metadata = "/projects/HARBOR/files/metadata";
    let (_, root) = daniel.get(&format!("{metadata}/?order=asc")).await;
    assert_eq!(root[0]["type"], "directory");
    assert_eq!(root[1]["id"], shared_file::MINUTES);
    let (_, designs) = daniel.get(&format!("{metadata}/designs")).await;
    assert_eq!(designs[0]["name"], "calendar 2.png");
    assert_eq!(daniel.get(&format!("{metadata}/no")).await.0, 404);
    let path = format!("/projects/HARBOR/files/{}", shared_file::CALENDAR);
    let response = daniel.request(Method::GET, &path).send().await.unwrap();
    assert!(response.bytes().await.unwrap().starts_with(b"\x89PNG"));
    let path = format!("/projects/KURA/files/{}", shared_file::CALENDAR);
    assert_eq!(daniel.get(&path).await.0, 404, "of another project");

    for links in ["/issues/HARBOR-2/sharedFiles", "/wikis/640013/sharedFiles"] {
        let id = shared_file::CALENDAR.to_string();
        let (_, linked) = daniel.send(Method::POST, links, &[("fileId[]", &id)]).await;
        assert_eq!(linked[0]["dir"], "/designs/");
        assert_eq!(daniel.get(links).await.1, linked);
        let directory = shared_file::DESIGNS.to_string();
        for wrong in [directory.as_str(), "77111", ""] {
            let form = [("fileId[]", wrong)];
            assert_eq!(daniel.send(Method::POST, links, &form).await.0, 400);
        }
        let one = format!("{links}/{id}");
        assert_eq!(daniel.send(Method::DELETE, &one, &[]).await.0, 200);
        assert_eq!(daniel.send(Method::DELETE, &one, &[]).await.0, 404);
        assert_eq!(daniel.get(links).await.1, json!([]));
    }
}

#[actix_web::test]
async fn stars_are_given_and_taken_back() {
    let space = Space::start().await;
    let (daniel, maja) = (space.user(seed::DANIEL), space.user(seed::MAJA));
    let give = async |form: &[(&str, &str)]| {
        let request = maja.request(Method::POST, "/stars").form(form);
        request.send().await.unwrap().status().as_u16()
    };
    for (form, expected) in [
        (&[("commentId", "9900301")][..], 204),
        (&[("wikiId", "640012")], 204),
        (&[("pullRequestId", "20441")], 204),
        (&[("pullRequestCommentId", "9902103")], 204),
        (&[("wikiId", "640014")], 404),
        (&[], 400),
        (&[("wikiId", "640012"), ("issueId", "5520101")], 400),
    ] {
        assert_eq!(give(form).await, expected, "{form:?}");
    }
    let count = format!("/users/{}/stars/count", seed::DANIEL);
    assert_eq!(daniel.get(&count).await.1["count"], 9, "five were there");
    let (_, received) = maja
        .get(&format!("/users/{}/stars?count=4", seed::DANIEL))
        .await;
    assert_eq!(received[0]["presenter"]["id"], seed::MAJA);
    let stars = async || daniel.get("/wikis/640012").await.1["stars"].clone();
    assert_eq!(stars().await[0]["id"], received[2]["id"]);

    let path = format!("/stars/{}", received[2]["id"]);
    let delete = async |caller: &Caller<'_>| {
        let request = caller.request(Method::DELETE, &path);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(delete(&daniel).await, 404, "not given by him");
    assert_eq!(delete(&maja).await, 204);
    assert_eq!(stars().await, json!([]));
    let comment = "/issues/HARBOR-1/comments/9900301";
    assert_eq!(daniel.send(Method::DELETE, comment, &[]).await.0, 200);
    assert_eq!(daniel.get(&count).await.1["count"], 6, "two were about it");
}

#[actix_web::test]
async fn the_author_of_a_comment_notifies_more_users() {
    let space = Space::start().await;
    let (daniel, maja) = (space.user(seed::DANIEL), space.user(seed::MAJA));
    let path = "/issues/HARBOR-1/comments/9900301/notifications";
    assert_eq!(daniel.get(path).await.1, json!([]));
    let form = [("notifiedUserId[]", "40226")];
    assert_eq!(maja.send(Method::POST, path, &form).await.0, 403);
    let (_, comment) = daniel.send(Method::POST, path, &form).await;
    assert_eq!(comment["notifications"][0]["user"]["id"], seed::MAJA);
    assert_eq!(daniel.get(path).await.1, comment["notifications"]);
    let (_, news) = maja.get("/notifications?count=1").await;
    assert_eq!(news[0]["comment"]["id"], 9_900_301);
}
