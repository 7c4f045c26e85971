//! Resource indicators (RFC 8707): the MCP endpoint that a token is for.

use url::Url;

use super::{ErrorCode, OAuthError};

/// Whether the `resource` that a client sent names the MCP endpoint at `mcp_url`.
///
/// Clients vary the URL: they add a slash or a query, or send only the origin. The origin is
/// accepted only if the host serves one resource.
pub fn names(resource: &str, mcp_url: &str, one_per_host: bool) -> bool {
    let (Ok(mut requested), Ok(endpoint)) = (Url::parse(resource), Url::parse(mcp_url)) else {
        return false;
    };
    if requested.fragment().is_some() || requested.origin() != endpoint.origin() {
        return false;
    }
    requested.set_query(None);
    let path = requested.path().trim_end_matches('/');
    path == endpoint.path().trim_end_matches('/') || (one_per_host && path.is_empty())
}

/// Whether a client that requests these resources may get a token for the endpoint at `mcp_url`.
/// One match is enough (RFC 8707 §2), and an empty list means any.
pub fn admit(resources: &[String], mcp_url: &str, one_per_host: bool) -> bool {
    resources.is_empty()
        || resources
            .iter()
            .any(|resource| names(resource, mcp_url, one_per_host))
}

/// The error for a request that names only unknown resources (RFC 8707 §2).
pub fn unknown(mcp_url: &str) -> OAuthError {
    OAuthError::new(
        ErrorCode::InvalidTarget,
        format!("The parameter 'resource' must be {mcp_url}."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_10_takes_the_variants_that_clients_send_and_no_others() {
        let mcp = "https://hub.example/mcp";
        for resource in [
            "https://hub.example/mcp",
            "https://hub.example/mcp/",
            "https://hub.example/mcp?x=1",
            "https://HUB.example:443/mcp",
        ] {
            assert!(names(resource, mcp, false), "{resource}");
        }
        for resource in [
            "https://hub.example",
            "https://hub.example/other",
            "http://hub.example/mcp",
            "https://evil.example/mcp",
            "https://hub.example/mcp#x",
            "mcp",
            "",
        ] {
            assert!(!names(resource, mcp, false), "{resource}");
        }
        assert!(names("https://hub.example/", mcp, true));
    }

    #[test]
    fn one_of_several_is_enough_and_none_means_any() {
        let mcp = "https://hub.example/mcp";
        let admitted = |asked: &[&str]| {
            let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
            admit(&asked, mcp, false)
        };
        assert!(admitted(&[]));
        assert!(admitted(&["https://evil.example/mcp", mcp]));
        assert!(!admitted(&[
            "https://evil.example/mcp",
            "https://hub.example"
        ]));
    }
}
