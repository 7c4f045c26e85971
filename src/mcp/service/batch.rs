//! Batches, which protocol versions up to 2025-03-26 have.
//!
//! 1. A request without a version is of 2025-03-26; a later one that is a batch is refused.
//! 2. Each message counts for its sender's limit; how many there may be, [`envelope`] says.
//! 3. They are served one after the other, so that what was sent later sees what was changed
//!    before. One that is wrong has its error among the responses, and so has one that comes when
//!    they have become too long: it is not served.
//! 4. The responses are one list. If there are none, the status is 202.

use std::rc::Rc;

use actix_web::{HttpMessage, HttpRequest, HttpResponse, http::StatusCode, web::Bytes};
use rmcp::model::ProtocolVersion;

use super::{McpService, Refusal, json_response, version};
use crate::mcp::envelope::{self, Kind, Message, Refused};

/// The responses of one batch, in bytes: what comes after them is not asked for.
const MAX_RESPONSES: usize = 16 << 20;

/// Counts one more message against the limits of its sender: `Some` refuses it. The layer that
/// authenticates leaves it in the request's extensions.
#[derive(Clone)]
pub struct Charge(pub Rc<dyn Fn() -> Option<HttpResponse>>);

impl McpService {
    pub(super) async fn serve_batch(
        &self,
        request: &HttpRequest,
        messages: Vec<Result<Message, Refused>>,
        accepts_json: bool,
    ) -> Result<HttpResponse, Refusal> {
        check(request, messages.len())?;
        let silent = |message: &Result<Message, Refused>| match message {
            Ok(message) => !matches!(message.kind, Kind::Request { .. }),
            Err(refused) => refused.response,
        };
        if !accepts_json && !messages.iter().all(silent) {
            return Err(Refusal::new(
                StatusCode::NOT_ACCEPTABLE,
                envelope::no_request(None, "the response is JSON: add application/json to Accept"),
            ));
        }
        let mut list = Vec::from(b"[");
        for message in messages {
            let message = within(message, list.len());
            if let Some(response) = self.serve_element(request, message).await {
                if list.len() > 1 {
                    list.push(b',');
                }
                list.extend_from_slice(&response);
            }
        }
        if list.len() == 1 {
            return Ok(HttpResponse::Accepted().finish());
        }
        list.push(b']');
        Ok(json_response(StatusCode::OK, list.into()))
    }

    /// The response to one message of a batch, if there is one.
    async fn serve_element(
        &self,
        request: &HttpRequest,
        message: Result<Message, Refused>,
    ) -> Option<Bytes> {
        match check_element(message) {
            Ok(message) if matches!(message.kind, Kind::Request { .. }) => {
                let answer = self.library.ask(request, message.text.clone()).await;
                Some(self.json_of(request, answer, &message).await.1)
            }
            // The library has nothing to do for them without a session.
            Ok(_) => None,
            Err(refused) if refused.response => None,
            Err(refused) => Some(refused.write().into()),
        }
    }
}

/// The message, unless it is a request after responses of so many bytes.
fn within(message: Result<Message, Refused>, responses: usize) -> Result<Message, Refused> {
    match message {
        Ok(Message {
            kind: Kind::Request { id, .. },
            ..
        }) if responses > MAX_RESPONSES => {
            let problem = "the responses of this batch are too long; send this request alone";
            Err(envelope::no_request(Some(id), problem))
        }
        message => message,
    }
}

fn check(request: &HttpRequest, messages: usize) -> Result<(), Refusal> {
    if !has_batches(version(request)) {
        return Err(Refusal::of(envelope::no_request(None, NO_BATCHES)));
    }
    let charge = request.extensions().get::<Charge>().cloned();
    // The request itself has been counted.
    let refused = charge.and_then(|charge| (1..messages).find_map(|_| charge.0()));
    match refused {
        None => Ok(()),
        Some(response) => Err(Refusal::Ready(Box::new(response))),
    }
}

/// Whether a protocol version has batches. Versions are dates.
pub(in crate::mcp) fn has_batches(version: Option<&str>) -> bool {
    version.is_none_or(|version| version <= ProtocolVersion::V_2025_03_26.as_str())
}

pub(in crate::mcp) const NO_BATCHES: &str =
    "this protocol version has no batches; send one message at a time";

/// What may not be part of a batch.
pub(in crate::mcp) fn check_element(message: Result<Message, Refused>) -> Result<Message, Refused> {
    let message = message?;
    match &message.kind {
        Kind::Request { id, method }
            if ["initialize", "subscriptions/listen"].contains(&method.as_str()) =>
        {
            let problem = format!("{method} cannot be part of a batch");
            Err(envelope::no_request(Some(id.clone()), &problem))
        }
        _ => Ok(message),
    }
}
