//! Decides whether an earlier approval of this browser also covers this request.
//!
//! Any page can link to `/authorize`. If many users share the redirect host, an attacker could
//! begin their own sign-in there and have it approved in the browser of a user who once approved
//! the same client. So the request must come from the client:
//!
//! | redirect URI | an approval is remembered |
//! |---|---|
//! | `https` | for requests from its own origin, according to the browser (`Referer`) |
//! | loopback | always: only a program on the same computer can receive the response |
//! | private-use scheme, `http`, a site that forwards to programs | never: any program can claim it |

use actix_web::{HttpRequest, http::header};
use url::Url;

use oauth_values::{RedirectUri, known_callback::CallbackOwner, redirect_uri::RedirectKind};

/// Whether the client that receives the response sent the browser here.
pub(super) fn is_from_client(request: &HttpRequest, redirect_uri: &RedirectUri) -> bool {
    match redirect_uri.kind() {
        RedirectKind::Loopback => true,
        RedirectKind::Https => {
            CallbackOwner::of(redirect_uri) != CallbackOwner::Device
                && referrer(request)
                    .is_some_and(|from| from.origin() == redirect_uri.url().origin())
        }
        // RFC 8252 §8.6; without TLS, any computer on the path can receive the response.
        RedirectKind::PrivateScheme | RedirectKind::PlainHttp => false,
    }
}

/// The page that the browser comes from, if the browser sends exactly one `Referer`.
fn referrer(request: &HttpRequest) -> Option<Url> {
    let mut values = request.headers().get_all(header::REFERER);
    let only = values.next().filter(|_| values.next().is_none())?;
    Url::parse(only.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn is_from_client_at(redirect_uri: &str, referrers: &[&str]) -> bool {
        let request = referrers
            .iter()
            .fold(TestRequest::get(), |request, referrer| {
                request.append_header((header::REFERER, *referrer))
            });
        let uri = RedirectUri::parse_trusted(redirect_uri).expect(redirect_uri);
        is_from_client(&request.to_http_request(), &uri)
    }

    #[test]
    fn a_web_client_is_known_by_its_origin() {
        const CALLBACK: &str = "https://claude.ai/api/mcp/auth_callback";
        for referrer in [
            "https://claude.ai",
            "https://claude.ai/",
            "https://CLAUDE.ai:443/settings?x=1",
        ] {
            assert!(is_from_client_at(CALLBACK, &[referrer]), "{referrer}");
        }
        for referrers in [
            &[][..],
            &[""],
            &["null"],
            &["about:blank"],
            &["http://claude.ai/"],
            &["https://claude.ai:8443/"],
            &["https://claude.ai.evil.example/"],
            &["https://evil.example/https://claude.ai/"],
            &["https://evil.example/"],
            &["https://claude.ai/", "https://evil.example/"],
            &["https://claude.ai/", "https://claude.ai/"],
        ] {
            assert!(!is_from_client_at(CALLBACK, referrers), "{referrers:?}");
        }
    }

    #[test]
    fn a_program_on_this_computer_sends_no_origin_and_others_have_none() {
        let loopback = "http://127.0.0.1:9/callback";
        assert!(is_from_client_at(loopback, &[]));
        assert!(is_from_client_at(loopback, &["https://evil.example/"]));
        for (uri, referrer) in [
            (
                "cursor://anysphere.cursor-mcp/oauth/callback",
                "cursor://anysphere.cursor-mcp/",
            ),
            ("https://vscode.dev/redirect", "https://vscode.dev/"),
            ("http://chat.intra.example/cb", "http://chat.intra.example/"),
        ] {
            assert!(!is_from_client_at(uri, &[referrer]), "{uri}");
            assert!(!is_from_client_at(uri, &[]), "{uri}");
        }
    }
}
