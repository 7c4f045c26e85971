//! The journal: every received request, in order, without secrets.

use std::{
    collections::{HashMap, VecDeque},
    sync::Mutex,
};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{faults::Matcher, locked::Locked, params::Params, rate_limit::Class};

/// Parameters with values that are replaced by their fingerprint.
const SECRET_PARAMETERS: [&str; 5] = [
    "apiKey",
    "client_secret",
    "code",
    "refresh_token",
    "access_token",
];

/// One request. `status` is `None` until the response, and stays `None` if there was none
/// (the connection was dropped).
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Counts from 1 over the life of the simulator.
    pub sequence: u64,
    pub method: String,
    /// As sent, percent-encoded.
    pub path: String,
    /// Decoded pairs in the order sent; secrets are replaced by their [`fingerprint`].
    pub query: Vec<(String, String)>,
    /// For an upload, the file's name is the value of `file`.
    pub form: Vec<(String, String)>,
    pub credential: Credential,
    pub status: Option<u16>,
}

impl Entry {
    /// The class by which the request was limited.
    pub fn class(&self) -> Class {
        Class::of(&self.method, &self.path)
    }

    /// The first value of a form or query parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.form
            .iter()
            .chain(&self.query)
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The credential of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "fingerprint", rename_all = "camelCase")]
pub enum Credential {
    None,
    Bearer(String),
    ApiKeyHeader(String),
    ApiKeyQuery(String),
}

/// A stable replacement of a secret: twelve hexadecimal digits of its SHA-256.
pub fn fingerprint(secret: &str) -> String {
    Sha256::digest(secret.as_bytes())
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[derive(Debug)]
pub(crate) struct Journal {
    capacity: usize,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    last_sequence: u64,
    kept: VecDeque<Entry>,
    /// How often each refresh token was presented, by its fingerprint, however many entries are
    /// kept.
    renewals: HashMap<String, usize>,
}

impl Journal {
    /// Keeps the newest `capacity` entries; none when it is 0.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            entries: Mutex::default(),
        }
    }

    /// Records a request and returns its sequence number for [`Journal::completed`].
    pub(crate) fn received(
        &self,
        method: &str,
        path: &str,
        query: &Params,
        form: &Params,
        credential: impl FnOnce() -> Credential,
    ) -> Option<u64> {
        if self.capacity == 0 {
            return None;
        }
        let mut entry = Entry {
            sequence: 0,
            method: method.to_owned(),
            path: path.to_owned(),
            query: without_secrets(query),
            form: without_secrets(form),
            credential: credential(),
            status: None,
        };
        let mut entries = self.entries.locked();
        entries.last_sequence += 1;
        entry.sequence = entries.last_sequence;
        if entries.kept.len() == self.capacity {
            entries.kept.pop_front();
        }
        if entry.param("grant_type") == Some("refresh_token")
            && let Some(fingerprint) = entry.param("refresh_token")
        {
            *entries.renewals.entry(fingerprint.to_owned()).or_default() += 1;
        }
        entries.kept.push_back(entry);
        Some(entries.last_sequence)
    }

    pub(crate) fn completed(&self, sequence: u64, status: u16) {
        let mut entries = self.entries.locked();
        // Sequence numbers are consecutive, so the place follows from the first kept entry.
        let Some(first) = entries.kept.front().map(|entry| entry.sequence) else {
            return;
        };
        let place = sequence
            .checked_sub(first)
            .and_then(|n| usize::try_from(n).ok());
        if let Some(entry) = place.and_then(|place| entries.kept.get_mut(place)) {
            entry.status = Some(status);
        }
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.entries.locked().kept.iter().cloned().collect()
    }

    pub(crate) fn count(&self, matcher: &Matcher) -> usize {
        self.entries
            .locked()
            .kept
            .iter()
            .filter(|entry| matcher.matches(&entry.method, &entry.path))
            .count()
    }

    /// How often each refresh token was presented, by its fingerprint.
    pub(crate) fn renewals(&self) -> HashMap<String, usize> {
        self.entries.locked().renewals.clone()
    }

    pub(crate) fn clear(&self) {
        let mut entries = self.entries.locked();
        entries.kept.clear();
        entries.renewals.clear();
    }
}

fn without_secrets(params: &Params) -> Vec<(String, String)> {
    params
        .pairs()
        .iter()
        .map(|(name, value)| {
            if SECRET_PARAMETERS.contains(&name.as_str()) {
                (name.clone(), fingerprint(value))
            } else {
                (name.clone(), value.clone())
            }
        })
        .collect()
}
