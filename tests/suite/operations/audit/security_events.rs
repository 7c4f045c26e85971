//! Refused requests are counted by kind, and are in the audit trail, a minute of them in a few
//! rows; addresses are in it and in the log only if the operator chose so.

use std::{num::NonZeroU32, time::Duration};

use backlog_mcp_hub::{
    config::Settings,
    domain::security::{ClientAddresses, SecurityEvent},
};
use backlog_sim::seed;
use foundation::random::Random;
use oauth_values::{client_assertion::TYPE, token::AuthorizationCode};
use reqwest::{StatusCode, header::REFERER};
use serde_json::{Value, json};

use crate::{
    oauth::private_key_jwt,
    support::{
        document_host::{Document, DocumentHost},
        hub::{REDIRECT_URI, TestHub, eventually, http},
        mcp::request,
        person::{Person, authorize_url, authorize_url_with, exchange, param, refresh},
        process::{Deployment, Process, until},
        reply::Reply,
        tokens::{refreshed, refused},
    },
};

fn observed(settings: &mut Settings) {
    settings.observe.metrics = Some("127.0.0.1:0".parse().unwrap());
    settings.observe.events_every = Duration::from_millis(50);
    settings.observe.uses_every = Duration::from_millis(50);
}

/// How often each kind was counted.
async fn counts(hub: &TestHub) -> Vec<u32> {
    let metrics = hub.metrics().await;
    let of = |event: &SecurityEvent| {
        let series = format!(r#"bmh_security_events_total{{kind="{}"}} "#, event.as_str());
        let value = metrics.lines().find_map(|line| line.strip_prefix(&series));
        value.expect("a series").parse().expect("a number")
    };
    SecurityEvent::ALL.iter().map(of).collect()
}

/// How often the trail says that it happened.
async fn audited(hub: &TestHub, event: SecurityEvent) -> String {
    let rows = format!(
        "SELECT coalesce(sum(occurrences), 0)::text FROM admin.security_events
         WHERE kind = '{}'",
        event.as_str()
    );
    hub.value(&rows).await.expect("a number")
}

/// Each kind is provoked in a way of its own, and nothing else is counted then.
#[tokio::test(flavor = "multi_thread")]
async fn each_kind_is_counted_and_audited() {
    let hub = TestHub::start_with(|settings| {
        observed(settings);
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        settings.registrations_per_minute = NonZeroU32::new(100).unwrap();
    })
    .await;
    let mut expected = counts(&hub).await;
    for (index, event) in SecurityEvent::ALL.iter().enumerate() {
        expected[index] += provoke(&hub, *event).await;
        assert_eq!(counts(&hub).await, expected, "{event:?}");
    }
    for (event, times) in SecurityEvent::ALL.iter().zip(&expected) {
        assert!(*times > 0, "{event:?}");
        let times = times.to_string();
        eventually(event.as_str(), async || {
            audited(&hub, *event).await == times
        })
        .await;
    }
    let networks = "SELECT count(network)::text FROM admin.security_events";
    assert_eq!(hub.value(networks).await.as_deref(), Some("0"));
    hub.stop().await;
}

/// Makes requests that count as this event and as no other; how many do. A new kind needs a case.
async fn provoke(hub: &TestHub, event: SecurityEvent) -> u32 {
    match event {
        SecurityEvent::MalformedRequest => malformed_request(hub).await,
        SecurityEvent::HostRefused => host_refused(hub).await,
        SecurityEvent::RequestLimited => request_limited(hub).await,
        SecurityEvent::AccessTokenRefused => access_token_refused(hub).await,
        SecurityEvent::GrantRefused => grant_refused(hub).await,
        SecurityEvent::ClientRefused => client_refused(hub).await,
        SecurityEvent::ClientUnavailable => client_unavailable(hub).await,
        SecurityEvent::UploadLinkRefused => upload_link_refused(hub).await,
        SecurityEvent::ClientNotAllowed => client_not_allowed(hub).await,
        SecurityEvent::NetworkNotAllowed => network_not_allowed(hub).await,
        SecurityEvent::RedirectUriRefused => redirect_uri_refused(hub).await,
        SecurityEvent::RegistrationRefused => registration_refused(hub).await,
        SecurityEvent::RegistrationsLimited => registrations_limited(hub).await,
        SecurityEvent::BrowserMismatch => browser_mismatch(hub).await,
        SecurityEvent::FormForged => form_forged(hub).await,
        SecurityEvent::SpaceMixUp => space_mix_up(hub).await,
        SecurityEvent::SignInDenied => sign_in_denied(hub).await,
        SecurityEvent::SignInFailed => sign_in_failed(hub).await,
        SecurityEvent::AssertionReplayed => assertion_replayed(hub).await,
        SecurityEvent::CodeReplayed => code_replayed(hub).await,
        SecurityEvent::RefreshTokenReplayed => refresh_token_replayed(hub).await,
    }
}

async fn malformed_request(hub: &TestHub) -> u32 {
    let text = http().post(hub.url("/token")).body("not a form");
    assert_eq!(Reply::to(text).await.status, 400);
    1
}

async fn host_refused(hub: &TestHub) -> u32 {
    let host = http().get(hub.url("/")).header("host", "elsewhere.example");
    assert_eq!(Reply::to(host).await.status, 421);
    1
}

/// `/authorize` limits the documents that it fetches for one network. Those before that succeed.
async fn request_limited(hub: &TestHub) -> u32 {
    let host = DocumentHost::open().await;
    for number in 0..1000 {
        let path = format!("/{number}.json");
        let client_id = host.url(&path);
        let document = json!({
            "client_id": client_id,
            "client_name": "Test Client",
            "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": "none",
        });
        host.set(&path, Document::json(&document));
        let stranger = http()
            .get(authorize_url(hub, &client_id))
            .header("x-forwarded-for", "203.0.113.9");
        let reply = Reply::to(stranger).await;
        match reply.status.as_u16() {
            200 => {}
            429 => return 1,
            status => panic!("{status}: {}", reply.body),
        }
    }
    panic!("never limited");
}

/// A link without a secret, and with one that the hub never issued.
async fn upload_link_refused(hub: &TestHub) -> u32 {
    for path in ["/upload", "/upload?link=bmh_up_nonsense"] {
        let reply = Reply::to(http().get(hub.url(path))).await;
        assert!(reply.status.is_client_error(), "{}", reply.status);
    }
    2
}

/// A request without a token is no event, because every client begins so.
async fn access_token_refused(hub: &TestHub) -> u32 {
    for token in [None, Some("nonsense"), Some("bmh_at_nonsense")] {
        let reply = Reply::to(request(&hub.mcp_url(), token).body("{}")).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    }
    2
}

async fn grant_refused(hub: &TestHub) -> u32 {
    let client = hub.register().await;
    let mut form = vec![
        ("grant_type", "refresh_token"),
        ("refresh_token", "nonsense"),
    ];
    assert_eq!(hub.post_form("/token", &form).await.status, 400);
    form.push(("client_id", &client));
    assert_eq!(hub.post_form("/token", &form).await.status, 400);
    2
}

async fn client_refused(hub: &TestHub) -> u32 {
    let unknown = [
        ("grant_type", "authorization_code"),
        ("code", "x"),
        ("code_verifier", "x"),
        ("client_id", "nobody"),
    ];
    assert_eq!(hub.post_form("/token", &unknown).await.status, 401);
    let stranger = http().get(hub.url("/authorize?client_id=nobody"));
    assert_eq!(Reply::to(stranger).await.status, 400);
    2
}

/// Its keys are nowhere. No signature is verified before there are keys.
async fn client_unavailable(hub: &TestHub) -> u32 {
    let nowhere = json!("https://nowhere.invalid/jwks.json");
    let client = private_key_jwt::register(hub, "jwks_uri", &nowhere).await;
    // Of the form that older versions issued, so it has to be looked up.
    let code = AuthorizationCode::generate(&Random::system());
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.reveal()),
        ("code_verifier", "x"),
        ("client_id", &client),
        (
            "client_assertion",
            "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.AA",
        ),
        ("client_assertion_type", TYPE),
    ];
    assert_eq!(hub.post_form("/token", &form).await.status, 503);
    1
}

/// A user opens the sign-in of such a client.
async fn client_not_allowed(hub: &TestHub) -> u32 {
    let client = hub.register().await;
    let set = |policy| {
        let set = format!("SELECT admin.set_client_policy(slug, '{policy}') FROM hub.spaces");
        async move { hub.sql(&set).await }
    };
    set("registered").await;
    let page = Reply::to(http().get(authorize_url(hub, &client))).await;
    assert_eq!(page.status, 403, "{}", page.body);
    set("open").await;
    1
}

/// A client refreshes from elsewhere.
async fn network_not_allowed(hub: &TestHub) -> u32 {
    let tokens = Person::default().sign_in(hub, seed::DANIEL).await;
    let allow = |networks| {
        let allow = format!("SELECT admin.allow_networks(slug, '{networks}') FROM hub.spaces");
        async move { hub.sql(&allow).await }
    };
    allow("{203.0.113.0/24}").await;
    let (status, body) = refresh(&hub.base_url, &tokens).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    allow("{all}").await;
    1
}

async fn redirect_uri_refused(hub: &TestHub) -> u32 {
    let client = hub.register().await;
    let elsewhere = [("redirect_uri", Some("https://evil.example/cb"))];
    let elsewhere = authorize_url_with(hub, &client, &elsewhere);
    assert_eq!(Reply::to(http().get(elsewhere)).await.status, 400);
    1
}

async fn registration_refused(hub: &TestHub) -> u32 {
    let script = json!({ "redirect_uris": ["javascript:x"] });
    assert_eq!(hub.register_with(&script).await.status, 400);
    1
}

/// Each comes from a network of its own, so only the limit of all networks together refuses one.
async fn registrations_limited(hub: &TestHub) -> u32 {
    for number in 0..200 {
        let client = json!({
            "redirect_uris": [format!("http://127.0.0.1/{number}")],
            "token_endpoint_auth_method": "none",
        });
        let request = http()
            .post(hub.url("/register"))
            .header("x-forwarded-for", format!("198.51.{number}.1"))
            .json(&client);
        match Reply::to(request).await.status.as_u16() {
            201 => {}
            429 => return 1,
            status => panic!("{status}"),
        }
    }
    panic!("never limited");
}

async fn browser_mismatch(hub: &TestHub) -> u32 {
    let client = hub.register().await;
    let consent = Person::default().open_consent(hub, &client).await;
    let other = Person::default();
    other.open_consent(hub, &client).await;
    let refused = other.post_consent(hub, &consent, &[]).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    1
}

async fn form_forged(hub: &TestHub) -> u32 {
    let person = Person::default();
    let consent = person.open_consent(hub, &hub.register().await).await;
    let forged = [("csrf", "another")];
    let refused = person.post_consent(hub, &consent, &forged).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    1
}

/// A user who has approved a sign-in, and its `state` at Backlog.
async fn approved(hub: &TestHub) -> (Person, String) {
    let person = Person::default();
    let consent = person.open_consent(hub, &hub.register().await).await;
    let forward = person.decide(hub, &consent, "approve").await;
    let state = param(&forward.refresh(), "state");
    (person, state)
}

/// One response has the site of another space as its `Referer`; one comes to its redirect URI.
async fn space_mix_up(hub: &TestHub) -> u32 {
    let hostile = "https://hostile.example";
    hub.space_at_url("hostile", hostile).await;
    let (person, state) = approved(hub).await;
    let answer = hub.url(&format!("/callback?code=stolen&state={state}"));
    let led_on = http().get(answer).header(REFERER, hostile);
    let says = "The response came from a different Backlog space";
    person.send(led_on).await.assert_says(400, says);
    let elsewhere = format!("/spaces/hostile/callback?code=stolen&state={state}");
    person
        .get(&hub.url(&elsewhere))
        .await
        .assert_says(400, says);
    2
}

/// The user declines on the consent page, and at Backlog.
async fn sign_in_denied(hub: &TestHub) -> u32 {
    let person = Person::default();
    let consent = person.open_consent(hub, &hub.register().await).await;
    person.decide(hub, &consent, "deny").await;
    let (person, state) = approved(hub).await;
    let denied = hub.url(&format!("/callback?error=access_denied&state={state}"));
    let answer = person.get(&denied).await.answer();
    answer.assert_error(hub, "access_denied");
    2
}

async fn sign_in_failed(hub: &TestHub) -> u32 {
    let (person, state) = approved(hub).await;
    let failed = hub.url(&format!("/callback?error=server_error&state={state}"));
    let answer = person.get(&failed).await.answer();
    answer.assert_error(hub, "server_error");
    1
}

async fn assertion_replayed(hub: &TestHub) -> u32 {
    let keys = private_key_jwt::jwks();
    let client = private_key_jwt::register(hub, "jwks", &keys).await;
    let claims = private_key_jwt::claims(&client, &hub.base_url);
    let assertion = private_key_jwt::sign(&claims);
    let token = private_key_jwt::sign_in(hub, &client, &assertion).await;
    let again = private_key_jwt::refresh(hub, &assertion, &token).await;
    again.oauth_error(401, "invalid_client");
    1
}

async fn code_replayed(hub: &TestHub) -> u32 {
    let client = hub.register().await;
    let answer = Person::default()
        .authorize(hub, &client, seed::DANIEL)
        .await;
    let code = answer.get("code");
    let first = exchange(&hub.base_url, &client, code).await;
    assert_eq!(first.0, StatusCode::OK);
    let again = exchange(&hub.base_url, &client, code).await;
    assert_eq!(again.0, StatusCode::BAD_REQUEST);
    1
}

async fn refresh_token_replayed(hub: &TestHub) -> u32 {
    let tokens = Person::default().sign_in(hub, seed::DANIEL).await;
    let successor = refreshed(hub, &tokens).await;
    refreshed(hub, &successor).await;
    hub.sql(
        "UPDATE hub.refresh_tokens SET answer_until = clock_timestamp()
         WHERE consumed_at IS NOT NULL",
    )
    .await;
    refused(hub, &tokens).await;
    1
}

/// However many networks strangers come from.
#[tokio::test(flavor = "multi_thread")]
async fn strangers_do_not_fill_the_trail() {
    let hub = TestHub::start_with(|settings| {
        observed(settings);
        settings.observe.uses_every = Duration::from_hours(1);
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
    let sum: u32 = counts(&hub).await.iter().sum();
    assert_eq!(sum, 300);
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
