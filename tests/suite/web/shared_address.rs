//! Many users behind one address: refreshes, sign-ins and revocations that succeed do not count
//! against it. New registrations, sign-ins and documents have limits of their own.

use std::cell::Cell;

use backlog_mcp_hub::config::BaseUrl;
use backlog_sim::seed;
use foundation::random::Random;
use oauth_values::token::RefreshToken;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{
    behind_proxy::{
        AT_A_TIME, HOST, MANY, SOMEBODY, SOMEBODY_ELSE, assert_retry_after, authorize,
        behind_proxy, request, until_limited,
    },
    hub::{TestHub, http},
    person::{Person, authorize_url_with},
    reply::Reply,
    site::Site,
};

/// A company behind one address: what its users do right is not counted against it.
#[tokio::test(flavor = "multi_thread")]
async fn a_company_behind_one_address_refreshes_signs_in_and_revokes() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let refresh_tokens = many_grants(&hub, 300).await;
    let (replica, url) = hub
        .replica_with(|settings| {
            settings.base_url =
                Some(BaseUrl::parse(&format!("https://{HOST}")).expect("a base URL"));
            settings.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
        })
        .await;
    let post = |path: &str| {
        http()
            .post(format!("{url}{path}"))
            .header("host", HOST)
            .header("x-forwarded-for", SOMEBODY)
    };
    let refresh = |token: &str| {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", &tokens.client_id),
            ("refresh_token", token),
        ];
        Reply::to(post("/token").form(&form))
    };
    let mut renewed = Vec::new();
    for token in &refresh_tokens {
        let reply = refresh(token).await;
        assert_eq!(
            reply.status,
            StatusCode::OK,
            "{}: {}",
            renewed.len(),
            reply.body
        );
        let token = reply.json()["refresh_token"]
            .as_str()
            .expect("a token")
            .to_owned();
        renewed.push(token);
    }
    for number in 0..100 {
        let url = authorize_url_with(
            &Site::new(format!("https://{HOST}")),
            &tokens.client_id,
            &[],
        );
        let path = url
            .strip_prefix(&format!("https://{HOST}"))
            .expect("a URL of the hub");
        let page = http()
            .get(format!("http://{}{path}", replica.address))
            .header("host", HOST)
            .header("x-forwarded-for", SOMEBODY);
        let page = Reply::to(page).await;
        assert_eq!(page.status, StatusCode::OK, "{number}: {}", page.body);
    }
    for number in 0..150 {
        let metadata = json!({
            "redirect_uris": [format!("https://client.example/{number}")],
            "token_endpoint_auth_method": "none",
        });
        let reply = Reply::to(post("/register").json(&metadata)).await;
        assert_eq!(
            reply.status,
            StatusCode::CREATED,
            "{number}: {}",
            reply.body
        );
    }
    // One of the company whose client runs in circles is limited, and the others are not. Its
    // token has the form of an older version, so what it asks for is looked up.
    let stale = RefreshToken::generate(&Random::system());
    let circling = async || refresh(stale.reveal()).await.status == StatusCode::TOO_MANY_REQUESTS;
    let mut failed = 0;
    while !circling().await {
        failed += 1;
        assert!(failed < MANY, "what fails is limited");
    }
    assert!(failed >= 60, "{failed}");
    let last = renewed.pop().expect("a token");
    for token in &renewed {
        let form = [("token", token.as_str()), ("client_id", &tokens.client_id)];
        let reply = Reply::to(post("/revoke").form(&form)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    }
    let right = refresh(&last).await;
    assert_eq!(right.status, StatusCode::OK, "{}", right.body);
    replica.stop().await;
    hub.stop().await;
}

/// More grants like the only one there is, at the base URL that is not loopback; their refresh
/// tokens.
async fn many_grants(hub: &TestHub, number: usize) -> Vec<String> {
    hub.sql(&format!(
        "UPDATE hub.grants SET issuer = 'https://{HOST}', resource = 'https://{HOST}/mcp'"
    ))
    .await;
    let mut tokens = Vec::new();
    for _ in 0..number {
        tokens.push(last_grant(hub).await);
    }
    tokens
}

/// One more grant; its refresh token.
async fn last_grant(hub: &TestHub) -> String {
    let token = RefreshToken::generate(&Random::system());
    let id = hub.value("SELECT gen_random_uuid()::text").await;
    let id = id.expect("an id");
    hub.sql(&format!(
        "INSERT INTO hub.grants
         SELECT (jsonb_populate_record(one, jsonb_build_object('id', '{id}'))).*
         FROM hub.grants AS one WHERE revoked_at IS NULL LIMIT 1"
    ))
    .await;
    hub.sql(&format!(
        "INSERT INTO hub.refresh_tokens (token_hash, grant_id, scopes, expires_at)
         VALUES ('\\x{}', '{id}', '{{backlog:read}}', clock_timestamp() + interval '1 day')",
        token.hash().to_hex()
    ))
    .await;
    token.reveal().to_owned()
}

/// What costs something although it succeeds is limited as well, with more room.
#[tokio::test(flavor = "multi_thread")]
async fn new_work_of_one_address_is_bounded() {
    let hub = behind_proxy(true).await;
    let number = Cell::new(0);
    let new_client = || {
        number.set(number.get() + 1);
        let metadata = json!({
            "redirect_uris": [format!("https://client.example/{}", number.get())],
            "token_endpoint_auth_method": "none",
        });
        request(&hub, Method::POST, "/register", SOMEBODY).json(&metadata)
    };
    let registered = Reply::to(new_client()).await.json();
    let client = registered["client_id"].as_str().expect("a client_id");
    let (allowed, refusal) = until_limited(new_client).await;
    assert!(allowed >= 300 - AT_A_TIME, "{allowed}");
    refusal.oauth_error(429, "temporarily_unavailable");
    // What is there already is no new work.
    let metadata = json!({
        "redirect_uris": ["https://client.example/1"], "token_endpoint_auth_method": "none",
    });
    for _ in 0..3 {
        let again = request(&hub, Method::POST, "/register", SOMEBODY).json(&metadata);
        let again = Reply::to(again).await;
        assert_eq!(again.status, StatusCode::CREATED, "{}", again.body);
        assert_eq!(again.json()["client_id"], client);
    }
    let begin = || {
        let changes = [("redirect_uri", Some("https://client.example/1"))];
        let url = authorize_url_with(&hub, client, &changes);
        let path = url.strip_prefix(&hub.base_url).expect("a URL of the hub");
        request(&hub, Method::GET, path, SOMEBODY)
    };
    let (allowed, refusal) = until_limited(begin).await;
    assert!(allowed >= 600 - AT_A_TIME, "{allowed}");
    refusal.page(429);
    assert_retry_after(&refusal);
    let rows = "SELECT count(*)::text FROM hub.authorization_requests";
    let rows: usize = hub
        .value(rows)
        .await
        .expect("a count")
        .parse()
        .expect("a number");
    assert!(rows <= allowed + AT_A_TIME, "{rows}");
    // Documents of strangers are fetched for an address a few times only.
    let fetch = || authorize(&hub, "https://nobody.invalid/client.json", SOMEBODY_ELSE);
    let (allowed, refusal) = until_limited(fetch).await;
    assert!((20 - AT_A_TIME..=40).contains(&allowed), "{allowed}");
    refusal.page(429);
    hub.stop().await;
}
