//! Verifies the assertion of a `private_key_jwt` client (RFC 7523 §3), which is valid once.

use guarded_fetch::Requester;
use oauth_values::{
    client_assertion::{self, Assertion, AssertionError, Server},
    registration::KeySource,
};

use crate::web::{AppState, Issuer, error::JsonError, limits::Sender};
use crate::{db, domain::Client};

/// Verifies an assertion and marks it as used. The inner error is the client's fault.
pub(super) async fn verify(
    hub: &AppState,
    issuer: &Issuer,
    client: &Client,
    (keys, assertion): (&KeySource, &str),
    sender: Sender,
) -> Result<Result<(), AssertionError>, JsonError> {
    let token_endpoint = format!("{}/token", issuer.url);
    let server = Server {
        issuer: &issuer.url,
        token_endpoint: &token_endpoint,
    };
    let check = |jwks: &str| {
        client_assertion::verify(assertion, jwks, &client.client_id, server, hub.clock.now())
    };
    let checked: Result<Assertion, AssertionError> = match keys {
        KeySource::Inline(jwks) => check(jwks),
        KeySource::Uri(uri) => {
            let requester = Requester {
                network: sender.network(),
                is_known: client.was_used,
            };
            let (keys, fetcher) = (&hub.client_keys, (&hub.fetcher, requester));
            keys.check(fetcher, &hub.clock, uri, check).await?
        }
    };
    match checked {
        Err(error) => Ok(Err(error)),
        Ok(assertion) => {
            let first = db::client_assertions::first_use(
                &hub.db,
                client.key,
                assertion.jti,
                assertion.expires_at,
            )
            .await?;
            Ok(if first {
                Ok(())
            } else {
                Err(AssertionError::Replayed)
            })
        }
    }
}
