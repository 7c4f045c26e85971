//! Names, where only some projects are allowed, and after changes of them.

use actix_web::HttpResponse;
use serde_json::json;

use super::{caller_of, result};
use crate::backlog::fake::{FakeBacklog, Received, json as answer};

/// The issue OLD-5 has moved from OLD, which is project 2, to NEW.
fn backlog() -> FakeBacklog {
    FakeBacklog::start(|request: &Received| {
        let path = request.line.split(['?', ' ']).nth(1).unwrap_or_default();
        match path.trim_start_matches("/api/v2/") {
            "issues/OLD-5" => answer(200, r#"{"id":5,"projectId":1,"issueKey":"NEW-1"}"#),
            "projects/1" | "projects/NEW" => answer(200, r#"{"id":1,"projectKey":"NEW"}"#),
            "projects/2" | "projects/OLD" => answer(200, r#"{"id":2,"projectKey":"OLD"}"#),
            "projects/1/statuses" => answer(200, r#"[{"id":11,"name":"Ready"}]"#),
            "projects/OLD/statuses" => answer(200, r#"[{"id":22,"name":"Secret"}]"#),
            _ => answer(404, r#"{"errors":[{"message":"Nothing here.","code":6}]}"#),
        }
    })
}

#[actix_web::test]
async fn the_old_key_of_a_moved_issue_leads_to_the_names_of_its_project_only() {
    let backlog = backlog();
    let mut bound = caller_of(&backlog);
    bound.policy.projects = Some(["NEW".to_owned()].into());
    for status in ["Ready", "Secret", "Nope"] {
        let arguments = json!({"issueKey": "OLD-5", "statusId": status});
        let result = result(&bound, "update_issue", arguments).await;
        assert_eq!(result["isError"], status != "Ready", "{result}");
        let text = result["content"][0]["text"].as_str().unwrap();
        let candidates = text.ends_with("; there are: Ready (11)");
        assert_eq!(candidates, status != "Ready", "{text}");
    }
    let received = backlog.received();
    let asked = |what: &str| {
        let lines = received.iter().map(|request| request.line.as_str());
        lines.filter(|line| line.ends_with(what)).count()
    };
    assert_eq!(asked("projects/OLD/statuses"), 0);
    assert!(asked("projects/1/statuses") > 0);
    assert_eq!(asked("PATCH /api/v2/issues/OLD-5"), 1);

    // The same without a bound: the key says it, and nothing has to be looked up for it.
    let arguments = json!({"issueKey": "OLD-5", "statusId": "Nope"});
    let result = result(&caller_of(&backlog), "update_issue", arguments).await;
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(text.ends_with("; there are: Secret (22)"), "{text}");
}

#[actix_web::test]
async fn names_are_looked_up_anew_after_a_change_that_may_have_been_made() {
    let backlog = FakeBacklog::start(|request: &Received| {
        let (method, path) = request.line.split_once(' ').unwrap();
        match (method, path.trim_start_matches("/api/v2/")) {
            ("GET", "projects/AB/statuses") => answer(200, r#"[{"id":11,"name":"Ready"}]"#),
            ("DELETE", _) => answer(502, ""),
            _ => answer(200, "{}"),
        }
    });
    let caller = caller_of(&backlog);
    let lookups = || {
        let asked = backlog.received().into_iter();
        asked.filter(|it| it.line.ends_with("/statuses")).count()
    };
    let update = json!({"issueKey": "AB-1", "statusId": "Ready"});
    for (tool, arguments, expected) in [
        ("update_issue", update.clone(), 1),
        ("update_issue", update.clone(), 1),
        (
            "delete_status",
            json!({"projectKey": "AB", "id": 11, "substituteStatusId": 12}),
            1,
        ),
        ("update_issue", update, 2),
    ] {
        let result = result(&caller, tool, arguments).await;
        assert_eq!(
            result["isError"] == true,
            tool == "delete_status",
            "{result}"
        );
        assert_eq!(lookups(), expected, "{tool}");
    }
}

#[actix_web::test]
async fn a_team_is_found_on_every_page() {
    let backlog = FakeBacklog::start(|request: &Received| {
        let teams = |ids: std::ops::RangeInclusive<i64>| {
            let teams = ids.map(|id| json!({"id": id, "name": format!("Team {id}")}));
            HttpResponse::Ok().json(teams.collect::<Vec<_>>())
        };
        match request.line.as_str() {
            "GET /api/v2/teams?count=100&offset=0" => teams(1..=100),
            "GET /api/v2/teams?count=100&offset=100" => teams(101..=120),
            line if line.starts_with("POST") => answer(200, "{}"),
            line => panic!("{line}"),
        }
    });
    let arguments = json!({"projectKey": "AB", "teamId": "team 120"});
    let result = result(&caller_of(&backlog), "add_project_team", arguments).await;
    assert_ne!(result["isError"], true, "{result}");
    let form = backlog.received().pop().and_then(|sent| sent.body);
    assert_eq!(form.map(|(_, form)| form).as_deref(), Some("teamId=120"));
}
