//! The page on which users see and end their connections.
//!
//! 1. What its user sees and does there ([`connections`]).
//! 2. The sign-in: which page it leads to, and that it makes no grant ([`sign_in`]).
//! 3. Every request that must change nothing ([`refusals`]).
//! 4. What is stored of it, and for how long ([`stored`]).
//! 5. Personal tokens: who makes them, and what they are good for ([`personal_tokens`]).

mod connections;
mod personal_tokens;
mod refusals;
mod sign_in;
mod stored;

use backlog_sim::Id;
use reqwest::StatusCode;

use crate::support::{
    hub::TestHub,
    person::{Page, Person, call},
};

/// The path of the default space's page.
const PAGE: &str = "/spaces/default/account";
const GRANTS: &str = "SELECT count(*)::text FROM hub.grants WHERE revoked_at IS NULL";
const ACCOUNTS: &str = "SELECT count(*)::text FROM hub.accounts";
const SESSIONS: &str = "SELECT count(*)::text FROM hub.account_sessions";

/// Begins a sign-in to the page at a path; where the browser is sent.
async fn begin(hub: &TestHub, person: &Person, path: &str) -> String {
    let page = person.get(&hub.url(path)).await;
    page.assert_says(200, &format!("action=\"{path}/sign-in\""));
    let form = [("page", &*page.field("page"))];
    let forward = person
        .post(&hub.url(&format!("{path}/sign-in")), &form)
        .await;
    forward.refresh()
}

/// Signs in to the page at a path; the callback that Backlog redirects to.
async fn called_back(hub: &TestHub, person: &Person, path: &str, user: Id) -> String {
    let backlog = begin(hub, person, path).await;
    person.sign_in_at_backlog(&backlog, user, "approve").await
}

/// Signs in to the page at a path; the page.
async fn signed_in(hub: &TestHub, person: &Person, path: &str, user: Id) -> Page {
    let callback = called_back(hub, person, path, user).await;
    let done = person.get(&callback).await;
    assert_eq!(done.location, Some(hub.url(path)), "{}", done.body);
    let page = person.get(&hub.url(path)).await;
    page.assert_says(200, "value=\"sign_out\"");
    page
}

/// Sends a form of the page.
async fn act(hub: &TestHub, person: &Person, page: &Page, fields: &[(&str, &str)]) -> Page {
    let value = page.field("page");
    let form: Vec<_> = fields.iter().copied().chain([("page", &*value)]).collect();
    person.post(&hub.url(PAGE), &form).await
}

/// The status of a call with an access token at the hub that `url` reaches.
async fn status(url: &str, access_token: &str) -> StatusCode {
    let none = serde_json::json!({});
    call(url, access_token, "get_myself", none).await.0
}
