//! The mix-up attack of RFC 9700 §4.4: all spaces share one callback, and each authorization code
//! is sent only to the space that issued it.

use backlog_sim::{BacklogSim, Matcher, fingerprint, seed};
use reqwest::header::REFERER;
use url::Url;

use crate::support::{
    hub::{TestHub, http, sim},
    person::{Person, authorize_url_with, param},
};

/// Approves a sign-in to a space; where the browser goes for it.
async fn approve(hub: &TestHub, person: &Person, client: &str, space: &str) -> Url {
    let resource = hub.url(&format!("/spaces/{space}/mcp"));
    let url = authorize_url_with(hub, client, &[("resource", Some(&resource))]);
    let consent = person.get(&url).await;
    let forward = person.decide(hub, &consent, "approve").await;
    Url::parse(&forward.refresh()).expect("a URL")
}

/// The codes that a site was asked to exchange, as the journal shows them.
fn codes(sim: &BacklogSim) -> Vec<String> {
    let journal = sim.control().journal();
    let exchanges = journal
        .iter()
        .filter(|entry| entry.path == "/api/v2/oauth2/token");
    exchanges
        .map(|entry| entry.param("code").expect("a code").to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_of_a_space_goes_to_that_space_only() {
    let hub = TestHub::start().await;
    let other = sim().await;
    hub.space_at("other", &other).await;
    let client = hub.register().await;
    let person = Person::default();

    // Two sign-ins of one browser at a time, answered in the other order.
    let at_ours = approve(&hub, &person, &client, "default").await;
    let at_other = approve(&hub, &person, &client, "other").await;
    let mut answers = Vec::new();
    for page in [&at_other, &at_ours] {
        let callback = person
            .sign_in_at_backlog(page.as_str(), seed::DANIEL, "approve")
            .await;
        answers.push(callback);
    }
    for callback in &answers {
        person.return_to_client(callback).await.get("code");
    }
    let [of_other, of_ours] = [&answers[0], &answers[1]].map(|url| param(url, "code"));
    assert_eq!(codes(&hub.sim), [fingerprint(&of_ours)]);
    assert_eq!(codes(&other), [fingerprint(&of_other)]);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_space_that_leads_the_browser_to_another_one_does_not_get_its_code() {
    let hub = TestHub::start().await;
    let hostile = sim().await;
    hub.space_at("hostile", &hostile).await;
    let client = hub.register().await;
    let person = Person::default();
    let page = approve(&hub, &person, &client, "hostile").await;

    // Instead of asking, it sends the browser on: the same question, put to our Backlog.
    let mut led_on = hub.sim.url();
    led_on.set_path(page.path());
    led_on.set_query(page.query());
    let callback = person
        .sign_in_at_backlog(led_on.as_str(), seed::DANIEL, "approve")
        .await;
    let before = hub.state().await;
    let from = |origin: &Url| http().get(&callback).header(REFERER, origin.as_str());
    let refused = person.send(from(&hub.sim.url())).await;
    refused.assert_says(400, "The response came from a different Backlog space");
    assert_eq!(hub.state().await, before, "nothing is used up");
    assert_eq!(hostile.control().count(&Matcher::token_endpoint()), 0);
    assert_eq!(hub.sim.control().count(&Matcher::token_endpoint()), 0);

    // From anywhere else it is what the `state` says. This one came from the hostile site,
    // which is asked, and nobody else.
    let answer = person.send(from(&hostile.url())).await.answer();
    answer.assert_error(&hub, "access_denied");
    assert_eq!(codes(&hostile), [fingerprint(&param(&callback, "code"))]);
    assert_eq!(codes(&hub.sim), [""; 0]);
    hub.stop().await;
}
