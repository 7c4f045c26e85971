//! `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer` (RFC 7523 §2.1) with an identity
//! assertion, the MCP extension `io.modelcontextprotocol/enterprise-managed-authorization`.
//!
//! 1. The client authenticates, with a secret or a key: public clients get no token this way.
//! 2. The assertion names an issuer. An operator must have trusted it for a space, which must be the
//!    space of this authorization server, if it has one. The space must allow the client and the
//!    network. Until then, no key is fetched.
//! 3. Signature and claims are checked (`identity_assertion`), then what it asks for
//!    ([`asserted_access`]). For a subject that is not linked yet, Backlog is asked whether the user
//!    with its address still has it ([`asserted_user`]).
//! 4. In one transaction, which begins only if the provider is as it was read: the assertion is marked
//!    as used, its subject becomes a user of Backlog, the user's grant is found or made, and the
//!    access token is issued.
//!
//! There is no refresh token, and the access token expires with the assertion at the latest: when the
//! provider no longer vouches for the user, the access ends.

use std::{net::IpAddr, sync::Arc};

use guarded_fetch::Requester;
use oauth_values::{
    ErrorCode, OAuthError, Params,
    identity_assertion::{Expected, IdentityAssertion, IdentityError, Unverified},
};
use sqlx::{PgConnection, Postgres, Transaction};

use super::{
    asserted_access::{self, Access},
    asserted_user::{self, AssertedUser, Confirmed},
    response::{TokenResponse, invalid_grant, issue_access_token_until, space_disabled},
};
use crate::{
    db,
    domain::{
        Client, Grant, GrantId, IdentityProvider, Space, client::ClientAuth, grant::BY_ASSERTION,
        security::SecurityEvent,
    },
    web::{
        AppState, Issuer,
        error::JsonError,
        not_allowed,
        oauth::{client_auth::Presented, consent_projects},
    },
};

const NOT_VALID: &str = "The identity assertion is not valid.";

/// An assertion that was checked, and everything it is about.
struct Asserted<'a> {
    client: &'a Client,
    provider: &'a IdentityProvider,
    space: &'a Space,
    assertion: &'a IdentityAssertion,
    access: &'a Access,
    confirmed: Option<Confirmed>,
}

pub(super) async fn exchange(
    hub: &AppState,
    issuer: &Issuer,
    presented: Presented,
    params: &Params,
    address: Option<IpAddr>,
) -> Result<TokenResponse, JsonError> {
    let requester = Requester {
        network: presented.sender().network(),
        // The operator names the provider, so its keys are not those of a stranger.
        is_known: true,
    };
    let client = presented.authenticate(hub, issuer).await?;
    if matches!(client.auth, ClientAuth::Public) {
        return Err(OAuthError::new(
            ErrorCode::UnauthorizedClient,
            "Identity assertions are for clients that authenticate; register with a secret or keys.",
        )
        .into());
    }
    let text = params.require("assertion")?;
    let unverified = Unverified::read(text).map_err(|error| refused(&client, &error))?;
    let provider = trusted(hub, issuer, &client, &unverified.issuer).await?;
    let space = db::spaces::find(&hub.db, provider.space).await?;
    let space = space.map(Arc::new).ok_or_else(space_disabled)?;
    not_allowed::check_client(&space.clients, &client, Some(BY_ASSERTION))?;
    not_allowed::check_network(&space.networks, address)?;
    let assertion = verify(hub, issuer, (&client, &provider), &unverified, requester).await?;
    let scopes = provider.scopes.intersection(client.scopes);
    let access = asserted_access::of(hub, issuer, (&*space, scopes), &assertion, params).await?;
    let confirmed = asserted_user::confirm(hub, &space, &provider, &assertion).await?;
    let asserted = Asserted {
        client: &client,
        provider: &provider,
        space: &space,
        assertion: &assertion,
        access: &access,
        confirmed,
    };
    issue(hub, issuer, &asserted).await
}

/// The one provider with this issuer that may vouch for users here.
async fn trusted(
    hub: &AppState,
    issuer: &Issuer,
    client: &Client,
    claimed: &str,
) -> Result<IdentityProvider, JsonError> {
    let space = issuer.space_id().or(client.space_id);
    let mut trusted = db::identity_providers::trusted(&hub.db, claimed, space).await?;
    let (only, other) = (trusted.pop(), trusted.pop());
    match (only, other) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(invalid_grant(
            "Several Backlog spaces trust this identity provider; use the URL of a space.",
        )
        .into()),
        (None, _) => {
            Err(invalid_grant("The issuer of the identity assertion is not trusted here.").into())
        }
    }
}

async fn verify(
    hub: &AppState,
    issuer: &Issuer,
    (client, provider): (&Client, &IdentityProvider),
    unverified: &Unverified<'_>,
    requester: Requester,
) -> Result<IdentityAssertion, JsonError> {
    let expected = Expected {
        issuer: &provider.issuer,
        audience: provider.audience.as_deref().unwrap_or(&issuer.url),
        client_id: &client.client_id,
        // An audience that the operator set may be that of several servers.
        needs_resource: provider.audience.is_some(),
        now: hub.clock.now(),
    };
    let check = |jwks: &str| unverified.verify(jwks, expected);
    let verified = hub.identity_keys.check(provider, requester, check).await?;
    Ok(verified.map_err(|error| refused(client, &error))?)
}

/// The error of a wrong assertion. The reason is logged; the claims are not, as they name a user.
fn refused(client: &Client, error: &IdentityError) -> OAuthError {
    let client_id = &client.client_id;
    tracing::info!(client_id, %error, "an identity assertion was rejected");
    match error {
        IdentityError::Claim(name) => OAuthError::new(
            ErrorCode::InvalidGrant,
            format!("The claim '{name}' of the identity assertion is missing or wrong."),
        ),
        IdentityError::Unsupported(name) => OAuthError::new(
            ErrorCode::InvalidGrant,
            format!("The identity assertion has '{name}', which this server does not support."),
        ),
        _ => invalid_grant(NOT_VALID),
    }
}

/// Issues the access token, all or nothing. Rows are locked in one order everywhere: the audit trail,
/// spaces, clients, providers, accounts, grants.
async fn issue(
    hub: &AppState,
    issuer: &Issuer,
    asserted: &Asserted<'_>,
) -> Result<TokenResponse, JsonError> {
    let Asserted {
        client,
        provider,
        space,
        assertion,
        access,
        confirmed,
    } = asserted;
    let mut transaction = begin(hub, asserted).await?;
    let user = asserted_user::hold(&mut transaction, provider, assertion, *confirmed).await?;
    let user = user.map_err(|error| error.logged(space, provider))?;
    let grant = grant(hub, &mut transaction, issuer, asserted, user).await?;
    let (scopes, latest) = (access.scopes, assertion.expires_at);
    let issued = issue_access_token_until(hub, &mut transaction, grant, scopes, latest).await?;
    let Some((access_token, lifetime)) = issued else {
        return Err(refused(client, &IdentityError::Claim("exp")).into());
    };
    let subject = &assertion.subject;
    db::asserted_access::note_identity(&mut *transaction, grant, subject, scopes).await?;
    transaction.commit().await?;
    let (space, issuer) = (&space.slug, &provider.issuer);
    tracing::info!(%grant, space, issuer, "an identity assertion was exchanged");
    Ok(TokenResponse {
        access_token: access_token.reveal().to_owned(),
        token_type: "Bearer".to_owned(),
        expires_in: lifetime.as_secs(),
        refresh_token: None,
        scope: scopes.to_string(),
    })
}

/// Begins the transaction with the rows locked by which the assertion was judged, and the assertion
/// marked as used.
async fn begin(
    hub: &AppState,
    asserted: &Asserted<'_>,
) -> Result<Transaction<'static, Postgres>, JsonError> {
    let Asserted {
        client,
        provider,
        space,
        assertion,
        ..
    } = asserted;
    let mut transaction = hub.db.begin().await?;
    // The audit event names the user. An erasure locks in the same order.
    db::audit_events::lock_to_write(&mut *transaction).await?;
    let open = db::spaces::hold_open_at(&mut *transaction, space.id, &space.base_url).await?;
    open.ok_or_else(space_disabled)?;
    db::clients::touch(&mut *transaction, client.key).await?;
    if !db::identity_providers::hold(&mut *transaction, provider).await? {
        return Err(invalid_grant(
            "The trust in the identity provider has just been changed; present another assertion.",
        )
        .into());
    }
    let (jti, expires_at) = (assertion.jti, assertion.expires_at);
    let first = db::identity_assertions::first_use(&mut *transaction, provider.id, jti, expires_at);
    if !first.await? {
        return Err(JsonError::Replayed(
            invalid_grant("The identity assertion was used before."),
            SecurityEvent::AssertionReplayed,
        ));
    }
    Ok(transaction)
}

/// The grant of the user for this client, endpoint and provider. Its row has the scopes of the newest
/// assertion; each access token has its own.
async fn grant(
    hub: &AppState,
    db: &mut PgConnection,
    issuer: &Issuer,
    asserted: &Asserted<'_>,
    user: AssertedUser,
) -> Result<GrantId, sqlx::Error> {
    let (access, provider) = (asserted.access, asserted.provider.id);
    let grant = Grant {
        id: GrantId::new(&hub.clock, &hub.random),
        space_id: asserted.space.id,
        client: asserted.client.key,
        backlog_user_id: user.id,
        backlog_user_name: user.name,
        scopes: access.scopes,
        issuer: issuer.url.clone(),
        resource: access.resource.clone(),
        redirect_uri: Some(BY_ASSERTION.to_owned()),
        projects: consent_projects::of_resource(&access.resource),
    };
    let max_age = hub.lifetimes.grant;
    let Some(known) = db::asserted_access::find(&mut *db, &grant, provider, max_age).await? else {
        db::asserted_access::insert(&mut *db, &grant, provider).await?;
        return Ok(grant.id);
    };
    if known.scopes != access.scopes {
        db::asserted_access::set_scopes(&mut *db, known.id, access.scopes).await?;
    }
    Ok(known.id)
}
