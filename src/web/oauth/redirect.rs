//! The redirects that end a request of a browser: to Backlog, or back to the client.

use actix_web::{HttpResponse, http::header::LOCATION};

use oauth_values::{OAuthError, RedirectUri};

/// An error response to the client (RFC 6749 §4.1.2.1, RFC 9207).
pub(super) fn redirect_with_error(
    redirect_uri: &RedirectUri,
    issuer: &str,
    state: Option<&str>,
    error: &OAuthError,
) -> HttpResponse {
    redirect(&error_location(redirect_uri, issuer, state, error))
}

/// The URL of [`redirect_with_error`].
pub(super) fn error_location(
    redirect_uri: &RedirectUri,
    issuer: &str,
    state: Option<&str>,
    error: &OAuthError,
) -> String {
    let mut params = vec![
        ("error", error.code.as_str()),
        ("error_description", &error.description),
        ("iss", issuer),
    ];
    params.extend(state.map(|state| ("state", state)));
    redirect_uri.with_params(&params)
}

/// Redirects the browser to `location`.
pub(in crate::web) fn redirect(location: &str) -> HttpResponse {
    HttpResponse::Found()
        .insert_header((LOCATION, location))
        .finish()
}
