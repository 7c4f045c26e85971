//! Every form of the page × everything that must not be enough to send it. None changes a row.

use backlog_sim::seed;
use foundation::random::Random;
use oauth_values::token::{AccountSession, AccountState, BrowserId};
use reqwest::RequestBuilder;

use super::{PAGE, begin, called_back, signed_in};
use crate::support::{
    hub::{TestHub, http, sim},
    person::{Page, Person, param},
};

/// What a form does.
const ACTIONS: [&str; 6] = [
    "end",
    "end_all",
    "end_token",
    "make_token",
    "forget",
    "sign_out",
];

/// The other space and its page.
const OTHER: &str = "/spaces/other/account";

/// A user of two spaces in one browser, another browser, and the pages of each.
struct World {
    hub: TestHub,
    person: Person,
    stranger: Person,
    page: Page,
    elsewhere: Page,
    strangers: Page,
    grant: String,
}

impl World {
    async fn new() -> Self {
        let hub = TestHub::start().await;
        let other = Box::leak(Box::new(sim().await));
        hub.space_at("other", other).await;
        let (person, stranger) = (Person::default(), Person::default());
        person.sign_in(&hub, seed::DANIEL).await;
        hub.sql("SELECT admin.allow_personal_tokens(slug) FROM hub.spaces")
            .await;
        let grant = "SELECT id::text FROM hub.grants";
        let grant = hub.value(grant).await.expect("a grant");
        let page = signed_in(&hub, &person, PAGE, seed::DANIEL).await;
        let elsewhere = signed_in(&hub, &person, OTHER, seed::DANIEL).await;
        let strangers = signed_in(&hub, &stranger, PAGE, seed::MAJA).await;
        Self {
            hub,
            person,
            stranger,
            page,
            elsewhere,
            strangers,
            grant,
        }
    }

    /// The form of an action with this value.
    fn form(&self, path: &str, action: &str, page: &str) -> RequestBuilder {
        http().post(self.hub.url(path)).form(&[
            ("action", action),
            ("connection", self.grant.as_str()),
            ("name", "evil"),
            ("access", "read"),
            ("days", "7"),
            ("page", page),
        ])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_is_taken_from_another_page_session_space_or_browser() {
    let world = World::new().await;
    let (own, hub) = (world.page.field("page"), &world.hub);
    let of_sign_in = {
        let new = Person::default();
        new.get(&hub.url(PAGE)).await.field("page")
    };
    let altered = own.replacen("sealed:v1:test:", "sealed:v1:test:A", 1);
    let before = hub.state().await;
    for action in ACTIONS {
        // Not the value of this session's page.
        let values = [
            "",
            "x",
            &altered,
            &of_sign_in,
            &world.elsewhere.field("page"),
            &world.strangers.field("page"),
        ];
        for value in values {
            let refused = world.person.send(world.form(PAGE, action, value)).await;
            refused.assert_says(400, "form is no longer valid");
        }
        // The right value, in another browser, without cookies, and in another space.
        let strange = world.stranger.send(world.form(PAGE, action, &own)).await;
        strange.assert_says(400, "form is no longer valid");
        let nobody = Person::default().send(world.form(PAGE, action, &own)).await;
        nobody.assert_says(403, "had ended");
        let elsewhere = world.person.send(world.form(OTHER, action, &own)).await;
        elsewhere.assert_says(400, "form is no longer valid");
        let of_hub = world
            .person
            .send(world.form("/account", action, &own))
            .await;
        of_hub.assert_says(404, "");
        // From another site, whatever its form has.
        for (header, value) in [
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
        ] {
            let form = world.form(PAGE, action, &own).header(header, value);
            let foreign = world.person.send(form).await;
            foreign.assert_says(400, "form is no longer valid");
        }
        // A link is not a form.
        let query = [
            ("action", action),
            ("connection", &*world.grant),
            ("page", &*own),
        ];
        let link = http().get(hub.url(PAGE)).query(&query);
        world
            .person
            .send(link)
            .await
            .assert_says(200, "Test Client");
    }
    for incomplete in ["", "delete", "END"] {
        let refused = world.person.send(world.form(PAGE, incomplete, &own)).await;
        refused.assert_says(400, "incomplete");
    }
    assert_eq!(hub.state().await, before);
    world.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_cookie_opens_the_page_but_its_own() {
    let world = World::new().await;
    let jar = world.person.cookies("127.0.0.1");
    let value = |name: &str| {
        let pairs = jar.split("; ").find_map(|pair| pair.strip_prefix(name));
        pairs.expect("a cookie").to_owned()
    };
    let (browser, session) = (value("bmh_browser="), value("bmh_account_default="));
    let other = value("bmh_account_other=");
    let strangers = world.stranger.cookies("127.0.0.1");
    let strangers = strangers
        .split("; ")
        .find(|pair| pair.starts_with("bmh_browser="));
    let strangers = strangers.expect("a cookie");
    let before = world.hub.state().await;
    let altered = session.replacen("bmh_se_", "bmh_se_0", 1);
    for cookies in [
        // Only one of the two; another browser's; another space's; under another name; changed.
        format!("bmh_account_default={session}"),
        format!("bmh_browser={browser}"),
        format!("{strangers}; bmh_account_default={session}"),
        format!("bmh_browser={browser}; bmh_account_default={other}"),
        format!("bmh_browser={browser}; bmh_account_other={session}"),
        format!("bmh_browser={browser}; __Host-bmh_account_default={session}"),
        format!(
            "bmh_browser={browser}; bmh_account_default={}",
            &altered[..57]
        ),
        format!("bmh_browser={browser}; bmh_account_default={browser}"),
    ] {
        let request = http().get(world.hub.url(PAGE)).header("cookie", &cookies);
        let page = Person::default().send(request).await;
        page.assert_says(200, "/account/sign-in");
        assert!(!page.body.contains("Daniel"), "{cookies}: {}", page.body);
    }
    // A token of a client is none either.
    let tokens = Person::default().sign_in(&world.hub, seed::DANIEL).await;
    let request = http()
        .get(world.hub.url(PAGE))
        .bearer_auth(&tokens.access_token)
        .header(
            "cookie",
            format!(
                "bmh_browser={browser}; bmh_account_default={}",
                tokens.access_token
            ),
        );
    let page = Person::default().send(request).await;
    assert!(!page.body.contains("Daniel"), "{}", page.body);
    let sessions = "SELECT count(*)::text FROM hub.account_sessions";
    assert_eq!(
        world.hub.value(sessions).await.as_deref(),
        Some("3"),
        "{before}"
    );
    world.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sign_in_begins_or_ends_but_from_its_own_page() {
    let world = World::new().await;
    let (hub, new) = (&world.hub, Person::default());
    let page = new.get(&hub.url(PAGE)).await.field("page");
    let path = format!("{PAGE}/sign-in");
    let form = |page: &str| http().post(hub.url(&path)).form(&[("page", page)]);
    let before = hub.state().await;
    for value in ["", &world.page.field("page"), &format!("{page}A")] {
        new.send(form(value))
            .await
            .assert_says(400, "form is no longer valid");
    }
    world
        .stranger
        .send(form(&page))
        .await
        .assert_says(400, "form is no longer valid");
    let without = Person::default().send(form(&page)).await;
    without.assert_says(403, "another browser");
    let foreign = form(&page).header("origin", "https://evil.example");
    new.send(foreign)
        .await
        .assert_says(400, "form is no longer valid");
    let foreign = form(&page).header("sec-fetch-site", "cross-site");
    new.send(foreign)
        .await
        .assert_says(400, "form is no longer valid");
    let link = new.get(&hub.url(&format!("{path}?page={page}"))).await;
    assert_eq!(link.status, 405);
    assert_eq!(hub.state().await, before);

    // The response of the one space at the other's callback, with the other's `state`, with none.
    let callback = called_back(hub, &new, PAGE, seed::DANIEL).await;
    let before = hub.state().await;
    let query = callback.split_once('?').expect("a query").1.to_owned();
    let elsewhere = hub.url(&format!("/spaces/other/callback?{query}"));
    new.get(&elsewhere)
        .await
        .assert_says(400, "a different Backlog space");
    let state = param(&callback, "state");
    let invented = callback.replace(&state, &format!("bmh_as_{}", &state[8..]));
    new.get(&invented).await.assert_says(400, "expired");
    assert_eq!(hub.state().await, before);
    // A stranger who has somebody else open the response of the stranger's own sign-in.
    let attackers = called_back(hub, &world.stranger, PAGE_OF_NOBODY, seed::MAJA).await;
    let page = world.person.get(&attackers).await;
    page.assert_says(403, "another browser");
    let page = world.person.get(&hub.url(PAGE)).await;
    page.assert_says(200, "Daniel Okafor");
    begin(hub, &Person::default(), PAGE).await;
    world.hub.stop().await;
}

/// The stranger is signed in to the default space, so begins at the other one.
const PAGE_OF_NOBODY: &str = OTHER;

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hub_never_issued_costs_no_statement() {
    let (hub, proxy) = TestHub::start_behind_proxy().await;
    let random = Random::system();
    let browser = BrowserId::generate(&random);
    let session = AccountSession::generate(&random);
    let state = AccountState::generate(&random);
    Person::default().get(&hub.url(PAGE)).await;
    proxy.take_statements();
    let cookies = format!(
        "bmh_browser={}; bmh_account_default={}",
        browser.reveal(),
        session.reveal()
    );
    let page = http().get(hub.url(PAGE)).header("cookie", cookies);
    let page = Person::default().send(page).await;
    page.assert_says(200, "/account/sign-in");
    let callback = hub.url(&format!("/callback?code=x&state={}", state.reveal()));
    let refused = Person::default().get(&callback).await;
    refused.assert_says(400, "expired");
    let statements = proxy.take_statements();
    let of_page = |statement: &String| statement.contains("account_s");
    assert!(!statements.iter().any(of_page), "{statements:?}");
    hub.stop().await;
}
