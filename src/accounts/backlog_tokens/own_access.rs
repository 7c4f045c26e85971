//! The access token of an account, for what the hub asks Backlog for itself and not for a grant.

use std::sync::Arc;

use secrecy::SecretString;

use super::{
    account::State, account_tokens::AccountTokens, context::RenewalContext, error::RenewalError,
};
use crate::{db::accounts::Account, domain::Space};

/// The access tokens of one account.
#[derive(Debug)]
pub struct OwnAccess(AccountTokens);

impl OwnAccess {
    /// The access of a user's account.
    pub fn new(
        renewals: &Arc<RenewalContext>,
        space: &Arc<Space>,
        user: i64,
        account: &Account,
    ) -> Result<Self, RenewalError> {
        let read = renewals.open_account(space, account)?;
        Ok(Self(AccountTokens {
            account: renewals.accounts.open(account.id, read),
            user,
            space: Arc::clone(space),
            renewals: Arc::clone(renewals),
        }))
    }

    /// An access token that has not expired.
    pub async fn token(&self) -> Result<SecretString, RenewalError> {
        let known = self.0.account.state();
        let pair = known.pair.ok_or(RenewalError::Ended)?;
        match pair.expires_at > self.0.renewals.clock.now() {
            true => Ok(pair.access_token),
            false => self.renewed_after(known.generation).await,
        }
    }

    /// Another access token, because Backlog rejected the last one.
    pub async fn renewed(&self) -> Result<SecretString, RenewalError> {
        self.renewed_after(self.0.account.state().generation).await
    }

    /// Renews in a separate task: a client that disconnects must not cancel it between Backlog's
    /// response and the database.
    async fn renewed_after(&self, generation: i64) -> Result<SecretString, RenewalError> {
        let tokens = self.0.clone();
        let tasks = &self.0.renewals.tasks;
        let task = tasks.spawn(async move { tokens.renewed_after(generation).await });
        let renewed = task.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a renewal task of Backlog tokens failed");
            Err(RenewalError::TimedOut)
        });
        let State { pair, .. } = renewed?;
        Ok(pair.ok_or(RenewalError::Ended)?.access_token)
    }
}
