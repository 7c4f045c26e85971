//! The cost of requests without a credential, which any client may send at any rate.

use argon2::{Argon2, password_hash::PasswordHasher};
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{
    hub::{REDIRECT_URI, TestHub, eventually, http},
    reply::Reply,
};

/// The hash of a secret takes no work that strangers could ask for. One of an older version is
/// good, and is replaced.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_hashed_by_an_older_version_is_valid_and_rehashed() {
    let hub = TestHub::start().await;
    let metadata = json!({ "redirect_uris": [REDIRECT_URI] });
    let registered = hub.register_with(&metadata).await.json();
    let text = |name: &str| registered[name].as_str().expect(name).to_owned();
    let (client_id, secret) = (text("client_id"), text("client_secret"));
    let hash = async || {
        let hash = "SELECT client_secret_hash FROM hub.clients WHERE client_secret_hash <> ''";
        hub.value(hash).await.expect("a hash")
    };
    let new = hash().await;
    let old = Argon2::default()
        .hash_password_with_salt(secret.as_bytes(), &[7; 16])
        .expect("a hash")
        .to_string();
    hub.sql(&format!(
        "UPDATE hub.clients SET client_secret_hash = '{old}'"
    ))
    .await;
    let present = |secret: &str| {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", &client_id),
            ("client_secret", secret),
        ];
        Reply::to(http().post(hub.url("/token")).form(&form))
    };
    present("bmh_cs_wrong")
        .await
        .oauth_error(401, "invalid_client");
    assert_eq!(hash().await, old);
    // It is the code that is missing.
    present(&secret).await.oauth_error(400, "invalid_request");
    let replaced = hash().await;
    let parameters = |hash: &str| hash.split('$').nth(3).map(str::to_owned);
    assert_eq!(parameters(&replaced), parameters(&new));
    assert_ne!(parameters(&replaced), parameters(&old));
    present(&secret).await.oauth_error(400, "invalid_request");
    hub.stop().await;
}

/// Anybody may ask whether the hub is ready, at any rate.
#[tokio::test(flavor = "multi_thread")]
async fn readiness_is_examined_once_a_second_at_most() {
    let (hub, proxy) = TestHub::start_behind_proxy().await;
    let (http, url) = (http(), hub.url("/ready"));
    let started = std::time::Instant::now();
    proxy.take_statements();
    for _ in 0..10 {
        let asked = join_all((0..50).map(|_| Reply::to(http.get(&url)))).await;
        assert!(asked.iter().all(|reply| reply.status == StatusCode::OK));
    }
    let seconds = usize::try_from(started.elapsed().as_secs()).expect("a few") + 1;
    let statements = proxy.take_statements();
    let examined = statements
        .iter()
        .filter(|text| text.contains("pg_is_in_recovery"));
    assert!(examined.count() <= seconds + 1);
    hub.stop().await;
}

/// Strangers choose these names.
#[tokio::test(flavor = "multi_thread")]
async fn names_of_no_space_are_not_looked_up() {
    let (hub, proxy) = TestHub::start_behind_proxy().await;
    let own = hub.address().to_string();
    let status = async |host: &str, slug: &str| {
        let request = http().get(hub.url(&format!("/spaces/{slug}/authorize")));
        Reply::to(request.header("host", host)).await.status
    };
    let round = std::cell::Cell::new(0);
    let statements = async || {
        round.set(round.get() + 1);
        proxy.take_statements();
        for number in 0..20 {
            let name = format!("name-{}-{number}", round.get());
            let host = format!("{name}.test");
            assert_eq!(status(&host, "x").await, StatusCode::MISDIRECTED_REQUEST);
            assert_eq!(status(&own, &name).await, StatusCode::NOT_FOUND);
        }
        let statements = proxy.take_statements();
        let is_lookup = |text: &&String| text.contains("FROM hub.spaces");
        statements.iter().filter(is_lookup).count()
    };
    eventually("nothing is looked up", async || statements().await == 0).await;

    // A new space is there as soon as it is heard of, and so is its end.
    hub.second_space("late").await;
    hub.sql("UPDATE hub.spaces SET hostnames = '{late.test}' WHERE slug = 'late'")
        .await;
    eventually("the new space is there by both names", async || {
        status(&own, "late").await == StatusCode::BAD_REQUEST
            && status("late.test", "x").await == StatusCode::NOT_FOUND
    })
    .await;
    hub.sql("DELETE FROM hub.spaces WHERE slug = 'late'").await;
    eventually("it is gone", async || {
        status(&own, "late").await == StatusCode::NOT_FOUND
            && status("late.test", "x").await == StatusCode::MISDIRECTED_REQUEST
    })
    .await;
    hub.stop().await;
}
