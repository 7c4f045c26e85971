//! The redirect URIs and metadata documents of well-known assistants, for an operator who allows
//! only these.
//!
//! A web address is a host and a path that the assistant's publisher alone can receive at. Sites that
//! forward to whatever their customers built are not listed.

use url::Url;

use super::{RedirectUri, known_callback::CallbackOwner, redirect_uri::RedirectKind};

/// The private-use schemes of Claude, Cursor, VS Code and Windsurf.
const SCHEMES: [&str; 5] = ["claude", "cursor", "vscode", "vscode-insiders", "windsurf"];

/// The host, and how the path begins: Gemini has a callback for each user and server. The names of
/// others below the same path cannot contain an underscore.
const PREFIXES: [(&str, &str); 1] = [(
    "oauth-redirect.googleusercontent.com",
    "/r/user_bound_custom-mcp-",
)];

/// The hosts where the publishers have their metadata documents.
const DOCUMENTS: [&str; 8] = [
    "chatgpt.com",
    "claude.ai",
    "claude.com",
    "cursor.com",
    "insiders.vscode.dev",
    "opencode.ai",
    "vscode.dev",
    "www.cursor.com",
];

/// Whether a well-known assistant, or a program on the user's own computer, receives the response.
pub fn receives_at(uri: &RedirectUri) -> bool {
    match uri.kind() {
        RedirectKind::PrivateScheme => SCHEMES.contains(&uri.url().scheme()),
        RedirectKind::Loopback => true,
        RedirectKind::PlainHttp => false,
        RedirectKind::Https => {
            CallbackOwner::of(uri) != CallbackOwner::Unknown || is_below_prefix(uri.url())
        }
    }
}

/// Whether a well-known assistant publishes a metadata document at this URL.
pub fn publishes_at(document: &Url) -> bool {
    document.scheme() == "https"
        && document.port().is_none()
        && document
            .host_str()
            .is_some_and(|host| DOCUMENTS.contains(&host))
}

fn is_below_prefix(url: &Url) -> bool {
    url.port().is_none()
        && PREFIXES.iter().any(|(host, prefix)| {
            // The parsed path has no dot segments, as in the browser.
            let rest = url.path().strip_prefix(prefix);
            url.host_str() == Some(host)
                && rest.is_some_and(|rest| !rest.is_empty() && !rest.contains('/'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assistants_and_programs_of_this_computer_are_well_known() {
        for text in [
            "https://claude.ai/api/mcp/auth_callback",
            "https://CLAUDE.AI/api/mcp/auth_callback",
            "https://claude.ai:443/api/mcp/auth_callback",
            "https://chatgpt.com/connector/oauth/abc",
            "https://chatgpt.com/connector_platform_oauth_redirect",
            "https://www.cursor.com/agents/mcp/oauth/callback",
            "https://vscode.dev/redirect",
            "https://insiders.vscode.dev/redirect",
            "https://oauth-redirect.googleusercontent.com/r/user_bound_custom-mcp-1-mcp_example",
            "http://127.0.0.1:33418/",
            "http://localhost/callback",
            "https://localhost:8443/callback",
            "http://[::1]:1/cb",
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "CURSOR://anysphere.cursor-mcp/oauth/callback",
            "vscode://vscode.github-authentication/did-authenticate",
            "vscode-insiders://x/cb",
        ] {
            let uri = RedirectUri::parse(text).expect(text);
            assert!(receives_at(&uri), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_not() {
        for text in [
            "https://claude.ai.evil.example/api/mcp/auth_callback",
            "https://evil.example/claude.ai/api/mcp/auth_callback",
            "https://xn--claud-3we.ai/api/mcp/auth_callback",
            "https://claude.ai./api/mcp/auth_callback",
            "https://www.claude.ai/api/mcp/auth_callback",
            "https://claude.ai:8443/api/mcp/auth_callback",
            "https://claude.ai/share/x",
            "https://localhost./callback",
            "https://localhost.evil.example/callback",
            "https://127.0.0.1.evil.example/callback",
            "https://vscode.dev/redirect/x",
            "https://oauth-redirect.googleusercontent.com/r/some-project",
            "https://oauth-redirect.googleusercontent.com/r/user_bound_custom-mcp-",
            "https://oauth-redirect.googleusercontent.com/r/user_bound_custom-mcp-1/../x",
            "https://oauth-redirect.googleusercontent.com:444/r/user_bound_custom-mcp-1",
            "cursor2://anysphere.cursor-mcp/oauth/callback",
            "com.example.app:/cb",
        ] {
            let uri = RedirectUri::parse(text).expect(text);
            assert!(!receives_at(&uri), "{text}");
        }
        let plain = RedirectUri::parse_trusted("http://claude.ai/api/mcp/auth_callback");
        assert!(!receives_at(&plain.expect("a URI")));
    }

    #[test]
    fn a_document_is_at_the_host_of_its_publisher() {
        for (text, expected) in [
            ("https://claude.ai/oauth/claude-code-client-metadata", true),
            ("https://CHATGPT.com/oauth/codex/client.json", true),
            ("https://vscode.dev/oauth/client-metadata.json", true),
            ("http://claude.ai/oauth/client", false),
            ("https://claude.ai:8443/oauth/client", false),
            ("https://claude.ai./oauth/client", false),
            ("https://claude.ai.evil.example/oauth/client", false),
            ("https://evil.example/claude.ai/client", false),
            ("https://127.0.0.1/client.json", false),
        ] {
            let url = Url::parse(text).expect(text);
            assert_eq!(publishes_at(&url), expected, "{text}");
        }
    }
}
