//! A fake Backlog for tests, with given responses and a record of the received requests.

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

use super::BacklogUrl;

/// One request as received, percent-encoding included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    /// `GET /api/v2/issues?keyword=a`
    pub line: String,
    /// `Authorization`, or the API key header with its name.
    pub credentials: String,
    /// `Content-Type` and body of a request that has one.
    pub body: Option<(String, String)>,
}

pub(crate) struct FakeBacklog {
    pub url: BacklogUrl,
    received: Arc<Mutex<Vec<Received>>>,
}

impl FakeBacklog {
    /// Starts on a free port; stops with the test's runtime.
    pub fn start(respond: impl Fn(&Received) -> HttpResponse + Send + Sync + 'static) -> Self {
        let received = Arc::new(Mutex::new(Vec::new()));
        let (log, respond) = (received.clone(), Arc::new(respond));
        let server = HttpServer::new(move || {
            let (log, respond) = (log.clone(), respond.clone());
            App::new().default_service(web::to(move |request: HttpRequest, body: web::Bytes| {
                let received = read(&request, &body);
                log.lock().unwrap().push(received.clone());
                std::future::ready(respond(&received))
            }))
        })
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        actix_web::rt::spawn(server.run());
        Self {
            url: BacklogUrl::parse(&url).unwrap(),
            received,
        }
    }

    /// Starts one that returns the same response to every request.
    pub fn responding(status: u16, body: &'static str) -> Self {
        Self::start(move |_| json(status, body))
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Takes the requests received since the previous call.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut *self.received.lock().unwrap())
    }

    /// The only request that arrived.
    pub fn only(&self) -> Received {
        let mut received = self.received();
        assert_eq!(received.len(), 1, "{received:?}");
        received.remove(0)
    }
}

pub(crate) fn json(status: u16, body: &'static str) -> HttpResponse {
    HttpResponse::build(status.try_into().unwrap())
        .content_type("application/json;charset=utf-8")
        .body(body)
}

fn read(request: &HttpRequest, body: &[u8]) -> Received {
    let header = |name| {
        let value = request.headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    let key = || header("backlog-api-key").map(|key| format!("Backlog-API-Key {key}"));
    let mut body = String::from_utf8_lossy(body).into_owned();
    let mut kind = header("content-type");
    if let Some((multipart, boundary)) = kind.as_deref().and_then(|k| k.split_once("; boundary=")) {
        // The boundary is random.
        body = body.replace(boundary, "BOUNDARY");
        kind = Some(multipart.to_owned());
    }
    Received {
        line: format!("{} {}", request.method(), request.uri()),
        credentials: header("authorization").or_else(key).unwrap_or_default(),
        body: kind.map(|kind| (kind, body)),
    }
}
