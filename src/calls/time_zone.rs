//! The time zone of a space, in which its days are.

use backlog_client::{Request, Segment};
use chrono_tz::Tz;

use super::services::Services;
use crate::toolkit::{attempt::Backlog, error::ToolError};

/// Returns the time zone of the caller's space, from the cache or from Backlog. A space without a
/// known one is in UTC.
///
/// # Errors
/// Backlog does not return the space.
pub(crate) async fn of(services: &Services, backlog: &Backlog<'_>) -> Result<Tz, ToolError> {
    let url = backlog.access.url();
    if let Some(zone) = services.time_zones().get(url) {
        return Ok(zone);
    }
    let request = Request::get([Segment::fixed("space")]);
    let space = backlog.fetch(request).await?;
    let zone = space["timezone"]
        .as_str()
        .and_then(|name| name.parse().ok());
    let zone = zone.unwrap_or(Tz::UTC);
    services.time_zones().insert(url.clone(), zone);
    Ok(zone)
}
