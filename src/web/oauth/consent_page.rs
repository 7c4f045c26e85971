//! Builds the consent page of a stored sign-in: when it begins, and again if the space that the
//! user named is not found.

use std::collections::HashMap;

use actix_web::HttpRequest;
use oauth_values::{
    RedirectUri, Scopes, known_callback::CallbackOwner, redirect_uri::RedirectKind,
    token::BrowserId,
};
use url::Url;

use super::{consent_projects, space_selection::Offer};
use crate::web::{
    AppState, Issuer, account,
    issuer::path_of,
    offered_access,
    pages::{
        AccessLifetimes, AccessLimits, AskingClient, ConsentPage, Levels, NamingProblem,
        ProjectChoice, RedirectTarget, SpaceChoice, SpaceLine, response::frame,
    },
};
use crate::{
    db,
    domain::{
        AuthorizationRequestId, BacklogUser, Client, Operator, Space, SpaceId, client::ClientOrigin,
    },
};

/// A sign-in, with the values that its form sends back.
pub(super) struct Shown<'a> {
    pub issuer: &'a Issuer,
    pub client: Client,
    pub redirect_uri: &'a RedirectUri,
    pub scopes: Scopes,
    pub id: AuthorizationRequestId,
    pub csrf: &'a str,
    pub offer: &'a Offer,
    pub problem: Option<NamingProblem>,
    pub projects: ProjectChoice,
    /// The browser, if it is not a new one.
    pub browser: Option<&'a BrowserId>,
}

pub(super) async fn of(
    hub: &AppState,
    request: &HttpRequest,
    shown: Shown<'_>,
) -> Result<ConsentPage, sqlx::Error> {
    let users = match shown.browser {
        Some(browser) => db::browser_spaces::users(&hub.db, browser.hash()).await?,
        None => HashMap::new(),
    };
    let operator = match shown.offer {
        Offer::One(space) => db::spaces::operator(&hub.db, space.id).await?,
        Offer::Open(_) | Offer::None => Operator::default(),
    };
    Ok(ConsentPage {
        frame: frame(request).of_space(operator),
        client: asking(shown.client, shown.redirect_uri),
        space: choice(shown.offer, shown.problem, &users),
        levels: levels(hub, shown.offer, shown.scopes),
        projects: shown.projects,
        lifetimes: AccessLifetimes {
            idle: hub.lifetimes.refresh_token,
            longest: hub.lifetimes.grant,
            remembered: hub.lifetimes.consent,
        },
        request: shown.id.to_string(),
        csrf: shown.csrf.to_owned(),
        form_action: format!("{}/consent", path_of(&shown.issuer.url)),
        account: account::path_at(&shown.issuer.url),
    })
}

/// What is known about a client that asks for access, and what it claims.
pub(in crate::web) fn asking(client: Client, redirect_uri: &RedirectUri) -> AskingClient {
    let owner = CallbackOwner::of(redirect_uri);
    let document = document(&client);
    let published_elsewhere = document
        .as_ref()
        .is_some_and(|document| !owner.may_publish_at(redirect_uri, document));
    let name = match owner {
        CallbackOwner::Assistant(name) => Some(name.to_owned()),
        CallbackOwner::Device | CallbackOwner::Unknown => client.name,
    };
    AskingClient {
        document_host: document.as_ref().map(host_and_port),
        published_elsewhere,
        is_known_host: matches!(owner, CallbackOwner::Assistant(_)),
        name,
        redirect: redirect_target(redirect_uri, owner),
    }
}

/// What the only possible space leaves of the request. Where the user chooses the space, its limits
/// apply to the choice.
fn levels(hub: &AppState, offer: &Offer, requested: Scopes) -> Levels {
    if let Some(space) = offer.known() {
        return levels_of(hub, space, requested);
    }
    let projects = consent_projects::allowed(hub, None);
    Levels {
        offered: offered_access::within_hub(hub, requested),
        limits: AccessLimits {
            read_only: hub.policy.read_only,
            toolsets: None,
            projects: projects.map(|keys| keys.into_iter().collect()),
        },
    }
}

/// What is known about a client that asks for a device: neither who sent the request nor where the
/// tokens go, so that its name is a claim in any case.
pub(in crate::web) fn asking_for_device(client: Client) -> AskingClient {
    let document = document(&client);
    AskingClient {
        document_host: document.as_ref().map(host_and_port),
        published_elsewhere: false,
        is_known_host: false,
        name: client.name,
        redirect: RedirectTarget::Device,
    }
}

/// What a space leaves of the requested access.
pub(in crate::web) fn levels_of(hub: &AppState, space: &Space, requested: Scopes) -> Levels {
    let projects = consent_projects::allowed(hub, Some(space));
    Levels {
        offered: offered_access::within(hub, space, requested),
        limits: AccessLimits {
            read_only: hub.policy.read_only || space.read_only,
            toolsets: space.toolsets.clone(),
            projects: projects.map(|keys| keys.into_iter().collect()),
        },
    }
}

/// The space, or the choice of one; `problem` describes the previous input.
fn choice(
    offer: &Offer,
    problem: Option<NamingProblem>,
    users: &HashMap<SpaceId, BacklogUser>,
) -> SpaceChoice {
    let line = |space: &Space| line(space, users.get(&space.id));
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

/// A space, with the user who last signed in to it in this browser.
pub(in crate::web) fn line(space: &Space, user: Option<&BacklogUser>) -> SpaceLine {
    SpaceLine {
        slug: space.slug.clone(),
        name: space.name.clone(),
        domain: space.host().to_owned(),
        read_only: space.read_only,
        user: user.map(|user| user.name.clone()),
    }
}

/// The URL of the client's metadata document, if it has one: its host is proven.
fn document(client: &Client) -> Option<Url> {
    match client.origin {
        ClientOrigin::MetadataDocument(_) => Url::parse(&client.client_id).ok(),
        ClientOrigin::Dynamic | ClientOrigin::Operator => None,
    }
}

pub(super) fn host_and_port(url: &Url) -> String {
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
