//! The pages on which a user connects a device and makes a personal token, in a real browser:
//! accessible in both languages, light and dark, on a phone, and used with the keyboard alone.

use backlog_sim::seed;
use serde_json::Value;

use crate::support::{
    browser::Browser,
    hub::{TestHub, http},
    person::Person,
    process::until,
    reply::Reply,
};

const ENTER: &str = "\u{e007}";
const APPROVED: &str = "SELECT count(*)::text FROM hub.device_codes WHERE decided_at IS NOT NULL AND grant_id IS NOT NULL";

/// A device asks for its user; the code that it shows.
async fn ask(hub: &TestHub) -> String {
    let client = hub.register().await;
    let form = [("client_id", client.as_str())];
    let request = http().post(hub.url("/device_authorization")).form(&form);
    match &Reply::to(request).await.json()["user_code"] {
        Value::String(code) => code.clone(),
        other => panic!("no code: {other}"),
    }
}

/// Signs in from the sign-in page that is shown, and waits for what follows.
async fn sign_in(browser: &Browser, then: &str) {
    browser.click(".primary").await;
    browser.agree_at_backlog(seed::DANIEL).await;
    browser.find(then).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_connects_a_device_in_both_languages() {
    for language in ["en", "ja"] {
        let hub = TestHub::start().await;
        let code = ask(&hub).await;
        let browser = Browser::open(language).await;
        browser.goto(&hub.url("/device")).await;
        browser.find("form[action$='/account/sign-in']").await;
        browser.inspect(&format!("device-sign-in-{language}")).await;
        sign_in(&browser, "#user-code").await;
        browser.assert_button_in_sight("device").await;
        browser.inspect(&format!("device-{language}")).await;

        browser.enter("#user-code", "not a code").await;
        browser.click(".primary").await;
        browser.find("#code-problem").await;
        // The console has a line for the status 400.
        assert_eq!(browser.console().await.len(), 1);
        browser
            .inspect(&format!("device-malformed-{language}"))
            .await;

        // As people type it: in small letters, without the hyphen.
        let typed = code.to_lowercase().replace('-', " ");
        browser
            .enter("#user-code", &format!("{typed}{ENTER}"))
            .await;
        browser.find("button[value=approve]").await;
        assert!(browser.text().await.contains(&code), "the page shows it");
        browser.inspect(&format!("device-consent-{language}")).await;
        browser.assert_button_in_sight("device-consent").await;
        assert_eq!(hub.value(APPROVED).await.as_deref(), Some("0"));
        browser.click("label:last-of-type input[name=access]").await;
        browser.click("button[value=approve]").await;
        browser.find("[role=status]").await;
        browser
            .inspect(&format!("device-approved-{language}"))
            .await;
        assert_eq!(hub.value(APPROVED).await.as_deref(), Some("1"));
        hub.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_makes_a_personal_token_in_both_languages() {
    for language in ["en", "ja"] {
        let hub = TestHub::start().await;
        hub.sql("SELECT admin.allow_personal_tokens('default')")
            .await;
        Person::default().sign_in(&hub, seed::DANIEL).await;
        let browser = Browser::open(language).await;
        browser.goto(&hub.url("/account")).await;
        sign_in(&browser, "button[value=sign_out]").await;
        browser.click("summary:has(+ .parts #token-name)").await;
        browser.inspect(&format!("token-form-{language}")).await;

        browser.enter("#token-name", "nightly").await;
        let form = "form:has(#token-name)";
        browser
            .click(&format!("{form} label:last-of-type input[name=access]"))
            .await;
        browser.click(&format!("{form} option[value='30']")).await;
        browser.click("button[value=make_token]").await;
        until("the token is shown", async || {
            browser.text().await.contains("bmh_pt_")
        })
        .await;
        browser.inspect(&format!("token-made-{language}")).await;
        browser.click("button[value=end_token]").await;
        until("it has ended", async || {
            let live = "SELECT count(*)::text FROM admin.personal_tokens WHERE live";
            hub.value(live).await.as_deref() == Some("0")
        })
        .await;
        hub.stop().await;
    }
}
