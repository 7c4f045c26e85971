//! `GET /language`: keeps the language that the user chose, and returns to the page.
//!
//! `to` is the language, `back` the path and query of the page. Anything but a path of this host is
//! replaced by the start page, so that the hub is not an open redirector.

use actix_web::{HttpRequest, HttpResponse, http::header::LOCATION, web};
use oauth_values::Params;
use url::Url;

use super::{
    AppState,
    error::PageError,
    pages::{Locale, Problem, response::cookie_of_choice},
};

pub async fn get(
    hub: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let invalid = || {
        let detail = "The language is not one of the pages.".to_owned();
        PageError::new(&request, Problem::InvalidRequest { detail })
    };
    let params = Params::parse(request.query_string().as_bytes()).map_err(|_| invalid())?;
    let chosen = params.get("to").and_then(Locale::named);
    let chosen = chosen.ok_or_else(invalid)?;
    let back = params.get("back").filter(|back| is_own_path(back));
    Ok(HttpResponse::SeeOther()
        .insert_header((LOCATION, back.unwrap_or("/")))
        .cookie(cookie_of_choice(chosen, hub.base_url.is_https()))
        .finish())
}

/// Whether a browser resolves it to a path of the same host.
fn is_own_path(back: &str) -> bool {
    let Ok(here) = Url::parse("https://hub.invalid/") else {
        return false;
    };
    let is_visible = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    back.starts_with('/')
        && back.bytes().all(is_visible)
        && here
            .join(back)
            .is_ok_and(|there| there.origin() == here.origin())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_the_same_host_are_returned_to() {
        for own in [
            "/",
            "/authorize?client_id=a&state=%2F%2Fevil.example",
            "/a/../b",
        ] {
            assert!(is_own_path(own), "{own}");
        }
        for foreign in [
            "",
            "authorize",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "https://evil.example/",
            "/a\r\nSet-Cookie: a=b",
            "/\t/evil.example",
            "/ a",
        ] {
            assert!(!is_own_path(foreign), "{foreign:?}");
        }
    }
}
