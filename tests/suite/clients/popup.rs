//! A sign-in in a popup of a client in the browser: the popup keeps its opener all the way, and
//! the client's page gets the message that it waits for.

use backlog_sim::seed;
use reqwest::StatusCode;
use serde_json::json;
use url::Url;

use crate::support::{
    browser::Browser,
    hub::{TestHub, http},
    person::authorize_url_with,
    popup_client::PopupClient,
    process::until,
    reply::Reply,
};

const HAS_OPENER: &str = "return window.opener !== null";

async fn assert_has_opener(browser: &Browser, place: &str) {
    assert_eq!(browser.run(HAS_OPENER).await, json!(true), "{place}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_popup_keeps_its_opener_through_a_whole_sign_in() {
    let hub = TestHub::start().await;
    let browser = Browser::open("en").await;
    for issuer in ["", "/spaces/default"] {
        let client = PopupClient::open().await;
        let metadata = json!({
            "redirect_uris": [client.redirect_uri], "token_endpoint_auth_method": "none",
        });
        let registered = http()
            .post(hub.url(&format!("{issuer}/register")))
            .json(&metadata);
        let registered = Reply::to(registered).await;
        assert_eq!(
            registered.status,
            StatusCode::CREATED,
            "{}",
            registered.body
        );
        let registered = registered.json();
        let client_id = registered["client_id"].as_str().expect("a client_id");
        let resource = hub.url(&format!("{issuer}/mcp"));
        let changes = [
            ("redirect_uri", Some(client.redirect_uri.as_str())),
            ("resource", Some(resource.as_str())),
        ];
        let url = authorize_url_with(&hub, client_id, &changes);
        let url = url.replace("/authorize", &format!("{issuer}/authorize"));

        // What is wrong is said in the popup as well.
        let wrong = Url::parse_with_params(
            &hub.url(&format!("{issuer}/authorize")),
            [("client_id", "nobody")],
        );
        for (url, place) in [
            (wrong.expect("a URL").as_str(), "an error page"),
            (&url, "consent"),
        ] {
            browser.goto(&client.page(url)).await;
            browser.click("#sign-in").await;
            browser.switch_window().await;
            browser.find("main h1").await;
            assert_has_opener(&browser, place).await;
            browser.switch_window().await;
            assert_eq!(
                browser.run("return window.popup.closed").await,
                json!(false)
            );
            if place == "an error page" {
                browser.close_popup().await;
            }
        }

        browser.switch_window().await;
        browser.approve().await;
        browser.find("input[name=user]").await;
        assert_has_opener(&browser, "Backlog").await;
        browser.sign_in_at_backlog(seed::DANIEL).await;
        browser.switch_window().await;
        until("the message arrives", async || {
            browser.text().await.contains("state=the-state")
        })
        .await;
        let text = browser.text().await;
        assert!(text.contains("code=bmh_ac_"), "{text}");
        assert_eq!(
            browser.run("return window.popup.closed").await,
            json!(false)
        );
        browser.close_popup().await;
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_response_cuts_a_popup_off_and_none_may_be_framed() {
    let hub = TestHub::start().await;
    for path in [
        "/",
        "/authorize",
        "/authorize?client_id=x",
        "/callback?state=x",
        "/consent",
        "/sign-in",
        "/language?to=ja&back=/",
        "/static/hub.css",
        "/spaces/default",
        "/spaces/default/authorize",
        "/spaces/default/consent",
        "/spaces/nobody/authorize",
        "/nothing",
    ] {
        let reply = Reply::to(http().get(hub.url(path))).await;
        let cuts = reply.headers.contains_key("cross-origin-opener-policy");
        assert!(!cuts, "{path}");
        assert_eq!(reply.header("x-frame-options"), "DENY", "{path}");
        let policy = reply.header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
    }
    hub.stop().await;
}
