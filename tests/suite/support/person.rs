//! A person with a browser, scripted: follows pages by their forms and links, keeps
//! cookies, and takes the answer off the redirect to the client.

use std::{collections::HashMap, sync::Mutex};

use backlog_sim::Id;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{
    StatusCode,
    header::{COOKIE, HOST, HeaderMap, LOCATION, SET_COOKIE},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::{
    reply::assert_page_headers,
    site::{REDIRECT_URI, Site, http},
};

pub(crate) const VERIFIER: &str = "a-code-verifier-of-at-least-forty-three-characters";

pub(crate) fn challenge() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

/// One browser: a cookie jar, by host and name.
#[derive(Default)]
pub(crate) struct Person {
    cookies: Mutex<HashMap<(String, String), String>>,
}

/// A page or redirect, as the browser got it.
pub(crate) struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub location: Option<String>,
    pub body: String,
}

impl Page {
    /// The value of a form field.
    pub(crate) fn field(&self, name: &str) -> String {
        let pattern = format!(r#"name="{name}"[^>]*value="([^"]*)""#);
        let found = regex::Regex::new(&pattern).expect("a pattern");
        found
            .captures(&self.body)
            .unwrap_or_else(|| panic!("no field {name} in:\n{}", self.body))[1]
            .to_owned()
    }

    /// Asserts that this is a page for a person, not a redirect, that says `text`.
    pub(crate) fn assert_says(&self, status: u16, text: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.location, None);
        assert_page_headers(&self.headers);
        assert!(self.body.contains(text), "no {text:?} in:\n{}", self.body);
    }

    /// Where the link goes whose address has this in it.
    pub(crate) fn link(&self, part: &str) -> String {
        let found = regex::Regex::new(r#"href="([^"]*)""#).expect("a pattern");
        let mut links = found
            .captures_iter(&self.body)
            .map(|link| link[1].to_owned());
        links
            .find(|link| link.contains(part))
            .unwrap_or_else(|| panic!("no link to {part} in:\n{}", self.body))
            .replace("&#38;", "&")
            .replace("&amp;", "&")
    }

    /// The answer that a redirect to the client carries.
    pub(crate) fn answer(&self) -> Answer {
        assert_eq!(self.status, StatusCode::FOUND, "{}", self.body);
        Answer::read(self.location.as_deref().expect("a location"))
    }

    /// The page that names the user who has signed in, if the callback leads there.
    pub(crate) fn confirmation(&self, callback: &str) -> Option<String> {
        let location = self.location.as_deref()?;
        let url = Url::parse(callback).expect("a URL");
        let url = url.join(location).expect("a URL");
        (url.path() == "/sign-in").then(|| url.to_string())
    }

    /// The page that a confirmed sign-in continues to: it redirects to the client.
    pub(crate) fn back(&self) -> Option<String> {
        let continues = self.status == StatusCode::OK && self.body.contains("content=\"0;url=");
        let url = continues.then(|| self.refresh())?;
        url.contains("/sign-in?page=").then_some(url)
    }

    /// Where the forward page, or a redirect, goes.
    pub(crate) fn refresh(&self) -> String {
        if let Some(location) = &self.location {
            return location.clone();
        }
        let found = regex::Regex::new(r#"content="0;url=([^"]*)""#).expect("a pattern");
        found
            .captures(&self.body)
            .unwrap_or_else(|| panic!("no refresh in:\n{}", self.body))[1]
            .replace("&#38;", "&")
            .replace("&amp;", "&")
    }
}

/// What came back to the client's redirect URI.
pub(crate) struct Answer(pub HashMap<String, String>);

impl Answer {
    pub(crate) fn read(location: &str) -> Self {
        let url = Url::parse(location).expect("a redirect to the client");
        let mut params = HashMap::new();
        for (name, value) in url.query_pairs().into_owned() {
            let repeated = params.insert(name, value);
            assert!(repeated.is_none(), "a repeated parameter in {location}");
        }
        Self(params)
    }

    /// Asserts an error answer of this hub to the request with the usual `state`.
    pub(crate) fn assert_error(&self, hub: &Site, error: &str) -> &str {
        assert_eq!(self.get("error"), error, "{:?}", self.0);
        assert_eq!(self.get("iss"), hub.base_url);
        assert_eq!(self.get("state"), "the-state");
        assert!(!self.0.contains_key("code"));
        self.get("error_description")
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        self.0
            .get(name)
            .unwrap_or_else(|| panic!("no {name} in {:?}", self.0))
    }
}

/// A parameter of a URL's query.
pub(crate) fn param(url: &str, name: &str) -> String {
    let url = Url::parse(url).expect("a URL");
    let found = url.query_pairs().find(|(known, _)| known == name);
    found
        .unwrap_or_else(|| panic!("no {name} in {url}"))
        .1
        .into_owned()
}

/// The scopes that the hub can grant, in the order in which it writes them.
pub(crate) const EVERY_SCOPE: &str = "backlog:read backlog:write backlog:delete backlog:admin";

/// The answer of `/token`, and what the test needs to go on.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub client_id: String,
    pub access_token: String,
    pub refresh_token: String,
}

impl Person {
    pub(crate) async fn get(&self, url: &str) -> Page {
        self.send(http().get(url)).await
    }

    pub(crate) async fn post(&self, url: &str, form: &[(&str, &str)]) -> Page {
        self.send(http().post(url).form(form)).await
    }

    /// The `Cookie` header for a host, by its name without a port.
    pub(crate) fn cookies(&self, host: &str) -> String {
        let jar = self.cookies.lock().expect("the jar");
        let own = jar.iter().filter(|((of, _), _)| *of == host);
        let pairs: Vec<String> = own.map(|((_, n), v)| format!("{n}={v}")).collect();
        pairs.join("; ")
    }

    /// Sends a request with the cookies of its host, as the Host header has it.
    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        let mut request = request.build().expect("a request");
        let host = host_of(&request);
        let cookies = self.cookies(&host).parse().expect("a header");
        request.headers_mut().insert(COOKIE, cookies);
        let response = http().execute(request).await.expect("an answer");
        for cookie in response.headers().get_all(SET_COOKIE) {
            let text = cookie.to_str().expect("a cookie");
            let pair = text.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("name=value");
            let mut jar = self.cookies.lock().expect("the jar");
            jar.insert((host.clone(), name.to_owned()), value.to_owned());
        }
        Page {
            status: response.status(),
            headers: response.headers().clone(),
            location: response
                .headers()
                .get(LOCATION)
                .map(|value| value.to_str().expect("a location").to_owned()),
            body: response.text().await.expect("a body"),
        }
    }

    /// From `/authorize` to Backlog's answer at `/callback`; what the client gets.
    pub(crate) async fn authorize(&self, hub: &Site, client_id: &str, user: Id) -> Answer {
        let consent = self.get(&authorize_url(hub, client_id)).await;
        assert_eq!(consent.status, StatusCode::OK, "{}", consent.body);
        let forward = self.decide(hub, &consent, "approve").await;
        self.return_from_backlog(&forward.refresh(), user).await
    }

    /// From Backlog's page to what the client gets.
    pub(crate) async fn return_from_backlog(&self, url: &str, user: Id) -> Answer {
        let callback = self.sign_in_at_backlog(url, user, "approve").await;
        self.return_to_client(&callback).await
    }

    /// From Backlog's redirect to what the client gets.
    pub(crate) async fn return_to_client(&self, callback: &str) -> Answer {
        let page = self.get(callback).await;
        match page.confirmation(callback) {
            None => page.answer(),
            Some(url) => Answer::read(&self.confirm(&url, "continue").await.refresh()),
        }
    }

    /// Answers the page that names the user who has signed in.
    pub(crate) async fn confirm(&self, url: &str, decision: &str) -> Page {
        let asked = self.get(url).await;
        asked.assert_says(200, "name=\"page\"");
        let action = Url::parse(url).expect("a URL").join("/sign-in");
        let form = [("page", &*asked.field("page")), ("decision", decision)];
        let forward = self.post(action.expect("a URL").as_str(), &form).await;
        self.follow_back(forward).await
    }

    /// Follows the page after a confirmation, if this is one.
    pub(crate) async fn follow_back(&self, forward: Page) -> Page {
        match forward.back() {
            Some(url) => self.get(&url).await,
            None => forward,
        }
    }

    /// Posts the consent form with a decision.
    pub(crate) async fn decide(&self, hub: &Site, consent: &Page, decision: &str) -> Page {
        self.post_consent(hub, consent, &[("decision", decision)])
            .await
    }

    /// Posts the consent form, approved in full but for these fields; an empty value
    /// leaves the field out.
    pub(crate) async fn post_consent(
        &self,
        hub: &Site,
        consent: &Page,
        changes: &[(&str, &str)],
    ) -> Page {
        let mut form: HashMap<&str, String> = ["request", "csrf", "space"]
            .map(|name| (name, consent.field(name)))
            .into();
        form.insert("access", "read_write".to_owned());
        form.insert("allow_delete", "allow".to_owned());
        form.insert("allow_admin", "allow".to_owned());
        form.insert("decision", "approve".to_owned());
        form.extend(
            changes
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        let form: Vec<(&str, &str)> = form
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        self.post(&hub.url("/consent"), &form).await
    }

    /// Opens the consent page of a client.
    pub(crate) async fn open_consent(&self, hub: &Site, client_id: &str) -> Page {
        let consent = self.get(&authorize_url(hub, client_id)).await;
        consent.assert_says(200, "name=\"csrf\"");
        consent
    }

    /// Picks a user on Backlog's page; the callback that the browser is sent to.
    pub(crate) async fn sign_in_at_backlog(&self, url: &str, user: Id, decision: &str) -> String {
        let page = self.get(url).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let target = Url::parse(url).expect("a URL");
        let action = regex::Regex::new(r#"<form[^>]*action="([^"]*)""#)
            .expect("a pattern")
            .captures(&page.body)
            .map_or_else(
                || target.to_string(),
                |found| {
                    let action = found[1].replace("&amp;", "&").replace("&#38;", "&");
                    target.join(&action).expect("an action").to_string()
                },
            );
        let hidden = regex::Regex::new(r#"type="hidden" name="([^"]*)" value="([^"]*)""#)
            .expect("a pattern");
        let user = user.to_string();
        let mut form: Vec<(String, String)> = hidden
            .captures_iter(&page.body)
            .map(|field| (field[1].to_owned(), field[2].to_owned()))
            .collect();
        form.push(("user".into(), user));
        form.push(("decision".into(), decision.into()));
        let form: Vec<(&str, &str)> = form
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let answer = self.post(&action, &form).await;
        answer.location.unwrap_or_else(|| panic!("{}", answer.body))
    }

    /// A whole sign-in of a new client.
    pub(crate) async fn sign_in(&self, hub: &Site, user: Id) -> Tokens {
        let client_id = hub.register().await;
        let answer = self.authorize(hub, &client_id, user).await;
        let (status, body) = exchange(&hub.base_url, &client_id, answer.get("code")).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        tokens(&client_id, &body)
    }
}

/// The host that cookies belong to; ports do not count (RFC 6265 §8.5).
fn host_of(request: &reqwest::Request) -> String {
    let header = request.headers().get(HOST);
    let host = header.map_or_else(
        || request.url().host_str().unwrap_or_default(),
        |host| host.to_str().expect("a host"),
    );
    let (name, _port) = host.split_once(':').unwrap_or((host, ""));
    name.to_owned()
}

pub(crate) fn authorize_url(hub: &Site, client_id: &str) -> String {
    authorize_url_with(hub, client_id, &[])
}

/// The URL of a good authorization request but for these parameters; `None` leaves
/// one out.
pub(crate) fn authorize_url_with(
    hub: &Site,
    client_id: &str,
    changes: &[(&str, Option<&str>)],
) -> String {
    let challenge = challenge();
    let resource = hub.mcp_url();
    let mut params = vec![
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", REDIRECT_URI),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("state", "the-state"),
        ("resource", &resource),
    ];
    for (name, value) in changes {
        params.retain(|(known, _)| known != name);
        params.extend(value.map(|value| (*name, value)));
    }
    let mut url = Url::parse(&hub.url("/authorize")).expect("a URL");
    url.query_pairs_mut().extend_pairs(params);
    url.into()
}

pub(crate) fn tokens(client_id: &str, body: &Value) -> Tokens {
    let text = |name: &str| body[name].as_str().expect(name).to_owned();
    Tokens {
        client_id: client_id.to_owned(),
        access_token: text("access_token"),
        refresh_token: text("refresh_token"),
    }
}

/// Exchanges a code at the hub that `url` reaches.
pub(crate) async fn exchange(url: &str, client_id: &str, code: &str) -> (StatusCode, Value) {
    exchange_for(url, client_id, code, REDIRECT_URI).await
}

/// The same, of a client with a redirect URI of its own.
pub(crate) async fn exchange_for(
    url: &str,
    client_id: &str,
    code: &str,
    redirect_uri: &str,
) -> (StatusCode, Value) {
    token(
        url,
        &[
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", VERIFIER),
        ],
    )
    .await
}

/// Refreshes at the hub that `url` reaches.
pub(crate) async fn refresh(url: &str, tokens: &Tokens) -> (StatusCode, Value) {
    token(
        url,
        &[
            ("grant_type", "refresh_token"),
            ("client_id", &tokens.client_id),
            ("refresh_token", &tokens.refresh_token),
        ],
    )
    .await
}

pub(crate) async fn token(url: &str, form: &[(&str, &str)]) -> (StatusCode, Value) {
    let response = http()
        .post(format!("{url}/token"))
        .form(form)
        .send()
        .await
        .expect("an answer");
    let status = response.status();
    (status, response.json().await.expect("JSON"))
}

/// Calls a tool at the hub that `url` reaches, as an `initialize`-era client would.
pub(crate) async fn call(
    url: &str,
    access_token: &str,
    tool: &str,
    arguments: Value,
) -> (StatusCode, Value) {
    let response = call_request(url, access_token, tool, arguments)
        .send()
        .await
        .expect("an answer");
    let status = response.status();
    (status, response.json().await.expect("JSON"))
}

/// The request of [`call`], not yet sent.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a caller writes it with `json!`"
)]
pub(crate) fn call_request(
    url: &str,
    access_token: &str,
    tool: &str,
    arguments: Value,
) -> reqwest::RequestBuilder {
    http()
        .post(format!("{url}/mcp"))
        .bearer_auth(access_token)
        .header("accept", "application/json, text/event-stream")
        .json(&json!({
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": { "name": tool, "arguments": arguments },
        }))
}

/// The text of a tool's result, as JSON.
pub(crate) fn result(answer: &Value) -> Value {
    let text = answer["result"]["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("no text in {answer}"));
    serde_json::from_str(text).unwrap_or_else(|_| panic!("not JSON: {text}"))
}
