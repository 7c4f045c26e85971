//! The cost of a task: what the model writes and reads, and what Backlog is asked.

use std::{collections::BTreeMap, ops::AddAssign};

use backlog_sim::{Class, Entry, RateLimits};
use tiktoken_rs::o200k_base_singleton;

/// Backlog's limits of a user's requests in a minute, by class, on its paid plans.
pub(super) const LIMITS: RateLimits = RateLimits {
    read: 600,
    update: 150,
    search: 150,
    icon: 60,
};

/// The length of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Length {
    pub(super) bytes: usize,
    /// Counted with the tokenizer `o200k_base`.
    pub(super) tokens: usize,
}

impl Length {
    pub(super) fn of(text: &str) -> Self {
        Self {
            bytes: text.len(),
            tokens: o200k_base_singleton().encode_ordinary(text).len(),
        }
    }
}

impl AddAssign for Length {
    fn add_assign(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.tokens += other.tokens;
    }
}

/// The cost of the calls that a task needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// Each call is a turn of the assistant.
    pub(super) calls: usize,
    /// The names and arguments of the calls, which the model writes.
    pub(super) written: Length,
    /// The texts of the results, which the model reads.
    pub(super) read: Length,
    /// The results as `structuredContent`, which some hosts add to the texts.
    pub(super) structured: Length,
    /// Requests that Backlog got.
    pub(super) requests: usize,
    /// The greatest share of a class of the rate limit that one call used, in percent, rounded up.
    pub(super) share: usize,
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.written += other.written;
        self.read += other.read;
        self.structured += other.structured;
        self.requests += other.requests;
        self.share = self.share.max(other.share);
    }
}

impl Cost {
    /// The bytes that the model reads in a host that shows it everything.
    pub(super) fn bytes(&self) -> usize {
        self.read.bytes + self.structured.bytes
    }

    /// Adds the requests of one call.
    pub(super) fn add_requests(&mut self, requests: &[Entry]) {
        self.requests += requests.len();
        let mut classes: BTreeMap<Class, usize> = BTreeMap::new();
        let mut share = 0;
        for request in requests {
            let class = request.class();
            let used = classes.entry(class).or_default();
            *used += 1;
            let limit = LIMITS.of(class) as usize;
            share = share.max((*used * 100).div_ceil(limit));
        }
        self.share = self.share.max(share);
    }
}
