//! The id of a request: in its log lines, in its response's header and in error texts.

use std::fmt;

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
    middleware::Next,
};
use uuid::Uuid;

use foundation::random::Random;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const SHORTEST: usize = 8;
const LONGEST: usize = 64;

tokio::task_local! {
    /// The request that this task handles: errors are created where no request is at hand.
    static CURRENT: RequestId;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The id of the request being handled, if any.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Parses an id from the sender or a proxy: letters, digits, `-` and `_`, which are safe in any
    /// output.
    fn parse(text: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let good = (SHORTEST..=LONGEST).contains(&text.len()) && text.bytes().all(plain);
        good.then(|| Self(text.to_owned()))
    }

    fn new(random: &Random) -> Self {
        let id = uuid::Builder::from_random_bytes(random.bytes()).into_uuid();
        Self(Uuid::to_string(&id))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for RequestId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// The outermost middleware: gives the request its id, and the response the header.
pub async fn identify<B: MessageBody>(
    random: Random,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let given = request.headers().get(HEADER);
    let id = given
        .and_then(|value| RequestId::parse(value.to_str().ok()?))
        .unwrap_or_else(|| RequestId::new(&random));
    request.extensions_mut().insert(id.clone());
    let value = HeaderValue::from_str(&id.0);
    let mut response = CURRENT.scope(id, next.call(request)).await?;
    if let Ok(value) = value {
        response.headers_mut().insert(HEADER, value);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_that_can_be_written_anywhere_are_taken_over() {
        assert!(RequestId::parse("4bf92f35-77b3_4DA6").is_some());
        let long = "x".repeat(LONGEST + 1);
        for wrong in [
            "",
            "short",
            "with space!",
            "line\nbreak",
            "<script>x",
            &long,
        ] {
            assert_eq!(RequestId::parse(wrong), None, "{wrong}");
        }
    }
}
