//! Clients that an operator registers by hand, each for one space.

use backlog_mcp_hub::domain::ClientKey;
use backlog_sim::seed;
use foundation::{clock::Clock, random::Random};
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{
    behind_proxy::{SOMEBODY, assert_retry_after, authorize, behind_proxy, until_limited},
    hub::{REDIRECT_URI, TestHub},
    person::{Person, VERIFIER, authorize_url, authorize_url_with, call, token},
    process::{program, run},
    reply::Reply,
};

async fn register(hub: &TestHub, args: &[&str]) -> (bool, String) {
    let mut command = program(&["client", "register", "--name", "Desk"]);
    command.args(args).env("DATABASE_URL", hub.database.url());
    let output = run(command).await;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).expect("text");
    (output.status.success(), said)
}

fn line<'a>(said: &'a str, name: &str) -> &'a str {
    said.lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap_or_else(|| panic!("no {name} in {said}"))
        .trim()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_a_space_signs_in_at_the_hub_and_ends_in_its_space() {
    let hub = TestHub::start().await;
    hub.second_space("desk").await;
    let (done, said) = register(
        &hub,
        &[
            "--redirect-uri",
            REDIRECT_URI,
            "--space",
            "desk",
            "--auth-method",
            "client-secret-post",
        ],
    )
    .await;
    assert!(done, "{said}");
    let (client_id, secret) = (line(&said, "client_id"), line(&said, "client_secret"));

    let consent = Person::default().get(&authorize_url(&hub, client_id)).await;
    consent.assert_says(200, "desk");
    let answer = Person::default()
        .authorize(&hub, client_id, seed::DANIEL)
        .await;
    let form = |secret| {
        [
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("client_secret", secret),
            ("code", answer.get("code")),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ]
    };
    let (status, body) = token(&hub.base_url, &form("wrong")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "{body}");
    let (status, body) = token(&hub.base_url, &form(secret)).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let access_token = body["access_token"].as_str().expect("a token");
    let (status, me) = call(&hub.base_url, access_token, "get_myself", json!({})).await;
    assert_eq!(status, StatusCode::OK, "{me}");
    let space = hub
        .value("SELECT slug FROM hub.spaces JOIN hub.grants ON grants.space_id = spaces.id")
        .await;
    assert_eq!(space.as_deref(), Some("desk"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_registration_is_named_and_stored_nowhere() {
    let hub = TestHub::start().await;
    for (args, says) in [
        (
            vec!["--redirect-uri", "javascript:alert(1)"],
            "redirect_uris[0]",
        ),
        (
            vec!["--redirect-uri", REDIRECT_URI, "--space", "nowhere"],
            "there is no space 'nowhere'",
        ),
    ] {
        let (done, said) = register(&hub, &args).await;
        assert!(!done);
        assert!(said.contains(says), "{said}");
    }
    let clients = hub.value("SELECT count(*)::text FROM hub.clients").await;
    assert_eq!(clients.as_deref(), Some("0"));
    hub.stop().await;
}

/// A client of an intranet is answered without TLS, which only an operator can register: with a
/// warning, and with one for each user.
#[tokio::test(flavor = "multi_thread")]
async fn an_operator_may_register_a_redirect_of_an_intranet() {
    const INTRANET: &str = "http://chat.intra.example:3080/oauth/callback";
    let hub = TestHub::start().await;
    let (done, said) = register(&hub, &["--redirect-uri", INTRANET]).await;
    assert!(done, "{said}");
    let warning = format!("warning: the redirect URI {INTRANET} is not encrypted");
    assert!(said.contains(&warning), "{said}");
    let client_id = line(&said, "client_id");
    let person = Person::default();
    let with = |uri| authorize_url_with(&hub, client_id, &[("redirect_uri", Some(uri))]);
    for _ in 0..2 {
        // It is asked every time, because any computer on the way can answer for the client.
        let consent = person.get(&with(INTRANET)).await;
        consent.assert_says(200, "without encryption");
        let forward = person.decide(&hub, &consent, "approve").await;
        let callback = person
            .sign_in_at_backlog(&forward.refresh(), seed::DANIEL, "approve")
            .await;
        let page = person.get(&callback).await;
        let location = match page.confirmation(&callback) {
            Some(url) => person.confirm(&url, "continue").await.refresh(),
            None => page.location.expect("a location"),
        };
        assert!(
            location.starts_with(&format!("{INTRANET}?code=")),
            "{location}"
        );
    }
    for other in [
        "http://chat.intra.example/oauth/callback",
        "http://evil.example:3080/oauth/callback",
    ] {
        let page = person.get(&with(other)).await;
        page.assert_says(400, "The return address does not match");
    }
    // A client that registers itself may not, nor one that changes its registration.
    let itself = hub
        .register_with(&json!({ "redirect_uris": [INTRANET] }))
        .await;
    let description = itself.oauth_error(400, "invalid_redirect_uri");
    assert!(description.contains("loopback"), "{description}");
    hub.stop().await;
}

/// Clients that operators register have the form of those that older versions registered, which
/// strangers can guess at. Those who do use up the budget of such guesses, not that of the others.
#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_guess_at_clients_keep_no_operators_client_out() {
    let hub = behind_proxy(true).await;
    let (done, said) = register(&hub, &["--redirect-uri", REDIRECT_URI]).await;
    assert!(done, "{said}");
    let client_id = line(&said, "client_id");
    let guess = || {
        let key = ClientKey::new(&Clock::system(), &Random::system());
        authorize(&hub, &key.to_string(), SOMEBODY)
    };
    let (_, limited) = until_limited(guess).await;
    assert_retry_after(&limited);
    let consent = Reply::to(authorize(&hub, client_id, SOMEBODY)).await;
    consent.page(200);
    let still = Reply::to(guess()).await;
    still.page(429);
    hub.stop().await;
}
