//! `POST /token` (RFC 6749 §3.2): one file per grant type.
//!
//! 1. The form of the code or refresh token shows whether the hub can have issued it. If not, it is
//!    rejected without a database query; if its check is correct, its network's limits do not
//!    apply.
//! 2. All parameters are validated before the credential is consumed, and the operator of the space
//!    must allow the client and the network (`not_allowed`).
//! 3. Consumption and the new pair are one transaction.
//! 4. An identity assertion is exchanged for an access token alone.

mod asserted_access;
mod asserted_user;
mod authorization_code;
mod device_code;
mod jwt_bearer;
mod refresh_token;
mod repeat;
mod requested_resource;
mod response;
mod sender;

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use oauth_values::{
    ClientIdForm, ErrorCode, OAuthError, Params, identity_assertion,
    metadata::DEVICE_CODE,
    token::{CodeKind, DeviceKind, RefreshKind},
};

use super::client_auth::{self, Presented};
use crate::web::{
    AppState, Issuer,
    error::JsonError,
    issuer::ForClient,
    limits::{Attempt, Endpoint, unchecked_lookups::Credential},
    request_body::{OAuthBody, form},
};
use response::{TokenResponse, invalid_grant};
use sender::Sender;

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
        endpoint: Endpoint::Token,
        sender,
        client_id: client_id.as_deref(),
    };
    let shown = asked
        .as_ref()
        .map_or(Shown::Nothing, |(_, params, _)| Shown::of(&hub, params));
    let credential = match shown {
        Shown::Nothing => None,
        Shown::NeverIssued => return Err(never_issued(&hub, client_id.as_deref()).into()),
        Shown::Credential(credential) => Some(credential),
    };
    let response = async {
        let (presented, params, _body) = asked?;
        let presented = presented.vouched_for_by(credential);
        let from = Sender {
            address: hub.limits.proven_address(&request),
            network: hub.kept_network(&request),
        };
        exchange(&hub, &issuer, presented, &params, from).await
    };
    let response = hub
        .respond_within_limits(attempt, credential, response)
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::PRAGMA, "no-cache"))
        .json(response))
}

/// The code, device code or refresh token of a request.
enum Shown {
    Nothing,
    NeverIssued,
    Credential(Credential),
}

impl Shown {
    fn of(hub: &AppState, params: &Params) -> Self {
        let read = match params.get("grant_type") {
            Some("refresh_token") => params
                .get("refresh_token")
                .map(|text| hub.read::<RefreshKind>(text).map(|(_, shown)| shown)),
            Some("authorization_code") => params
                .get("code")
                .map(|text| hub.read::<CodeKind>(text).map(|(_, shown)| shown)),
            Some(DEVICE_CODE) => params
                .get("device_code")
                .map(|text| hub.read::<DeviceKind>(text).map(|(_, shown)| shown)),
            _ => None,
        };
        match read {
            None => Self::Nothing,
            Some(None) => Self::NeverIssued,
            Some(Some(credential)) => Self::Credential(credential),
        }
    }
}

/// The error for a code or refresh token that the hub never issued. If the hub never registered the
/// client either, the error says so, and the client registers again.
fn never_issued(hub: &AppState, client_id: Option<&str>) -> OAuthError {
    match client_id.map(|client_id| hub.client_id_form(client_id)) {
        Some(ClientIdForm::NeverIssued) => {
            OAuthError::new(ErrorCode::InvalidClient, client_auth::NOT_REGISTERED)
        }
        _ => invalid_grant("This server did not issue the authorization code or refresh token."),
    }
}

async fn exchange(
    hub: &AppState,
    issuer: &Issuer,
    presented: Presented,
    params: &Params,
    from: Sender,
) -> Result<TokenResponse, JsonError> {
    match params.require("grant_type")? {
        "authorization_code" => {
            authorization_code::exchange(hub, issuer, presented, params, from.address).await
        }
        "refresh_token" => refresh_token::exchange(hub, issuer, presented, params, from).await,
        DEVICE_CODE => device_code::exchange(hub, issuer, presented, params, from.address).await,
        identity_assertion::GRANT_TYPE => {
            jwt_bearer::exchange(hub, issuer, presented, params, from.address).await
        }
        _ => Err(OAuthError::new(
            ErrorCode::UnsupportedGrantType,
            "The parameter 'grant_type' must be 'authorization_code', 'refresh_token', \
             'urn:ietf:params:oauth:grant-type:device_code' or \
             'urn:ietf:params:oauth:grant-type:jwt-bearer'.",
        )
        .into()),
    }
}
