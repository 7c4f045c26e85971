//! `POST /mcp`: the MCP endpoint, protected by a bearer token (RFC 6750, RFC 9728 §5).
//!
//! 1. Without a token, or with one that is not valid here: 401 and a challenge, which requests only
//!    the scopes that are usable here.
//! 2. The token's session becomes the caller of the tools, restricted by the space and by the
//!    request (`X-MCP-Toolsets`, `X-MCP-Tools`, `X-MCP-Exclude-Tools`, `X-MCP-Projects`,
//!    `X-MCP-Readonly`, `X-MCP-Format`), by the grant and, at the endpoint of a project, to it.
//! 3. The space must be enabled, and its operator must allow the client and the network
//!    (`not_allowed`).
//! 4. The request counts for its grant and its user while it is in progress (`under_way`), and its
//!    body is read within the user's share of memory (`request_body`).
//! 5. Plain requests take the fast path (`fast_path`); all others go through the protocol's
//!    library.
//! 6. If a tool found that the user must sign in again, or that the scopes do not suffice, the
//!    response is the challenge.
//! 7. A large response stays in memory only for as long as its client may take to read it
//!    (`response_budget`).

use std::{fmt::Write, net::IpAddr, rc::Rc, sync::Arc};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, StatusCode, header},
    middleware::Next,
    web,
};
use oauth_values::{
    Scope, Scopes, bearer,
    token::{AccessToken, PersonalToken, TokenHash},
};
use serde_json::json;

use super::{fast_path, response_budget::BudgetedBody};
use crate::web::{
    AppState, Issuer, account,
    error::{JsonError, counted},
    issuer,
    limits::{
        body_budget::Owner,
        in_progress::Call,
        unchecked_lookups::{Credential, LookUpError},
    },
    not_allowed::{self, NotAllowed},
    protected_resource::ProtectedResource,
    request_body::{self, Unread},
};
use crate::{
    accounts::session_cache::Session,
    calls::{
        caller::{AuthChallenge, Caller, ChallengeSlot},
        policy::{BadRequest, Policy},
        subscriber::Subscriber,
    },
    domain::{GrantId, Principal, SpaceId, security::SecurityEvent},
    mcp::service::{self, Charge, WholeBody},
    telemetry::RequestId,
};

/// The size limit of an MCP request's body, in bytes.
pub const MAX_BODY: usize = 4 * 1024 * 1024;

/// The middleware around the MCP service.
pub async fn authenticate<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<BudgetedBody, BoxBody>>, Error> {
    let hub = match request.app_data::<web::Data<AppState>>() {
        Some(hub) => hub.clone(),
        None => return Ok(respond(request, unavailable())),
    };
    match admit(&hub, &mut request).await {
        Ok(admitted) => serve(&hub, request, next, admitted).await,
        Err(refusal) => Ok(respond(request, refusal)),
    }
}

/// A request with a valid token, which is in progress.
struct Admitted {
    resource: ProtectedResource,
    token: TokenHash,
    session: Arc<Session>,
    address: Option<IpAddr>,
    call: Call,
}

/// Admits a request: its token is valid here, and its grant and user are within their limits. Its
/// body is read.
async fn admit(hub: &AppState, request: &mut ServiceRequest) -> Result<Admitted, HttpResponse> {
    let resource = find_resource(hub, request).await?;
    let (token, session) = find_session(hub, request, &resource).await?;
    let grant = &session.principal.grant;
    if !session.principal.space.is_enabled() {
        return Err(space_disabled(&session));
    }
    let address = hub.limits.proven_address(request.request());
    not_allowed::check_session(&session, request.request(), address).map_err(refused)?;
    if session.access.has_ended() {
        return Err(Challenge::SignInAgain(grant.scopes).response(&resource));
    }
    let limited = |limited| JsonError::from(limited).error_response();
    let user = user_of(&session);
    hub.limits.check_call(grant.id, user).map_err(limited)?;
    let call = hub.under_way.call(grant.id, user).map_err(limited)?;
    read_body(hub, request, user, &call).await?;

    if let Some(journal) = &hub.recorder.journal {
        let network = hub.kept_network(request.request());
        journal.used(grant.id, grant.client, network);
    }
    Ok(Admitted {
        resource,
        token,
        session,
        address,
        call,
    })
}

async fn find_resource(
    hub: &AppState,
    request: &ServiceRequest,
) -> Result<ProtectedResource, HttpResponse> {
    let host = issuer::host(request.request());
    let matched = request.match_info();
    match Issuer::find(hub, host.as_ref(), matched.get("space")).await {
        Ok(issuer) => issuer
            .and_then(|issuer| ProtectedResource::of(issuer, matched.get("project")))
            .ok_or_else(|| HttpResponse::NotFound().finish()),
        Err(error) => {
            tracing::error!(%error, "could not look up the issuer");
            Err(unavailable())
        }
    }
}

/// Finds the session of the request's token, which is valid only at the endpoint it was issued for,
/// and at those of single projects beside it.
async fn find_session(
    hub: &AppState,
    request: &ServiceRequest,
    resource: &ProtectedResource,
) -> Result<(TokenHash, Arc<Session>), HttpResponse> {
    let token = match presented(request) {
        Bearer::Absent => return Err(refusal(hub, request, resource, Challenge::NoToken)),
        Bearer::Unusable => return Err(refusal(hub, request, resource, Challenge::InvalidToken)),
        Bearer::Token(token) => token,
    };
    let hash = token.hash();
    let session = match hub.sessions.remembered(hash).await {
        Some(session) => Some(session),
        None => look_up(hub, request.request(), token.credential(hub)).await?,
    };
    session
        .filter(|session| is_for(hub, session, resource))
        .map(|session| (hash, session))
        .ok_or_else(|| refusal(hub, request, resource, Challenge::InvalidToken))
}

/// Serves an admitted request.
async fn serve<B: MessageBody + 'static>(
    hub: &web::Data<AppState>,
    request: ServiceRequest,
    next: Next<B>,
    admitted: Admitted,
) -> Result<ServiceResponse<EitherBody<BudgetedBody, BoxBody>>, Error> {
    let bounds = match asked_for(hub, &request) {
        Ok(asked) => {
            let limits = hub.policy.narrowed_by(&admitted.resource.limits());
            limits.narrowed_by(&asked)
        }
        Err(error) => return Ok(respond(request, bad_request(&error))),
    };

    let Principal { grant, .. } = &admitted.session.principal;
    let (grant, granted, user) = (grant.id, grant.scopes, user_of(&admitted.session));
    let resource = admitted.resource.clone();
    let caller = caller(hub, admitted, bounds);
    let challenge = caller.challenge.clone();
    let response = match fast_path::respond(&request, &caller).await {
        Some(response) => request.into_response(response),
        None => {
            request.extensions_mut().insert(caller);
            request.extensions_mut().insert(charge(hub, grant, user));
            next.call(request).await?.map_into_boxed_body()
        }
    };
    // A batch that has changed something keeps its response: after a challenge, a client would send
    // all of it again.
    let refusal = challenge.get().filter(|_| !challenge.has_changed());
    Ok(match refusal {
        None => match hub.response_budget.bound(user, &challenge, response) {
            Ok(bounded) => bounded.map_into_left_body(),
            Err(request) => ServiceResponse::new(request, unavailable()).map_into_right_body(),
        },
        Some(refusal) => {
            let challenge = match refusal {
                AuthChallenge::SignInAgain => Challenge::SignInAgain(granted),
                AuthChallenge::InsufficientScope(scopes) => Challenge::InsufficientScope(scopes),
            };
            let (request, _) = response.into_parts();
            ServiceResponse::new(request, challenge.response(&resource)).map_into_right_body()
        }
    })
}

/// The caller of the tools, within `bounds` and the limits of its space and grant.
fn caller(hub: &AppState, admitted: Admitted, bounds: Policy) -> Caller {
    let Admitted {
        resource,
        token,
        session,
        address,
        call,
    } = admitted;
    Caller {
        scopes: session.principal.scopes,
        policy: bounds.narrowed_by(&policy(&session)),
        access: Arc::new(session.access.clone()),
        challenge: ChallengeSlot::default(),
        account_url: Some(account_url(&resource.issuer)),
        subscriber: Some(Subscriber {
            sessions: hub.sessions.clone(),
            token,
            grant: session.principal.grant.id,
            user: user_of(&session),
            token_expires_at: session.principal.token_expires_at,
            address,
            bounds,
            policy_of: policy,
            began: Arc::new(move || call.free()),
        }),
    }
}

/// The page on which the user sees and ends connections.
fn account_url(issuer: &Issuer) -> String {
    format!("{}{}", issuer.url, account::PATH)
}

/// The Backlog user that a call counts for.
fn user_of(session: &Session) -> (SpaceId, i64) {
    let Principal { space, grant, .. } = &session.principal;
    (space.id, grant.backlog_user_id)
}

/// Reads the body of a message within the user's share of memory; the call holds that memory.
async fn read_body(
    hub: &AppState,
    request: &mut ServiceRequest,
    (space, user): (SpaceId, i64),
    call: &Call,
) -> Result<(), HttpResponse> {
    if request.method() != Method::POST || !service::is_json(request.request()) {
        return Ok(());
    }
    let mut payload = request.take_payload();
    let body = (request.headers(), &mut payload);
    let owner = Owner::User(space, user);
    match request_body::read(&hub.body_budget, owner, MAX_BODY, body).await {
        Ok(body) => {
            call.keep(body.held);
            request.extensions_mut().insert(WholeBody(body.bytes));
            Ok(())
        }
        Err(Unread::TooLarge { limit }) => Err(service::body_too_large(limit)),
        Err(Unread::Broken(error)) => Err(service::body_broken(&error)),
        Err(full @ Unread::Full(_)) => Err(JsonError::from(full).error_response()),
    }
}

/// Counts the other messages of a batch.
fn charge(hub: &web::Data<AppState>, grant: GrantId, user: (SpaceId, i64)) -> Charge {
    let hub = hub.clone();
    Charge(Rc::new(move || {
        let limited = hub.limits.check_call(grant, user).err()?;
        Some(JsonError::from(limited).error_response())
    }))
}

/// The restrictions that the request chose by its headers or its URL.
fn asked_for(hub: &AppState, request: &ServiceRequest) -> Result<Policy, BadRequest> {
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
    Policy::asked_for(headers, request.query_string(), hub.known_tools.names())
}

/// Rejects a request without a valid token. The challenge requests only the scopes that are usable:
/// where the hub, the space or the request itself allows only reading, `backlog:read`.
fn refusal(
    hub: &AppState,
    request: &ServiceRequest,
    resource: &ProtectedResource,
    challenge: impl FnOnce(Scopes) -> Challenge,
) -> HttpResponse {
    let space = resource.issuer.space.as_ref();
    let is_read_only = hub.policy.read_only
        || space.is_some_and(|space| space.read_only)
        || asked_for(hub, request).is_ok_and(|asked| asked.read_only);
    let scopes = match is_read_only {
        true => [Scope::Read].into_iter().collect(),
        false => Scopes::all(),
    };
    challenge(scopes).response(resource)
}

fn respond<B>(request: ServiceRequest, response: HttpResponse) -> ServiceResponse<EitherBody<B>> {
    request.into_response(response).map_into_right_body()
}

enum Bearer {
    Absent,
    /// The hub never issued such a token.
    Unusable,
    Token(BearerToken),
}

/// A token of a form that the hub issues for this endpoint.
enum BearerToken {
    Access(AccessToken),
    Personal(PersonalToken),
}

impl BearerToken {
    fn parse(text: &str) -> Option<Self> {
        let access = AccessToken::parse(text).map(Self::Access);
        access.or_else(|| PersonalToken::parse(text).map(Self::Personal))
    }

    fn hash(&self) -> TokenHash {
        match self {
            Self::Access(token) => token.hash(),
            Self::Personal(token) => token.hash(),
        }
    }

    fn credential(&self, hub: &AppState) -> Credential {
        match self {
            Self::Access(token) => hub.credential(token),
            Self::Personal(token) => hub.credential(token),
        }
    }
}

fn presented(request: &ServiceRequest) -> Bearer {
    let Some(value) = request.headers().get(header::AUTHORIZATION) else {
        return Bearer::Absent;
    };
    value
        .to_str()
        .ok()
        .and_then(bearer::token_of)
        .and_then(BearerToken::parse)
        .map_or(Bearer::Unusable, Bearer::Token)
}

/// Looks up a token. One without the hub's check may be a guess, and counts for its address.
async fn look_up(
    hub: &AppState,
    request: &HttpRequest,
    token: Credential,
) -> Result<Option<Arc<Session>>, HttpResponse> {
    let find = async {
        let found = hub.sessions.find(token.hash).await;
        found.map_err(LookUpError::Failed)
    };
    let sender = hub.limits.sender(request);
    let session = hub.look_up(token, sender, find).await;
    session.map_err(|error| match error {
        LookUpError::Failed(error) => {
            tracing::error!(%error, "could not look up an access token");
            unavailable()
        }
        LookUpError::Limited(limited) => JsonError::from(limited).error_response(),
    })
}

fn is_for(hub: &AppState, session: &Session, resource: &ProtectedResource) -> bool {
    let principal = &session.principal;
    resource.issuer.serves(principal.space.id) && resource.admits(hub, &principal.grant.resource)
}

fn policy(session: &Session) -> Policy {
    Policy::of_principal(&session.principal)
}

/// The reasons for a `WWW-Authenticate` response.
enum Challenge {
    /// The request has no credentials, so the response has no `error` (RFC 6750 §3).
    NoToken(Scopes),
    InvalidToken(Scopes),
    SignInAgain(Scopes),
    InsufficientScope(Scopes),
}

impl Challenge {
    fn response(&self, resource: &ProtectedResource) -> HttpResponse {
        let metadata = resource.metadata_url();
        let (status, error, description, scopes) = match self {
            Self::NoToken(scopes) => (
                StatusCode::UNAUTHORIZED,
                None,
                "Sign in to use this server.",
                *scopes,
            ),
            Self::InvalidToken(scopes) => (
                StatusCode::UNAUTHORIZED,
                Some("invalid_token"),
                "The access token is unknown, expired or revoked.",
                *scopes,
            ),
            Self::SignInAgain(scopes) => (
                StatusCode::UNAUTHORIZED,
                Some("invalid_token"),
                "Backlog no longer accepts this sign-in; sign in again.",
                *scopes,
            ),
            Self::InsufficientScope(scopes) => (
                StatusCode::FORBIDDEN,
                Some("insufficient_scope"),
                "The grant does not allow this tool.",
                *scopes,
            ),
        };
        let mut challenge = format!("Bearer resource_metadata=\"{metadata}\", scope=\"{scopes}\"");
        if let Some(error) = error {
            let _ = write!(
                challenge,
                ", error=\"{error}\", error_description=\"{description}\""
            );
        }
        let description = match self {
            Self::SignInAgain(_) => {
                let url = account_url(&resource.issuer);
                format!("{description} The user sees and ends connections at {url}.")
            }
            _ => description.to_owned(),
        };
        let response = HttpResponse::build(status)
            .insert_header((header::WWW_AUTHENTICATE, challenge))
            .json(json!({
                "error": error.unwrap_or("unauthorized"),
                "error_description": description,
                "request_id": RequestId::current(),
            }));
        let event =
            matches!(self, Self::InvalidToken(_)).then_some(SecurityEvent::AccessTokenRefused);
        counted(response, event)
    }
}

fn space_disabled(session: &Session) -> HttpResponse {
    HttpResponse::Forbidden().json(json!({
        "error": "access_denied",
        "error_description":
            format!("The Backlog space {} is disabled on this server.", session.principal.space.slug),
        "request_id": RequestId::current(),
    }))
}

fn refused(error: NotAllowed) -> HttpResponse {
    let response = HttpResponse::Forbidden().json(json!({
        "error": "access_denied",
        "error_description": error.to_string(),
        "request_id": RequestId::current(),
    }));
    counted(response, Some(error.event()))
}

fn bad_request(error: &impl std::fmt::Display) -> HttpResponse {
    let response = HttpResponse::BadRequest().json(json!({
        "error": "invalid_request",
        "error_description": error.to_string(),
        "request_id": RequestId::current(),
    }));
    counted(response, Some(SecurityEvent::MalformedRequest))
}

fn unavailable() -> HttpResponse {
    HttpResponse::ServiceUnavailable()
        .insert_header((header::RETRY_AFTER, "5"))
        .json(json!({
            "error": "temporarily_unavailable",
            "error_description": "The service is temporarily unavailable; try again in a few seconds.",
            "request_id": RequestId::current(),
        }))
}
