//! A configured space whose site is hostile: it leads browsers on to other spaces, by redirects
//! that no `Referer` shows, to get their codes, tokens or secrets (RFC 9700 §4.4).

use backlog_sim::{BacklogSim, Matcher, seed};
use sqlx::{AssertSqlSafe, postgres::PgDatabaseError};
use url::Url;

use crate::support::{
    hub::{OAUTH_CLIENT_ID, TestHub, eventually, http, sim_for},
    person::{Page, Person, authorize_url_with, param},
};

const OF_ACME: &str = "app-of-acme";
const OF_HOSTILE: &str = "app-of-hostile";
const REFUSED: &str = "The response came from a different Backlog space";

/// A hub with the space of its environment, which has the shared redirect URI, and two that an
/// operator has added.
struct Tenants {
    hub: TestHub,
    acme: BacklogSim,
    hostile: BacklogSim,
}

impl Tenants {
    async fn start() -> Self {
        let hub = TestHub::start().await;
        let of = |slug: &str| vec![hub.url(&format!("/spaces/{slug}/callback"))];
        let acme = sim_for(OF_ACME, of("acme")).await;
        let hostile = sim_for(OF_HOSTILE, of("hostile")).await;
        hub.create_space("acme", &acme, OF_ACME, "").await;
        hub.create_space("hostile", &hostile, OF_HOSTILE, "").await;
        Self { hub, acme, hostile }
    }

    /// Approves a sign-in to a space; where the browser goes for it.
    async fn approve(&self, person: &Person, client: &str, space: &str) -> Url {
        let resource = self.hub.url(&format!("/spaces/{space}/mcp"));
        let url = authorize_url_with(&self.hub, client, &[("resource", Some(&resource))]);
        let consent = person.get(&url).await;
        let forward = person.decide(&self.hub, &consent, "approve").await;
        Url::parse(&forward.refresh()).expect("a URL")
    }

    /// No site was asked for anything by the hub.
    fn assert_nothing_was_sent(&self) {
        for sim in [&self.acme, &self.hostile, &self.hub.sim] {
            assert_eq!(sim.control().count(&Matcher::token_endpoint()), 0);
        }
    }
}

/// The question that the hub sent to one site, put to another one as its own.
fn led_on(page: &Url, to: &BacklogSim, client: &str, redirect_uri: &str) -> Url {
    let changed = [("client_id", client), ("redirect_uri", redirect_uri)];
    let kept = page.query_pairs().into_owned();
    let kept = kept.filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
    let mut url = to.url();
    url.set_path(page.path());
    url.query_pairs_mut()
        .extend_pairs(kept)
        .extend_pairs(changed);
    url
}

fn answered(page: &Page) -> bool {
    let location = page.location.as_deref();
    location.is_some_and(|location| location.starts_with("/sign-in?page="))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_space_gets_no_code_of_another_space() {
    let tenants = Tenants::start().await;
    let hub = &tenants.hub;
    let client = hub.register().await;
    for (other, sim, application, redirect_uri) in [
        ("acme", &tenants.acme, OF_ACME, "/spaces/acme/callback"),
        ("default", &hub.sim, OAUTH_CLIENT_ID, "/callback"),
    ] {
        let victim = Person::default();
        let page = tenants.approve(&victim, &client, "hostile").await;
        let own = param(page.as_str(), "redirect_uri");
        assert_eq!(own, hub.url("/spaces/hostile/callback"));
        if other == "acme" {
            // Its own redirect URI is not the one that the other site knows.
            let refused = victim
                .get(led_on(&page, sim, application, &own).as_str())
                .await;
            assert_eq!(refused.status, 400, "{}", refused.body);
        }
        // The victim is signed in there already, and asked nothing: no page, no `Referer`.
        let url = led_on(&page, sim, application, &hub.url(redirect_uri));
        let callback = victim
            .sign_in_at_backlog(url.as_str(), seed::DANIEL, "approve")
            .await;
        assert!(callback.starts_with(&hub.url(redirect_uri)), "{callback}");
        let before = hub.state().await;
        victim.get(&callback).await.assert_says(400, REFUSED);
        assert_eq!(hub.state().await, before, "nothing is used up");
        tenants.assert_nothing_was_sent();

        // The other way round: a sign-in to the other space, answered at the hostile one's URI.
        let page = tenants.approve(&victim, &client, other).await;
        let state = param(page.as_str(), "state");
        let url = hub.url(&format!(
            "/spaces/hostile/callback?code=stolen&state={state}"
        ));
        let before = hub.state().await;
        victim.get(&url).await.assert_says(400, REFUSED);
        assert_eq!(hub.state().await, before, "nothing is used up");
        tenants.assert_nothing_was_sent();

        // The sign-in itself goes on as if nothing had been tried.
        let callback = victim
            .sign_in_at_backlog(page.as_str(), seed::DANIEL, "approve")
            .await;
        assert!(answered(&victim.get(&callback).await));
        assert_eq!(
            sim.control().count(&Matcher::token_endpoint()),
            1,
            "{other}"
        );
        sim.control().clear_journal();
    }
    tenants.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_seen_on_the_way_is_of_no_use_in_another_sign_in() {
    let tenants = Tenants::start().await;
    let hub = &tenants.hub;
    let client = hub.register().await;
    let (victim, thief) = (Person::default(), Person::default());
    let page = tenants.approve(&victim, &client, "acme").await;
    let callback = victim
        .sign_in_at_backlog(page.as_str(), seed::DANIEL, "approve")
        .await;
    let stolen = param(&callback, "code");

    let own = tenants.approve(&thief, &client, "acme").await;
    assert_ne!(
        param(own.as_str(), "code_challenge"),
        param(page.as_str(), "code_challenge")
    );
    let state = param(own.as_str(), "state");
    let url = hub.url(&format!(
        "/spaces/acme/callback?code={stolen}&state={state}"
    ));
    let answer = thief.get(&url).await.answer();
    answer.assert_error(hub, "access_denied");
    let grants = hub.value("SELECT count(*)::text FROM hub.grants").await;
    assert_eq!(grants.as_deref(), Some("0"));
    tenants.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_verifier_of_a_code_is_sealed_and_goes_with_it() {
    let tenants = Tenants::start().await;
    let hub = &tenants.hub;
    let client = hub.register().await;
    let person = Person::default();
    let page = tenants.approve(&person, &client, "acme").await;
    assert_eq!(param(page.as_str(), "code_challenge_method"), "S256");
    let stored = "SELECT backlog_verifier FROM hub.authorization_requests";
    let sealed = hub.value(stored).await.expect("a verifier");
    assert!(sealed.starts_with("sealed:v1:test:"), "{sealed}");
    let callback = person
        .sign_in_at_backlog(page.as_str(), seed::DANIEL, "approve")
        .await;
    assert!(answered(&person.get(&callback).await));
    assert_eq!(hub.value(stored).await, None);
    tenants.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_belongs_to_one_site() {
    let tenants = Tenants::start().await;
    let hub = &tenants.hub;
    let elsewhere = sim_for(OF_ACME, Vec::new()).await;
    let refused = async |statement: String| {
        let done = sqlx::raw_sql(AssertSqlSafe(statement.clone()));
        let done = done.execute(hub.database.pool()).await;
        let error = done.expect_err(&statement);
        let error = error.as_database_error().expect("of the database");
        let error = error.downcast_ref::<PgDatabaseError>();
        assert_eq!(error.code(), "23505", "{error:?}");
        assert!(error.message().contains("\"acme\"") || error.message().contains("'acme'"));
        let hint = error.hint().expect("a hint");
        assert!(hint.contains("for each site"), "{hint}");
    };
    let before = hub.state().await;
    refused(format!(
        "SELECT admin.create_space(slug => 'copy', domain => '{}',
             oauth_client_id => ' {OF_ACME} ', oauth_client_secret => 'the-same-secret')",
        elsewhere.url()
    ))
    .await;
    refused(format!(
        "SELECT admin.update_space('hostile', oauth_client_id => '{OF_ACME}')"
    ))
    .await;
    assert_eq!(hub.state().await, before);
    // At the same site it is one application.
    hub.create_space("again", &tenants.acme, OF_ACME, "").await;
    refused(format!(
        "SELECT admin.update_space('again', domain => '{}', oauth_client_secret => 'new')",
        elsewhere.url()
    ))
    .await;
    tenants.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_uri_is_fixed_when_the_space_is_made_and_leads_back_to_the_browser() {
    const HOST: &str = "mcp.globex.test";
    let tenants = Tenants::start().await;
    let hub = &tenants.hub;
    let at_host = format!("https://{HOST}/callback");
    let globex = sim_for("app-of-globex", vec![at_host.clone()]).await;
    let hostnames = format!(", hostnames => '{{{HOST}}}'");
    hub.create_space("globex", &globex, "app-of-globex", &hostnames)
        .await;
    hub.sql("SELECT admin.update_space('acme', hostnames => '{mcp.acme.test}')")
        .await;
    let uris = "SELECT string_agg(slug || ' ' || redirect_uri, ', ' ORDER BY slug)
                FROM admin.spaces";
    let expected = format!(
        "acme /spaces/acme/callback, default /callback, globex {at_host}, \
         hostile /spaces/hostile/callback"
    );
    assert_eq!(hub.value(uris).await, Some(expected));

    // Begun at the hub, answered at the host of the space, and sent on to the browser's cookie.
    let client = hub.register().await;
    let person = Person::default();
    let page = tenants.approve(&person, &client, "globex").await;
    assert_eq!(param(page.as_str(), "redirect_uri"), at_host);
    let callback = person
        .sign_in_at_backlog(page.as_str(), seed::DANIEL, "approve")
        .await;
    let query = callback.strip_prefix(&at_host).expect("at the host");
    let arrived = http()
        .get(hub.url(&format!("/callback{query}")))
        .header("host", HOST);
    let onward = person.send(arrived).await.location.expect("a location");
    assert_eq!(onward, hub.url(&format!("/spaces/globex/callback{query}")));
    assert!(answered(&person.get(&onward).await));

    // At the host of another space it is not expected.
    eventually("the other host is known", async || {
        let page = http().get(hub.url("/")).header("host", "mcp.acme.test");
        person.send(page).await.status == 200
    })
    .await;
    let person = Person::default();
    let page = tenants.approve(&person, &client, "globex").await;
    let state = param(page.as_str(), "state");
    let wrong = http()
        .get(hub.url(&format!("/callback?code=c&state={state}")))
        .header("host", "mcp.acme.test");
    person.send(wrong).await.assert_says(400, REFUSED);
    tenants.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_space_leaves_the_shared_redirect_uri_during_sign_ins() {
    let tenants = Tenants::start().await;
    let hub = &tenants.hub;
    let client = hub.register().await;
    let person = Person::default();
    let before = tenants.approve(&person, &client, "default").await;
    hub.sql("SELECT admin.update_space('default', own_redirect_uri => true)")
        .await;
    // What was begun ends where it was begun.
    let callback = person
        .sign_in_at_backlog(before.as_str(), seed::DANIEL, "approve")
        .await;
    assert!(callback.starts_with(&hub.url("/callback?")), "{callback}");
    assert!(answered(&person.get(&callback).await));
    eventually("new sign-ins have the new one", async || {
        let page = tenants
            .approve(&Person::default(), &client, "default")
            .await;
        param(page.as_str(), "redirect_uri") == hub.url("/spaces/default/callback")
    })
    .await;
    let back = "SELECT admin.update_space('default', own_redirect_uri => false)";
    let done = sqlx::raw_sql(back).execute(hub.database.pool()).await;
    assert!(done.is_err(), "there is no way back");
    tenants.hub.stop().await;
}
