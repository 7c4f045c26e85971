//! Backlog tokens as stored in rows: sealed for the account, and again for each grant.

use std::time::Duration;

use backlog_client::BacklogTokens;
use chrono::{DateTime, TimeDelta, Utc};
use sealing::{Place, UnsealError};
use secrecy::SecretString;

use super::{
    account::{Pair, State},
    context::RenewalContext,
};
use crate::{
    db::accounts::{Account, GrantTokens, SealedTokens},
    domain::{AccountId, GrantId, Space},
};

/// Backlog reports an hour; the cap keeps an absurd number from overflowing a date.
const LONGEST_LIFETIME: Duration = Duration::from_hours(8760);

/// A pair of Backlog tokens in clear text.
#[derive(Clone, Debug)]
pub(super) struct ClearPair {
    pub access_token: SecretString,
    pub refresh_token: SecretString,
    pub expires_at: DateTime<Utc>,
}

impl ClearPair {
    pub(super) fn new(tokens: &BacklogTokens, received_at: DateTime<Utc>) -> Self {
        let lifetime = TimeDelta::from_std(tokens.expires_in.min(LONGEST_LIFETIME))
            .unwrap_or(TimeDelta::hours(1));
        Self {
            access_token: tokens.access_token.clone(),
            refresh_token: tokens.refresh_token.clone(),
            expires_at: received_at + lifetime,
        }
    }

    pub(super) fn as_pair(&self) -> Pair {
        Pair {
            access_token: self.access_token.clone(),
            expires_at: self.expires_at,
        }
    }
}

/// A row that holds a pair of Backlog tokens. They are sealed for the site of its space, so that
/// changing the address does not expose them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owner {
    Account(AccountId),
    Grant(GrantId),
}

impl Owner {
    fn table(self) -> &'static str {
        match self {
            Self::Account(_) => "accounts",
            Self::Grant(_) => "grants",
        }
    }

    fn row(self) -> String {
        match self {
            Self::Account(id) => id.to_string(),
            Self::Grant(id) => id.to_string(),
        }
    }
}

/// The place of a Backlog access token in a row of `accounts` or `grants`, for sealing.
pub fn access_token_place<'a>(table: &'static str, row: &'a str, base_url: &'a str) -> Place<'a> {
    Place {
        table,
        column: "backlog_access_token",
        row,
        bound_to: base_url,
    }
}

fn refresh_token_place<'a>(table: &'static str, row: &'a str, base_url: &'a str) -> Place<'a> {
    Place {
        column: "backlog_refresh_token",
        ..access_token_place(table, row, base_url)
    }
}

impl RenewalContext {
    pub(super) fn seal(&self, owner: Owner, space: &Space, pair: &ClearPair) -> SealedTokens {
        let (table, row) = (owner.table(), owner.row());
        let site = &space.base_url;
        SealedTokens {
            access_token: self
                .keys
                .seal(access_token_place(table, &row, site), &pair.access_token),
            refresh_token: self
                .keys
                .seal(refresh_token_place(table, &row, site), &pair.refresh_token),
            expires_at: pair.expires_at,
        }
    }

    pub(super) fn seal_for_grants(
        &self,
        grants: &[GrantId],
        space: &Space,
        pair: &ClearPair,
    ) -> GrantTokens {
        let sealed = grants
            .iter()
            .map(|grant| self.seal(Owner::Grant(*grant), space, pair));
        let (access_tokens, refresh_tokens) = sealed
            .map(|sealed| (sealed.access_token, sealed.refresh_token))
            .unzip();
        GrantTokens {
            grants: grants.iter().map(|grant| grant.0).collect(),
            access_tokens,
            refresh_tokens,
            expires_at: pair.expires_at,
        }
    }

    pub(super) fn open_pair(
        &self,
        owner: Owner,
        space: &Space,
        sealed: &SealedTokens,
    ) -> Result<ClearPair, UnsealError> {
        let (table, row) = (owner.table(), owner.row());
        let site = &space.base_url;
        Ok(ClearPair {
            access_token: self
                .keys
                .open(access_token_place(table, &row, site), &sealed.access_token)?,
            refresh_token: self.keys.open(
                refresh_token_place(table, &row, site),
                &sealed.refresh_token,
            )?,
            expires_at: sealed.expires_at,
        })
    }

    pub(super) fn open_refresh_token(
        &self,
        account: AccountId,
        space: &Space,
        sealed: &str,
    ) -> Result<SecretString, UnsealError> {
        let owner = Owner::Account(account);
        let row = owner.row();
        let place = refresh_token_place(owner.table(), &row, &space.base_url);
        self.keys.open(place, sealed)
    }

    /// The state of a stored account, with its access token opened.
    pub(super) fn open_account(
        &self,
        space: &Space,
        account: &Account,
    ) -> Result<State, UnsealError> {
        let row = account.id.to_string();
        let place = access_token_place("accounts", &row, &space.base_url);
        let pair = match &account.tokens {
            None => None,
            Some(sealed) => Some(Pair {
                access_token: self.keys.open(place, &sealed.access_token)?,
                expires_at: sealed.expires_at,
            }),
        };
        Ok(State {
            pair,
            generation: account.generation,
            standing: account.standing,
            is_unstored: false,
        })
    }
}
