//! The statements of a sign-in that concern several tables, within its transaction: who arrives from
//! Backlog, and what its browser and client get. One round trip serves where the rows do not depend
//! on each other.

use std::time::Duration;

use oauth_values::{Scopes, token::TokenHash};
use sqlx::{PgExecutor, postgres::types::PgInterval};

use super::{
    authorization_codes::NewCode, clients::provenance, consents::ConsentKey, scopes_to_sql,
    spaces::allowed_clients,
};
use crate::domain::{AllowedClients, BacklogUser, ClientKey, ConsentId, Provenance, SpaceId};

/// A user who comes back from Backlog.
pub struct Arrival<'a> {
    pub space: SpaceId,
    /// The site that issued Backlog's code.
    pub base_url: &'a str,
    pub client: ClientKey,
    pub browser: TokenHash,
    pub backlog_user_id: i64,
}

/// The space in which the user arrives.
pub struct Arrived {
    /// The clients with which users may sign in.
    pub clients: AllowedClients,
    /// Whether the space trusts an identity provider.
    pub has_identity_provider: bool,
    /// Whether the last sign-in of this browser in the space was by the same user.
    pub is_known: bool,
    /// What is proven about the client, if the user is known and there still is one. It was recorded
    /// as used.
    pub client: Option<Provenance>,
}

/// Locks the space, and then the client of a known user, until the transaction ends. `None`: the space
/// is at another site or disabled.
#[tracing::instrument(level = "debug", name = "db.sign_ins.arrive", skip_all, fields(db.system.name = "postgresql"))]
pub async fn arrive(
    db: impl PgExecutor<'_>,
    arrival: &Arrival<'_>,
) -> Result<Option<Arrived>, sqlx::Error> {
    let row = sqlx::query!(
        r#"WITH space AS (
               SELECT id, client_policy, client_hosts FROM hub.spaces
               WHERE id = $1 AND base_url = $2 AND disabled_at IS NULL FOR SHARE),
           known AS (
               SELECT space.id FROM space
               JOIN hub.browser_spaces AS browsers ON browsers.space_id = space.id
               WHERE browsers.browser_hash = $4::bytea AND browsers.backlog_user_id = $5
                 AND browsers.expires_at > clock_timestamp()),
           client AS (
               UPDATE hub.clients AS clients SET last_used_at = clock_timestamp()
               FROM known WHERE clients.id = $3
               RETURNING clients.origin, clients.client_id)
           SELECT space.client_policy AS "client_policy!", space.client_hosts AS "client_hosts!",
                  EXISTS (SELECT FROM hub.identity_providers AS providers
                          WHERE providers.space_id = space.id) AS "has_identity_provider!",
                  EXISTS (SELECT FROM known) AS "is_known!",
                  (SELECT origin FROM client) AS origin,
                  (SELECT client_id FROM client) AS oauth_client
           FROM space"#,
        arrival.space.0,
        arrival.base_url,
        arrival.client.0,
        arrival.browser.as_bytes(),
        arrival.backlog_user_id,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let client = row.origin.zip(row.oauth_client);
    let client = client.map(|(origin, client_id)| provenance(&origin, client_id));
    Ok(Some(Arrived {
        clients: allowed_clients(&row.client_policy, row.client_hosts),
        has_identity_provider: row.has_identity_provider,
        is_known: row.is_known,
        client: client.transpose()?,
    }))
}

/// What becomes of the browser's remembered approval.
pub enum Approval {
    Remembered(ConsentId, Scopes),
    Forgotten,
    Unchanged,
}

/// What the client and the browser get from a sign-in.
pub struct Conclusion<'a> {
    pub code: NewCode<'a>,
    pub key: ConsentKey<'a>,
    pub approval: Approval,
    pub user: &'a BacklogUser,
    /// How long the browser remembers the user and the approval.
    pub lifetime: Duration,
}

/// Stores the code of a new grant, the user of the browser, and the approval.
#[tracing::instrument(level = "debug", name = "db.sign_ins.conclude", skip_all, fields(db.system.name = "postgresql"))]
pub async fn conclude(
    db: impl PgExecutor<'_>,
    conclusion: &Conclusion<'_>,
) -> Result<(), sqlx::Error> {
    let Conclusion { code, key, .. } = conclusion;
    let (approval, scopes) = match conclusion.approval {
        Approval::Remembered(id, scopes) => (Some(id.0), scopes_to_sql(scopes)),
        Approval::Forgotten | Approval::Unchanged => (None, Vec::new()),
    };
    sqlx::query!(
        "WITH code AS (
             INSERT INTO hub.authorization_codes
                 (code_hash, grant_id, redirect_uri, code_challenge, expires_at)
             VALUES ($1::bytea, $2, $3, $4, clock_timestamp() + $5::interval)),
         browser AS (
             INSERT INTO hub.browser_spaces
                 (browser_hash, space_id, backlog_user_id, backlog_user_name, expires_at)
             VALUES ($6::bytea, $7, $8, $9, clock_timestamp() + $10::interval)
             ON CONFLICT (browser_hash, space_id) DO UPDATE
                SET backlog_user_id = excluded.backlog_user_id,
                    backlog_user_name = excluded.backlog_user_name,
                    expires_at = excluded.expires_at),
         forgotten AS (
             DELETE FROM hub.consents
             WHERE $15::boolean AND browser_hash = $6::bytea AND client_id = $11
               AND space_id = $7 AND redirect_uri = $12)
         INSERT INTO hub.consents
             (id, browser_hash, client_id, space_id, redirect_uri, scopes, expires_at)
         SELECT $13::uuid, $6::bytea, $11, $7, $12, $14::text[],
                clock_timestamp() + $10::interval
         WHERE $13::uuid IS NOT NULL
         ON CONFLICT (browser_hash, client_id, space_id, redirect_uri)
            DO UPDATE SET scopes = excluded.scopes, expires_at = excluded.expires_at",
        code.hash.as_bytes(),
        code.grant.0,
        code.redirect_uri,
        code.code_challenge.as_str(),
        PgInterval::try_from(code.lifetime).map_err(sqlx::Error::Encode)?,
        key.browser.as_bytes(),
        key.space.0,
        conclusion.user.id,
        conclusion.user.name,
        PgInterval::try_from(conclusion.lifetime).map_err(sqlx::Error::Encode)?,
        key.client.0,
        key.redirect_uri,
        approval,
        &scopes,
        matches!(conclusion.approval, Approval::Forgotten),
    )
    .execute(db)
    .await
    .map(|_| ())
}
