//! The map of the HTTP surface. Every issuer serves the same routes with the same handlers: at the
//! root for the hub and for spaces by host name, below `/spaces/{space}` for spaces by path. Each
//! issuer has an MCP endpoint for all projects and one for each. A path with `GET` also has `HEAD`
//! (`methods`).

use actix_web::{middleware::from_fn, web};

use super::{
    AppState,
    account::{self, connections, device, sign_in},
    connect, health, language,
    mcp::endpoint,
    middleware::{
        cors,
        head_method::{get_or_head, head},
    },
    not_found,
    oauth::{
        authorization_server_metadata, authorize, callback, confirmation, consent,
        device_authorization, manage_registration, openid_configuration,
        protected_resource_metadata, register, restored_connections, revoke, token,
    },
    pages, ready, stylesheet, upload_link,
};
use crate::{accounts::upload_links, mcp::server::HubServer};

const AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";
const OPENID_KEYS: &str = "/.well-known/jwks.json";
const PROTECTED_RESOURCE: &str = "/.well-known/oauth-protected-resource";

pub fn configure(config: &mut web::ServiceConfig, hub: &web::Data<AppState>, server: &HubServer) {
    config
        .app_data(hub.clone())
        .app_data(web::Data::new(server.clone()))
        .app_data(hub.operator.clone())
        // A resource, not a bare route: other methods then get 405 with `Allow`.
        .service(web::resource("/health").route(get_or_head().to(health::get)))
        .service(web::resource("/ready").route(get_or_head().to(ready::get)))
        .service(web::resource(pages::STYLESHEET_PATH).route(get_or_head().to(stylesheet::get)))
        .service(
            web::resource(["/callback", "/spaces/{space}/callback"])
                .route(web::get().to(callback::get))
                .route(head()),
        );
    config
        .service(
            web::resource(restored_connections::PATH)
                .route(web::post().to(restored_connections::post)),
        )
        .service(
            web::resource(confirmation::PATH)
                .route(get_or_head().to(confirmation::get))
                .route(web::post().to(confirmation::post)),
        )
        .service(web::resource(pages::LANGUAGE_PATH).route(get_or_head().to(language::get)))
        .service(
            web::resource(upload_links::PATH)
                .route(get_or_head().to(upload_link::get))
                .route(web::post().to(upload_link::post))
                .route(web::put().to(upload_link::put)),
        );
    well_known(config, hub);
    issuer_routes(config, hub, "/spaces/{space}");
    issuer_routes(config, hub, "");
    for path in [
        "/spaces/{space}/projects/{project}/mcp",
        "/spaces/{space}/mcp",
        "/projects/{project}/mcp",
        &hub.mcp_path,
    ] {
        mcp_routes(config, hub, server, path);
    }
    config.default_service(web::to(not_found::any));
}

fn issuer_routes(config: &mut web::ServiceConfig, hub: &AppState, prefix: &str) {
    config
        .service(
            web::resource(format!("{prefix}/register"))
                .wrap(cors::for_clients(hub))
                .route(web::post().to(register::post)),
        )
        .service(
            web::resource(format!("{prefix}/register/{{client_id}}"))
                .wrap(cors::for_clients(hub))
                .route(get_or_head().to(manage_registration::get))
                .route(web::put().to(manage_registration::put))
                .route(web::delete().to(manage_registration::delete)),
        )
        .service(
            web::resource(format!("{prefix}/revoke"))
                .wrap(cors::for_clients(hub))
                .route(web::post().to(revoke::post)),
        )
        .service(
            web::resource(format!("{prefix}/token"))
                .wrap(cors::for_clients(hub))
                .route(web::post().to(token::post)),
        )
        .service(
            web::resource(format!("{prefix}/device_authorization"))
                .wrap(cors::for_clients(hub))
                .route(web::post().to(device_authorization::post)),
        )
        .service(
            web::resource(format!(
                "{prefix}{}",
                device_authorization::VERIFICATION_PATH
            ))
            .route(get_or_head().to(device::get))
            .route(web::post().to(device::post)),
        )
        .service(
            web::resource(format!("{prefix}/authorize"))
                .route(web::get().to(authorize::get))
                .route(head()),
        )
        .service(web::resource(format!("{prefix}/consent")).route(web::post().to(consent::post)))
        .service(
            web::resource(format!("{prefix}{}", account::PATH))
                .route(get_or_head().to(connections::get))
                .route(web::post().to(connections::post)),
        )
        .service(
            web::resource(format!("{prefix}{}", account::SIGN_IN_PATH))
                .route(web::post().to(sign_in::post)),
        );
    let connect_path = if prefix.is_empty() { "/" } else { prefix };
    config.service(web::resource(connect_path).route(get_or_head().to(connect::get)));
}

/// An MCP endpoint.
fn mcp_routes(config: &mut web::ServiceConfig, hub: &AppState, server: &HubServer, path: &str) {
    config
        // Existing documents have routes above; a 401 would stop the client's search.
        .service(
            web::resource(format!("{path}/.well-known/{{rest:.*}}"))
                .wrap(cors::for_clients(hub))
                .to(not_found::any),
        )
        .service(
            web::scope(path)
                .wrap(from_fn(endpoint::authenticate))
                .wrap(cors::for_clients(hub))
                // The host guard around every route checks the hosts.
                .service(
                    crate::mcp::service(server.clone(), Vec::new(), endpoint::MAX_BODY).scope(""),
                ),
        );
}

/// The discovery documents, at every path where a client looks for them.
fn well_known(config: &mut web::ServiceConfig, hub: &AppState) {
    let places = |document: &str| {
        [
            document.to_owned(),
            format!("{document}/{{suffix:.*}}"),
            format!("{}{document}", hub.mcp_path),
            format!("/spaces/{{space}}{document}"),
            format!("/spaces/{{space}}/mcp{document}"),
            format!("/projects/{{project}}/mcp{document}"),
            format!("/spaces/{{space}}/projects/{{project}}/mcp{document}"),
        ]
    };
    for path in places(AUTHORIZATION_SERVER) {
        config.service(
            web::resource(path)
                .wrap(cors::for_clients(hub))
                .route(get_or_head().to(authorization_server_metadata::get)),
        );
    }
    for path in places(OPENID) {
        config.service(
            web::resource(path)
                .wrap(cors::for_clients(hub))
                .route(get_or_head().to(openid_configuration::get)),
        );
    }
    for path in [OPENID_KEYS, &format!("/spaces/{{space}}{OPENID_KEYS}")] {
        config.service(
            web::resource(path)
                .wrap(cors::for_clients(hub))
                .route(get_or_head().to(openid_configuration::keys)),
        );
    }
    for path in places(PROTECTED_RESOURCE) {
        config.service(
            web::resource(path)
                .wrap(cors::for_clients(hub))
                .route(get_or_head().to(protected_resource_metadata::get)),
        );
    }
}
