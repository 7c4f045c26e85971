//! Clients at work: several people's, each calling again and again and refreshing now and
//! then, while something goes down or moves. What they met is the [`Report`].

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use backlog_sim::{Id, seed};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    person::{Person, Tokens, tokens as tokens_of},
    process::until,
    site::{Site, http},
};

const PEOPLE: [Id; 4] = [seed::HARUKA, seed::DANIEL, seed::MAJA, seed::KENTA];
const CALLS_TO_A_REFRESH: usize = 20;
/// How long a client waits after a failure.
const PAUSE: Duration = Duration::from_millis(20);

/// Clients that go on until they are stopped.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    clients: JoinSet<Report>,
}

/// What the clients met.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub answered: usize,
    /// Requests that came to nothing: a client would try again.
    pub failures: Vec<Failure>,
    /// Answers that must not be: another's, or one that ends a session.
    pub wrong: Vec<String>,
    pub slowest: Duration,
}

#[derive(Debug)]
pub(crate) struct Failure {
    pub began: Instant,
    pub ended: Instant,
    pub what: String,
}

impl Load {
    /// Signs everybody in and has each start to call.
    pub(crate) async fn start(site: &Site) -> Self {
        let (stop, answered) = (Arc::default(), Arc::default());
        let mut clients = JoinSet::new();
        for user in PEOPLE {
            let tokens = Person::default().sign_in(site, user).await;
            let client = Working {
                http: http(),
                url: site.base_url.clone(),
                user,
                tokens,
                report: Report::default(),
            };
            clients.spawn(client.work(Arc::clone(&stop), Arc::clone(&answered)));
        }
        let load = Self {
            stop,
            answered,
            clients,
        };
        load.goes_on(100).await;
        load
    }

    /// Waits for that many more good answers.
    pub(crate) async fn goes_on(&self, more: usize) {
        let goal = self.answered.load(Ordering::Relaxed) + more;
        until("the clients get answers", async || {
            self.answered.load(Ordering::Relaxed) >= goal
        })
        .await;
    }

    /// Stops the clients. The last thing that each of them does is a refresh, which works.
    pub(crate) async fn stop(mut self) -> Report {
        self.stop.store(true, Ordering::Relaxed);
        let mut whole = Report::default();
        while let Some(worked) = self.clients.join_next().await {
            let report = worked.expect("a client");
            whole.answered += report.answered;
            whole.failures.extend(report.failures);
            whole.wrong.extend(report.wrong);
            whole.slowest = whole.slowest.max(report.slowest);
        }
        whole
    }
}

impl Report {
    /// Asserts that nobody got a wrong answer or lost a session, and says what failed.
    pub(crate) fn assert_right(&self, what: &str, since: Instant) {
        assert_eq!(self.wrong, [""; 0]);
        let mut kinds = BTreeMap::<&str, usize>::new();
        for failure in &self.failures {
            *kinds.entry(&failure.what).or_default() += 1;
        }
        let after = |at: Option<Instant>| match at {
            Some(at) => format!("{:.2} s", at.saturating_duration_since(since).as_secs_f64()),
            None => "never".to_owned(),
        };
        eprintln!(
            "{what}: {} answers, {} failures {kinds:?}, the first at {}, the last until {}; \
             the slowest answer took {:.2} s",
            self.answered,
            self.failures.len(),
            after(self.failures.iter().map(|failure| failure.began).min()),
            after(self.failures.iter().map(|failure| failure.ended).max()),
            self.slowest.as_secs_f64(),
        );
    }

    /// Asserts that what failed was under way between these two moments.
    pub(crate) fn assert_failed_only(&self, from: Instant, to: Instant) {
        for failure in &self.failures {
            assert!(
                failure.ended >= from && failure.began <= to,
                "{} s before, {} s after: {}",
                from.saturating_duration_since(failure.ended).as_secs_f64(),
                failure.began.saturating_duration_since(to).as_secs_f64(),
                failure.what
            );
        }
    }
}

struct Working {
    http: Client,
    url: String,
    user: Id,
    tokens: Tokens,
    report: Report,
}

/// What a request came to.
enum Outcome {
    Good,
    Failed(String),
    Wrong(String),
}

impl Working {
    async fn work(mut self, stop: Arc<AtomicBool>, answered: Arc<AtomicUsize>) -> Report {
        let mut until_refresh = CALLS_TO_A_REFRESH;
        let mut last = false;
        while !last {
            last = stop.load(Ordering::Relaxed);
            let began = Instant::now();
            let outcome = match until_refresh.checked_sub(1).filter(|_| !last) {
                Some(left) => {
                    until_refresh = left;
                    self.call().await
                }
                None => self.refresh().await,
            };
            match outcome {
                Outcome::Good => {
                    if until_refresh == 0 {
                        until_refresh = CALLS_TO_A_REFRESH;
                    }
                    self.report.answered += 1;
                    self.report.slowest = self.report.slowest.max(began.elapsed());
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                Outcome::Failed(what) => {
                    let ended = Instant::now();
                    self.report.failures.push(Failure { began, ended, what });
                    sleep(PAUSE).await;
                    last = false;
                }
                Outcome::Wrong(what) => {
                    self.report.wrong.push(format!("{}: {what}", self.user));
                    break;
                }
            }
        }
        self.report
    }

    async fn call(&self) -> Outcome {
        let request = self
            .http
            .post(format!("{}/mcp", self.url))
            .bearer_auth(&self.tokens.access_token)
            .header("accept", "application/json, text/event-stream")
            .json(&json!({
                "jsonrpc": "2.0", "id": 1, "method": "tools/call",
                "params": { "name": "get_myself", "arguments": {} },
            }));
        let answer = match answer(request).await {
            Ok(answer) => answer,
            Err(outcome) => return outcome,
        };
        let text = answer["result"]["content"][0]["text"].as_str();
        let text = text.unwrap_or_default();
        if answer["result"]["isError"] == true {
            return Outcome::Failed(format!("a tool: {text}"));
        }
        let me: Value = serde_json::from_str(text).unwrap_or_default();
        match me["id"] == json!(self.user) {
            true => Outcome::Good,
            false => Outcome::Wrong(answer.to_string()),
        }
    }

    async fn refresh(&mut self) -> Outcome {
        let request = self.http.post(format!("{}/token", self.url)).form(&[
            ("grant_type", "refresh_token"),
            ("client_id", &self.tokens.client_id),
            ("refresh_token", &self.tokens.refresh_token),
        ]);
        match answer(request).await {
            Ok(pair) => {
                self.tokens = tokens_of(&self.tokens.client_id, &pair);
                Outcome::Good
            }
            Err(outcome) => outcome,
        }
    }
}

/// The JSON of a good answer. A client takes an error of the server, and none at all, for a
/// reason to try again, and anything else for the end of its session.
async fn answer(request: reqwest::RequestBuilder) -> Result<Value, Outcome> {
    let failed = |error: reqwest::Error| {
        let kind = match error.is_connect() {
            true => "no connection",
            false => "no answer",
        };
        Outcome::Failed(kind.to_owned())
    };
    let response = request.send().await.map_err(failed)?;
    let status = response.status();
    let body = response.text().await.map_err(failed)?;
    if status.is_server_error() {
        return Err(Outcome::Failed(status.as_u16().to_string()));
    }
    let json = serde_json::from_str(&body).ok();
    json.filter(|_| status.is_success())
        .ok_or_else(|| Outcome::Wrong(format!("{status}: {body}")))
}
