//! A collector of traces: takes OTLP over HTTP and keeps the spans.

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpResponse, HttpServer, web};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, trace::v1::Span,
};
use prost::Message;

type Spans = Arc<Mutex<Vec<Span>>>;

pub(crate) struct Collector {
    pub url: String,
    spans: Spans,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let spans = Spans::default();
        let kept = web::Data::new(Arc::clone(&spans));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(kept.clone())
                .route("/v1/traces", web::post().to(take))
        })
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .expect("a port");
        let address = server.addrs()[0];
        tokio::spawn(server.run());
        Self {
            url: format!("http://{address}"),
            spans,
        }
    }

    /// The spans of a trace, by its id in hex, that have come so far.
    pub(crate) fn of_trace(&self, id: &str) -> Vec<Span> {
        let spans = self.spans.lock().expect("the spans");
        let is_of = |span: &&Span| hex(&span.trace_id) == id;
        spans.iter().filter(is_of).cloned().collect()
    }

    /// The spans that have a link to a trace, by its id in hex.
    pub(crate) fn linked_to(&self, id: &str) -> Vec<Span> {
        let spans = self.spans.lock().expect("the spans");
        let is_linked = |span: &&Span| (span.links.iter()).any(|link| hex(&link.trace_id) == id);
        spans.iter().filter(is_linked).cloned().collect()
    }

    /// Everything in them that could be read, as text.
    pub(crate) fn text(&self) -> String {
        format!("{:?}", self.spans.lock().expect("the spans"))
    }
}

async fn take(kept: web::Data<Spans>, body: web::Bytes) -> HttpResponse {
    let Ok(request) = ExportTraceServiceRequest::decode(body) else {
        return HttpResponse::BadRequest().finish();
    };
    let scopes = request.resource_spans.into_iter();
    let scopes = scopes.flat_map(|resource| resource.scope_spans);
    let spans = scopes.flat_map(|scope| scope.spans);
    kept.lock().expect("the spans").extend(spans);
    HttpResponse::Ok().finish()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
