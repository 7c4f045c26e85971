//! The Backlog sites that this hub may use: those of its settings, and those that its spaces used
//! before the setting existed.
//!
//! The settings belong to the process. A login that may change spaces in the database, even a
//! stolen one, can therefore point a space at an allowed site, but not elsewhere. The check is made
//! where requests are sent ([`BacklogClient`](backlog_client::BacklogClient)) and where a browser
//! is redirected to sign in, so that another site gets no user, no code, no token and no secret.

use backlog_client::{BacklogUrl, Sites};
use sqlx::PgPool;

use crate::{db, domain::Space};

/// The sites of the settings, and the earlier ones. A hub at a loopback address may also use
/// loopback sites: its operator runs those as well.
pub(super) async fn of_hub(
    db: &PgPool,
    sites: Sites,
    default_space: Option<BacklogUrl>,
    is_loopback: bool,
) -> Result<Sites, sqlx::Error> {
    let before = db::spaces::sites_from_before(db).await?;
    let before = before
        .iter()
        .filter_map(|site| BacklogUrl::parse(site).ok());
    let sites = before.chain(default_space).fold(sites, Sites::with_site);
    Ok(match is_loopback {
        true => sites.with_loopback(),
        false => sites,
    })
}

/// Whether the site of the space is one of `sites`.
pub(super) fn contain(sites: &Sites, space: &Space) -> bool {
    BacklogUrl::parse(&space.base_url).is_ok_and(|url| sites.contain(&url))
}

/// A space at another site with the same OAuth application. Each of the two sites receives the
/// secret that exchanges the codes of the other one.
pub(super) fn with_same_application<'a>(space: &Space, all: &'a [Space]) -> Option<&'a Space> {
    all.iter().find(|other| {
        other.oauth_client_id == space.oauth_client_id && other.base_url != space.base_url
    })
}

/// Logs which spaces cannot be used, and which must not share an OAuth application.
pub(super) async fn warn_of_wrong_spaces(db: &PgPool, sites: &Sites) -> Result<(), sqlx::Error> {
    let spaces = db::spaces::list_enabled(db).await?;
    for space in &spaces {
        if let Some(other) = with_same_application(space, &spaces) {
            tracing::warn!(
                space = space.slug,
                other = other.slug,
                "two spaces at different sites use the same OAuth application; register one for \
                 each site"
            );
        }
        if !contain(sites, space) {
            tracing::warn!(
                space = space.slug,
                site = space.base_url,
                "the space cannot be used: the settings do not allow its site; add it to \
                 BACKLOG_SITES if it is yours"
            );
        }
    }
    Ok(())
}
