//! `GET /`: how to connect a client.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use url::Url;

use super::{
    AppState, Issuer, account,
    error::PageError,
    pages::{
        ConnectPage, DemoLinks, Problem,
        response::{frame, html},
    },
    protected_resource::url_of_project,
};

/// The key in the example of a project's endpoint.
const EXAMPLE: &str = "ACME";

pub async fn get(
    hub: web::Data<AppState>,
    issuer: Issuer,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    if let Some(space) = issuer.space.as_ref().filter(|space| !space.is_enabled()) {
        let name = space.name.clone();
        return Err(PageError::new(&request, Problem::SpaceDisabled { name }));
    }
    let parsed =
        |text: &str| Url::parse(text).map_err(|_| PageError::new(&request, Problem::ServerError));
    let page = ConnectPage {
        frame: frame(&request),
        mcp_url: parsed(&issuer.mcp_url)?,
        project_url: parsed(&url_of_project(&issuer.endpoints, EXAMPLE))?,
        account: account::path_at(&issuer.url),
        demo: hub
            .demo_backlog
            .clone()
            .map(|backlog_url| DemoLinks { backlog_url }),
    };
    Ok(html(StatusCode::OK, page.html()))
}
