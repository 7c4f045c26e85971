//! Resources: permissions, and the errors for failures.

use backlog_client::fake::{FakeBacklog, Received, json as respond};
use oauth_values::Scopes;
use serde_json::{Value, json};

use super::{caller, caller_of, refusals::Renewing, rpc};
use crate::{
    calls::caller::{AuthChallenge, Caller},
    toolkit::toolset::Toolset,
};

const PROJECTS: &str = r#"[{"id":1,"projectKey":"AB","name":"Harbour"},
    {"id":2,"projectKey":"CD","name":"Abbey"}]"#;

pub(super) fn backlog() -> FakeBacklog {
    FakeBacklog::start(|request: &Received| {
        let path = request.line.split(['?', ' ']).nth(1).unwrap_or_default();
        match path.trim_start_matches("/api/v2/") {
            "projects" => respond(200, PROJECTS),
            "projects/AB/versions" => respond(
                200,
                r#"[{"id":7,"name":"Spring"},{"id":8,"name":"Autumn","archived":true}]"#,
            ),
            "issues" => respond(
                200,
                r#"[{"issueKey":"AB-12"},{"issueKey":"AB-1"},{"issueKey":"AB-2"}]"#,
            ),
            "issues/AB-404" => respond(404, r#"{"errors":[{"message":"No issue.","code":6}]}"#),
            "issues/AB-429" => respond(429, ""),
            "issues/AB-401" => respond(401, ""),
            "issues/AB-200" => respond(200, ""),
            _ => respond(200, "{}"),
        }
    })
}

pub(super) fn uri(backlog: &FakeBacklog, path: &str) -> String {
    let host = backlog.url.as_str().trim_start_matches("http://");
    format!("backlog://{host}/{path}")
}

async fn read(caller: &Caller, uri: &str) -> Value {
    rpc(caller, "resources/read", json!({"uri": uri})).await
}

pub(super) async fn names(caller: &Caller, method: &str, list: &str, name: &str) -> Vec<String> {
    let body = rpc(caller, method, json!({})).await;
    let items = body["result"][list]
        .as_array()
        .unwrap_or_else(|| panic!("{body}"));
    let names = items
        .iter()
        .map(|item| item[name].as_str().unwrap().to_owned());
    names.collect()
}

async fn templates(caller: &Caller) -> Vec<String> {
    names(
        caller,
        "resources/templates/list",
        "resourceTemplates",
        "name",
    )
    .await
}

pub(super) async fn prompts(caller: &Caller) -> Vec<String> {
    names(caller, "prompts/list", "prompts", "name").await
}

#[actix_web::test]
async fn a_resource_is_bound_as_the_tool_that_reads_the_same() {
    let backlog = backlog();
    let everything = caller_of(&backlog);
    assert_eq!(
        templates(&everything).await,
        ["projects", "issues", "wikis", "documents"]
    );
    for (path, kind, toolset) in [
        ("projects/AB", "projects", Toolset::Project),
        ("issues/AB-1", "issues", Toolset::Issue),
        ("wikis/12", "wikis", Toolset::Wiki),
        ("documents/0a", "documents", Toolset::Document),
    ] {
        let others = Toolset::ALL.into_iter().filter(|it| *it != toolset);
        let mut without = caller_of(&backlog);
        without.policy.toolsets = Some(others.collect());
        assert!(!templates(&without).await.contains(&kind.to_owned()));
        let before = backlog.received().len();
        let body = read(&without, &uri(&backlog, path)).await;
        let message = body["error"]["message"].as_str().unwrap();
        assert!(message.contains("is not enabled here"), "{message}");
        assert_eq!(without.challenge.get(), None);
        assert_eq!(backlog.received().len(), before, "Backlog was asked");

        // No sign-in would help.
        without.scopes = Scopes::default();
        read(&without, &uri(&backlog, path)).await;
        assert_eq!(without.challenge.get(), None);

        let mut only = caller_of(&backlog);
        only.policy.toolsets = Some([toolset].into());
        only.policy.read_only = true;
        let body = read(&only, &uri(&backlog, path)).await;
        assert_eq!(
            body["result"]["contents"][0]["mimeType"], "text/markdown",
            "{body}"
        );
    }
}

#[actix_web::test]
async fn parts_of_a_resource_require_their_own_tool() {
    let backlog = backlog();
    let versions = || {
        let asked = backlog.received().into_iter();
        asked.filter(|it| it.line.contains("/versions")).count()
    };
    let mut only = caller_of(&backlog);
    only.policy.toolsets = Some([Toolset::Project].into());
    let body = read(&only, &uri(&backlog, "projects/AB")).await;
    let text = body["result"]["contents"][0]["text"].as_str().unwrap();
    assert!(!text.contains("Spring"), "{text}");
    assert_eq!(versions(), 0, "versions are of the toolset issue");

    let body = read(&caller_of(&backlog), &uri(&backlog, "projects/AB")).await;
    let text = body["result"]["contents"][0]["text"].as_str().unwrap();
    assert!(text.contains("Spring"), "{text}");
    assert_eq!(versions(), 1);
}

#[actix_web::test]
async fn without_the_scope_nothing_is_listed_and_reading_is_refused() {
    let backlog = backlog();
    let mut without_scopes = caller_of(&backlog);
    without_scopes.scopes = Scopes::default();
    assert_eq!(templates(&without_scopes).await, [""; 0]);
    assert_eq!(prompts(&without_scopes).await, [""; 0]);
    assert_eq!(
        names(&without_scopes, "resources/list", "resources", "uri").await,
        [""; 0]
    );
    assert_eq!(
        without_scopes.challenge.get(),
        None,
        "a host that lists is not sent to sign in"
    );
    read(&without_scopes, &uri(&backlog, "issues/AB-1")).await;
    assert!(matches!(
        without_scopes.challenge.get(),
        Some(AuthChallenge::InsufficientScope(_))
    ));
    assert_eq!(backlog.received(), []);
}

#[actix_web::test]
async fn an_unknown_resource_causes_no_request() {
    let backlog = backlog();
    let reader = caller_of(&backlog);
    for uri in [
        "backlog://other.backlog.com/issues/AB-1".to_owned(),
        uri(&backlog, "issues/.."),
        uri(&backlog, "users/1"),
        "file:///etc/passwd".to_owned(),
    ] {
        let body = read(&reader, &uri).await;
        assert_eq!(body["error"]["code"], -32002, "{uri}: {body}");
        assert_eq!(body["error"]["data"]["uri"], uri);
    }
    assert_eq!(backlog.received(), []);
}

#[actix_web::test]
async fn failures_of_backlog_become_errors() {
    let backlog = backlog();
    for (path, code, says) in [
        (
            "issues/AB-404",
            -32002,
            "Check issueKey (see get_issues): no such item exists, or the Backlog account \
             cannot see it.\nBacklog said: No issue.",
        ),
        (
            "issues/AB-200",
            -32603,
            "Backlog returned HTTP 200 with no content (GET issues/AB-200).",
        ),
        ("issues/AB-429", -32603, "rate limit"),
    ] {
        let reader = caller_of(&backlog);
        let body = read(&reader, &uri(&backlog, path)).await;
        assert_eq!(body["error"]["code"], code, "{body}");
        assert!(
            body["error"]["message"].as_str().unwrap().contains(says),
            "{body}"
        );
        assert_eq!(reader.challenge.get(), None);
    }
    // A new Backlog, because the rate limit has not paused the token there.
    let backlog = self::backlog();
    let gone = caller(Renewing::ended(backlog.url.clone()));
    read(&gone, &uri(&backlog, "issues/AB-401")).await;
    assert_eq!(gone.challenge.get(), Some(AuthChallenge::SignInAgain));
}

#[actix_web::test]
async fn resources_of_other_projects_are_not_read() {
    let backlog = backlog();
    let mut bound = caller_of(&backlog);
    bound.policy.projects = Some(["CD".to_owned()].into());
    let uri = uri(&backlog, "issues/AB-1");
    let body = read(&bound, &uri).await;
    let message = body["error"]["message"].as_str().unwrap();
    let expected = format!("{uri} cannot be read, because only some projects are allowed here: ");
    assert!(message.starts_with(&expected), "{message}");
}

#[actix_web::test]
async fn a_long_list_of_projects_comes_in_pages() {
    let many: Vec<_> = (0..230)
        .map(|id| json!({"id": id, "projectKey": format!("P{id}"), "name": "A project"}))
        .collect();
    let many = json!(many).to_string();
    let backlog = FakeBacklog::start(move |_| {
        actix_web::HttpResponse::Ok()
            .content_type("application/json")
            .body(many.clone())
    });
    let reader = caller_of(&backlog);
    let (mut cursor, mut sizes) = (Value::Null, Vec::new());
    let last = loop {
        let params = match &cursor {
            Value::Null => json!({}),
            cursor => json!({"cursor": cursor}),
        };
        let body = rpc(&reader, "resources/list", params).await;
        let page = body["result"]["resources"].as_array().unwrap();
        sizes.push(page.len());
        cursor = body["result"]["nextCursor"].clone();
        if cursor.is_null() {
            break page.last().unwrap()["name"].clone();
        }
    };
    assert_eq!((sizes, last), (vec![100, 100, 30], json!("P229")));
    for cursor in ["x", "-1"] {
        let body = rpc(&reader, "resources/list", json!({"cursor": cursor})).await;
        assert_eq!(body["error"]["code"], -32602, "{body}");
    }
}
