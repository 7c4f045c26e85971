//! The hub's own pages: each leads to the space. If there is more than one, it asks for the address of
//! the user's space, and names none.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use oauth_values::Params;

use super::{Place, form};
use crate::db;
use crate::web::{
    AppState,
    error::PageError,
    limits::{Attempt, Endpoint, Work},
    oauth::{
        redirect::redirect,
        space_name::{Found, SpaceName},
    },
    pages::{
        AccountSpacePage, NamingProblem, Problem,
        response::{frame, html},
    },
};

/// The field of the form.
const FIELD: &str = "named_space";

/// Shows the form, or redirects to the page of the space.
pub(super) async fn show(
    hub: &AppState,
    request: &HttpRequest,
    place: Place,
) -> Result<HttpResponse, PageError> {
    let from_db = |error| PageError::from_db(request, &error);
    let limited = |limited| PageError::limited(request, limited);
    let params = Params::parse(request.query_string().as_bytes());
    let params = params.map_err(|error| form::invalid(request, &error.description))?;
    let attempt = Attempt {
        endpoint: Endpoint::Account,
        sender: hub.limits.sender(request),
        client_id: None,
    };
    // The spaces are looked up for anybody who asks.
    hub.limits
        .check_work(Work::SignIn, attempt.sender)
        .map_err(limited)?;
    let problem = match params.get(FIELD).map(str::trim) {
        Some("") => Some(NamingProblem::Missing),
        Some(typed) => match find(hub, typed).await.map_err(from_db)? {
            Found::One(space) => return Ok(lead_to(&space.slug, place)),
            Found::Several => Some(NamingProblem::Several {
                typed: typed.to_owned(),
            }),
            Found::None => Some(NamingProblem::Unknown {
                typed: typed.to_owned(),
            }),
        },
        None => {
            let mut enabled = db::spaces::first_enabled(&hub.db).await.map_err(from_db)?;
            match (enabled.pop(), enabled.is_empty()) {
                (Some(only), true) => return Ok(lead_to(&only.slug, place)),
                (Some(_), false) => None,
                (None, _) => return Err(PageError::new(request, Problem::NoSpace)),
            }
        }
    };
    let status = match problem {
        Some(_) => {
            hub.limits.count_failure(attempt).map_err(limited)?;
            StatusCode::BAD_REQUEST
        }
        None => StatusCode::OK,
    };
    let page = AccountSpacePage {
        frame: frame(request),
        problem,
        for_device: place == Place::Device,
        form_action: place.path().to_owned(),
    };
    Ok(html(status, page.html()))
}

async fn find(hub: &AppState, typed: &str) -> Result<Found, sqlx::Error> {
    match SpaceName::read(typed) {
        Some(name) => name.find(hub).await,
        None => Ok(Found::None),
    }
}

/// To the page of a space, at the host of the request.
fn lead_to(slug: &str, place: Place) -> HttpResponse {
    redirect(&format!("/spaces/{slug}{}", place.path()))
}
