//! The metrics of accounts: their states, and the tokens that are not stored yet.

use metrics::Recorder as _;

use super::{METADATA, Metrics, catalogue, count, key};

impl Metrics {
    /// Changes the number of pairs of Backlog tokens that are waiting to be stored.
    pub fn unstored_pairs(&self, more: f64) {
        if let Some(inner) = &self.0 {
            let key = key(&catalogue::UNSTORED_PAIRS, []);
            inner
                .recorder
                .register_gauge(&key, &METADATA)
                .increment(more);
        }
    }

    /// Records the number of a space's accounts in a state.
    pub fn accounts(&self, space: &str, state: &'static str, number: u64) {
        let labels = [space.to_owned().into(), state.into()];
        self.gauge(&catalogue::ACCOUNTS, labels, count(number));
    }

    /// Records whether the endings of a space's accounts are paused.
    pub fn endings_paused(&self, space: &str, are_paused: bool) {
        let labels = [space.to_owned().into()];
        self.gauge(
            &catalogue::ENDINGS_PAUSED,
            labels,
            f64::from(u8::from(are_paused)),
        );
    }
}
