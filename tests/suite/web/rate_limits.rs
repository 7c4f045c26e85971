//! Rate limits as clients meet them: the limits on failures and the limit of a grant. The limits on
//! successful requests of one address are in `web/shared_address.rs`.

use std::{cell::Cell, num::NonZeroU32};

use backlog_mcp_hub::config::{BaseUrl, GrantQuota};
use backlog_sim::seed;
use foundation::random::Random;
use oauth_values::token::AccessToken;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::json;
use url::Url;

use crate::support::{
    behind_proxy::{
        AT_A_TIME, HOST, MANY, Proxied, SOMEBODY, SOMEBODY_ELSE, assert_retry_after, authorize,
        behind_proxy, request, until_limited,
    },
    hub::{REDIRECT_URI, TestHub},
    person::{Person, call_request},
    reply::Reply,
};

fn register(hub: &Proxied, from: &str) -> RequestBuilder {
    // Wrong, and so it counts.
    request(hub, Method::POST, "/register", from).json(&json!({}))
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_registrations_are_limited_per_address() {
    let hub = behind_proxy(true).await;
    let cors = || register(&hub, SOMEBODY).header("origin", "https://inspector.example");
    let (allowed, refusal) = until_limited(cors).await;
    assert!(allowed >= 120 - AT_A_TIME, "{allowed}");
    refusal.oauth_error(429, "temporarily_unavailable");
    assert_retry_after(&refusal);
    // The browser of a client may read the refusal (rule 9).
    assert!(!refusal.header("access-control-allow-origin").is_empty());

    // Others are not concerned, nor is what somebody does elsewhere.
    let reply = Reply::to(register(&hub, SOMEBODY_ELSE)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let reply = Reply::to(authorize(&hub, "nobody", SOMEBODY)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    // One network of IPv6 is one household, the next one is another.
    until_limited(|| register(&hub, "2001:db8:1::1")).await;
    let (allowed, _) = until_limited(|| register(&hub, "2001:db8:1::2")).await;
    assert!(allowed < 60, "{allowed}: a share of its own");
    let reply = Reply::to(register(&hub, "2001:db8:2::1")).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_20_two_clients_behind_one_address_do_not_use_up_each_others_share() {
    let hub = behind_proxy(true).await;
    // Registered for other redirect URIs than the one they name.
    let [one, two] = ["https://one.example/cb", "https://two.example/cb"].map(async |uri| {
        let metadata = json!({ "redirect_uris": [uri], "token_endpoint_auth_method": "none" });
        let reply = request(&hub, Method::POST, "/register", SOMEBODY).json(&metadata);
        let reply = Reply::to(reply).await.json();
        reply["client_id"].as_str().expect("a client_id").to_owned()
    });
    let (one, two) = (one.await, two.await);
    let (allowed, refusal) = until_limited(|| authorize(&hub, &one, SOMEBODY)).await;
    assert!(allowed >= 600 - AT_A_TIME, "{allowed}");
    refusal.page(429);
    assert_retry_after(&refusal);
    let reply = Reply::to(authorize(&hub, &two, SOMEBODY)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let reply = Reply::to(authorize(&hub, &one, SOMEBODY_ELSE)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);

    let token = |client_id: &'static str| {
        let form = [("grant_type", "refresh_token"), ("client_id", client_id)];
        request(&hub, Method::POST, "/token", SOMEBODY).form(&form)
    };
    let (allowed, refusal) = until_limited(|| token("one")).await;
    assert!(allowed >= 240 - AT_A_TIME, "{allowed}");
    refusal.oauth_error(429, "temporarily_unavailable");
    assert_retry_after(&refusal);
    let reply = Reply::to(token("two")).await;
    reply.oauth_error(400, "invalid_request");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_endpoints_of_a_sign_in_are_limited_too() {
    let hub = behind_proxy(true).await;
    let consent = || request(&hub, Method::POST, "/consent", SOMEBODY).form(&[("request", "x")]);
    let callback = || request(&hub, Method::GET, "/callback?state=x", SOMEBODY);
    let revoke = || request(&hub, Method::POST, "/revoke", SOMEBODY).form(&[("wrong", "x")]);
    for refusal in [
        until_limited(consent).await.1,
        until_limited(callback).await.1,
    ] {
        refusal.page(429);
        assert_retry_after(&refusal);
    }
    let (_, refusal) = until_limited(revoke).await;
    refusal.oauth_error(429, "temporarily_unavailable");
    assert_retry_after(&refusal);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_that_succeed_use_up_nobodys_share() {
    let hub = behind_proxy(true).await;
    let metadata = json!({ "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none" });
    let registered = request(&hub, Method::POST, "/register", SOMEBODY).json(&metadata);
    let registered = Reply::to(registered).await.json();
    let client = registered["client_id"].as_str().expect("a client_id");
    let person = Person::default();
    let consent = person.send(authorize(&hub, client, SOMEBODY)).await;
    let form = [
        ("request", consent.field("request")),
        ("csrf", consent.field("csrf")),
        ("space", consent.field("space")),
        ("access", "read".to_owned()),
        ("decision", "approve".to_owned()),
    ];
    let approval = request(&hub, Method::POST, "/consent", SOMEBODY).form(&form);
    let forward = person.send(approval).await.refresh();
    let forward = Url::parse(&forward).expect("a URL");
    let state = forward.query_pairs().find(|(name, _)| name == "state");
    let path = format!(
        "/callback?error=access_denied&state={}",
        state.expect("a state").1
    );
    // More right answers than wrong ones are allowed.
    for _ in 0..700 {
        let page = person
            .send(request(&hub, Method::GET, &path, SOMEBODY))
            .await;
        assert_eq!(page.status, StatusCode::FOUND, "{}", page.body);
        hub.sql("UPDATE hub.authorization_requests SET finished_at = NULL")
            .await;
    }
    let wrong = || request(&hub, Method::GET, "/callback?state=x", SOMEBODY);
    let (failed, _) = until_limited(wrong).await;
    assert!(failed >= 600 - AT_A_TIME, "{failed}");
    // A neighbor who fails keeps nobody from what is right.
    let page = person
        .send(request(&hub, Method::GET, &path, SOMEBODY))
        .await;
    assert_eq!(page.status, StatusCode::FOUND, "{}", page.body);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_of_older_versions_are_looked_up_a_few_times_only() {
    let hub = behind_proxy(true).await;
    let guess = || {
        let token = AccessToken::generate(&Random::system());
        request(&hub, Method::POST, "/mcp", SOMEBODY)
            .bearer_auth(token.reveal())
            .json(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }))
    };
    let (allowed, refusal) = until_limited(guess).await;
    assert!((60 - AT_A_TIME..=120).contains(&allowed), "{allowed}");
    assert_retry_after(&refusal);
    // A client that has no token yet is still told where to sign in.
    let reply = Reply::to(request(&hub, Method::POST, "/mcp", SOMEBODY)).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_the_secret_of_a_client_is_limited_for_that_client() {
    let hub = behind_proxy(true).await;
    let register = async || {
        let metadata = json!({ "redirect_uris": [REDIRECT_URI] });
        let reply = request(&hub, Method::POST, "/register", SOMEBODY).json(&metadata);
        let reply = Reply::to(reply).await.json();
        let text = |name: &str| reply[name].as_str().expect(name).to_owned();
        (text("client_id"), text("client_secret"))
    };
    let (one, secret) = register().await;
    let (two, _) = register().await;
    let guess = |client: &str, secret: &str| {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("client_secret", secret),
        ];
        request(&hub, Method::POST, "/token", SOMEBODY).form(&form)
    };
    let (allowed, refusal) = until_limited(|| guess(&one, "bmh_cs_wrong")).await;
    assert!((60 - AT_A_TIME..=120).contains(&allowed), "{allowed}");
    refusal.oauth_error(429, "temporarily_unavailable");
    // The right one is let in all the same: comparing one that the hub made costs nothing.
    let right = Reply::to(guess(&one, &secret)).await;
    right.oauth_error(400, "invalid_request");
    let other = Reply::to(guess(&two, "bmh_cs_wrong")).await;
    other.oauth_error(401, "invalid_client");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_with_too_many_requests_is_limited_and_others_are_not() {
    let hub = TestHub::start().await;
    let [busy, quiet] = [seed::DANIEL, seed::MAJA].map(async |user| {
        let tokens = Person::default().sign_in(&hub, user).await;
        tokens.access_token
    });
    let (busy, quiet) = (busy.await, quiet.await);
    // The same sign-ins at a base URL that is not loopback, where grants are counted.
    hub.sql(&format!(
        "UPDATE hub.grants SET resource = 'https://{HOST}/mcp'"
    ))
    .await;
    let (replica, url) = hub
        .replica_with(|settings| {
            settings.base_url =
                Some(BaseUrl::parse(&format!("https://{HOST}")).expect("a base URL"));
            settings.grant_quota = GrantQuota {
                per_second: NonZeroU32::MIN,
                burst: NonZeroU32::MIN,
            };
        })
        .await;
    let call = |token: &str| {
        call_request(&url, token, "get_space", json!({}))
            .header("host", HOST)
            .header("origin", "https://inspector.example")
    };
    let (_, refusal) = until_limited(|| call(&busy)).await;
    refusal.oauth_error(429, "temporarily_unavailable");
    assert_retry_after(&refusal);
    // A client in a browser sees how long.
    let exposed = refusal.list("access-control-expose-headers");
    assert!(
        exposed.iter().any(|name| name == "retry-after"),
        "{exposed:?}"
    );
    let answered = Reply::to(call(&quiet)).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.body);
    replica.stop().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_counts_for_each_of_its_messages() {
    const BURST: u32 = 10;
    let hub = TestHub::start().await;
    let [large, small] = [seed::DANIEL, seed::MAJA].map(async |user| {
        let tokens = Person::default().sign_in(&hub, user).await;
        tokens.access_token
    });
    let (large, small) = (large.await, small.await);
    hub.sql(&format!(
        "UPDATE hub.grants SET resource = 'https://{HOST}/mcp'"
    ))
    .await;
    let (replica, url) = hub
        .replica_with(|settings| {
            settings.base_url =
                Some(BaseUrl::parse(&format!("https://{HOST}")).expect("a base URL"));
            settings.grant_quota = GrantQuota {
                per_second: NonZeroU32::MIN,
                burst: NonZeroU32::new(BURST).expect("not zero"),
            };
        })
        .await;
    hub.sim.control().clear_journal();
    let batch = |token: &str, length: u32| {
        let call = |id| {
            json!({"jsonrpc": "2.0", "id": id, "method": "tools/call",
                   "params": {"name": "get_space", "arguments": {}}})
        };
        let batch: Vec<_> = (0..length).map(call).collect();
        let request = crate::support::mcp::request(&format!("{url}/mcp"), Some(token));
        Reply::to(request.header("host", HOST).json(&batch))
    };
    let refused = batch(&large, 2 * BURST).await;
    refused.oauth_error(429, "temporarily_unavailable");
    assert_retry_after(&refused);
    let journal = hub.sim.control().journal();
    assert!(journal.is_empty(), "none of its messages was served");
    let answered = batch(&small, BURST).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.body);
    replica.stop().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forwarded_address_is_believed_from_no_stranger() {
    let hub = behind_proxy(false).await;
    let mut sender = 0_u32;
    let mut from_another_each_time = || {
        sender += 1;
        let [_, a, b, c] = sender.to_be_bytes();
        register(&hub, &format!("10.{a}.{b}.{c}"))
    };
    let mut limited = false;
    for _ in 0..MANY {
        let reply = Reply::to(from_another_each_time()).await;
        limited = reply.status == StatusCode::TOO_MANY_REQUESTS;
        if limited {
            break;
        }
    }
    assert!(limited, "whoever writes the header escapes the limit");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forwarded_addresses_written_by_a_client_are_ignored() {
    let hub = behind_proxy(true).await;
    // The proxy appends the address it saw; the client wrote what stands before.
    let forged = |number: usize| format!("10.0.{}.{}, {SOMEBODY}", number / 256, number % 256);
    let number = Cell::new(0);
    let from_another_each_time = || {
        number.set(number.get() + 1);
        register(&hub, &forged(number.get()))
    };
    until_limited(from_another_each_time).await;
    let (allowed, _) = until_limited(from_another_each_time).await;
    assert!(allowed < 60, "{allowed}: a share of its own");
    let honest = Reply::to(register(&hub, SOMEBODY_ELSE)).await;
    assert_eq!(honest.status, StatusCode::BAD_REQUEST);
    hub.stop().await;
}
