//! Makes the grant of a sign-in: with it, a single-use code, the remembered approval, and the user
//! whom the browser remembers. The transaction is the caller's, which has stored the Backlog tokens
//! in the user's account.

use std::collections::BTreeSet;

use oauth_values::{
    ErrorCode, OAuthError, Scopes,
    token::{AuthorizationCode, TokenHash},
};
use sqlx::PgConnection;

use super::{
    consent_projects,
    restored_connections::{self, Restored},
};
use crate::web::{AppState, offered_access};
use crate::{
    accounts::backlog_tokens::SignedIn as Account,
    db::{
        self,
        authorization_codes::NewCode,
        authorization_requests::Request,
        consents::ConsentKey,
        sign_ins::{Approval, Conclusion},
    },
    domain::{BacklogUser, ConsentId, Grant, GrantId, RevocationReason, Space},
};

/// The live grants that a user has of one client. Further sign-ins end the least recently used.
pub(in crate::web) const GRANTS_OF_A_CLIENT: u32 = 20;

/// The access that a user approved, and the user at Backlog.
pub(super) struct Consented<'a> {
    pub request: &'a Request,
    pub space: &'a Space,
    pub granted: Scopes,
    /// The keys of the only projects; `None` for no restriction.
    pub projects: Option<BTreeSet<String>>,
    pub browser: TokenHash,
    pub user: &'a BacklogUser,
}

impl Consented<'_> {
    /// What the approval is remembered for.
    fn key(&self) -> ConsentKey<'_> {
        ConsentKey {
            browser: self.browser,
            client: self.request.client,
            space: self.space.id,
            redirect_uri: self.request.redirect_uri.as_str(),
        }
    }
}

/// The result of a sign-in.
pub(super) struct NewGrant {
    pub id: GrantId,
    pub code: AuthorizationCode,
    /// The connections that work again.
    pub restored: Option<Restored>,
}

impl NewGrant {
    /// The URL of the client with the code (RFC 6749 §4.1.2, RFC 9207).
    pub(super) fn target(&self, asked: &Request) -> String {
        let mut params = vec![("code", self.code.reveal()), ("iss", asked.issuer.as_str())];
        params.extend(asked.state.as_deref().map(|state| ("state", state)));
        asked.redirect_uri.with_params(&params)
    }
}

/// The error for a sign-in during which an operator moved or disabled the space.
pub(super) fn space_closed() -> OAuthError {
    OAuthError::new(
        ErrorCode::AccessDenied,
        "The Backlog space was disabled or moved during the sign-in.",
    )
}

/// Stores the grant. Rows are locked in one order everywhere: spaces, clients, accounts, grants.
pub(super) async fn make(
    hub: &AppState,
    db: &mut PgConnection,
    consented: &Consented<'_>,
    account: &Account,
    is_restored: bool,
) -> Result<NewGrant, sqlx::Error> {
    let (asked, space) = (consented.request, consented.space);
    let grant = Grant {
        id: GrantId::new(&hub.clock, &hub.random),
        space_id: space.id,
        client: asked.client,
        backlog_user_id: consented.user.id,
        backlog_user_name: consented.user.name.clone(),
        scopes: consented.granted,
        issuer: asked.issuer.clone(),
        resource: asked.resource.clone(),
        redirect_uri: Some(asked.redirect_uri.as_str().to_owned()),
        projects: consented.projects.clone(),
    };
    let sealed = hub.sessions.seal(grant.id, space, account);
    db::grants::insert(&mut *db, &grant, &sealed, account.generation).await?;
    let ended = db::grants::end_beyond(&mut *db, &grant, GRANTS_OF_A_CLIENT).await?;
    if ended > 0 {
        let reason = RevocationReason::TooMany.as_str();
        tracing::info!(grant = %grant.id, ended, reason, "grants revoked");
    }
    let restored = match is_restored {
        true => Restored::read(db, &grant).await?,
        false => None,
    };
    let code = AuthorizationCode::issue(&hub.random, &hub.check_key);
    let lifetime = hub.lifetimes.authorization_code;
    let conclusion = Conclusion {
        code: NewCode {
            hash: code.hash(),
            grant: grant.id,
            redirect_uri: asked.redirect_uri.as_str(),
            code_challenge: &asked.code_challenge,
            lifetime: match &restored {
                Some(_) => lifetime.max(restored_connections::READING_TIME),
                None => lifetime,
            },
        },
        key: consented.key(),
        approval: approval(hub, consented),
        user: consented.user,
        lifetime: hub.lifetimes.consent,
    };
    db::sign_ins::conclude(db, &conclusion).await?;
    Ok(NewGrant {
        id: grant.id,
        code,
        restored,
    })
}

/// Whether the browser remembers the approval, so that the next sign-in can skip the page. If the user
/// granted less than was offered, the approval is not remembered for the larger request. An approval of
/// some projects is never remembered, as replicas of the previous release would extend it to all; and
/// if the user chose them, an earlier approval of all is forgotten.
fn approval(hub: &AppState, consented: &Consented<'_>) -> Approval {
    let offered = offered_access::within(hub, consented.space, consented.request.scopes);
    let is_of_project = consent_projects::of_resource(&consented.request.resource).is_some();
    let chose_projects = consented.projects.is_some() && !is_of_project;
    if consented.granted != offered || chose_projects {
        return Approval::Forgotten;
    }
    if is_of_project {
        return Approval::Unchanged;
    }
    let id = ConsentId::new(&hub.clock, &hub.random);
    Approval::Remembered(id, consented.granted)
}
