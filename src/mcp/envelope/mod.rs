//! The envelope of a JSON-RPC message, read before the protocol's library reads the message. The
//! library responds to some invalid messages in plain text and to others not at all; this module
//! reports the error as JSON-RPC does, with the id of the request where it is readable.
//!
//! 1. A byte order mark is skipped (RFC 8259 §8.1); bytes that are not UTF-8 are −32700.
//! 2. A message with more values than any message needs is −32600. They are counted before they are
//!    built.
//! 3. Half of a surrogate pair, which JSON may escape and no text may contain, is read as
//!    U+FFFD ([`surrogates`]).
//! 4. A list is a batch; each element is a separate message.
//! 5. Text that is not JSON is −32700; JSON that is not a request, a notification or a response is
//!    −32600. Only the envelope is parsed: `params` are scanned, not built.

use std::{borrow::Cow, fmt};

use backlog_client::surrogates;
use bytes::Bytes;
use rmcp::model::RequestId;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::{error::Category, value::RawValue};

use super::{
    message::{Message, MessageKind, Refused, no_request, not_json},
    params,
};
use crate::toolkit::elements::{self, MAX_ELEMENTS};

/// The maximum number of messages in a batch. Further ones are counted but not kept.
const MAX_MESSAGES: usize = 50;

/// A parsed body: a message or a batch.
#[derive(Debug, PartialEq)]
pub(super) enum Received {
    One(Message),
    /// One to [`MAX_MESSAGES`] elements.
    Batch(Vec<Result<Message, Refused>>),
}

impl Received {
    /// Parses a body.
    ///
    /// # Errors
    /// The body is neither a message nor a batch.
    pub(super) fn read(sent: &Bytes) -> Result<Self, Refused> {
        const MARK: &[u8] = "\u{feff}".as_bytes();
        let sent = match sent.starts_with(MARK) {
            true => sent.slice(MARK.len()..),
            false => sent.clone(),
        };
        if let Err(error) = std::str::from_utf8(&sent) {
            let position = error.valid_up_to();
            return Err(not_json(format!("byte {position} is not UTF-8")));
        }
        if elements::are_too_many(&sent) {
            let problem = format!(
                "the body has more than {MAX_ELEMENTS} values; send a smaller \
                                   one"
            );
            return Err(no_request(None, &problem));
        }
        let text = match surrogates::replaced(&sent) {
            Cow::Borrowed(_) => sent,
            Cow::Owned(replaced) => Bytes::from(replaced),
        };
        match text.trim_ascii_start().starts_with(b"[") {
            true => batch(&text),
            false => message(&text).map(Self::One),
        }
    }
}

fn batch(text: &Bytes) -> Result<Received, Refused> {
    let Elements { first, count } =
        serde_json::from_slice(text).map_err(|error| not_json(error.to_string()))?;
    if count == 0 {
        return Err(no_request(None, "the batch is empty"));
    }
    if count > MAX_MESSAGES {
        let problem =
            format!("the batch has {count} messages; send at most {MAX_MESSAGES} in one batch");
        return Err(no_request(None, &problem));
    }
    let element = |raw: &RawValue| message(&text.slice_ref(raw.get().as_bytes()));
    Ok(Received::Batch(first.into_iter().map(element).collect()))
}

/// The elements of a batch, up to the maximum; further ones are only counted.
struct Elements<'a> {
    first: Vec<&'a RawValue>,
    count: usize,
}

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ElementsVisitor;

        impl<'de> Visitor<'de> for ElementsVisitor {
            type Value = Elements<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut first = Vec::new();
                while first.len() < MAX_MESSAGES
                    && let Some(element) = list.next_element()?
                {
                    first.push(element);
                }
                let mut count = first.len();
                while list.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Elements { first, count })
            }
        }

        deserializer.deserialize_seq(ElementsVisitor)
    }
}

/// The members that JSON-RPC defines. The protocol's library handles any others.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(default, borrow, deserialize_with = "given")]
    jsonrpc: Option<&'a RawValue>,
    #[serde(default, borrow, deserialize_with = "given")]
    id: Option<&'a RawValue>,
    #[serde(default, borrow, deserialize_with = "given")]
    method: Option<&'a RawValue>,
    #[serde(default, borrow, deserialize_with = "given")]
    params: Option<&'a RawValue>,
    #[serde(default, borrow, deserialize_with = "given")]
    result: Option<&'a RawValue>,
    #[serde(default, borrow, deserialize_with = "given")]
    error: Option<&'a RawValue>,
}

/// Reads a member that is present, even if it is null.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

const NO_OBJECT: &str = "a message must be a JSON object";

fn message(text: &Bytes) -> Result<Message, Refused> {
    let envelope: Envelope<'_> =
        serde_json::from_slice(text).map_err(|error| match error.classify() {
            // It is JSON but not an object, or a member occurs twice.
            Category::Data => no_request(None, &not_an_object(text, &error)),
            _ => not_json(error.to_string()),
        })?;
    // Serde would also accept a list for the envelope.
    if !is_object(text) {
        return Err(no_request(None, NO_OBJECT));
    }
    let id = envelope.id.map(|raw| serde_json::from_str(raw.get()));
    let known = match &id {
        Some(Ok(id)) => Some(id),
        _ => None,
    };
    let mut refused = None;
    let mut refuse = |problem: &str| {
        refused.get_or_insert_with(|| no_request(known.cloned(), problem));
    };
    if text_of(envelope.jsonrpc).as_deref() != Some("2.0") {
        refuse("jsonrpc must be \"2.0\"");
    }
    let is_response = envelope.result.is_some() || envelope.error.is_some();
    if matches!(id, Some(Err(_))) && !is_response {
        refuse("id must be a string or an integer");
    }
    let method = text_of(envelope.method);
    match (envelope.method, &method) {
        (None, _) if !is_response => refuse("method is missing"),
        (Some(_), None) => refuse("method must be a string"),
        (Some(_), Some(_)) if is_response => {
            refuse("expected a method (request) or a result or an error (response), not both");
        }
        _ => {}
    }
    if let Some(refused) = refused {
        let response = is_response && envelope.method.is_none();
        return Err(Refused {
            response,
            ..refused
        });
    }
    if let (Some(method), Some(Ok(id)), Some(given)) = (&method, &id, envelope.params) {
        check_params(method, id, given)?;
    }
    let kind = match (method, id) {
        (Some(method), Some(Ok(id))) => MessageKind::Request { id, method },
        (Some(_), _) => MessageKind::Notification,
        (None, _) => MessageKind::Response,
    };
    Ok(Message {
        kind,
        text: text.clone(),
    })
}

/// Rejects what the library would accept: lists in place of objects, and a cursor that is not a
/// string.
fn check_params(method: &str, id: &RequestId, given: &RawValue) -> Result<(), Refused> {
    let is_right = given.get() == "null"
        || (is_object(given.get().as_bytes()) && params::is_right_page(method, given.get()));
    if is_right {
        return Ok(());
    }
    let error = params::refusal(method, serde_json::from_str(given.get()).ok());
    Err(Refused::new(Some(id.clone()), error))
}

fn text_of(raw: Option<&RawValue>) -> Option<String> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
}

fn not_an_object(text: &[u8], error: &serde_json::Error) -> String {
    match is_object(text) {
        true => error.to_string(),
        false => NO_OBJECT.to_owned(),
    }
}

fn is_object(json: &[u8]) -> bool {
    json.trim_ascii_start().starts_with(b"{")
}

#[cfg(test)]
mod tests;
