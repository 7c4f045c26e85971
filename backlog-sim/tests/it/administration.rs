//! Who is in a project, teams, the space's own settings, and what people looked at.

use backlog_sim::seed::{self, team};
use reqwest::Method;
use serde_json::json;

use crate::common::{Space, code, each};

#[actix_web::test]
async fn people_join_and_leave_a_project() {
    let space = Space::start().await;
    let (haruka, kenta) = (space.user(seed::HARUKA), space.user(seed::KENTA));
    assert_eq!(kenta.get("/projects/OPS").await.0, 404);
    let kentas = [("userId", "40237")];
    let users = "/projects/OPS/users";
    let (status, added) = haruka.send(Method::POST, users, &kentas).await;
    assert_eq!((status, &added["id"]), (200, &json!(seed::KENTA)));
    assert_eq!(kenta.get("/projects/OPS").await.0, 200);
    let (_, activities) = kenta.get("/projects/OPS/activities?count=1").await;
    assert_eq!(activities[0]["type"], 15);
    assert_eq!(activities[0]["content"]["users"][0]["id"], seed::KENTA);
    let (status, body) = haruka.send(Method::POST, users, &kentas).await;
    assert_eq!((status, code(&body)), (400, 7), "he is there already");

    let administrators = "/projects/OPS/administrators";
    let (status, _) = haruka.send(Method::POST, administrators, &kentas).await;
    assert_eq!(status, 200);
    let (_, list) = haruka.get(administrators).await;
    assert_eq!(each(&list, "id"), [seed::KENTA]);
    let lucia = [("userId", "40244")];
    let (status, _) = kenta.send(Method::POST, users, &lucia).await;
    assert_eq!(status, 200, "he may now");
    let (status, body) = kenta.send(Method::POST, administrators, &lucia).await;
    assert_eq!((status, code(&body)), (403, 5), "but not appoint others");
    let (status, _) = haruka.send(Method::DELETE, administrators, &kentas).await;
    assert_eq!(status, 200);
    let (status, _) = kenta.send(Method::DELETE, users, &lucia).await;
    assert_eq!(status, 403);

    assert_eq!(haruka.send(Method::DELETE, users, &kentas).await.0, 200);
    assert_eq!(kenta.get("/projects/OPS").await.0, 404);
    assert_eq!(haruka.send(Method::DELETE, users, &kentas).await.0, 404);
}

#[actix_web::test]
async fn a_team_brings_its_members() {
    let space = Space::start().await;
    let (daniel, tomasz) = (space.user(seed::DANIEL), space.user(seed::TOMASZ));
    let support = team::SUPPORT.to_string();
    let teams = "/projects/HARBOR/teams";
    let form = [("teamId", support.as_str())];
    assert_eq!(tomasz.get("/projects/HARBOR").await.0, 404);
    let (status, added) = daniel.send(Method::POST, teams, &form).await;
    assert_eq!((status, &added["name"]), (200, &json!("Support")));
    assert_eq!(tomasz.get("/projects/HARBOR").await.0, 200);
    assert_eq!(each(&daniel.get(teams).await.1, "name"), ["Web", "Support"]);
    let users = |query| format!("/projects/HARBOR/users{query}");
    let (_, all) = daniel.get(&users("")).await;
    let (_, own) = daniel.get(&users("?excludeGroupMembers=true")).await;
    let tomasz_id = json!(seed::TOMASZ);
    assert!(each(&all, "id").contains(&&tomasz_id));
    assert!(!each(&own, "id").contains(&&tomasz_id));

    assert_eq!(daniel.send(Method::DELETE, teams, &form).await.0, 200);
    assert_eq!(tomasz.get("/projects/HARBOR").await.0, 404);
    let maja = space.user(seed::MAJA);
    assert_eq!(
        maja.get("/projects/HARBOR").await.0,
        200,
        "she joined herself, too"
    );
    assert_eq!(daniel.send(Method::DELETE, teams, &form).await.0, 404);

    let (_, list) = maja.get("/teams?order=asc&count=1&offset=1").await;
    assert_eq!(each(&list, "name"), ["Support"]);
    let (_, list) = maja.get("/teams?order=asc&count=1").await;
    assert_eq!(list[0]["id"], team::WEB);
    assert_eq!(each(&list[0]["members"], "id"), [seed::DANIEL, seed::MAJA]);
}

#[actix_web::test]
async fn a_space_has_a_notice_a_plan_and_a_size() {
    let space = Space::start().await;
    let (haruka, daniel) = (space.user(seed::HARUKA), space.user(seed::DANIEL));
    let notice = "/space/notification";
    let before = daniel.get(notice).await.1;
    assert_eq!(before["content"], "Maintenance on Sunday at 22:00");
    let form = [("content", "Back on Monday")];
    let (status, set) = haruka.send(Method::PUT, notice, &form).await;
    assert_eq!((status, &set["content"]), (200, &json!("Back on Monday")));
    assert!(set["updated"].as_str() > before["updated"].as_str());
    assert_eq!(daniel.get(notice).await, (200, set));
    assert_eq!(daniel.send(Method::PUT, notice, &form).await.0, 403);

    assert_eq!(haruka.get("/space/licence").await.1["active"], true);
    assert_eq!(daniel.get("/space/licence").await.0, 403);
    let (_, usage) = haruka.get("/space/diskUsage").await;
    let harbor = daniel.get("/projects/HARBOR/diskUsage").await;
    assert_eq!(harbor, (200, usage["details"][0].clone()));
    assert!(harbor.1["issue"].as_u64() > Some(0));
    assert!(usage["wiki"].as_u64() > harbor.1["wiki"].as_u64());
    assert_eq!(daniel.get("/projects/OPS/diskUsage").await.0, 403);
    assert_eq!(daniel.get("/space/diskUsage").await.0, 403);
}

#[actix_web::test]
async fn recently_viewed_items_are_listed() {
    let space = Space::start().await;
    let daniel = space.user(seed::DANIEL);
    let issues = "/users/myself/recentlyViewedIssues";
    let keys = async |query: &str| {
        let (_, list) = daniel.get(&format!("{issues}{query}")).await;
        let keys = each(&list, "issue").into_iter();
        keys.map(|issue| issue["issueKey"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(keys("").await, ["HARBOR-1", "KURA-1", "OPS-1"]);
    assert_eq!(keys("?order=asc&offset=1&count=1").await, ["KURA-1"]);

    let (_, projects) = daniel.get("/users/myself/recentlyViewedProjects").await;
    assert_eq!(projects[0]["project"]["projectKey"], "HARBOR");
    let wikis = "/users/myself/recentlyViewedWikis";
    let (_, pages) = daniel.get(wikis).await;
    assert_eq!(pages[0]["page"]["projectId"], seed::HARBOR);
    assert_eq!(pages[0]["page"].get("content"), None);
    assert!(pages[0]["updated"].is_string());
    let (_, nothing) = space.user(seed::MAJA).get(issues).await;
    assert_eq!(nothing, json!([]));
    daniel.send(Method::DELETE, "/issues/HARBOR-1", &[]).await;
    assert_eq!(keys("").await, ["KURA-1", "OPS-1"]);
}

#[actix_web::test]
async fn one_activity_and_the_children_of_issues() {
    let space = Space::start().await;
    let daniel = space.user(seed::DANIEL);
    let (_, kura) = daniel.get("/projects/KURA/activities?count=1").await;
    let path = format!("/activities/{}", kura[0]["id"]);
    assert_eq!(daniel.get(&path).await, (200, kura[0].clone()));
    let (status, body) = space.user(seed::MAJA).get(&path).await;
    assert_eq!((status, code(&body)), (404, 6), "KURA is not hers");

    let (_, plain) = daniel.get("/issues/HARBOR-1").await;
    assert_eq!(plain.get("childIssueSummary"), None);
    let query = "/issues?parentChild=4&expand[]=childIssueSummary";
    let (_, parents) = daniel.get(query).await;
    let path = format!("/issues/count?parentIssueId[]={}", parents[0]["id"]);
    let children = daniel.get(&path).await.1["count"].clone();
    let closed = daniel.get(&format!("{path}&statusId[]=4")).await.1["count"].clone();
    let summary = json!({"total": children, "closed": closed});
    assert_eq!(parents[0]["childIssueSummary"], summary);
    assert_ne!(summary["total"], 0);
}
