//! A refresh token that is presented again, within the grace window or after it.
//!
//! Clients run several processes that share a token, and responses get lost, so this is no attack
//! by itself. A thief who keeps step with the client looks the same: each repeat leaves a trace.

use std::time::Duration;

use secrecy::ExposeSecret;
use sqlx::PgConnection;

use super::{TokenAnswer, issue_access_token};
use crate::{
    crypto::Place,
    db,
    domain::GrantId,
    oauth::{Scopes, token::TokenHash},
    web::{Hub, error::JsonError},
};

/// What came of a token that was presented again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The response to the first use.
    SameAnswer,
    /// The refresh token of that response, and an access token of other scopes.
    OtherScope,
    /// A new pair, because nobody used the first one.
    Replaced,
}

impl Outcome {
    /// As the audit trail and the metrics have it.
    fn as_str(self) -> &'static str {
        match self {
            Self::SameAnswer => "same_answer",
            Self::OtherScope => "other_scope",
            Self::Replaced => "replaced",
        }
    }
}

/// The response to a repeat within the grace window: the kept one, if it has the scopes that are
/// asked for now. Otherwise its refresh token, with an access token of those scopes.
pub async fn again(
    hub: &Hub,
    db: &mut PgConnection,
    pair: (GrantId, TokenHash),
    mut kept: TokenAnswer,
    scopes: Scopes,
) -> Result<(TokenAnswer, Outcome), sqlx::Error> {
    if kept.scope == scopes.to_string() {
        return Ok((kept, Outcome::SameAnswer));
    }
    let access_token = issue_access_token(hub, db, pair, scopes).await?;
    access_token.reveal().clone_into(&mut kept.access_token);
    kept.expires_in = hub.lifetimes.access_token.as_secs();
    kept.scope = scopes.to_string();
    Ok((kept, Outcome::OtherScope))
}

/// Leaves a trace of a repeat, `late` after the first use. The response does not depend on it.
pub async fn note(hub: &Hub, grant: GrantId, outcome: Outcome, late: Duration) {
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

/// How long after its first use, as the metrics have it.
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

/// The response to the first use, as it is kept for the grace window.
pub fn seal(hub: &Hub, hash: TokenHash, answer: &TokenAnswer) -> Result<String, JsonError> {
    let text =
        serde_json::to_string(answer).map_err(|error| JsonError::Unavailable(error.to_string()))?;
    Ok(hub.keys.seal(place(&hash.to_hex()), &text.into()))
}

/// # Errors
/// It does not open: with a key of a replica that has a newer ring, or by a newer version. The
/// token is good all the same, so the client is to come again, not to throw it away.
pub fn open(hub: &Hub, hash: TokenHash, sealed: &str) -> Result<TokenAnswer, JsonError> {
    let unavailable = |cause: String| {
        JsonError::Unavailable(format!(
            "the answer kept for the grace window does not open: {cause}"
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
