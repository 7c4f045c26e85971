//! Backlog's OAuth 2.0 server: the page where a user signs in and decides, and the token
//! endpoint.
//!
//! 1. `GET /OAuth2AccessRequest.action`: checks the application and its redirect URI, then shows
//!    the page. A wrong one results in an error page, never in a redirect.
//! 2. `POST /OAuth2AccessRequest.action`: the decision; redirects back with a code or a refusal.
//! 3. `POST /api/v2/oauth2/token`: redeems a code or a refresh token. A code that was requested
//!    with a challenge (PKCE, S256) needs its verifier.

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, LOCATION},
    web::{self, Data, ReqData},
};
use askama::Template;
use serde_json::json;
use url::Url;

use crate::{locked::Locked, model::User, page::page, params::Params, pipeline::Form, sim::Sim};

const SIGN_IN: &str = "/OAuth2AccessRequest.action";

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route(SIGN_IN, web::get().to(show_sign_in))
        .route(SIGN_IN, web::post().to(decide))
        .route("/api/v2/oauth2/token", web::post().to(token));
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    space: &'a str,
    action: &'a str,
    client_id: &'a str,
    redirect_uri: &'a str,
    redirect_host: &'a str,
    state: Option<&'a str>,
    code_challenge: Option<&'a str>,
    users: Vec<&'a User>,
}

#[derive(Template)]
#[template(path = "sign_in_error.html")]
struct ErrorPage<'a> {
    reason: &'a str,
}

async fn show_sign_in(sim: Data<Sim>, request: actix_web::HttpRequest) -> HttpResponse {
    let query = Params::parse(request.query_string().as_bytes());
    let redirect_uri = match check(&sim, &query) {
        Ok(redirect_uri) => redirect_uri,
        Err(reason) => return error_page(reason),
    };
    let state = sim.read();
    page(
        HttpResponse::Ok(),
        &SignInPage {
            space: &state.space.name,
            action: SIGN_IN,
            client_id: query.get("client_id").unwrap_or_default(),
            redirect_uri: query.get("redirect_uri").unwrap_or_default(),
            redirect_host: redirect_uri.host_str().unwrap_or_default(),
            state: query.get("state"),
            code_challenge: query.get("code_challenge"),
            users: state.users.values().collect(),
        },
    )
}

async fn decide(sim: Data<Sim>, form: ReqData<Form>) -> HttpResponse {
    let form = &form.0;
    let mut target = match check(&sim, form) {
        Ok(redirect_uri) => redirect_uri,
        Err(reason) => return error_page(reason),
    };
    match form.get("decision") {
        Some("approve") => {
            let user = form.get("user").and_then(|id| id.parse().ok());
            let Some(user) = user.filter(|id| sim.read().users.contains_key(id)) else {
                return error_page("Choose one of the users.");
            };
            let redirect_uri = form.get("redirect_uri").unwrap_or_default();
            let challenge = form.get("code_challenge");
            let code =
                sim.tokens
                    .locked()
                    .issue_code(user, redirect_uri, challenge, sim.clock.now());
            target.query_pairs_mut().append_pair("code", &code);
        }
        Some("refuse") => {
            target
                .query_pairs_mut()
                .append_pair("error", "access_denied")
                .append_pair("error_description", "The user refused the request.");
        }
        _ => return error_page("Choose Approve or Refuse."),
    }
    if let Some(state) = form.get("state") {
        target.query_pairs_mut().append_pair("state", state);
    }
    HttpResponse::Found()
        .insert_header((LOCATION, target.as_str()))
        .finish()
}

/// The redirect URI, if the application may use it.
fn check(sim: &Sim, params: &Params) -> Result<Url, &'static str> {
    if params.get("client_id") != Some(&sim.oauth_client_id) {
        return Err("No application has this client_id.");
    }
    if params.get("code_challenge").is_some() && params.get("code_challenge_method") != Some("S256")
    {
        return Err("code_challenge_method must be S256.");
    }
    if params.get("response_type") != Some("code") {
        return Err("response_type must be code.");
    }
    let redirect_uri = params
        .get("redirect_uri")
        .ok_or("redirect_uri is missing.")?;
    if !sim.redirect_uris.is_empty() && !sim.redirect_uris.iter().any(|uri| uri == redirect_uri) {
        return Err("redirect_uri is not the one registered for this application.");
    }
    Url::parse(redirect_uri)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or("redirect_uri is not an http or https address.")
}

fn error_page(reason: &str) -> HttpResponse {
    page(HttpResponse::BadRequest(), &ErrorPage { reason })
}

async fn token(sim: Data<Sim>, form: ReqData<Form>) -> HttpResponse {
    let form = &form.0;
    if form.get("client_id") != Some(&sim.oauth_client_id)
        || form.get("client_secret") != Some(&sim.oauth_client_secret)
    {
        return HttpResponse::Unauthorized().json(json!({ "error": "invalid_client" }));
    }
    let now = sim.clock.now();
    let mut tokens = sim.tokens.locked();
    let pair = match form.get("grant_type") {
        Some("authorization_code") => {
            let (Some(code), Some(redirect_uri)) = (form.get("code"), form.get("redirect_uri"))
            else {
                return refusal("invalid_request", "code and redirect_uri are required.");
            };
            tokens.redeem(code, redirect_uri, form.get("code_verifier"), now)
        }
        Some("refresh_token") => {
            let Some(refresh_token) = form.get("refresh_token") else {
                return refusal("invalid_request", "refresh_token is required.");
            };
            tokens.refresh(refresh_token, now)
        }
        Some(_) => return refusal("unsupported_grant_type", "The grant type is not supported."),
        None => return refusal("invalid_request", "grant_type is required."),
    };
    match pair {
        Some(pair) => HttpResponse::Ok()
            .insert_header((CACHE_CONTROL, "no-store"))
            .json(pair),
        None => refusal("invalid_grant", "Grant is invalid."),
    }
}

fn refusal(error: &str, description: &str) -> HttpResponse {
    HttpResponse::BadRequest().json(json!({ "error": error, "error_description": description }))
}
