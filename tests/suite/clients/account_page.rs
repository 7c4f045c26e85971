//! The connections page in a real browser: accessible in both languages, light and dark, on a phone,
//! and used with the keyboard alone.

use backlog_sim::seed;

use crate::support::{browser::Browser, hub::TestHub, person::Person, process::until};

const GRANTS: &str = "SELECT count(*)::text FROM hub.grants WHERE revoked_at IS NULL";

/// Signs in to the page; it is inspected before and after.
async fn open(hub: &TestHub, language: &str) -> Browser {
    let browser = Browser::open(language).await;
    browser.goto(&hub.url("/account")).await;
    browser
        .find("form[action$='/account/sign-in'] .primary")
        .await;
    browser.assert_button_in_sight("account-sign-in").await;
    browser
        .inspect(&format!("account-sign-in-{language}"))
        .await;
    browser.click(".primary").await;
    browser.agree_at_backlog(seed::DANIEL).await;
    browser.find("button[value=sign_out]").await;
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_sees_and_ends_connections_in_both_languages() {
    for (language, ended, none) in [
        (
            "en",
            "The connection has ended.",
            "No application is connected as you.",
        ),
        ("ja", "接続を解除しました。", "接続中のアプリはありません。"),
    ] {
        let hub = TestHub::start().await;
        for _ in 0..3 {
            Person::default().sign_in(&hub, seed::DANIEL).await;
        }
        let browser = open(&hub, language).await;
        browser.inspect(&format!("account-{language}")).await;
        browser.click("button[value=end]").await;
        until("one has ended", async || {
            browser.text().await.contains(ended)
        })
        .await;
        assert_eq!(hub.value(GRANTS).await.as_deref(), Some("2"));
        browser.inspect(&format!("account-ended-{language}")).await;
        browser.click("details summary").await;
        browser
            .inspect(&format!("account-end-all-{language}"))
            .await;
        browser.click("button[value=end_all]").await;
        until("all have ended", async || {
            browser.text().await.contains(none)
        })
        .await;
        assert_eq!(hub.value(GRANTS).await.as_deref(), Some("0"));
        browser.inspect(&format!("account-none-{language}")).await;
        browser.click("button[value=sign_out]").await;
        browser.find("[role=status]").await;
        browser
            .inspect(&format!("account-signed-out-{language}"))
            .await;
        hub.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_needs_no_mouse_and_offers_the_other_language() {
    let hub = TestHub::start().await;
    Person::default().sign_in(&hub, seed::DANIEL).await;
    let browser = open(&hub, "en").await;
    // The first control is the end of the first connection; the key presses it.
    browser.press_tab().await;
    assert_eq!(browser.focused().await, "action");
    let press = browser.run("return document.activeElement.value").await;
    assert_eq!(press.as_str(), Some("end"));
    browser.type_keys("\u{e007}").await;
    until("the connection has ended", async || {
        hub.value(GRANTS).await.as_deref() == Some("0")
    })
    .await;
    // The page after a form can be read in the other language as well.
    browser.click("footer a[hreflang=ja]").await;
    browser.find("html[lang=ja] button[value=sign_out]").await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hubs_own_page_asks_for_the_space() {
    let hub = TestHub::start_with(|settings| settings.default_space = None).await;
    hub.second_space("harbour").await;
    hub.second_space("workshop").await;
    for language in ["en", "ja"] {
        let browser = Browser::open(language).await;
        browser.goto(&hub.url("/account")).await;
        browser.find("#named-space").await;
        browser.assert_button_in_sight("account-space").await;
        browser.inspect(&format!("account-space-{language}")).await;
        browser.enter("#named-space", "workshop").await;
        browser.click(".primary").await;
        browser
            .find("form[action='/spaces/workshop/account/sign-in']")
            .await;
        let text = browser.text().await;
        assert!(!text.contains("harbour"), "{text}");
    }
    hub.stop().await;
}
