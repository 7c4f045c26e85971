//! Refused requests are counted by kind, and are in the audit trail, a minute of them in a few
//! rows; addresses are in it and in the log only if the operator chose so.

use std::time::Duration;

use backlog_mcp_hub::{
    config::Settings, domain::security::ClientAddresses, oauth::token::AuthorizationCode,
    random::Random,
};
use backlog_sim::seed;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    hub::{REDIRECT_URI, TestHub, eventually, http},
    mcp::request,
    person::{Person, authorize_url_with, exchange},
    process::{Deployment, Process, until},
    reply::Reply,
    tokens::{refreshed, refused},
};

fn observed(settings: &mut Settings) {
    settings.observe.metrics = Some("127.0.0.1:0".parse().unwrap());
    settings.observe.events_every = Duration::from_millis(50);
    settings.observe.uses_every = Duration::from_millis(50);
}

/// How often a kind was counted.
async fn counted(hub: &TestHub, kind: &str) -> u32 {
    let series = format!(r#"bmh_security_events_total{{kind="{kind}"}} "#);
    let metrics = hub.metrics().await;
    let value = metrics.lines().find_map(|line| line.strip_prefix(&series));
    value
        .and_then(|value| value.parse().ok())
        .expect("a number")
}

/// How often the trail says that it happened.
async fn audited(hub: &TestHub, kind: &str) -> String {
    let rows = format!(
        "SELECT coalesce(sum(occurrences), 0)::text FROM admin.security_events
         WHERE kind = '{kind}'"
    );
    hub.value(&rows).await.expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_refusal_is_counted_and_audited() {
    let hub = TestHub::start_with(observed).await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let mut expected = Vec::new();
    let mut add = |kind: &'static str, times: u32| expected.push((kind, times));

    // At the MCP endpoint: no token is no event, because every client begins so.
    for token in [None, Some("nonsense"), Some("bmh_at_nonsense")] {
        let reply = Reply::to(request(&hub.mcp_url(), token).body("{}")).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    }
    add("access_token_refused", 2);

    // At the OAuth endpoints.
    let client = tokens.client_id.as_str();
    for (form, status) in [
        (
            vec![
                ("grant_type", "refresh_token"),
                ("refresh_token", "nonsense"),
            ],
            400,
        ),
        (
            vec![
                ("grant_type", "refresh_token"),
                ("refresh_token", "x"),
                ("client_id", client),
            ],
            400,
        ),
    ] {
        assert_eq!(hub.post_form("/token", &form).await.status, status);
    }
    add("grant_refused", 2);
    let unknown = [
        ("grant_type", "authorization_code"),
        ("code", "x"),
        ("code_verifier", "x"),
        ("client_id", "nobody"),
    ];
    assert_eq!(hub.post_form("/token", &unknown).await.status, 401);
    let stranger = http().get(hub.url("/authorize?client_id=nobody"));
    assert_eq!(Reply::to(stranger).await.status, 400);
    add("client_refused", 2);
    let elsewhere = [("redirect_uri", Some("https://evil.example/cb"))];
    let elsewhere = authorize_url_with(&hub, client, &elsewhere);
    assert_eq!(Reply::to(http().get(elsewhere)).await.status, 400);
    add("redirect_uri_refused", 1);
    let reply = hub
        .register_with(&json!({ "redirect_uris": ["javascript:x"] }))
        .await;
    assert_eq!(reply.status, 400);
    add("registration_refused", 1);
    let text = http().post(hub.url("/token")).body("not a form");
    assert_eq!(Reply::to(text).await.status, 400);
    add("malformed_request", 1);
    let host = http().get(hub.url("/")).header("host", "elsewhere.example");
    assert_eq!(Reply::to(host).await.status, 421);
    add("host_refused", 1);

    // On the way of a sign-in, in a browser that has not approved it before.
    let person = Person::default();
    let consent = person.open_consent(&hub, client).await;
    let other = Person::default();
    other.open_consent(&hub, client).await;
    other.post_consent(&hub, &consent, &[]).await;
    add("browser_mismatch", 1);
    person
        .post_consent(&hub, &consent, &[("csrf", "another")])
        .await;
    add("form_forged", 1);
    person.decide(&hub, &consent, "deny").await;
    add("sign_in_denied", 1);

    for (kind, times) in expected {
        assert_eq!(counted(&hub, kind).await, times, "{kind}");
        let times = times.to_string();
        eventually(kind, async || audited(&hub, kind).await == times).await;
    }
    let networks = "SELECT count(network)::text FROM admin.security_events";
    assert_eq!(hub.value(networks).await.as_deref(), Some("0"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replays_are_counted_by_what_was_replayed() {
    let hub = TestHub::start_with(observed).await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let successor = refreshed(&hub, &tokens).await;
    refreshed(&hub, &successor).await;
    hub.sql("UPDATE hub.refresh_tokens SET answer_until = clock_timestamp() WHERE consumed_at IS NOT NULL")
        .await;
    refused(&hub, &tokens).await;
    assert_eq!(counted(&hub, "refresh_token_replayed").await, 1);

    let answer = Person::default()
        .authorize(&hub, &tokens.client_id, seed::DANIEL)
        .await;
    let code = answer.get("code").to_owned();
    let first = exchange(&hub.base_url, &tokens.client_id, &code).await;
    assert_eq!(first.0, StatusCode::OK);
    let again = exchange(&hub.base_url, &tokens.client_id, &code).await;
    assert_eq!(again.0, StatusCode::BAD_REQUEST);
    assert_eq!(counted(&hub, "code_replayed").await, 1);
    assert_eq!(counted(&hub, "grant_refused").await, 0);
    hub.stop().await;
}

/// However many networks strangers come from.
#[tokio::test(flavor = "multi_thread")]
async fn strangers_do_not_fill_the_trail() {
    let hub = TestHub::start_with(|settings| {
        observed(settings);
        settings.observe.uses_every = Duration::from_secs(3600);
        settings.observe.client_addresses = ClientAddresses::Network;
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    for number in 0..300_u16 {
        let [high, low] = number.to_be_bytes();
        let stranger = request(&hub.mcp_url(), Some("nonsense"))
            .header("x-forwarded-for", format!("198.{high}.{low}.7"));
        let reply = Reply::to(stranger.body("{}")).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(counted(&hub, "access_token_refused").await, 300);
    let database = hub.stop_keeping_database().await;
    let (rows, sum, networks): (i64, i64, i64) = sqlx::query_as(
        "SELECT count(*), sum(occurrences), count(DISTINCT network) FROM admin.security_events",
    )
    .fetch_one(database.pool())
    .await
    .expect("the events");
    assert_eq!(sum, 300);
    assert!(
        rows < 100 && networks >= 64,
        "{rows} rows, {networks} networks"
    );
    let one: bool =
        sqlx::query_scalar("SELECT bool_or(network = '198.0.5.0/24') FROM admin.security_events")
            .fetch_one(database.pool())
            .await
            .expect("the events");
    assert!(one, "a network is kept, not an address");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_in_the_log_only_if_the_operator_chose_so() {
    for (choice, expected) in [
        ("off", None),
        ("network", Some("203.0.113.0/24")),
        ("full", Some("203.0.113.9")),
    ] {
        let deployment = Deployment::new().await;
        let mut command = deployment.command();
        command.envs([
            ("LOG_FORMAT", "json"),
            ("CLIENT_ADDRESSES", choice),
            ("TRUSTED_PROXIES", "127.0.0.0/8"),
        ]);
        let process = Process::start(command, deployment.site.base_url.clone()).await;
        let form = [("grant_type", "none")];
        let asked = http().post(deployment.site.url("/token")).form(&form);
        let asked = asked.header("x-forwarded-for", "203.0.113.9");
        Reply::to(asked.header("x-request-id", "the-one-that-is-looked-for")).await;
        until("the line is there", async || {
            process.said().contains("the-one-that-is-looked-for")
        })
        .await;
        let said = process.said();
        let line = said
            .lines()
            .find(|line| line.contains("the-one-that-is-looked-for"));
        let line: Value = serde_json::from_str(line.expect("a line")).expect("JSON");
        assert_eq!(line["span"]["client"].as_str(), expected, "{line}");
        assert_eq!(said.contains("203.0.113."), expected.is_some(), "{said}");
        process.kill().await;
    }
}

/// A client whose keys cannot be fetched is its own fault, and no alarm.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_cannot_be_read_is_no_error_of_the_hub() {
    let hub = TestHub::start_with(observed).await;
    let nowhere = json!({
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": "https://nowhere.invalid/jwks.json",
    });
    let reply = hub.register_with(&nowhere).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    let client = reply.json()["client_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    // No signature is looked at before there are keys.
    let assertion = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.AA";
    // Of the form that older versions issued, so it has to be looked up.
    let code = AuthorizationCode::generate(&Random::system());
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.reveal()),
        ("code_verifier", "x"),
        ("client_id", &client),
        ("client_assertion", assertion),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
    ];
    assert_eq!(hub.post_form("/token", &form).await.status, 503);
    assert_eq!(counted(&hub, "client_unavailable").await, 1);
    hub.stop().await;
}
