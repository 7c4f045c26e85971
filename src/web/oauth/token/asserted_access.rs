//! What an identity assertion gives: the endpoint that its access token is for, and the scopes.
//!
//! Each part only narrows: what the assertion names, what the operator lets its provider give, what
//! the client may request and requests now, and what the space allows.

use oauth_values::{ErrorCode, OAuthError, Params, Scopes, identity_assertion::IdentityAssertion};
use url::Url;

use super::{requested_resource::is_admitted, response::invalid_grant};
use crate::{
    domain::Space,
    web::{
        AppState, Issuer,
        error::JsonError,
        oauth::{consent_projects, space_selection},
        offered_access,
    },
};

/// The access of a token.
pub(super) struct Access {
    /// The MCP endpoint (RFC 8707).
    pub resource: String,
    pub scopes: Scopes,
}

/// The access that the assertion gives in a space; `allowed` are the scopes that the provider may give
/// to the client.
pub(super) async fn of(
    hub: &AppState,
    issuer: &Issuer,
    (space, allowed): (&Space, Scopes),
    assertion: &IdentityAssertion,
    params: &Params,
) -> Result<Access, JsonError> {
    let resource = resource(hub, issuer, space, assertion.resource.as_deref()).await?;
    if !is_admitted(issuer, params, &resource) {
        return Err(OAuthError::new(
            ErrorCode::InvalidTarget,
            "The parameter 'resource' differs from the one in the identity assertion.",
        )
        .into());
    }
    if let Some(key) = consent_projects::not_allowed(hub, space, &resource) {
        return Err(OAuthError::new(
            ErrorCode::InvalidTarget,
            format!("The operator does not allow the project {key} in this Backlog space."),
        )
        .into());
    }
    let narrowed = narrowed(allowed, assertion.scope.as_deref(), params.get("scope"))?;
    let scopes = offered_access::within(hub, space, narrowed);
    if scopes.is_empty() {
        return Err(OAuthError::new(
            ErrorCode::InvalidScope,
            "The Backlog space allows none of the scopes.",
        )
        .into());
    }
    Ok(Access { resource, scopes })
}

/// The endpoint that the assertion names, if it is one of this authorization server and space.
/// Without a name it is the issuer's own.
async fn resource(
    hub: &AppState,
    issuer: &Issuer,
    space: &Space,
    claimed: Option<&str>,
) -> Result<String, JsonError> {
    let Some(claimed) = claimed else {
        return Ok(issuer.mcp_url.clone());
    };
    let endpoint = space_selection::endpoint(hub, issuer, &[claimed.to_owned()]).await?;
    let endpoint = endpoint
        .ok()
        .filter(|endpoint| issuer.space.is_some() || is_of_space(endpoint, &space.slug));
    Ok(endpoint.ok_or_else(|| {
        invalid_grant("The claim 'resource' of the identity assertion is not served here.")
    })?)
}

/// Whether an endpoint below the hub's issuer is not that of another space.
fn is_of_space(endpoint: &str, slug: &str) -> bool {
    let url = Url::parse(endpoint);
    url.is_ok_and(|url| match url.path().strip_prefix("/spaces/") {
        Some(rest) => rest.split('/').next() == Some(slug),
        None => true,
    })
}

/// The scopes that the assertion and the request leave. An assertion without a scope gives all that
/// its provider may give.
fn narrowed(
    allowed: Scopes,
    asserted: Option<&str>,
    requested: Option<&str>,
) -> Result<Scopes, OAuthError> {
    let asserted = asserted.map_or(allowed, Scopes::parse).effective();
    if asserted.is_empty() {
        return Err(invalid_grant(
            "The claim 'scope' of the identity assertion names no scope of this server.",
        ));
    }
    let requested = match requested {
        Some(list) => Scopes::requested(Some(list)),
        None => asserted,
    };
    let scopes = allowed.intersection(asserted).intersection(requested);
    let scopes = scopes.effective();
    if scopes.is_empty() {
        return Err(OAuthError::new(
            ErrorCode::InvalidScope,
            "The identity assertion gives none of the requested scopes.",
        ));
    }
    Ok(scopes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_only_narrows_the_scopes() {
        let (all, usual) = (
            "backlog:read backlog:write backlog:delete backlog:admin",
            "backlog:read backlog:write",
        );
        for (allowed, asserted, requested, expected) in [
            (usual, None, None, usual),
            (usual, Some("backlog:read"), None, "backlog:read"),
            (usual, Some(all), None, usual),
            (all, Some(all), Some(usual), usual),
            (
                usual,
                Some("backlog:read openid"),
                Some(all),
                "backlog:read",
            ),
            (all, None, Some("backlog:read"), "backlog:read"),
            // A level is nothing without writing.
            (
                all,
                Some("backlog:read backlog:delete"),
                None,
                "backlog:read",
            ),
            (
                all,
                Some("backlog:write backlog:delete"),
                None,
                "backlog:write backlog:delete",
            ),
            // A client that asks only for scopes of OpenID Connect asks for everything.
            (usual, Some("backlog:read"), Some("openid"), "backlog:read"),
        ] {
            let scopes = narrowed(Scopes::parse(allowed), asserted, requested);
            let scopes = scopes.map(|scopes| scopes.to_string());
            assert_eq!(
                scopes.as_deref(),
                Ok(expected),
                "{asserted:?} {requested:?}"
            );
        }
        for (allowed, asserted, requested, code) in [
            (usual, Some(""), None, ErrorCode::InvalidGrant),
            (usual, Some("chat.read"), None, ErrorCode::InvalidGrant),
            (usual, Some("backlog:delete"), None, ErrorCode::InvalidGrant),
            (
                "backlog:read",
                Some("backlog:write"),
                None,
                ErrorCode::InvalidScope,
            ),
            (
                usual,
                Some("backlog:read"),
                Some("backlog:write"),
                ErrorCode::InvalidScope,
            ),
        ] {
            let wrong = narrowed(Scopes::parse(allowed), asserted, requested);
            let wrong = wrong.expect_err("refused").code;
            assert_eq!(wrong, code, "{asserted:?} {requested:?}");
        }
    }

    #[test]
    fn an_endpoint_below_the_hub_is_of_one_space() {
        for (endpoint, is_own) in [
            ("https://hub.example/mcp", true),
            ("https://hub.example/projects/ACME/mcp", true),
            ("https://hub.example/spaces/acme/mcp", true),
            ("https://hub.example/spaces/acme/projects/ACME/mcp", true),
            ("https://hub.example/spaces/other/mcp", false),
            ("https://hub.example/spaces/acme2/mcp", false),
            ("nonsense", false),
        ] {
            assert_eq!(is_of_space(endpoint, "acme"), is_own, "{endpoint}");
        }
    }
}
