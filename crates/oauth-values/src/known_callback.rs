//! Redirect URIs with a known owner, regardless of the name that a client claims.

use url::Url;

use super::{RedirectUri, redirect_uri::RedirectKind};

/// The owner of a redirect URI, if the hub knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackOwner {
    /// An assistant with this name.
    Assistant(&'static str),
    /// A program on the user's own computer, directly or through a site that forwards.
    Device,
    Unknown,
}

/// The host, the path, and the name of the assistant. A path that ends in `/` includes all paths
/// below it.
const ASSISTANTS: [(&str, &str, &str); 8] = [
    ("claude.ai", "/api/mcp/auth_callback", "Claude"),
    ("claude.com", "/api/mcp/auth_callback", "Claude"),
    ("chatgpt.com", "/connector/oauth/", "ChatGPT"),
    (
        "chatgpt.com",
        "/connector_platform_oauth_redirect",
        "ChatGPT",
    ),
    ("www.cursor.com", "/agents/mcp/oauth/callback", "Cursor"),
    (
        "www.perplexity.ai",
        "/rest/connections/oauth_callback",
        "Perplexity",
    ),
    (
        "enterprise.perplexity.ai",
        "/rest/connections/oauth_callback",
        "Perplexity",
    ),
    (
        "callback.mistral.ai",
        "/v1/integrations_auth/oauth2_callback",
        "Le Chat",
    ),
];

/// The host and path of sites that forward to an application on the user's computer.
const FORWARDERS: [(&str, &str); 2] = [
    ("vscode.dev", "/redirect"),
    ("insiders.vscode.dev", "/redirect"),
];

impl CallbackOwner {
    pub fn of(uri: &RedirectUri) -> Self {
        match uri.kind() {
            RedirectKind::Loopback => return Self::Device,
            RedirectKind::PrivateScheme | RedirectKind::PlainHttp => return Self::Unknown,
            RedirectKind::Https => {}
        }
        let url = uri.url();
        // The parsed path has no dot segments, as in the browser.
        let is_at = |host: &str, path: &str| {
            let rest = url.path().strip_prefix(path);
            url.host_str() == Some(host)
                && url.port().is_none()
                && rest.is_some_and(|rest| rest.is_empty() != path.ends_with('/'))
        };
        if FORWARDERS.iter().any(|(host, path)| is_at(host, path)) {
            return Self::Device;
        }
        ASSISTANTS
            .iter()
            .find(|(host, path, _)| is_at(host, path))
            .map_or(Self::Unknown, |(_, _, name)| Self::Assistant(name))
    }

    /// Whether a redirect URI and the client's metadata document may have the same owner: their
    /// origins are equal, or both hosts belong to one assistant. A program on a device has no host,
    /// so any document may describe it.
    pub fn may_publish_at(self, redirect_uri: &RedirectUri, document: &Url) -> bool {
        match (self, redirect_uri.kind()) {
            (Self::Device, _) | (_, RedirectKind::PrivateScheme | RedirectKind::Loopback) => true,
            (Self::Assistant(name), _) if document.port().is_none() => ASSISTANTS
                .iter()
                .any(|(host, _, of)| document.host_str() == Some(*host) && *of == name),
            (Self::Assistant(_), _) => false,
            (Self::Unknown, _) => redirect_uri.url().origin() == document.origin(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_may_have_the_owner_of_the_callback_or_not() {
        const CLAUDE: &str = "https://claude.ai/api/mcp/auth_callback";
        for (callback, document, expected) in [
            (CLAUDE, "https://claude.ai/client.json", true),
            (CLAUDE, "https://claude.com/client.json", true),
            (CLAUDE, "https://chatgpt.com/client.json", false),
            (CLAUDE, "https://evil.example/claude.ai/client.json", false),
            (CLAUDE, "https://claude.ai:8443/client.json", false),
            ("https://app.example/cb", "https://app.example/c.json", true),
            (
                "https://app.example:8443/cb",
                "https://app.example/c.json",
                false,
            ),
            (
                "https://app.example/cb",
                "https://cdn.app.example/c.json",
                false,
            ),
            (
                "cursor://anysphere.cursor-mcp/cb",
                "https://cursor.com/c.json",
                true,
            ),
            ("http://127.0.0.1:1/cb", "https://app.example/c.json", true),
            (
                "https://vscode.dev/redirect",
                "https://code.example/c.json",
                true,
            ),
        ] {
            let uri = RedirectUri::parse(callback).expect(callback);
            let document_url = Url::parse(document).expect(document);
            let found = CallbackOwner::of(&uri).may_publish_at(&uri, &document_url);
            assert_eq!(found, expected, "{callback} and {document}");
        }
    }

    #[test]
    fn rule_17_a_known_callback_is_a_host_and_a_path() {
        for (text, owner) in [
            (
                "https://claude.ai/api/mcp/auth_callback",
                CallbackOwner::Assistant("Claude"),
            ),
            (
                "https://claude.com/api/mcp/auth_callback?x=1",
                CallbackOwner::Assistant("Claude"),
            ),
            (
                "https://chatgpt.com/connector/oauth/abc",
                CallbackOwner::Assistant("ChatGPT"),
            ),
            (
                "https://chatgpt.com/connector_platform_oauth_redirect",
                CallbackOwner::Assistant("ChatGPT"),
            ),
            (
                "https://www.cursor.com/agents/mcp/oauth/callback",
                CallbackOwner::Assistant("Cursor"),
            ),
            (
                "https://www.perplexity.ai/rest/connections/oauth_callback",
                CallbackOwner::Assistant("Perplexity"),
            ),
            (
                "https://callback.mistral.ai/v1/integrations_auth/oauth2_callback",
                CallbackOwner::Assistant("Le Chat"),
            ),
            ("https://vscode.dev/redirect", CallbackOwner::Device),
            (
                "https://insiders.vscode.dev/redirect",
                CallbackOwner::Device,
            ),
            ("http://127.0.0.1:1/cb", CallbackOwner::Device),
        ] {
            let uri = RedirectUri::parse(text).expect(text);
            assert_eq!(CallbackOwner::of(&uri), owner, "{text}");
        }
        for text in [
            "https://claude.ai/",
            "https://claude.ai/share/x",
            "https://claude.ai/api/mcp/auth_callback/",
            "https://claude.ai/api/mcp/auth_callback/../../x",
            "https://claude.ai:8443/api/mcp/auth_callback",
            "https://claude.ai.evil.example/api/mcp/auth_callback",
            "https://chatgpt.com/connector/oauth/",
            "https://chatgpt.com/connector/oauth/../../x",
            "https://chatgpt.com/connector_platform_oauth_redirect/x",
            "https://perplexity.ai/rest/connections/oauth_callback",
            "https://mistral.ai/v1/integrations_auth/oauth2_callback",
            "https://vscode.dev/other",
            "cursor://anysphere.cursor-mcp/oauth/callback",
        ] {
            let uri = RedirectUri::parse(text).expect(text);
            assert_eq!(CallbackOwner::of(&uri), CallbackOwner::Unknown, "{text}");
        }
    }
}
