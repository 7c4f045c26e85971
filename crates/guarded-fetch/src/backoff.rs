//! Remembers hosts and documents that were too slow a moment ago. They are skipped for a while,
//! because each further attempt would take a slot from others.
//!
//! A host that accepts no connection is skipped as a whole. If only a document is slow, only that
//! document is skipped: otherwise a client that names a slow page of a good host would block the
//! host's other documents.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use url::Url;

#[derive(Debug)]
pub(super) struct Backoff {
    lasts: Duration,
    /// When each one may be tried again. There are few at a time, because each timeout takes a
    /// while.
    until: Mutex<HashMap<Slow, DateTime<Utc>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Slow {
    Host(String),
    Document(Url),
}

impl Backoff {
    pub(crate) fn new(lasts: Duration) -> Self {
        Self {
            lasts,
            until: Mutex::default(),
        }
    }

    pub(crate) fn add_host(&self, url: &Url, now: DateTime<Utc>) {
        self.note(host(url), now);
    }

    pub(crate) fn add_document(&self, url: &Url, now: DateTime<Utc>) {
        self.note(Slow::Document(url.clone()), now);
    }

    /// Whether the URL or its host must be skipped.
    pub(crate) fn applies_to(&self, url: &Url, now: DateTime<Utc>) -> bool {
        let until = self.until();
        [host(url), Slow::Document(url.clone())]
            .iter()
            .any(|slow| until.get(slow).is_some_and(|until| now < *until))
    }

    fn note(&self, slow: Slow, now: DateTime<Utc>) {
        let mut until = self.until();
        until.retain(|_, until| now < *until);
        until.insert(slow, now + self.lasts);
    }

    fn until(&self) -> MutexGuard<'_, HashMap<Slow, DateTime<Utc>>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn host(url: &Url) -> Slow {
    Slow::Host(authority(url).unwrap_or_default())
}

/// The host with its port. The port is not the standard one only on loopback.
pub(super) fn authority(url: &Url) -> Option<String> {
    let port = url.port_or_known_default()?;
    url.host_str().map(|host| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_slow_host_or_document_is_skipped_for_a_while() {
        let backoff = Backoff::new(Duration::from_secs(30));
        let url = |text: &str| Url::parse(text).unwrap();
        let (one, two) = (url("https://a.example/1"), url("https://a.example/2"));
        let elsewhere = url("https://b.example/1");
        let now = DateTime::UNIX_EPOCH;
        backoff.add_document(&one, now);
        assert!(backoff.applies_to(&one, now));
        assert!(!backoff.applies_to(&two, now));
        backoff.add_host(&one, now);
        assert!(backoff.applies_to(&two, now));
        assert!(!backoff.applies_to(&elsewhere, now));
        let later = now + Duration::from_secs(30);
        assert!(!backoff.applies_to(&one, later));
        backoff.add_host(&elsewhere, later);
        assert_eq!(backoff.until().len(), 1, "expired entries are removed");
    }
}
