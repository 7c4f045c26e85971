//! The spaces, as `doctor` looks at them.
//!
//! 1. Its site is one that the settings allow, and no space at another site has the same OAuth
//!    application.
//! 2. Its redirect URI leads here: at its own host, that is still its host name.
//! 3. Its secret opens, and its Backlog knows the application. That is asked by a code that cannot
//!    be right: Backlog checks the application first.
//! 4. Of all together: which are shown to strangers, and which share a redirect URI.

use std::time::Duration;

use sqlx::PgPool;
use url::Url;

use super::{Findings, Verdict};
use crate::{
    app::sites,
    backlog::{BacklogClient, BacklogUrl, ClientOptions, OAuthError, Sites},
    crypto::KeyRing,
    db,
    domain::{Space, space::SHARED_REDIRECT_URI},
    mcp::space_application::SpaceApplication,
};

const PATIENCE: Duration = Duration::from_secs(20);
const IMPOSSIBLE_CODE: &str = "backlog-mcp-hub-doctor";

/// What the spaces are looked at with.
pub(super) struct SpaceCheck<'a> {
    pub keys: &'a KeyRing,
    pub callback: &'a Url,
    pub sites: Sites,
    pub default_space: Option<BacklogUrl>,
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
            "there is none that is enabled, so nobody can sign in",
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
        if !sites::contain(&sites, space) {
            let text = format!(
                "{} is not a site that the hub may use; add it to BACKLOG_SITES if it is yours",
                space.base_url
            );
            found.bad(what, text);
            continue;
        }
        if let Some(other) = sites::with_same_application(space, &spaces) {
            let text = format!(
                "it has the same OAuth application as {}, at another site: register one for each",
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

/// What only shows when the spaces are looked at together.
fn examine_together(found: &mut Findings, spaces: &[Space]) {
    let listed = spaces.iter().filter(|space| space.listed).count();
    let has_default = spaces.iter().any(|space| space.is_default);
    if listed > 0 && spaces.len() > 1 && !has_default {
        let text = format!(
            "{listed} of {} are shown to everyone who begins a sign-in; hide one with \
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
            "{} share one redirect URI, so that a hostile site among them could be sent the codes \
             of the others; give each its own with `backlog-mcp-hub space update SLUG \
             --own-redirect-uri`",
            slugs.join(", ")
        );
        found.add(Verdict::Doubtful, "spaces", text);
    }
}

/// The redirect URI is at a host that is no longer one of the space's.
fn lost_host(space: &Space) -> Option<String> {
    let host = space
        .redirect_uri
        .strip_prefix("https://")?
        .strip_suffix(SHARED_REDIRECT_URI)?;
    let is_lost = !space.hostnames.iter().any(|hostname| hostname == host);
    is_lost.then(|| {
        format!(
            "its redirect URI is at {host}, which is not a host name of the space; add it again"
        )
    })
}

async fn examine_space(
    client: &BacklogClient,
    space: &Space,
    check: &SpaceCheck<'_>,
) -> (Verdict, String) {
    let site = &space.base_url;
    let application = match SpaceApplication::open(space, check.keys, check.callback) {
        Ok(application) => application,
        Err(error) => return (Verdict::Bad, format!("{error}; set it again")),
    };
    let callback = application.redirect_uri();
    let asking = application.exchange_code(client, IMPOSSIBLE_CODE, None);
    match tokio::time::timeout(PATIENCE, asking).await {
        Err(_) => (
            Verdict::Bad,
            format!("{site} does not answer; can this machine reach it (HTTPS_PROXY)?"),
        ),
        Ok(Err(OAuthError::InvalidGrant | OAuthError::Unreadable)) => (
            Verdict::Good,
            format!("{site} knows the application; its redirect URI must be {callback}"),
        ),
        Ok(Err(OAuthError::InvalidClient)) => (
            Verdict::Bad,
            format!(
                "{site} refuses the application's client id or secret; copy both again from \
                 Backlog's developer site"
            ),
        ),
        Ok(Err(OAuthError::Unavailable { reason })) => {
            (Verdict::Bad, format!("{site} cannot be asked: {reason}"))
        }
        Ok(Ok(_)) => (
            Verdict::Doubtful,
            format!("{site} takes any code; is it a Backlog?"),
        ),
    }
}
