//! Backlog responds late, or never. The calls of all users wait side by side: the simulated Backlog
//! holds their requests until the test releases them.

use backlog_sim::{Id, Matcher, seed};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::support::{
    hub::{TestHub, sim},
    issuer::{Issuer, USER},
    person::{Person, call_request, result},
};

/// The requests that one user may have at Backlog at a time.
const OF_A_USER: usize = 32;

type Call = JoinHandle<reqwest::Result<reqwest::Response>>;

/// Starts calls of one user at the hub or space that `url` reaches.
fn start(url: &str, token: &str, tool: &str, number: usize) -> Vec<Call> {
    (0..number)
        .map(|_| tokio::spawn(call_request(url, token, tool, json!({})).send()))
        .collect()
}

async fn assert_served(calls: Vec<Call>) {
    for call in calls {
        let answer = call.await.expect("no panic").expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        let answer: Value = answer.json().await.expect("JSON");
        assert!(answer["result"].is_object(), "{answer}");
        assert_ne!(answer["result"]["isError"], true, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_of_many_users_are_at_backlog_at_once() {
    const USERS: [Id; 6] = [
        seed::HARUKA,
        seed::DANIEL,
        seed::MAJA,
        seed::KENTA,
        seed::LUCIA,
        seed::TOMASZ,
    ];
    const CALLS_EACH: usize = 27;
    const CALLS: usize = USERS.len() * CALLS_EACH;
    let hub = TestHub::start_with(|settings| {
        settings.observe.metrics = Some("127.0.0.1:0".parse().expect("an address"));
    })
    .await;
    let mut tokens = Vec::new();
    for user in USERS {
        let signed_in = Person::default().sign_in(&hub, user).await;
        tokens.push(signed_in.access_token);
    }
    let control = hub.sim.control();
    control.hold(Matcher::path("/api/v2/space"));
    let calls: Vec<_> = tokens
        .iter()
        .flat_map(|token| start(&hub.base_url, token, "get_space", CALLS_EACH))
        .collect();
    control.wait_for_held(CALLS).await;
    let in_progress = format!("\nbmh_calls_in_progress {CALLS}\n");
    let metrics = hub.metrics().await;
    assert!(metrics.contains(&in_progress), "{metrics}");
    control.release();
    assert_served(calls).await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_one_user_delays_no_call_and_no_sign_in_of_another() {
    let hub = TestHub::start().await;
    let daniel = Person::default().sign_in(&hub, seed::DANIEL).await;
    let maja = Person::default().sign_in(&hub, seed::MAJA).await;
    let control = hub.sim.control();
    control.hold(Matcher::path("/api/v2/space"));
    let burst = start(&hub.base_url, &daniel.access_token, "get_space", OF_A_USER);
    control.wait_for_held(OF_A_USER).await;
    assert_served(start(&hub.base_url, &maja.access_token, "get_myself", 1)).await;
    let kenta = Person::default().sign_in(&hub, seed::KENTA).await;
    assert_served(start(
        &hub.base_url,
        &kenta.access_token,
        "get_myself",
        OF_A_USER,
    ))
    .await;
    assert_eq!(control.held(), OF_A_USER, "the burst still waits");
    control.release();
    assert_served(burst).await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_space_that_hangs_delays_no_call_of_another_space() {
    let hub = TestHub::start().await;
    let hanging = sim().await;
    let [served, stuck, _] = Issuer::three_at(&hub, [&hanging, &hub.sim]).await;
    let sign_in = async |issuer: &Issuer| -> String {
        let registered = issuer.register("none").await;
        let client_id = registered["client_id"].as_str().expect("an id");
        let code = issuer.code(&hub, client_id).await;
        let tokens = issuer.exchange(client_id, &code).await.json();
        tokens["access_token"].as_str().expect("a token").to_owned()
    };
    let (of_served, of_stuck) = (sign_in(&served).await, sign_in(&stuck).await);
    let control = hanging.control();
    control.hold(Matcher::any());
    let calls = start(&stuck.url, &of_stuck, "get_myself", OF_A_USER);
    control.wait_for_held(OF_A_USER).await;
    // The same user at another space, which is another Backlog.
    let answer = served.call(&of_served).await.json();
    assert_eq!(result(&answer)["id"], json!(USER));
    assert_served(start(&served.url, &of_served, "get_myself", OF_A_USER)).await;
    assert_eq!(control.held(), OF_A_USER, "the space still hangs");
    control.release();
    assert_served(calls).await;
    hub.stop().await;
}
