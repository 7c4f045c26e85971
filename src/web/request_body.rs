//! Reads a request's body within the endpoint's limit and the [budget](BodyBudget).
//!
//! 1. A length above the limit or the budget is rejected from the header, before any of the body is
//!    read.
//! 2. The buffer grows in few steps, and each step is reserved in the budget.
//! 3. The body holds its memory until it is dropped.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    error::PayloadError,
    http::header::{self, HeaderMap},
    web::{self, Bytes},
};
use futures_util::StreamExt;
use oauth_values::{ErrorCode, OAuthError, Params};

use super::{
    AppState,
    error::JsonError,
    limits::body_budget::{BodyBudget, Full, Held, Owner},
};

/// The size limit of an OAuth request's body, in bytes: several times the largest real one.
pub const MAX_OAUTH_BODY: usize = 16 * 1024;
/// The size of the first buffer, in bytes.
const UP_FRONT: usize = 8 * 1024;

/// Why a body was not read completely.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    #[error("the body is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("there is no memory left for request bodies")]
    Full(Full),
    #[error("the body could not be read: {0}")]
    Broken(PayloadError),
}

impl From<Full> for Unread {
    fn from(full: Full) -> Self {
        Self::Full(full)
    }
}

impl From<Unread> for JsonError {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooLarge { limit } => Self::TooLarge { limit },
            Unread::Full(_) => Self::Busy("request bodies"),
            Unread::Broken(_) => {
                OAuthError::new(ErrorCode::InvalidRequest, "The body could not be read.").into()
            }
        }
    }
}

/// A complete body, with the memory that it holds.
#[derive(Debug)]
pub struct Body {
    pub bytes: Bytes,
    pub held: Held,
}

/// Reads a body of `limit` bytes at most.
pub async fn read(
    budget: &BodyBudget,
    owner: Owner,
    limit: usize,
    (headers, payload): (&HeaderMap, &mut Payload),
) -> Result<Body, Unread> {
    let announced = announced(headers);
    if announced.is_some_and(|length| length > limit) {
        return Err(Unread::TooLarge { limit });
    }
    let mut held = budget.hold(owner, announced.unwrap_or(0))?;
    let most = announced.unwrap_or(limit);
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(Unread::Broken)?;
        let length = bytes.len() + chunk.len();
        if length > limit {
            return Err(Unread::TooLarge { limit });
        }
        if length > bytes.capacity() {
            let doubled = (2 * bytes.capacity()).max(UP_FRONT).min(most);
            let capacity = length.max(doubled);
            held.grow(capacity)?;
            bytes.reserve_exact(capacity - bytes.len());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Body {
        bytes: bytes.into(),
        held,
    })
}

/// The `Content-Length`; `None` if there is none, as in a chunked body. actix has already rejected
/// one that is not a number.
fn announced(headers: &HeaderMap) -> Option<usize> {
    let text = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?;
    Some(text.trim().parse().unwrap_or(usize::MAX))
}

/// The body of a request to an OAuth endpoint; the handler keeps it while it runs.
#[derive(Debug)]
pub struct OAuthBody(Body);

impl OAuthBody {
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl FromRequest for OAuthBody {
    type Error = JsonError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, JsonError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let hub = request
                .app_data::<web::Data<AppState>>()
                .ok_or_else(|| JsonError::Unavailable("the application has no state".to_owned()))?;
            let owner = hub.limits.sender(&request).into();
            let body = (request.headers(), &mut payload);
            let read = read(&hub.body_budget, owner, MAX_OAUTH_BODY, body).await;
            Ok(Self(read?))
        })
    }
}

/// Parses the form in the body of a request.
pub fn form(request: &HttpRequest, body: &[u8]) -> Result<Params, OAuthError> {
    if !request
        .content_type()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
    {
        return Err(OAuthError::new(
            ErrorCode::InvalidRequest,
            "The body must be application/x-www-form-urlencoded.",
        ));
    }
    Params::parse(body)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use actix_web::http::header::HeaderValue;
    use futures_util::stream;

    use super::*;
    use crate::web::limits::body_budget::BodyLimits;

    const OWNER: Owner = Owner::Spared;

    fn headers(length: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(length) = length {
            headers.insert(
                header::CONTENT_LENGTH,
                HeaderValue::from_str(length).unwrap(),
            );
        }
        headers
    }

    /// A payload of these chunks.
    fn payload(chunks: Vec<Result<&'static [u8], PayloadError>>) -> Payload {
        let chunks = chunks
            .into_iter()
            .map(|chunk| chunk.map(Bytes::from_static));
        Payload::Stream {
            payload: stream::iter(chunks).boxed_local(),
        }
    }

    fn budget(of_all: usize) -> BodyBudget {
        BodyBudget::new(BodyLimits {
            of_all,
            ..BodyLimits::default()
        })
    }

    #[tokio::test]
    async fn a_body_comes_whole_and_holds_its_memory_until_it_is_dropped() {
        let budget = budget(1 << 20);
        for length in [None, Some("10")] {
            let mut payload = payload(vec![Ok(b"hello"), Ok(b", you")]);
            let body = (&headers(length), &mut payload);
            let body = read(&budget, OWNER, 10, body).await.expect("a body");
            assert_eq!(body.bytes, b"hello, you".as_slice());
            assert_eq!(budget.in_memory(), 10);
            drop(body);
            assert_eq!(budget.in_memory(), 0);
        }
    }

    #[tokio::test]
    async fn a_length_that_is_refused_is_refused_before_anything_is_read() {
        let budget = budget(100);
        for (length, limit) in [
            ("101", 100),
            ("99999999999999999999999", 100),
            ("101", 1000),
        ] {
            let asked = std::rc::Rc::new(Cell::new(false));
            let noted = std::rc::Rc::clone(&asked);
            let mut payload = Payload::Stream {
                payload: stream::poll_fn(move |_| {
                    noted.set(true);
                    std::task::Poll::Ready(None)
                })
                .boxed_local(),
            };
            let body = (&headers(Some(length)), &mut payload);
            let error = read(&budget, OWNER, limit, body).await.expect_err(length);
            let fits = matches!(error, Unread::TooLarge { .. }) == (limit == 100);
            assert!(fits, "{error}");
            assert!(!asked.get(), "{length}");
        }
    }

    #[tokio::test]
    async fn chunks_that_exceed_a_bound_end_the_reading_and_free_what_was_taken() {
        const PART: &[u8] = &[b'x'; 60];
        let budget = budget(100);
        let (none, mut parts) = (headers(None), payload(vec![Ok(PART), Ok(PART)]));
        let error = read(&budget, OWNER, 100, (&none, &mut parts)).await;
        assert!(matches!(error, Err(Unread::TooLarge { limit: 100 })));
        let mut parts = payload(vec![Ok(PART), Ok(PART)]);
        let error = read(&budget, OWNER, 1000, (&none, &mut parts)).await;
        assert!(matches!(error, Err(Unread::Full(Full::Share))), "{error:?}");
        let broken = PayloadError::Incomplete(None);
        let mut parts = payload(vec![Ok(PART), Err(broken)]);
        let error = read(&budget, OWNER, 100, (&none, &mut parts)).await;
        assert!(matches!(error, Err(Unread::Broken(_))));
        assert_eq!(budget.in_memory(), 0);
    }
}
