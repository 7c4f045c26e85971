//! Selects the Backlog spaces that a sign-in may be for.

use std::sync::Arc;

use oauth_values::{OAuthError, resource, token::BrowserId};
use url::Url;

use crate::web::{
    AppState, Issuer,
    protected_resource::{canonical, project_of, url_of_project},
};
use crate::{
    db,
    domain::{Client, Space, project_keys::project_key, space},
};

/// The spaces that a sign-in offers.
pub enum Offer {
    /// The only possible space; it may be disabled.
    One(Arc<Space>),
    /// The user selects the space. These are shown; others must be named, because the hub does not
    /// disclose which spaces it serves.
    Open(Vec<Space>),
    None,
}

/// The space, or the choice that the user has.
///
/// In this order: the issuer's space, the client's space, the space with the MCP endpoint that the
/// client named as `resource`, the default space, the only enabled space; otherwise any enabled
/// space. In the last case, the browser is shown the spaces that it has signed in to and those that
/// are listed. A disabled space is returned alone, and the caller reports it.
pub async fn offer(
    hub: &AppState,
    issuer: &Issuer,
    client: &Client,
    resource: &str,
    browser: Option<&BrowserId>,
) -> Result<Offer, sqlx::Error> {
    if let Some(space) = settled(hub, issuer, client, resource).await? {
        return Ok(Offer::One(space));
    }
    let mut enabled = db::spaces::first_enabled(&hub.db).await?.into_iter();
    match (enabled.next(), enabled.next()) {
        (None, _) => Ok(Offer::settled(db::spaces::first(&hub.db).await?)),
        (Some(first), other) if first.is_default || other.is_none() => {
            Ok(Offer::One(Arc::new(first)))
        }
        (Some(_), _) => {
            let browser = browser.map(BrowserId::hash);
            Ok(Offer::Open(db::spaces::shown_to(&hub.db, browser).await?))
        }
    }
}

/// The space of a request that leaves no choice: the issuer's space, the client's space, or the space
/// with the MCP endpoint that the client named as `resource`.
pub(super) async fn settled(
    hub: &AppState,
    issuer: &Issuer,
    client: &Client,
    resource: &str,
) -> Result<Option<Arc<Space>>, sqlx::Error> {
    if let Some(space) = &issuer.space {
        return Ok(Some(Arc::clone(space)));
    }
    if let Some(id) = client.space_id {
        let space = db::spaces::find(&hub.db, id).await?;
        return Ok(space.map(Arc::new));
    }
    match named_space(hub, issuer, resource) {
        Some((slug, _)) => hub.sessions.space_by_slug(&hub.db, &slug).await,
        None => Ok(None),
    }
}

impl Offer {
    /// The space, if there is no choice.
    pub(super) fn known(&self) -> Option<&Space> {
        match self {
            Self::One(space) => Some(space),
            Self::Open(_) | Self::None => None,
        }
    }

    fn settled(space: Option<Space>) -> Self {
        space.map_or(Self::None, |space| Self::One(Arc::new(space)))
    }
}

/// The MCP endpoint of the grant: the first of the client's resources that is served here; if it
/// names none, the issuer's own. The inner error is for the client.
pub async fn endpoint(
    hub: &AppState,
    issuer: &Issuer,
    resources: &[String],
) -> Result<Result<String, OAuthError>, sqlx::Error> {
    if resources.is_empty() {
        return Ok(Ok(issuer.mcp_url.clone()));
    }
    for resource in resources {
        if let Some(endpoint) = endpoint_named(hub, issuer, resource).await? {
            return Ok(Ok(endpoint));
        }
    }
    Ok(Err(resource::unknown(&issuer.mcp_url)))
}

/// The issuer's own endpoint or that of one project, under any host name of the hub. At the hub's
/// issuer, a client may also name an endpoint of a space by path. The key of a project is returned in
/// Backlog's spelling.
async fn endpoint_named(
    hub: &AppState,
    issuer: &Issuer,
    resource: &str,
) -> Result<Option<String>, sqlx::Error> {
    let own = hub.under_name_of(&issuer.mcp_url, resource);
    let own = own.unwrap_or_else(|| issuer.mcp_url.clone());
    if resource::names(resource, &own, issuer.owns_host) {
        return Ok(Some(own));
    }
    if let Some(key) = project_of(resource) {
        let own = url_of_project(&issuer.endpoints, &key);
        let own = hub.under_name_of(&own, resource).unwrap_or(own);
        if resource::names(&canonical(resource), &own, false) {
            return Ok(Some(own));
        }
    }
    let Some((slug, endpoint)) = named_space(hub, issuer, resource) else {
        return Ok(None);
    };
    let space = hub.sessions.space_by_slug(&hub.db, &slug).await?;
    Ok(space.map(|_| endpoint))
}

/// The slug and the endpoint in `resource`, if it is an endpoint of a space by path below the hub's
/// issuer.
fn named_space(hub: &AppState, issuer: &Issuer, resource: &str) -> Option<(String, String)> {
    if issuer.space.is_some() {
        return None;
    }
    let url = Url::parse(resource).ok()?;
    let path = url.path().trim_end_matches('/');
    let (slug, rest) = path.strip_prefix("/spaces/")?.split_once('/')?;
    if !space::is_slug(slug) {
        return None;
    }
    let endpoints = format!("{}/spaces/{slug}", issuer.url);
    let endpoint = match rest {
        "mcp" => format!("{endpoints}/mcp"),
        _ => {
            let key = rest.strip_prefix("projects/")?.strip_suffix("/mcp")?;
            url_of_project(&endpoints, &project_key(key)?)
        }
    };
    let endpoint = hub.under_name_of(&endpoint, resource).unwrap_or(endpoint);
    resource::names(&canonical(resource), &endpoint, false).then(|| (slug.to_owned(), endpoint))
}
