//! Which Backlog spaces a sign-in may end in.

use std::sync::Arc;

use super::{Hub, Issuer};
use crate::{
    db,
    domain::{Client, Space},
    oauth::{OAuthError, resource},
};

/// The spaces to offer: one, or several for the person to choose from.
///
/// In this order: the issuer's own, the client's own, the one whose MCP endpoint
/// the client named as `resource`, the default one, else every enabled one.
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
    let enabled = db::spaces::list_enabled(&hub.db).await?;
    let named = enabled.iter().position(|space| {
        let mcp_url = format!("{}/spaces/{}/mcp", hub.base_url.as_str(), space.slug);
        resource::names(resource, &mcp_url, false)
    });
    let only = named.or_else(|| enabled.iter().position(|space| space.is_default));
    Ok(match only {
        Some(index) => enabled
            .into_iter()
            .nth(index)
            .map(Arc::new)
            .into_iter()
            .collect(),
        None => enabled.into_iter().map(Arc::new).collect(),
    })
}

/// The MCP endpoint that the grant will be for; absent means the issuer's own.
///
/// At the hub's issuer a client may also name the endpoint of a space by path.
pub fn endpoint(hub: &Hub, issuer: &Issuer, resource: Option<&str>) -> Result<String, OAuthError> {
    let Some(asked) = resource else {
        return Ok(issuer.mcp_url.clone());
    };
    if resource::names(asked, &issuer.mcp_url, issuer.owns_host) {
        return Ok(issuer.mcp_url.clone());
    }
    let below_hub = format!("{}/spaces/", hub.base_url.as_str());
    if issuer.space.is_none()
        && asked.starts_with(&below_hub)
        && asked.trim_end_matches('/').ends_with("/mcp")
    {
        return Ok(asked.trim_end_matches('/').to_owned());
    }
    Err(resource::unknown(&issuer.mcp_url))
}
