//! Sends requests to Backlog.
//!
//! 1. Respect the rate limit if Backlog reported that it is used up
//!    ([`rate_limit`](super::rate_limit)).
//! 2. Wait, with a timeout, for one of the user's slots; then check the limit again.
//! 3. Send over a connection that no other request uses meanwhile, with the credentials in a
//!    header; follow no redirect. If the connection is lost before a response, send again, once,
//!    what only reads: a server may close an idle connection in the moment of its use.
//! 4. Read the response up to the size limit, within the memory budget
//!    ([`memory_budget`](super::memory_budget)).
//! 5. Classify failures ([`BacklogError`]), and determine whether a change was made
//!    ([`Fate`](super::Fate)).

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use foundation::tls_config;
use foundation::{clock::Clock, shares::Shares};
use reqwest::{
    Body, Method, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue},
    multipart::{Form, Part},
};
use thiserror::Error;
use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument;

use super::{
    BacklogError, BacklogUrl, ClientOptions, Credentials, Exchange, Expects, FileStream, Observer,
    Request, Response,
    exchange::{self, Class},
    fate::{self, Broken},
    memory_budget::{BudgetedBody, HeldMemory, MemoryBudget, Owner},
    parsing::Parsing,
    rate_limit::{Left, RateLimitGate, RateLimitKey},
    sites::Sites,
    values,
};

/// The client could not be built.
#[derive(Debug, Error)]
pub enum ClientError {
    #[error("TLS could not be set up")]
    Tls(#[from] rustls::Error),
    #[error("the HTTP client could not be set up")]
    Http(#[from] reqwest::Error),
}

/// An HTTP client for every space. Cheap to clone; clones share connections and slots. It sends
/// nothing to sites that are not among its [`Sites`].
#[derive(Clone, Debug)]
pub struct BacklogClient {
    inner: Arc<Inner>,
    sites: Sites,
    /// The Backlog user for whom the requests count.
    user: Option<i64>,
}

#[derive(Debug)]
struct Inner {
    /// Uses the proxy of the environment, if there is one.
    http: reqwest::Client,
    /// Uses no proxy, which would resolve a loopback address to its own machine.
    direct: reqwest::Client,
    slots_without_user: Shares<BacklogUrl>,
    slots_of_users: Shares<(BacklogUrl, i64)>,
    rate_limit: RateLimitGate,
    memory: MemoryBudget,
    parsing: Parsing,
    options: ClientOptions,
    observer: Option<Observer>,
}

/// HTTP/1.1 only. In HTTP/2, all requests to a space would share one connection: the server limits
/// its streams, often to 128, and a response that waits for memory would hold up those of others.
const PROTOCOL: &[u8] = b"http/1.1";
/// How long a connection stays idle at most. Load balancers commonly close theirs after 60 seconds;
/// the side that sends should be the first to let go.
const IDLE_CONNECTION: Duration = Duration::from_secs(45);

/// Receives the number of bytes read of a file so far, and its size if known.
type Watch<'a> = dyn Fn(u64, Option<u64>) + Sync + 'a;

/// A complete response of any status.
pub(super) struct FullResponse {
    pub status: StatusCode,
    pub body: Bytes,
}

impl BacklogClient {
    /// Builds a client that trusts the system's certificates (or those of `SSL_CERT_FILE`
    /// and `SSL_CERT_DIR`) and uses the proxy of the environment.
    ///
    /// # Errors
    /// TLS or the HTTP client cannot be set up on this machine.
    pub fn new(options: ClientOptions) -> Result<Self, ClientError> {
        Self::observed(options, Clock::system(), None)
    }

    /// As [`Self::new`], with the clock for rate limits and an observer of every exchange.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn observed(
        options: ClientOptions,
        clock: Clock,
        observer: Option<Observer>,
    ) -> Result<Self, ClientError> {
        let mut tls = tls_config()?;
        tls.alpn_protocols = vec![PROTOCOL.to_vec()];
        let builder = || {
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .user_agent(concat!("backlog-mcp-hub/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .connect_timeout(options.connect_timeout)
                .timeout(options.timeout)
                .pool_idle_timeout(IDLE_CONNECTION)
                .tcp_nodelay(true)
        };
        let inner = Inner {
            http: builder().build()?,
            direct: builder().no_proxy().build()?,
            slots_without_user: Shares::new(options.concurrency_without_user),
            slots_of_users: Shares::new(options.concurrency_per_user),
            rate_limit: RateLimitGate::new(clock),
            memory: MemoryBudget::new(&options),
            parsing: Parsing::new(options.queue_timeout),
            options,
            observer,
        };
        Ok(Self {
            inner: Arc::new(inner),
            sites: Sites::any(),
            user: None,
        })
    }

    /// Restricts the client to these sites.
    #[must_use]
    pub fn within(self, sites: Sites) -> Self {
        Self { sites, ..self }
    }

    /// As the client, but its requests count for this Backlog user, who has slots and a share
    /// of the memory of each space. Without a user, they share the slots of such requests.
    #[must_use]
    pub fn for_user(&self, user: Option<i64>) -> Self {
        Self {
            user,
            ..self.clone()
        }
    }

    /// Whether the client may send requests to this site.
    pub fn may_use(&self, url: &BacklogUrl) -> bool {
        self.sites.contain(url)
    }

    /// Runs work on this many bytes of JSON: a little directly, more on a blocking thread.
    ///
    /// # Errors
    /// [`BacklogError::NoMemory`] if no thread becomes free in time.
    pub async fn parse<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, BacklogError> {
        self.inner.parsing.run(bytes, work).await
    }

    /// Sends a request to a space and returns its successful response.
    ///
    /// # Errors
    /// See [`BacklogError`]. Nothing is retried here after a response, not even after a 401.
    pub async fn send(
        &self,
        url: &BacklogUrl,
        credentials: &Credentials,
        request: Request,
    ) -> Result<Response, BacklogError> {
        self.send_watched(url, credentials, request, &|_, _| ())
            .await
    }

    /// As [`Self::send`]. While a file is read, `read` receives the number of bytes so far, and the
    /// size if Backlog announced it.
    ///
    /// # Errors
    /// See [`BacklogError`].
    pub fn send_watched(
        &self,
        url: &BacklogUrl,
        credentials: &Credentials,
        request: Request,
        read: &Watch<'_>,
    ) -> impl Future<Output = Result<Response, BacklogError>> {
        self.observe((url, credentials), request, None, read)
    }

    /// Sends a file while it arrives, as the upload of `request`.
    ///
    /// # Errors
    /// See [`BacklogError`]. Nothing can be retried, because the bytes are gone.
    pub fn send_file(
        &self,
        url: &BacklogUrl,
        credentials: &Credentials,
        request: Request,
        file: FileStream,
    ) -> impl Future<Output = Result<Response, BacklogError>> {
        self.observe((url, credentials), request, Some(file), &|_, _| ())
    }

    /// Runs an exchange in a span, and records it.
    async fn observe(
        &self,
        to: (&BacklogUrl, &Credentials),
        request: Request,
        file: Option<FileStream>,
        read: &Watch<'_>,
    ) -> Result<Response, BacklogError> {
        let started = Instant::now();
        let class = match request.method {
            Method::GET => Class::Read,
            _ => Class::Write,
        };
        let span = tracing::debug_span!("backlog", class = class.as_str());
        let exchange = self.exchange(to, request, file, read);
        let response = exchange.instrument(span).await;
        self.record(class, exchange::outcome(&response), started);
        response
    }

    async fn exchange(
        &self,
        (url, credentials): (&BacklogUrl, &Credentials),
        request: Request,
        file: Option<FileStream>,
        read: &Watch<'_>,
    ) -> Result<Response, BacklogError> {
        self.check(url)?;
        let (name, value) = credentials.header().ok_or(BacklogError::Unauthorized)?;
        let limit_key = RateLimitKey::of(url, value.as_bytes(), &request);
        let method = request.method.clone();
        self.inner.rate_limit.keep(&limit_key).await?;

        let _slot = self.slot(url).await?;
        // The limit may have been used up meanwhile.
        self.inner.rate_limit.keep(&limit_key).await?;

        let expects = request.expects;
        let http = self.request(url, request).header(name, value);
        let http = match file {
            None => http,
            Some(file) => http.timeout(file.timeout).multipart(form_of_stream(file)),
        };
        let mut response = match method {
            Method::GET => open_to_read(http, expects).await?,
            _ => open(http, expects).await?,
        };
        let body = self.body(url, &mut response, expects, read).await;
        let (body, memory) = match body {
            Ok((body, memory)) => (Ok(body), Some(memory)),
            Err(broken) => (Err(broken), None),
        };
        let (status, headers) = (response.status(), response.headers().clone());
        let read = fate::judge(
            &method,
            (status, &headers),
            body,
            self.inner.rate_limit.now(),
        );
        let limited = match &read {
            Err(BacklogError::RateLimited { until, .. }) => Some(*until),
            _ => None,
        };
        self.inner
            .rate_limit
            .note(limit_key, &headers, limited)
            .await;
        Ok(Response {
            status,
            body: read?,
            headers,
            memory,
        })
    }

    /// The HTTP request, without credentials.
    fn request(&self, url: &BacklogUrl, request: Request) -> reqwest::RequestBuilder {
        let mut target = url.api(&request.path);
        if !request.query.is_empty() {
            target.query_pairs_mut().extend_pairs(&request.query);
        }
        let http = self.http(url).request(request.method, target);
        if let Some(upload) = request.upload {
            let length = upload.bytes.len() as u64;
            http.multipart(form(upload.name, upload.bytes.into(), Some(length)))
        } else if !request.form.is_empty() {
            http.form(&request.form)
        } else {
            http
        }
    }

    /// The number of requests of this kind that Backlog still accepts for these credentials, if it
    /// reported that.
    pub async fn left(
        &self,
        url: &BacklogUrl,
        credentials: &Credentials,
        request: &Request,
    ) -> Option<Left> {
        let (_, value) = credentials.header()?;
        let limit_key = RateLimitKey::of(url, value.as_bytes(), request);
        self.inner.rate_limit.left(&limit_key).await
    }

    /// The HTTP client that reaches this space.
    pub(super) fn http(&self, url: &BacklogUrl) -> &reqwest::Client {
        if url.is_loopback() {
            &self.inner.direct
        } else {
            &self.inner.http
        }
    }

    /// Sends a token request and reads the whole response, JSON within the size limit.
    pub(super) async fn execute(
        &self,
        url: &BacklogUrl,
        request: reqwest::RequestBuilder,
    ) -> Result<FullResponse, BacklogError> {
        let started = Instant::now();
        let span = tracing::debug_span!("backlog", class = Class::Token.as_str());
        let exchange = async {
            self.check(url)?;
            let mut response = open(request, Expects::Json).await?;
            let status = response.status();
            let body = self.body(url, &mut response, Expects::Json, &|_, _| ());
            let (body, _) = body.await.map_err(|broken| broken.error)?;
            Ok(FullResponse { status, body })
        };
        let response = exchange.instrument(span).await;
        let outcome = match &response {
            Ok(response) => exchange::status_outcome(response.status.as_u16()),
            Err(_) => exchange::outcome(&response),
        };
        self.record(Class::Token, outcome, started);
        response
    }

    fn check(&self, url: &BacklogUrl) -> Result<(), BacklogError> {
        match self.may_use(url) {
            true => Ok(()),
            false => Err(BacklogError::SiteNotAllowed),
        }
    }

    fn record(&self, class: Class, outcome: &'static str, started: Instant) {
        if let Some(observer) = &self.inner.observer {
            observer.observe(Exchange {
                class,
                outcome,
                took: started.elapsed(),
            });
        }
    }

    /// Reads the body of a response, and reserves memory for the values parsed from it.
    async fn body(
        &self,
        url: &BacklogUrl,
        response: &mut reqwest::Response,
        expects: Expects,
        read: &Watch<'_>,
    ) -> Result<(Bytes, HeldMemory), Broken> {
        let (limit, is_file) = match expects {
            // The body of a failure is not the file.
            Expects::File { max_bytes } if response.status().is_success() => (max_bytes, true),
            _ => (self.inner.options.max_response_bytes, false),
        };

        let of = response.content_length();
        let announced = usize::try_from(of.unwrap_or(0)).unwrap_or(usize::MAX);
        if announced > limit && is_file {
            // The caller still uses the file's name and size.
            return Ok((Bytes::new(), HeldMemory::default()));
        }
        if announced > limit {
            return Err(BacklogError::TooLarge { limit }.into());
        }
        let budget = &self.inner.memory;
        let mut body = budget.body(self.owner_at(url), announced).await?;
        loop {
            let chunk = match response.chunk().await {
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
            budget.extend(&mut body, &chunk).await?;
            if is_file {
                read(body.len() as u64, of);
            }
        }
        if !is_file {
            body = self.reserve_values(body).await?;
        }
        Ok(body.keep())
    }

    /// Reserves memory for the values that are parsed from a body.
    async fn reserve_values(&self, mut body: BudgetedBody) -> Result<BudgetedBody, Broken> {
        let values = values::count(body.as_ref());
        if values > values::MOST {
            let limit = values::MOST;
            return Err(Broken {
                error: BacklogError::TooManyValues { limit },
                body: body.into(),
            });
        }
        let bytes = values * values::BYTES_EACH;
        self.inner.memory.grow(&mut body, bytes).await?;
        Ok(body)
    }

    fn owner_at<'a>(&self, space: &'a BacklogUrl) -> Owner<'a> {
        Owner {
            space,
            user: self.user,
        }
    }

    /// Waits for one of the user's slots. A request that counts for no user waits for one of the
    /// slots that such requests share in this space.
    async fn slot(&self, url: &BacklogUrl) -> Result<OwnedSemaphorePermit, BacklogError> {
        let inner = &self.inner;
        let slots = match self.user {
            Some(user) => inner.slots_of_users.of((url.clone(), user)),
            None => inner.slots_without_user.of(url.clone()),
        };
        let slot = tokio::time::timeout(inner.options.queue_timeout, slots.acquire_owned()).await;
        slot.ok().and_then(Result::ok).ok_or(BacklogError::Busy)
    }
}

fn form_of_stream(file: FileStream) -> Form {
    form(file.name, Body::wrap_stream(file.bytes), file.length)
}

/// A form with one file.
fn form(name: String, bytes: Body, length: Option<u64>) -> Form {
    let kind = HeaderValue::from_static("application/octet-stream");
    let part = match length {
        Some(length) => Part::stream_with_length(bytes, length),
        None => Part::stream(bytes),
    };
    let part = part
        .file_name(name)
        .headers(HeaderMap::from_iter([(CONTENT_TYPE, kind)]));
    Form::new().part("file", part)
}

/// As [`open`], for a request that changes nothing: sent once more if the connection was lost.
async fn open_to_read(
    request: reqwest::RequestBuilder,
    expects: Expects,
) -> Result<reqwest::Response, BacklogError> {
    let again = request.try_clone();
    match (open(request, expects).await, again) {
        (Err(BacklogError::Connection), Some(again)) => open(again, expects).await,
        (response, _) => response,
    }
}

/// Sends a request and reads the head of the response.
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
