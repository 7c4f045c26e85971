//! Builds the recorder of metrics, audit events and security events from the settings.

use std::time::Duration;

use crate::{
    audit::{Journal, JournalOptions, Recorder, SecurityEvents},
    config::ObserveSettings,
    domain::security::SecurityEvent,
    metrics::Metrics,
    telemetry::Unreadable,
};

const COUNT_EVERY: Duration = Duration::from_secs(1);

/// The recorder, and the journal within it.
pub(super) fn of_settings(settings: &ObserveSettings) -> (Recorder, Journal) {
    let journal = Journal::new(JournalOptions {
        tool_calls: settings.audit_tool_calls,
        ..JournalOptions::default()
    });
    let metrics = match settings.metrics {
        Some(_) => Metrics::new(),
        None => Metrics::default(),
    };
    let recorder = Recorder {
        security: SecurityEvents::new(settings.client_addresses, metrics.clone()),
        metrics,
        journal: Some(journal.clone()),
    };
    (recorder, journal)
}

/// Records the requests that are not HTTP, which only the log layer sees; runs until the task is
/// aborted.
pub(super) async fn count_unreadable(security: SecurityEvents, unreadable: Unreadable) {
    loop {
        tokio::time::sleep(COUNT_EVERY).await;
        security.note_several(SecurityEvent::MalformedRequest, None, unreadable.take());
    }
}
