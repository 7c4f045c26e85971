//! From which networks clients may use a space, behind proxies and without.

use backlog_sim::seed;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    hub::{REDIRECT_URI, TestHub, eventually, http},
    person::{Person, Tokens, VERIFIER, authorize_url, call_request, tokens as tokens_of},
    reply::Reply,
};

const INSIDE: &str = "203.0.113.9";
const OUTSIDE: &str = "198.51.100.9";

async fn behind_proxies() -> TestHub {
    TestHub::start_with(|settings| {
        settings.trusted_proxies = ["127.0.0.0/8", "10.0.0.0/8"]
            .map(|network| network.parse().unwrap())
            .into();
    })
    .await
}

async fn allow(hub: &TestHub, networks: &str) {
    hub.sql(&format!(
        "SELECT admin.allow_networks(slug, '{networks}') FROM hub.spaces"
    ))
    .await;
}

fn from(request: RequestBuilder, hops: &str) -> RequestBuilder {
    match hops {
        "" => request,
        hops => request.header("x-forwarded-for", hops),
    }
}

async fn call(hub: &TestHub, tokens: &Tokens, hops: &str) -> Reply {
    let request = call_request(&hub.base_url, &tokens.access_token, "get_myself", json!({}));
    Reply::to(from(request, hops)).await
}

async fn token(hub: &TestHub, form: &[(&str, &str)], hops: &str) -> (StatusCode, Value) {
    let reply = Reply::to(from(http().post(hub.url("/token")).form(form), hops)).await;
    (reply.status, reply.json())
}

async fn refresh(hub: &TestHub, tokens: &Tokens, hops: &str) -> (StatusCode, Value) {
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", &*tokens.client_id),
        ("refresh_token", &*tokens.refresh_token),
    ];
    token(hub, &form, hops).await
}

/// Waits until the hub has heard of the networks, of which one is `inside` and one is not.
async fn heard(hub: &TestHub, tokens: &Tokens, (inside, outside): (&str, &str)) {
    eventually("the networks are heard of", async || {
        call(hub, tokens, inside).await.status == 200
            && call(hub, tokens, outside).await.status == 403
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_space_is_used_from_its_networks_only() {
    let hub = behind_proxies().await;
    let mut tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    assert_eq!(call(&hub, &tokens, OUTSIDE).await.status, 200);
    allow(&hub, "{203.0.113.0/24,2001:db8:1::/48,10.1.0.0/16}").await;
    heard(&hub, &tokens, (INSIDE, OUTSIDE)).await;
    for (hops, is_inside) in [
        (INSIDE, true),
        ("203.0.113.255:4711", true),
        ("::ffff:203.0.113.9", true),
        ("2001:db8:1:2::3", true),
        ("[2001:db8:1::1]:443", true),
        // Through two proxies, and of a client among the proxies.
        ("203.0.113.9, 10.0.0.1", true),
        ("10.1.2.3", true),
        ("10.1.2.3, 10.0.0.1", true),
        (OUTSIDE, false),
        ("203.0.114.9", false),
        ("::ffff:198.51.100.9", false),
        ("2001:db8:2::1", false),
        ("::203.0.113.9", false),
        ("64:ff9b::203.0.113.9", false),
        // What the sender itself wrote counts for nothing.
        ("203.0.113.9, 198.51.100.9", false),
        ("203.0.113.9, 198.51.100.9, 10.0.0.1", false),
        ("10.1.2.3, 198.51.100.9", false),
        // A proxy that does not say where a request came from, or nothing that can be read.
        ("", false),
        ("unknown", false),
        ("203.0.113.9, unknown", false),
        ("10.1.2.3, unknown", false),
    ] {
        let reply = call(&hub, &tokens, hops).await;
        let (status, body) = refresh(&hub, &tokens, hops).await;
        if is_inside {
            assert_eq!(reply.status, 200, "{hops:?} {}", reply.body);
            assert_eq!(status, 200, "{hops:?} {body}");
            tokens = tokens_of(&tokens.client_id, &body);
            continue;
        }
        assert_eq!(reply.status, 403, "{hops:?} {}", reply.body);
        let refused = reply.json();
        assert_eq!(refused["error"], "access_denied", "{hops:?} {refused}");
        let description = refused["error_description"].as_str().expect("a text");
        assert!(description.contains("from this network"), "{refused}");
        assert!(!reply.headers.contains_key("www-authenticate"));
        assert_eq!(status, 400, "{hops:?} {body}");
        assert_eq!(body["error"], "access_denied", "{hops:?} {body}");
    }
    assert_eq!(hub.revoked_reason().await, None);

    allow(&hub, "{all}").await;
    eventually("the limit is lifted", async || {
        call(&hub, &tokens, OUTSIDE).await.status == 200
    })
    .await;
    hub.stop().await;
}

/// The header of a sender that is no trusted proxy counts for nothing.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_trusted_proxy_the_connection_counts() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    allow(&hub, "{127.0.0.0/8}").await;
    for hops in ["", OUTSIDE, "unknown"] {
        assert_eq!(call(&hub, &tokens, hops).await.status, 200, "{hops:?}");
    }
    allow(&hub, "{203.0.113.0/24,::/0}").await;
    eventually("the networks are heard of", async || {
        call(&hub, &tokens, "").await.status == 403
    })
    .await;
    for hops in [INSIDE, "2001:db8::1"] {
        assert_eq!(call(&hub, &tokens, hops).await.status, 403, "{hops:?}");
        assert_eq!(refresh(&hub, &tokens, hops).await.0, 400, "{hops:?}");
    }
    hub.stop().await;
}

/// A browser may be anywhere, and a sign-out is allowed from everywhere. A code is not used up.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_signs_in_from_anywhere_and_the_client_gets_tokens_inside() {
    let hub = behind_proxies().await;
    allow(&hub, "{203.0.113.0/24}").await;
    let client_id = hub.register().await;
    let person = Person::default();
    let url = authorize_url(&hub, &client_id);
    let page = person.send(from(http().get(url), OUTSIDE)).await;
    page.assert_says(200, "name=\"csrf\"");
    let answer = person.authorize(&hub, &client_id, seed::DANIEL).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", &*client_id),
        ("code", answer.get("code")),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    let (status, body) = token(&hub, &form, OUTSIDE).await;
    assert_eq!(status, 400, "{body}");
    assert_eq!(body["error"], "access_denied");
    let (status, body) = token(&hub, &form, INSIDE).await;
    assert_eq!(status, 200, "{body}");
    let tokens = tokens_of(&client_id, &body);
    let form = [
        ("token", &*tokens.refresh_token),
        ("client_id", &*client_id),
    ];
    let revoked = Reply::to(from(http().post(hub.url("/revoke")).form(&form), OUTSIDE)).await;
    assert_eq!(revoked.status, 200, "{}", revoked.body);
    assert_eq!(hub.revoked_reason().await.as_deref(), Some("by_client"));
    hub.stop().await;
}

/// Of two spaces of one hub, each has its own networks.
#[tokio::test(flavor = "multi_thread")]
async fn the_networks_of_a_space_are_its_own() {
    let hub = behind_proxies().await;
    hub.second_space("second").await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    hub.sql("SELECT admin.allow_networks('second', '{203.0.113.0/24}')")
        .await;
    assert_eq!(call(&hub, &tokens, OUTSIDE).await.status, 200);
    // Without a token, nobody learns of the limit.
    let request = http().post(hub.url("/spaces/second/mcp")).body("{}");
    assert_eq!(Reply::to(from(request, OUTSIDE)).await.status, 401);
    hub.stop().await;
}
