//! Every endpoint × every kind of credential of another space.
//!
//! 1. [`ENDPOINTS`] has every handler; a test compares it with `src/web/routes.rs`.
//! 2. A credential is sent to each of them in every place where one could be looked for,
//!    and is worth no more than none at all.
//! 3. Where an endpoint does take such a credential, [`cases`](super::cases) presents it
//!    properly; each has its refusal.
//! 4. After each of them, every row of the database is as it was.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{
    Tenant,
    cases::{cases, every},
    pairs, two_more,
};
use crate::support::{hub::TestHub, mcp, reply::Reply};

/// Handler, method and path. `{id}` is a registered client's.
const ENDPOINTS: [(&str, Method, &str); 32] = [
    ("health::get", Method::GET, "/health"),
    ("ready::get", Method::GET, "/ready"),
    ("stylesheet::get", Method::GET, "/static/hub.css"),
    ("callback::get", Method::GET, "/callback"),
    (
        "restored_connections::post",
        Method::POST,
        "/connections/end",
    ),
    ("upload_link::get", Method::GET, "/upload"),
    ("upload_link::post", Method::POST, "/upload"),
    ("upload_link::put", Method::PUT, "/upload"),
    ("confirmation::get", Method::GET, "/sign-in"),
    ("confirmation::post", Method::POST, "/sign-in"),
    ("language::get", Method::GET, "/language"),
    ("register::post", Method::POST, "/register"),
    ("manage_registration::get", Method::GET, "/register/{id}"),
    ("manage_registration::put", Method::PUT, "/register/{id}"),
    (
        "manage_registration::delete",
        Method::DELETE,
        "/register/{id}",
    ),
    ("revoke::post", Method::POST, "/revoke"),
    ("token::post", Method::POST, "/token"),
    ("authorize::get", Method::GET, "/authorize"),
    ("consent::post", Method::POST, "/consent"),
    ("connections::get", Method::GET, "/account"),
    ("connections::post", Method::POST, "/account"),
    ("sign_in::post", Method::POST, "/account/sign-in"),
    (
        "device_authorization::post",
        Method::POST,
        "/device_authorization",
    ),
    ("device::get", Method::GET, "/device"),
    ("device::post", Method::POST, "/device"),
    ("mcp::service", Method::POST, "/mcp"),
    ("mcp::service", Method::POST, "/projects/HARBOR/mcp"),
    ("connect::get", Method::GET, ""),
    (
        "authorization_server_metadata::get",
        Method::GET,
        "/.well-known/oauth-authorization-server",
    ),
    (
        "openid_configuration::get",
        Method::GET,
        "/.well-known/openid-configuration",
    ),
    (
        "openid_configuration::keys",
        Method::GET,
        "/.well-known/jwks.json",
    ),
    (
        "protected_resource_metadata::get",
        Method::GET,
        "/.well-known/oauth-protected-resource",
    ),
];

/// These are there once a host, not once an issuer.
const ONCE: [&str; 8] = [
    "/health",
    "/ready",
    "/static/hub.css",
    "/callback",
    "/connections/end",
    "/upload",
    "/sign-in",
    "/language",
];

#[test]
fn the_table_has_every_endpoint() {
    let routes = concat!(env!("CARGO_MANIFEST_DIR"), "/src/web/routes.rs");
    let routes = std::fs::read_to_string(routes).unwrap();
    let pattern =
        regex::Regex::new(r"(?:web::[a-z]+|get_or_head)\(\)\s*\.to\((\w+::\w+)\)").unwrap();
    let mut handlers: BTreeSet<&str> = pattern
        .captures_iter(&routes)
        .map(|found| found.get(1).unwrap().as_str())
        .collect();
    // Nothing is routed in a way that the pattern does not see.
    let seen = pattern.find_iter(&routes).count();
    let without_effect = routes.matches(".route(head())").count();
    assert_eq!(routes.matches(".route(").count(), seen + without_effect);
    let others = routes.matches(".to(").count() + routes.matches("web::to(").count() - seen;
    assert_eq!(routes.matches("to(not_found::any)").count(), others);
    assert!(handlers.insert("mcp::service") && routes.contains("crate::mcp::service("));
    assert_eq!(handlers, ENDPOINTS.map(|(handler, ..)| handler).into());
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_of_one_issuer_are_rejected_by_every_other() {
    let hub = TestHub::start().await;
    let others = two_more().await;
    let tenants = Tenant::three(&hub, &others).await;
    // Identical clients of three issuers are three clients.
    let clients = tenants.iter().map(|tenant| &tenant.own.client_id);
    assert_eq!(clients.collect::<BTreeSet<_>>().len(), 3);

    let before = hub.state().await;
    for (here, from) in pairs(&tenants) {
        let at = format!("{} at {}", from.issuer.url, here.issuer.url);
        let mut reached = BTreeSet::new();
        for case in cases(&here.issuer, &here.own, &from.own) {
            reached.insert(case.handler);
            let shown = format!("{at}: {} {}", case.handler, case.what);
            case.check(&here.issuer, &from.issuer, &shown).await;
            assert_eq!(hub.state().await, before, "{shown}");
        }
        let taking: BTreeSet<_> = TAKING.into();
        assert_eq!(reached, taking);
        for endpoint in &ENDPOINTS {
            worth_nothing(endpoint, here, from, &at).await;
        }
        assert_eq!(hub.state().await, before, "{at}");
    }
    for tenant in &tenants {
        still_good(tenant).await;
    }
    hub.stop().await;
}

/// Where they come from they still work, so each refusal was about the issuer.
async fn still_good(tenant: &Tenant<'_>) {
    let (issuer, own) = (&tenant.issuer, &tenant.own);
    let exchanged = issuer.exchange(&own.client_id, &own.code).await;
    assert_eq!(exchanged.status, StatusCode::OK, "{}", exchanged.body);
    let refreshed = issuer.refresh(None, &own.refresh_token).await;
    assert_eq!(refreshed.status, StatusCode::OK, "{}", refreshed.body);
    let me = issuer.call(&own.access_token).await;
    assert_eq!(me.status, StatusCode::OK, "{}", me.body);
    let managed = issuer
        .manage(Method::GET, &own.managed_id, &own.management_token)
        .await;
    assert_eq!(managed.status, StatusCode::OK, "{}", managed.body);
    let forward = issuer.consent(&own.person, &own.consent).await;
    assert_eq!(forward.status, StatusCode::OK, "{}", forward.body);
    assert!(forward.refresh().starts_with(tenant.sim.url().as_str()));
    let form = [
        ("client_id", own.managed_id.as_str()),
        ("client_secret", &own.managed_secret),
        ("token", &own.code),
    ];
    let authenticated = issuer.post_form("/revoke", &form).await;
    assert_eq!(authenticated.status, StatusCode::OK);
    // The callback is one for all; a space's own host has the browser sent on to it.
    let done = own.person.get(&own.callback).await;
    let onward = done.location.expect("a location");
    let done = match onward.strip_prefix(&issuer.url) {
        Some(path) if path.starts_with("/callback?") => {
            let request = issuer.request(Method::GET, path);
            own.person.send(request).await.location.expect("a location")
        }
        _ => onward,
    };
    // It has ended in the browser where it began, which now asks who this is.
    assert!(done.starts_with("/sign-in?page="), "{done}");
}

/// Sends each credential in every place where one could be looked for.
async fn worth_nothing(
    (handler, method, path): &(&str, Method, &str),
    here: &Tenant<'_>,
    from: &Tenant<'_>,
    at: &str,
) {
    let own = &here.own;
    let url = match ONCE.contains(path) {
        true => {
            let reach = url::Url::parse(&here.issuer.reach).expect("a URL");
            format!("{}{path}", reach.origin().ascii_serialization())
        }
        false => format!("{}{path}", here.issuer.reach).replace("{id}", &own.managed_id),
    };
    let request = |credential: Option<&str>| {
        let request = here
            .issuer
            .http
            .request(method.clone(), &url)
            .header("host", &here.issuer.host)
            .header("accept", "application/json, text/event-stream");
        let pairs = |credential| PLACES.map(|place| (place, credential));
        let request = match (credential, *handler) {
            (
                Some(credential),
                "revoke::post"
                | "token::post"
                | "consent::post"
                | "restored_connections::post"
                | "confirmation::post"
                | "connections::post"
                | "sign_in::post"
                | "device_authorization::post"
                | "device::post",
            ) => request.form(&pairs(credential)),
            (Some(credential), _) => request.query(&pairs(credential)),
            (None, _) => request,
        };
        let request = match *handler {
            "mcp::service" => request.json(&mcp::message("tools/list", json!({}))),
            "register::post" | "manage_registration::put" => request.json(&json!({})),
            _ => request,
        };
        match credential {
            Some(credential) => request.bearer_auth(credential),
            None => request,
        }
    };
    let without = Reply::to(request(None)).await.status;
    for (what, credential) in every(&from.own) {
        let with = Reply::to(request(Some(credential))).await;
        let refused = with.status.is_client_error() && without.is_client_error();
        // A revocation answers alike whatever the token is (RFC 7009 §2.2).
        assert!(
            refused || with.status == without,
            "{at}: {handler} {what}: {without}, {}",
            with.status
        );
    }
}

const PLACES: [&str; 11] = [
    "access_token",
    "client_id",
    "client_secret",
    "code",
    "csrf",
    "link",
    "page",
    "refresh_token",
    "request",
    "state",
    "token",
];

/// The endpoints that take a credential.
const TAKING: [&str; 10] = [
    "authorize::get",
    "callback::get",
    "consent::post",
    "device_authorization::post",
    "mcp::service",
    "manage_registration::delete",
    "manage_registration::get",
    "manage_registration::put",
    "revoke::post",
    "token::post",
];
