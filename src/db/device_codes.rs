//! `hub.device_codes`: devices that wait for their user (RFC 8628): asked → approved or denied, and an
//! approved one is exchanged once.

use std::time::Duration;

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use oauth_values::{Scopes, token::TokenHash};
use sqlx::{PgExecutor, postgres::types::PgInterval};

use super::{
    clients::{client_of, select_with_client},
    interval, scopes_from_sql, scopes_to_sql, scopes_with_levels,
    spaces::allowed_clients,
    time_left,
};
use crate::domain::{
    AllowedClients, AllowedNetworks, Client, ClientKey, DeviceCodeId, GrantId, SpaceId,
};

/// A request of a device.
pub struct NewDeviceCode<'a> {
    pub id: DeviceCodeId,
    pub device_code: TokenHash,
    pub user_code: TokenHash,
    pub client: ClientKey,
    /// The only space that it can be approved in; `None` where the user chooses.
    pub space: Option<SpaceId>,
    pub issuer: &'a str,
    pub resource: &'a str,
    pub scopes: Scopes,
    /// The network that it came from, if it is kept.
    pub network: Option<IpNet>,
    /// A keyed check of that network and the user code.
    pub network_check: Option<[u8; 8]>,
    pub lifetime: Duration,
}

/// Stores a request. Returns false if another one has the same user code.
pub async fn insert(db: impl PgExecutor<'_>, new: &NewDeviceCode<'_>) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "INSERT INTO hub.device_codes
            (id, device_code_hash, user_code_hash, client_id, space_id, issuer, resource, scopes,
             network, network_check, expires_at)
         VALUES ($1, $2::bytea, $3::bytea, $4, $5, $6, $7, $8::text[], $9::text::inet, $10,
                 clock_timestamp() + $11::interval)
         ON CONFLICT (user_code_hash) DO NOTHING",
        new.id.0,
        new.device_code.as_bytes(),
        new.user_code.as_bytes(),
        new.client.0,
        new.space.map(|space| space.0),
        new.issuer,
        new.resource,
        &scopes_to_sql(new.scopes),
        new.network.map(|network| network.to_string()),
        new.network_check.as_ref().map(<[u8; 8]>::as_slice),
        PgInterval::try_from(new.lifetime).map_err(sqlx::Error::Encode)?,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// A request that waits for its user.
pub struct Waiting {
    pub id: DeviceCodeId,
    pub client: ClientKey,
    pub issuer: String,
    pub resource: String,
    pub scopes: Scopes,
    pub network: Option<String>,
    pub network_check: Option<Vec<u8>>,
    pub asked_at: DateTime<Utc>,
}

/// The undecided request with a user code, if it can be approved in the space.
pub async fn find_waiting(
    db: impl PgExecutor<'_>,
    user_code: TokenHash,
    space: SpaceId,
) -> Result<Option<Waiting>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT id, client_id, issuer, resource, scopes, network::text AS network, network_check,
                created_at
         FROM hub.device_codes
         WHERE user_code_hash = $1 AND (space_id IS NULL OR space_id = $2)
           AND decided_at IS NULL AND expires_at > clock_timestamp()",
        user_code.as_bytes(),
        space.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Waiting {
        id: DeviceCodeId(row.id),
        client: ClientKey(row.client_id),
        issuer: row.issuer,
        resource: row.resource,
        scopes: scopes_from_sql(&row.scopes),
        network: row.network,
        network_check: row.network_check,
        asked_at: row.created_at,
    }))
}

/// asked → approved, with [`give`] in the same transaction, for the one form that may decide it. Another
/// one waits until the first is committed, and gets false. Where the code was asked for has been shown,
/// and is forgotten.
pub async fn decide(db: impl PgExecutor<'_>, id: DeviceCodeId) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.device_codes
         SET decided_at = clock_timestamp(), network = NULL, network_check = NULL
         WHERE id = $1 AND decided_at IS NULL AND expires_at > clock_timestamp()",
        id.0
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// asked → denied, as [`decide`], by the user of a session, whom the audit event names. `None`: the
/// session has ended.
pub async fn deny(
    db: impl PgExecutor<'_>,
    id: DeviceCodeId,
    session: TokenHash,
) -> Result<Option<bool>, sqlx::Error> {
    sqlx::query_scalar!("SELECT hub.deny_device($1, $2)", id.0, session.as_bytes())
        .fetch_one(db)
        .await
}

/// Gives the grant to a request that this transaction has decided.
pub async fn give(
    db: impl PgExecutor<'_>,
    id: DeviceCodeId,
    grant: GrantId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.device_codes SET grant_id = $2 WHERE id = $1",
        id.0,
        grant.0
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// A request as its device knows it.
pub struct Stored {
    pub client: ClientKey,
    pub issuer: String,
    pub resource: String,
    pub state: State,
}

pub enum State {
    Waiting,
    Denied,
    Expired,
    Approved(Approved),
    Consumed(GrantId),
}

/// What an approved request is checked against.
pub struct Approved {
    pub grant: GrantId,
    pub scopes: Scopes,
    pub grant_revoked: bool,
    pub space_disabled: bool,
    pub allowed_clients: AllowedClients,
    pub allowed_networks: AllowedNetworks,
    /// The time until the grant exceeds the longest age, if there is one.
    pub time_left: Option<Duration>,
}

/// Finds a request and its client; `max_age` is the longest age of a grant, if there is one.
pub async fn find(
    db: impl PgExecutor<'_>,
    device_code: TokenHash,
    max_age: Option<Duration>,
) -> Result<Option<(Stored, Client)>, sqlx::Error> {
    let row = select_with_client!(
        [
            r#"codes.issuer, codes.resource, codes.expires_at <= clock_timestamp() AS "expired!",
               codes.decided_at IS NOT NULL AS "decided!",
               codes.consumed_at IS NOT NULL AS "consumed!",
               grants.id AS "grant_id?", grants.scopes AS "scopes?", grants.levels,
               grants.revoked_at IS NOT NULL AS "grant_revoked!",
               spaces.disabled_at IS NOT NULL AS "space_disabled!",
               spaces.client_policy AS "client_policy?", spaces.client_hosts AS "client_hosts?",
               spaces.allowed_networks::text[] AS allowed_networks,
               extract(epoch FROM grants.created_at + $2::interval - clock_timestamp())::float8
                   AS time_left"#
        ],
        "FROM hub.device_codes AS codes
         JOIN hub.clients AS clients ON clients.id = codes.client_id
         LEFT JOIN hub.grants AS grants ON grants.id = codes.grant_id
         LEFT JOIN hub.spaces AS spaces ON spaces.id = grants.space_id
         WHERE codes.device_code_hash = $1 AND NOT clients.is_personal",
        device_code.as_bytes(),
        interval(max_age)?,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let state = match (row.grant_id, row.consumed, row.expired, row.decided) {
        (Some(grant), true, _, _) => State::Consumed(GrantId(grant)),
        (_, _, true, _) => State::Expired,
        (Some(grant), false, false, _) => State::Approved(Approved {
            grant: GrantId(grant),
            scopes: scopes_with_levels(&row.scopes.unwrap_or_default(), row.levels.as_deref()),
            grant_revoked: row.grant_revoked,
            space_disabled: row.space_disabled,
            allowed_clients: allowed_clients(
                &row.client_policy.unwrap_or_default(),
                row.client_hosts.unwrap_or_default(),
            ),
            allowed_networks: AllowedNetworks::of(row.allowed_networks),
            time_left: row.time_left.map(time_left),
        }),
        (None, _, false, true) => State::Denied,
        (None, _, false, false) => State::Waiting,
    };
    let stored = Stored {
        client: ClientKey(row.client_key),
        issuer: row.issuer,
        resource: row.resource,
        state,
    };
    Ok(Some((stored, client_of!(row)?)))
}

/// Whether a device code is stored, used or not.
pub async fn exists(db: impl PgExecutor<'_>, device_code: TokenHash) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM hub.device_codes WHERE device_code_hash = $1) AS "exists!""#,
        device_code.as_bytes()
    )
    .fetch_one(db)
    .await
}
