//! Client authentication at `/token` and `/revoke` (RFC 6749 §2.3).
//!
//! 1. Credentials come by HTTP Basic or in the form, not both.
//! 2. The client must exist and belong to the issuer's space, if the issuer has one.
//! 3. A client with a secret must send it, by Basic or in the form, regardless of the method it
//!    registered: libraries choose for themselves. A client with keys must sign an assertion.
//! 4. A failure counts for the client at its address. After too many, the hub makes no expensive
//!    comparison for that client from there: neither a hash of an older version nor a signature.

use actix_web::{HttpRequest, http::header};
use base64::{Engine, prelude::BASE64_STANDARD};
use oauth_values::{
    ErrorCode, OAuthError, Params,
    client_assertion::{self, AssertionError},
    registration::KeySource,
    token::ClientSecret,
};
use sealing::secret_hash;

use super::{
    client_assertion as assertion_check,
    client_documents::{self, ClientLookupError},
};
use crate::web::{
    AppState, Issuer,
    error::JsonError,
    limits::{Attempt, Endpoint, Sender, unchecked_lookups::Credential},
};
use crate::{
    db,
    domain::{Client, client::ClientAuth, security::SecurityEvent},
};

/// The client and its credentials, as the request presents them.
pub struct Presented {
    pub client_id: Option<String>,
    proof: Proof,
    sender: Sender,
    /// The request's token is looked up as well.
    is_vouched_for: bool,
}

/// The client's credentials in the request.
enum Proof {
    Nothing,
    Secret { by_basic: bool, secret: String },
    Assertion(String),
}

impl Presented {
    pub fn read(request: &HttpRequest, params: &Params, sender: Sender) -> Result<Self, JsonError> {
        let form_id = params.get("client_id").map(str::to_owned);
        let form_secret = params.get("client_secret").map(str::to_owned);
        let assertion = assertion(params)?;
        let Some(header) = request.headers().get(header::AUTHORIZATION) else {
            let proof = match (form_secret, assertion) {
                (None, None) => Proof::Nothing,
                (Some(secret), None) => Proof::Secret {
                    by_basic: false,
                    secret,
                },
                (None, Some(assertion)) => Proof::Assertion(assertion),
                (Some(_), Some(_)) => return Err(twice().into()),
            };
            let client_id = match (&proof, form_id) {
                (Proof::Assertion(assertion), None) => {
                    client_assertion::claimed_client_id(assertion)
                }
                (_, form_id) => form_id,
            };
            return Ok(Self {
                client_id,
                proof,
                sender,
                is_vouched_for: false,
            });
        };
        let (client_id, secret) = header.to_str().ok().and_then(basic).ok_or_else(|| {
            invalid_request("The Authorization header is not HTTP Basic (RFC 6749 §2.3.1).")
        })?;
        if form_secret.is_some() || assertion.is_some() || form_id.is_some_and(|id| id != client_id)
        {
            return Err(twice().into());
        }
        Ok(Self {
            client_id: Some(client_id),
            proof: Proof::Secret {
                by_basic: true,
                secret,
            },
            sender,
            is_vouched_for: false,
        })
    }

    /// Marks the request as having a token that may be looked up, so it is not a guess at a client.
    #[must_use]
    pub fn vouched_for_by(mut self, credential: Option<Credential>) -> Self {
        self.is_vouched_for = credential.is_some();
        self
    }

    /// Where the request comes from.
    pub fn sender(&self) -> Sender {
        self.sender
    }

    /// Finds and authenticates the client.
    pub async fn authenticate(self, hub: &AppState, issuer: &Issuer) -> Result<Client, JsonError> {
        self.authenticate_holder(hub, issuer, None).await
    }

    /// Authenticates the client. `holder` is the client that the presented code or token was issued
    /// to; another client that the request names is looked up.
    pub async fn authenticate_holder(
        self,
        hub: &AppState,
        issuer: &Issuer,
        holder: Option<Client>,
    ) -> Result<Client, JsonError> {
        let client_id = self
            .client_id
            .as_deref()
            .ok_or_else(|| self.failed("The parameter 'client_id' is missing."))?;
        if client_id.contains('\0') {
            return Err(self.failed(NOT_REGISTERED));
        }
        let found = async {
            match holder.filter(|holder| holder.client_id == client_id) {
                Some(holder) => client_documents::with_current_keys(hub, holder, self.sender).await,
                None => client_documents::find_known_client(hub, client_id, self.sender).await,
            }
        };
        let client = hub
            .look_up_client(client_id, self.sender, self.is_vouched_for, found)
            .await
            .map_err(|error| match error {
                ClientLookupError::Database(error) => error.into(),
                ClientLookupError::Limited(limited) => limited.into(),
                ClientLookupError::Off => self.failed(
                    "This server does not accept client metadata documents; use another client_id.",
                ),
                error => JsonError::ClientUnavailable(error.to_string()),
            })?
            .filter(|client| client.may_use_issuer_of(issuer.space_id()))
            .ok_or_else(|| self.failed(NOT_REGISTERED))?;
        match (&client.auth, &self.proof) {
            (ClientAuth::Public, _) => {}
            (ClientAuth::Secret { hash, .. }, Proof::Secret { secret, .. }) => {
                self.compare(hub, &client, secret, hash).await?;
            }
            (ClientAuth::PrivateKey(keys), Proof::Assertion(assertion)) => {
                self.verify(hub, issuer, &client, (keys, assertion)).await?;
            }
            (ClientAuth::Secret { .. }, _) => {
                return Err(self.failed(
                    "The client is registered with a secret and sent none. Send it, or register \
                     with token_endpoint_auth_method 'none' to use PKCE alone.",
                ));
            }
            (ClientAuth::PrivateKey(_), _) => {
                return Err(self.failed(
                    "The client is registered with token_endpoint_auth_method 'private_key_jwt' \
                     and sent no client_assertion.",
                ));
            }
        }
        Ok(client)
    }

    async fn compare(
        &self,
        hub: &AppState,
        client: &Client,
        secret: &str,
        hash: &str,
    ) -> Result<(), JsonError> {
        let unavailable =
            |error: secret_hash::HashingFailed| JsonError::Unavailable(error.to_string());
        let is_costly = secret_hash::is_costly(hash);
        if is_costly {
            hub.limits.check_client(self.attempt())?;
        }
        // A secret that the hub never issued is not worth a comparison.
        let right = ClientSecret::parse(secret).is_some()
            && hub
                .secrets
                .verify(secret.into(), hash.to_owned())
                .await
                .map_err(unavailable)?;
        if right {
            if is_costly {
                let cheap = hub.secrets.hash(&secret.into()).map_err(unavailable)?;
                db::clients::replace_secret_hash(&hub.db, client.key, hash, &cheap).await?;
            }
            return Ok(());
        }
        hub.limits.count_failure(self.attempt())?;
        Err(self.failed("The client secret is invalid."))
    }

    async fn verify(
        &self,
        hub: &AppState,
        issuer: &Issuer,
        client: &Client,
        (keys, assertion): (&KeySource, &str),
    ) -> Result<(), JsonError> {
        hub.limits.check_client(self.attempt())?;
        let verified =
            assertion_check::verify(hub, issuer, client, (keys, assertion), self.sender).await;
        if !matches!(verified, Ok(Ok(()))) {
            // A failed fetch of the keys counts as well: each attempt fetches them.
            hub.limits.count_failure(self.attempt())?;
        }
        verified?.map_err(|error| {
            tracing::info!(client_id = client.client_id, %error, "a client assertion was rejected");
            let failed = OAuthError::new(
                ErrorCode::InvalidClient,
                "The client assertion is not valid.",
            );
            match error {
                AssertionError::Replayed => {
                    JsonError::Replayed(failed, SecurityEvent::AssertionReplayed)
                }
                _ => JsonError::OAuth(failed),
            }
        })
    }

    fn attempt(&self) -> Attempt<'_> {
        Attempt {
            endpoint: Endpoint::Secret,
            sender: self.sender,
            client_id: self.client_id.as_deref(),
        }
    }

    /// `invalid_client`, with a challenge for a client that tried HTTP Basic.
    fn failed(&self, description: &'static str) -> JsonError {
        let error = OAuthError::new(ErrorCode::InvalidClient, description);
        match self.proof {
            Proof::Secret { by_basic: true, .. } => JsonError::BasicAuthFailed(error),
            _ => JsonError::OAuth(error),
        }
    }
}

pub const NOT_REGISTERED: &str = "The client is not registered here; register again.";

/// The `client_assertion`, if it has the supported type (RFC 7521 §4.2).
fn assertion(params: &Params) -> Result<Option<String>, OAuthError> {
    match (
        params.get("client_assertion_type"),
        params.get("client_assertion"),
    ) {
        (None, None) => Ok(None),
        (Some(client_assertion::TYPE), Some(assertion)) => Ok(Some(assertion.to_owned())),
        _ => Err(invalid_request(
            "Send 'client_assertion' with the 'client_assertion_type' of a JWT bearer (RFC 7523 §2.2).",
        )),
    }
}

fn twice() -> OAuthError {
    invalid_request("The client authenticates in more than one way.")
}

/// `Basic base64(urlencoded id ":" urlencoded secret)`.
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decode(id)?, form_decode(secret)?))
}

fn form_decode(text: &str) -> Option<String> {
    percent_encoding::percent_decode_str(&text.replace('+', " "))
        .decode_utf8()
        .ok()
        .map(Into::into)
}

fn invalid_request(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_decodes_both_halves_and_refuses_the_rest() {
        let encode = |text: &str| format!("bASIC {}", BASE64_STANDARD.encode(text));
        assert_eq!(
            basic(&encode("a%20b:c%3Ad")),
            Some(("a b".into(), "c:d".into()))
        );
        for header in ["", "Basic", "Bearer x", "Basic !!", &encode("no-colon")] {
            assert_eq!(basic(header), None, "{header}");
        }
    }
}
