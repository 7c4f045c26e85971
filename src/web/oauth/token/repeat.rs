//! Handles a refresh token that is presented again, within the grace window or after it.
//!
//! Clients run several processes that share a token, and responses get lost, so a repeat is not an
//! attack by itself. An attacker who keeps in step with the client looks the same, so each repeat
//! is recorded.

use std::time::Duration;

use oauth_values::{Scopes, token::TokenHash};
use sealing::Place;
use secrecy::ExposeSecret;
use sqlx::PgConnection;

use super::response::{TokenResponse, issue_access_token};
use crate::{
    db,
    domain::GrantId,
    web::{AppState, error::JsonError},
};

/// The outcome of a repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The response to the first use.
    SameResponse,
    /// The refresh token of that response, and an access token of other scopes.
    OtherScope,
    /// A new pair, because the first one was never used.
    Replaced,
}

impl Outcome {
    /// The value in the audit trail and the metrics.
    fn as_str(self) -> &'static str {
        match self {
            Self::SameResponse => "same_answer",
            Self::OtherScope => "other_scope",
            Self::Replaced => "replaced",
        }
    }
}

/// The response to a repeat within the grace window: the kept one, if it has the scopes requested
/// now. Otherwise its refresh token, with an access token of those scopes.
pub(super) async fn again(
    hub: &AppState,
    db: &mut PgConnection,
    (grant, successor): (GrantId, TokenHash),
    mut kept: TokenResponse,
    scopes: Scopes,
) -> Result<(TokenResponse, Outcome), sqlx::Error> {
    if kept.scope == scopes.to_string() {
        return Ok((kept, Outcome::SameResponse));
    }
    let pair = (grant, successor);
    let (access_token, lifetime) = issue_access_token(hub, db, pair, scopes).await?;
    access_token.reveal().clone_into(&mut kept.access_token);
    kept.expires_in = lifetime.as_secs();
    kept.scope = scopes.to_string();
    Ok((kept, Outcome::OtherScope))
}

/// Records a repeat, `late` after the first use. The response does not depend on it.
pub(super) async fn note(hub: &AppState, grant: GrantId, outcome: Outcome, late: Duration) {
    let outcome = outcome.as_str();
    tracing::info!(
        %grant,
        outcome,
        late_ms = late.as_millis(),
        "a refresh token was presented again"
    );
    let metrics = &hub.recorder.metrics;
    metrics.refresh_repeated(outcome, lateness(late));
    let noted = db::audit_events::note_repeated_refresh(&hub.db, grant, outcome, late);
    if let Err(error) = noted.await {
        tracing::error!(%grant, %error, "could not write the audit event of a repeated refresh");
    }
}

/// How long after its first use, as a label of the metrics.
fn lateness(late: Duration) -> &'static str {
    match late.as_secs() {
        0 => "1s",
        1..10 => "10s",
        10..60 => "1m",
        60..600 => "10m",
        600.. => "later",
    }
}

fn place(row: &str) -> Place<'_> {
    Place {
        table: "refresh_tokens",
        column: "answer",
        row,
        bound_to: "",
    }
}

/// Seals the response to the first use for the grace window.
pub(super) fn seal(
    hub: &AppState,
    hash: TokenHash,
    response: &TokenResponse,
) -> Result<String, JsonError> {
    let text = serde_json::to_string(response)
        .map_err(|error| JsonError::Unavailable(error.to_string()))?;
    Ok(hub.keys.seal(place(&hash.to_hex()), &text.into()))
}

/// # Errors
/// It cannot be opened: a replica with a newer key ring, or a newer version, sealed it. The token
/// is still valid, so the client must retry and not discard it.
pub(super) fn open(
    hub: &AppState,
    hash: TokenHash,
    sealed: &str,
) -> Result<TokenResponse, JsonError> {
    let unavailable = |cause: String| {
        JsonError::Unavailable(format!(
            "could not read the response kept for the grace window: {cause}"
        ))
    };
    let text = hub
        .keys
        .open(place(&hash.to_hex()), sealed)
        .map_err(|error| unavailable(error.to_string()))?;
    serde_json::from_str(text.expose_secret())
        // The error may quote a token.
        .map_err(|error| unavailable(format!("{:?} error", error.classify())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lateness_has_a_name() {
        for (millis, name) in [
            (0, "1s"),
            (999, "1s"),
            (1_000, "10s"),
            (59_999, "1m"),
            (60_000, "10m"),
            (600_000, "later"),
        ] {
            assert_eq!(lateness(Duration::from_millis(millis)), name, "{millis}");
        }
    }
}
