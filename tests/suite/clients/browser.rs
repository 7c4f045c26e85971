//! The pages in a real browser: their texts and buttons, their accessibility, and their content
//! security policy.

use backlog_sim::seed;
use serde_json::json;
use url::Url;

use crate::support::{
    browser::Browser,
    document_host::{Document, DocumentHost},
    hub::{REDIRECT_URI, TestHub},
    landing::Landing,
    person::{authorize_url, authorize_url_with, exchange_for, tokens},
    process::until,
};

/// `/authorize` for a client that listens at `landing`.
async fn authorize(hub: &TestHub, landing: &Landing) -> (String, String) {
    let client_id = hub.register_for(&landing.redirect_uri).await;
    let mut url = Url::parse(&authorize_url(hub, &client_id)).unwrap();
    let pairs: Vec<(String, String)> = url
        .query_pairs()
        .map(|(name, value)| match &*name {
            "redirect_uri" => (name.into(), landing.redirect_uri.clone()),
            _ => (name.into(), value.into()),
        })
        .collect();
    url.query_pairs_mut().clear().extend_pairs(pairs);
    (client_id, url.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_approves() {
    let hub = TestHub::start().await;
    let mut landing = Landing::open().await;
    let (client_id, url) = authorize(&hub, &landing).await;
    let browser = Browser::open("en").await;

    browser.goto(&url).await;
    let text = browser.text().await;
    assert!(text.contains("Test Client"), "{text}");
    browser.inspect("consent").await;
    browser.approve().await;
    browser.agree_at_backlog(seed::DANIEL).await;
    browser.find("button[value=continue]").await;
    let text = browser.text().await;
    assert!(text.contains("Daniel Okafor"), "{text}");
    browser.inspect("confirm").await;
    browser.assert_button_in_sight("confirm").await;
    browser.decide("continue").await;

    let answer = landing.answer().await;
    assert_eq!(answer.get("iss"), hub.base_url);
    assert_eq!(answer.get("state"), "the-state");
    let (status, body) = exchange_for(
        &hub.base_url,
        &client_id,
        answer.get("code"),
        &landing.redirect_uri,
    )
    .await;
    assert_eq!(status, 200, "{body}");
    tokens(&client_id, &body);
}

#[tokio::test(flavor = "multi_thread")]
async fn clicks_and_keys_in_one_place_approve_nothing() {
    let hub = TestHub::start().await;
    let mut landing = Landing::open().await;
    let (_, url) = authorize(&hub, &landing).await;
    let browser = Browser::open("en").await;
    browser.goto(&url).await;
    assert_eq!(browser.focused().await, "body");
    browser.press_tab().await;
    assert_eq!(browser.focused().await, "access");
    // The second click finds the page that the first one found.
    browser.decide("approve").await;
    browser.decide("approve").await;
    let open = "SELECT count(*)::text FROM hub.authorization_requests WHERE approved_at IS NULL";
    assert_eq!(hub.value(open).await.as_deref(), Some("1"));
    // Nobody has to choose in order to decline.
    browser.decide("deny").await;
    let answer = landing.answer().await;
    assert_eq!(answer.get("error"), "access_denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_declines() {
    let hub = TestHub::start().await;
    let mut landing = Landing::open().await;
    let (_, url) = authorize(&hub, &landing).await;
    let browser = Browser::open("en").await;

    browser.goto(&url).await;
    browser.decide("deny").await;
    let answer = landing.answer().await;
    assert_eq!(answer.get("error"), "access_denied");
    assert_eq!(answer.get("iss"), hub.base_url);
    assert_eq!(answer.get("state"), "the-state");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_chooses_one_of_several_spaces() {
    let hub = TestHub::start_with(|settings| settings.default_space = None).await;
    hub.second_space("harbour").await;
    hub.second_space("workshop").await;
    hub.sql("UPDATE hub.spaces SET listed = true").await;
    let mut landing = Landing::open().await;
    let (client_id, url) = authorize(&hub, &landing).await;
    let browser = Browser::open("en").await;

    browser.goto(&url).await;
    let text = browser.text().await;
    assert!(
        text.contains("harbour") && text.contains("workshop"),
        "{text}"
    );
    browser.inspect("consent-spaces").await;
    // Without a choice nothing is sent: the page is still there for the next click.
    browser.decide("approve").await;
    browser.click("input[name=space][value=workshop]").await;
    browser.inspect("consent-spaces-chosen").await;
    browser.approve().await;
    browser.sign_in_at_backlog(seed::DANIEL).await;

    let (status, body) = exchange_for(
        &hub.base_url,
        &client_id,
        landing.answer().await.get("code"),
        &landing.redirect_uri,
    )
    .await;
    assert_eq!(status, 200, "{body}");
    tokens(&client_id, &body);
    let space = "SELECT slug FROM hub.grants JOIN hub.spaces ON spaces.id = grants.space_id";
    assert_eq!(hub.value(space).await.as_deref(), Some("workshop"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_names_a_space_that_is_not_listed() {
    let hub = TestHub::start_with(|settings| settings.default_space = None).await;
    hub.second_space("harbour").await;
    hub.second_space("workshop").await;
    let mut landing = Landing::open().await;
    let (_, url) = authorize(&hub, &landing).await;
    let browser = Browser::open("ja").await;

    browser.goto(&url).await;
    let text = browser.text().await;
    assert!(
        !text.contains("harbour") && !text.contains("workshop"),
        "{text}"
    );
    browser.inspect("consent-naming").await;
    browser.assert_button_in_sight("consent-naming").await;
    // An empty field is not sent.
    browser.approve().await;
    browser.enter("#named-space", "nowhere").await;
    browser.approve().await;
    browser.find("#space-problem").await;
    expect_bad_request(&browser).await;
    browser.inspect("consent-naming-unknown").await;
    browser.enter("#named-space", "ＷＯＲＫＳＨＯＰ").await;
    browser.approve().await;
    browser.sign_in_at_backlog(seed::DANIEL).await;
    landing.answer().await.get("code");
    let space = "SELECT slug FROM hub.grants JOIN hub.spaces ON spaces.id = grants.space_id";
    assert_eq!(hub.value(space).await.as_deref(), Some("workshop"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_chooses_projects() {
    let hub = TestHub::start().await;
    for (language, option, problem) in [
        ("en", "Only some projects", "is not a project key"),
        (
            "ja",
            "プロジェクトを限定する",
            "プロジェクトキーではありません",
        ),
    ] {
        let mut landing = Landing::open().await;
        let (_, url) = authorize(&hub, &landing).await;
        let browser = Browser::open(language).await;
        browser.goto(&url).await;
        let text = browser.text().await;
        assert!(text.contains(option), "{text}");
        browser.assert_button_in_sight("approve").await;
        browser.click("details.narrowing summary").await;
        browser
            .inspect(&format!("consent-projects-{language}"))
            .await;
        browser.enter("#projects", "HARBOR-1").await;
        browser.approve().await;
        browser.find("#projects-problem").await;
        let text = browser.text().await;
        assert!(text.contains(problem), "{text}");
        expect_bad_request(&browser).await;
        browser
            .inspect(&format!("consent-projects-wrong-{language}"))
            .await;
        browser.enter("#projects", "harbor ＯＰＳ").await;
        browser.approve().await;
        browser.agree_at_backlog(seed::DANIEL).await;
        browser.find("button[value=continue]").await;
        let text = browser.text().await;
        assert!(text.contains("HARBOR") && text.contains("OPS"), "{text}");
        browser
            .inspect(&format!("confirm-projects-{language}"))
            .await;
        browser.decide("continue").await;
        landing.answer().await.get("code");
        let projects = "SELECT projects::text FROM hub.grants ORDER BY created_at DESC LIMIT 1";
        let projects = hub.value(projects).await;
        assert_eq!(projects.as_deref(), Some("{HARBOR,OPS}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_ticks_some_of_the_allowed_projects() {
    let hub = TestHub::start().await;
    hub.sql("UPDATE hub.spaces SET allowed_projects = '{HARBOR,KURA,OPS}'")
        .await;
    for language in ["en", "ja"] {
        let mut landing = Landing::open().await;
        let (_, url) = authorize(&hub, &landing).await;
        let browser = Browser::open(language).await;
        browser.goto(&url).await;
        browser.assert_button_in_sight("approve").await;
        browser.click("details.narrowing summary").await;
        browser.click("input[name=project_OPS]").await;
        browser
            .inspect(&format!("consent-project-boxes-{language}"))
            .await;
        browser.approve().await;
        browser.sign_in_at_backlog(seed::DANIEL).await;
        landing.answer().await.get("code");
        let projects = "SELECT projects::text FROM hub.grants ORDER BY created_at DESC LIMIT 1";
        assert_eq!(hub.value(projects).await.as_deref(), Some("{OPS}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_client_is_explained() {
    let hub = TestHub::start().await;
    let browser = Browser::open("en").await;
    browser.goto(&authorize_url(&hub, "nobody")).await;
    browser.find("main h1").await;
    expect_bad_request(&browser).await;
    browser.inspect("problem").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_the_space_does_not_allow_is_explained_and_hears_of_it() {
    let hub = TestHub::start().await;
    let mut landing = Landing::open().await;
    let (_, url) = authorize(&hub, &landing).await;
    hub.sql(
        "SELECT admin.set_client_policy(slug, 'registered'),
             admin.set_space_operator(slug, name => 'Acme IT', contact => 'it@acme.example')
         FROM hub.spaces",
    )
    .await;
    for (language, words) in [("en", "cannot be used here"), ("ja", "利用できません")] {
        let browser = Browser::open(language).await;
        browser.goto(&url).await;
        let text = browser.text().await;
        assert!(text.contains(words), "{text}");
        for said in ["Acme IT", "it@acme.example", "Test Client"] {
            assert!(text.contains(said), "no {said} in {text}");
        }
        let console = browser.console().await;
        assert!(console.concat().contains("status of 403"), "{console:?}");
        browser.inspect(&format!("client-refused-{language}")).await;
        browser.click(".actions a").await;
        let answer = landing.answer().await;
        answer.assert_error(&hub, "access_denied");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connect_page_shows_where_to_connect() {
    let hub = TestHub::start().await;
    let browser = Browser::open("en").await;
    browser.goto(&hub.base_url).await;
    let text = browser.text().await;
    assert!(text.contains(&hub.mcp_url()), "{text}");
    browser.click("details summary").await;
    browser.inspect("connect").await;
}

/// To the console, the status of an error page is an error as well.
async fn expect_bad_request(browser: &Browser) {
    let console = browser.console().await;
    assert_eq!(console.len(), 1, "{console:?}");
    assert!(console[0].contains("status of 400"), "{console:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_blocks_what_no_page_has() {
    let hub = TestHub::start().await;
    let browser = Browser::open("en").await;
    browser.goto(&hub.base_url).await;
    for (foreign, directive) in [
        ("<p style='color: red'>", "style-src"),
        ("<img src='http://127.0.0.1:9/tracker.png'>", "img-src"),
        ("<iframe src='http://127.0.0.1:9/'></iframe>", "default-src"),
        (
            "<img src='data:,' onerror='document.title = 1'>",
            "default-src",
        ),
    ] {
        browser.insert(foreign).await;
        until("the console tells", async || {
            let console = browser.console().await.concat();
            console.contains("Content Security Policy") && console.contains(directive)
        })
        .await;
    }
    assert_ne!(browser.title().await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_about_documents_and_lost_time_are_read_in_both_languages() {
    const PATH: &str = "/oauth/client.json";
    let hub = TestHub::start().await;
    let host = DocumentHost::open().await;
    let client_id = host.url(PATH);
    let document = json!({
        "client_id": client_id,
        "client_name": "Claude Code",
        "client_uri": "https://claude.com",
        "redirect_uris": [REDIRECT_URI],
    });
    host.set(PATH, Document::json(&document));
    for (language, published, again) in [
        ("en", "Verified: published at", "Start again"),
        ("ja", "確認済み", "ログインをやり直す"),
    ] {
        let browser = Browser::open(language).await;
        browser.goto(&authorize_url(&hub, &client_id)).await;
        let text = browser.text().await;
        assert!(text.contains(published), "{text}");
        browser
            .inspect(&format!("consent-document-{language}"))
            .await;

        hub.sql("UPDATE hub.authorization_requests SET expires_at = clock_timestamp()")
            .await;
        browser.approve().await;
        browser.read(again).await;
        expect_bad_request(&browser).await;
        browser.inspect(&format!("expired-{language}")).await;
        browser.press(again).await;
        browser.find("button[name=decision]").await;

        let out_of_reach = authorize_url(&hub, "https://10.1.2.3/client.json");
        browser.goto(&out_of_reach).await;
        let text = browser.text().await;
        assert!(text.contains("10.1.2.3"), "{text}");
        expect_bad_request(&browser).await;
        browser.inspect(&format!("out-of-reach-{language}")).await;
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_speak_japanese() {
    let hub = TestHub::start().await;
    let landing = Landing::open().await;
    let (_, url) = authorize(&hub, &landing).await;
    let browser = Browser::open("ja").await;

    for (url, name, words) in [
        (&url, "consent", "許可"),
        (&hub.base_url, "connect", "接続"),
    ] {
        browser.goto(url).await;
        browser.find("html[lang=ja]").await;
        let text = browser.text().await;
        assert!(text.contains(words), "{text}");
        browser.inspect(&format!("{name}-ja")).await;
    }
    browser.goto(&authorize_url(&hub, "nobody")).await;
    browser.find("html[lang=ja]").await;
    expect_bad_request(&browser).await;
    browser.inspect("problem-ja").await;
}

/// The decision is in sight for every kind of client and in both languages, also where the space
/// limits it and has an operator of its own.
#[tokio::test(flavor = "multi_thread")]
async fn the_decision_is_in_sight_without_scrolling() {
    const PATH: &str = "/oauth/client.json";
    let hub = TestHub::start().await;
    let host = DocumentHost::open().await;
    let document = host.url(PATH);
    host.set(
        PATH,
        Document::json(&json!({
            "client_id": document,
            "client_name": "Claude Code",
            "client_uri": "https://claude.com",
            "redirect_uris": [REDIRECT_URI],
        })),
    );
    let far = "https://assistant.unknown-company.example/oauth/callback";
    let at_far = hub.register_for(far).await;
    let unknown = authorize_url_with(&hub, &at_far, &[("redirect_uri", Some(far))]);
    let pages = [
        ("program", authorize_url(&hub, &hub.register().await)),
        ("document", authorize_url(&hub, &document)),
        ("unknown-address", unknown),
    ];
    for limited in [false, true] {
        if limited {
            hub.sql(
                "UPDATE hub.spaces SET allowed_projects = '{KURA,OPS}',
                     operator_name = 'Harbour Information Systems', operator_contact = 'Desk 12'",
            )
            .await;
        }
        for language in ["en", "ja"] {
            let browser = Browser::open(language).await;
            for (name, url) in &pages {
                browser.goto(url).await;
                browser.find(".primary").await;
                let name = format!("consent-{name}-{language}-{limited}");
                browser.assert_button_in_sight(&name).await;
                browser.inspect(&name).await;
            }
        }
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_switches_the_account_by_keyboard_in_the_own_language() {
    const ENTER: &str = "\u{e007}";
    const TAB: &str = "\u{e004}";
    let hub = TestHub::start().await;
    let mut landing = Landing::open().await;
    let (_, url) = authorize(&hub, &landing).await;
    let browser = Browser::open("en").await;
    browser.goto(&url).await;
    browser.press("日本語").await;
    browser.find("html[lang=ja]").await;
    browser.approve().await;
    browser.agree_at_backlog(seed::DANIEL).await;
    browser.find("button[value=continue]").await;
    browser.inspect("confirm-ja").await;
    browser.assert_button_in_sight("confirm-ja").await;
    // The two buttons are the first controls of the page.
    let keys = format!("{TAB}{TAB}{ENTER}");
    browser.type_keys(&keys).await;
    browser.find("a.primary[href*='/authorize']").await;
    let text = browser.text().await;
    assert!(text.contains("Daniel Okafor"), "{text}");
    browser.inspect("switch-ja").await;
    browser.click("a.primary").await;
    browser.approve().await;
    browser.sign_in_at_backlog(seed::MAJA).await;
    landing.answer().await.get("code");
    let user = "SELECT backlog_user_id::text FROM hub.grants";
    assert_eq!(hub.value(user).await, Some(seed::MAJA.to_string()));
    hub.stop().await;
}
