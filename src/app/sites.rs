//! Which Backlog sites this hub uses: those of its settings, and those that it was used with before
//! the settings listed any.
//!
//! The settings are the process's own: whoever may change a space in the database, an operator's
//! login or a stolen one, points it at none of these but not elsewhere. The check is where requests
//! are sent ([`BacklogClient`](crate::backlog::BacklogClient)) and where a browser is sent to sign
//! in, so that a space at another site gets no user, no code, no token and no secret.

use sqlx::PgPool;

use crate::{
    backlog::{BacklogUrl, Sites},
    db,
    domain::Space,
};

/// The sites of the settings, and those from before. On a hub at a loopback address, whoever runs
/// it also runs what listens beside it.
pub async fn of_hub(
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

/// Whether a space is at one of them.
pub fn contain(sites: &Sites, space: &Space) -> bool {
    BacklogUrl::parse(&space.base_url).is_ok_and(|url| sites.contain(&url))
}

/// A space at another site with the same OAuth application: each of the two sites is sent the secret
/// with which the codes of the other one are redeemed.
pub fn with_same_application<'a>(space: &Space, all: &'a [Space]) -> Option<&'a Space> {
    all.iter().find(|other| {
        other.oauth_client_id == space.oauth_client_id && other.base_url != space.base_url
    })
}

/// Says which spaces cannot be used, and which must not share an application.
pub async fn warn_of_wrong_spaces(db: &PgPool, sites: &Sites) -> Result<(), sqlx::Error> {
    let spaces = db::spaces::list_enabled(db).await?;
    for space in &spaces {
        if let Some(other) = with_same_application(space, &spaces) {
            tracing::warn!(
                space = space.slug,
                other = other.slug,
                "two spaces at different sites have the same OAuth application; register one for \
                 each site"
            );
        }
        if !contain(sites, space) {
            tracing::warn!(
                space = space.slug,
                site = space.base_url,
                "the space cannot be used: its site is not one that the settings allow; add it to \
                 BACKLOG_SITES if it is yours"
            );
        }
    }
    Ok(())
}
