//! Logs, as JSON or as readable lines, on standard error; and traces.
//!
//! The rule, documented in full in `docs/logging.md`: a request logs its method, route, status and
//! duration (at the level `debug` if it succeeds), never a query (it may carry a code), a header,
//! a body, or a tool's arguments or result.

mod otlp;
pub mod refusals;
pub mod request_id;
mod strangers;

use std::{
    io::IsTerminal,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
};
use clap::ValueEnum;
use ipnet::IpNet;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Event, Level, Metadata, Span, Subscriber};
use tracing_actix_web::RootSpanBuilder;
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{DynFilterFn, FilterExt, LevelFilter, dynamic_filter_fn, filter_fn},
    fmt,
    layer::{Context, SubscriberExt},
    util::SubscriberInitExt,
};

use crate::trace;
pub use refusals::Refusals;
pub use request_id::RequestId;
use strangers::Strangers;
pub use strangers::Unreadable;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One readable line per event.
    #[default]
    Human,
    /// One JSON object per line.
    Json,
}

const DEFAULT_FILTER: &str = "info,sqlx=warn,rmcp=error,actix_server=warn,refinery_core=warn";

/// These crates log the data that they handle: messages with tokens and tool inputs. Regardless of
/// `RUST_LOG`, only their warnings and errors are logged.
const TALKATIVE: [&str; 2] = ["rmcp", "h2"];

/// The crates of the hub that log: the targets of their spans and events begin with these names.
const OWN: [&str; 4] = [
    "backlog_mcp_hub",
    "backlog_client",
    "embedded_postgres",
    "foundation",
];

/// The crate of a span or an event.
fn root<'a>(metadata: &'a Metadata<'_>) -> &'a str {
    metadata.target().split("::").next().unwrap_or_default()
}

fn is_discreet(metadata: &Metadata<'_>) -> bool {
    let root = root(metadata);
    *metadata.level() <= Level::WARN || !TALKATIVE.contains(&root)
}

/// Selects our spans, and our events that an operator sees by default: a collector may belong to
/// another party.
fn is_traced(metadata: &Metadata<'_>) -> bool {
    OWN.contains(&root(metadata)) && (metadata.is_span() || *metadata.level() <= Level::INFO)
}

/// A filter of one of two layers, evaluated each time. A filter that is evaluated once per callsite
/// misses spans: a library that checks whether a statement would be logged, and then logs nothing,
/// leaves the result in the thread, and the next span there finds it. `most` is the most verbose
/// level that the filter passes.
fn each_time<S>(
    filter: fn(&Metadata<'_>) -> bool,
    most: LevelFilter,
) -> DynFilterFn<S, impl Fn(&Metadata<'_>, &Context<'_, S>) -> bool> {
    dynamic_filter_fn(move |metadata: &Metadata<'_>, _: &Context<'_, S>| filter(metadata))
        .with_max_level_hint(most)
}

/// `app::drain` closes the listening sockets below the server, and the accepting thread then
/// reports errors that are intended. Once the hub drains, that thread's events are not logged.
#[derive(Clone, Debug, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    pub fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }
}

impl<S: Subscriber> Layer<S> for Draining {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        event.metadata().target() != "actix_server::accept" || !self.0.load(Ordering::Acquire)
    }
}

/// The state that the hub and its log share.
#[derive(Clone, Debug, Default)]
pub struct LogLink {
    /// Set when the hub drains.
    pub draining: Draining,
    pub unreadable: Unreadable,
}

/// Telemetry that runs until the process ends.
#[must_use]
pub struct Telemetry {
    provider: Option<SdkTracerProvider>,
    link: LogLink,
}

impl Telemetry {
    pub fn link(&self) -> LogLink {
        self.link.clone()
    }

    /// Exports the remaining spans.
    pub async fn finish(self) {
        if let Some(provider) = self.provider {
            otlp::finish(provider).await;
        }
    }
}

/// Starts logging, filtered by `RUST_LOG`, and exports traces if the environment names an endpoint.
/// Call it within the runtime.
pub fn init(format: LogFormat) -> Telemetry {
    // An empty variable would silence everything except errors.
    let wanted = std::env::var(EnvFilter::DEFAULT_ENV)
        .ok()
        .filter(|wanted| !wanted.trim().is_empty())
        .and_then(|wanted| EnvFilter::try_new(wanted).ok())
        .unwrap_or_else(|| EnvFilter::new(DEFAULT_FILTER));
    let strangers = Strangers::of(&wanted);
    let logs = fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let logs = match format {
        LogFormat::Human => logs.with_target(false).compact().boxed(),
        LogFormat::Json => logs.json().flatten_event(true).boxed(),
    };
    let provider = otlp::provider();
    let link = LogLink {
        draining: Draining::default(),
        unreadable: strangers.unreadable(),
    };
    match &provider {
        Ok(Some(provider)) => {
            let traces = tracing_opentelemetry::layer()
                .with_tracer(provider.tracer("backlog-mcp-hub"))
                .with_location(false)
                .with_threads(false)
                .with_filter(each_time(is_traced, LevelFilter::DEBUG));
            let discreet = each_time(is_discreet, LevelFilter::TRACE);
            tracing_subscriber::registry()
                .with(logs.with_filter(wanted.and(discreet)))
                .with(traces)
                .with(link.draining.clone())
                .with(strangers)
                .init();
        }
        // Logs alone: a filtered callsite is evaluated once, and costs nothing after that.
        Ok(None) | Err(_) => tracing_subscriber::registry()
            .with(logs)
            .with(filter_fn(is_discreet))
            .with(wanted)
            .with(link.draining.clone())
            .with(strangers)
            .init(),
    }
    let provider = provider.unwrap_or_else(|error| {
        tracing::error!(error, "cannot export traces");
        None
    });
    Telemetry { provider, link }
}

/// The start of a request, to compute its duration.
#[derive(Clone, Copy)]
struct Started(Instant);

/// The trusted proxies in front of the hub: requests from them continue the trace of their
/// `traceparent`, and their statements about the sender are trusted. Cheap to clone; application
/// data.
#[derive(Clone, Debug)]
pub struct TrustedPeers(Arc<[IpNet]>);

impl TrustedPeers {
    pub fn new(networks: &[IpNet]) -> Self {
        Self(networks.into())
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether a trusted proxy sent the request; false if none is configured.
    fn sent(request: &ServiceRequest) -> bool {
        request
            .app_data::<Self>()
            .zip(request.peer_addr())
            .is_some_and(|(trusted, peer)| trusted.contains(peer.ip()))
    }
}

/// The span of one request, without anything that may contain a secret.
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        use actix_web::HttpMessage;
        let id = request.extensions().get::<RequestId>().cloned();
        request.extensions_mut().insert(Started(Instant::now()));
        let span = tracing::info_span!(
            "request",
            id = id.map(tracing::field::display),
            method = %request.method(),
            route = request.match_pattern().unwrap_or_else(|| "unknown".to_owned()),
            client = tracing::field::Empty,
            status = tracing::field::Empty,
            ms = tracing::field::Empty,
        );
        let parent = request.headers().get("traceparent");
        if let Some(parent) = parent.and_then(|value| value.to_str().ok()) {
            // The sender is not authenticated yet: it is a trusted proxy or anybody.
            if TrustedPeers::sent(request) {
                trace::continue_from(&span, parent);
            } else {
                trace::link(&span, parent);
            }
        }
        span
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        use actix_web::HttpMessage;
        let (status, started) = match outcome {
            Ok(response) => (
                response.status(),
                response.request().extensions().get::<Started>().copied(),
            ),
            Err(error) => (error.as_response_error().status_code(), None),
        };
        let level = refusals::level_of(outcome);
        let is_logged = level <= Level::INFO || tracing::enabled!(Level::DEBUG);
        if !is_logged {
            return;
        }
        span.record("status", status.as_u16());
        span.record(
            "ms",
            started.and_then(|Started(at)| u64::try_from(at.elapsed().as_millis()).ok()),
        );
        let _entered = span.enter();
        match level {
            Level::ERROR => tracing::error!("request completed"),
            Level::INFO => tracing::info!("request completed"),
            _ => tracing::debug!("request completed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{io, sync::Mutex};

    use super::*;

    /// The output of a test's subscriber.
    #[derive(Clone, Default)]
    pub(super) struct Written(Arc<Mutex<Vec<u8>>>);

    impl Written {
        pub(super) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_default_filter_is_the_one_of_the_documents() {
        let example = include_str!("../../.env.example");
        let line = format!("\n#RUST_LOG={DEFAULT_FILTER}\n");
        assert!(example.contains(&line), "{line}");
        let page = include_str!("../../docs/settings.md");
        assert!(page.contains(&format!("`{DEFAULT_FILTER}`")));
    }

    #[test]
    fn accept_errors_are_logged_until_the_hub_drains() {
        let (written, draining) = (Written::default(), Draining::default());
        let writer = written.clone();
        let logs = fmt::layer().with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry()
            .with(logs)
            .with(draining.clone());
        tracing::subscriber::with_default(subscriber, || {
            for what in ["too many open files", "invalid argument"] {
                tracing::error!(target: "actix_server::accept", what);
                tracing::error!(target: "actix_server::worker", "of a worker: {what}");
                draining.begin();
            }
        });
        let said = written.text();
        assert_eq!(said.matches("actix_server::accept").count(), 1, "{said}");
        assert_eq!(said.matches("of a worker").count(), 2, "{said}");
    }

    #[test]
    fn every_crate_that_logs_is_one_of_the_hubs_own() {
        let crates = concat!(env!("CARGO_MANIFEST_DIR"), "/crates");
        for entry in std::fs::read_dir(crates).unwrap() {
            let folder = entry.unwrap().path();
            let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
            if manifest.contains("\ntracing.workspace") {
                let name = folder.file_name().unwrap().to_string_lossy();
                let target = name.replace('-', "_");
                assert!(OWN.contains(&target.as_str()), "{target}");
            }
        }
    }
}
