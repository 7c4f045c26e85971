//! Users who are signed in, and what they notice.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use backlog_sim::{Control, Id, Matcher, seed};
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

use super::world::World;
use crate::support::{
    person::{Person, Tokens, call_request, tokens as tokens_of},
    site::http,
};

const ALL: [Id; 6] = [
    seed::HARUKA,
    seed::DANIEL,
    seed::MAJA,
    seed::KENTA,
    seed::LUCIA,
    seed::TOMASZ,
];
/// Longer than the lease of a renewal whose process has died, and than any request may wait.
const PATIENCE: Duration = Duration::from_mins(3);
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// A user's sign-in with one client.
#[derive(Clone)]
pub(super) struct User {
    pub id: Id,
    pub tokens: Tokens,
}

/// What a request came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It did what was asked for.
    Served,
    /// It did not, and the client is told to try again, or has lost the connection.
    TryAgain(String),
    /// The user has to sign in again.
    SignedOut,
}

/// Signs every user of the simulated Backlog in, with a client each.
pub(super) async fn sign_in(world: &World) -> Vec<User> {
    sign_in_with(world, 1).await
}

/// Signs every user in with so many clients.
pub(super) async fn sign_in_with(world: &World, clients: usize) -> Vec<User> {
    let mut users = Vec::new();
    for id in ALL {
        for _ in 0..clients {
            users.push(User::sign_in(world, id).await);
        }
    }
    world.sim.control().clear_journal();
    users
}

/// Has a user whose account has ended sign in with another client. The page after it names the
/// user's other connections, which work again.
pub(super) async fn sign_in_again(world: &World, user: &User) {
    let person = Person::default();
    let client = world.site.register().await;
    let consent = person.open_consent(&world.site, &client).await;
    let forward = person.decide(&world.site, &consent, "approve").await;
    let backlog = forward.refresh();
    let callback = person.sign_in_at_backlog(&backlog, user.id, "approve");
    let callback = callback.await;
    let page = person.get(&callback).await;
    let question = page.confirmation(&callback).expect("a new browser");
    let page = person.confirm(&question, "continue").await;
    page.assert_says(200, "End this connection");
}

/// How often Backlog was asked to renew tokens.
pub(super) fn renewals(control: &Control) -> usize {
    control.renewals().values().sum()
}

/// Asserts that Backlog was asked once to renew the tokens of each of these users, however many
/// clients they have.
pub(super) fn assert_each_is_renewed_once(control: &Control, users: &[User]) {
    let once: BTreeMap<Id, usize> = users.iter().map(|user| (user.id, 1)).collect();
    assert_eq!(control.renewals(), once, "one for each expiry");
}

impl User {
    pub(super) async fn sign_in(world: &World, id: Id) -> Self {
        let tokens = Person::default().sign_in(&world.site, id).await;
        Self { id, tokens }
    }

    /// Calls a tool at a replica.
    ///
    /// # Panics
    /// The user has to sign in again, is somebody else, or gets no response.
    pub(super) async fn call(&self, url: &str) -> Outcome {
        let outcome = self.try_call(url).await;
        assert_ne!(outcome, Outcome::SignedOut, "{} at {url}", self.id);
        outcome
    }

    /// The same, where the user may have to sign in again.
    pub(super) async fn try_call(&self, url: &str) -> Outcome {
        let request = call_request(url, &self.tokens.access_token, "get_myself", json!({}));
        let (status, body) = match answer(request).await {
            Ok(answer) => answer,
            Err(outcome) => return outcome,
        };
        let text = body["result"]["content"][0]["text"]
            .as_str()
            .unwrap_or_default();
        match status {
            StatusCode::OK if body["result"]["isError"] == true => {
                let is_in_doubt = text.contains("in doubt") && text.contains("Try again");
                let is_told_to = text.contains("sign in");
                assert!(is_in_doubt || !is_told_to, "{}: {text}", self.id);
                Outcome::TryAgain(text.to_owned())
            }
            StatusCode::OK => {
                let myself: Value = serde_json::from_str(text).expect("JSON");
                assert_eq!(myself["id"], json!(self.id), "somebody else");
                Outcome::Served
            }
            StatusCode::UNAUTHORIZED => Outcome::SignedOut,
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY => {
                Outcome::TryAgain(status.to_string())
            }
            _ => panic!("{} at {url}: {status} {body}", self.id),
        }
    }

    /// Refreshes at a replica; the new tokens are the user's if it works.
    ///
    /// # Panics
    /// As [`Self::call`].
    pub(super) async fn refresh(&mut self, url: &str) -> Outcome {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", &*self.tokens.client_id),
            ("refresh_token", &*self.tokens.refresh_token),
        ];
        let request = http().post(format!("{url}/token")).form(&form);
        let (status, body) = match answer(request).await {
            Ok(answer) => answer,
            Err(outcome) => return outcome,
        };
        match status {
            StatusCode::OK => {
                self.tokens = tokens_of(&self.tokens.client_id, &body);
                Outcome::Served
            }
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY => {
                Outcome::TryAgain(status.to_string())
            }
            _ => panic!("{} at {url}: {status} {body}", self.id),
        }
    }

    /// Goes on calling until it works.
    pub(super) async fn is_served(&self, url: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.call(url).await {
                Outcome::Served => return,
                Outcome::TryAgain(what) => {
                    let late = Instant::now() >= until;
                    assert!(!late, "{} at {url}: {what}", self.id);
                    sleep(POLL_INTERVAL).await;
                }
                Outcome::SignedOut => unreachable!("a call panics then"),
            }
        }
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<(StatusCode, Value), Outcome> {
    let lost = |error: reqwest::Error| Outcome::TryAgain(error.to_string());
    let whole = async {
        let response = request.send().await.map_err(lost)?;
        let status = response.status();
        let body = response.bytes().await.map_err(lost)?;
        let json = serde_json::from_slice(&body);
        Ok((status, json.unwrap_or(Value::Null)))
    };
    let answer = timeout(PATIENCE, whole).await;
    answer.expect("every request is answered, or its connection ends")
}

/// Has every user call at every replica at once; what each of them met.
pub(super) async fn all_call(world: &World, users: &[User]) -> Vec<Outcome> {
    let urls = world.urls();
    let calls = users
        .iter()
        .flat_map(|user| urls.iter().map(|url| user.call(url)));
    join_all(calls).await
}

/// Waits until every user has been served at every replica.
pub(super) async fn all_are_served(world: &World, users: &[User]) {
    let urls = world.urls();
    let calls = users
        .iter()
        .flat_map(|user| urls.iter().map(|url| user.is_served(url)));
    join_all(calls).await;
}

/// Asserts that nobody has to sign in again: every call works in the end at every replica, and so
/// does a refresh.
pub(super) async fn assert_all_are_signed_in(world: &World, users: &mut [User]) {
    all_are_served(world, users).await;
    let urls = world.urls();
    for (number, user) in users.iter_mut().enumerate() {
        let url = &urls[number % urls.len()];
        assert_eq!(user.refresh(url).await, Outcome::Served);
        user.is_served(url).await;
    }
}

/// Has these users, whose Backlog tokens have expired, call at every replica, until the renewal of
/// each of them waits for Backlog's response. The task returns the outcomes of the calls.
pub(super) async fn hold_renewals(world: &World, users: &[User]) -> JoinHandle<Vec<Outcome>> {
    let backlog = world.sim.control();
    backlog.hold(Matcher::token_endpoint());
    let (urls, calling) = (world.urls(), users.to_vec());
    let calls = tokio::spawn(async move {
        let calls = calling
            .iter()
            .flat_map(|user| urls.iter().map(|url| user.call(url)));
        join_all(calls).await
    });
    let accounts: BTreeSet<Id> = users.iter().map(|user| user.id).collect();
    backlog.wait_for_held(accounts.len()).await;
    calls
}
