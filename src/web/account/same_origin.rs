//! Whether a form was sent by a page of this origin, according to the browser.
//!
//! 1. `Sec-Fetch-Site` decides, if the browser sends it: only `same-origin` is accepted.
//! 2. Otherwise an `Origin` must be this host's or the hub's. `null` is accepted: older browsers send
//!    it from pages with `Referrer-Policy: no-referrer`, such as the hub's own.
//!
//! The value in the form decides in any case; this also rejects a page that has learned it.

use actix_web::{HttpRequest, http::header::ORIGIN};

use crate::domain::Authority;
use crate::web::{AppState, issuer};

const SEC_FETCH_SITE: &str = "sec-fetch-site";

pub(super) fn is_same_origin(hub: &AppState, request: &HttpRequest) -> bool {
    let own = issuer::host(request);
    is_allowed(request, hub.base_url.as_str(), own.as_ref())
}

fn is_allowed(request: &HttpRequest, base: &str, own: Option<&Authority>) -> bool {
    let headers = request.headers();
    if headers.contains_key(SEC_FETCH_SITE) {
        let mut sites = headers.get_all(SEC_FETCH_SITE);
        return sites.all(|site| site.as_bytes() == b"same-origin");
    }
    headers.get_all(ORIGIN).all(|origin| match origin.to_str() {
        Ok("null") => true,
        Ok(origin) => origin == base || own.is_some_and(|own| is_at(origin, own)),
        Err(_) => false,
    })
}

/// Whether an origin is at this host. A proxy may end TLS, so both schemes are accepted.
fn is_at(origin: &str, own: &Authority) -> bool {
    let schemes = [("https://", 443), ("http://", 80)];
    schemes.into_iter().any(|(scheme, default)| {
        let at = origin.strip_prefix(scheme).and_then(Authority::parse);
        at.is_some_and(|at| at.is(own, default))
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn allowed(headers: &[(&str, &str)]) -> bool {
        let request = headers.iter().fold(TestRequest::post(), |request, header| {
            request.append_header(*header)
        });
        let own = Authority::parse("acme.example:8443");
        let request = request.to_http_request();
        is_allowed(&request, "https://hub.example", own.as_ref())
    }

    #[test]
    fn a_browser_that_names_the_site_is_believed() {
        assert!(allowed(&[
            ("sec-fetch-site", "same-origin"),
            ("origin", "null")
        ]));
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!allowed(&[("sec-fetch-site", site)]), "{site}");
            let own = ("origin", "https://hub.example");
            assert!(!allowed(&[("sec-fetch-site", site), own]), "{site}");
        }
        let twice = ["same-origin", "cross-site"].map(|site| ("sec-fetch-site", site));
        assert!(!allowed(&twice));
    }

    #[test]
    fn other_browsers_are_judged_by_the_origin() {
        assert!(allowed(&[]));
        for own in ["null", "https://hub.example", "https://acme.example:8443"] {
            assert!(allowed(&[("origin", own)]), "{own}");
        }
        for foreign in [
            "https://evil.example",
            "https://hub.example.evil.example",
            "https://acme.example",
            "https://acme.example:8443/",
            "https://hub.example:8443",
            "file://acme.example:8443",
            "",
        ] {
            assert!(!allowed(&[("origin", foreign)]), "{foreign}");
            let both = ["https://hub.example", foreign].map(|origin| ("origin", origin));
            assert!(!allowed(&both), "{foreign}");
        }
    }
}
