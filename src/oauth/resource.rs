//! Resource indicators (RFC 8707): which MCP endpoint a token is for.

use url::Url;

use super::{ErrorCode, OAuthError};

/// Does the `resource` a client sent name the MCP endpoint at `mcp_url`?
///
/// Clients are loose about it: they add a slash or a query, or send the bare
/// origin. The origin is taken only where the host serves one resource.
pub fn names(resource: &str, mcp_url: &str, one_per_host: bool) -> bool {
    let (Ok(mut asked), Ok(endpoint)) = (Url::parse(resource), Url::parse(mcp_url)) else {
        return false;
    };
    if asked.fragment().is_some() || asked.origin() != endpoint.origin() {
        return false;
    }
    asked.set_query(None);
    let path = asked.path().trim_end_matches('/');
    path == endpoint.path().trim_end_matches('/') || (one_per_host && path.is_empty())
}

/// May a token for the endpoint at `mcp_url` be given to a client that asks for these? One of
/// several that it names is enough (RFC 8707 §2), and none at all means any.
pub fn admit(resources: &[String], mcp_url: &str, one_per_host: bool) -> bool {
    resources.is_empty()
        || resources
            .iter()
            .any(|resource| names(resource, mcp_url, one_per_host))
}

/// The answer to a request whose every `resource` is foreign (RFC 8707 §2).
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
