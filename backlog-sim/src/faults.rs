//! Faults that tests inject: failures, delays, dropped connections, and holds.
//!
//! The rules apply on arrival, in the order they were added. For each kind, the first rule that
//! matches and has uses left applies: a request can be held, then delayed, then failed.

use std::{sync::Mutex, time::Duration};

use actix_web::{http::StatusCode, web::Bytes};
use serde::Deserialize;
use tokio::sync::watch;

use crate::locked::Locked;

/// The requests of a fault or a count. The default matches all.
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

    /// Requests with a path that, as sent, starts with `prefix`, such as `/api/v2/issues`.
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

    /// Restricts the requests to one method.
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

/// A file in place of the requested one, with headers as given.
#[derive(Clone, Debug, Default)]
pub struct ServedFile {
    pub content_type: Vec<u8>,
    pub disposition: Option<Vec<u8>>,
    pub bytes: Bytes,
}

/// The end of a request other than by its handler's response.
#[derive(Clone, Debug)]
pub(crate) enum Ending {
    /// Responds with this, without handling the request.
    Fail { status: StatusCode, body: String },
    /// Responds with this file, without handling the request.
    Serve(ServedFile),
    /// Not handled; the connection is closed without a response.
    DropRequest,
    /// Handled; the connection is closed without a response.
    DropResponse,
}

/// The faults of one request.
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
    pub(crate) fn hold(&self, matcher: Matcher) {
        self.add(matcher, Effect::Hold, usize::MAX);
    }

    pub(crate) fn delay(&self, matcher: Matcher, duration: Duration, times: usize) {
        self.add(matcher, Effect::Delay(duration), times);
    }

    pub(crate) fn end(&self, matcher: Matcher, ending: Ending, times: usize) {
        self.add(matcher, Effect::End(ending), times);
    }

    fn add(&self, matcher: Matcher, effect: Effect, times: usize) {
        self.rules.locked().push(Rule {
            matcher,
            effect,
            uses_left: times,
        });
    }

    /// Releases held requests and holds no more.
    pub(crate) fn release(&self) {
        let mut rules = self.rules.locked();
        rules.retain(|rule| !matches!(rule.effect, Effect::Hold));
        self.releases.send_modify(|releases| *releases += 1);
    }

    /// Removes every rule; held requests continue.
    pub(crate) fn clear(&self) {
        let mut rules = self.rules.locked();
        rules.clear();
        self.releases.send_modify(|releases| *releases += 1);
    }

    pub(crate) fn held(&self) -> watch::Receiver<usize> {
        self.held.subscribe()
    }

    /// Applies the rules that match an arriving request, and uses them up.
    pub(crate) fn plan(&self, method: &str, path: &str) -> Plan {
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
        // Subscribed under the lock of the rules, so that no release is missed in between.
        let release = self.releases.subscribe();
        self.held.send_modify(|held| *held += 1);
        Held {
            release,
            held: self.held.clone(),
        }
    }
}

/// A held request; it counts as held until this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    release: watch::Receiver<u64>,
    held: watch::Sender<usize>,
}

impl Held {
    pub(crate) async fn released(mut self) {
        // An error means that the simulator is gone, which releases the request as well.
        let _ = self.release.changed().await;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.held.send_modify(|held| *held -= 1);
    }
}
