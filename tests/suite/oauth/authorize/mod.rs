//! `GET /authorize`: an error is reported to the client where its redirect URI can be trusted, and
//! to the user on a page otherwise.

mod page;

use serde_json::json;

use crate::support::{
    hub::{REDIRECT_URI, TestHub, http},
    person::{Answer, Person, authorize_url, authorize_url_with},
    reply::Reply,
};

const OTHER_SITE: &str = "https://evil.example/callback";

#[tokio::test(flavor = "multi_thread")]
async fn rule_25_an_unknown_client_gets_a_page_that_explains_how_to_recover() {
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
#[expect(clippy::too_many_lines, reason = "a table of cases")]
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

    // Any repeated parameter, known or not (RFC 6749 §3.1), but for `resource`.
    for again in ["scope=a&scope=b", "nonsense=1&nonsense=2"] {
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

/// Registers a client with one redirect URI and asks with it, and these changes.
async fn ask(
    hub: &TestHub,
    redirect_uri: &str,
    changes: &[(&str, Option<&str>)],
) -> crate::support::person::Page {
    let client = hub
        .register_with(&json!({
            "client_name": "Impostor Inc.",
            "client_uri": "https://impostor.example/",
            "redirect_uris": [redirect_uri],
            "token_endpoint_auth_method": "none",
        }))
        .await
        .json();
    let client = client["client_id"].as_str().expect("a client_id");
    let mut changes = changes.to_vec();
    changes.push(("redirect_uri", Some(redirect_uri)));
    let url = authorize_url_with(hub, client, &changes);
    Person::default().get(&url).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_bounces_the_browser_to_known_addresses_only() {
    let hub = TestHub::start().await;
    let wrong = [("response_type", Some("token"))];
    for known in [
        REDIRECT_URI,
        "https://claude.ai/api/mcp/auth_callback",
        "https://chatgpt.com/connector/oauth/abc",
        "https://vscode.dev/redirect",
    ] {
        let answer = ask(&hub, known, &wrong).await.answer();
        answer.assert_error(&hub, "unsupported_response_type");
    }
    for (unknown, named) in [
        ("https://app.example/cb", "Continue to <bdi"),
        ("https://claude.ai/share/evil", "Continue to <bdi"),
        ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor"),
    ] {
        let page = ask(&hub, unknown, &wrong).await;
        page.assert_says(400, "This sign-in cannot continue");
        assert!(page.body.contains(named), "{}", page.body);
        assert!(!page.body.contains("http-equiv"), "{}", page.body);
        let link = page
            .body
            .split("href=\"")
            .find(|part| part.starts_with(unknown));
        let link = link
            .and_then(|part| part.split('"').next())
            .expect("a link");
        let answer = Answer::read(&link.replace("&#38;", "&").replace("&amp;", "&"));
        answer.assert_error(&hub, "unsupported_response_type");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_17_a_known_callback_is_named_by_the_hub_and_not_by_the_client() {
    let hub = TestHub::start().await;
    for (uri, name) in [
        ("https://claude.ai/api/mcp/auth_callback", "Claude"),
        ("https://chatgpt.com/connector/oauth/abc", "ChatGPT"),
    ] {
        let page = ask(&hub, uri, &[]).await;
        page.assert_says(200, name);
        for of_the_client in ["mpostor", "class=\"notice\"", "is not verified"] {
            assert!(!page.body.contains(of_the_client), "{uri}: {of_the_client}");
        }
    }
    for uri in ["https://claude.ai/share/evil", "https://app.example/cb"] {
        let page = ask(&hub, uri, &[]).await;
        page.assert_says(200, "Impostor Inc.");
        for warning in ["class=\"notice\"", "is not verified"] {
            assert!(page.body.contains(warning), "{uri}: {warning}");
        }
    }
    // It forwards to any program of the computer.
    let page = ask(&hub, "https://vscode.dev/redirect", &[]).await;
    for says in [
        "Impostor Inc.",
        "is not verified",
        "Any program on this computer",
    ] {
        page.assert_says(200, says);
    }
    hub.stop().await;
}
