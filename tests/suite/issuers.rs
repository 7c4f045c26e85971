//! Three issuers of one hub (itself, a space by path, a space by host name): each
//! works, and nothing that one of them gave out is worth anything at another.

use backlog_sim::seed;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    hub::{REDIRECT_URI, TestHub, eventually, http},
    mcp,
    person::{Page, Person, VERIFIER, challenge, result},
    reply::Reply,
};

const HOST_NAME: &str = "mcp.third.test";

/// An issuer, and the way to it: TLS and the host name are a proxy's, so requests go
/// to where the hub listens, with the Host that the proxy would pass on.
struct Issuer {
    url: String,
    reach: String,
    host: String,
}

impl Issuer {
    /// The hub itself, a space by path, and a space by host name, which exist now.
    async fn three(hub: &TestHub) -> [Self; 3] {
        hub.second_space("second").await;
        hub.second_space("third").await;
        let name_it =
            format!("UPDATE hub.spaces SET hostnames = '{{{HOST_NAME}}}' WHERE slug = 'third'");
        assert_eq!(hub.sql(&name_it).await, 1);
        let authority = hub.address().to_string();
        let issuers = [
            (
                hub.base_url.clone(),
                hub.base_url.clone(),
                authority.clone(),
            ),
            (
                hub.url("/spaces/second"),
                hub.url("/spaces/second"),
                authority,
            ),
            (
                format!("https://{HOST_NAME}"),
                hub.base_url.clone(),
                HOST_NAME.to_owned(),
            ),
        ]
        .map(|(url, reach, host)| Self { url, reach, host });
        for issuer in &issuers {
            eventually("the issuer is known", async || {
                let page = Reply::to(issuer.request(Method::GET, "/authorize")).await;
                page.status == StatusCode::BAD_REQUEST
            })
            .await;
        }
        issuers
    }

    fn mcp_url(&self) -> String {
        format!("{}/mcp", self.url)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        http()
            .request(method, format!("{}{path}", self.reach))
            .header("host", &self.host)
    }

    async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        Reply::to(self.request(Method::POST, path).form(form)).await
    }

    async fn register(&self, method: &str) -> Value {
        let metadata = json!({
            "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": method,
        });
        let reply = Reply::to(self.request(Method::POST, "/register").json(&metadata)).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        reply.json()
    }

    async fn authorize(&self, person: &Person, client_id: &str) -> Page {
        let challenge = challenge();
        let params = [
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", REDIRECT_URI),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("state", "the-state"),
            ("resource", &self.mcp_url()),
        ];
        let request = self.request(Method::GET, "/authorize").query(&params);
        person.send(request).await
    }

    /// Posts the form of a consent page that another issuer may have rendered.
    async fn consent(&self, person: &Person, page: &Page) -> Page {
        let form = [
            ("request", page.field("request")),
            ("csrf", page.field("csrf")),
            ("space", page.field("space")),
            ("access", "read_write".to_owned()),
            ("decision", "approve".to_owned()),
        ];
        person
            .send(self.request(Method::POST, "/consent").form(&form))
            .await
    }

    /// A whole sign-in of a new browser; the code.
    async fn code(&self, hub: &TestHub, client_id: &str) -> String {
        let person = Person::default();
        let page = self.authorize(&person, client_id).await;
        page.assert_says(200, "name=\"csrf\"");
        let forward = self.consent(&person, &page).await;
        let callback = person
            .sign_in_at_backlog(&forward.refresh(), seed::DANIEL, "approve")
            .await;
        assert!(callback.starts_with(&hub.url("/callback?")), "{callback}");
        let mut page = person.get(&callback).await;
        // The cookie is at the space's own host, so the browser is sent on there.
        if let Some(onward) = page.location.as_deref()
            && let Some(path) = onward.strip_prefix(&format!("https://{HOST_NAME}"))
        {
            page = person.send(self.request(Method::GET, path)).await;
        }
        let answer = page.answer();
        assert_eq!(answer.get("iss"), self.url);
        assert_eq!(answer.get("state"), "the-state");
        answer.get("code").to_owned()
    }

    async fn exchange(&self, client_id: &str, code: &str) -> Reply {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("code", code),
            ("code_verifier", VERIFIER),
        ];
        self.post_form("/token", &form).await
    }

    async fn refresh(&self, client_id: Option<&str>, token: &str) -> Reply {
        let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
        form.extend(client_id.map(|id| ("client_id", id)));
        self.post_form("/token", &form).await
    }

    async fn revoke(&self, client_id: Option<&str>, token: &str) -> Reply {
        let mut form = vec![("token", token)];
        form.extend(client_id.map(|id| ("client_id", id)));
        self.post_form("/revoke", &form).await
    }

    async fn call(&self, access_token: &str) -> Reply {
        let params = json!({ "name": "get_myself", "arguments": {} });
        Reply::to(
            self.request(Method::POST, "/mcp")
                .header("accept", "application/json, text/event-stream")
                .bearer_auth(access_token)
                .json(&mcp::message("tools/call", params)),
        )
        .await
    }

    async fn manage(&self, method: Method, client_id: &str, token: &str) -> Reply {
        let metadata = json!({
            "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": "client_secret_post",
        });
        Reply::to(
            self.request(method, &format!("/register/{client_id}"))
                .bearer_auth(token)
                .json(&metadata),
        )
        .await
    }
}

/// What an issuer has given out.
struct Credentials {
    client_id: String,
    code: String,
    access_token: String,
    refresh_token: String,
    managed_id: String,
    management_token: String,
    person: Person,
    consent: Page,
}

impl Credentials {
    async fn from(hub: &TestHub, issuer: &Issuer) -> Self {
        let text = |json: &Value, name: &str| json[name].as_str().expect(name).to_owned();
        let client_id = text(&issuer.register("none").await, "client_id");
        let code = issuer.code(hub, &client_id).await;
        let tokens = issuer.exchange(&client_id, &code).await;
        assert_eq!(tokens.status, StatusCode::OK, "{}", tokens.body);
        let tokens = tokens.json();
        let managed = issuer.register("client_secret_post").await;
        let person = Person::default();
        let consent = issuer.authorize(&person, &client_id).await;
        let credentials = Self {
            code: issuer.code(hub, &client_id).await,
            access_token: text(&tokens, "access_token"),
            refresh_token: text(&tokens, "refresh_token"),
            managed_id: text(&managed, "client_id"),
            management_token: text(&managed, "registration_access_token"),
            client_id,
            person,
            consent,
        };
        // Its first use is noted, so that a later refusal changes no row.
        let me = issuer.call(&credentials.access_token).await;
        assert_eq!(me.status, StatusCode::OK, "{}", me.body);
        credentials
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_issuer_gave_out_is_refused_at_every_other() {
    let hub = TestHub::start().await;
    let issuers = Issuer::three(&hub).await;
    let mut given = Vec::new();
    for issuer in &issuers {
        given.push(Credentials::from(&hub, issuer).await);
    }
    let before = hub.state().await;
    for (at, issuer) in issuers.iter().enumerate() {
        let own = &given[at];
        for (from, foreign) in given.iter().enumerate().filter(|(from, _)| *from != at) {
            refused(issuer, own, foreign).await;
            let (of, at) = (&issuers[from].url, &issuer.url);
            assert_eq!(hub.state().await, before, "{of} at {at}");
        }
    }

    // Where they come from they still work, so each refusal was about the issuer.
    for (issuer, own) in issuers.iter().zip(&given) {
        let exchanged = issuer.exchange(&own.client_id, &own.code).await;
        assert_eq!(exchanged.status, StatusCode::OK, "{}", exchanged.body);
        let refreshed = issuer.refresh(None, &own.refresh_token).await;
        assert_eq!(refreshed.status, StatusCode::OK, "{}", refreshed.body);
        let me = issuer.call(&own.access_token).await;
        assert_eq!(me.status, StatusCode::OK, "{}", me.body);
        let managed = issuer
            .manage(Method::GET, &own.managed_id, &own.management_token)
            .await;
        assert_eq!(managed.status, StatusCode::OK, "{}", managed.body);
        let forward = issuer.consent(&own.person, &own.consent).await;
        assert_eq!(forward.status, StatusCode::OK, "{}", forward.body);
        assert!(forward.refresh().starts_with(hub.sim.url().as_str()));
    }
    hub.stop().await;
}

/// Presents everything of another issuer at every endpoint of this one.
async fn refused(here: &Issuer, own: &Credentials, foreign: &Credentials) {
    // As the client of there, and as one of here that got hold of it.
    let there = Some(foreign.client_id.as_str());
    let local = Some(own.client_id.as_str());

    let page = here.authorize(&Person::default(), &foreign.client_id).await;
    page.assert_says(400, "This application is not registered here");
    let page = here.consent(&foreign.person, &foreign.consent).await;
    assert!(matches!(page.status.as_u16(), 400 | 403), "{}", page.body);

    let exchanged = here.exchange(&foreign.client_id, &foreign.code).await;
    exchanged.oauth_error(401, "invalid_client");
    let exchanged = here.exchange(&own.client_id, &foreign.code).await;
    exchanged.oauth_error(400, "invalid_grant");

    for (client, status, error) in [
        (there, 401, "invalid_client"),
        (None, 401, "invalid_client"),
        (local, 400, "invalid_grant"),
    ] {
        let refreshed = here.refresh(client, &foreign.refresh_token).await;
        refreshed.oauth_error(status, error);
    }
    for token in [&foreign.access_token, &foreign.refresh_token] {
        for client in [there, None] {
            let revoked = here.revoke(client, token).await;
            revoked.oauth_error(401, "invalid_client");
        }
        // Of another client's token nothing is told, and nothing happens to it.
        let revoked = here.revoke(local, token).await;
        assert_eq!(revoked.status, StatusCode::OK, "{}", revoked.body);
    }

    let called = here.call(&foreign.access_token).await;
    assert_eq!(called.status, StatusCode::UNAUTHORIZED, "{}", called.body);
    let challenge = mcp::challenge(&called);
    assert_eq!(challenge["error"], "invalid_token");
    assert!(
        challenge["resource_metadata"].starts_with(origin(&here.url)),
        "{challenge:?}"
    );

    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let managed = here
            .manage(method, &foreign.managed_id, &foreign.management_token)
            .await;
        assert_eq!(managed.status, StatusCode::UNAUTHORIZED, "{}", managed.body);
    }
}

fn origin(url: &str) -> &str {
    let start = url.find("://").expect("a URL") + 3;
    url[start..]
        .find('/')
        .map_or(url, |end| &url[..start + end])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_at_a_host_name_of_its_own_ends_in_its_space() {
    let hub = TestHub::start().await;
    let [.., third] = Issuer::three(&hub).await;
    let registered = third.register("none").await;
    let client_id = registered["client_id"].as_str().expect("an id");
    let code = third.code(&hub, client_id).await;
    let tokens = third.exchange(client_id, &code).await.json();
    let token = tokens["access_token"].as_str().expect("a token");
    let me = third.call(token).await.json();
    assert_eq!(result(&me)["id"], json!(seed::DANIEL));
    let space = "SELECT spaces.slug || ' ' || grants.issuer || ' ' || grants.resource
                 FROM hub.grants JOIN hub.spaces ON spaces.id = grants.space_id";
    let expected = format!("third https://{HOST_NAME} https://{HOST_NAME}/mcp");
    assert_eq!(hub.value(space).await, Some(expected));

    // Backlog knows one address to answer at, the hub's, whichever host the person is at.
    let person = Person::default();
    let page = third.authorize(&person, client_id).await;
    let forward = third.consent(&person, &page).await;
    let callback = person
        .sign_in_at_backlog(&forward.refresh(), seed::MAJA, "approve")
        .await;
    // Another browser is sent to the same place, and refused there.
    let stranger = Person::default();
    let onward = stranger.get(&callback).await.location.expect("a location");
    let path = onward
        .strip_prefix(&third.url)
        .unwrap_or_else(|| panic!("sent to {onward}"));
    let page = stranger.send(third.request(Method::GET, path)).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.body);
    let page = person.send(third.request(Method::GET, path)).await;
    assert_eq!(page.answer().get("iss"), third.url);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_space_lets_nobody_in_anywhere_until_it_is_enabled() {
    let hub = TestHub::start().await;
    let (replica, replica_url) = hub.replica().await;
    let [_, second, third] = Issuer::three(&hub).await;
    for (issuer, slug) in [(second, "second"), (third, "third")] {
        let own = Credentials::from(&hub, &issuer).await;
        let set = async |value: &str| {
            let disable =
                format!("UPDATE hub.spaces SET disabled_at = {value} WHERE slug = '{slug}'");
            assert_eq!(hub.sql(&disable).await, 1);
        };
        let at_replica = Issuer {
            url: issuer.url.clone(),
            reach: issuer.reach.replace(&hub.base_url, &replica_url),
            host: issuer.host.clone(),
        };
        let status = async |issuer: &Issuer| issuer.call(&own.access_token).await.status;
        assert_eq!(status(&at_replica).await, StatusCode::OK);

        set("clock_timestamp()").await;
        for issuer in [&issuer, &at_replica] {
            eventually("the endpoint is closed", async || {
                status(issuer).await == StatusCode::FORBIDDEN
            })
            .await;
            let page = issuer.authorize(&Person::default(), &own.client_id).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.body);
            page.assert_says(403, slug);
            let page = issuer.consent(&own.person, &own.consent).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.body);
            let before = hub.state().await;
            let exchanged = issuer.exchange(&own.client_id, &own.code).await;
            let description = exchanged.oauth_error(400, "access_denied");
            assert!(description.contains("disabled"), "{description}");
            let refreshed = issuer.refresh(None, &own.refresh_token).await;
            let description = refreshed.oauth_error(400, "access_denied");
            assert!(description.contains("disabled"), "{description}");
            assert_eq!(hub.state().await, before);
        }

        // Nothing was lost: what was refused works when the space is back.
        set("NULL").await;
        eventually("the endpoint is open", async || {
            status(&at_replica).await == StatusCode::OK
        })
        .await;
        let refreshed = issuer.refresh(None, &own.refresh_token).await;
        assert_eq!(refreshed.status, StatusCode::OK, "{}", refreshed.body);
        let forward = issuer.consent(&own.person, &own.consent).await;
        assert_eq!(forward.status, StatusCode::OK, "{}", forward.body);
    }
    replica.stop().await;
    hub.stop().await;
}
