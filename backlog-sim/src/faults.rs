//! Faults that tests inject: failures, delays, dropped connections, and holds.
//!
//! A request meets the rules on arrival, in the order they were added. Of each kind the first
//! rule that matches and has uses left applies: a request may be held, then delayed, then failed.

use std::{sync::Mutex, time::Duration};

use actix_web::{http::StatusCode, web::Bytes};
use serde::Deserialize;
use tokio::sync::watch;

use crate::locked::Locked;

/// Which requests a fault or a count is about. The default matches all.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Matcher {
    pub(crate) method: Option<String>,
    pub(crate) path_prefix: Option<String>,
}

impl Matcher {
    /// Every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests whose path, as sent, starts with `prefix`, such as `/api/v2/issues`.
    pub fn path(prefix: impl Into<String>) -> Self {
        Self {
            method: None,
            path_prefix: Some(prefix.into()),
        }
    }

    /// The token endpoint.
    pub fn token_endpoint() -> Self {
        Self::path("/api/v2/oauth2/token")
    }

    /// Of these, only requests of one method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    pub(crate) fn matches(&self, method: &str, path: &str) -> bool {
        self.method
            .as_deref()
            .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self
                .path_prefix
                .as_deref()
                .is_none_or(|prefix| path.starts_with(prefix))
    }
}

/// A file in place of the one that was asked for, with headers as they are.
#[derive(Clone, Debug, Default)]
pub struct ServedFile {
    pub content_type: Vec<u8>,
    pub disposition: Option<Vec<u8>>,
    pub bytes: Bytes,
}

/// How a request ends other than by its handler's answer.
#[derive(Clone, Debug)]
pub(crate) enum Ending {
    /// Answered with this, without being handled.
    Fail { status: StatusCode, body: String },
    /// Answered with this file, without being handled.
    Serve(ServedFile),
    /// Not handled; the connection is closed without an answer.
    DropRequest,
    /// Handled; the connection is closed without the answer.
    DropAnswer,
}

/// What awaits one request.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub held: Option<Held>,
    pub delay: Option<Duration>,
    pub ending: Option<Ending>,
}

#[derive(Debug)]
enum Effect {
    Hold,
    Delay(Duration),
    End(Ending),
}

#[derive(Debug)]
struct Rule {
    matcher: Matcher,
    effect: Effect,
    uses_left: usize,
}

#[derive(Debug)]
pub(crate) struct Faults {
    rules: Mutex<Vec<Rule>>,
    held: watch::Sender<usize>,
    releases: watch::Sender<u64>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            rules: Mutex::default(),
            held: watch::Sender::new(0),
            releases: watch::Sender::new(0),
        }
    }
}

impl Faults {
    pub fn hold(&self, matcher: Matcher) {
        self.add(matcher, Effect::Hold, usize::MAX);
    }

    pub fn delay(&self, matcher: Matcher, duration: Duration, times: usize) {
        self.add(matcher, Effect::Delay(duration), times);
    }

    pub fn end(&self, matcher: Matcher, ending: Ending, times: usize) {
        self.add(matcher, Effect::End(ending), times);
    }

    fn add(&self, matcher: Matcher, effect: Effect, times: usize) {
        self.rules.locked().push(Rule {
            matcher,
            effect,
            uses_left: times,
        });
    }

    /// Lets held requests go on and holds no more.
    pub fn release(&self) {
        let mut rules = self.rules.locked();
        rules.retain(|rule| !matches!(rule.effect, Effect::Hold));
        self.releases.send_modify(|releases| *releases += 1);
    }

    /// Forgets every rule; held requests go on.
    pub fn clear(&self) {
        let mut rules = self.rules.locked();
        rules.clear();
        self.releases.send_modify(|releases| *releases += 1);
    }

    pub fn held(&self) -> watch::Receiver<usize> {
        self.held.subscribe()
    }

    /// Uses up the rules that apply to an arriving request.
    pub fn plan(&self, method: &str, path: &str) -> Plan {
        let mut plan = Plan::default();
        let mut rules = self.rules.locked();
        for rule in rules
            .iter_mut()
            .filter(|rule| rule.uses_left > 0 && rule.matcher.matches(method, path))
        {
            match &rule.effect {
                Effect::Hold if plan.held.is_none() => plan.held = Some(self.start_holding()),
                Effect::Delay(duration) if plan.delay.is_none() => plan.delay = Some(*duration),
                Effect::End(ending) if plan.ending.is_none() => plan.ending = Some(ending.clone()),
                _ => continue,
            }
            rule.uses_left -= 1;
        }
        rules.retain(|rule| rule.uses_left > 0);
        plan
    }

    fn start_holding(&self) -> Held {
        // Subscribed under the lock of the rules: a release cannot slip in between.
        let release = self.releases.subscribe();
        self.held.send_modify(|held| *held += 1);
        Held {
            release,
            held: self.held.clone(),
        }
    }
}

/// A request being held; it counts as held until this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    release: watch::Receiver<u64>,
    held: watch::Sender<usize>,
}

impl Held {
    pub async fn released(mut self) {
        // An error means that the simulator is gone, which releases as well.
        let _ = self.release.changed().await;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.held.send_modify(|held| *held -= 1);
    }
}
