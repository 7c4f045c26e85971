//! The metadata of a plain request (`_meta`).

use std::collections::HashMap;

use rmcp::model::{ClientCapabilities, ProtocolVersion};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The beginning of the keys that the protocol defines.
const PROTOCOL: &str = "io.modelcontextprotocol/";

#[derive(Default, Deserialize)]
pub(super) struct Metadata<'a>(#[serde(borrow)] HashMap<String, &'a RawValue>);

/// The client, as far as a response depends on it.
pub(super) struct Client {
    /// Whether it can ask its user.
    pub asks: bool,
}

impl Metadata<'_> {
    /// Describes the client of a plain request of this protocol version; `None` if the request is
    /// not plain. Those with a handshake have no metadata of the protocol, and the others need it.
    pub(super) fn client(&self, version: Option<&ProtocolVersion>) -> Option<Client> {
        let is_newest = version == Some(&ProtocolVersion::V_2026_07_28);
        let mut of_protocol = self.0.keys().filter_map(|key| key.strip_prefix(PROTOCOL));
        if !is_newest {
            return of_protocol
                .next()
                .is_none()
                .then_some(Client { asks: false });
        }
        let known = ["protocolVersion", "clientInfo", "clientCapabilities"];
        if !of_protocol.all(|key| known.contains(&key)) {
            return None;
        }
        let value = |key: &str| self.0.get(&[PROTOCOL, key].concat());
        let named: String = serde_json::from_str(value("protocolVersion")?.get()).ok()?;
        let capabilities: ClientCapabilities =
            serde_json::from_str(value("clientCapabilities")?.get()).ok()?;
        let is_right = named == ProtocolVersion::V_2026_07_28.as_str();
        is_right.then_some(Client {
            asks: capabilities.elicitation.is_some(),
        })
    }

    /// Whether the client wants to hear of the progress.
    pub(super) fn has_progress_token(&self) -> bool {
        self.0.contains_key("progressToken")
    }

    /// The client's span (W3C Trace Context).
    pub(super) fn traceparent(&self) -> Option<String> {
        serde_json::from_str(self.0.get("traceparent")?.get()).ok()
    }
}
