//! Who the user of an account is, for spaces that trust an identity provider.

use oauth_values::token::TokenHash;
use sqlx::PgExecutor;

use crate::domain::{AccountId, BacklogUser, SpaceId};

/// Stores the name of a user, as Backlog has it now, and the hash of the address.
pub async fn remember(
    db: impl PgExecutor<'_>,
    space: SpaceId,
    user: &BacklogUser,
    mail: Option<TokenHash>,
) -> Result<(), sqlx::Error> {
    let mail = mail.as_ref().map(TokenHash::as_bytes);
    sqlx::query!(
        "UPDATE hub.accounts SET backlog_user_name = $3, mail_hash = $4::bytea
         WHERE space_id = $1 AND backlog_user_id = $2",
        space.0,
        user.id,
        user.name,
        mail,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// A user with an address, as stored at the last sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithMail {
    pub backlog_user_id: i64,
    pub account: AccountId,
}

/// The one user of the space with this address; `None` if there are several.
pub async fn user_with_mail(
    db: impl PgExecutor<'_>,
    space: SpaceId,
    mail: TokenHash,
) -> Result<Option<WithMail>, sqlx::Error> {
    let mut users = sqlx::query_as!(
        WithMail,
        r#"SELECT backlog_user_id, id AS "account: AccountId" FROM hub.accounts
           WHERE space_id = $1 AND mail_hash = $2::bytea LIMIT 2"#,
        space.0,
        mail.as_bytes(),
    )
    .fetch_all(db)
    .await?;
    let (only, other) = (users.pop(), users.pop());
    Ok(only.filter(|_| other.is_none()))
}

/// The name of the user of an account: that of the last sign-in, or of the newest grant.
pub async fn name_of(
    db: impl PgExecutor<'_>,
    space: SpaceId,
    backlog_user_id: i64,
) -> Result<Option<String>, sqlx::Error> {
    let found = sqlx::query_scalar!(
        "SELECT coalesce(accounts.backlog_user_name, (
                    SELECT grants.backlog_user_name FROM hub.grants AS grants
                    WHERE grants.space_id = accounts.space_id
                      AND grants.backlog_user_id = accounts.backlog_user_id
                    ORDER BY grants.id DESC LIMIT 1)) AS name
         FROM hub.accounts AS accounts
         WHERE accounts.space_id = $1 AND accounts.backlog_user_id = $2",
        space.0,
        backlog_user_id,
    )
    .fetch_optional(db)
    .await?;
    Ok(found.flatten())
}
