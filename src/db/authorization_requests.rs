//! `hub.authorization_requests`: pending → approved → finished.

use std::{collections::BTreeSet, time::Duration};

use oauth_values::{CodeChallenge, RedirectUri, Scopes, token::TokenHash};
use sqlx::{PgExecutor, postgres::types::PgInterval};
use uuid::Uuid;

use super::{
    clients::{client_of, select_with_client},
    hash_from_sql, projects_to_sql, scopes_from_sql, scopes_to_sql, unreadable,
};
use crate::domain::{
    AuthorizationRequestId, Client, ClientKey, SpaceId, space::SHARED_REDIRECT_URI,
};

/// A sign-in that is waiting for the user's decision.
pub struct NewRequest<'a> {
    pub id: AuthorizationRequestId,
    pub client: ClientKey,
    pub issuer: &'a str,
    pub redirect_uri: &'a RedirectUri,
    pub state: Option<&'a str>,
    pub code_challenge: &'a CodeChallenge,
    pub resource: &'a str,
    pub scopes: Scopes,
    pub browser: TokenHash,
    pub csrf: TokenHash,
    pub lifetime: Duration,
}

/// The values needed to respond to the client, whatever the outcome.
pub struct Request {
    pub id: AuthorizationRequestId,
    pub client: ClientKey,
    pub issuer: String,
    pub redirect_uri: RedirectUri,
    pub state: Option<String>,
    pub code_challenge: CodeChallenge,
    pub resource: String,
    pub scopes: Scopes,
}

pub(super) struct Row {
    pub id: Uuid,
    pub client_id: Uuid,
    pub issuer: String,
    pub redirect_uri: String,
    pub state: Option<String>,
    pub code_challenge: String,
    pub resource: String,
    pub scopes: Vec<String>,
}

impl TryFrom<Row> for Request {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: AuthorizationRequestId(row.id),
            client: ClientKey(row.client_id),
            redirect_uri: RedirectUri::parse_trusted(&row.redirect_uri)
                .map_err(|_| unreadable("authorization_requests.redirect_uri"))?,
            state: row.state,
            code_challenge: CodeChallenge::parse(&row.code_challenge)
                .ok_or_else(|| unreadable("authorization_requests.code_challenge"))?,
            resource: row.resource,
            issuer: row.issuer,
            scopes: scopes_from_sql(&row.scopes),
        })
    }
}

pub async fn insert(db: impl PgExecutor<'_>, request: &NewRequest<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO hub.authorization_requests
            (id, client_id, issuer, redirect_uri, state, code_challenge, resource, scopes,
             browser_hash, csrf_hash, expires_at, asks_projects)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text[], $9::bytea, $10::bytea,
                 clock_timestamp() + $11::interval, true)",
        request.id.0,
        request.client.0,
        request.issuer,
        request.redirect_uri.as_str(),
        request.state,
        request.code_challenge.as_str(),
        request.resource,
        &scopes_to_sql(request.scopes),
        request.browser.as_bytes(),
        request.csrf.as_bytes(),
        PgInterval::try_from(request.lifetime).map_err(sqlx::Error::Encode)?,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// The stored request that a posted decision refers to.
pub struct Posted {
    pub request: Request,
    pub browser: TokenHash,
    pub csrf: Vec<u8>,
    pub decided: bool,
    pub expired: bool,
}

/// Finds a request and its client.
pub async fn find(
    db: impl PgExecutor<'_>,
    id: AuthorizationRequestId,
) -> Result<Option<(Posted, Client)>, sqlx::Error> {
    let Some(row) = select_with_client!(
        [
            r#"requests.id, requests.issuer, requests.redirect_uri, requests.state,
               requests.code_challenge, rtrim(requests.resource, '/') AS "resource!",
               requests.scopes, requests.browser_hash, requests.csrf_hash,
               requests.approved_at IS NOT NULL OR requests.finished_at IS NOT NULL AS "decided!",
               requests.expires_at <= clock_timestamp() AS "expired!""#
        ],
        "FROM hub.authorization_requests AS requests
         JOIN hub.clients AS clients ON clients.id = requests.client_id
         WHERE requests.id = $1",
        id.0,
    )
    .fetch_optional(db)
    .await?
    else {
        return Ok(None);
    };
    let posted = Posted {
        request: Row {
            id: row.id,
            client_id: row.client_key,
            issuer: row.issuer,
            redirect_uri: row.redirect_uri,
            state: row.state,
            code_challenge: row.code_challenge,
            resource: row.resource,
            scopes: row.scopes,
        }
        .try_into()?,
        browser: hash_from_sql(&row.browser_hash, "authorization_requests.browser_hash")?,
        csrf: row.csrf_hash,
        decided: row.decided,
        expired: row.expired,
    };
    Ok(Some((posted, client_of!(row)?)))
}

/// The user's approval.
pub struct Approval {
    pub space: SpaceId,
    pub scopes: Scopes,
    /// The keys of the only projects that it is for; `None` for no restriction.
    pub projects: Option<BTreeSet<String>>,
    pub backlog_state: TokenHash,
    /// The space's redirect URI at the time the user is sent to Backlog.
    pub backlog_redirect_uri: String,
    /// Sealed ([`crate::domain::space::verifier_place`]).
    pub backlog_verifier: String,
}

/// pending → approved. Returns false if it was already decided or has expired. With a restriction, a
/// slash ends the resource, as in a grant ([`super::grants`]).
pub async fn approve(
    db: impl PgExecutor<'_>,
    id: AuthorizationRequestId,
    approval: &Approval,
) -> Result<bool, sqlx::Error> {
    let projects = projects_to_sql(approval.projects.as_ref());
    sqlx::query!(
        "UPDATE hub.authorization_requests
         SET space_id = $2, granted_scopes = $3::text[], backlog_state_hash = $4::bytea,
             backlog_redirect_uri = $5, backlog_verifier = $6::text, approved_at = clock_timestamp(),
             asks_projects = false, granted_projects = $7::text[]::hub.project_key[],
             resource = CASE WHEN $7::text[] IS NULL THEN resource ELSE resource || '/' END
         WHERE id = $1 AND approved_at IS NULL AND finished_at IS NULL
           AND expires_at > clock_timestamp()",
        id.0,
        approval.space.0,
        &scopes_to_sql(approval.scopes),
        approval.backlog_state.as_bytes(),
        approval.backlog_redirect_uri,
        approval.backlog_verifier,
        projects.as_deref(),
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// pending → finished, by refusal. Returns false if it was already decided.
pub async fn deny(
    db: impl PgExecutor<'_>,
    id: AuthorizationRequestId,
) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.authorization_requests SET finished_at = clock_timestamp()
         WHERE id = $1 AND approved_at IS NULL AND finished_at IS NULL",
        id.0
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// An approved request, for which the user was sent to Backlog.
pub struct Approved {
    pub request: Request,
    pub space: SpaceId,
    /// The space's current slug.
    pub slug: String,
    pub granted: Scopes,
    /// The keys of the only projects that it is for; `None` for no restriction.
    pub projects: Option<BTreeSet<String>>,
    /// The redirect URI that was sent to Backlog.
    pub backlog_redirect_uri: String,
    /// Sealed; `None` if a replica of an older release recorded the approval.
    pub backlog_verifier: Option<String>,
    pub browser: TokenHash,
    pub finished: bool,
    /// Whether it waits for its user's confirmation ([`super::confirmations`]).
    pub unconfirmed: bool,
    pub expired: bool,
}

pub async fn find_by_backlog_state(
    db: impl PgExecutor<'_>,
    state: TokenHash,
) -> Result<Option<Approved>, sqlx::Error> {
    let Some(row) = sqlx::query!(
        r#"SELECT requests.id, client_id, issuer, requests.redirect_uri, state, code_challenge,
                  rtrim(resource, '/') AS "resource!", scopes, browser_hash,
                  spaces.id AS space_id, spaces.slug, granted_scopes AS "granted_scopes!",
                  granted_projects::text[] AS granted_projects, backlog_redirect_uri,
                  backlog_verifier, finished_at IS NOT NULL AS "finished!",
                  coalesce(confirm_until > clock_timestamp(), false) AND confirmed_at IS NULL
                      AS "unconfirmed!",
                  expires_at <= clock_timestamp() AS "expired!"
           FROM hub.authorization_requests AS requests
           JOIN hub.spaces AS spaces ON spaces.id = requests.space_id
           WHERE backlog_state_hash = $1"#,
        state.as_bytes()
    )
    .fetch_optional(db)
    .await?
    else {
        return Ok(None);
    };
    Ok(Some(Approved {
        space: SpaceId(row.space_id),
        slug: row.slug,
        backlog_redirect_uri: row
            .backlog_redirect_uri
            .unwrap_or_else(|| SHARED_REDIRECT_URI.to_owned()),
        backlog_verifier: row.backlog_verifier,
        granted: scopes_from_sql(&row.granted_scopes),
        projects: row.granted_projects.map(BTreeSet::from_iter),
        browser: hash_from_sql(&row.browser_hash, "authorization_requests.browser_hash")?,
        finished: row.finished,
        unconfirmed: row.unconfirmed,
        expired: row.expired,
        request: Row {
            id: row.id,
            client_id: row.client_id,
            issuer: row.issuer,
            redirect_uri: row.redirect_uri,
            state: row.state,
            code_challenge: row.code_challenge,
            resource: row.resource,
            scopes: row.scopes,
        }
        .try_into()?,
    }))
}

/// approved → finished, for the one callback that may continue, with the verifier it has read.
/// Returns false if another callback finished it first.
pub async fn finish(
    db: impl PgExecutor<'_>,
    id: AuthorizationRequestId,
) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.authorization_requests SET finished_at = clock_timestamp(), backlog_verifier = NULL
         WHERE id = $1 AND approved_at IS NOT NULL AND finished_at IS NULL
           AND expires_at > clock_timestamp()",
        id.0
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}
