//! The sites that the hub may use, even if the database names others.

use backlog_client::Sites;
use backlog_mcp_hub::config::BaseUrl;
use backlog_sim::{Matcher, seed};
use reqwest::Method;
use serde_json::json;

use crate::support::{
    hub::{OAUTH_CLIENT_SECRET, REDIRECT_URI, TestHub, eventually, http, sim_for},
    person::{Page, Person, challenge},
};

const HOST: &str = "hub.test";

async fn consent(hub: &TestHub, person: &Person, client: &str) -> Page {
    let request = |method, path: &str| {
        http()
            .request(method, format!("http://{}{path}", hub.address()))
            .header("host", HOST)
    };
    let challenge = challenge();
    let params = [
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", REDIRECT_URI),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("state", "the-state"),
    ];
    let page = person
        .send(request(Method::GET, "/authorize").query(&params))
        .await;
    page.assert_says(200, "name=\"csrf\"");
    let form: Vec<(&str, String)> = ["request", "csrf", "space"]
        .map(|name| (name, page.field(name)))
        .into_iter()
        .chain([("access", "read".into()), ("decision", "approve".into())])
        .collect();
    person
        .send(request(Method::POST, "/consent").form(&form))
        .await
}

/// An operator's login can point a space anywhere in the database; the hub follows to sites that
/// its settings allow, and to those that it was used with before.
#[tokio::test(flavor = "multi_thread")]
async fn a_space_with_a_changed_url_sends_no_user_and_no_secret_there() {
    let change = |settings: &mut backlog_mcp_hub::config::Settings| {
        settings.base_url = Some(BaseUrl::parse(&format!("https://{HOST}")).expect("a base URL"));
        settings.sites = Sites::of_nulab();
    };
    let hub = TestHub::start_with(change).await;
    let elsewhere = sim_for("elsewhere", Vec::new()).await;
    let metadata = json!({"redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none"});
    let registered = http()
        .post(format!("http://{}/register", hub.address()))
        .header("host", HOST)
        .json(&metadata);
    let registered = registered.send().await.expect("an answer");
    let registered: serde_json::Value = registered.json().await.expect("JSON");
    let client = registered["client_id"].as_str().expect("an id");

    // The site of the environment may be used without being listed.
    let forward = consent(&hub, &Person::default(), client).await;
    assert!(forward.refresh().starts_with(hub.sim.url().as_str()));

    hub.sql(&format!(
        "SELECT admin.update_space('default', domain => '{}', oauth_client_id => 'elsewhere',
             oauth_client_secret => '{OAUTH_CLIENT_SECRET}')",
        elsewhere.url()
    ))
    .await;
    let state = "SELECT secret FROM admin.spaces";
    eventually("the secret is sealed for there", async || {
        hub.value(state).await.as_deref() == Some("sealed")
    })
    .await;
    eventually("nobody is sent there", async || {
        let page = consent(&hub, &Person::default(), client).await;
        page.status == 500 && page.body.contains("went wrong")
    })
    .await;
    assert_eq!(elsewhere.control().count(&Matcher::any()), 0);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_from_before_is_used_on() {
    let database = crate::support::database::TestDatabase::create().await;
    let before = sim_for("before", Vec::new()).await;
    let site = before.url();
    let site = site.as_str().trim_end_matches('/');
    let insert = format!("INSERT INTO hub.sites VALUES ('{site}')");
    sqlx::raw_sql(sqlx::AssertSqlSafe(insert))
        .execute(database.pool())
        .await
        .expect("a site");
    let hub = TestHub::start_on(database, |settings| {
        settings.base_url = Some(BaseUrl::parse(&format!("https://{HOST}")).expect("a base URL"));
        settings.sites = Sites::of_nulab();
        settings.default_space = None;
    })
    .await;
    hub.create_space("before", &before, "before", "").await;
    let registered = http()
        .post(format!("http://{}/register", hub.address()))
        .header("host", HOST)
        .json(&json!({"redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none"}));
    let registered = registered.send().await.expect("an answer");
    let registered: serde_json::Value = registered.json().await.expect("JSON");
    let client = registered["client_id"].as_str().expect("an id");
    let forward = consent(&hub, &Person::default(), client).await;
    let page = forward.refresh();
    assert!(page.starts_with(before.url().as_str()), "{page}");
    let callback = Person::default()
        .sign_in_at_backlog(&page, seed::DANIEL, "approve")
        .await;
    let expected = format!("https://{HOST}/spaces/before/callback?");
    assert!(callback.starts_with(&expected), "{callback}");
    hub.stop().await;
}
