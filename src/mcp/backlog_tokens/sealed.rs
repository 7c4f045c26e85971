//! Backlog tokens as the grant's row keeps them: sealed for their place.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Current, Renewals};
use crate::{
    backlog::BacklogTokens,
    crypto::{Place, UnsealError},
    db::grants::SealedTokens,
    domain::{BacklogTokenState, GrantId, Space},
};

/// Backlog says an hour; a number out of all reason must not overflow a date.
const LONGEST_LIFETIME: Duration = Duration::from_secs(365 * 24 * 3600);

fn place<'a>(column: &'static str, row: &'a str, base_url: &'a str) -> Place<'a> {
    Place {
        table: "grants",
        column,
        row,
        bound_to: base_url,
    }
}

/// The place of a grant's Backlog access token, for sealing and opening. It is for the
/// site at `base_url` only: whoever can change the address must not get the token.
pub fn access_token_place<'a>(row: &'a str, base_url: &'a str) -> Place<'a> {
    place("backlog_access_token", row, base_url)
}

pub(super) fn refresh_token_place<'a>(row: &'a str, base_url: &'a str) -> Place<'a> {
    place("backlog_refresh_token", row, base_url)
}

impl Renewals {
    /// Backlog's tokens as the grant's row keeps them.
    pub fn seal(
        &self,
        grant: GrantId,
        space: &Space,
        tokens: &BacklogTokens,
        answered_at: DateTime<Utc>,
    ) -> SealedTokens {
        let row = grant.to_string();
        let lifetime = TimeDelta::from_std(tokens.expires_in.min(LONGEST_LIFETIME))
            .unwrap_or(TimeDelta::hours(1));
        SealedTokens {
            access_token: self.keys.seal(
                access_token_place(&row, &space.base_url),
                &tokens.access_token,
            ),
            refresh_token: self.keys.seal(
                refresh_token_place(&row, &space.base_url),
                &tokens.refresh_token,
            ),
            expires_at: answered_at + lifetime,
        }
    }

    pub(super) fn open(
        &self,
        grant: GrantId,
        space: &Space,
        state: &BacklogTokenState,
    ) -> Result<Option<Current>, UnsealError> {
        let BacklogTokenState::Live {
            access_token,
            expires_at,
            generation,
            ..
        } = state
        else {
            return Ok(None);
        };
        let row = grant.to_string();
        Ok(Some(Current {
            access_token: self
                .keys
                .open(access_token_place(&row, &space.base_url), access_token)?,
            expires_at: *expires_at,
            generation: *generation,
        }))
    }
}
