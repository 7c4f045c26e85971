//! Clients that an operator registers by hand, each for one space.

use backlog_sim::seed;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{
    hub::{REDIRECT_URI, TestHub},
    person::{Person, VERIFIER, authorize_url, call, token},
    process::{program, run},
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
            vec!["--redirect-uri", "http://evil.example/cb"],
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
