//! `hub.upload_links`: links that take one file each. A link of a grant that has ended is as if it
//! did not exist.

use std::time::Duration;

use chrono::{DateTime, Utc};
use oauth_values::token::TokenHash;
use sqlx::{PgExecutor, postgres::types::PgInterval};
use uuid::Uuid;

use super::unreadable;
use crate::domain::{
    GrantId, UploadLinkId,
    upload_link::{UploadLinkState, UploadedFile},
};

pub struct NewUploadLink<'a> {
    pub hash: TokenHash,
    pub id: UploadLinkId,
    pub grant: GrantId,
    pub file_name: Option<&'a str>,
    pub lifetime: Duration,
}

pub struct Inserted {
    pub expires_at: DateTime<Utc>,
    /// The MCP endpoint of the grant.
    pub resource: String,
}

/// Stores a link; `None` if the grant has ended.
#[tracing::instrument(level = "debug", name = "db.upload_links.insert", skip_all, fields(db.system.name = "postgresql"))]
pub async fn insert(
    db: impl PgExecutor<'_>,
    link: &NewUploadLink<'_>,
) -> Result<Option<Inserted>, sqlx::Error> {
    sqlx::query_as!(
        Inserted,
        r#"WITH inserted AS (
               INSERT INTO hub.upload_links (link_hash, id, grant_id, file_name, expires_at)
               SELECT $1::bytea, $2, grants.id, $4, clock_timestamp() + $5::interval
               FROM hub.grants AS grants WHERE grants.id = $3 AND grants.revoked_at IS NULL
               RETURNING grant_id, expires_at)
           SELECT inserted.expires_at AS "expires_at!", grants.resource
           FROM inserted JOIN hub.grants AS grants ON grants.id = inserted.grant_id"#,
        link.hash.as_bytes(),
        link.id.0,
        link.grant.0,
        link.file_name,
        PgInterval::try_from(link.lifetime).map_err(sqlx::Error::Encode)?,
    )
    .fetch_optional(db)
    .await
}

/// The number of links of a grant that can still be used.
pub async fn count_open(db: impl PgExecutor<'_>, grant: GrantId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM hub.upload_links
           WHERE grant_id = $1 AND used_at IS NULL AND expires_at > clock_timestamp()"#,
        grant.0
    )
    .fetch_one(db)
    .await
}

/// A link as it is now.
#[derive(Debug)]
pub struct UploadLink {
    pub id: UploadLinkId,
    /// The name that its client proposed.
    pub file_name: Option<String>,
    pub state: UploadLinkState,
}

struct Row {
    id: UploadLinkId,
    file_name: Option<String>,
    is_expired: bool,
    is_in_progress: bool,
    attachment_id: Option<i64>,
    file_size: Option<i64>,
}

impl TryFrom<Row> for UploadLink {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let state = match (row.attachment_id, row.file_size) {
            (Some(attachment_id), Some(size)) => UploadLinkState::Used(UploadedFile {
                attachment_id,
                name: row
                    .file_name
                    .clone()
                    .ok_or_else(|| unreadable("upload_links.file_name"))?,
                size,
            }),
            // An attempt that began in time may end late.
            _ if row.is_in_progress => UploadLinkState::InProgress,
            _ if row.is_expired => UploadLinkState::Expired,
            _ => UploadLinkState::Open,
        };
        Ok(Self {
            id: row.id,
            file_name: row.file_name,
            state,
        })
    }
}

/// Finds a link by its secret.
#[tracing::instrument(level = "debug", name = "db.upload_links.find", skip_all, fields(db.system.name = "postgresql"))]
pub async fn find(
    db: impl PgExecutor<'_>,
    hash: TokenHash,
) -> Result<Option<UploadLink>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"SELECT links.id AS "id: UploadLinkId", links.file_name, links.attachment_id, links.file_size,
                  links.expires_at <= clock_timestamp() AS "is_expired!",
                  coalesce(links.attempt_until > clock_timestamp(), false) AS "is_in_progress!"
           FROM hub.upload_links AS links
           JOIN hub.grants AS grants ON grants.id = links.grant_id
           WHERE links.link_hash = $1 AND grants.revoked_at IS NULL"#,
        hash.as_bytes()
    )
    .fetch_optional(db)
    .await?
    .map(UploadLink::try_from)
    .transpose()
}

/// Finds a link of a grant by its id.
#[tracing::instrument(level = "debug", name = "db.upload_links.find_of_grant", skip_all, fields(db.system.name = "postgresql"))]
pub async fn find_of_grant(
    db: impl PgExecutor<'_>,
    grant: GrantId,
    id: UploadLinkId,
) -> Result<Option<UploadLink>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"SELECT links.id AS "id: UploadLinkId", links.file_name, links.attachment_id, links.file_size,
                  links.expires_at <= clock_timestamp() AS "is_expired!",
                  coalesce(links.attempt_until > clock_timestamp(), false) AS "is_in_progress!"
           FROM hub.upload_links AS links
           JOIN hub.grants AS grants ON grants.id = links.grant_id
           WHERE links.id = $1 AND links.grant_id = $2 AND grants.revoked_at IS NULL"#,
        id.0,
        grant.0,
    )
    .fetch_optional(db)
    .await?
    .map(UploadLink::try_from)
    .transpose()
}

/// Begins an attempt; false if the link is used, expired or held by another attempt. It holds the
/// link for `lease` at most, after which a process that crashed has lost it.
#[tracing::instrument(level = "debug", name = "db.upload_links.begin", skip_all, fields(db.system.name = "postgresql"))]
pub async fn begin(
    db: impl PgExecutor<'_>,
    hash: TokenHash,
    attempt: Uuid,
    lease: Duration,
) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.upload_links AS links
         SET attempt = $2, attempt_until = clock_timestamp() + $3::interval
         FROM hub.grants AS grants
         WHERE links.link_hash = $1 AND links.used_at IS NULL
           AND links.expires_at > clock_timestamp()
           AND coalesce(links.attempt_until <= clock_timestamp(), true)
           AND grants.id = links.grant_id AND grants.revoked_at IS NULL",
        hash.as_bytes(),
        attempt,
        PgInterval::try_from(lease).map_err(sqlx::Error::Encode)?,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// Ends an attempt that failed, so that the link can be used again.
pub async fn release(
    db: impl PgExecutor<'_>,
    hash: TokenHash,
    attempt: Uuid,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.upload_links SET attempt = NULL, attempt_until = NULL
         WHERE link_hash = $1 AND attempt = $2",
        hash.as_bytes(),
        attempt,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Records the file of an attempt, after which the link is used; false if the grant has ended
/// meanwhile, or the attempt has lost the link.
pub async fn complete(
    db: impl PgExecutor<'_>,
    hash: TokenHash,
    attempt: Uuid,
    file: &UploadedFile,
) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.upload_links AS links
         SET used_at = clock_timestamp(), attachment_id = $3, file_name = $4, file_size = $5,
             attempt = NULL, attempt_until = NULL
         FROM hub.grants AS grants
         WHERE links.link_hash = $1 AND links.attempt = $2 AND links.used_at IS NULL
           AND grants.id = links.grant_id AND grants.revoked_at IS NULL",
        hash.as_bytes(),
        attempt,
        file.attachment_id,
        file.name,
        file.size,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}
