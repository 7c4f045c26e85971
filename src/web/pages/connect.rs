//! The connect page: the MCP URL, and the settings for each client.

use askama::Template;
use url::{Host, Url};

use super::client_settings::{ClientSetting, PartKind, client_settings};
use super::frame::Frame;

/// How to connect a client to this issuer.
#[derive(Clone, Debug, Template)]
#[template(path = "connect.html")]
pub struct ConnectPage {
    pub frame: Frame,
    pub mcp_url: Url,
    /// The endpoint of a project, as an example.
    pub project_url: Url,
    /// The page on which the user sees and ends connections.
    pub account: String,
    /// Set by `demo` only.
    pub demo: Option<DemoLinks>,
}

/// The URLs of the demo.
#[derive(Clone, Debug)]
pub struct DemoLinks {
    /// The simulated Backlog.
    pub backlog_url: Url,
}

impl ConnectPage {
    /// The page. The template uses no fallible filter, so this cannot fail.
    pub fn html(&self) -> String {
        self.to_string()
    }

    fn settings(&self) -> Vec<ClientSetting> {
        client_settings(&self.mcp_url, self.frame.locale)
    }

    /// Whether only this computer can reach the URL; hosted clients cannot.
    fn is_local(&self) -> bool {
        match self.mcp_url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }
}
