//! A fake Backlog for tests, with given responses and a record of the received requests.

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, http::StatusCode, web};

use super::BacklogUrl;

/// The lock is poisoned only if a test has already failed.
const LOCK: &str = "a lock that no panic poisoned";

/// One request as received, percent-encoding included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// `GET /api/v2/issues?keyword=a`
    pub line: String,
    /// `Authorization`, or the API key header with its name.
    pub credentials: String,
    /// `Content-Type` and body of a request that has one.
    pub body: Option<(String, String)>,
}

pub struct FakeBacklog {
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
                log.lock().expect(LOCK).push(received.clone());
                std::future::ready(respond(&received))
            }))
        })
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .expect("a free port");
        let url = format!("http://{}", server.addrs()[0]);
        actix_web::rt::spawn(server.run());
        Self {
            url: BacklogUrl::parse(&url).expect("a URL"),
            received,
        }
    }

    /// Starts one that returns the same response to every request.
    pub fn responding(status: u16, body: &'static str) -> Self {
        Self::start(move |_| json(status, body))
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect(LOCK).clone()
    }

    /// Takes the requests received since the previous call.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut *self.received.lock().expect(LOCK))
    }

    /// The only request that arrived.
    pub fn only(&self) -> Received {
        let mut received = self.received();
        assert_eq!(received.len(), 1, "{received:?}");
        received.remove(0)
    }
}

pub fn json(status: u16, body: &'static str) -> HttpResponse {
    HttpResponse::build(StatusCode::from_u16(status).expect("a status code"))
        .content_type("application/json;charset=utf-8")
        .body(body)
}

fn read(request: &HttpRequest, body: &[u8]) -> Received {
    let header = |name| {
        let value = request.headers().get(name)?;
        Some(value.to_str().expect("ASCII").to_owned())
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
