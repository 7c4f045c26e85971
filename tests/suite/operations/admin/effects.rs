//! A change by an operator applies at every replica at once: the tests run two hubs on one
//! database.

use backlog_sim::seed;
use reqwest::{StatusCode, header::ACCEPT_LANGUAGE};
use serde_json::json;

use crate::support::{
    hub::{OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, Running, TestHub, eventually, http},
    mcp,
    person::{Page, Person, Tokens, authorize_url_with, exchange, refresh},
    reply::Reply,
    site::Site,
};

/// The space `acme`, at the hub and at another replica.
struct Acme {
    hub: TestHub,
    replica: Running,
    here: Site,
    there: Site,
}

impl Acme {
    async fn create() -> Self {
        let hub = TestHub::start().await;
        let (replica, url) = hub.replica().await;
        hub.sql(&format!(
            "SELECT admin.create_space(slug => 'acme', domain => '{}',
                 oauth_client_id => '{OAUTH_CLIENT_ID}',
                 oauth_client_secret => '{OAUTH_CLIENT_SECRET}')",
            hub.sim.url()
        ))
        .await;
        let here = Site::new(hub.url("/spaces/acme"));
        let there = Site::new(format!("{url}/spaces/acme"));
        let acme = Self {
            hub,
            replica,
            here,
            there,
        };
        // With its secret, at both.
        for site in [&acme.here, &acme.there] {
            let client = acme.here.register().await;
            eventually("people can sign in", async || {
                let person = Person::default();
                let consent = acme.open(&person, site, &client).await;
                consent.status == 200 && acme.approve(&person, site, &consent).await.status == 200
            })
            .await;
        }
        acme
    }

    /// Opens the consent page of a client by way of a replica.
    async fn open(&self, person: &Person, by: &Site, client: &str) -> Page {
        let resource = self.here.mcp_url();
        let url = authorize_url_with(by, client, &[("resource", Some(&resource))]);
        person.get(&url).await
    }

    async fn approve(&self, person: &Person, by: &Site, consent: &Page) -> Page {
        person.decide(by, consent, "approve").await
    }

    async fn call(&self, by: &Site, tokens: &Tokens) -> Reply {
        let token = Some(tokens.access_token.as_str());
        mcp::call_at(&by.mcp_url(), token, "get_myself", json!({})).await
    }

    /// Until a call at both replicas has this status.
    async fn answers(&self, tokens: &Tokens, status: StatusCode) {
        for site in [&self.here, &self.there] {
            eventually("the status is there", async || {
                self.call(site, tokens).await.status == status
            })
            .await;
        }
    }

    async fn stop(self) {
        self.replica.stop().await;
        self.hub.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_space_is_reported_everywhere_and_keeps_its_grants() {
    let acme = Acme::create().await;
    let person = Person::default();
    let tokens = person.sign_in(&acme.here, seed::DANIEL).await;
    acme.answers(&tokens, StatusCode::OK).await;
    // One sign-in waits at each step.
    let client = acme.here.register().await;
    let open = Person::default();
    let consent = acme.open(&open, &acme.here, &client).await;
    let away = Person::default();
    let page = acme.open(&away, &acme.here, &client).await;
    let forward = acme.approve(&away, &acme.here, &page).await;
    let callback = away
        .sign_in_at_backlog(&forward.refresh(), seed::MAJA, "approve")
        .await;
    let back = Person::default();
    let answer = back.authorize(&acme.here, &client, seed::KENTA).await;

    acme.hub.sql("SELECT admin.disable_space('acme')").await;
    acme.answers(&tokens, StatusCode::FORBIDDEN).await;
    let reply = acme.call(&acme.there, &tokens).await;
    assert_eq!(reply.json()["error"], "access_denied", "{}", reply.body);
    assert!(reply.headers.get("www-authenticate").is_none());
    for site in [&acme.here, &acme.there] {
        let page = acme.open(&Person::default(), site, &client).await;
        page.assert_says(403, "disabled");
        let connect = http().get(&site.base_url);
        let japanese = connect.header(ACCEPT_LANGUAGE, "ja");
        assert!(
            Reply::to(japanese)
                .await
                .page(403)
                .contains("現在利用できません")
        );
        let metadata = site.url("/.well-known/oauth-authorization-server");
        assert_eq!(Reply::to(http().get(metadata)).await.status, 200);
    }
    acme.approve(&open, &acme.here, &consent)
        .await
        .assert_says(403, "disabled");
    away.get(&callback).await.assert_says(403, "disabled");
    // Not an error on which a client throws its tokens away.
    for by in [&acme.here, &acme.there] {
        let (status, body) = refresh(&by.base_url, &tokens).await;
        assert_eq!(
            (status.as_u16(), &body["error"]),
            (400, &json!("access_denied"))
        );
    }
    let (status, body) = exchange(&acme.here.base_url, &client, answer.get("code")).await;
    assert_eq!(
        (status.as_u16(), &body["error"]),
        (400, &json!("access_denied"))
    );

    acme.hub.sql("SELECT admin.enable_space('acme')").await;
    acme.answers(&tokens, StatusCode::OK).await;
    let page = acme.approve(&open, &acme.here, &consent).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let arrived = away.return_to_client(&callback).await;
    assert!(!arrived.get("code").is_empty());
    let (status, body) = exchange(&acme.here.base_url, &client, answer.get("code")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let (status, body) = refresh(&acme.here.base_url, &tokens).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    acme.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_space_that_is_changed_or_deleted_is_so_at_every_replica() {
    let acme = Acme::create().await;
    let tokens = Person::default().sign_in(&acme.here, seed::DANIEL).await;
    acme.answers(&tokens, StatusCode::OK).await;
    let offers = async |site: &Site, tool: &str| {
        let list = mcp::message("tools/list", json!({}));
        let request = mcp::request(&site.mcp_url(), Some(&tokens.access_token));
        let body = Reply::to(request.json(&list)).await.json();
        let tools = body["result"]["tools"].as_array().expect("tools").clone();
        tools.iter().any(|offered| offered["name"] == tool)
    };
    for (change, shown, tool, is_offered) in [
        (
            "read_only => true, name => 'Acme read'",
            "Acme read",
            "add_issue",
            false,
        ),
        (
            "read_only => false, toolsets => '{wiki}'",
            "Acme read",
            "get_issue",
            false,
        ),
        (
            "toolsets => '{default,files}'",
            "Acme read",
            "upload_attachment",
            true,
        ),
        (
            "toolsets => '{all}', name => 'Acme'",
            "Acme",
            "find_issues",
            true,
        ),
    ] {
        acme.hub
            .sql(&format!("SELECT admin.update_space('acme', {change})"))
            .await;
        let client = acme.here.register().await;
        for site in [&acme.here, &acme.there] {
            eventually(change, async || {
                offers(site, tool).await == is_offered
                    && acme
                        .open(&Person::default(), site, &client)
                        .await
                        .body
                        .contains(shown)
            })
            .await;
        }
    }
    acme.hub.sql("SELECT admin.delete_space('acme')").await;
    acme.answers(&tokens, StatusCode::NOT_FOUND).await;
    for site in [&acme.here, &acme.there] {
        let gone = Person::default().get(&site.base_url).await;
        gone.assert_says(404, "");
    }
    acme.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_holds_at_every_replica() {
    let acme = Acme::create().await;
    let daniel = Person::default().sign_in(&acme.here, seed::DANIEL).await;
    let maja = Person::default().sign_in(&acme.here, seed::MAJA).await;
    acme.answers(&daniel, StatusCode::OK).await;
    acme.answers(&maja, StatusCode::OK).await;
    let revoke = format!("SELECT admin.revoke_user('acme', {})", seed::DANIEL);
    acme.hub.sql(&revoke).await;
    acme.answers(&daniel, StatusCode::UNAUTHORIZED).await;
    acme.answers(&maja, StatusCode::OK).await;
    acme.hub
        .sql(&format!("SELECT admin.revoke_client('{}')", maja.client_id))
        .await;
    acme.answers(&maja, StatusCode::UNAUTHORIZED).await;
    acme.stop().await;
}

/// With one space only, nobody is told that there is none.
#[tokio::test(flavor = "multi_thread")]
async fn a_default_space_that_is_disabled_is_named_at_the_hubs_own_endpoint() {
    let hub = TestHub::start().await;
    let client = hub.register().await;
    let person = Person::default();
    let consent = person.open_consent(&hub, &client).await;
    hub.sql("SELECT admin.disable_space('default')").await;
    let page = person.get(&authorize_url_with(&hub, &client, &[])).await;
    page.assert_says(403, "disabled");
    let page = person.decide(&hub, &consent, "approve").await;
    page.assert_says(403, "disabled");

    // Of several, one that goes while the page is open is named too.
    hub.sql(
        "SELECT admin.enable_space('default'), admin.update_space('default', is_default => false)",
    )
    .await;
    hub.second_space("second").await;
    hub.sql("UPDATE hub.spaces SET listed = true").await;
    let consent = person.get(&authorize_url_with(&hub, &client, &[])).await;
    consent.assert_says(200, "second");
    hub.sql("SELECT admin.disable_space('second')").await;
    eventually("the space is off", async || {
        let connect = hub.url("/spaces/second");
        Reply::to(http().get(connect)).await.status == 403
    })
    .await;
    let choose = |slug| [("space", slug), ("decision", "approve")];
    let page = person.post_consent(&hub, &consent, &choose("second")).await;
    page.assert_says(403, "disabled");
    let page = person
        .post_consent(&hub, &consent, &choose("nowhere"))
        .await;
    page.assert_says(400, "not one of those offered");
    hub.stop().await;
}

/// The environment describes its own space, whichever the operator made the default one.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_leaves_the_operators_default_space_alone() {
    let hub = TestHub::start().await;
    hub.sql(
        "SELECT admin.create_space(slug => 'acme', domain => 'acme.backlog.com', is_default => true,
             oauth_client_id => 'id', oauth_client_secret => 'secret')",
    )
    .await;
    let (replica, _) = hub.replica().await;
    let spaces =
        "SELECT string_agg(concat_ws(' ', slug, base_url, is_default, from_environment), ', '
                      ORDER BY slug) FROM admin.spaces";
    let expected = format!(
        "acme https://acme.backlog.com t f, default {} f t",
        hub.sim.url().as_str().trim_end_matches('/')
    );
    assert_eq!(hub.value(spaces).await, Some(expected.clone()));
    replica.stop().await;
    // A space that is gone from the table is made again, beside a namesake's.
    hub.sql("SELECT admin.delete_space('default')").await;
    hub.sql(
        "SELECT admin.create_space(slug => 'default', domain => 'other.backlog.com',
             oauth_client_id => 'other-id', oauth_client_secret => 'secret')",
    )
    .await;
    let (replica, _) = hub.replica().await;
    let made = "SELECT slug FROM admin.spaces WHERE from_environment AND NOT is_default";
    let slug = hub.value(made).await.expect("a slug");
    assert!(slug.starts_with("default-"), "{slug}");
    replica.stop().await;
    hub.stop().await;
}
