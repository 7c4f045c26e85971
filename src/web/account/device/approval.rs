//! The transaction that approves the code of a device.

use std::collections::BTreeSet;

use oauth_values::Scopes;

use super::super::session::SignedIn;
use crate::{
    accounts::backlog_tokens::RenewalError,
    db::{self, device_codes::Waiting},
    domain::{Grant, GrantId, RevocationReason, Space, grant::TO_A_DEVICE},
    web::{AppState, oauth::new_grant::GRANTS_OF_A_CLIENT, pages::CodeProblem},
};

/// What a user allows a device.
pub(super) struct Approval<'a> {
    pub space: &'a Space,
    pub signed_in: &'a SignedIn,
    pub waiting: &'a Waiting,
    pub scopes: Scopes,
    /// The keys of the only projects; `None` for no restriction.
    pub projects: Option<BTreeSet<String>>,
}

pub(super) enum Stored {
    Approved,
    Not(CodeProblem),
    /// The session has ended meanwhile.
    SignedOut,
}

impl Approval<'_> {
    /// Decides the code and makes its grant. Rows are locked in one order everywhere: spaces, clients,
    /// accounts, grants.
    pub(super) async fn store(self, hub: &AppState) -> Result<Stored, RenewalError> {
        let (space, user) = (self.space, &self.signed_in.user);
        let mut transaction = hub.db.begin().await?;
        // The audit event names the user. An erasure locks in the same order.
        db::audit_events::lock_to_write(&mut *transaction).await?;
        let held = db::spaces::hold_open_at(&mut *transaction, space.id, &space.base_url);
        let Some(open) = held.await? else {
            return Ok(Stored::Not(CodeProblem::NothingLeft));
        };
        let session = db::account_sessions::find(&mut *transaction, self.signed_in.hash, space.id);
        if session.await?.is_none() {
            return Ok(Stored::SignedOut);
        }
        let client = db::clients::touch(&mut *transaction, self.waiting.client).await?;
        if !client.is_some_and(|client| open.clients.admit(&client, [TO_A_DEVICE])) {
            return Ok(Stored::Not(CodeProblem::ClientNotAllowed));
        }
        if !db::device_codes::decide(&mut *transaction, self.waiting.id).await? {
            return Ok(Stored::Not(CodeProblem::Unknown));
        }
        let account = hub
            .sessions
            .resume_sign_in(&mut transaction, space, user.id);
        let Some(account) = account.await? else {
            return Ok(Stored::Not(CodeProblem::NoSignIn));
        };
        let grant = self.grant(hub);
        let sealed = hub.sessions.seal(grant.id, space, &account);
        db::grants::insert(&mut *transaction, &grant, &sealed, account.generation).await?;
        let ended = db::grants::end_beyond(&mut *transaction, &grant, GRANTS_OF_A_CLIENT).await?;
        db::device_codes::give(&mut *transaction, self.waiting.id, grant.id).await?;
        transaction.commit().await?;
        if ended > 0 {
            let reason = RevocationReason::TooMany.as_str();
            tracing::info!(grant = %grant.id, ended, reason, "grants revoked");
        }
        tracing::info!(
            grant = %grant.id,
            space = space.slug,
            backlog_user = user.id,
            "a user connected a device"
        );
        Ok(Stored::Approved)
    }

    fn grant(&self, hub: &AppState) -> Grant {
        let (user, waiting) = (&self.signed_in.user, self.waiting);
        Grant {
            id: GrantId::new(&hub.clock, &hub.random),
            space_id: self.space.id,
            client: waiting.client,
            backlog_user_id: user.id,
            backlog_user_name: user.name.clone(),
            scopes: self.scopes,
            issuer: waiting.issuer.clone(),
            resource: waiting.resource.clone(),
            redirect_uri: Some(TO_A_DEVICE.to_owned()),
            projects: self.projects.clone(),
        }
    }
}
