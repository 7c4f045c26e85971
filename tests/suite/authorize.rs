//! `GET /authorize`: who is told of what is wrong, the person or the client.

use reqwest::{Method, StatusCode, header::HOST};
use serde_json::json;

use crate::support::{
    hub::{REDIRECT_URI, TestHub, eventually, http},
    person::{Answer, Person, authorize_url, authorize_url_with},
    reply::Reply,
};

const OTHER_SITE: &str = "https://evil.example/callback";

#[tokio::test(flavor = "multi_thread")]
async fn rule_25_an_unknown_client_gets_a_page_that_tells_how_to_recover() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let known = hub.register().await;
    let before = hub.state().await;
    let long = "x".repeat(5000);
    let upper = known.to_uppercase();
    for client_id in [
        None,
        Some(""),
        Some("nobody"),
        Some("019a0000-0000-7000-8000-000000000000"),
        Some(&long),
        Some(&upper),
        Some("' OR true --"),
    ] {
        let url = authorize_url_with(&hub, "", &[("client_id", client_id)]);
        let page = person.get(&url).await;
        page.assert_says(400, "not registered here");
        page.assert_says(400, "remove this server and add it again");
    }
    // A client of another issuer is not known here either.
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
    let url = authorize_url_with(&hub, &known, &[("resource", None)])
        .replace("/authorize", "/spaces/default/authorize");
    let elsewhere = url.replace(&known, there);
    person.get(&elsewhere).await.assert_says(200, "csrf");
    hub.sql(&format!(
        "DELETE FROM hub.authorization_requests; DELETE FROM hub.clients WHERE client_id = '{there}'"
    ))
    .await;
    person
        .get(&elsewhere)
        .await
        .assert_says(400, "not registered here");
    assert_eq!(hub.state().await, before);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_redirect_uri_gets_a_page_and_never_a_redirect() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    let before = hub.state().await;
    for uri in [
        OTHER_SITE,
        "https://127.0.0.1:9/callback",
        "http://127.0.0.1:9/callback/",
        "http://127.0.0.1:9/callback?a=b",
        "http://127.0.0.1:9/callback#a",
        "http://127.0.0.1:9/x/../callback",
        "http://127.0.0.1:9/%63allback",
        "http://user@127.0.0.1:9/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.1:9@evil.example/callback",
        "http://127.0.0.2:9/callback",
        "http://localhost:9/callback",
        "javascript:alert(1)",
        "//127.0.0.1:9/callback",
        "/callback",
        "not a uri",
    ] {
        // Another mistake beside it does not make a redirect of it.
        for response_type in ["code", "token"] {
            let url = authorize_url_with(
                &hub,
                &client,
                &[
                    ("redirect_uri", Some(uri)),
                    ("response_type", Some(response_type)),
                ],
            );
            let page = person.get(&url).await;
            page.assert_says(400, "return address does not match");
        }
    }
    assert_eq!(hub.state().await, before);

    // Left out, it is the only registered one, if there is only one.
    let left_out = |client: &str| authorize_url_with(&hub, client, &[("redirect_uri", None)]);
    person
        .get(&left_out(&client))
        .await
        .assert_says(200, "csrf");
    let two = hub
        .register_with(&json!({
            "redirect_uris": [REDIRECT_URI, "https://app.example/cb"],
            "token_endpoint_auth_method": "none",
        }))
        .await
        .json();
    let page = person
        .get(&left_out(two["client_id"].as_str().unwrap()))
        .await;
    page.assert_says(400, "return address does not match");
    hub.stop().await;
}

/// Each mistake, its error, and the word that names it.
#[tokio::test(flavor = "multi_thread")]
async fn rule_6_every_other_error_goes_to_the_client_with_iss_once() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    let before = hub.state().await;
    let long_challenge = "x".repeat(44);
    let no_such_space = hub.url("/spaces/nobody/mcp");
    let a_page = hub.url("/other");
    let with_fragment = format!("{}#x", hub.mcp_url());
    for (name, value, error, names) in [
        ("response_type", None, "invalid_request", "response_type"),
        (
            "response_type",
            Some("token"),
            "unsupported_response_type",
            "response_type",
        ),
        (
            "response_type",
            Some("code id_token"),
            "unsupported_response_type",
            "response_type",
        ),
        ("code_challenge", None, "invalid_request", "PKCE"),
        (
            "code_challenge",
            Some("short"),
            "invalid_request",
            "code_challenge",
        ),
        (
            "code_challenge",
            Some(long_challenge.as_str()),
            "invalid_request",
            "code_challenge",
        ),
        (
            "code_challenge_method",
            None,
            "invalid_request",
            "code_challenge_method",
        ),
        (
            "code_challenge_method",
            Some("plain"),
            "invalid_request",
            "code_challenge_method",
        ),
        ("resource", Some(OTHER_SITE), "invalid_target", "resource"),
        ("resource", Some(&a_page), "invalid_target", "resource"),
        (
            "resource",
            Some(&no_such_space),
            "invalid_target",
            "resource",
        ),
        (
            "resource",
            Some(&with_fragment),
            "invalid_target",
            "resource",
        ),
        ("resource", Some("mcp"), "invalid_target", "resource"),
        ("scope", Some("a\0b"), "invalid_request", "scope"),
    ] {
        let url = authorize_url_with(&hub, &client, &[(name, value)]);
        let reply = person.get(&url).await;
        let location = reply
            .location
            .clone()
            .unwrap_or_else(|| panic!("{}", reply.body));
        assert!(
            location.starts_with(&format!("{REDIRECT_URI}?")),
            "{location}"
        );
        let answer = reply.answer();
        let description = answer.assert_error(&hub, error);
        assert!(description.contains(names), "{description}");
    }

    // Any repeated parameter, known or not (RFC 6749 §3.1).
    for again in ["scope=a&scope=b", "resource=x", "nonsense=1&nonsense=2"] {
        let url = format!("{}&{again}", authorize_url(&hub, &client));
        let answer = person.get(&url).await.answer();
        let description = answer.assert_error(&hub, "invalid_request").to_owned();
        assert!(description.contains("repeated"), "{description}");
    }
    let url = format!("{}&state=another", authorize_url(&hub, &client));
    let answer = person.get(&url).await.answer();
    assert_eq!(answer.get("error"), "invalid_request");
    assert!(
        !answer.0.contains_key("state"),
        "which one is anybody's guess"
    );
    // Where to answer must be beyond doubt.
    for again in [
        "client_id=x",
        "redirect_uri=x",
        "client_id=",
        "redirect_uri=",
    ] {
        let url = format!("{}&{again}", authorize_url(&hub, &client));
        person.get(&url).await.assert_says(400, "is repeated");
    }

    // A state that is too long is not carried back.
    let long = "s".repeat(4097);
    let url = authorize_url_with(&hub, &client, &[("state", Some(&long))]);
    let answer = person.get(&url).await.answer();
    assert_eq!(answer.get("error"), "invalid_request");
    assert!(answer.get("error_description").contains("state"));
    assert_eq!(hub.state().await, before, "nothing was stored");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_comes_back_as_it_was_or_not_at_all() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub
        .register_with(&json!({
            "redirect_uris": ["https://app.example/cb?tenant=7"],
            "token_endpoint_auth_method": "none",
        }))
        .await
        .json();
    let client = client["client_id"].as_str().unwrap();
    let long = "s".repeat(4096);
    for state in [
        None,
        Some("a b+c%20&iss=https://evil.example#x"),
        Some("状態"),
        Some(&long),
    ] {
        let url = authorize_url_with(
            &hub,
            client,
            &[
                ("redirect_uri", Some("https://app.example/cb?tenant=7")),
                ("state", state),
            ],
        );
        let consent = person.get(&url).await;
        let refused = person.decide(&hub, &consent, "deny").await;
        let answer = Answer::read(&refused.refresh());
        assert_eq!(answer.0.get("state").map(String::as_str), state);
        assert_eq!(answer.get("iss"), hub.base_url);
        assert_eq!(answer.get("tenant"), "7", "the URI's own query stays");
    }
    hub.stop().await;
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

/// What the last authorization request asks for, as stored.
async fn stored(hub: &TestHub, column: &str) -> String {
    hub.value(&format!(
        "SELECT {column}::text FROM hub.authorization_requests ORDER BY id DESC LIMIT 1"
    ))
    .await
    .expect("a request")
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
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    for (asked, given) in [
        (None, "{backlog:read,backlog:write}"),
        (Some(""), "{backlog:read,backlog:write}"),
        (Some("offline_access"), "{backlog:read,backlog:write}"),
        (Some("backlog:read offline_access"), "{backlog:read}"),
        (Some("backlog:read  backlog:read"), "{backlog:read}"),
        (Some("BACKLOG:READ backlog:write"), "{backlog:write}"),
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
    // Loopback names are no longer its own.
    let local = Reply::to(http().get(at(path))).await;
    assert_eq!(local.status, StatusCode::MISDIRECTED_REQUEST);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_space_says_so_before_anyone_signs_in() {
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
    person.get(&named).await.assert_says(403, "turned off");
    // At the hub's own endpoint there is no space left to choose.
    let answer = person.get(&authorize_url(&hub, &client)).await.answer();
    answer.assert_error(&hub, "access_denied");
    hub.stop().await;
}
