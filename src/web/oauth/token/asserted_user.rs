//! The Backlog user that the subject of an identity assertion is.
//!
//! 1. A subject that is linked stays the user that it was first.
//! 2. Otherwise, if the provider maps by address, the one account of the space with the asserted
//!    address is linked to it. A user that is linked to another subject is not: an address can be
//!    given to somebody else.
//! 3. The user must have an account, whose tokens are used: one sign-in at Backlog.

use oauth_values::{ErrorCode, OAuthError, identity_assertion::IdentityAssertion};
use sqlx::PgConnection;

use crate::{
    db,
    domain::{IdentityProvider, Mapping, account::Standing, identity_provider::mail_hash},
};

/// The user, with the account's row locked until the transaction ends.
pub(super) struct AssertedUser {
    pub id: i64,
    pub name: String,
}

/// Why there is no user. The text is for the client, and says nothing of other users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoUser {
    #[error(
        "The user of the identity assertion is not known in this Backlog space. The user has to \
         sign in to Backlog here once, or the operator has to link the identity."
    )]
    Unknown,
    #[error("Backlog no longer accepts the sign-in of this user; the user has to sign in again.")]
    Ended,
}

impl From<NoUser> for OAuthError {
    fn from(error: NoUser) -> Self {
        Self::new(ErrorCode::InvalidGrant, error.to_string())
    }
}

/// Finds the user and locks the account. The inner error is for the client.
pub(super) async fn hold(
    db: &mut PgConnection,
    provider: &IdentityProvider,
    assertion: &IdentityAssertion,
) -> Result<Result<AssertedUser, NoUser>, sqlx::Error> {
    let Some(id) = find(&mut *db, provider, assertion).await? else {
        return Ok(Err(NoUser::Unknown));
    };
    let Some(held) = db::accounts::hold(&mut *db, provider.space, id).await? else {
        return Ok(Err(NoUser::Unknown));
    };
    if held.account.standing == Standing::Ended {
        return Ok(Err(NoUser::Ended));
    }
    let name = db::accounts::identity::name_of(&mut *db, provider.space, id).await?;
    Ok(name
        .map(|name| AssertedUser { id, name })
        .ok_or(NoUser::Unknown))
}

async fn find(
    db: &mut PgConnection,
    provider: &IdentityProvider,
    assertion: &IdentityAssertion,
) -> Result<Option<i64>, sqlx::Error> {
    let subject = &assertion.subject;
    if let Some(user) = db::identity_links::follow(&mut *db, provider, subject).await? {
        return Ok(Some(user));
    }
    let (Mapping::Mail, Some(mail)) = (provider.mapping, &assertion.mail) else {
        return Ok(None);
    };
    let mail = mail_hash(provider.space, mail);
    let user = db::accounts::identity::user_with_mail(&mut *db, provider.space, mail).await?;
    let Some(user) = user else {
        return Ok(None);
    };
    db::identity_links::insert(&mut *db, provider, subject, user).await?;
    // The unique constraints have decided: the link is this one, another one's, or none.
    db::identity_links::follow(db, provider, subject).await
}
