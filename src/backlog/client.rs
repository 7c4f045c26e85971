//! Sends requests to Backlog.
//!
//! 1. Keep to the rate limit, as far as Backlog said it is used up ([`pace`](super::pace)).
//! 2. Wait, not for long, for one of the space's slots; then see to the limit again.
//! 3. Send, with the credentials in a header; follow no redirect.
//! 4. Read the answer up to the size limit, as far as there is [`room`](super::room).
//! 5. Tell success from the kinds of failure ([`BacklogError`]), and what is known of a change by
//!    then ([`Fate`](super::Fate)).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use bytes::Bytes;
use reqwest::{
    Method, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue},
    multipart::{Form, Part},
};
use thiserror::Error;
use tokio::sync::Semaphore;
use tracing::Instrument;

use super::{
    BacklogError, BacklogUrl, ClientOptions, Credentials, Exchange, Expects, Observer, Request,
    Response,
    exchange::{self, Class},
    fate::{self, Broken},
    pace::{Lane, Left, Pace},
    parsing::Parsing,
    room::{Held, Room},
    sites::Sites,
    tls::tls_config,
    values,
};
use crate::clock::Clock;

/// The client could not be built.
#[derive(Debug, Error)]
pub enum ClientError {
    #[error("TLS could not be set up")]
    Tls(#[from] rustls::Error),
    #[error("the HTTP client could not be set up")]
    Http(#[from] reqwest::Error),
}

/// An HTTP client for every space; cheap to clone, clones share connections and slots. Nothing is
/// sent to a site that is not among its [`Sites`].
#[derive(Clone, Debug)]
pub struct BacklogClient(Arc<Inner>, Sites);

#[derive(Debug)]
struct Inner {
    /// By way of the proxy of the environment, if there is one.
    http: reqwest::Client,
    /// Without it: a proxy has another idea of what loopback is.
    direct: reqwest::Client,
    slots: Mutex<HashMap<BacklogUrl, Arc<Semaphore>>>,
    pace: Pace,
    room: Room,
    parsing: Parsing,
    options: ClientOptions,
    observer: Option<Observer>,
}

/// Told of a file under way: how many bytes have come, and of how many.
type Watch<'a> = dyn Fn(u64, Option<u64>) + Sync + 'a;

/// An answer of any status, read to its end.
pub(super) struct Answer {
    pub status: StatusCode,
    pub body: Bytes,
}

impl BacklogClient {
    /// Builds a client that trusts the system's certificates (`SSL_CERT_FILE`
    /// and `SSL_CERT_DIR` are honoured) and uses the proxy of the environment.
    ///
    /// # Errors
    /// TLS or the HTTP client cannot be set up on this machine.
    pub fn new(options: ClientOptions) -> Result<Self, ClientError> {
        Self::observed(options, Clock::system(), None)
    }

    /// The same, with a clock that says when a rate limit is over, and somebody who is told
    /// of every exchange.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn observed(
        options: ClientOptions,
        clock: Clock,
        observer: Option<Observer>,
    ) -> Result<Self, ClientError> {
        let tls = tls_config()?;
        let builder = || {
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .user_agent(concat!("backlog-mcp-hub/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .connect_timeout(options.connect_timeout)
                .timeout(options.timeout)
                .tcp_nodelay(true)
        };
        let inner = Inner {
            http: builder().build()?,
            direct: builder().no_proxy().build()?,
            slots: Mutex::default(),
            pace: Pace::new(clock),
            room: Room::new(
                options.max_bytes_in_memory,
                options.max_bytes_per_space,
                options.queue_timeout,
            ),
            parsing: Parsing::new(options.queue_timeout),
            options,
            observer,
        };
        Ok(Self(Arc::new(inner), Sites::any()))
    }

    /// The same, for these sites only.
    #[must_use]
    pub fn within(self, sites: Sites) -> Self {
        Self(self.0, sites)
    }

    /// Whether anything is ever sent to this site.
    pub fn may_use(&self, url: &BacklogUrl) -> bool {
        self.1.contain(url)
    }

    /// Does work on this many bytes of JSON: a little at once, more beside the workers.
    ///
    /// # Errors
    /// [`BacklogError::NoRoom`] if others are at work for too long.
    pub async fn parse<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, BacklogError> {
        self.0.parsing.run(bytes, work).await
    }

    /// Sends a request to a space and returns its successful answer.
    ///
    /// # Errors
    /// See [`BacklogError`]. Nothing is repeated here, not even after a 401.
    pub async fn send(
        &self,
        url: &BacklogUrl,
        credentials: &Credentials,
        request: Request,
    ) -> Result<Response, BacklogError> {
        self.send_watched(url, credentials, request, &|_, _| ())
            .await
    }

    /// The same; of a file, `read` is told how many bytes have come, and of how many if Backlog
    /// said so.
    ///
    /// # Errors
    /// See [`BacklogError`].
    pub async fn send_watched(
        &self,
        url: &BacklogUrl,
        credentials: &Credentials,
        request: Request,
        read: &Watch<'_>,
    ) -> Result<Response, BacklogError> {
        let started = Instant::now();
        let class = match request.method {
            Method::GET => Class::Read,
            _ => Class::Write,
        };
        let span = tracing::debug_span!("backlog", class = class.as_str());
        let exchange = self.exchange(url, credentials, request, read);
        let answer = exchange.instrument(span).await;
        self.tell(class, exchange::outcome(&answer), started);
        answer
    }

    async fn exchange(
        &self,
        url: &BacklogUrl,
        credentials: &Credentials,
        request: Request,
        read: &Watch<'_>,
    ) -> Result<Response, BacklogError> {
        self.check(url)?;
        let (name, value) = credentials.header().ok_or(BacklogError::Unauthorized)?;
        let lane = Lane::of(url, value.as_bytes(), &request);
        let method = request.method.clone();
        self.0.pace.keep(&lane).await?;

        let slots = self.slots(url);
        let slot = tokio::time::timeout(self.0.options.queue_timeout, slots.acquire());
        let _slot = slot
            .await
            .ok()
            .and_then(Result::ok)
            .ok_or(BacklogError::Busy)?;
        // Again: the limit may have been used up meanwhile.
        self.0.pace.keep(&lane).await?;

        let mut target = url.api(&request.path);
        if !request.query.is_empty() {
            target.query_pairs_mut().extend_pairs(&request.query);
        }
        let mut http = self
            .http(url)
            .request(request.method, target)
            .header(name, value);
        if let Some(upload) = request.upload {
            let length = upload.bytes.len() as u64;
            let bytes = HeaderValue::from_static("application/octet-stream");
            let file = Part::stream_with_length(upload.bytes, length)
                .file_name(upload.name)
                .headers(HeaderMap::from_iter([(CONTENT_TYPE, bytes)]));
            http = http.multipart(Form::new().part("file", file));
        } else if !request.form.is_empty() {
            http = http.form(&request.form);
        }

        let mut answer = open(http, request.expects).await?;
        let body = self.body(url, &mut answer, request.expects, read).await;
        let (body, room) = match body {
            Ok((body, room)) => (Ok(body), Some(room)),
            Err(broken) => (Err(broken), None),
        };
        let (status, headers) = (answer.status(), answer.headers().clone());
        let read = fate::judge(&method, (status, &headers), body, self.0.pace.now());
        let limited = match &read {
            Err(BacklogError::RateLimited { until, .. }) => Some(*until),
            _ => None,
        };
        self.0.pace.note(lane, &headers, limited).await;
        Ok(Response {
            status,
            body: read?,
            headers,
            room,
        })
    }

    /// How many more requests of this kind Backlog takes for these credentials, as far as it said.
    pub async fn left(
        &self,
        url: &BacklogUrl,
        credentials: &Credentials,
        request: &Request,
    ) -> Option<Left> {
        let (_, value) = credentials.header()?;
        let lane = Lane::of(url, value.as_bytes(), request);
        self.0.pace.left(&lane).await
    }

    /// The HTTP client that reaches this space.
    pub(super) fn http(&self, url: &BacklogUrl) -> &reqwest::Client {
        if url.is_loopback() {
            &self.0.direct
        } else {
            &self.0.http
        }
    }

    /// Sends a token request and reads the whole answer, JSON within the size limit.
    pub(super) async fn execute(
        &self,
        url: &BacklogUrl,
        request: reqwest::RequestBuilder,
    ) -> Result<Answer, BacklogError> {
        let started = Instant::now();
        let span = tracing::debug_span!("backlog", class = Class::Token.as_str());
        let exchange = async {
            self.check(url)?;
            let mut answer = open(request, Expects::Json).await?;
            let status = answer.status();
            let body = self.body(url, &mut answer, Expects::Json, &|_, _| ());
            let (body, _) = body.await.map_err(|broken| broken.error)?;
            Ok(Answer { status, body })
        };
        let answer = exchange.instrument(span).await;
        let outcome = match &answer {
            Ok(answer) => exchange::status_outcome(answer.status.as_u16()),
            Err(_) => exchange::outcome(&answer),
        };
        self.tell(Class::Token, outcome, started);
        answer
    }

    fn check(&self, url: &BacklogUrl) -> Result<(), BacklogError> {
        match self.may_use(url) {
            true => Ok(()),
            false => Err(BacklogError::SiteNotAllowed),
        }
    }

    fn tell(&self, class: Class, outcome: &'static str, started: Instant) {
        if let Some(observer) = &self.0.observer {
            observer.tell(Exchange {
                class,
                outcome,
                took: started.elapsed(),
            });
        }
    }

    /// Reads the rest of an answer, and takes room for what is made of it.
    async fn body(
        &self,
        url: &BacklogUrl,
        answer: &mut reqwest::Response,
        expects: Expects,
        read: &Watch<'_>,
    ) -> Result<(Bytes, Held), Broken> {
        let (limit, is_file) = match expects {
            // What Backlog says of a failure is no part of the file.
            Expects::File { max_bytes } if answer.status().is_success() => (max_bytes, true),
            _ => (self.0.options.max_response_bytes, false),
        };

        let of = answer.content_length();
        let announced = usize::try_from(of.unwrap_or(0)).unwrap_or(usize::MAX);
        if announced > limit && is_file {
            // Whoever asked for it still has use for its name and size.
            return Ok((Bytes::new(), Held::default()));
        }
        if announced > limit {
            return Err(BacklogError::TooLarge { limit }.into());
        }
        let room = &self.0.room;
        let mut body = room.body(url, announced).await?;
        loop {
            let chunk = match answer.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                Err(error) => {
                    return Err(Broken {
                        error: BacklogError::from_transport(error),
                        body: body.into(),
                    });
                }
            };
            if body.len() + chunk.len() > limit {
                return Err(Broken {
                    error: BacklogError::TooLarge { limit },
                    body: body.into(),
                });
            }
            room.extend(&mut body, &chunk).await?;
            if is_file {
                read(body.len() as u64, of);
            }
        }
        let values = if is_file {
            0
        } else {
            values::count(body.as_ref())
        };
        if values > values::MOST {
            let limit = values::MOST;
            return Err(Broken {
                error: BacklogError::TooManyValues { limit },
                body: body.into(),
            });
        }
        room.grow(&mut body, values * values::BYTES_EACH).await?;
        Ok(body.keep())
    }

    fn slots(&self, url: &BacklogUrl) -> Arc<Semaphore> {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slots) = slots.get(url) {
            return slots.clone();
        }
        let new = Arc::new(Semaphore::new(self.0.options.concurrency_per_space));
        slots.insert(url.clone(), new.clone());
        new
    }
}

/// Sends a request and reads the head of the answer.
async fn open(
    request: reqwest::RequestBuilder,
    expects: Expects,
) -> Result<reqwest::Response, BacklogError> {
    let accept = match expects {
        Expects::Json => "application/json",
        Expects::File { .. } => "*/*",
    };
    request
        .header(ACCEPT, HeaderValue::from_static(accept))
        .send()
        .await
        .map_err(BacklogError::from_transport)
}
