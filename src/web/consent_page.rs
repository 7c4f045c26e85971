//! Builds the consent page of a stored sign-in: when it begins, and again if the space that the
//! user named is not found.

use actix_web::HttpRequest;
use url::Url;

use super::{
    Issuer,
    page_response::locale,
    pages::{ConsentPage, NamingProblem, RedirectTarget, SpaceChoice, SpaceLine},
    space_choice::Offer,
};
use crate::{
    domain::{AuthorizationRequestId, Client, Space, client::ClientOrigin},
    oauth::{RedirectUri, Scopes, known_callback::CallbackOwner, redirect_uri::RedirectKind},
};

/// A sign-in, with the values that its form sends back.
pub struct Shown<'a> {
    pub issuer: &'a Issuer,
    pub client: Client,
    pub redirect_uri: &'a RedirectUri,
    pub scopes: Scopes,
    pub id: AuthorizationRequestId,
    pub csrf: &'a str,
    pub space: SpaceChoice,
}

pub fn of(request: &HttpRequest, shown: Shown<'_>) -> ConsentPage {
    let owner = CallbackOwner::of(shown.redirect_uri);
    let client = shown.client;
    let document = document(&client);
    let published_elsewhere = document
        .as_ref()
        .is_some_and(|document| !owner.may_publish_at(shown.redirect_uri, document));
    let (client_name, client_uri) = match owner {
        CallbackOwner::Assistant(name) => (Some(name.to_owned()), None),
        CallbackOwner::Device | CallbackOwner::Unknown => (client.name, client.uri),
    };
    ConsentPage {
        locale: locale(request),
        document_host: document.as_ref().map(host_and_port),
        published_elsewhere,
        client_is_known_host: matches!(owner, CallbackOwner::Assistant(_)),
        client_uri: client_uri.and_then(|uri| Url::parse(&uri).ok()),
        client_name,
        redirect: redirect_target(shown.redirect_uri, owner),
        space: shown.space,
        scopes: shown.scopes,
        request: shown.id.to_string(),
        csrf: shown.csrf.to_owned(),
        form_action: format!("{}/consent", path_of(&shown.issuer.url)),
    }
}

/// The space, or the choice of one; `problem` describes the previous input.
pub fn choice(offer: &Offer, problem: Option<NamingProblem>) -> SpaceChoice {
    let line = |space: &Space| SpaceLine {
        slug: space.slug.clone(),
        name: space.name.clone(),
        domain: space.host().to_owned(),
    };
    match offer {
        Offer::One(space) => SpaceChoice::One(line(space)),
        Offer::Open(spaces) => SpaceChoice::Open {
            shown: spaces.iter().map(line).collect(),
            problem,
        },
        Offer::None => SpaceChoice::Open {
            shown: Vec::new(),
            problem,
        },
    }
}

/// The URL of the client's metadata document, if it has one: its host is proven.
fn document(client: &Client) -> Option<Url> {
    match client.origin {
        ClientOrigin::MetadataDocument(_) => Url::parse(&client.client_id).ok(),
        ClientOrigin::Dynamic | ClientOrigin::Operator => None,
    }
}

pub fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn redirect_target(uri: &RedirectUri, owner: CallbackOwner) -> RedirectTarget {
    let host = uri.url().host_str().unwrap_or_default().to_owned();
    match (uri.kind(), owner) {
        (RedirectKind::PrivateScheme, _) => RedirectTarget::PrivateScheme {
            scheme: uri.url().scheme().to_owned(),
        },
        (RedirectKind::PlainHttp, _) => RedirectTarget::PlainHttp { host },
        (_, CallbackOwner::Device) => RedirectTarget::Loopback { host },
        (_, CallbackOwner::Assistant(_) | CallbackOwner::Unknown) => RedirectTarget::Https { host },
    }
}

/// The path of an issuer: empty, or `/spaces/<slug>`.
fn path_of(issuer_url: &str) -> &str {
    let after_scheme = issuer_url.find("://").map_or(0, |at| at + 3);
    issuer_url[after_scheme..]
        .find('/')
        .map_or("", |at| &issuer_url[after_scheme + at..])
}
