//! Results as JSON without the protocol's library: lists, and calls of tools whose response is one
//! JSON body. A result has the bytes that the library would write for the same protocol version.

use std::collections::BTreeSet;

use bytes::Bytes;
use oauth_values::Scopes;
use rmcp::model::{JsonObject, ProtocolVersion, ServerResult};
use tracing::Span;

use super::{
    listing::{self, Listing},
    prompts,
    reader::Reader,
    server::HubServer,
};
use crate::{
    calls::{
        caller::Caller,
        execution::{self, Call},
        policy::Policy,
        structured,
    },
    toolkit::{consent::Consent, progress},
};

/// A call of a tool with one JSON body as its response.
#[derive(Debug)]
pub struct PlainCall<'a> {
    name: &'a str,
    arguments: JsonObject,
    traceparent: Option<&'a str>,
    /// The bytes that the result follows.
    start: Vec<u8>,
}

impl<'a> PlainCall<'a> {
    pub fn new(name: &'a str, arguments: JsonObject) -> Self {
        Self {
            name,
            arguments,
            traceparent: None,
            start: Vec::new(),
        }
    }

    /// Appends the result to these bytes, so that it is not copied into a response.
    #[must_use]
    pub fn after(mut self, start: Vec<u8>) -> Self {
        self.start = start;
        self
    }

    /// Sets the caller's span (W3C Trace Context).
    #[must_use]
    pub fn traced(mut self, traceparent: Option<&'a str>) -> Self {
        self.traceparent = traceparent;
        self
    }
}

impl HubServer {
    /// Returns the result of a listing as JSON. It is `None` only if the result cannot be
    /// serialized, which does not happen.
    pub fn list_as_json(
        &self,
        listing: Listing,
        caller: &Caller,
        version: Option<&ProtocolVersion>,
    ) -> Option<Bytes> {
        let (scopes, policy) = match listing {
            Listing::Description => (Scopes::default(), Policy::default()),
            Listing::Tools | Listing::Prompts => {
                // A list depends on whether projects are restricted, not on their keys.
                let projects = caller.policy.projects.as_ref().map(|_| BTreeSet::new());
                let policy = Policy {
                    projects,
                    ..caller.policy.clone()
                };
                (caller.scopes, policy)
            }
        };
        let key = (listing, is_typed(version), scopes, policy);
        self.prepared.get(key, || match listing {
            Listing::Tools => {
                ServerResult::ListToolsResult(listing::tools(self.services().registry(), caller))
            }
            Listing::Prompts => ServerResult::ListPromptsResult(prompts::list(&Reader::new(
                self.services(),
                caller.clone(),
            ))),
            Listing::Description => ServerResult::DiscoverResult(self.description()),
        })
    }

    /// Returns the result of `tools/call` as JSON, after the start of the response. `None`, without
    /// any effect, if there is no such tool.
    pub async fn call_as_json(
        &self,
        caller: &Caller,
        version: Option<&ProtocolVersion>,
        plain: PlainCall<'_>,
    ) -> Option<Vec<u8>> {
        let services = self.services();
        let tool = services.registry().get(plain.name)?;
        let (progress, notifier) = progress::none();
        let call = Call {
            caller: caller.clone(),
            arguments: plain.arguments,
            request: Span::current(),
            traceparent: plain.traceparent,
            progress,
            notifier,
            consent: Consent::Unavailable,
        };
        let outcome = execution::execute(services, tool, call).await;
        let structure = structured::is_enabled(services.options(), version);
        let mut response = plain.start;
        outcome.write(&mut response, structure, is_typed(version));
        Some(response)
    }

    /// Whether a call of the tool can ask the user, where the client can show a question.
    pub fn may_ask(&self, name: &str) -> bool {
        let tool = self.services().registry().get(name);
        tool.is_some_and(|tool| tool.may_ask(self.services().options()))
    }
}

/// Whether results have a `resultType`. Versions are dates, so they can be compared as text.
fn is_typed(version: Option<&ProtocolVersion>) -> bool {
    version.is_some_and(|it| it.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}
