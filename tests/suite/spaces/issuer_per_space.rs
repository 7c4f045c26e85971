//! The hub has several issuers: itself, a space by path, and a space by host name. A sign-in at a
//! space's own host name ends in that space, and a disabled space admits no user at any of them.
//! The tests in `isolation` show that nothing which one issuer gave out is accepted at another.

use backlog_sim::seed;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{
    hub::{TestHub, eventually},
    issuer::{Credentials, HOST_NAME, Issuer, USER},
    person::{Person, result},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_at_a_host_name_of_its_own_ends_in_its_space() {
    let hub = TestHub::start().await;
    let [.., third] = Issuer::three(&hub).await;
    let registered = third.register("none").await;
    let client_id = registered["client_id"].as_str().expect("an id");
    let code = third.code(&hub, client_id).await;
    let tokens = third.exchange(client_id, &code).await.json();
    let token = tokens["access_token"].as_str().expect("a token");
    let me = third.call(token).await.json();
    assert_eq!(result(&me)["id"], json!(USER));
    let space = "SELECT spaces.slug || ' ' || grants.issuer || ' ' || grants.resource
                 FROM hub.grants JOIN hub.spaces ON spaces.id = grants.space_id";
    let expected = format!("third https://{HOST_NAME} https://{HOST_NAME}/mcp");
    assert_eq!(hub.value(space).await, Some(expected));

    // Backlog knows one address to answer at, the hub's, whichever host the person is at.
    let person = Person::default();
    let page = third.authorize(&person, client_id).await;
    let forward = third.consent(&person, &page).await;
    let callback = person
        .sign_in_at_backlog(&forward.refresh(), seed::MAJA, "approve")
        .await;
    // Another browser is sent to the same place, and refused there.
    let stranger = Person::default();
    let onward = stranger.get(&callback).await.location.expect("a location");
    let path = onward
        .strip_prefix(&third.url)
        .unwrap_or_else(|| panic!("sent to {onward}"));
    let page = stranger.send(third.request(Method::GET, path)).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.body);
    let page = person.send(third.request(Method::GET, path)).await;
    let answer = third.confirm(&person, page).await;
    assert_eq!(answer.get("iss"), third.url);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_space_admits_no_user_anywhere_until_it_is_enabled() {
    let hub = TestHub::start().await;
    let (replica, replica_url) = hub.replica().await;
    let [_, second, third] = Issuer::three(&hub).await;
    for (issuer, slug) in [(second, "second"), (third, "third")] {
        let own = Credentials::from(&hub, &issuer).await;
        let set = async |value: &str| {
            let disable =
                format!("UPDATE hub.spaces SET disabled_at = {value} WHERE slug = '{slug}'");
            assert_eq!(hub.sql(&disable).await, 1);
        };
        let at_replica = Issuer {
            url: issuer.url.clone(),
            reach: issuer.reach.replace(&hub.base_url, &replica_url),
            host: issuer.host.clone(),
            http: issuer.http.clone(),
        };
        let status = async |issuer: &Issuer| issuer.call(&own.access_token).await.status;
        assert_eq!(status(&at_replica).await, StatusCode::OK);

        set("clock_timestamp()").await;
        for issuer in [&issuer, &at_replica] {
            eventually("the endpoint is closed", async || {
                status(issuer).await == StatusCode::FORBIDDEN
            })
            .await;
            let page = issuer.authorize(&Person::default(), &own.client_id).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.body);
            page.assert_says(403, slug);
            let page = issuer.consent(&own.person, &own.consent).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.body);
            let before = hub.state().await;
            let exchanged = issuer.exchange(&own.client_id, &own.code).await;
            let description = exchanged.oauth_error(400, "access_denied");
            assert!(description.contains("disabled"), "{description}");
            let refreshed = issuer.refresh(None, &own.refresh_token).await;
            let description = refreshed.oauth_error(400, "access_denied");
            assert!(description.contains("disabled"), "{description}");
            assert_eq!(hub.state().await, before);
        }

        // Nothing was lost: what was refused works when the space is back.
        set("NULL").await;
        eventually("the endpoint is open", async || {
            status(&at_replica).await == StatusCode::OK
        })
        .await;
        let refreshed = issuer.refresh(None, &own.refresh_token).await;
        assert_eq!(refreshed.status, StatusCode::OK, "{}", refreshed.body);
        let forward = issuer.consent(&own.person, &own.consent).await;
        assert_eq!(forward.status, StatusCode::OK, "{}", forward.body);
    }
    replica.stop().await;
    hub.stop().await;
}
