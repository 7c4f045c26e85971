//! Sign-ins that wait for their user's confirmation, in the rows of `hub.authorization_requests`:
//! asked → confirmed or declined.

use std::{collections::BTreeSet, time::Duration};

use oauth_values::{Scopes, token::TokenHash};
use sqlx::{PgExecutor, postgres::types::PgInterval};

use super::{
    authorization_requests::{Request, Row},
    hash_from_sql, scopes_from_sql,
};
use crate::domain::{AuthorizationRequestId, BacklogUser, SpaceId};

/// Stores who has signed in at Backlog. Until the time is over, the user can confirm it.
pub async fn ask(
    db: impl PgExecutor<'_>,
    id: AuthorizationRequestId,
    user: &BacklogUser,
    restored: bool,
    time: Duration,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.authorization_requests
         SET backlog_user_id = $2, backlog_user_name = $3, account_restored = $4,
             confirm_until = clock_timestamp() + $5::interval
         WHERE id = $1 AND finished_at IS NOT NULL AND confirm_until IS NULL",
        id.0,
        user.id,
        user.name,
        restored,
        PgInterval::try_from(time).map_err(sqlx::Error::Encode)?,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// A sign-in that waits for a confirmation, or has waited for one.
pub struct Waiting {
    pub request: Request,
    pub space: SpaceId,
    pub granted: Scopes,
    /// The keys of the only projects that it is for; `None` for no restriction.
    pub projects: Option<BTreeSet<String>>,
    pub browser: TokenHash,
    pub user: BacklogUser,
    /// Whether the sign-in has restored the account.
    pub restored: bool,
    pub state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Asked,
    Expired,
    Granted,
    Declined,
}

pub async fn find(
    db: impl PgExecutor<'_>,
    id: AuthorizationRequestId,
) -> Result<Option<Waiting>, sqlx::Error> {
    let Some(row) = sqlx::query!(
        r#"SELECT id, client_id, issuer, redirect_uri, state, code_challenge,
                  rtrim(resource, '/') AS "resource!", scopes, browser_hash,
                  space_id AS "space_id!", granted_scopes AS "granted_scopes!",
                  granted_projects::text[] AS granted_projects,
                  backlog_user_id AS "backlog_user_id!",
                  backlog_user_name AS "backlog_user_name!",
                  account_restored AS "account_restored!", confirmed_at IS NOT NULL AS "confirmed!",
                  confirmed_answer IS NOT NULL AS "granted!",
                  confirm_until <= clock_timestamp() AS "expired!"
           FROM hub.authorization_requests WHERE id = $1 AND confirm_until IS NOT NULL"#,
        id.0,
    )
    .fetch_optional(db)
    .await?
    else {
        return Ok(None);
    };
    Ok(Some(Waiting {
        space: SpaceId(row.space_id),
        granted: scopes_from_sql(&row.granted_scopes),
        projects: row.granted_projects.map(BTreeSet::from_iter),
        browser: hash_from_sql(&row.browser_hash, "authorization_requests.browser_hash")?,
        user: BacklogUser {
            id: row.backlog_user_id,
            name: row.backlog_user_name,
        },
        restored: row.account_restored,
        state: match (row.confirmed, row.granted, row.expired) {
            (true, true, _) => State::Granted,
            (true, false, _) => State::Declined,
            (false, _, true) => State::Expired,
            (false, _, false) => State::Asked,
        },
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

/// asked → confirmed or declined, for the one request that may do it. Another one waits until the
/// first is committed, and gets false.
pub async fn decide(
    db: impl PgExecutor<'_>,
    id: AuthorizationRequestId,
) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.authorization_requests SET confirmed_at = clock_timestamp()
         WHERE id = $1 AND confirmed_at IS NULL AND confirm_until > clock_timestamp()",
        id.0
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// Stores the sealed response to the client ([`crate::domain::space::confirmed_response_place`]).
pub async fn keep_response(
    db: impl PgExecutor<'_>,
    id: AuthorizationRequestId,
    sealed: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.authorization_requests SET confirmed_answer = $2::text WHERE id = $1",
        id.0,
        sealed,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// The sealed response to the client, for a time after the confirmation.
pub async fn repeatable_response(
    db: impl PgExecutor<'_>,
    id: AuthorizationRequestId,
    time: Duration,
) -> Result<Option<String>, sqlx::Error> {
    let found = sqlx::query_scalar!(
        "SELECT confirmed_answer FROM hub.authorization_requests
         WHERE id = $1 AND confirmed_at > clock_timestamp() - $2::interval",
        id.0,
        PgInterval::try_from(time).map_err(sqlx::Error::Encode)?,
    )
    .fetch_optional(db)
    .await?;
    Ok(found.flatten())
}
