//! `POST /revoke` (RFC 7009): a client returns a token.
//!
//! 1. A token that the hub never issued gets 200 without a database query (§2.2).
//! 2. The client authenticates as at `/token`. A public client may omit its `client_id`: the token
//!    identifies it.
//! 3. A refresh token ends its grant; with the user's last grant of the space, the Backlog tokens
//!    are deleted too. An access token ends alone: a client that discards one may still refresh.
//! 4. A personal token ends its grant for whoever has it, at every issuer: its client cannot
//!    authenticate, and the one who found a leaked token may not know where it was made.
//! 5. A token that is unknown or belongs to another client gets the same response as a valid one.

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use oauth_values::token::{AccessToken, PersonalToken, RefreshToken, TokenHash};

use super::client_auth::Presented;
use crate::web::{
    AppState, Issuer,
    error::JsonError,
    issuer::ForClient,
    limits::{Attempt, Endpoint, unchecked_lookups::Credential},
    request_body::{OAuthBody, form},
};
use crate::{
    db,
    domain::{GrantId, RevocationReason},
};

pub async fn post(
    hub: web::Data<AppState>,
    ForClient(issuer): ForClient,
    request: HttpRequest,
    body: Result<OAuthBody, JsonError>,
) -> Result<HttpResponse, JsonError> {
    let sender = hub.limits.sender(&request);
    let asked = body.and_then(|body| {
        let params = form(&request, body.bytes())?;
        Ok((Presented::read(&request, &params, sender)?, params, body))
    });
    let client_id = asked
        .as_ref()
        .ok()
        .and_then(|(presented, ..)| presented.client_id.clone());
    let attempt = Attempt {
        endpoint: Endpoint::Revoke,
        sender,
        client_id: client_id.as_deref(),
    };
    let token = asked
        .as_ref()
        .ok()
        .and_then(|(_, params, _)| params.get("token"))
        .map(|text| Revocable::read(&hub, text));
    let token = match token {
        None => None,
        Some(None) => return Ok(done()),
        Some(Some(token)) => Some(token),
    };
    let credential = token.as_ref().map(|(_, credential)| *credential);
    let ended = async {
        let (presented, params, _body) = asked?;
        let Some((token, _)) = &token else {
            params.require("token")?;
            return Ok(false);
        };
        let presented = presented.vouched_for_by(credential);
        token.end(&hub, &issuer, presented).await
    };
    // The response does not reveal whether anything ended.
    hub.respond_within_limits(attempt, credential, ended)
        .await?;
    Ok(done())
}

fn done() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}

/// A token that can be revoked. `token_type_hint` is not needed: the prefix shows the type.
enum Revocable {
    Refresh(RefreshToken),
    Access(AccessToken),
    Personal(PersonalToken),
}

impl Revocable {
    /// `None`: the hub never issued it.
    fn read(hub: &AppState, text: &str) -> Option<(Self, Credential)> {
        let refresh = || {
            hub.read(text)
                .map(|(token, shown)| (Self::Refresh(token), shown))
        };
        let access = || {
            hub.read(text)
                .map(|(token, shown)| (Self::Access(token), shown))
        };
        // No release has issued one without the check, so only one of an earlier key may lack it.
        let personal = || {
            hub.read(text)
                .filter(|(_, shown)| shown.is_issued || hub.check_key.replaces_another())
                .map(|(token, shown)| (Self::Personal(token), shown))
        };
        refresh().or_else(access).or_else(personal)
    }

    /// Ends the grant or the access token. False: it is not a valid token of this client.
    async fn end(
        &self,
        hub: &AppState,
        issuer: &Issuer,
        mut presented: Presented,
    ) -> Result<bool, JsonError> {
        if let Self::Personal(token) = self {
            let grant = db::personal_tokens::grant_of(&hub.db, token.hash()).await?;
            return end_grant(hub, grant).await;
        }
        if presented.client_id.is_none() {
            presented.client_id = self.client_id(hub).await?;
        }
        if presented.client_id.is_none() {
            return Ok(false);
        }
        let client = presented.authenticate(hub, issuer).await?;
        let (key, issuer, hash) = (client.key, &issuer.url, self.hash());
        if matches!(self, Self::Access(_)) {
            return Ok(db::access_tokens::delete(&hub.db, hash, key, issuer).await?);
        }
        let grant = db::refresh_tokens::grant_of(&hub.db, hash, key, issuer).await?;
        end_grant(hub, grant).await
    }

    fn hash(&self) -> TokenHash {
        match self {
            Self::Refresh(token) => token.hash(),
            Self::Access(token) => token.hash(),
            Self::Personal(token) => token.hash(),
        }
    }

    /// The client that the token was issued to.
    async fn client_id(&self, hub: &AppState) -> Result<Option<String>, sqlx::Error> {
        match self {
            Self::Refresh(token) => db::refresh_tokens::client_id_of(&hub.db, token.hash()).await,
            Self::Access(_) | Self::Personal(_) => {
                db::access_tokens::client_id_of(&hub.db, self.hash()).await
            }
        }
    }
}

/// Ends the grant of a token, if it has one that is live.
async fn end_grant(hub: &AppState, grant: Option<GrantId>) -> Result<bool, JsonError> {
    let Some(grant) = grant else {
        return Ok(false);
    };
    let reason = RevocationReason::ByClient;
    let ended = db::grants::revoke(&hub.db, grant, reason).await?;
    if ended {
        tracing::info!(%grant, reason = reason.as_str(), "grant revoked");
    }
    Ok(ended)
}
