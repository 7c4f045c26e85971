//! Serves batches, which exist in protocol versions up to 2025-03-26.
//!
//! 1. A request without a version counts as 2025-03-26. A batch of a later version is rejected.
//! 2. Each message counts against its sender's limit. The parser (`envelope`) limits their number.
//! 3. Messages are served in order, so that later ones see the effect of earlier ones. An invalid
//!    message gets an error among the responses, and so does a request after the responses have
//!    become too long, which is not served.
//! 4. The responses are returned as one list. If there are none, the status is 202.

use std::rc::Rc;

use actix_web::{HttpMessage, HttpRequest, HttpResponse, http::StatusCode, web::Bytes};
use rmcp::model::ProtocolVersion;

use super::{
    headers::version,
    rejection::{Rejection, json_response},
    responder::Responder,
};
use crate::mcp::message::{self, Message, MessageKind, Refused};

/// The maximum bytes of the responses of one batch; further requests are not served.
const MAX_RESPONSES: usize = 16 << 20;

/// Counts one more message against the limits of its sender; `Some` is the response that rejects
/// it. The authentication layer stores it in the request's extensions.
#[derive(Clone)]
pub struct Charge(pub Rc<dyn Fn() -> Option<HttpResponse>>);

/// Serves the messages of a batch in order.
pub(super) async fn serve(
    responder: &Responder,
    request: &HttpRequest,
    messages: Vec<Result<Message, Refused>>,
    accepts_json: bool,
) -> Result<HttpResponse, Rejection> {
    check(request, messages.len())?;
    let silent = |message: &Result<Message, Refused>| match message {
        Ok(message) => !matches!(message.kind, MessageKind::Request { .. }),
        Err(refused) => refused.response,
    };
    if !accepts_json && !messages.iter().all(silent) {
        return Err(Rejection::new(
            StatusCode::NOT_ACCEPTABLE,
            message::no_request(None, "the response is JSON: add application/json to Accept"),
        ));
    }
    let mut list = Vec::from(b"[");
    for message in messages {
        let message = within(message, list.len());
        if let Some(response) = serve_element(responder, request, message).await {
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

/// Returns the response to one message of a batch, if there is one.
async fn serve_element(
    responder: &Responder,
    request: &HttpRequest,
    message: Result<Message, Refused>,
) -> Option<Bytes> {
    match check_element(message) {
        Ok(message) if matches!(message.kind, MessageKind::Request { .. }) => {
            Some(responder.serve_as_json(request, &message).await)
        }
        // The library ignores notifications without a session.
        Ok(_) => None,
        Err(refused) if refused.response => None,
        Err(refused) => Some(refused.write().into()),
    }
}

/// Rejects a request after responses of too many bytes.
fn within(message: Result<Message, Refused>, responses: usize) -> Result<Message, Refused> {
    match message {
        Ok(Message {
            kind: MessageKind::Request { id, .. },
            ..
        }) if responses > MAX_RESPONSES => {
            let problem = "the responses of this batch are too long; send this request alone";
            Err(message::no_request(Some(id), problem))
        }
        message => message,
    }
}

fn check(request: &HttpRequest, messages: usize) -> Result<(), Rejection> {
    if !has_batches(version(request)) {
        return Err(Rejection::of(message::no_request(None, NO_BATCHES)));
    }
    let charge = request.extensions().get::<Charge>().cloned();
    // The request itself is already counted.
    let refused = charge.and_then(|charge| (1..messages).find_map(|_| charge.0()));
    match refused {
        None => Ok(()),
        Some(response) => Err(Rejection::Ready(Box::new(response))),
    }
}

/// Whether a protocol version has batches. Versions are dates, so they can be compared as text.
pub(crate) fn has_batches(version: Option<&str>) -> bool {
    version.is_none_or(|version| version <= ProtocolVersion::V_2025_03_26.as_str())
}

pub(crate) const NO_BATCHES: &str =
    "this protocol version has no batches; send one message at a time";

/// Rejects messages that may not be part of a batch.
pub(crate) fn check_element(message: Result<Message, Refused>) -> Result<Message, Refused> {
    let message = message?;
    match &message.kind {
        MessageKind::Request { id, method }
            if ["initialize", "subscriptions/listen"].contains(&method.as_str()) =>
        {
            let problem = format!("{method} cannot be part of a batch");
            Err(message::no_request(Some(id.clone()), &problem))
        }
        _ => Ok(message),
    }
}
