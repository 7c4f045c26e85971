//! The language of the pages: the user's choice, then the client's, then the browser's.

use reqwest::StatusCode;

use crate::support::{
    hub::{TestHub, http},
    person::{Page, Person, authorize_url, authorize_url_with},
};

fn assert_language(page: &Page, tag: &str) {
    assert!(
        page.body.contains(&format!("<html lang=\"{tag}\">")),
        "{tag}: {}",
        page.body
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_switches_the_language_and_loses_no_parameter() {
    let hub = TestHub::start().await;
    let (person, client) = (Person::default(), hub.register().await);
    let url = authorize_url(&hub, &client);
    let page = person.get(&url).await;
    assert_language(&page, "en");
    let switch = hub.url(&page.link("/language?"));
    let switched = person.get(&switch).await;
    assert_eq!(switched.status, StatusCode::SEE_OTHER, "{}", switched.body);
    let back = switched.location.expect("a location");
    assert_eq!(hub.url(&back), url);
    let page = person.get(&url).await;
    assert_language(&page, "ja");
    // It stays for all pages, whatever the browser and the client prefer.
    let forward = person.decide(&hub, &page, "approve").await;
    assert_language(&forward, "ja");
    let asks = authorize_url_with(&hub, &client, &[("ui_locales", Some("en"))]);
    assert_language(&person.get(&asks).await, "ja");
    let start = person.send(http().get(&hub.base_url).header("accept-language", "en"));
    assert_language(&start.await, "ja");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_asks_for_a_language_for_one_sign_in() {
    let hub = TestHub::start().await;
    let (person, client) = (Person::default(), hub.register().await);
    let asks = |tags| authorize_url_with(&hub, &client, &[("ui_locales", Some(tags))]);
    let page = person.get(&asks("fr ja-JP en")).await;
    assert_language(&page, "ja");
    // The pages that follow have no such parameter.
    let forward = person.decide(&hub, &page, "approve").await;
    assert_language(&forward, "ja");
    // The next client asks for itself; one that asks for no known language changes nothing.
    assert_language(&person.get(&asks("en")).await, "en");
    let stranger = Person::default();
    let unknown = stranger.send(http().get(asks("fr")).header("accept-language", "ja"));
    assert_language(&unknown.await, "ja");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_choice_of_a_language_leads_nowhere_else() {
    let hub = TestHub::start().await;
    let person = Person::default();
    for foreign in [
        "",
        "&back=https://evil.example/",
        "&back=//evil.example",
        "&back=/%5Cevil.example",
        "&back=/%0D%0Ax:y",
    ] {
        let page = person
            .get(&hub.url(&format!("/language?to=ja{foreign}")))
            .await;
        assert_eq!(page.location.as_deref(), Some("/"), "{foreign}");
    }
    for wrong in ["", "?to=fr", "?to=ja&to=en"] {
        let page = person.get(&hub.url(&format!("/language{wrong}"))).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    hub.stop().await;
}
