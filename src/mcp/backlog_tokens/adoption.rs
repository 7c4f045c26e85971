//! How the pair of a grant's own becomes that of the account.
//!
//! Replicas of the release before know no accounts: a sign-in there stores a pair in the grant's
//! row, and a renewal there changes it. The first replica of this release that meets such a grant
//! takes its pair over:
//!
//! 1. The account, if there is one, and then the grant are locked. While the grant's own lease is
//!    taken, its pair is about to change: wait.
//! 2. Of several pairs the newest counts. The others stay in their rows until the account was
//!    renewed once, and are tried should Backlog refuse it before that (`settling`).
//! 3. The pair is opened, sealed for the account, and stored as a generation above all others.

use sqlx::PgConnection;
use tokio::time::Instant;

use super::{POLL_INTERVAL, RenewalError, Renewals, lease::PATIENCE, sealed::Owner};
use crate::{
    accounts::Standing,
    db::{
        self,
        accounts::{Held, OwnPair},
    },
    domain::{AccountId, Space},
};

enum Adopted {
    Done,
    /// The pair, or the account, is in somebody else's hands just now.
    NotNow,
}

impl Renewals {
    /// Takes over what the grants of a user have of their own, if the account lacks it.
    pub async fn adopt(&self, space: &Space, user: i64) -> Result<(), RenewalError> {
        let patience = Instant::now() + PATIENCE;
        loop {
            let mut transaction = self.db.begin().await?;
            let adopted = self.adopt_in(&mut transaction, space, user).await?;
            match adopted {
                Adopted::Done => return Ok(transaction.commit().await?),
                Adopted::NotNow => transaction.rollback().await?,
            }
            if Instant::now() >= patience {
                return Err(RenewalError::Impatient);
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
        let held = db::accounts::hold(&mut *db, space.id, user).await?;
        let own = db::accounts::hold_own_pair(&mut *db, space.id, user, held.is_none()).await?;
        let Some(own) = own else {
            return Ok(Adopted::Done);
        };
        if own.is_leased {
            return Ok(Adopted::NotNow);
        }
        match held {
            None => self.make_account(db, space, user, &own).await,
            Some(held) if is_newer(&own, &held) => {
                self.take_own_pair(db, space, held.account.id, &own).await?;
                Ok(Adopted::Done)
            }
            Some(_) => Ok(Adopted::Done),
        }
    }

    async fn make_account(
        &self,
        db: &mut PgConnection,
        space: &Space,
        user: i64,
        own: &OwnPair,
    ) -> Result<Adopted, RenewalError> {
        let id = AccountId::new(&self.clock, &self.random);
        let pair = self.open_pair(Owner::Grant(own.grant), space, &own.tokens)?;
        let sealed = self.seal(Owner::Account(id), space, &pair);
        let made = db::accounts::insert(&mut *db, id, space.id, user, &sealed).await?;
        let Some(generation) = made else {
            return Ok(Adopted::NotNow);
        };
        db::accounts::note_adoption(&mut *db, own.grant, generation).await?;
        tracing::info!(account = %id, grant = %own.grant, "account made of a grant's tokens");
        Ok(Adopted::Done)
    }

    /// Puts a grant's own pair in the place of what the account has. The account's row is locked.
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
        tracing::info!(%account, grant = %own.grant, generation, "tokens of a grant adopted");
        Ok(())
    }
}

fn is_newer(own: &OwnPair, held: &Held) -> bool {
    match &held.account.tokens {
        Some(stored) => own.tokens.expires_at > stored.expires_at,
        None => held.account.standing == Standing::Ended,
    }
}
