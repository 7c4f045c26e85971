//! Discovery (RFC 8414, RFC 9728): every location that a client requests returns the same metadata.

use reqwest::{Method, StatusCode, header::HOST};
use serde_json::{Value, json};

use crate::support::{
    hub::{TestHub, http},
    person::EVERY_SCOPE,
    reply::Reply,
};

const BROWSER: &str = "https://inspector.example";

/// Where the documents of the hub itself are looked for.
const AUTHORIZATION_SERVER: [&str; 6] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/mcp",
    "/mcp/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/.well-known/openid-configuration/mcp",
    "/mcp/.well-known/openid-configuration",
];
const PROTECTED_RESOURCE: [&str; 3] = [
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
    "/mcp/.well-known/oauth-protected-resource",
];

/// The same for a space by path.
const AUTHORIZATION_SERVER_OF_SPACE: [&str; 8] = [
    "/.well-known/oauth-authorization-server/spaces/default",
    "/.well-known/oauth-authorization-server/spaces/default/mcp",
    "/spaces/default/.well-known/oauth-authorization-server",
    "/spaces/default/mcp/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration/spaces/default",
    "/.well-known/openid-configuration/spaces/default/mcp",
    "/spaces/default/.well-known/openid-configuration",
    "/spaces/default/mcp/.well-known/openid-configuration",
];
const PROTECTED_RESOURCE_OF_SPACE: [&str; 4] = [
    "/.well-known/oauth-protected-resource/spaces/default/mcp",
    "/.well-known/oauth-protected-resource/spaces/default",
    "/spaces/default/.well-known/oauth-protected-resource",
    "/spaces/default/mcp/.well-known/oauth-protected-resource",
];

async fn document(hub: &TestHub, path: &str) -> Value {
    let reply = Reply::to(http().get(hub.url(path))).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
    assert_eq!(reply.header("content-type"), "application/json", "{path}");
    reply.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_3_and_5_every_form_names_the_issuer_with_the_same_bytes() {
    let hub = TestHub::start().await;
    for (issuer, servers, resources) in [
        (
            hub.base_url.clone(),
            AUTHORIZATION_SERVER.as_slice(),
            PROTECTED_RESOURCE.as_slice(),
        ),
        (
            hub.url("/spaces/default"),
            &AUTHORIZATION_SERVER_OF_SPACE,
            &PROTECTED_RESOURCE_OF_SPACE,
        ),
    ] {
        assert!(!issuer.ends_with('/'));
        for path in servers {
            let found = document(&hub, path).await;
            assert_eq!(found["issuer"], issuer, "{path}");
            assert_eq!(
                found["authorization_endpoint"],
                format!("{issuer}/authorize"),
                "{path}"
            );
            assert_eq!(found["token_endpoint"], format!("{issuer}/token"), "{path}");
            assert_eq!(
                found["device_authorization_endpoint"],
                format!("{issuer}/device_authorization"),
                "{path}"
            );
            assert_eq!(
                found["registration_endpoint"],
                format!("{issuer}/register"),
                "{path}"
            );
            for (name, value) in [
                ("response_types_supported", json!(["code"])),
                ("code_challenge_methods_supported", json!(["S256"])),
                (
                    "grant_types_supported",
                    json!([
                        "authorization_code",
                        "refresh_token",
                        "urn:ietf:params:oauth:grant-type:device_code",
                        "urn:ietf:params:oauth:grant-type:jwt-bearer"
                    ]),
                ),
                (
                    "authorization_response_iss_parameter_supported",
                    json!(true),
                ),
            ] {
                assert_eq!(found[name], value, "{path}");
            }
            // Rule 21: else the metadata documents of public clients are not used.
            let documents = &found["client_id_metadata_document_supported"];
            assert_eq!(documents, true, "{path}");
            let methods = found["token_endpoint_auth_methods_supported"].clone();
            assert!(methods.as_array().unwrap().contains(&json!("none")));
        }
        for path in resources {
            let found = document(&hub, path).await;
            // Rule 10: exactly the URL that the person typed.
            assert_eq!(found["resource"], format!("{issuer}/mcp"), "{path}");
            assert_eq!(found["authorization_servers"], json!([issuer]), "{path}");
            assert_eq!(found["bearer_methods_supported"], json!(["header"]));
        }
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_2_every_advertised_endpoint_is_at_the_root_of_the_issuer_and_exists() {
    let hub = TestHub::start().await;
    for path in ["", "/spaces/default"] {
        let issuer = hub.url(path);
        let metadata = document(
            &hub,
            &format!("/.well-known/oauth-authorization-server{path}"),
        )
        .await;
        let endpoints: Vec<&str> = metadata
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| name.ends_with("_endpoint"))
            .map(|(_, url)| url.as_str().unwrap())
            .collect();
        assert!(endpoints.len() >= 3, "{metadata}");
        for url in endpoints {
            let name = url.strip_prefix(&format!("{issuer}/")).unwrap();
            assert!(!name.contains('/'), "{url} is at the root");
            let method = if name == "authorize" {
                Method::GET
            } else {
                Method::POST
            };
            let reply = Reply::to(http().request(method, url)).await;
            assert!(
                matches!(reply.status.as_u16(), 400 | 401 | 415),
                "{url}: {}",
                reply.status
            );
        }
    }
    hub.stop().await;
}

/// The TypeScript SDK reads this alias with the schema of OpenID Connect Discovery.
#[tokio::test(flavor = "multi_thread")]
async fn rule_3_the_openid_alias_has_what_its_schema_requires_or_is_not_there() {
    let hub = TestHub::start().await;
    for path in AUTHORIZATION_SERVER
        .iter()
        .chain(&AUTHORIZATION_SERVER_OF_SPACE)
        .filter(|path| path.contains("openid"))
    {
        let reply = Reply::to(http().get(hub.url(path))).await;
        if reply.status == StatusCode::NOT_FOUND {
            continue;
        }
        let found = reply.json();
        for required in [
            "issuer",
            "authorization_endpoint",
            "token_endpoint",
            "jwks_uri",
            "response_types_supported",
            "subject_types_supported",
            "id_token_signing_alg_values_supported",
        ] {
            assert!(!found[required].is_null(), "{path}: {required}");
        }
        let keys = Reply::to(http().get(found["jwks_uri"].as_str().unwrap())).await;
        assert_eq!(keys.json(), json!({ "keys": [] }), "no ID token is issued");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_4_an_unknown_well_known_path_is_a_404() {
    let hub = TestHub::start().await;
    for path in [
        "/.well-known/nothing",
        "/.well-known/nothing/mcp",
        "/.well-known/",
        "/.well-known/oauth-authorization-server/other",
        "/.well-known/oauth-authorization-server/spaces/nobody",
        "/.well-known/oauth-authorization-server/spaces/default/mcp/more",
        "/.well-known/oauth-authorization-server/spaces/%00",
        "/.well-known/oauth-authorization-server/spaces/%ff",
        "/.well-known/oauth-authorization-server/spaces/",
        "/.well-known/oauth-protected-resource/other",
        "/.well-known/oauth-protected-resource/spaces/nobody/mcp",
        "/.well-known/openid-configuration/spaces/nobody",
        "/spaces/nobody/.well-known/oauth-authorization-server",
        "/spaces/nobody/mcp/.well-known/oauth-protected-resource",
        "/spaces/%00/.well-known/oauth-authorization-server",
        "/spaces/default/.well-known/nothing",
    ] {
        let reply = Reply::to(http().get(hub.url(path))).await;
        assert_eq!(
            reply.status,
            StatusCode::NOT_FOUND,
            "{path}: {}",
            reply.body
        );
        assert!(reply.json()["error"].is_string(), "{path}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_8_and_11_both_documents_name_the_scopes_and_only_one_offline_access() {
    let hub = TestHub::start().await;
    let resource = document(&hub, PROTECTED_RESOURCE[0]).await;
    assert_eq!(
        resource["scopes_supported"],
        json!(EVERY_SCOPE.split(' ').collect::<Vec<_>>())
    );
    let server = document(&hub, AUTHORIZATION_SERVER[0]).await;
    assert_eq!(
        server["scopes_supported"],
        json!(
            EVERY_SCOPE
                .split(' ')
                .chain(["offline_access"])
                .collect::<Vec<_>>()
        )
    );
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_space_with_a_host_name_of_its_own_is_an_issuer_there() {
    let hub = TestHub::start().await;
    hub.sql("UPDATE hub.spaces SET hostnames = '{mcp.acme.example}'")
        .await;
    for (path, name, value) in [
        (
            AUTHORIZATION_SERVER[0],
            "issuer",
            json!("https://mcp.acme.example"),
        ),
        (
            PROTECTED_RESOURCE[0],
            "resource",
            json!("https://mcp.acme.example/mcp"),
        ),
        (
            PROTECTED_RESOURCE[1],
            "authorization_servers",
            json!(["https://mcp.acme.example"]),
        ),
    ] {
        let at = |host: &'static str| http().get(hub.url(path)).header(HOST, host);
        let found = Reply::to(at("mcp.acme.example")).await.json();
        assert_eq!(found[name], value);
        let shouted = Reply::to(at("MCP.ACME.EXAMPLE")).await;
        assert_eq!(shouted.status, StatusCode::OK, "{}", shouted.body);
        assert_eq!(shouted.json()[name], value, "the name as it is stored");
        let stranger = Reply::to(at("evil.example")).await;
        assert_eq!(stranger.status, StatusCode::MISDIRECTED_REQUEST);
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_9_browsers_may_read_the_documents_and_call_the_endpoints() {
    let hub = TestHub::start().await;
    let documents = AUTHORIZATION_SERVER
        .iter()
        .chain(&PROTECTED_RESOURCE)
        .chain(&AUTHORIZATION_SERVER_OF_SPACE)
        .chain(&PROTECTED_RESOURCE_OF_SPACE)
        .map(|path| (Method::GET, *path));
    let endpoints = [
        "/register",
        "/token",
        "/revoke",
        "/mcp",
        "/spaces/default/register",
        "/spaces/default/token",
        "/spaces/default/revoke",
        "/spaces/default/mcp",
    ]
    .map(|path| (Method::POST, path));
    for (method, path) in documents.chain(endpoints) {
        let preflight = Reply::to(
            http()
                .request(Method::OPTIONS, hub.url(path))
                .header("origin", BROWSER)
                .header("access-control-request-method", method.as_str())
                .header(
                    "access-control-request-headers",
                    "authorization, content-type, mcp-protocol-version, mcp-method, mcp-name, \
                     mcp-session-id, last-event-id, x-mcp-toolsets, x-mcp-readonly, \
                     x-mcp-format, traceparent, tracestate, baggage, sentry-trace, x-datadog-trace-id, \
                     x-datadog-parent-id, mcp-param-region, cache-control, \
                     x-requested-with, dpop",
                ),
        )
        .await;
        // No token was sent, and none was asked for.
        assert!(preflight.status.is_success(), "{path}: {}", preflight.body);
        assert_eq!(preflight.header("access-control-allow-origin"), "*");
        let methods = preflight.list("access-control-allow-methods");
        let method_name = method.as_str().to_ascii_lowercase();
        assert!(methods.contains(&method_name), "{path}: {methods:?}");
        let headers = preflight.list("access-control-allow-headers");
        for name in [
            "authorization",
            "content-type",
            "mcp-protocol-version",
            "mcp-method",
            "mcp-name",
            "mcp-session-id",
            "last-event-id",
            "x-mcp-toolsets",
            "x-mcp-readonly",
            "x-mcp-format",
            "traceparent",
            "tracestate",
            "baggage",
            "sentry-trace",
            "x-datadog-trace-id",
            "x-datadog-parent-id",
            "mcp-param-region",
            "cache-control",
            "x-requested-with",
            "dpop",
        ] {
            assert!(headers.iter().any(|h| h == name), "{path}: {headers:?}");
        }

        let request = http().request(method, hub.url(path));
        let reply = Reply::to(request.header("origin", BROWSER)).await;
        assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}");
        let exposed = reply.list("access-control-expose-headers");
        for name in [
            "www-authenticate",
            "retry-after",
            "mcp-protocol-version",
            "mcp-session-id",
        ] {
            assert!(exposed.iter().any(|h| h == name), "{path}: {exposed:?}");
        }
        assert!(
            !reply
                .headers
                .contains_key("access-control-allow-credentials")
        );
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_9_no_script_of_another_site_may_touch_the_pages() {
    let hub = TestHub::start().await;
    for (method, path) in [
        (Method::GET, "/authorize"),
        (Method::POST, "/consent"),
        (Method::GET, "/callback"),
        (Method::GET, "/spaces/default/callback"),
        (Method::POST, "/spaces/default/consent"),
        (Method::GET, "/sign-in"),
        (Method::POST, "/sign-in"),
    ] {
        for method in [method, Method::OPTIONS] {
            let request = http()
                .request(method.clone(), hub.url(path))
                .header("origin", BROWSER)
                .header("access-control-request-method", "POST");
            let reply = Reply::to(request).await;
            let cors: Vec<_> = reply
                .headers
                .keys()
                .filter(|name| name.as_str().starts_with("access-control-"))
                .collect();
            assert!(cors.is_empty(), "{method} {path}: {cors:?}");
            assert!(reply.status.is_client_error(), "{method} {path}");
        }
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_4_a_document_that_is_not_there_is_a_404_below_the_endpoint_too() {
    let hub = TestHub::start().await;
    for path in [
        "/.well-known/nothing",
        "/mcp/.well-known/nothing",
        "/mcp/.well-known/oauth-authorization-server/deeper",
        "/spaces/default/mcp/.well-known/nothing",
    ] {
        let reply = Reply::to(http().get(hub.url(path))).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(reply.json()["error"], "not_found", "{path}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_method_returns_the_allowed_ones() {
    let hub = TestHub::start().await;
    for (path, allowed) in [
        ("/", "GET, HEAD"),
        ("/health", "GET, HEAD"),
        ("/ready", "GET, HEAD"),
        ("/static/hub.css", "GET, HEAD"),
        ("/callback", "GET, HEAD"),
        ("/spaces/default/callback", "GET, HEAD"),
        ("/authorize", "GET, HEAD"),
        ("/consent", "POST"),
        ("/sign-in", "GET, HEAD, POST"),
        ("/language", "GET, HEAD"),
        ("/register", "POST"),
        ("/token", "POST"),
        ("/revoke", "POST"),
        ("/spaces/default", "GET, HEAD"),
        ("/spaces/default/authorize", "GET, HEAD"),
        ("/spaces/default/consent", "POST"),
        (AUTHORIZATION_SERVER[0], "GET, HEAD"),
    ] {
        let reply = Reply::to(http().request(Method::PATCH, hub.url(path))).await;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(reply.header("allow"), allowed, "{path}");
    }
    hub.stop().await;
}
