//! Logs: JSON for machines, or lines for people, on standard error.
//!
//! The rule: a request logs its method, route, status and duration (those that
//! succeed at the level `debug`), never a query (it may carry a code), a header, a
//! body, or a tool's arguments or result.

use std::{io::IsTerminal, time::Instant};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
};
use clap::ValueEnum;
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder};
use tracing_subscriber::EnvFilter;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One line a person can read.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

const DEFAULT_FILTER: &str = "info,sqlx=warn,rmcp=warn,actix_server=warn,refinery_core=warn";

/// Starts logging; `RUST_LOG` narrows or widens it.
pub fn init(format: LogFormat) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Human => builder.with_target(false).compact().init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}

/// When a request came, for its duration.
#[derive(Clone, Copy)]
struct Started(Instant);

/// The span of one request, without anything that may hold a secret.
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        use actix_web::HttpMessage;
        let id = request.extensions().get::<RequestId>().copied();
        request.extensions_mut().insert(Started(Instant::now()));
        tracing::info_span!(
            "request",
            id = id.map(tracing::field::display),
            method = %request.method(),
            route = request.match_pattern().unwrap_or_else(|| "unknown".to_owned()),
            status = tracing::field::Empty,
            ms = tracing::field::Empty,
        )
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
        span.record("status", status.as_u16());
        span.record(
            "ms",
            started.map(|Started(at)| at.elapsed().as_millis() as u64),
        );
        let _entered = span.enter();
        match status.as_u16() {
            500.. => tracing::error!("answered"),
            400.. => tracing::info!("answered"),
            _ => tracing::debug!("answered"),
        }
    }
}
