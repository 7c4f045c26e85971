//! Checks the spaces for `doctor`.
//!
//! 1. The settings allow the site of the space, and no space at another site has the same OAuth
//!    application.
//! 2. The host of its own redirect URI, if it has one, is still one of its host names.
//! 3. Its secret opens, and its Backlog knows the application. The check exchanges an impossible
//!    code, because Backlog authenticates the application first.
//! 4. If it limits networks, the addresses of clients are known.
//! 5. All spaces together: which are listed on the sign-in page, and which share a redirect URI.

use std::time::Duration;

use backlog_client::{BacklogClient, BacklogUrl, ClientOptions, OAuthError, Sites};
use sealing::KeyRing;
use sqlx::PgPool;
use url::Url;

use super::finding::{Findings, Verdict};
use crate::{
    accounts::space_oauth,
    app::sites,
    db,
    domain::{Space, space::SHARED_REDIRECT_URI},
};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
/// Where the base URL is https, a proxy is in front of the hub.
const CLIENTS_UNKNOWN: &str = "it limits networks, but TRUSTED_PROXIES is not set, so every \
     request has the address of the proxy in front of the hub; set TRUSTED_PROXIES to that proxy";
const IMPOSSIBLE_CODE: &str = "backlog-mcp-hub-doctor";

/// The settings for the checks.
pub(super) struct SpaceCheck<'a> {
    pub keys: &'a KeyRing,
    pub callback: &'a Url,
    pub sites: Sites,
    pub default_space: Option<BacklogUrl>,
    pub has_trusted_proxies: bool,
}

pub(super) async fn examine(
    found: &mut Findings,
    db: &PgPool,
    check: SpaceCheck<'_>,
) -> Result<(), sqlx::Error> {
    let spaces = db::spaces::list_enabled(db).await?;
    if spaces.is_empty() {
        found.add(
            Verdict::Doubtful,
            "spaces",
            "no space is enabled, so users cannot sign in; add or enable one with \
             `backlog-mcp-hub space`",
        );
    }
    let is_loopback = check.callback.scheme() == "http";
    let sites = sites::of_hub(
        db,
        check.sites.clone(),
        check.default_space.clone(),
        is_loopback,
    );
    let sites = sites.await?;
    let client = match BacklogClient::new(ClientOptions::default()) {
        Ok(client) => client.within(sites.clone()),
        Err(error) => {
            found.bad("network", error.to_string());
            return Ok(());
        }
    };
    examine_together(found, &spaces);
    for space in &spaces {
        let what = format!("space {}", space.slug);
        if space.networks.are_limited() && !check.has_trusted_proxies && !is_loopback {
            found.add(Verdict::Doubtful, what.clone(), CLIENTS_UNKNOWN);
        }
        if !sites::contain(&sites, space) {
            let text = format!(
                "the settings do not allow the site {}; add it to BACKLOG_SITES if it is yours",
                space.base_url
            );
            found.bad(what, text);
            continue;
        }
        if let Some(other) = sites::with_same_application(space, &spaces) {
            let text = format!(
                "it has the same OAuth application as {}, at another site; register one for each",
                other.slug
            );
            found.add(Verdict::Doubtful, what.clone(), text);
        }
        if let Some(text) = lost_host(space) {
            found.bad(what.clone(), text);
        }
        let (verdict, text) = examine_space(&client, space, &check).await;
        found.add(verdict, what, text);
    }
    Ok(())
}

/// The checks that compare the spaces with each other.
fn examine_together(found: &mut Findings, spaces: &[Space]) {
    let listed = spaces.iter().filter(|space| space.listed).count();
    let has_default = spaces.iter().any(|space| space.is_default);
    if listed > 0 && spaces.len() > 1 && !has_default {
        let text = format!(
            "{listed} of {} spaces are shown to anyone who begins a sign-in; hide one with \
             `backlog-mcp-hub space update SLUG --listed false`",
            spaces.len()
        );
        found.add(Verdict::Doubtful, "spaces", text);
    }
    let shared: Vec<&Space> = spaces
        .iter()
        .filter(|space| space.redirect_uri == SHARED_REDIRECT_URI)
        .collect();
    let others = |space: &&Space| space.base_url != shared[0].base_url;
    if shared.iter().any(others) {
        let slugs: Vec<&str> = shared.iter().map(|space| space.slug.as_str()).collect();
        let text = format!(
            "{} share one redirect URI, so a hostile site among them could receive the codes of \
             the others; give each its own with `backlog-mcp-hub space update SLUG \
             --own-redirect-uri`",
            slugs.join(", ")
        );
        found.add(Verdict::Doubtful, "spaces", text);
    }
}

/// A problem if the host of the redirect URI is no longer one of the space's host names.
fn lost_host(space: &Space) -> Option<String> {
    let host = space
        .redirect_uri
        .strip_prefix("https://")?
        .strip_suffix(SHARED_REDIRECT_URI)?;
    let is_lost = !space.hostnames.iter().any(|hostname| hostname == host);
    is_lost.then(|| {
        format!(
            "its redirect URI is at {host}, which is not a host name of the space; add that host \
             name again"
        )
    })
}

async fn examine_space(
    client: &BacklogClient,
    space: &Space,
    check: &SpaceCheck<'_>,
) -> (Verdict, String) {
    let site = &space.base_url;
    let application = match space_oauth::open(space, check.keys, check.callback) {
        Ok(application) => application,
        Err(error) => {
            return (
                Verdict::Bad,
                format!("{error}; correct it with `backlog-mcp-hub space`"),
            );
        }
    };
    let callback = &application.redirect_uri;
    let exchange = application.exchange_code(client, IMPOSSIBLE_CODE, None);
    match tokio::time::timeout(REQUEST_TIMEOUT, exchange).await {
        Err(_) => (
            Verdict::Bad,
            format!(
                "{site} does not respond; check that this machine can reach it, or set HTTPS_PROXY"
            ),
        ),
        Ok(Err(OAuthError::InvalidGrant | OAuthError::Unreadable)) => (
            Verdict::Good,
            format!("{site} knows the application; its redirect URI must be {callback}"),
        ),
        Ok(Err(OAuthError::InvalidClient)) => (
            Verdict::Bad,
            format!(
                "{site} rejects the client ID or client secret; copy both again from Backlog's \
                 developer site"
            ),
        ),
        Ok(Err(OAuthError::Unavailable { reason })) => {
            (Verdict::Bad, format!("cannot reach {site}: {reason}"))
        }
        Ok(Ok(_)) => (
            Verdict::Doubtful,
            format!("{site} accepts any code; check that it is a Backlog site"),
        ),
    }
}
