//! Errors that a library logs although a client causes them: a request that is not HTTP, a
//! response that the client no longer waits for. Anybody can cause these, and with them alert an
//! operator. They are counted, and logged only with a filter that enables `debug` for any target.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{EnvFilter, Layer, filter::LevelFilter, layer::Context};

/// The beginning of the message about a request that is not HTTP.
const UNREADABLE: &str = "stream error: request parse error";

/// The modules, and the beginnings of such messages. Their other messages are about the hub
/// itself.
const THEIRS: [(&str, &[&str]); 3] = [
    (
        "actix_http::h1::dispatcher",
        &[
            UNREADABLE,
            "stream error: I/O error",
            "stream error: request did not complete",
            "stream error: connection shutdown timeout",
            "stream error: handler dropped payload",
            "write zero; closing",
        ],
    ),
    (
        "actix_http::h1::decoder",
        &["MAX_BUFFER_SIZE unprocessed data reached"],
    ),
    (
        "rmcp::service",
        &["failed to send pending response during drain"],
    ),
];

/// The number of requests that could not be parsed as HTTP. Cheap to clone; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Unreadable(Arc<AtomicU32>);

impl Unreadable {
    /// Takes the number since the previous call.
    pub fn take(&self) -> u32 {
        self.0.swap(0, Ordering::Relaxed)
    }
}

/// A layer that hides these events from all other layers, and counts the requests among them.
#[derive(Clone, Debug)]
pub(super) struct Strangers {
    is_shown: bool,
    unreadable: Unreadable,
}

impl Strangers {
    /// Creates the layer for logs that `wanted` filters.
    pub(super) fn of(wanted: &EnvFilter) -> Self {
        let most = wanted.max_level_hint();
        Self {
            is_shown: most.is_none_or(|most| most >= LevelFilter::DEBUG),
            unreadable: Unreadable::default(),
        }
    }

    pub(super) fn unreadable(&self) -> Unreadable {
        self.unreadable.clone()
    }
}

impl<S: Subscriber> Layer<S> for Strangers {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let target = event.metadata().target();
        let Some((_, beginnings)) = THEIRS.iter().find(|(module, _)| *module == target) else {
            return true;
        };
        let mut message = Message::default();
        event.record(&mut message);
        if !beginnings
            .iter()
            .any(|beginning| message.0.starts_with(beginning))
        {
            return true;
        }
        if message.0.starts_with(UNREADABLE) {
            self.unreadable.0.fetch_add(1, Ordering::Relaxed);
        }
        self.is_shown
    }
}

#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::telemetry::{DEFAULT_FILTER, tests::Written};

    fn said(filter: &str) -> (String, u32) {
        let written = Written::default();
        let writer = written.clone();
        let logs = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
        let strangers = Strangers::of(&EnvFilter::new(filter));
        let unreadable = strangers.unreadable();
        let subscriber = tracing_subscriber::registry().with(logs).with(strangers);
        tracing::subscriber::with_default(subscriber, || {
            let error = "request parse error: invalid HTTP version specified";
            tracing::error!(target: "actix_http::h1::dispatcher", "stream error: {error}");
            tracing::error!(target: "actix_http::h1::dispatcher", "stream error: internal error");
            tracing::error!(target: "actix_http::h1::dispatcher", "Upgrade handler error: kept");
            tracing::error!(
                target: "rmcp::service",
                %error,
                "failed to send pending response during drain"
            );
            tracing::error!(target: "rmcp::service", %error, "response send task failed: kept");
            tracing::error!(target: "backlog_mcp_hub::web", "stream error: {error}: kept");
        });
        (written.text(), unreadable.take())
    }

    #[test]
    fn faults_of_clients_are_left_out_and_those_of_the_hub_are_not() {
        let (said, unreadable) = said(DEFAULT_FILTER);
        assert_eq!(said.matches("kept").count(), 3, "{said}");
        assert_eq!(said.matches("internal error").count(), 1, "{said}");
        assert_eq!(said.lines().count(), 4, "{said}");
        assert_eq!(unreadable, 1, "requests that are not HTTP are counted");
    }

    #[test]
    fn all_of_it_is_there_for_who_looks_for_more() {
        let (said, unreadable) = said("info,actix_http=debug");
        assert_eq!(said.lines().count(), 6);
        assert_eq!(unreadable, 1);
    }
}
