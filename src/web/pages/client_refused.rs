//! The page for a client that the operator of the space does not allow: which client, who decided
//! that, and whom to ask.

use askama::Template;
use url::Url;

use super::{
    consent::{AskingClient, SpaceLine},
    forward,
    frame::Frame,
    locale::Phrase,
};
use crate::domain::ClientPolicy;

/// A page with a link to the client only if the policy trusts where that goes.
#[derive(Clone, Debug, Template)]
#[template(path = "client_refused.html")]
pub struct ClientRefusedPage {
    /// With the operator of the space.
    pub frame: Frame,
    pub client: AskingClient,
    pub space: SpaceLine,
    pub policy: ClientPolicy,
    /// The redirect URI of the request with the error in it.
    pub back: Option<Url>,
    /// The id under which an operator finds the request in the log.
    pub request_id: Option<String>,
}

impl ClientRefusedPage {
    /// The page. The template uses no fallible filter, so this cannot fail.
    pub fn html(&self) -> String {
        self.to_string()
    }

    fn heading(&self) -> Phrase {
        match self.client.subject() {
            Some(name) => self.frame.phrase("client_refused.heading", name),
            None => self.frame.phrase("client_refused.title", ""),
        }
    }

    fn rule(&self) -> String {
        self.frame.text(match self.policy {
            ClientPolicy::Open | ClientPolicy::Listed => "client_refused.listed",
            ClientPolicy::Registered => "client_refused.registered",
        })
    }

    fn whom_to_ask(&self) -> Phrase {
        match self.frame.contact() {
            Some(contact) => self.frame.phrase("client_refused.ask_contact", contact),
            None => self.frame.phrase("client_refused.ask", ""),
        }
    }

    fn link(&self, target: &Url) -> Phrase {
        forward::link(self.frame.locale, target)
    }
}
