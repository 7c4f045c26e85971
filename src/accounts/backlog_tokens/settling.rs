//! Decides about an account after Backlog rejected its renewal.
//!
//! 1. In one transaction, wait for other decisions about this space, and lock the account's row. If
//!    another pair is stored by now, the rejection does not concern it.
//! 2. If a grant has a pair of its own that was not tried yet, adopt that one (`adoption`).
//! 3. Otherwise put the account in doubt or end it, as [`judge`] decides.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{account_tokens::AccountTokens, error::RenewalError};
use crate::{
    db::{self, accounts::renewal},
    domain::account::{ASK_AGAIN_AFTER, Case, Doubt, Evidence, Judgement, Neighbors, judge},
};

/// The result of a rejected renewal.
#[derive(Clone, Copy, Debug)]
pub(super) enum Settled {
    /// The rejection does not concern the stored pair.
    Moved,
    Doubted {
        doubt: Doubt,
        until: DateTime<Utc>,
    },
    Ended,
}

impl AccountTokens {
    /// Decides about the account after the tokens of `generation` were rejected.
    pub(super) async fn settle(
        &self,
        generation: i64,
        evidence: Evidence,
        taken_over: bool,
    ) -> Result<Settled, RenewalError> {
        let id = self.account.id;
        let mut transaction = self.renewals.db.begin().await?;
        renewal::queue_endings(&mut *transaction, self.space.id).await?;
        let Some(accused) = renewal::hold(&mut *transaction, id, generation).await? else {
            return Ok(Settled::Moved);
        };
        if evidence == Evidence::Refused && self.try_own_pair(&mut transaction, generation).await? {
            transaction.commit().await?;
            return Ok(Settled::Moved);
        }
        let case = Case {
            evidence,
            standing: accused.account.standing,
            taken_over,
            neighbors: self.neighbors(&mut transaction).await?,
            endings: renewal::endings(&mut *transaction, self.space.id).await?,
            now: accused.now,
        };
        let settled = self.carry_out(&mut transaction, &case).await?;
        transaction.commit().await?;
        self.log(settled, evidence);
        Ok(settled)
    }

    async fn try_own_pair(
        &self,
        db: &mut PgConnection,
        generation: i64,
    ) -> Result<bool, RenewalError> {
        let (id, space) = (self.account.id, &self.space);
        let own = db::accounts::hold_own_pair(&mut *db, space.id, self.user, false).await?;
        let Some(own) = own else {
            return Ok(false);
        };
        renewal::release(&mut *db, id, generation).await?;
        self.renewals.take_own_pair(db, space, id, &own).await?;
        Ok(true)
    }

    async fn neighbors(&self, db: &mut PgConnection) -> Result<Neighbors, RenewalError> {
        let ask_again_after = ASK_AGAIN_AFTER.to_std().unwrap_or(Duration::ZERO);
        let (space, id) = (self.space.id, self.account.id);
        Ok(renewal::neighbors(db, space, id, ask_again_after).await?)
    }

    async fn carry_out(&self, db: &mut PgConnection, case: &Case) -> Result<Settled, RenewalError> {
        let (id, space) = (self.account.id, self.space.id);
        match judge(case) {
            Judgement::Doubt {
                doubt,
                since,
                until,
                pauses_endings,
            } => {
                if pauses_endings {
                    renewal::pause_endings(&mut *db, space, case.now, until).await?;
                    tracing::error!(
                        space = self.space.slug, %until,
                        "too many accounts of this space ended at once; no more will end until \
                         the given time"
                    );
                }
                renewal::doubt(db, id, doubt, since, until).await?;
                Ok(Settled::Doubted { doubt, until })
            }
            Judgement::End(reason) => {
                renewal::end(db, id, reason).await?;
                Ok(Settled::Ended)
            }
        }
    }

    fn log(&self, settled: Settled, evidence: Evidence) {
        let account = self.account.id;
        match settled {
            Settled::Moved => {}
            Settled::Doubted { doubt, until } => tracing::warn!(
                %account, ?evidence, doubt = doubt.as_str(), %until,
                "Backlog rejected the renewal of an account; it is in doubt and will be retried"
            ),
            Settled::Ended => tracing::warn!(
                %account, ?evidence,
                "Backlog ended an account; its user has to sign in again"
            ),
        }
    }
}
