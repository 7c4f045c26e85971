//! The page of an upload link in a real browser.

use backlog_sim::{Control, Matcher, seed};
use serde_json::{Value, json};

use crate::support::{
    browser::Browser,
    hub::TestHub,
    mcp,
    person::{Person, Tokens},
    process::until,
};

/// The URL of a new link.
async fn link(hub: &TestHub, tokens: &Tokens) -> String {
    let name = json!({ "name": "四半期報告.pdf" });
    let created = mcp::call(hub, Some(&tokens.access_token), "create_upload_link", name).await;
    let created = created.json();
    let text = created["result"]["content"][0]["text"].as_str();
    let created: Value = serde_json::from_str(text.expect("a text")).expect("JSON");
    created["url"].as_str().expect("a URL").to_owned()
}

async fn upload(browser: &Browser, file: &std::path::Path) {
    let field = browser.find("input[type=file]").await;
    let path = file.to_str().expect("a path");
    field.send_keys(path).await.expect("a chosen file");
    browser.click("button[type=submit]").await;
}

async fn says(browser: &Browser, text: &str) {
    until(text, async || browser.text().await.contains(text)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_uploads_a_file() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("四半期報告 \"1\".pdf");
    std::fs::write(&file, vec![b'p'; 9_000_000]).expect("a file");
    let large = directory.path().join("large.bin");
    let sparse = std::fs::File::create(&large).expect("a file");
    sparse.set_len(105 << 20).expect("its length");

    for (language, name, [refused, too_large, done, used]) in [
        (
            "en",
            "upload-en",
            [
                "Backlog did not accept the file",
                "The file is too large",
                "The file is uploaded",
                "This upload link has been used",
            ],
        ),
        (
            "ja",
            "upload-ja",
            [
                "Backlog がファイルを受け付けませんでした",
                "ファイルが大きすぎます",
                "アップロードが完了しました",
                "このアップロード用リンクは使用済みです",
            ],
        ),
    ] {
        let url = link(&hub, &tokens).await;
        let browser = Browser::open(language).await;
        browser.goto(&url).await;
        browser.inspect(name).await;
        // Without a file nothing is sent.
        browser.click("button[type=submit]").await;
        upload(&browser, &large).await;
        says(&browser, too_large).await;

        browser.goto(&url).await;
        let body = Control::error_body(10, "too large");
        let matcher = Matcher::path("/api/v2/space/attachment");
        hub.sim.control().fail_next(matcher, 400, body, 1);
        upload(&browser, &file).await;
        says(&browser, refused).await;
        // Chromium notes the statuses of the two pages, and nothing else.
        let notes = browser.console().await;
        for note in &notes {
            assert!(note.contains("responded with a status of 4"), "{note}");
        }
        assert_eq!(notes.len(), 2, "{notes:?}");
        browser.inspect(&format!("{name}-refused")).await;

        browser.goto(&url).await;
        upload(&browser, &file).await;
        says(&browser, done).await;
        assert!(browser.text().await.contains("四半期報告"));
        browser.inspect(&format!("{name}-done")).await;

        browser.goto(&url).await;
        says(&browser, used).await;
    }
    let sizes = "SELECT string_agg(file_size::text, ' ') FROM hub.upload_links";
    assert_eq!(hub.value(sizes).await.as_deref(), Some("9000000 9000000"));
    hub.stop().await;
}
