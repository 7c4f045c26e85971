//! The page for an expired sign-in, with a link that starts it again.
//!
//! The link sends the same request to `/authorize`, which validates all of it again. The page has
//! the link only in the browser that the sign-in belongs to, and the link always asks for consent.

use actix_web::HttpRequest;
use url::Url;

use crate::web::{AppState, error::PageError};
use crate::{
    db::{self, authorization_requests::Request},
    domain::Client,
};

/// The page, for the browser that the expired sign-in belongs to.
pub(super) async fn page(hub: &AppState, request: &HttpRequest, expired: &Request) -> PageError {
    match db::clients::find(&hub.db, expired.client).await {
        Ok(client) => {
            let again = client.and_then(|client| again(expired, &client));
            PageError::expired(request, again)
        }
        Err(error) => PageError::from_db(request, &error),
    }
}

/// The URL that starts the same request again.
pub(super) fn again(expired: &Request, client: &Client) -> Option<Url> {
    let mut url = Url::parse(&format!("{}/authorize", expired.issuer)).ok()?;
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &client.client_id)
        .append_pair("redirect_uri", expired.redirect_uri.as_str())
        .append_pair("code_challenge", expired.code_challenge.as_str())
        .append_pair("code_challenge_method", "S256")
        .append_pair("resource", &expired.resource)
        .append_pair("scope", &expired.scopes.to_string())
        .append_pair("prompt", "consent");
    if let Some(state) = &expired.state {
        url.query_pairs_mut().append_pair("state", state);
    }
    Some(url)
}
