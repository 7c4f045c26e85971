//! What a sign-in means for the account of its user.
//!
//! 1. The account's row is locked, or made.
//! 2. Backlog may give the pair that it gave before: then nothing changes. It may even give one
//!    that a renewal has replaced since it was given: that one is not brought back.
//! 3. Any other pair takes the place of what is stored, restores an ended account, and is written
//!    into the rows of all grants of the user.

use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::{
    RenewalError, Renewals,
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
    /// It had ended, and the user's other connections come back with it.
    pub is_restored: bool,
    pair: ClearPair,
}

impl Renewals {
    /// Gives the pair of a sign-in to the user's account, within the transaction of the sign-in.
    pub(super) async fn sign_in(
        &self,
        db: &mut PgConnection,
        space: &Space,
        user: i64,
        given: ClearPair,
    ) -> Result<SignedIn, RenewalError> {
        let mut held = db::accounts::hold(&mut *db, space.id, user).await?;
        if held.is_none() {
            // Whoever makes an account of a grant's pair (`adoption`) has locked that grant first.
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
            // Another sign-in of the same user was faster.
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

    /// The stored pair, if the sign-in brought nothing newer.
    fn stored_pair_stays(
        &self,
        space: &Space,
        held: &Held,
        given: &ClearPair,
    ) -> Option<ClearPair> {
        let sealed = held.account.tokens.as_ref()?;
        let given = given.refresh_token.expose_secret();
        // One that does not open is replaced.
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

    /// The account's pair, as the row of a new grant keeps it.
    pub(super) fn seal_for_grant(
        &self,
        grant: GrantId,
        space: &Space,
        signed_in: &SignedIn,
    ) -> SealedTokens {
        self.seal(Owner::Grant(grant), space, &signed_in.pair)
    }
}

/// What is stored of a refresh token that a renewal has replaced.
pub(super) fn refresh_hash(refresh_token: &str) -> [u8; 32] {
    Sha256::digest(refresh_token.as_bytes()).into()
}
