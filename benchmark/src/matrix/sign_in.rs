//! Whole sign-ins at any of the two authorization servers.
//!
//! 1. The authorization request is sent, and its redirects and forwarding pages are followed.
//! 2. Each form is submitted: approval of the client, Backlog's own page, the confirmation.
//! 3. The code at the client's redirect URI is exchanged for tokens.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use hdrhistogram::Histogram;
use reqwest::{
    Client, RequestBuilder,
    header::{COOKIE, HeaderValue, LOCATION, SET_COOKIE},
    redirect::Policy,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use url::Url;

use crate::load::{Outcome, WARM_UP, histogram};

const REDIRECT_URI: &str = "http://127.0.0.1/callback";
const VERIFIER: &str = "a-code-verifier-of-at-least-forty-three-characters";
/// SHA-256 of the verifier (RFC 7636 §4.2).
const CHALLENGE: &str = "bLRYBPalK1NsU4_TD3JrHRmfVjgoduNjiXgeScRbcr8";
/// More pages and redirects than any sign-in has.
const MAX_STEPS: usize = 16;

/// The result of a sign-in.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub client_id: String,
    pub access: String,
    pub refresh: String,
}

/// An authorization server, with a client of it and the users of its Backlog.
#[derive(Debug)]
pub(super) struct Target {
    base_url: String,
    client_id: String,
    users: Vec<i64>,
    http: Client,
}

impl Target {
    pub(super) fn new(
        base_url: String,
        client_id: String,
        users: Vec<i64>,
    ) -> anyhow::Result<Self> {
        ensure!(!users.is_empty(), "the simulated Backlog has no users");
        Ok(Self {
            base_url,
            client_id,
            users,
            http: http()?,
        })
    }

    /// Signs in once as the user with this number, in a new browser.
    pub(super) async fn sign_in(&self, number: usize) -> anyhow::Result<Grant> {
        let user = self.users[number % self.users.len()];
        let mut browser = Browser {
            http: &self.http,
            cookies: HashMap::new(),
        };
        let code = browser.code(self.authorization()?, user).await?;
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.client_id),
            ("code", &code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ];
        let request = self.http.post(format!("{}/token", self.base_url));
        let response = request.form(&form).send().await?;
        let tokens: Value = response.error_for_status()?.json().await?;
        let token = |name: &str| {
            let token = tokens[name].as_str().map(str::to_owned);
            token.with_context(|| format!("no {name}"))
        };
        Ok(Grant {
            client_id: self.client_id.clone(),
            access: token("access_token")?,
            refresh: token("refresh_token")?,
        })
    }

    fn authorization(&self) -> anyhow::Result<Url> {
        let mut url = Url::parse(&format!("{}/authorize", self.base_url))?;
        let resource = format!("{}/mcp", self.base_url);
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", REDIRECT_URI),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("state", "benchmark"),
            ("resource", &resource),
        ]);
        Ok(url)
    }
}

/// Registers a client; its ID.
pub(super) async fn register(base_url: &str) -> anyhow::Result<String> {
    let client = json!({"client_name": "Benchmark", "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "none"});
    let request = http()?.post(format!("{base_url}/register")).json(&client);
    let response = request.send().await?.error_for_status()?;
    let registered: Value = response.json().await?;
    let id = registered["client_id"].as_str().context("no client ID")?;
    Ok(id.to_owned())
}

/// Signs in again and again, in as many browsers at a time as there are connections.
pub(super) async fn load(
    target: &Arc<Target>,
    connections: usize,
    lasts: Duration,
) -> anyhow::Result<Outcome> {
    let counted_from = Instant::now() + WARM_UP;
    let mut tasks = JoinSet::new();
    for number in 0..connections {
        let target = Arc::clone(target);
        tasks.spawn(again_and_again(target, number, counted_from, lasts));
    }
    let (mut latencies, mut responses) = (histogram()?, 0);
    while let Some(done) = tasks.join_next().await {
        let (own, count) = done??;
        latencies.add(own)?;
        responses += count;
    }
    Ok(Outcome {
        latencies,
        responses,
        elapsed: counted_from.elapsed(),
        wrong: 0,
        first_error: None,
    })
}

async fn again_and_again(
    target: Arc<Target>,
    number: usize,
    counted_from: Instant,
    lasts: Duration,
) -> anyhow::Result<(Histogram<u64>, u64)> {
    let (mut latencies, mut count) = (histogram()?, 0);
    while Instant::now() < counted_from + lasts {
        let started = Instant::now();
        target.sign_in(number).await?;
        count += 1;
        if started >= counted_from {
            let micros = u64::try_from(started.elapsed().as_micros())?;
            latencies.record(micros.max(1))?;
        }
    }
    Ok((latencies, count))
}

fn http() -> anyhow::Result<Client> {
    let client = Client::builder().redirect(Policy::none()).no_proxy();
    Ok(client.tcp_nodelay(true).build()?)
}

/// A browser that submits every form.
struct Browser<'a> {
    http: &'a Client,
    cookies: HashMap<String, String>,
}

/// A response as the browser got it.
struct Page {
    url: Url,
    location: Option<String>,
    body: String,
}

impl Browser<'_> {
    /// The code that arrives at the client's redirect URI.
    async fn code(&mut self, authorization: Url, user: i64) -> anyhow::Result<String> {
        let request = self.http.get(authorization.clone());
        let mut page = self.send(request, authorization).await?;
        for _ in 0..MAX_STEPS {
            page = match page.next()? {
                Some(url) if url.as_str().starts_with(REDIRECT_URI) => {
                    let mut query = url.query_pairs();
                    let code = query.find(|(name, _)| name == "code");
                    let code = code.with_context(|| format!("no code: {url}"))?;
                    return Ok(code.1.into_owned());
                }
                Some(url) => {
                    let request = self.http.get(url.clone());
                    self.send(request, url).await?
                }
                None => {
                    let (action, form) = page.form(user)?;
                    let request = self.http.post(action.clone()).form(&form);
                    self.send(request, action).await?
                }
            };
        }
        bail!("the sign-in does not end: {}", page.url)
    }

    async fn send(&mut self, request: RequestBuilder, url: Url) -> anyhow::Result<Page> {
        let cookies = self.cookies.iter();
        let cookies: Vec<_> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let response = request.header(COOKIE, cookies.join("; ")).send().await?;
        for cookie in response.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').context("a cookie without a value")?;
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let status = response.status();
        let location = response.headers().get(LOCATION);
        let location = location.map(HeaderValue::to_str).transpose()?;
        let location = location.map(str::to_owned);
        let body = response.text().await?;
        let is_followed = status.is_success() || location.is_some();
        ensure!(is_followed, "{}: {status}: {body}", url.path());
        Ok(Page {
            url,
            location,
            body,
        })
    }
}

impl Page {
    /// The target of a redirect or of a page that forwards.
    fn next(&self) -> anyhow::Result<Option<Url>> {
        let forwarded = || between(&self.body, "content=\"0;url=", "\"").map(unescaped);
        let Some(target) = self.location.clone().or_else(forwarded) else {
            return Ok(None);
        };
        let url = self.url.join(&target)?;
        // backlog-mcp-server knows only https, and the simulated Backlog only http.
        let plain = url
            .as_str()
            .replacen("https://127.0.0.1:", "http://127.0.0.1:", 1);
        Ok(Some(Url::parse(&plain)?))
    }

    /// The target of the page's form, and its fields: those that it has, and an approval.
    fn form(&self, user: i64) -> anyhow::Result<(Url, Vec<(String, String)>)> {
        let form = self.body.split("<form").nth(1);
        let form = form.with_context(|| format!("no form: {}", self.body))?;
        let tag = form.split('>').next().unwrap_or_default();
        let action = between(tag, "action=\"", "\"").map(unescaped);
        let url = match action {
            Some(action) => self.url.join(&action)?,
            None => self.url.clone(),
        };
        let mut fields = Vec::new();
        for field in form.split("type=\"hidden\" name=\"").skip(1) {
            let name = field.split('"').next().unwrap_or_default();
            let value = between(field, "value=\"", "\"").unwrap_or_default();
            fields.push((name.to_owned(), unescaped(value)));
        }
        let has = |name: &str| fields.iter().any(|(field, _)| field == name);
        let user = user.to_string();
        let decided = if has("csrf") {
            vec![("access", "read_write"), ("decision", "approve")]
        } else if has("page") {
            vec![("decision", "continue")]
        } else {
            vec![("user", &*user), ("decision", "approve")]
        };
        fields.extend(
            decided
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        Ok((url, fields))
    }
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(begin)?;
    rest.split_once(end).map(|(found, _)| found)
}

/// The text of an attribute of HTML.
fn unescaped(text: &str) -> String {
    text.replace("&#38;", "&").replace("&amp;", "&")
}
