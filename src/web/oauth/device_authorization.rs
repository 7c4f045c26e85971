//! `POST /device_authorization`: a device without a browser asks for its user (RFC 8628 §3.1).
//!
//! 1. The client authenticates as at `/token`. Where the space is known, it must be enabled, and its
//!    operator must allow the client and the network.
//! 2. The request is stored with the hashes of two codes: the device keeps the long one, and its user
//!    enters the short one at `/device` of the issuer (`account::device`).
//! 3. There is no `verification_uri_complete`: a link with the code in it is what an attacker sends to a
//!    victim, and typing the code is the moment at which a user looks at the device.

use std::net::IpAddr;

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use ipnet::IpNet;
use oauth_values::{
    ClientIdForm, ErrorCode, OAuthError, Params, Scopes, UserCode, token::DeviceCode,
};
use serde_json::json;

use super::{
    client_auth::Presented,
    client_documents::{self, ClientLookupError},
    consent_projects, space_selection,
};
use crate::web::{
    AppState, Issuer,
    error::JsonError,
    issuer::ForClient,
    limits::{Attempt, Endpoint, POLL_INTERVAL, Sender, Work},
    not_allowed,
    request_body::{OAuthBody, form},
};
use crate::{
    db::{self, device_codes::NewDeviceCode},
    domain::{Client, DeviceCodeId, Space, SpaceId, grant::TO_A_DEVICE, security::ClientAddresses},
    metrics::SignInOutcome,
};

/// The path of the page where the user enters the code, below the issuer.
pub const VERIFICATION_PATH: &str = "/device";
/// How many user codes are tried until one is free.
const ATTEMPTS: usize = 3;

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
    let response = async {
        let (presented, params, _body) = asked?;
        fetch_document(&hub, presented.client_id.as_deref(), sender).await?;
        let client = presented.authenticate(&hub, &issuer).await?;
        begin(&hub, &issuer, &request, &client, &params).await
    };
    let response = hub.respond_within_limits(attempt, None, response).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(response))
}

/// Fetches the metadata document of a client that the hub does not know yet, as at `/authorize`.
async fn fetch_document(
    hub: &AppState,
    client_id: Option<&str>,
    sender: Sender,
) -> Result<(), JsonError> {
    let is_url = |id: &&str| !id.contains('\0') && hub.client_id_form(id) == ClientIdForm::Url;
    let Some(client_id) = client_id.filter(is_url) else {
        return Ok(());
    };
    let found = client_documents::find_client(hub, client_id, sender).await;
    match found {
        // Whether it may be used here is checked when it authenticates.
        Ok(_) | Err(ClientLookupError::Off) => Ok(()),
        Err(ClientLookupError::Database(error)) => Err(error.into()),
        Err(ClientLookupError::Limited(limited)) => Err(limited.into()),
        Err(ClientLookupError::Metadata(error)) => Err(error.into()),
        Err(error @ ClientLookupError::Document(_)) => {
            Err(JsonError::ClientUnavailable(error.to_string()))
        }
    }
}

async fn begin(
    hub: &AppState,
    issuer: &Issuer,
    request: &HttpRequest,
    client: &Client,
    params: &Params,
) -> Result<serde_json::Value, JsonError> {
    let resource = space_selection::endpoint(hub, issuer, params.resources()).await??;
    let space = space_selection::settled(hub, issuer, client, &resource).await?;
    if let Some(space) = space.as_deref() {
        let address = hub.limits.proven_address(request);
        check(hub, space, client, &resource, address)?;
    }
    let scopes = Scopes::requested(params.get("scope")).intersection(client.scopes);
    if scopes.is_empty() {
        return Err(OAuthError::new(
            ErrorCode::InvalidScope,
            "This client is not registered for any of the requested scopes.",
        )
        .into());
    }
    let sender = hub.limits.sender(request);
    hub.limits.check_work(Work::SignIn, sender)?;
    let (device_code, user_code) = {
        let asked = (resource.as_str(), scopes, space.map(|space| space.id));
        store(hub, issuer, request, client, asked).await?
    };
    hub.newcomers.add();
    hub.recorder.metrics.sign_in(SignInOutcome::Begun);
    Ok(json!({
        "device_code": device_code.reveal(),
        "user_code": user_code.shown(),
        "verification_uri": format!("{}{VERIFICATION_PATH}", issuer.url),
        "expires_in": hub.lifetimes.authorization_request.as_secs(),
        "interval": POLL_INTERVAL.as_secs(),
    }))
}

/// Checks what the operator of the space allows.
fn check(
    hub: &AppState,
    space: &Space,
    client: &Client,
    resource: &str,
    address: Option<IpAddr>,
) -> Result<(), JsonError> {
    if !space.is_enabled() {
        return Err(
            OAuthError::new(ErrorCode::AccessDenied, "The Backlog space is disabled.").into(),
        );
    }
    not_allowed::check_client(&space.clients, client, Some(TO_A_DEVICE))?;
    not_allowed::check_network(&space.networks, address)?;
    match consent_projects::not_allowed(hub, space, resource) {
        Some(key) => Err(OAuthError::new(
            ErrorCode::InvalidTarget,
            format!("The operator does not allow the project {key} in this Backlog space."),
        )
        .into()),
        None => Ok(()),
    }
}

async fn store(
    hub: &AppState,
    issuer: &Issuer,
    request: &HttpRequest,
    client: &Client,
    (resource, scopes, space): (&str, Scopes, Option<SpaceId>),
) -> Result<(DeviceCode, UserCode), JsonError> {
    let device_code = DeviceCode::issue(&hub.random, &hub.check_key);
    for _ in 0..ATTEMPTS {
        let user_code = UserCode::generate(&hub.random);
        let new = NewDeviceCode {
            id: DeviceCodeId::new(&hub.clock, &hub.random),
            device_code: device_code.hash(),
            user_code: user_code.hash(&hub.check_key),
            client: client.key,
            space,
            issuer: &issuer.url,
            resource,
            scopes,
            network: kept_network(hub, request),
            network_check: network_check(hub, request, &user_code),
            lifetime: hub.lifetimes.authorization_request,
        };
        if db::device_codes::insert(&hub.db, &new).await? {
            return Ok((device_code, user_code));
        }
    }
    Err(JsonError::Unavailable("no user code is free".to_owned()))
}

/// The network that the page shows, if it is not that of a proxy.
fn kept_network(hub: &AppState, request: &HttpRequest) -> Option<IpNet> {
    let address = hub.limits.unshared_address(request);
    address.and(hub.kept_network(request))
}

/// A keyed check of the network of a request, if it is not that of a proxy. With the user code and the
/// key it shows whether two requests come from one network. The code is not stored, so the checks of
/// two codes never show it.
pub(in crate::web) fn network_check(
    hub: &AppState,
    request: &HttpRequest,
    user_code: &UserCode,
) -> Option<[u8; 8]> {
    let address = hub.limits.unshared_address(request)?;
    let network = ClientAddresses::Network.network(address)?;
    let checked = format!("{} {network}", user_code.shown());
    Some(hub.check_key.check("device_network", checked.as_bytes()))
}
