//! The issuers of one hub, what they give out, and each of their endpoints as a client or a
//! browser uses it.

use backlog_mcp_hub::toolkit::toolset::Toolset;
use backlog_sim::{BacklogSim, Id, seed};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::{
    hub::{REDIRECT_URI, TestHub, eventually, http},
    mcp,
    person::{Answer, Page, Person, VERIFIER, challenge},
    reply::Reply,
};

/// Who signs in: an administrator at Backlog.
pub(crate) const USER: Id = seed::HARUKA;
/// Of the space by host name.
pub(crate) const HOST_NAME: &str = "mcp.third.test";

/// An issuer, and the way to it: TLS and the host name are a proxy's, so requests go
/// to where the hub listens, with the Host that the proxy would pass on.
pub(crate) struct Issuer {
    pub url: String,
    pub reach: String,
    pub host: String,
    /// Thousands of requests share its connections.
    pub http: Client,
}

impl Issuer {
    /// The hub itself, a space by path, and a space by host name, which exist now.
    pub(crate) async fn three(hub: &TestHub) -> [Self; 3] {
        Self::three_at(hub, [&hub.sim, &hub.sim]).await
    }

    /// The same, with the Backlogs of the second and the third.
    pub(crate) async fn three_at(hub: &TestHub, sims: [&BacklogSim; 2]) -> [Self; 3] {
        hub.space_at("second", sims[0]).await;
        hub.space_at("third", sims[1]).await;
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
        .map(|(url, reach, host)| Self {
            url,
            reach,
            host,
            http: http(),
        });
        for issuer in &issuers {
            eventually("the issuer is known", async || {
                let page = Reply::to(issuer.request(Method::GET, "/authorize")).await;
                page.status == StatusCode::BAD_REQUEST
            })
            .await;
        }
        issuers
    }

    pub(crate) fn mcp_url(&self) -> String {
        format!("{}/mcp", self.url)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.reach))
            .header("host", &self.host)
    }

    pub(crate) async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        Reply::to(self.request(Method::POST, path).form(form)).await
    }

    pub(crate) async fn register(&self, method: &str) -> Value {
        let metadata = json!({
            "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": method,
        });
        let reply = Reply::to(self.request(Method::POST, "/register").json(&metadata)).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        reply.json()
    }

    pub(crate) async fn authorize(&self, person: &Person, client_id: &str) -> Page {
        person.send(self.authorize_request(client_id)).await
    }

    pub(crate) fn authorize_request(&self, client_id: &str) -> RequestBuilder {
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
        self.request(Method::GET, "/authorize").query(&params)
    }

    /// Posts the form of a consent page that another issuer may have rendered.
    pub(crate) async fn consent(&self, person: &Person, page: &Page) -> Page {
        let form = [
            ("request", page.field("request")),
            ("csrf", page.field("csrf")),
            ("space", page.field("space")),
            ("access", "read_write".to_owned()),
            ("allow_delete", "allow".to_owned()),
            ("allow_admin", "allow".to_owned()),
            ("decision", "approve".to_owned()),
        ];
        person
            .send(self.request(Method::POST, "/consent").form(&form))
            .await
    }

    /// A sign-in up to Backlog's answer; where the browser is to take it.
    pub(crate) async fn callback(&self, hub: &TestHub, person: &Person, client_id: &str) -> String {
        let page = self.authorize(person, client_id).await;
        page.assert_says(200, "name=\"csrf\"");
        let forward = self.consent(person, &page).await;
        let callback = person
            .sign_in_at_backlog(&forward.refresh(), USER, "approve")
            .await;
        assert!(callback.starts_with(&hub.url("/callback?")), "{callback}");
        callback
    }

    /// A whole sign-in of a new browser; the code.
    pub(crate) async fn code(&self, hub: &TestHub, client_id: &str) -> String {
        let person = Person::default();
        let callback = self.callback(hub, &person, client_id).await;
        let mut page = person.get(&callback).await;
        // The cookie is at the space's own host, so the browser is sent on there.
        if let Some(onward) = page.location.as_deref()
            && let Some(path) = onward.strip_prefix(&format!("https://{HOST_NAME}"))
        {
            page = person.send(self.request(Method::GET, path)).await;
        }
        let answer = self.confirm(&person, page).await;
        assert_eq!(answer.get("iss"), self.url);
        assert_eq!(answer.get("state"), "the-state");
        answer.get("code").to_owned()
    }

    /// Confirms who has signed in, at this host; what the client gets.
    pub(crate) async fn confirm(&self, person: &Person, called_back: Page) -> Answer {
        let asked = called_back
            .location
            .filter(|path| path.starts_with("/sign-in?"));
        let asked = asked.unwrap_or_else(|| panic!("not asked: {}", called_back.body));
        let at = Url::parse(&self.reach).expect("a URL").join(&asked);
        let at = at.expect("a URL");
        let request = |method, path: &str| {
            let url = at.join(path).expect("a URL");
            http().request(method, url).header("host", &self.host)
        };
        let page = person.send(request(Method::GET, &asked)).await;
        page.assert_says(200, "name=\"page\"");
        let form = [("page", &*page.field("page")), ("decision", "continue")];
        let forward = request(Method::POST, "/sign-in").form(&form);
        let back = person.send(forward).await.back().expect("the page again");
        let back = Url::parse(&back).expect("a URL");
        let again = &back[url::Position::BeforePath..];
        Answer::read(&person.send(request(Method::GET, again)).await.refresh())
    }

    pub(crate) async fn exchange(&self, client_id: &str, code: &str) -> Reply {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("code", code),
            ("code_verifier", VERIFIER),
        ];
        self.post_form("/token", &form).await
    }

    pub(crate) async fn refresh(&self, client_id: Option<&str>, token: &str) -> Reply {
        let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
        form.extend(client_id.map(|id| ("client_id", id)));
        self.post_form("/token", &form).await
    }

    /// Calls a tool that needs no arguments.
    pub(crate) async fn call(&self, access_token: &str) -> Reply {
        self.call_tool(access_token, "get_myself", json!({})).await
    }

    pub(crate) async fn call_tool(
        &self,
        access_token: &str,
        tool: &str,
        arguments: Value,
    ) -> Reply {
        let params = json!({ "name": tool, "arguments": arguments });
        self.rpc(access_token, "tools/call", params).await
    }

    /// With those tools too that are offered only to who asks for them.
    pub(crate) async fn rpc(&self, access_token: &str, method: &str, params: Value) -> Reply {
        let toolsets = Toolset::ALL.map(Toolset::as_str).join(",");
        self.rpc_within(&toolsets, access_token, method, params)
            .await
    }

    pub(crate) async fn rpc_within(
        &self,
        toolsets: &str,
        access_token: &str,
        method: &str,
        params: Value,
    ) -> Reply {
        Reply::to(
            self.request(Method::POST, "/mcp")
                .header("accept", "application/json, text/event-stream")
                .header("x-mcp-toolsets", toolsets)
                .bearer_auth(access_token)
                .json(&mcp::message(method, params)),
        )
        .await
    }

    pub(crate) async fn manage(&self, method: Method, client_id: &str, token: &str) -> Reply {
        Reply::to(self.manage_request(method, client_id, token)).await
    }

    pub(crate) fn manage_request(
        &self,
        method: Method,
        client_id: &str,
        token: &str,
    ) -> RequestBuilder {
        let metadata = json!({
            "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": "client_secret_post",
        });
        self.request(method, &format!("/register/{client_id}"))
            .bearer_auth(token)
            .json(&metadata)
    }
}

/// What an issuer has given out.
pub(crate) struct Credentials {
    pub client_id: String,
    pub code: String,
    pub access_token: String,
    pub refresh_token: String,
    pub managed_id: String,
    pub managed_secret: String,
    pub management_token: String,
    pub person: Person,
    /// Shown, and not yet decided.
    pub consent: Page,
    /// Backlog's answer to another sign-in of the same browser, not yet taken to the hub.
    pub callback: String,
}

impl Credentials {
    pub(crate) async fn from(hub: &TestHub, issuer: &Issuer) -> Self {
        let text = |json: &Value, name: &str| json[name].as_str().expect(name).to_owned();
        let client_id = text(&issuer.register("none").await, "client_id");
        let code = issuer.code(hub, &client_id).await;
        let tokens = issuer.exchange(&client_id, &code).await;
        assert_eq!(tokens.status, StatusCode::OK, "{}", tokens.body);
        let tokens = tokens.json();
        let managed = issuer.register("client_secret_post").await;
        let person = Person::default();
        let consent = issuer.authorize(&person, &client_id).await;
        let callback = issuer.callback(hub, &person, &client_id).await;
        let credentials = Self {
            code: issuer.code(hub, &client_id).await,
            access_token: text(&tokens, "access_token"),
            refresh_token: text(&tokens, "refresh_token"),
            managed_id: text(&managed, "client_id"),
            managed_secret: text(&managed, "client_secret"),
            management_token: text(&managed, "registration_access_token"),
            client_id,
            person,
            consent,
            callback,
        };
        // Its first use is noted, so that a later refusal changes no row.
        let me = issuer.call(&credentials.access_token).await;
        assert_eq!(me.status, StatusCode::OK, "{}", me.body);
        credentials
    }
}
