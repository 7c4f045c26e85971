//! Updates the account of a user after a sign-in.
//!
//! 1. Lock the account's row, or queue for its creation and create it.
//! 2. Backlog may issue the same pair again: then nothing changes. It may even issue one that a
//!    renewal has replaced since: that one is not restored.
//! 3. Any other pair replaces the stored one, restores an ended account, and is written to the rows
//!    of all grants of the user.

use backlog_client::BacklogTokens;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::{
    context::RenewalContext,
    error::RenewalError,
    sealed::{ClearPair, Owner},
};
use crate::{
    db::{
        self,
        accounts::{Held, SealedTokens},
    },
    domain::{AccountId, GrantId, Space, SpaceId},
};

/// The account after a sign-in.
#[derive(Debug)]
pub struct SignedIn {
    pub generation: i64,
    /// Whether the account had ended, so that the user's other grants work again.
    pub is_restored: bool,
    pair: ClearPair,
}

impl RenewalContext {
    /// Stores a pair that Backlog has just issued in its user's account, within the sign-in's
    /// transaction.
    pub async fn give_to_account(
        &self,
        db: &mut PgConnection,
        space: &Space,
        user: i64,
        (tokens, received_at): (&BacklogTokens, DateTime<Utc>),
    ) -> Result<SignedIn, RenewalError> {
        let given = ClearPair::new(tokens, received_at);
        let Some(held) = hold_or_claim(&mut *db, space.id, user).await? else {
            return self.create(db, space, user, given).await;
        };
        let id = held.account.id;
        if let Some(pair) = self.stored_pair_stays(space, &held, &given) {
            db::accounts::confirm(&mut *db, id).await?;
            return Ok(SignedIn {
                generation: held.account.generation,
                is_restored: false,
                pair,
            });
        }
        let sealed = self.seal(Owner::Account(id), space, &given);
        let generation = db::accounts::replace(&mut *db, id, &sealed).await?;
        let grants = db::accounts::hold_grants(&mut *db, space.id, user).await?;
        self.give_to_grants(db, space, &grants, (generation, &given))
            .await?;
        Ok(SignedIn {
            generation,
            is_restored: held.account.tokens.is_none(),
            pair: given,
        })
    }

    /// Takes the pair that an earlier transaction of the same sign-in has stored. `None`: the account
    /// is gone or has ended since.
    pub async fn take_from_account(
        &self,
        db: &mut PgConnection,
        space: &Space,
        user: i64,
    ) -> Result<Option<SignedIn>, RenewalError> {
        let Some(held) = db::accounts::hold(&mut *db, space.id, user).await? else {
            return Ok(None);
        };
        let Some(sealed) = &held.account.tokens else {
            return Ok(None);
        };
        Ok(Some(SignedIn {
            generation: held.account.generation,
            is_restored: false,
            pair: self.open_pair(Owner::Account(held.account.id), space, sealed)?,
        }))
    }

    /// Creates the account, which the transaction has claimed.
    async fn create(
        &self,
        db: &mut PgConnection,
        space: &Space,
        user: i64,
        given: ClearPair,
    ) -> Result<SignedIn, RenewalError> {
        let grants = db::accounts::hold_grants(&mut *db, space.id, user).await?;
        let id = AccountId::new(&self.clock, &self.random);
        let sealed = self.seal(Owner::Account(id), space, &given);
        let generation = db::accounts::insert(&mut *db, id, space.id, user, &sealed).await?;
        self.give_to_grants(db, space, &grants, (generation, &given))
            .await?;
        Ok(SignedIn {
            generation,
            is_restored: false,
            pair: given,
        })
    }

    /// Returns the stored pair if the sign-in brought nothing newer.
    fn stored_pair_stays(
        &self,
        space: &Space,
        held: &Held,
        given: &ClearPair,
    ) -> Option<ClearPair> {
        let sealed = held.account.tokens.as_ref()?;
        let given = given.refresh_token.expose_secret();
        // A pair that cannot be opened is replaced.
        let stored = self
            .open_pair(Owner::Account(held.account.id), space, sealed)
            .ok()?;
        let is_same = stored.refresh_token.expose_secret() == given;
        let was_replaced =
            held.replaced_refresh_hash.as_deref() == Some(refresh_hash(given).as_slice());
        (is_same || was_replaced).then_some(stored)
    }

    async fn give_to_grants(
        &self,
        db: &mut PgConnection,
        space: &Space,
        grants: &[GrantId],
        (generation, pair): (i64, &ClearPair),
    ) -> Result<(), RenewalError> {
        if grants.is_empty() {
            return Ok(());
        }
        let tokens = self.seal_for_grants(grants, space, pair);
        Ok(db::accounts::give_to_grants(db, generation, &tokens).await?)
    }

    /// Returns the account's pair, sealed for the row of a new grant.
    pub fn copy_for_grant(
        &self,
        grant: GrantId,
        space: &Space,
        signed_in: &SignedIn,
    ) -> SealedTokens {
        self.seal(Owner::Grant(grant), space, &signed_in.pair)
    }
}

/// Locks the account of a user. `None` if there is none: no other transaction creates it before this
/// one ends.
pub(super) async fn hold_or_claim(
    db: &mut PgConnection,
    space: SpaceId,
    user: i64,
) -> Result<Option<Held>, sqlx::Error> {
    if let Some(held) = db::accounts::hold(&mut *db, space, user).await? {
        return Ok(Some(held));
    }
    db::accounts::queue_creation(&mut *db, space, user).await?;
    // A concurrent sign-in or adoption may have created it.
    db::accounts::hold(db, space, user).await
}

/// The stored hash of a refresh token that a renewal has replaced.
pub(super) fn refresh_hash(refresh_token: &str) -> [u8; 32] {
    Sha256::digest(refresh_token.as_bytes()).into()
}
