//! Exchanges Backlog's code, looks up the user who signed in, and remembers who that is where an
//! identity provider can name the user later.

use backlog_client::{BacklogTokens, models::User};
use chrono::{DateTime, Utc};
use oauth_values::{ErrorCode, OAuthError};
use secrecy::SecretString;
use sqlx::PgConnection;
use tokio_util::task::TaskTracker;

use crate::web::AppState;
use crate::{
    accounts::{backlog_tokens::RenewalError, session_cache::SignInError},
    db,
    domain::{BacklogUser, Space, identity_provider::mail_hash},
};

/// The user of a sign-in, and the tokens that Backlog issued for it, and when.
pub(in crate::web) struct Received {
    pub user: BacklogUser,
    /// The address of the account, where the space shows it.
    pub mail: Option<String>,
    pub tokens: BacklogTokens,
    pub at: DateTime<Utc>,
}

/// Exchanges a code at the site of the space. The error is for the client or the page.
pub(in crate::web) async fn exchange(
    hub: &AppState,
    space: &Space,
    code: &str,
    verifier: Option<&SecretString>,
) -> Result<Received, OAuthError> {
    let oauth = hub.sessions.space_oauth(space).map_err(|error| {
        tracing::error!(space = space.slug, %error, "the space cannot be used");
        OAuthError::new(
            ErrorCode::ServerError,
            "This Backlog space is misconfigured; contact your administrator.",
        )
    })?;
    let tokens = oauth
        .exchange_code(&hub.backlog, code, verifier)
        .await
        .map_err(|error| exchange_failed(space, &error))?;
    let at = hub.clock.now();
    let User {
        id,
        name,
        mail_address,
        ..
    } = find_user(hub, space, &tokens).await?;
    Ok(Received {
        user: BacklogUser { id, name },
        mail: mail_address,
        tokens,
        at,
    })
}

impl Received {
    /// Stores the name and the hash of the address with the account, by which an identity provider of
    /// the space can name the user.
    pub(in crate::web) async fn remember(
        &self,
        hub: &AppState,
        db: &mut PgConnection,
        space: &Space,
    ) -> Result<(), sqlx::Error> {
        let mail = self.mail.as_deref();
        let mail = mail.map(|mail| mail_hash(&hub.check_key, space.id, mail));
        db::accounts::identity::remember(db, space.id, &self.user, mail).await
    }
}

/// The error for a sign-in that could not be stored.
pub(in crate::web) fn not_stored(error: &RenewalError) -> OAuthError {
    tracing::error!(%error, "could not store a sign-in");
    temporarily_unavailable("The sign-in could not be stored; try again.")
}

/// Runs a sign-in to its end, even if the browser disconnects.
pub(in crate::web) async fn to_the_end<T: Send + 'static>(
    tasks: &TaskTracker,
    sign_in: impl Future<Output = Result<T, OAuthError>> + Send + 'static,
) -> Result<T, OAuthError> {
    tasks.spawn(sign_in).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a sign-in task failed");
        Err(temporarily_unavailable(
            "The sign-in was interrupted. Please try again.",
        ))
    })
}

async fn find_user(
    hub: &AppState,
    space: &Space,
    tokens: &BacklogTokens,
) -> Result<User, OAuthError> {
    hub.sessions
        .who_is(space, tokens.access_token.clone())
        .await
        .map_err(|error| {
            tracing::warn!(space = space.slug, %error, "could not look up the user at Backlog");
            match error {
                SignInError::Backlog(_) => temporarily_unavailable(
                    "Backlog did not return the user who signed in; try again.",
                ),
                SignInError::Misconfigured(_) => OAuthError::new(
                    ErrorCode::ServerError,
                    "This Backlog space is misconfigured; contact your administrator.",
                ),
            }
        })
}

fn exchange_failed(space: &Space, error: &backlog_client::OAuthError) -> OAuthError {
    match error {
        // Any client that begins a sign-in can send an invalid code.
        backlog_client::OAuthError::InvalidGrant => {
            tracing::info!(space = space.slug, %error, "could not exchange the code at Backlog");
        }
        _ => tracing::warn!(space = space.slug, %error, "could not exchange the code at Backlog"),
    }
    match error {
        backlog_client::OAuthError::InvalidGrant | backlog_client::OAuthError::Unreadable => {
            OAuthError::new(
                ErrorCode::AccessDenied,
                "Backlog no longer accepts this sign-in; start again.",
            )
        }
        backlog_client::OAuthError::InvalidClient => OAuthError::new(
            ErrorCode::ServerError,
            "Backlog rejected this server's OAuth application; contact your administrator.",
        ),
        backlog_client::OAuthError::Unavailable { .. } => {
            temporarily_unavailable("Backlog cannot be reached right now; try again.")
        }
    }
}

fn temporarily_unavailable(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::TemporarilyUnavailable, description)
}
