//! The host names of the hub: each of them is an address for clients, and a move from one to
//! another ends no grant.

use std::path::Path;

use backlog_mcp_hub::config::{BaseUrl, Settings};
use backlog_sim::seed;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    browser::Browser,
    hub::{REDIRECT_URI, Running, TestHub, http},
    mcp,
    person::{Answer, Page, Person, VERIFIER, challenge},
    process::Deployment,
    reply::Reply,
    sdk_client::{Sdk, SdkClient},
};

const NEW: &str = "new.test";
const OLD: &str = "old.test";

/// A hub at a base URL, which answers to other names as well.
fn named(settings: &mut Settings, host: &str, allowed: &[&str]) {
    settings.base_url = Some(BaseUrl::parse(&format!("https://{host}")).expect("a base URL"));
    settings.allowed_hosts = allowed.iter().map(ToString::to_string).collect();
}

/// A hub where a client or a browser reaches it by one of its names.
struct At<'a> {
    address: std::net::SocketAddr,
    host: &'a str,
}

impl<'a> At<'a> {
    fn hub(hub: &TestHub, host: &'a str) -> Self {
        Self {
            address: hub.address(),
            host,
        }
    }

    fn replica(replica: &Running, host: &'a str) -> Self {
        Self {
            address: replica.address,
            host,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.host)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        http()
            .request(method, format!("http://{}{path}", self.address))
            .header("host", self.host)
    }

    async fn get(&self, path: &str) -> Reply {
        Reply::to(self.request(Method::GET, path)).await
    }

    async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        Reply::to(self.request(Method::POST, path).form(form)).await
    }

    /// What a redirect to this name leads to.
    async fn follow(&self, person: &Person, location: &str) -> Page {
        let path = location
            .strip_prefix(&self.url(""))
            .unwrap_or_else(|| panic!("not at {}: {location}", self.host));
        person.send(self.request(Method::GET, path)).await
    }

    async fn register(&self) -> String {
        let metadata =
            json!({ "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none" });
        let reply = Reply::to(self.request(Method::POST, "/register").json(&metadata)).await;
        reply.json()["client_id"]
            .as_str()
            .expect("an id")
            .to_owned()
    }

    /// A sign-in of a client that knows this name only; what `/token` gives it.
    async fn sign_in(&self, client: &str, callback_at: &At<'_>) -> Value {
        let person = Person::default();
        let resource = self.url("/mcp");
        let challenge = challenge();
        let params = [
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT_URI),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("state", "the-state"),
            ("resource", &resource),
        ];
        let page = self.request(Method::GET, "/authorize").query(&params);
        let page = person.send(page).await;
        page.assert_says(200, "name=\"csrf\"");
        let form: Vec<(&str, String)> = ["request", "csrf", "space"]
            .map(|name| (name, page.field(name)))
            .into_iter()
            .chain([("access", "read".into()), ("decision", "approve".into())])
            .collect();
        let forward = person
            .send(self.request(Method::POST, "/consent").form(&form))
            .await;
        let callback = person
            .sign_in_at_backlog(&forward.refresh(), seed::DANIEL, "approve")
            .await;
        // Backlog knows one address, that of the base URL.
        let mut page = callback_at.follow(&person, &callback).await;
        if self.host != callback_at.host {
            let onward = page.location.clone().expect("a location");
            page = self.follow(&person, &onward).await;
        }
        let asked = page.location.expect("the question who this is");
        let page = person.send(self.request(Method::GET, &asked)).await;
        let form = [("page", &*page.field("page")), ("decision", "continue")];
        let forward = self.request(Method::POST, "/sign-in").form(&form);
        let back = person.send(forward).await.back().expect("the page again");
        let back = url::Url::parse(&back).expect("a URL");
        let again = self.request(Method::GET, &back[url::Position::BeforePath..]);
        let answer = Answer::read(&person.send(again).await.refresh());
        assert_eq!(answer.get("iss"), self.url(""));
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("code", answer.get("code")),
            ("code_verifier", VERIFIER),
            ("resource", &resource),
        ];
        let reply = self.post_form("/token", &form).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.json()
    }

    async fn refresh(&self, tokens: &Value) -> Reply {
        let token = tokens["refresh_token"].as_str().expect("a token");
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.post_form("/token", &form).await
    }

    async fn call(&self, tokens: &Value) -> StatusCode {
        let token = tokens["access_token"].as_str().expect("a token");
        let params = json!({ "name": "get_myself", "arguments": {} });
        let request = self
            .request(Method::POST, "/mcp")
            .header("accept", "application/json, text/event-stream")
            .bearer_auth(token)
            .json(&mcp::message("tools/call", params));
        Reply::to(request).await.status
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_name_of_the_hub_shows_its_own_address_and_signs_in_there() {
    let hub = TestHub::start_with(|settings| named(settings, NEW, &[OLD, "port.test:8443"])).await;
    let base = At::hub(&hub, NEW);
    for host in [OLD, NEW, "port.test:8443"] {
        let at = At::hub(&hub, host);
        for (issuer, document) in [("", "/mcp"), ("/spaces/default", "/spaces/default/mcp")] {
            let path = format!("/.well-known/oauth-protected-resource{document}");
            let resource = at.get(&path).await.json();
            assert_eq!(resource["resource"], at.url(&format!("{issuer}/mcp")));
            let issuer = at.url(issuer);
            assert_eq!(resource["authorization_servers"], json!([issuer]));
        }
        let server = at
            .get("/.well-known/oauth-authorization-server")
            .await
            .json();
        assert_eq!(server["issuer"], at.url(""));
        assert_eq!(server["token_endpoint"], at.url("/token"));
        let challenge = at.request(Method::POST, "/mcp");
        let challenge = Reply::to(challenge).await;
        let metadata = at.url("/.well-known/oauth-protected-resource/mcp");
        assert!(challenge.header("www-authenticate").contains(&metadata));
        let shouted = host.to_uppercase();
        let shouted = At::hub(&hub, &shouted);
        let shouted = shouted.get("/.well-known/oauth-protected-resource").await;
        assert_eq!(shouted.json()["resource"], at.url("/mcp"));

        let client = at.register().await;
        let tokens = at.sign_in(&client, &base).await;
        // One endpoint under several names: its access tokens serve at each.
        for name in [OLD, NEW, "port.test:8443"] {
            assert_eq!(
                At::hub(&hub, name).call(&tokens).await,
                StatusCode::OK,
                "{host} {name}"
            );
        }
        // What only its issuer reads stays there.
        let elsewhere = At::hub(&hub, if host == OLD { NEW } else { OLD });
        elsewhere
            .refresh(&tokens)
            .await
            .oauth_error(400, "invalid_grant");
        let refreshed = at.refresh(&tokens).await;
        assert_eq!(refreshed.status, StatusCode::OK, "{}", refreshed.body);
    }
    // A port that is no address for clients is not said to be one, nor is a stranger's name.
    for host in ["old.test:9999", "evil.test"] {
        let at = At::hub(&hub, host);
        for path in [
            "/.well-known/oauth-protected-resource/mcp",
            "/.well-known/oauth-authorization-server",
            "/.well-known/openid-configuration",
        ] {
            let reply = at.get(path).await;
            assert_eq!(
                reply.status,
                StatusCode::MISDIRECTED_REQUEST,
                "{host}{path}"
            );
        }
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn moving_to_another_name_ends_no_grant_while_the_old_one_is_kept() {
    let hub = TestHub::start_with(|settings| named(settings, OLD, &[])).await;
    let old = At::hub(&hub, OLD);
    let client = old.register().await;
    let tokens = old.sign_in(&client, &old).await;

    let (moved, _) = hub
        .replica_with(|settings| named(settings, NEW, &[OLD]))
        .await;
    let [old, new] = [OLD, NEW].map(|host| At::replica(&moved, host));
    assert_eq!(old.call(&tokens).await, StatusCode::OK);
    assert_eq!(new.call(&tokens).await, StatusCode::OK);
    let refreshed = old.refresh(&tokens).await;
    assert_eq!(refreshed.status, StatusCode::OK, "{}", refreshed.body);
    let tokens = refreshed.json();
    // A new client comes by either name, and one that has registered is known at both.
    old.sign_in(&client, &new).await;
    new.sign_in(&client, &new).await;
    let newcomer = old.register().await;
    old.sign_in(&newcomer, &new).await;

    // A name that is given up takes its tokens along: its next owner could be sent them.
    let (without, _) = hub.replica_with(|settings| named(settings, NEW, &[])).await;
    let [old, new] = [OLD, NEW].map(|host| At::replica(&without, host));
    assert_eq!(old.call(&tokens).await, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(new.call(&tokens).await, StatusCode::UNAUTHORIZED);
    new.refresh(&tokens).await.oauth_error(400, "invalid_grant");
    without.stop().await;
    moved.stop().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_sdks_connect_at_another_name() {
    let deployment = Deployment::new().await;
    let _hub = deployment.start().await;
    let url = deployment.site.mcp_url().replace("127.0.0.1", "localhost");
    assert!(url.contains("localhost"), "{url}");
    let directory = TempDir::new().expect("a directory");
    for (sdk, state) in [(Sdk::NodeV1, "node"), (Sdk::Python, "python")] {
        connects(sdk, &url, &directory.path().join(state)).await;
    }
}

async fn connects(sdk: Sdk, url: &str, state: &Path) {
    let mut client = SdkClient::start(sdk, url, state);
    let authorize = client.expect("authorize").await;
    let browser = Browser::open("en").await;
    let sign_in = authorize["url"].as_str().expect("a URL");
    // Another user of the computer may listen at an address of it where the hub does not.
    assert!(sign_in.starts_with("http://127.0.0.1:"), "{sign_in}");
    assert!(sign_in.contains("localhost"), "{sign_in}");
    browser.sign_in(sign_in, seed::DANIEL).await;
    client.expect("connected").await;
    client.expect("tools").await;
    let me = client.call("get_myself", json!({})).await;
    assert_eq!(me["id"], seed::DANIEL);
    client.close().await;
}
