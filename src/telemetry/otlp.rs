//! Traces, exported by OTLP over HTTP if the environment names an endpoint.
//!
//! The variables are OpenTelemetry's own: `OTEL_EXPORTER_OTLP_ENDPOINT`, `…_HEADERS`,
//! `OTEL_TRACES_SAMPLER`, `OTEL_SERVICE_NAME`, …; the library reads them.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use opentelemetry::KeyValue;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tokio::runtime::Handle;

use foundation::tls_config;

/// One of these, set and not empty, turns traces on.
const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
];
const SERVICE: &str = "backlog-mcp-hub";
const TIMEOUT: Duration = Duration::from_secs(10);
/// The time limit for exporting the last spans.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Creates the exporter; `None` unless the environment names an endpoint. Call it within the
/// runtime.
pub(super) fn provider() -> Result<Option<SdkTracerProvider>, Box<dyn std::error::Error>> {
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !ENDPOINTS.iter().any(is_set) {
        return Ok(None);
    }
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Sender::new()?)
        .build()?;
    let resource = Resource::builder();
    // OTEL_SERVICE_NAME takes precedence.
    let resource = match std::env::var_os("OTEL_SERVICE_NAME") {
        Some(_) => resource,
        None => resource.with_service_name(SERVICE),
    };
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    Ok(Some(
        SdkTracerProvider::builder()
            .with_resource(resource.with_attribute(version).build())
            .with_batch_exporter(exporter)
            .build(),
    ))
}

/// Exports the remaining spans. The exporter needs the runtime meanwhile.
pub(super) async fn finish(provider: SdkTracerProvider) {
    let ended = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FLUSH_TIMEOUT));
    if let Ok(Err(error)) = ended.await {
        tracing::warn!(%error, "could not export the last spans");
    }
}

/// Sends requests for the exporter; its thread has no runtime of its own.
#[derive(Debug)]
struct Sender {
    http: reqwest::Client,
    runtime: Handle,
}

impl Sender {
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls_config()?)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()?;
        Ok(Self {
            http,
            runtime: Handle::current(),
        })
    }
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let http = self.http.clone();
        let sent = self.runtime.spawn(async move {
            let response = http.execute(request.try_into()?).await?;
            let status = response.status();
            let body = response.bytes().await?;
            Ok::<_, reqwest::Error>((status, body))
        });
        let (status, body) = sent.await?.map_err(reqwest::Error::without_url)?;
        Ok(Response::builder().status(status).body(body)?)
    }
}
