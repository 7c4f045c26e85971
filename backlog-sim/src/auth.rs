//! The user of an API request: an API key, as header or query parameter, or a bearer token.
//! When several are sent, the first of header key, query key, bearer token decides.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError,
    dev::Payload,
    http::header::{AUTHORIZATION, HeaderMap, WWW_AUTHENTICATE},
};
use serde_json::json;

use crate::{
    error::ApiError,
    journal::{Credential, fingerprint},
    locked::Locked,
    model::Id,
    params::Params,
    sim::Sim,
    tokens::BearerError,
};

enum Presented<'a> {
    Nothing,
    Bearer(&'a str),
    ApiKeyHeader(&'a str),
    ApiKeyQuery(&'a str),
}

impl<'a> Presented<'a> {
    fn of(headers: &'a HeaderMap, query: &'a Params) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = || {
            let (scheme, token) = header(AUTHORIZATION.as_str())?.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        };
        if let Some(key) = header("Backlog-API-Key") {
            Self::ApiKeyHeader(key)
        } else if let Some(key) = query.get("apiKey") {
            Self::ApiKeyQuery(key)
        } else if let Some(token) = bearer() {
            Self::Bearer(token)
        } else {
            Self::Nothing
        }
    }
}

/// The credential as recorded in the journal.
pub(crate) fn credential(headers: &HeaderMap, query: &Params) -> Credential {
    match Presented::of(headers, query) {
        Presented::Nothing => Credential::None,
        Presented::Bearer(token) => Credential::Bearer(fingerprint(token)),
        Presented::ApiKeyHeader(key) => Credential::ApiKeyHeader(fingerprint(key)),
        Presented::ApiKeyQuery(key) => Credential::ApiKeyQuery(fingerprint(key)),
    }
}

/// Why a request is not authenticated.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refusal {
    /// No credential, or an unknown API key.
    NoKey,
    Bearer(BearerError),
}

impl Refusal {
    /// The 401 response. For a bearer token, a header states the reason, not `errors`.
    pub(crate) fn response(self) -> HttpResponse {
        let description = match self {
            Self::NoKey => return ApiError::authentication().error_response(),
            Self::Bearer(error) => error.description(),
        };
        let challenge =
            format!(r#"Bearer error="invalid_token", error_description="{description}""#);
        HttpResponse::Unauthorized()
            .insert_header((WWW_AUTHENTICATE, challenge))
            .json(json!({ "message": description }))
    }
}

/// Returns the user of a request.
pub(crate) fn authenticate(sim: &Sim, headers: &HeaderMap, query: &Params) -> Result<Id, Refusal> {
    let tokens = sim.tokens.locked();
    match Presented::of(headers, query) {
        Presented::Nothing => Err(Refusal::NoKey),
        Presented::ApiKeyHeader(key) | Presented::ApiKeyQuery(key) => {
            tokens.api_key(key).ok_or(Refusal::NoKey)
        }
        Presented::Bearer(token) => tokens
            .bearer(token, sim.clock.now())
            .map_err(Refusal::Bearer),
    }
}

/// The authenticated user and the decoded parameters, put into the request by `pipeline.rs`.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub user: Id,
    /// GET: the query. POST, PUT, PATCH: the form. DELETE: both.
    pub params: Params,
}

impl FromRequest for Call {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            request
                .extensions_mut()
                .remove::<Self>()
                .ok_or_else(ApiError::authentication),
        )
    }
}
