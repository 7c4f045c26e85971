//! Which Backlog spaces a sign-in may end in.

use std::sync::Arc;

use url::Url;

use super::{Hub, Issuer};
use crate::{
    db,
    domain::{Client, Space, space},
    oauth::{OAuthError, resource},
};

/// The spaces to offer: one, or several for the person to choose from.
///
/// In this order: the issuer's own, the client's own, the one whose MCP endpoint
/// the client named as `resource`, the default one, else every enabled one. A disabled one
/// comes alone: whoever asks says so.
pub async fn spaces(
    hub: &Hub,
    issuer: &Issuer,
    client: &Client,
    resource: &str,
) -> Result<Vec<Arc<Space>>, sqlx::Error> {
    if let Some(space) = &issuer.space {
        return Ok(vec![Arc::clone(space)]);
    }
    if let Some(id) = client.space_id {
        let bound = db::spaces::find(&hub.db, id).await?;
        return Ok(bound.into_iter().map(Arc::new).collect());
    }
    if let Some((slug, _)) = named_space(hub, issuer, resource) {
        let named = hub.sessions.space_by_slug(&hub.db, &slug).await?;
        return Ok(named.into_iter().collect());
    }
    let enabled = db::spaces::list_enabled(&hub.db).await?;
    if enabled.is_empty() {
        let disabled = db::spaces::first(&hub.db).await?;
        return Ok(disabled.into_iter().map(Arc::new).collect());
    }
    Ok(match enabled.iter().position(|space| space.is_default) {
        Some(index) => enabled
            .into_iter()
            .nth(index)
            .map(Arc::new)
            .into_iter()
            .collect(),
        None => enabled.into_iter().map(Arc::new).collect(),
    })
}

/// The MCP endpoint that the grant will be for: the first of those that the client names which is
/// served here; if it names none, the issuer's own. The inner error is for the client.
pub async fn endpoint(
    hub: &Hub,
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

/// The issuer's own, under whatever name the hub has for it. At the hub's issuer a client may also
/// name the endpoint of a space by path.
async fn endpoint_named(
    hub: &Hub,
    issuer: &Issuer,
    resource: &str,
) -> Result<Option<String>, sqlx::Error> {
    let own = hub.under_name_of(&issuer.mcp_url, resource);
    let own = own.unwrap_or_else(|| issuer.mcp_url.clone());
    if resource::names(resource, &own, issuer.owns_host) {
        return Ok(Some(own));
    }
    let Some((slug, endpoint)) = named_space(hub, issuer, resource) else {
        return Ok(None);
    };
    let space = hub.sessions.space_by_slug(&hub.db, &slug).await?;
    Ok(space.map(|_| endpoint))
}

/// The slug in `resource`, if it is the endpoint of a space by path below the hub's issuer, and
/// that endpoint.
fn named_space(hub: &Hub, issuer: &Issuer, resource: &str) -> Option<(String, String)> {
    if issuer.space.is_some() {
        return None;
    }
    let url = Url::parse(resource).ok()?;
    let slug = url
        .path()
        .trim_end_matches('/')
        .strip_prefix("/spaces/")?
        .strip_suffix("/mcp")
        .filter(|slug| space::is_slug(slug))?;
    let endpoint = format!("{}/spaces/{slug}/mcp", issuer.url);
    let endpoint = hub.under_name_of(&endpoint, resource).unwrap_or(endpoint);
    resource::names(resource, &endpoint, false).then(|| (slug.to_owned(), endpoint))
}
