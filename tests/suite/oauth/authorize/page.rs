//! `GET /authorize`: the forms of a valid request, the parts of it that the hub keeps, and the page
//! that the user sees.

use reqwest::{Method, StatusCode, header::HOST};
use serde_json::json;

use crate::support::{
    hub::{REDIRECT_URI, TestHub, eventually, http},
    person::{Person, authorize_url, authorize_url_with},
    reply::Reply,
};

/// What the last authorization request asks for, as stored.
async fn stored(hub: &TestHub, column: &str) -> String {
    hub.value(&format!(
        "SELECT {column}::text FROM hub.authorization_requests ORDER BY id DESC LIMIT 1"
    ))
    .await
    .expect("a request")
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_15_a_loopback_redirect_matches_at_any_port() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub
        .register_with(&json!({
            "redirect_uris": [
                "http://127.0.0.1/a",
                "http://localhost:1234/b?x=1",
                "http://[::1]:5/c",
                "https://localhost:6/d",
                "https://app.example/e",
            ],
            "token_endpoint_auth_method": "none",
        }))
        .await
        .json();
    let client = client["client_id"].as_str().unwrap();
    for (uri, matches) in [
        ("http://127.0.0.1/a", true),
        ("http://127.0.0.1:40123/a", true),
        ("http://localhost:40123/b?x=1", true),
        ("http://localhost/b?x=1", true),
        ("http://[::1]:40123/c", true),
        ("http://127.0.0.1:40123/b", false),
        ("http://localhost:40123/b", false),
        ("http://localhost:40123/b?x=2", false),
        ("http://localhost:40123/b?x=1&y=2", false),
        ("http://127.0.0.1:40123/a/", false),
        ("http://127.0.0.1:40123/A", false),
        ("https://localhost:7/d", false),
        ("https://app.example:8443/e", false),
    ] {
        let url = authorize_url_with(&hub, client, &[("redirect_uri", Some(uri))]);
        let page = person.get(&url).await;
        let expected = if matches { 200 } else { 400 };
        assert_eq!(page.status, expected, "{uri}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_10_a_resource_may_be_written_loosely_and_is_stored_exactly() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    let mcp = hub.mcp_url();
    let of_space = hub.url("/spaces/default/mcp");
    for (asked, means) in [
        (None, &mcp),
        (Some(mcp.clone()), &mcp),
        (Some(format!("{mcp}/")), &mcp),
        (Some(format!("{mcp}?session=1")), &mcp),
        (Some(hub.base_url.clone()), &mcp),
        (Some(hub.url("/")), &mcp),
        (Some(mcp.to_uppercase().replace("/MCP", "/mcp")), &mcp),
        (Some(of_space.clone()), &of_space),
        (Some(format!("{of_space}/")), &of_space),
        (Some(format!("{of_space}?x=1")), &of_space),
    ] {
        let url = authorize_url_with(&hub, &client, &[("resource", asked.as_deref())]);
        person.get(&url).await.assert_says(200, "csrf");
        assert_eq!(&stored(&hub, "resource").await, means, "{asked:?}");
    }

    // The bare origin is ambiguous where several resources share a host.
    let there = Reply::to(
        http()
            .post(hub.url("/spaces/default/register"))
            .json(&json!({
                "redirect_uris": [REDIRECT_URI],
                "token_endpoint_auth_method": "none",
            })),
    )
    .await
    .json();
    let there = there["client_id"].as_str().unwrap();
    for (asked, error) in [
        (of_space.clone(), None),
        (hub.base_url.clone(), Some("invalid_target")),
        (mcp.clone(), Some("invalid_target")),
    ] {
        let url = authorize_url_with(&hub, there, &[("resource", Some(&asked))]);
        let url = url.replace("/authorize", "/spaces/default/authorize");
        let page = person.get(&url).await;
        match error {
            None => page.assert_says(200, "csrf"),
            Some(error) => {
                let answer = page.answer();
                assert_eq!(answer.get("error"), error, "{asked}");
                assert_eq!(answer.get("iss"), hub.url("/spaces/default"));
            }
        }
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_11_and_12_unknown_scopes_are_narrowed_away_and_none_means_all() {
    const EVERY: &str = "{backlog:read,backlog:write,backlog:delete,backlog:admin}";
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    for (asked, given) in [
        (None, EVERY),
        (Some(""), EVERY),
        (Some("offline_access"), EVERY),
        (Some("backlog:read offline_access"), "{backlog:read}"),
        (Some("backlog:read  backlog:read"), "{backlog:read}"),
        (Some("BACKLOG:READ backlog:write"), "{backlog:write}"),
        (Some("mcp:tools backlog:admin"), "{backlog:read}"),
        (
            Some("backlog:write backlog:delete"),
            "{backlog:write,backlog:delete}",
        ),
    ] {
        let url = authorize_url_with(&hub, &client, &[("scope", asked)]);
        person.get(&url).await.assert_says(200, "csrf");
        assert_eq!(stored(&hub, "scopes").await, given, "{asked:?}");
    }
    // A client that registered for less gets no more, whatever it asks for.
    let reader = hub
        .register_with(&json!({
            "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": "none",
            "scope": "backlog:read",
        }))
        .await
        .json();
    let reader = reader["client_id"].as_str().unwrap();
    let asks = |scope| authorize_url_with(&hub, reader, &[("scope", scope)]);
    let url = asks(Some("backlog:read backlog:write"));
    person.get(&url).await.assert_says(200, "csrf");
    assert_eq!(stored(&hub, "scopes").await, "{backlog:read}");
    let answer = person.get(&asks(Some("backlog:write"))).await.answer();
    answer.assert_error(&hub, "invalid_scope");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_consent_page_is_for_one_browser_and_runs_nothing() {
    let hub = TestHub::start().await;
    let name = "<script>alert(1)</script>\u{202e}Claude";
    let client = hub
        .register_with(&json!({
            "client_name": name,
            "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": "none",
        }))
        .await
        .json();
    let client = client["client_id"].as_str().unwrap();
    let url = authorize_url(&hub, client);
    let reply = Reply::to(http().get(&url)).await;
    let page = reply.page(200);
    assert!(!page.contains("<script") && !page.contains('\u{202e}'));
    assert!(page.contains("127.0.0.1"), "where the answer goes");
    let cookie = reply.header("set-cookie");
    assert!(cookie.starts_with("bmh_browser=bmh_br_"), "{cookie}");
    for part in ["; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(!cookie.contains("Secure"), "loopback http has no TLS");
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert!(
        !reply.headers.contains_key("strict-transport-security"),
        "nothing to insist on"
    );

    let japanese = Reply::to(http().get(&url).header("accept-language", "ja,en;q=0.5")).await;
    assert!(japanese.page(200).contains("lang=\"ja\""));

    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let reply = Reply::to(http().request(method.clone(), &url)).await;
        assert!(matches!(reply.status.as_u16(), 404 | 405), "{method}");
    }
    let nowhere = url.replace("/authorize", "/spaces/nobody/authorize");
    Reply::to(http().get(nowhere)).await.page(404);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_tls_the_cookie_is_secure_and_bound_to_the_host() {
    let base_url = "https://hub.example";
    let hub = TestHub::start_with(|settings| {
        let parsed = backlog_mcp_hub::config::BaseUrl::parse(base_url);
        settings.base_url = Some(parsed.expect("a base URL"));
    })
    .await;
    // The name leads nowhere here: requests go to the address and name the host.
    let at = |path: &str| format!("http://{}{path}", hub.address());
    let registered = Reply::to(
        http()
            .post(at("/register"))
            .header(HOST, "hub.example")
            .json(
                &json!({ "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none" }),
            ),
    )
    .await
    .json();
    let url = authorize_url(&hub, registered["client_id"].as_str().unwrap());
    let path = url.strip_prefix(base_url).unwrap();
    let reply = Reply::to(http().get(at(path)).header(HOST, "hub.example")).await;
    reply.page(200);
    let cookie = reply.header("set-cookie");
    assert!(cookie.starts_with("__Host-bmh_browser="), "{cookie}");
    for part in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Secure"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    // Not of the names below it, which may be other people's.
    let strict = reply.header("strict-transport-security");
    assert_eq!(strict, "max-age=31536000");
    // Loopback names are no longer its own.
    let local = Reply::to(http().get(at(path))).await;
    assert_eq!(local.status, StatusCode::MISDIRECTED_REQUEST);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_space_is_reported_before_the_sign_in() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    let of_space = hub.url("/spaces/default/mcp");
    let named = authorize_url_with(&hub, &client, &[("resource", Some(&of_space))]);
    person.get(&named).await.assert_says(200, "csrf");
    hub.sql("UPDATE hub.spaces SET disabled_at = clock_timestamp()")
        .await;
    eventually("the space is off", async || {
        person.get(&named).await.status == StatusCode::FORBIDDEN
    })
    .await;
    person.get(&named).await.assert_says(403, "disabled");
    // At the hub's own endpoint too: there is no other space.
    let page = person.get(&authorize_url(&hub, &client)).await;
    page.assert_says(403, "disabled");
    hub.sql("UPDATE hub.spaces SET is_default = false").await;
    let page = person.get(&authorize_url(&hub, &client)).await;
    page.assert_says(403, "disabled");
    hub.sql("DELETE FROM hub.spaces").await;
    let page = person.get(&authorize_url(&hub, &client)).await;
    page.assert_says(503, "No Backlog space is set up here");
    hub.stop().await;
}
