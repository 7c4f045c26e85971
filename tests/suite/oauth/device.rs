//! The device authorization grant (RFC 8628): what the device and its user send, and what neither can.

use std::time::Duration;

use backlog_sim::seed;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    clock::still,
    hub::{TestHub, eventually, http},
    person::{Page, Person, call},
    reply::Reply,
};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// The path of the default space's page.
const PAGE: &str = "/spaces/default/device";

/// What a device has: its client and codes.
struct Device {
    client_id: String,
    /// The device code.
    own_code: String,
    user_code: String,
}

/// A new client asks at the hub's own issuer.
async fn ask(hub: &TestHub) -> Device {
    let client_id = hub.register().await;
    let form = [("client_id", client_id.as_str())];
    let request = http().post(hub.url("/device_authorization")).form(&form);
    let reply = Reply::to(request).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(reply.header("cache-control"), "no-store");
    let answer = reply.json();
    assert_eq!(answer["verification_uri"], hub.url("/device"));
    assert_eq!(answer["interval"], 5);
    assert!(answer.get("verification_uri_complete").is_none());
    let text = |name: &str| answer[name].as_str().expect(name).to_owned();
    Device {
        client_id,
        own_code: text("device_code"),
        user_code: text("user_code"),
    }
}

/// Asks for the tokens once.
async fn poll(hub: &TestHub, device: &Device) -> (StatusCode, Value) {
    let form = [
        ("grant_type", GRANT_TYPE),
        ("device_code", device.own_code.as_str()),
        ("client_id", device.client_id.as_str()),
    ];
    let reply = Reply::to(http().post(hub.url("/token")).form(&form)).await;
    (reply.status, reply.json())
}

/// Asks until the interval has passed: the answer that is not `slow_down`.
async fn patiently(hub: &TestHub, device: &Device) -> (StatusCode, Value) {
    for _ in 0..80 {
        let answer = poll(hub, device).await;
        if answer.1["error"] != "slow_down" {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    panic!("the interval never passed");
}

/// The page of a user who is signed in to enter a code.
async fn signed_in(hub: &TestHub, person: &Person) -> Page {
    let page = person.get(&hub.url(PAGE)).await;
    page.assert_says(200, "name=\"for\" value=\"device\"");
    let form = [("page", &*page.field("page")), ("for", "device")];
    let sign_in = hub.url("/spaces/default/account/sign-in");
    let forward = person.post(&sign_in, &form).await;
    let callback = person
        .sign_in_at_backlog(&forward.refresh(), seed::DANIEL, "approve")
        .await;
    let done = person.get(&callback).await;
    assert_eq!(done.location, Some(hub.url(PAGE)), "{}", done.body);
    let page = person.get(&hub.url(PAGE)).await;
    page.assert_says(200, "name=\"user_code\"");
    page
}

/// Sends a form of the page.
async fn act(hub: &TestHub, person: &Person, page: &Page, fields: &[(&str, &str)]) -> Page {
    let value = page.field("page");
    let form: Vec<_> = fields.iter().copied().chain([("page", &*value)]).collect();
    person.post(&hub.url(PAGE), &form).await
}

async fn approve(hub: &TestHub, person: &Person, page: &Page, code: &str) -> Page {
    let fields = [
        ("action", "approve"),
        ("user_code", code),
        ("access", "read_write"),
    ];
    act(hub, person, page, &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_connects_a_device() {
    let hub = TestHub::start().await;
    let device = ask(&hub).await;
    let (status, pending) = poll(&hub, &device).await;
    assert_eq!(
        (status, &pending["error"]),
        (StatusCode::BAD_REQUEST, &json!("authorization_pending"))
    );
    let person = Person::default();
    // The hub's own page leads to the only space.
    let own = person.get(&hub.url("/device")).await;
    assert_eq!(own.location.as_deref(), Some(PAGE));
    let page = signed_in(&hub, &person).await;
    // As users type it.
    let typed = device.user_code.to_lowercase().replace('-', " ");
    let asked = act(
        &hub,
        &person,
        &page,
        &[("action", "look"), ("user_code", &typed)],
    )
    .await;
    asked.assert_says(200, &device.user_code);
    let done = approve(&hub, &person, &asked, &device.user_code).await;
    done.assert_says(200, "The device is connected");
    let (status, tokens) = patiently(&hub, &device).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    assert_eq!(tokens["scope"], "backlog:read backlog:write");
    let token = tokens["access_token"].as_str().expect("a token");
    let (status, _) = call(&hub.base_url, token, "get_myself", json!({})).await;
    assert_eq!(status, StatusCode::OK);
    let refresh = [
        ("grant_type", "refresh_token"),
        (
            "refresh_token",
            tokens["refresh_token"].as_str().expect("a token"),
        ),
        ("client_id", &device.client_id),
    ];
    let refreshed = Reply::to(http().post(hub.url("/token")).form(&refresh)).await;
    assert_eq!(refreshed.status, StatusCode::OK, "{}", refreshed.body);
    let connections = person.get(&hub.url("/spaces/default/account")).await;
    connections.assert_says(200, "A device that you connected by a code");
    // Neither code is stored.
    let state = "SELECT string_agg(codes::text, ' ') FROM hub.device_codes AS codes";
    let state = hub.value(state).await.expect("a row");
    for code in [&device.own_code, &device.user_code] {
        assert!(!state.contains(&**code) && !state.contains(&code.replace('-', "")));
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_asks_too_often_is_told_to_slow_down_without_a_statement() {
    let (hub, proxy) = TestHub::start_behind_proxy().await;
    let device = ask(&hub).await;
    assert_eq!(
        poll(&hub, &device).await.1["error"],
        "authorization_pending"
    );
    proxy.take_statements();
    for _ in 0..5 {
        let (status, answer) = poll(&hub, &device).await;
        assert_eq!(
            (status, &answer["error"]),
            (StatusCode::BAD_REQUEST, &json!("slow_down"))
        );
    }
    let statements = proxy.take_statements();
    let of_device = |one: &String| one.contains("device_codes") || one.contains("hub.clients");
    assert!(!statements.iter().any(of_device), "{statements:?}");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_decided_and_exchanged_once() {
    let hub = TestHub::start().await;
    let device = ask(&hub).await;
    let person = Person::default();
    let page = signed_in(&hub, &person).await;
    let code = &device.user_code;
    let both = tokio::join!(
        approve(&hub, &person, &page, code),
        approve(&hub, &person, &page, code)
    );
    let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    let grants = "SELECT count(*)::text FROM hub.grants WHERE revoked_at IS NULL";
    assert_eq!(hub.value(grants).await.as_deref(), Some("1"));
    assert_eq!(patiently(&hub, &device).await.0, StatusCode::OK);
    // A second use is an attack or a lost response: the grant is of no use in either case.
    let (_, again) = patiently(&hub, &device).await;
    assert_eq!(again["error"], "invalid_grant");
    assert_eq!(hub.value(grants).await.as_deref(), Some("0"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_hears_that_its_user_denied_or_was_too_late() {
    let hub = TestHub::start().await;
    let (denied, late) = (ask(&hub).await, ask(&hub).await);
    let person = Person::default();
    let page = signed_in(&hub, &person).await;
    let deny = [("action", "deny"), ("user_code", denied.user_code.as_str())];
    let done = act(&hub, &person, &page, &deny).await;
    done.assert_says(200, "The device gets no access");
    assert_eq!(poll(&hub, &denied).await.1["error"], "access_denied");
    hub.sql("UPDATE hub.device_codes SET expires_at = clock_timestamp()")
        .await;
    assert_eq!(poll(&hub, &late).await.1["error"], "expired_token");
    let expired = approve(&hub, &person, &page, &late.user_code).await;
    expired.assert_says(400, "unknown, has expired or was used");
    // Neither has made a grant.
    let grants = "SELECT count(*)::text FROM hub.grants";
    assert_eq!(hub.value(grants).await.as_deref(), Some("0"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_names_the_client_and_the_place_and_preselects_nothing() {
    let hub = TestHub::start().await;
    let device = ask(&hub).await;
    let person = Person::default();
    let page = signed_in(&hub, &person).await;
    let look = [("action", "look"), ("user_code", device.user_code.as_str())];
    let asked = act(&hub, &person, &page, &look).await;
    for part in [
        "Test Client",
        "The name is not verified",
        "From the network of this browser",
        "on a device in front of you",
        "Daniel Okafor",
    ] {
        asked.assert_says(200, part);
    }
    assert!(!asked.body.contains("checked"), "{}", asked.body);
    // Without a choice there is no grant.
    let nothing = [
        ("action", "approve"),
        ("user_code", device.user_code.as_str()),
    ];
    let refused = act(&hub, &person, &asked, &nothing).await;
    refused.assert_says(400, "Choose the access");
    let projects = [
        ("action", "approve"),
        ("user_code", device.user_code.as_str()),
        ("access", "read"),
        ("projects", "HARBOR"),
    ];
    let done = act(&hub, &person, &asked, &projects).await;
    done.assert_says(200, "The device is connected");
    let grant = "SELECT array_to_string(scopes, ',') || ' ' || array_to_string(projects, ',')
        FROM admin.grants";
    assert_eq!(
        hub.value(grant).await.as_deref(),
        Some("backlog:read HARBOR")
    );
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_code_was_asked_for_links_no_codes_and_is_forgotten_with_the_decision() {
    let hub = TestHub::start().await;
    let (denied, approved) = (ask(&hub).await, ask(&hub).await);
    // Both come from one network.
    let checks = "SELECT count(DISTINCT network_check)::text FROM hub.device_codes
        WHERE network IS NULL";
    assert_eq!(hub.value(checks).await.as_deref(), Some("2"));
    let person = Person::default();
    let page = signed_in(&hub, &person).await;
    let deny = [("action", "deny"), ("user_code", denied.user_code.as_str())];
    let done = act(&hub, &person, &page, &deny).await;
    done.assert_says(200, "The device gets no access");
    let done = approve(&hub, &person, &page, &approved.user_code).await;
    done.assert_says(200, "The device is connected");
    let forgotten = "SELECT count(*)::text FROM hub.device_codes
        WHERE decided_at IS NOT NULL AND network IS NULL AND network_check IS NULL";
    assert_eq!(hub.value(forgotten).await.as_deref(), Some("2"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_policy_leaves_devices_to_registered_clients() {
    let hub = TestHub::start().await;
    let (asked, person) = (ask(&hub).await, Person::default());
    let page = signed_in(&hub, &person).await;
    for policy in ["listed", "registered"] {
        hub.sql(&format!(
            "SELECT admin.set_client_policy('default', '{policy}')"
        ))
        .await;
        eventually("the page refuses the client", async || {
            approve(&hub, &person, &page, &asked.user_code).await.status == 403
        })
        .await;
        // Where the space is known, the device is refused at once.
        let form = [
            ("client_id", asked.client_id.as_str()),
            ("resource", &*hub.url("/spaces/default/mcp")),
        ];
        let request = http().post(hub.url("/device_authorization")).form(&form);
        Reply::to(request).await.oauth_error(400, "access_denied");
    }
    hub.sql("SELECT admin.set_client_policy('default', 'open')")
        .await;
    eventually("the client is allowed", async || {
        approve(&hub, &person, &page, &asked.user_code).await.status == 200
    })
    .await;
    // A stricter policy stops what was approved before.
    hub.sql("SELECT admin.set_client_policy('default', 'listed')")
        .await;
    let (status, refused) = patiently(&hub, &asked).await;
    assert_eq!(
        (status, &refused["error"]),
        (StatusCode::BAD_REQUEST, &json!("access_denied"))
    );
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_a_code_is_limited() {
    let hub = TestHub::start_with(|settings| {
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    })
    .await;
    let person = Person::default();
    let page = signed_in(&hub, &person).await;
    let value = page.field("page");
    let mut limited = None;
    for number in 0..30 {
        let form = [
            ("page", &*value),
            ("action", "look"),
            ("user_code", "BBBB-BBBB"),
        ];
        let guess = http()
            .post(hub.url(PAGE))
            .header("x-forwarded-for", "203.0.113.7")
            .form(&form);
        if person.send(guess).await.status == StatusCode::TOO_MANY_REQUESTS {
            limited = Some(number);
            break;
        }
    }
    assert!(
        limited.is_some_and(|number| (10..=12).contains(&number)),
        "{limited:?}"
    );
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_counts_in_its_own_session_and_from_its_own_page_only() {
    let hub = TestHub::start().await;
    let device = ask(&hub).await;
    let (person, stranger) = (Person::default(), Person::default());
    let page = signed_in(&hub, &person).await;
    let strangers = signed_in(&hub, &stranger).await;
    let account = person.get(&hub.url("/spaces/default/account")).await;
    let before = "SELECT count(*)::text FROM hub.device_codes WHERE decided_at IS NOT NULL";
    for (by, value) in [
        (&person, strangers.field("page")),
        (&person, account.field("page")),
        (&person, String::new()),
        (&stranger, page.field("page")),
        (&Person::default(), page.field("page")),
    ] {
        let form = [
            ("page", &*value),
            ("action", "approve"),
            ("user_code", &*device.user_code),
            ("access", "read"),
        ];
        let refused = by.post(&hub.url(PAGE), &form).await;
        assert!(refused.status.is_client_error(), "{}", refused.body);
    }
    let value = page.field("page");
    for (header, from) in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let form = [
            ("page", &*value),
            ("action", "approve"),
            ("user_code", &*device.user_code),
            ("access", "read"),
        ];
        let request = http().post(hub.url(PAGE)).form(&form).header(header, from);
        let refused = person.send(request).await;
        refused.assert_says(400, "form is no longer valid");
    }
    assert_eq!(hub.value(before).await.as_deref(), Some("0"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_that_nobody_enters_are_removed() {
    let hub = TestHub::start().await;
    ask(&hub).await;
    hub.sql("UPDATE hub.device_codes SET expires_at = clock_timestamp() - interval '61 minutes'")
        .await;
    let clock = still();
    let cleanup = backlog_mcp_hub::jobs::cleanup::once(hub.database.pool(), &clock);
    let removed = cleanup.await.expect("a cleanup").expect("alone");
    let codes = removed.iter().find(|(kind, _)| *kind == "device_codes");
    assert_eq!(codes.map(|(_, rows)| *rows), Some(1));
    hub.stop().await;
}
