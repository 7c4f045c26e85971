//! Moves the token pair of a grant to the account of its user.
//!
//! Replicas of the previous release have no accounts: a sign-in there stores a pair in the grant's
//! row, and a renewal there changes it. The first replica of this release that finds such a grant
//! adopts its pair:
//!
//! 1. Lock the account, or queue with the other transactions that would create it (`sign_in`). Then
//!    lock the grant. While the grant's own lease is taken, its pair is about to change, so wait.
//! 2. Choose the newest of several pairs. The others stay in their rows until the account is
//!    renewed once, and are tried if Backlog rejects it before that (`settling`).
//! 3. Open the pair, seal it for the account, and store it as a generation above all others.

use sqlx::PgConnection;
use tokio::time::Instant;

use super::{
    context::RenewalContext,
    error::RenewalError,
    lease::{POLL_INTERVAL, RENEWAL_TIMEOUT},
    sealed::Owner,
    sign_in::hold_or_claim,
};
use crate::{
    db::{
        self,
        accounts::{Held, OwnPair},
    },
    domain::{AccountId, Space, account::Standing},
};

enum Adopted {
    Done,
    /// Another process is changing the pair.
    NotNow,
}

impl RenewalContext {
    /// Adopts the pairs that a user's grants have of their own, if the account lacks them.
    pub async fn adopt(&self, space: &Space, user: i64) -> Result<(), RenewalError> {
        let deadline = Instant::now() + RENEWAL_TIMEOUT;
        loop {
            let mut transaction = self.db.begin().await?;
            let adopted = self.adopt_in(&mut transaction, space, user).await?;
            match adopted {
                Adopted::Done => return Ok(transaction.commit().await?),
                Adopted::NotNow => transaction.rollback().await?,
            }
            if Instant::now() >= deadline {
                return Err(RenewalError::TimedOut);
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    async fn adopt_in(
        &self,
        db: &mut PgConnection,
        space: &Space,
        user: i64,
    ) -> Result<Adopted, RenewalError> {
        let held = hold_or_claim(&mut *db, space.id, user).await?;
        let own = db::accounts::hold_own_pair(&mut *db, space.id, user, held.is_none()).await?;
        let Some(own) = own else {
            return Ok(Adopted::Done);
        };
        if own.is_leased {
            return Ok(Adopted::NotNow);
        }
        match held {
            None => self.make_account(db, space, user, &own).await?,
            Some(held) if is_newer(&own, &held) => {
                self.take_own_pair(db, space, held.account.id, &own).await?;
            }
            Some(_) => {}
        }
        Ok(Adopted::Done)
    }

    async fn make_account(
        &self,
        db: &mut PgConnection,
        space: &Space,
        user: i64,
        own: &OwnPair,
    ) -> Result<(), RenewalError> {
        let id = AccountId::new(&self.clock, &self.random);
        let pair = self.open_pair(Owner::Grant(own.grant), space, &own.tokens)?;
        let sealed = self.seal(Owner::Account(id), space, &pair);
        let generation = db::accounts::insert(&mut *db, id, space.id, user, &sealed).await?;
        db::accounts::note_adoption(&mut *db, own.grant, generation).await?;
        tracing::info!(account = %id, grant = %own.grant, "created account from the tokens of a \
                                                           grant");
        Ok(())
    }

    /// Replaces the account's pair with a grant's own. The account's row must be locked.
    pub(super) async fn take_own_pair(
        &self,
        db: &mut PgConnection,
        space: &Space,
        account: AccountId,
        own: &OwnPair,
    ) -> Result<(), RenewalError> {
        let pair = self.open_pair(Owner::Grant(own.grant), space, &own.tokens)?;
        let sealed = self.seal(Owner::Account(account), space, &pair);
        let generation = db::accounts::replace(&mut *db, account, &sealed).await?;
        db::accounts::note_adoption(&mut *db, own.grant, generation).await?;
        tracing::info!(%account, grant = %own.grant, generation, "adopted tokens of a grant");
        Ok(())
    }
}

fn is_newer(own: &OwnPair, held: &Held) -> bool {
    match &held.account.tokens {
        Some(stored) => own.tokens.expires_at > stored.expires_at,
        None => held.account.standing == Standing::Ended,
    }
}
