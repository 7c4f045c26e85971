//! Accounts: all grants of one user of one space share the Backlog tokens of one account. No fault
//! loses these tokens, and when Backlog ends them, the account ends for every grant until the next
//! sign-in.

mod doubt;
mod ended;
mod faults;
mod renewal;
mod shared;
mod upgrade;

use backlog_sim::{Matcher, seed};
use foundation::random::Random;
use reqwest::StatusCode;
use sealing::{KeyRing, Place};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::support::{
    hub::TestHub,
    mcp::{self, call_at},
    person::{Person, Tokens},
    reply::Reply,
};

/// A sign-in of Daniel; what Backlog was asked for it is forgotten.
async fn sign_in(hub: &TestHub) -> Tokens {
    let tokens = Person::default().sign_in(hub, seed::DANIEL).await;
    hub.sim.control().clear_journal();
    tokens
}

async fn get_myself(hub: &TestHub, tokens: &Tokens) -> Reply {
    get_myself_at(&hub.mcp_url(), tokens).await
}

async fn get_myself_at(url: &str, tokens: &Tokens) -> Reply {
    call_at(url, Some(&tokens.access_token), "get_myself", json!({})).await
}

fn assert_is_daniel(reply: &Reply) {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let text = reply.json()["result"]["content"][0]["text"]
        .as_str()
        .expect("a text")
        .to_owned();
    let me: Value = serde_json::from_str(&text).expect(&text);
    assert_eq!(me["id"], json!(seed::DANIEL));
}

fn assert_signed_out(reply: &Reply) {
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{}", reply.body);
    let challenge = mcp::challenge(reply);
    assert_eq!(challenge["error"], "invalid_token");
    assert!(challenge["error_description"].contains("sign in again"));
}

fn assert_in_doubt(reply: &Reply) {
    let text = mcp::failure(reply);
    assert!(text.contains("in doubt"), "{text}");
    assert!(text.contains("Try again in"), "{text}");
}

/// How often Backlog was asked for tokens since the last sign-in.
fn renewals(hub: &TestHub) -> usize {
    hub.sim.control().count(&Matcher::token_endpoint())
}

/// The state of the account of a user, as an operator sees it.
async fn state_of(hub: &TestHub, user: u64) -> String {
    let query = format!(
        "SELECT concat_ws(' ', state, doubt_reason, ended_reason) FROM admin.accounts
         WHERE backlog_user_id = {user}"
    );
    hub.value(&query).await.expect("an account")
}

/// The ids of the rows of a table, oldest first.
async fn ids(hub: &TestHub, table: &str) -> Vec<String> {
    let query = format!("SELECT string_agg(id::text, ' ' ORDER BY created_at) FROM hub.{table}");
    let ids = hub.value(&query).await.unwrap_or_default();
    ids.split_whitespace().map(str::to_owned).collect()
}

/// Has Backlog give Daniel another pair, and stores it in a row as somebody else would.
async fn give_pair(hub: &TestHub, (table, row): (&'static str, &str), generation: &str) {
    let pair = hub.sim.control().tokens_for(seed::DANIEL);
    let keys = KeyRing::parse(&hub.keys, Random::system()).expect("the keys");
    let site = hub.value("SELECT base_url FROM hub.spaces").await;
    let site = site.expect("a space");
    let sealed = |column, token: &str| {
        let place = Place {
            table,
            column,
            row,
            bound_to: &site,
        };
        keys.seal(place, &SecretString::from(token.to_owned()))
    };
    let access = sealed("backlog_access_token", &pair.access_token);
    let refresh = sealed("backlog_refresh_token", &pair.refresh_token);
    hub.sql(&format!(
        "UPDATE hub.{table}
         SET backlog_access_token = '{access}', backlog_refresh_token = '{refresh}',
             backlog_expires_at = clock_timestamp() + interval '2 hours',
             generation = {generation}, renewing_until = NULL
         WHERE id = '{row}'"
    ))
    .await;
}
