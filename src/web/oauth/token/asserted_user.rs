//! The Backlog user that the subject of an identity assertion is.
//!
//! 1. A subject that is linked stays the user that it was first.
//! 2. Otherwise, if the provider maps by address, the one account of the space with the asserted
//!    address is looked for. What is stored is the address at the last sign-in, which may be somebody
//!    else's by now, so Backlog is asked first, with the tokens of that account ([`confirm`]). No
//!    transaction is open meanwhile.
//! 3. The subject is linked to the user. A user that is linked to another subject is not: an address
//!    can be given to somebody else.
//! 4. The user must have an account, whose tokens are used: one sign-in at Backlog.

use std::sync::Arc;

use oauth_values::{
    ErrorCode, OAuthError, identity_assertion::IdentityAssertion, token::TokenHash,
};
use sqlx::PgConnection;

use crate::{
    accounts::{backlog_tokens::RenewalError, session_cache::OwnerError},
    db,
    domain::{
        BacklogUser, IdentityProvider, Mapping, Space, account::Standing,
        identity_provider::mail_hash,
    },
    web::{AppState, error::JsonError},
};

/// The user, with the account's row locked until the transaction ends.
pub(super) struct AssertedUser {
    pub id: i64,
    pub name: String,
}

/// A user who has the asserted address at Backlog now.
#[derive(Clone, Copy)]
pub(super) struct Confirmed {
    user: i64,
    mail: TokenHash,
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

impl NoUser {
    /// The error for the client. The log gets no name of a user.
    pub(super) fn logged(self, space: &Space, provider: &IdentityProvider) -> OAuthError {
        let (space, issuer) = (&space.slug, &provider.issuer);
        tracing::info!(space, issuer, error = %self, "an identity assertion was rejected");
        OAuthError::new(ErrorCode::InvalidGrant, self.to_string())
    }
}

/// The user to whom a subject without a link can be linked by its address.
pub(super) async fn confirm(
    hub: &AppState,
    space: &Arc<Space>,
    provider: &IdentityProvider,
    assertion: &IdentityAssertion,
) -> Result<Option<Confirmed>, JsonError> {
    let Some(mail) = mapping_mail(provider, assertion) else {
        return Ok(None);
    };
    if db::identity_links::has(&hub.db, provider, &assertion.subject).await? {
        return Ok(None);
    }
    let hash = |mail: &str| mail_hash(&hub.check_key, space.id, mail);
    let mail = hash(mail);
    let Some(found) = db::accounts::identity::user_with_mail(&hub.db, space.id, mail).await? else {
        return Ok(None);
    };
    let Some(account) = db::accounts::find(&hub.db, found.account).await? else {
        return Ok(None);
    };
    let user = found.backlog_user_id;
    let owner = hub.sessions.owner_of(space, user, &account).await;
    let owner = owner.map_err(|error| match error {
        OwnerError::Tokens(RenewalError::Ended) => {
            JsonError::from(NoUser::Ended.logged(space, provider))
        }
        error => JsonError::Unavailable(format!(
            "could not ask Backlog for the user of an identity assertion: {error}"
        )),
    })?;
    if owner.id != user {
        let (space, account) = (&space.slug, found.account);
        tracing::error!(space, %account, "the tokens of an account are those of another user");
        return Ok(None);
    }
    let current = owner.mail_address.as_deref().map(hash);
    if current != Some(mail) {
        let owner = BacklogUser {
            id: owner.id,
            name: owner.name,
        };
        db::accounts::identity::remember(&hub.db, space.id, &owner, current).await?;
        return Ok(None);
    }
    Ok(Some(Confirmed { user, mail }))
}

/// The asserted address, if it can make a subject a user.
fn mapping_mail<'a>(
    provider: &IdentityProvider,
    assertion: &'a IdentityAssertion,
) -> Option<&'a str> {
    let counts = assertion.is_mail_verified || provider.trust_unverified_mail;
    match provider.mapping {
        Mapping::Mail if counts => assertion.mail.as_deref(),
        Mapping::Mail | Mapping::Subject => None,
    }
}

/// Finds the user and locks the account. The inner error is for the client.
pub(super) async fn hold(
    db: &mut PgConnection,
    provider: &IdentityProvider,
    assertion: &IdentityAssertion,
    confirmed: Option<Confirmed>,
) -> Result<Result<AssertedUser, NoUser>, sqlx::Error> {
    let Some(id) = find(&mut *db, provider, assertion, confirmed).await? else {
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
    confirmed: Option<Confirmed>,
) -> Result<Option<i64>, sqlx::Error> {
    let subject = &assertion.subject;
    if let Some(user) = db::identity_links::follow(&mut *db, provider, subject).await? {
        return Ok(Some(user));
    }
    let Some(Confirmed { user, mail }) = confirmed else {
        return Ok(None);
    };
    // Another account may have the address by now.
    let found = db::accounts::identity::user_with_mail(&mut *db, provider.space, mail).await?;
    if found.map(|found| found.backlog_user_id) != Some(user) {
        return Ok(None);
    }
    db::identity_links::insert(&mut *db, provider, subject, user).await?;
    // The unique constraints have decided: the link is this one, another one's, or none.
    db::identity_links::follow(db, provider, subject).await
}
