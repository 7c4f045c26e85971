//! Updates the account of a user after a sign-in.
//!
//! 1. Lock the account's row, or create it.
//! 2. Backlog may issue the same pair again: then nothing changes. It may even issue one that a
//!    renewal has replaced since: that one is not restored.
//! 3. Any other pair replaces the stored one, restores an ended account, and is written to the rows
//!    of all grants of the user.

use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::{
    RenewalContext, RenewalError,
    sealed::{ClearPair, Owner},
};
use crate::{
    db::{
        self,
        accounts::{Held, SealedTokens},
    },
    domain::{AccountId, GrantId, Space},
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
    /// Stores the pair of a sign-in in the user's account, within the sign-in's transaction.
    pub(super) async fn sign_in(
        &self,
        db: &mut PgConnection,
        space: &Space,
        user: i64,
        given: ClearPair,
    ) -> Result<SignedIn, RenewalError> {
        let mut held = db::accounts::hold(&mut *db, space.id, user).await?;
        if held.is_none() {
            // Creating an account from a grant's pair (`adoption`) locks that grant first.
            let grants = db::accounts::hold_grants(&mut *db, space.id, user).await?;
            let id = AccountId::new(&self.clock, &self.random);
            let sealed = self.seal(Owner::Account(id), space, &given);
            let made = db::accounts::insert(&mut *db, id, space.id, user, &sealed).await?;
            if let Some(generation) = made {
                self.give_to_grants(db, space, &grants, (generation, &given))
                    .await?;
                return Ok(SignedIn {
                    generation,
                    is_restored: false,
                    pair: given,
                });
            }
            // A concurrent sign-in of the same user created it first.
            held = db::accounts::hold(&mut *db, space.id, user).await?;
        }
        let held = held.ok_or(RenewalError::Ended)?;
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

    /// Seals the account's pair for the row of a new grant.
    pub(super) fn seal_for_grant(
        &self,
        grant: GrantId,
        space: &Space,
        signed_in: &SignedIn,
    ) -> SealedTokens {
        self.seal(Owner::Grant(grant), space, &signed_in.pair)
    }
}

/// The stored hash of a refresh token that a renewal has replaced.
pub(super) fn refresh_hash(refresh_token: &str) -> [u8; 32] {
    Sha256::digest(refresh_token.as_bytes()).into()
}
