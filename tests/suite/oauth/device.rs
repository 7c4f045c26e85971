//! The device authorization grant (RFC 8628): what the device and its user send, and what neither can.

use std::{ops::RangeInclusive, time::Duration};

use backlog_sim::{Id, seed};
use futures_util::future::join_all;
use reqwest::{RequestBuilder, StatusCode};
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
/// A code of no device.
const WRONG: &str = "BBBB-BBBB";
/// How many codes of a user are looked up: the limit, and what it allows again while a test runs.
const LOOKED_UP: RangeInclusive<usize> = 20..=35;

/// What a device has: its client and codes.
struct Device {
    client_id: String,
    /// The device code.
    own_code: String,
    user_code: String,
}

/// A new client asks at the hub's own issuer.
async fn ask(hub: &TestHub) -> Device {
    ask_from(hub, None).await
}

/// The same, with what a proxy writes.
async fn ask_from(hub: &TestHub, hops: Option<&str>) -> Device {
    let client_id = hub.register().await;
    let form = [("client_id", client_id.as_str())];
    let request = http().post(hub.url("/device_authorization")).form(&form);
    let reply = Reply::to(forwarded(request, hops)).await;
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

/// A request as a proxy passes it on; without what it writes, if it writes nothing.
fn forwarded(request: RequestBuilder, hops: Option<&str>) -> RequestBuilder {
    match hops {
        Some(hops) => request.header("x-forwarded-for", hops),
        None => request,
    }
}

/// A hub that believes the proxy on this machine.
async fn behind_proxy() -> TestHub {
    TestHub::start_with(|settings| {
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    })
    .await
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
    signed_in_as(hub, person, seed::DANIEL).await
}

async fn signed_in_as(hub: &TestHub, person: &Person, user: Id) -> Page {
    let page = person.get(&hub.url(PAGE)).await;
    page.assert_says(200, "name=\"for\" value=\"device\"");
    let form = [("page", &*page.field("page")), ("for", "device")];
    let sign_in = hub.url("/spaces/default/account/sign-in");
    let forward = person.post(&sign_in, &form).await;
    let callback = person
        .sign_in_at_backlog(&forward.refresh(), user, "approve")
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

/// An operator acts between the approval and the device's next request.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_does_after_the_approval_leaves_the_device_without_a_token() {
    let of_user = |function: &str| {
        format!(
            "SELECT * FROM admin.{function}(space => 'default', backlog_user_id => {})",
            seed::DANIEL
        )
    };
    for (change, status, error) in [
        (of_user("revoke_user"), 400, "invalid_grant"),
        (of_user("forget_user"), 400, "invalid_grant"),
        (
            "SELECT admin.disable_space('default')".to_owned(),
            400,
            "access_denied",
        ),
        (
            "UPDATE hub.spaces SET base_url = 'https://moved.backlog.com'".to_owned(),
            400,
            "invalid_grant",
        ),
        (
            "SELECT admin.revoke_client(client_id) FROM admin.clients".to_owned(),
            401,
            "invalid_client",
        ),
        (
            "SELECT admin.allow_networks('default', '{203.0.113.0/24}')".to_owned(),
            400,
            "access_denied",
        ),
    ] {
        let hub = TestHub::start().await;
        let device = ask(&hub).await;
        let person = Person::default();
        let page = signed_in(&hub, &person).await;
        let done = approve(&hub, &person, &page, &device.user_code).await;
        done.assert_says(200, "The device is connected");
        hub.sql(&change).await;
        let (refused, answer) = poll(&hub, &device).await;
        assert_eq!(
            (refused.as_u16(), &answer["error"]),
            (status, &json!(error)),
            "{change}: {answer}"
        );
        let tokens = "SELECT ((SELECT count(*) FROM hub.access_tokens)
            + (SELECT count(*) FROM hub.refresh_tokens))::text";
        assert_eq!(hub.value(tokens).await.as_deref(), Some("0"), "{change}");
        hub.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_trail_names_who_connected_and_who_denied_a_device() {
    let hub = TestHub::start().await;
    let (denied, approved) = (ask(&hub).await, ask(&hub).await);
    let person = Person::default();
    let page = signed_in(&hub, &person).await;
    let deny = [("action", "deny"), ("user_code", denied.user_code.as_str())];
    for (status, says) in [
        (200, "The device gets no access"),
        // A code is decided once, and leaves one event.
        (400, "unknown, has expired or was used"),
    ] {
        let done = act(&hub, &person, &page, &deny).await;
        done.assert_says(status, says);
    }
    let done = approve(&hub, &person, &page, &approved.user_code).await;
    done.assert_says(200, "The device is connected");
    let events = "SELECT string_agg(events.event || ' ' || clients.client_id || ' '
               || (events.space_id = spaces.id) || ' ' || events.backlog_user_id || ' '
               || coalesce((events.grant_id = grants.id)::text, 'no grant'), ', ' ORDER BY events.id)
        FROM hub.audit_events AS events JOIN hub.clients ON clients.id = events.client_id
        CROSS JOIN hub.spaces CROSS JOIN hub.grants
        WHERE events.event IN ('signed_in', 'device_connected', 'device_denied')";
    let user = seed::DANIEL;
    let expected = format!(
        "device_denied {} true {user} no grant, signed_in {connected} true {user} true, \
         device_connected {connected} true {user} true",
        denied.client_id,
        connected = approved.client_id,
    );
    assert_eq!(hub.value(events).await, Some(expected));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_has_ended_denies_nothing() {
    let hub = TestHub::start().await;
    let device = ask(&hub).await;
    signed_in(&hub, &Person::default()).await;
    let ended = "WITH ended AS (SELECT session_hash FROM hub.account_sessions),
             asked AS (SELECT id FROM hub.device_codes)
        SELECT coalesce(hub.deny_device(asked.id, sha256(ended.session_hash))::text, 'signed out')
        FROM ended CROSS JOIN asked";
    assert_eq!(hub.value(ended).await.as_deref(), Some("signed out"));
    assert_eq!(
        poll(&hub, &device).await.1["error"],
        "authorization_pending"
    );
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
        "a device of yours shows exactly this code",
        "Daniel Okafor",
    ] {
        asked.assert_says(200, part);
    }
    for part in ["checked", "network"] {
        assert!(!asked.body.contains(part), "{part}: {}", asked.body);
    }
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
async fn the_page_warns_of_another_network_and_of_one_that_is_not_proven() {
    const OTHER: [&str; 2] = [
        "From another network than this browser",
        "The code was asked for from another network",
    ];
    const UNKNOWN: [&str; 2] = [
        "Perhaps from another network than this browser",
        "It is not known",
    ];
    let own = Some("203.0.113.9");
    let cases: [(Option<&str>, Option<&str>, &[&str]); 7] = [
        (own, own, &[]),
        (own, Some("203.0.113.77"), &[]),
        (own, Some("198.51.100.9"), &OTHER),
        // What the proxy writes is no address, or it writes nothing.
        (Some("unknown"), Some("unknown"), &UNKNOWN),
        (Some("unknown"), own, &UNKNOWN),
        (own, Some("unknown"), &UNKNOWN),
        (None, None, &UNKNOWN),
    ];
    let hub = behind_proxy().await;
    let person = Person::default();
    let page = signed_in(&hub, &person).await;
    for (device, browser, expected) in cases {
        assert_warns(&hub, (&person, &page), (device, browser), expected).await;
    }
    hub.stop().await;
    // All requests come from the address of a proxy that the hub does not trust.
    let hub = TestHub::start().await;
    let person = Person::default();
    let page = signed_in(&hub, &person).await;
    for browser in [own, Some("198.51.100.9"), None] {
        assert_warns(&hub, (&person, &page), (own, browser), &UNKNOWN).await;
    }
    assert_warns(&hub, (&person, &page), (None, None), &[]).await;
    hub.stop().await;
}

/// Asks on a device, looks at the code in a browser, and expects these lines about their networks.
async fn assert_warns(
    hub: &TestHub,
    (person, page): (&Person, &Page),
    (device, browser): (Option<&str>, Option<&str>),
    expected: &[&str],
) {
    let code = ask_from(hub, device).await.user_code;
    let value = page.field("page");
    let form = [
        ("page", &*value),
        ("action", "look"),
        ("user_code", code.as_str()),
    ];
    let request = http().post(hub.url(PAGE)).form(&form);
    let asked = person.send(forwarded(request, browser)).await;
    asked.assert_says(200, &code);
    for part in expected {
        asked.assert_says(200, part);
    }
    let about = asked.body.matches("network").count();
    assert_eq!(about, expected.len(), "{device:?} {browser:?}");
}

/// Enters a code, from this address.
async fn look(hub: &TestHub, person: &Person, (value, code): (&str, &str), from: String) -> Page {
    let form = [("page", value), ("action", "look"), ("user_code", code)];
    let request = http().post(hub.url(PAGE)).form(&form);
    person.send(forwarded(request, Some(&from))).await
}

fn address(number: usize) -> String {
    format!("203.0.113.{number}")
}

/// Guesses in each of the sessions in turn, each time from another address; how many guesses were
/// looked up before one was not.
async fn guesses(hub: &TestHub, sessions: &[(&Person, &Page)]) -> usize {
    for (number, (person, page)) in sessions.iter().cycle().take(60).enumerate() {
        let value = page.field("page");
        let guess = look(hub, person, (&*value, WRONG), address(number)).await;
        if guess.status == StatusCode::TOO_MANY_REQUESTS {
            return number;
        }
        guess.assert_says(400, "unknown, has expired or was used");
    }
    panic!("never limited")
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_a_code_is_limited_from_whatever_address() {
    let hub = behind_proxy().await;
    let person = Person::default();
    let page = signed_in(&hub, &person).await;
    let guessed = guesses(&hub, &[(&person, &page)]).await;
    assert!(LOOKED_UP.contains(&guessed), "{guessed}");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_sessions_of_a_user_allow_no_more_guesses() {
    let hub = behind_proxy().await;
    let persons: [Person; 3] = Default::default();
    let mut pages = Vec::new();
    for person in &persons {
        pages.push(signed_in(&hub, person).await);
    }
    let sessions: Vec<_> = persons.iter().zip(&pages).collect();
    let guessed = guesses(&hub, &sessions).await;
    assert!(LOOKED_UP.contains(&guessed), "{guessed}");
    // Another user is not limited, at an address of the first one either.
    let other = Person::default();
    let page = signed_in_as(&hub, &other, seed::MAJA).await;
    let value = page.field("page");
    let typo = look(&hub, &other, (&*value, WRONG), address(0)).await;
    typo.assert_says(400, "unknown, has expired or was used");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_the_same_time_count_before_they_are_looked_up() {
    const AT_ONCE: usize = 60;
    let hub = behind_proxy().await;
    let person = Person::default();
    let page = signed_in(&hub, &person).await;
    let value = page.field("page");
    let guess = |number| look(&hub, &person, (&*value, WRONG), address(number));
    let guesses = join_all((0..AT_ONCE).map(guess)).await;
    let with = |status: StatusCode| guesses.iter().filter(|page| page.status == status).count();
    let looked_up = with(StatusCode::BAD_REQUEST);
    assert!(LOOKED_UP.contains(&looked_up), "{looked_up}");
    assert_eq!(looked_up + with(StatusCode::TOO_MANY_REQUESTS), AT_ONCE);
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
