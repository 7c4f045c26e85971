//! Names under a project restriction, and after they have changed.

use actix_web::HttpResponse;
use backlog_client::fake::{FakeBacklog, Received, json as respond};
use serde_json::json;

use super::{caller_of, result};

/// The issue OLD-5 has moved from OLD, which is project 2, to NEW.
fn backlog() -> FakeBacklog {
    FakeBacklog::start(|request: &Received| {
        let path = request.line.split(['?', ' ']).nth(1).unwrap_or_default();
        match path.trim_start_matches("/api/v2/") {
            "issues/OLD-5" => respond(200, r#"{"id":5,"projectId":1,"issueKey":"NEW-1"}"#),
            "projects/1" | "projects/NEW" => respond(200, r#"{"id":1,"projectKey":"NEW"}"#),
            "projects/2" | "projects/OLD" => respond(200, r#"{"id":2,"projectKey":"OLD"}"#),
            "projects/1/statuses" => respond(200, r#"[{"id":11,"name":"Ready"}]"#),
            "projects/OLD/statuses" => respond(200, r#"[{"id":22,"name":"Secret"}]"#),
            _ => respond(404, r#"{"errors":[{"message":"Nothing here.","code":6}]}"#),
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
        let candidates = text.ends_with("; available: Ready (11)");
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

    // Without a restriction the key identifies the project, and nothing has to be looked up for it.
    let arguments = json!({"issueKey": "OLD-5", "statusId": "Nope"});
    let result = result(&caller_of(&backlog), "update_issue", arguments).await;
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(text.ends_with("; available: Secret (22)"), "{text}");
}

#[actix_web::test]
async fn names_are_reloaded_after_a_change_that_may_have_been_made() {
    let backlog = FakeBacklog::start(|request: &Received| {
        let (method, path) = request.line.split_once(' ').unwrap();
        match (method, path.trim_start_matches("/api/v2/")) {
            ("GET", "projects/AB/statuses") => respond(200, r#"[{"id":11,"name":"Ready"}]"#),
            ("DELETE", _) => respond(502, ""),
            _ => respond(200, "{}"),
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
            line if line.starts_with("POST") => respond(200, "{}"),
            line => panic!("{line}"),
        }
    });
    let arguments = json!({"projectKey": "AB", "teamId": "team 120"});
    let result = result(&caller_of(&backlog), "add_project_team", arguments).await;
    assert_ne!(result["isError"], true, "{result}");
    let form = backlog.received().pop().and_then(|sent| sent.body);
    assert_eq!(form.map(|(_, form)| form).as_deref(), Some("teamId=120"));
}

/// A project with names that are easily confused.
pub(super) fn mistakable() -> FakeBacklog {
    FakeBacklog::start(|request: &Received| {
        let path = request.line.split(['?', ' ']).nth(1).unwrap_or_default();
        respond(
            200,
            match path.trim_start_matches("/api/v2/") {
                "projects" => r#"[{"id":1,"projectKey":"AB","name":"The sea"}]"#,
                "projects/AB/statuses" => {
                    r#"[{"id":1,"name":"Open"},{"id":2,"name":"In Progress"},
                        {"id":4,"name":"Closed"},{"id":17,"name":"12"}]"#
                }
                "projects/AB/users" => {
                    r#"[{"id":1,"userId":"m.lind","name":"Maja Lindqvist"},
                        {"id":2,"userId":"k.yama","name":"山口 健太"},
                        {"id":3,"userId":"h.ito","name":"Hana Ito"},
                        {"id":4,"userId":"h.abe","name":"Hana Abe"}]"#
                }
                "projects/AB/versions" => r#"[{"id":2026,"name":"A"},{"id":5,"name":"2026"}]"#,
                "projects/AB/categories" => r#"[{"id":7,"name":"Sea"},{"id":8,"name":"なし"}]"#,
                "projects/AB/customFields" | "projects/1/customFields" => {
                    r#"[{"id":92,"typeId":5,"name":"Severity",
                         "items":[{"id":1,"name":"S1"},{"id":2,"name":"S2"}]},
                        {"id":93,"typeId":3,"name":"Users"},{"id":94,"typeId":4,"name":"Found"},
                        {"id":95,"typeId":1,"name":"Ticket"}]"#
                }
                "priorities" => r#"[{"id":2,"name":"High"},{"id":3,"name":"Normal"}]"#,
                "users/myself" => r#"{"id":9,"name":"Somebody"}"#,
                _ => "{}",
            },
        )
    })
}

#[actix_web::test]
async fn names_in_many_forms_are_found() {
    let backlog = mistakable();
    let caller = caller_of(&backlog);
    for (change, form, note) in [
        (json!({"statusId": "2"}), "statusId=2", None),
        // No status has this id, but one has this name.
        (json!({"statusId": "12"}), "statusId=17", None),
        // It is not in the list, but Backlog may have it.
        (json!({"statusId": "99"}), "statusId=99", None),
        (json!({"statusId": "完了"}), "statusId=4", None),
        (json!({"priorityId": "高"}), "priorityId=2", None),
        (json!({"assigneeId": "@k.yama"}), "assigneeId=2", None),
        (json!({"assigneeId": "山口健太さん"}), "assigneeId=2", None),
        (json!({"assigneeId": "自分"}), "assigneeId=9", None),
        (
            json!({"assigneeId": {"id": 3, "name": "Hana"}}),
            "assigneeId=3",
            None,
        ),
        (
            json!({"assigneeId": "Maja"}),
            "assigneeId=1",
            Some("assigneeId: \"Maja\" was interpreted as Maja Lindqvist (m.lind, 1)."),
        ),
        (
            json!({"notifiedUserId": "山口", "comment": "c"}),
            "notifiedUserId%5B%5D=2&comment=c",
            Some("notifiedUserId: \"山口\" was interpreted as 山口 健太 (k.yama, 2)."),
        ),
        (json!({"categoryId": ["なし"]}), "categoryId%5B%5D=8", None),
        // Several names in one text.
        (
            json!({"categoryId": "Sea, なし"}),
            "categoryId%5B%5D=7&categoryId%5B%5D=8",
            None,
        ),
        // An id that is a name as well.
        (
            json!({"versionId": "id:2026"}),
            "versionId%5B%5D=2026",
            None,
        ),
        (
            json!({"versionId": ["ID: 5", "A"]}),
            "versionId%5B%5D=5&versionId%5B%5D=2026",
            None,
        ),
        (
            json!({"versionId": "id:5、id:2026"}),
            "versionId%5B%5D=5&versionId%5B%5D=2026",
            None,
        ),
        (
            json!({"categoryId": "none"}),
            "categoryId%5B%5D=",
            Some("Removed: categoryId."),
        ),
        (
            json!({"customFields": {"Severity": "S1"}}),
            "customField_92=1",
            None,
        ),
        (
            json!({"customFields": {"92": "s2"}}),
            "customField_92=2",
            None,
        ),
        (
            json!({"customFields": [{"id": "92", "value": "2"}]}),
            "customField_92=2",
            None,
        ),
        (json!({"customField_93": "１２"}), "customField_93=12", None),
        (
            json!({"customFields": {"users": "１２"}}),
            "customField_93=12",
            None,
        ),
        (
            json!({"customFields": {"Found": "2026/10/20"}}),
            "customField_94=2026-10-20",
            None,
        ),
        (
            json!({"customFields": {"Ticket": "none"}}),
            "customField_95=none",
            None,
        ),
        (
            json!({"customFields": {"Severity": "none"}}),
            "customField_92=",
            Some("Removed: custom field \"Severity\"."),
        ),
        (
            json!({"customFields": {"Severity": null}}),
            "customField_92=",
            Some("Removed: custom field \"Severity\"."),
        ),
    ] {
        let mut arguments = change.clone();
        arguments["issueKey"] = "ab-1".into();
        let result = result(&caller, "update_issue", arguments).await;
        assert_ne!(result["isError"], true, "{change}: {result}");
        let sent = backlog.take().pop().unwrap();
        assert_eq!(sent.line, "PATCH /api/v2/issues/AB-1", "{change}");
        let sent = sent.body.map(|(_, form)| form);
        assert_eq!(sent.as_deref(), Some(form), "{change}");
        assert_eq!(result["content"][1]["text"].as_str(), note, "{change}");
    }
}

#[actix_web::test]
async fn an_ambiguous_name_is_reported() {
    let backlog = mistakable();
    let caller = caller_of(&backlog);
    for (change, expected) in [
        (
            json!({"versionId": "2026"}),
            "versionId[0]: \"2026\" is the id of A (2026) and the name of 2026 (5); give \
             \"id:2026\" or \"id:5\"",
        ),
        (
            json!({"assigneeId": "Hana"}),
            "unknown user \"Hana\" in the project; available: Hana",
        ),
        (
            json!({"customFields": {"Users": "1,200"}}),
            "customFields[0].value: Users: expected a number such as 2.5, received \"1,200\"",
        ),
        (
            json!({"customFields": {"Found": "2026-02-31"}}),
            "customFields[0].value: Found: there is no 31 February",
        ),
        (
            json!({"categoryId": ["none", "Sea"]}),
            "categoryId[0]: unknown category \"none\" in the project",
        ),
        (
            json!({"categoryId": "Sea, Land"}),
            "give a list, such as [\"Open\",\"Closed\"]",
        ),
    ] {
        let mut arguments = change.clone();
        arguments["issueKey"] = "AB-1".into();
        let result = result(&caller, "update_issue", arguments).await;
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(text.contains(expected), "{change}: {text}");
        let sent = backlog.take();
        assert!(sent.iter().all(|it| it.line.starts_with("GET")), "{sent:?}");
    }
    // The user who is the subject of a call is not guessed.
    let arguments = json!({"projectKey": "AB", "userId": "Maja"});
    let result = result(&caller, "remove_project_user", arguments).await;
    assert_eq!(result["isError"], true, "{result}");
}

#[actix_web::test]
async fn words_of_every_space_need_no_list_and_projects_go_by_name_everywhere() {
    let backlog = mistakable();
    let caller = caller_of(&backlog);
    for (tool, arguments, lines) in [
        (
            "get_issues",
            json!({"statusId": ["完了", "Open", "2"]}),
            &["GET /api/v2/issues?statusId%5B%5D=4&statusId%5B%5D=1&statusId%5B%5D=2"][..],
        ),
        (
            "get_statuses",
            json!({"projectKey": "the SEA"}),
            &["GET /api/v2/projects", "GET /api/v2/projects/1/statuses"],
        ),
        (
            "get_webhooks",
            json!({"project": "ab"}),
            &["GET /api/v2/projects/1/webhooks"],
        ),
        (
            "get_issues",
            json!({"project": "AB", "sort": "severity"}),
            &[
                "GET /api/v2/projects/1/customFields",
                "GET /api/v2/issues?projectId%5B%5D=1&sort=customField_92",
            ],
        ),
        (
            "get_issues",
            json!({"sort": "customField_7", "project": 1}),
            &["GET /api/v2/issues?projectId%5B%5D=1&sort=customField_7"],
        ),
    ] {
        let result = result(&caller, tool, arguments.clone()).await;
        assert_ne!(result["isError"], true, "{arguments}: {result}");
        let sent: Vec<_> = backlog.take().into_iter().map(|it| it.line).collect();
        // The request, with its parameters in any order.
        let sorted = |line: &str| {
            let (path, query) = line.split_once('?').unwrap_or((line, ""));
            let mut pairs: Vec<_> = query.split('&').map(str::to_owned).collect();
            pairs.sort_unstable();
            (path.to_owned(), pairs)
        };
        let sent: Vec<_> = sent.iter().map(|line| sorted(line)).collect();
        let lines: Vec<_> = lines.iter().map(|line| sorted(line)).collect();
        assert_eq!(sent, lines, "{arguments}");
    }
}
