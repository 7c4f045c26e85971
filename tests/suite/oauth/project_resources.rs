//! The endpoint of a project is a protected resource of its own: its metadata and challenge name it,
//! tokens for it are valid nowhere else, and the tokens of the endpoint beside it are valid there.

use backlog_sim::seed;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    hub::{TestHub, http},
    mcp::{call_at, challenge, message, request},
    person::{Page, Person, Tokens, authorize_url_with, token, tokens},
    reply::Reply,
    site::REDIRECT_URI,
};

/// The endpoints, by their paths, and the issuer of each.
const ENDPOINTS: [(&str, &str); 6] = [
    ("/mcp", ""),
    ("/projects/HARBOR/mcp", ""),
    ("/projects/KURA/mcp", ""),
    ("/spaces/default/mcp", "/spaces/default"),
    ("/spaces/default/projects/HARBOR/mcp", "/spaces/default"),
    ("/spaces/default/projects/KURA/mcp", "/spaces/default"),
];

async fn ask(hub: &TestHub, person: &Person, client: &str, resource: &str) -> Page {
    let resource = hub.url(resource);
    let url = authorize_url_with(hub, client, &[("resource", Some(&resource))]);
    person.get(&url).await
}

/// Exchanges a code as the client of a resource.
async fn exchange(hub: &TestHub, client: &str, code: &str, resource: &str) -> (StatusCode, Value) {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", crate::support::person::VERIFIER),
        ("resource", resource),
    ];
    token(&hub.base_url, &form).await
}

/// Signs Daniel in for a resource.
async fn sign_in(hub: &TestHub, resource: &str) -> Tokens {
    let (person, client) = (Person::default(), hub.register().await);
    let page = ask(hub, &person, &client, resource).await;
    let forward = person.decide(hub, &page, "approve").await;
    let answer = person
        .return_from_backlog(&forward.refresh(), seed::DANIEL)
        .await;
    let (status, body) = exchange(hub, &client, answer.get("code"), &hub.url(resource)).await;
    assert_eq!(status, StatusCode::OK, "{resource}: {body}");
    tokens(&client, &body)
}

/// What `get_issue` of a project answers: whether the token is valid, and the project allowed.
async fn reaches(hub: &TestHub, path: &str, tokens: &Tokens, key: &str) -> Option<bool> {
    let arguments = json!({ "issueKey": format!("{key}-1") });
    let url = format!("{}?toolsets=default", hub.url(path));
    let reply = call_at(&url, Some(&tokens.access_token), "get_issue", arguments).await;
    match reply.status {
        StatusCode::UNAUTHORIZED => None,
        status => {
            assert_eq!(status, StatusCode::OK, "{path}: {}", reply.body);
            Some(reply.json()["result"]["isError"] == false)
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_valid_at_its_endpoint_and_at_those_of_projects_beside_it() {
    let hub = TestHub::start().await;
    for (issued_for, issuer) in ENDPOINTS {
        let tokens = sign_in(&hub, issued_for).await;
        for (path, of) in ENDPOINTS {
            let is_beside = issued_for == format!("{issuer}/mcp") && of == issuer;
            let is_valid = path == issued_for || is_beside;
            for key in ["HARBOR", "KURA"] {
                let is_allowed = !path.contains("/projects/") || path.contains(key);
                let expected = is_valid.then_some(is_allowed);
                let found = reaches(&hub, path, &tokens, key).await;
                assert_eq!(
                    found, expected,
                    "{key} at {path} with a token for {issued_for}"
                );
            }
        }
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_and_challenge_name_the_endpoint_as_the_client_spells_it() {
    let hub = TestHub::start().await;
    for (path, issuer) in ENDPOINTS {
        for path in [path.to_owned(), path.replace("HARBOR", "harbor")] {
            let list = message("tools/list", json!({}));
            let reply = Reply::to(request(&hub.url(&path), None).json(&list)).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{path}");
            let metadata = challenge(&reply)["resource_metadata"].clone();
            let expected = format!("/.well-known/oauth-protected-resource{path}");
            assert_eq!(metadata, hub.url(&expected));
            for url in [
                metadata,
                hub.url(&format!("{path}/.well-known/oauth-protected-resource")),
            ] {
                let found = Reply::to(http().get(&url)).await;
                assert_eq!(found.status, StatusCode::OK, "{url}: {}", found.body);
                let found = found.json();
                assert_eq!(found["resource"], hub.url(&path), "{url}");
                assert_eq!(
                    found["authorization_servers"],
                    json!([hub.url(issuer)]),
                    "{url}"
                );
            }
            for document in ["oauth-authorization-server", "openid-configuration"] {
                for url in [
                    hub.url(&format!("/.well-known/{document}{path}")),
                    hub.url(&format!("{path}/.well-known/{document}")),
                ] {
                    let found = Reply::to(http().get(&url)).await.json();
                    assert_eq!(found["issuer"], hub.url(issuer), "{url}");
                }
            }
        }
    }
    for path in [
        "/projects/HAR-BOR/mcp",
        "/projects/HARBOR%2F..%2FKURA/mcp",
        "/spaces/nowhere/projects/HARBOR/mcp",
        "/spaces/default/projects/mcp",
    ] {
        let list = message("tools/list", json!({}));
        let reply = Reply::to(request(&hub.url(path), None).json(&list)).await;
        assert_eq!(
            reply.status,
            StatusCode::NOT_FOUND,
            "{path}: {}",
            reply.body
        );
        let metadata = hub.url(&format!("/.well-known/oauth-protected-resource{path}"));
        let reply = Reply::to(http().get(&metadata)).await;
        assert_eq!(
            reply.status,
            StatusCode::NOT_FOUND,
            "{path}: {}",
            reply.body
        );
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_case_of_the_key_is_no_difference() {
    let hub = TestHub::start().await;
    let tokens = sign_in(&hub, "/projects/harbor/mcp").await;
    for path in [
        "/projects/harbor/mcp",
        "/projects/HARBOR/mcp",
        "/projects/Harbor/mcp",
    ] {
        assert_eq!(
            reaches(&hub, path, &tokens, "HARBOR").await,
            Some(true),
            "{path}"
        );
        assert_eq!(
            reaches(&hub, path, &tokens, "KURA").await,
            Some(false),
            "{path}"
        );
    }
    let stored = "SELECT rtrim(resource, '/') || ' ' || projects::text FROM hub.grants";
    let expected = format!("{} {{HARBOR}}", hub.url("/projects/HARBOR/mcp"));
    assert_eq!(hub.value(stored).await, Some(expected));
    // A refresh may spell it in any way, and name no other resource.
    for (resource, status) in [
        ("/projects/KURA/mcp", StatusCode::BAD_REQUEST),
        ("/mcp", StatusCode::BAD_REQUEST),
        ("", StatusCode::BAD_REQUEST),
        ("/projects/haRBor/mcp/", StatusCode::OK),
    ] {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", &*tokens.client_id),
            ("refresh_token", &*tokens.refresh_token),
            ("resource", &hub.url(resource)),
        ];
        let (found, body) = token(&hub.base_url, &form).await;
        assert_eq!(found, status, "{resource}: {body}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_for_a_project_is_exchanged_for_no_other_resource() {
    let hub = TestHub::start().await;
    for wrong in [
        "/mcp",
        "/projects/KURA/mcp",
        "/spaces/default/projects/HARBOR/mcp",
    ] {
        let (person, client) = (Person::default(), hub.register().await);
        let page = ask(&hub, &person, &client, "/projects/HARBOR/mcp").await;
        page.assert_says(200, "<bdi>HARBOR</bdi>");
        assert!(!page.body.contains("name=\"projects\""), "{}", page.body);
        let forward = person.decide(&hub, &page, "approve").await;
        let answer = person
            .return_from_backlog(&forward.refresh(), seed::DANIEL)
            .await;
        let code = answer.get("code");
        let (status, body) = exchange(&hub, &client, code, &hub.url(wrong)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}: {body}");
        assert_eq!(body["error"], "invalid_target", "{wrong}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_the_space_does_not_allow_is_no_resource_of_a_sign_in() {
    let hub = TestHub::start().await;
    hub.sql("UPDATE hub.spaces SET allowed_projects = '{HARBOR,OPS}'")
        .await;
    let (person, client) = (Person::default(), hub.register().await);
    for path in ["/projects/KURA/mcp", "/spaces/default/projects/kura/mcp"] {
        let page = ask(&hub, &person, &client, path).await;
        let answer = page.answer();
        let described = answer.assert_error(&hub, "invalid_target");
        assert!(described.contains("KURA"), "{described}");
    }
    for path in ["/projects/OPS/mcp", "/spaces/default/projects/ops/mcp"] {
        let page = ask(&hub, &person, &client, path).await;
        page.assert_says(200, "<bdi>OPS</bdi>");
    }
    hub.stop().await;
}

/// An approval of one project is not one of all.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_of_a_project_is_not_remembered() {
    let hub = TestHub::start().await;
    let (person, client) = (Person::default(), hub.register().await);
    let is_skipped = async |path: &str| {
        let page = ask(&hub, &person, &client, path).await;
        page.status == StatusCode::FOUND
    };
    let approve = async |path: &str| {
        let page = ask(&hub, &person, &client, path).await;
        let forward = person.decide(&hub, &page, "approve").await;
        let url = forward.refresh();
        person.return_from_backlog(&url, seed::DANIEL).await;
    };
    approve("/projects/HARBOR/mcp").await;
    for path in ["/mcp", "/projects/HARBOR/mcp", "/projects/KURA/mcp"] {
        assert!(!is_skipped(path).await, "{path}");
    }
    // One of all projects covers each of them, and stays.
    approve("/mcp").await;
    for path in ["/mcp", "/projects/HARBOR/mcp", "/projects/KURA/mcp"] {
        assert!(is_skipped(path).await, "{path}");
    }
    let page = ask(&hub, &person, &client, "/projects/KURA/mcp").await;
    let location = page.location.expect("a location");
    person.return_from_backlog(&location, seed::DANIEL).await;
    let newest = "SELECT projects::text FROM hub.grants ORDER BY created_at DESC LIMIT 1";
    assert_eq!(hub.value(newest).await.as_deref(), Some("{KURA}"));
    hub.stop().await;
}
