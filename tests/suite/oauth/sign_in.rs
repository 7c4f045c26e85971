//! The main path: a client registers, a person signs in through Backlog, tools work.

use backlog_sim::seed;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{
    hub::TestHub,
    person::{EVERY_SCOPE, Person, call, exchange, refresh, result, tokens},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_user_signs_in_and_the_tools_act_as_that_user() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client_id = hub.register().await;

    let answer = person.authorize(&hub, &client_id, seed::DANIEL).await;
    assert_eq!(answer.get("iss"), hub.base_url);
    assert_eq!(answer.get("state"), "the-state");
    let (status, body) = exchange(&hub.base_url, &client_id, answer.get("code")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 3600);
    assert_eq!(body["scope"], EVERY_SCOPE);
    let tokens = tokens(&client_id, &body);

    let (status, me) = call(&hub.base_url, &tokens.access_token, "get_myself", json!({})).await;
    assert_eq!(status, StatusCode::OK, "{me}");
    assert_eq!(result(&me)["id"], json!(seed::DANIEL));

    let (status, body) = refresh(&hub.base_url, &tokens).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    hub.stop().await;
}
