//! Who may use a link: whoever presents its secret, at a host of its space, while its grant is live
//! and may upload files.

use actix_web::HttpRequest;
use oauth_values::{
    Scope,
    token::{TokenHash, UploadToken},
};

use super::refusal::Refusal;
use crate::{
    accounts::{session_cache::Session, upload_links::SECRET},
    calls::{policy::Policy, upload_tools::SAME_OPERATION},
    db::{self, upload_links::UploadLink},
    domain::{SpaceId, UploadLinkId, upload_link::UploadLinkState},
    web::{AppState, Issuer, issuer, limits::Holder},
};

/// A link that may be used now.
pub(super) struct Admitted {
    pub hash: TokenHash,
    pub id: UploadLinkId,
    /// The name that the client proposed.
    pub file_name: Option<String>,
    pub session: Session,
}

impl Admitted {
    /// The Backlog user of the link.
    pub(super) fn user(&self) -> (SpaceId, i64) {
        let principal = &self.session.principal;
        (principal.space.id, principal.grant.backlog_user_id)
    }
}

/// Finds the link of a request. A secret that the hub never issued is not looked up.
pub(super) async fn admit(hub: &AppState, request: &HttpRequest) -> Result<Admitted, Refusal> {
    let secret = parameter(request, SECRET)
        .and_then(|secret| UploadToken::parse(&secret))
        .filter(|secret| secret.is_issued_with(&hub.check_key))
        .ok_or(Refusal::Unknown)?;
    let hash = secret.hash();
    let holder = Holder::Token(hash);
    hub.limits.check_holder(holder).map_err(Refusal::Limited)?;
    let UploadLink { id, file_name, .. } = usable(hub, hash).await?;
    let session = hub.sessions.of_upload_link(hash).await;
    let session = session.map_err(|error| {
        tracing::error!(%error, "could not look up the grant of an upload link");
        Refusal::Unavailable
    })?;
    // It has expired since the first statement.
    let session = session.ok_or(Refusal::Expired)?;
    let host = issuer::host(request);
    let issuer = Issuer::find(hub, host.as_ref(), None).await?;
    let principal = &session.principal;
    if !issuer.is_some_and(|issuer| issuer.serves(principal.space.id)) {
        return Err(Refusal::Unknown);
    }
    if !principal.space.is_enabled() {
        return Err(Refusal::SpaceDisabled(principal.space.name.clone()));
    }
    if !session.client_is_allowed {
        return Err(Refusal::ClientNotAllowed);
    }
    let limits = hub.policy.narrowed_by(&Policy::of_principal(principal));
    let same = hub.known_tools.get(SAME_OPERATION);
    let is_allowed = same.is_some_and(|tool| limits.check_operation(&tool.meta).is_ok());
    if !is_allowed || !principal.scopes.contains(Scope::Write) || session.access.has_ended() {
        return Err(Refusal::NotAllowed);
    }
    Ok(Admitted {
        hash,
        id,
        file_name,
        session,
    })
}

/// The link with this hash, if it can be used.
async fn usable(hub: &AppState, hash: TokenHash) -> Result<UploadLink, Refusal> {
    let found = db::upload_links::find(&hub.db, hash).await?;
    let link = found.ok_or(Refusal::Unknown)?;
    match Refusal::of_state(&link.state) {
        None => Ok(link),
        Some(refusal) => Err(refusal),
    }
}

/// A parameter of the query that is there once.
pub(super) fn parameter(request: &HttpRequest, name: &str) -> Option<String> {
    let query = request.query_string().as_bytes();
    let mut values = form_urlencoded::parse(query).filter(|(known, _)| known == name);
    let (_, value) = values.next()?;
    let is_only = values.next().is_none() && !value.is_empty();
    is_only.then(|| value.into_owned())
}

impl Refusal {
    /// Why a link in this state cannot be used.
    pub(super) fn of_state(state: &UploadLinkState) -> Option<Self> {
        match state {
            UploadLinkState::Open => None,
            UploadLinkState::InProgress => Some(Self::InProgress),
            UploadLinkState::Used(_) => Some(Self::Used),
            UploadLinkState::Expired => Some(Self::Expired),
        }
    }
}
